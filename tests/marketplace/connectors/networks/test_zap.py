"""Reports of ZAP: an alert of a site is a finding, in JSON as in XML."""

from datetime import UTC, datetime

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import AssetItem
from marketplace.connectors.networks.zap import MOST_PLACES
from tests.marketplace.connectors.reading_reports import (
    finding,
    findings,
    identities,
    read,
    rejected,
    scans,
)

SLUG = "zap"
SHOP, STATIC = "https://shop.example.com", "https://static.example.com"
XML = f"""<?xml version="1.0"?><OWASPZAPReport version="2.9.0" generated="Mon, 2 Mar 2026 08:00:00">
<site name="{SHOP}" host="shop.example.com" port="443" ssl="true"><alerts><alertitem>
<pluginid>10038</pluginid><alertRef>10038-1</alertRef><name>Content Security Policy Not Set</name>
<riskcode>2</riskcode><confidence>3</confidence><desc>&lt;p&gt;No policy&lt;/p&gt;</desc>
<instances><instance><uri>{SHOP}/</uri><method>GET</method></instance></instances>
</alertitem></alerts></site><site name="{STATIC}"><alerts></alerts></site></OWASPZAPReport>"""


def test_an_alert_has_all_that_a_person_wants_to_know(items):
    found = finding(items, rule="zap-10038-1")
    assert (found.severity, found.asset) == ("medium", SHOP)
    for text in ("No policy & no limits.\nAdd one.", "To do: Set the header.", "CWE-693", "High"):
        assert text in found.description
    assert f"GET {SHOP}/\nPOST {SHOP}/cart (item)" in found.description


def test_cves_are_in_the_tags(report):
    report["site"][0]["alerts"][0]["tags"] = [{"tag": "CVE-2021-44228", "link": "https://x"}]
    assert finding(read("zap", report), rule="zap-10038-1").cves == ("CVE-2021-44228",)


def test_evidence_is_not_stored(items):
    assert "secret" not in "".join(item.description for item in findings(items))


def test_a_false_positive_comes_as_one(items):
    found = finding(items, rule="zap-10054")
    assert (found.state, "CWE" in found.description) == ("false_positive", False)


def test_each_site_is_an_asset_and_covered_also_one_without_alerts(items):
    assert [item for item in items if isinstance(item, AssetItem)] == [
        AssetItem(4, SHOP, "application"), AssetItem(4, STATIC, "application"),
    ]  # fmt: skip
    assert scans(items) == {"zap": (SHOP, STATIC)}
    assert items[-1].at == datetime(2026, 3, 2, 8, 0, 0, 500_000, tzinfo=UTC)


def test_what_has_no_plugin_is_rejected_with_its_row(items):
    assert rejected(items) == [(3, "The alert has no plugin or no risk.", "Of no plugin")]


def test_xml_says_the_same(items):
    found = read("zap", XML)
    assert identities(found) == identities(items)[:1]
    assert scans(found) == scans(items)
    assert found[-1].at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert "No policy\n\nConfidence" not in findings(found)[0].description


def test_sites_stay_apart_on_a_configured_asset(report):
    report["site"][1]["alerts"] = report["site"][0]["alerts"][:1]
    items = read("zap", report, asset="Shop")
    assert {item.asset for item in findings(items)} == {"Shop"}
    assert len(set(identities(items))) == 3


def test_many_places_are_counted(report):
    alert = report["site"][0]["alerts"][0]
    alert["instances"] = [{"uri": f"{SHOP}/{n}", "method": "GET"} for n in range(MOST_PLACES + 5)]
    assert finding(read("zap", report), rule="zap-10038-1").description.endswith("and 5 more")


@pytest.mark.parametrize(
    "report", [{"site": [{"name": "x", "alerts": [{}]}]}, {"alerts": []}, "<report/>"]
)
def test_what_zap_did_not_write_is_refused(report):
    with pytest.raises(UnreadableReport, match="traditional report"):
        read("zap", report)
