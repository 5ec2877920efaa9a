"""CycloneDX: findings of a bill, and statements about findings of others."""

from decimal import Decimal

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import BillItem, Scan, VersionStatus, VexItem
from tests.marketplace.connectors.reading_reports import finding, findings, read, rejected, scans

SERIAL = "3e671687-395b-41f5-a30f-a58921a69b79"
LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.1"
SHOP = {"type": "application", "bom-ref": "shop", "name": "shop", "version": "1.0"}
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"


def document(*vulnerabilities, components=(), subject=SHOP, **more):
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": subject} if subject else {},
        "components": list(components),
        "vulnerabilities": list(vulnerabilities),
        **more,
    }


def vulnerability(*references, **more):
    affects = [{"ref": reference} for reference in references]
    return {"id": "CVE-2021-44228", "affects": affects, **more}


def library(reference="lib", purl=LOG4J, **more):
    return {"type": "library", "bom-ref": reference, "name": "lib", "purl": purl, **more}


def analysed(*references, state="not_affected", **more):
    return vulnerability(*references, analysis={"state": state}, **more)


def statements(report, **configuration):
    items = read("cyclonedx", report, **configuration)
    return [item for item in items if isinstance(item, VexItem)]


# --- Bills ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6", "1.7"])
def test_a_finding_has_its_component_with_the_version_and_a_place_without(version):
    report = document(vulnerability("lib"), components=[library()], specVersion=version)
    items = read("cyclonedx", report)
    (found,) = findings(items)
    assert (found.asset, found.location, found.components, found.cves) == (
        "shop", "maven/org.apache.logging.log4j/log4j-core", (LOG4J,), ("CVE-2021-44228",),
    )  # fmt: skip
    assert scans(items) == {"cyclonedx": ("shop",)}


@pytest.mark.parametrize("version", ["2.0", "latest", "", None])
def test_another_version_of_the_format_is_refused(version):
    with pytest.raises(UnreadableReport, match="is not supported"):
        read("cyclonedx", document(specVersion=version))


def test_two_versions_of_a_component_are_one_finding():
    both = [library("a"), library("b", LOG4J.replace("2.1", "2.2"))]
    (found,) = findings(read("cyclonedx", document(vulnerability("a", "b"), components=both)))
    assert found.components == (LOG4J, LOG4J.replace("2.1", "2.2"))


def test_a_version_that_is_unaffected_is_a_false_positive():
    affects = [{"ref": "lib", "versions": [{"version": "2.1", "status": "unaffected"}]}]
    report = document(vulnerability(affects=affects), components=[library()])
    assert findings(read("cyclonedx", report))[0].state == "false_positive"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        *((word, "false_positive") for word in ("not_affected", "false_positive")),
        *((word, "resolved") for word in ("resolved", "resolved_with_pedigree")),
        *((word, "open") for word in ("exploitable", "in_triage", "", None, "unheard of")),
    ],
)
def test_the_analysis_is_the_state(state, expected):
    report = document(analysed("lib", state=state), components=[library()])
    assert findings(read("cyclonedx", report))[0].state == expected


def test_without_components_and_analysis_it_is_a_finding_and_closes_nothing():
    items = read("cyclonedx", document(vulnerability("lib", ratings=[{"severity": "critical"}])))
    (found,) = findings(items)
    assert (found.severity, found.location, scans(items)) == ("critical", "lib", {"cyclonedx": ()})


def test_a_reference_that_is_a_number_of_the_document_is_no_place():
    assert findings(read("cyclonedx", document(vulnerability(SERIAL))))[0].location == ""
    assert findings(read("cyclonedx", document(vulnerability("shop"))))[0].location == ""


def test_a_vulnerability_is_known_by_a_reference_where_it_has_no_id():
    named = {"references": [{"id": "CVE-2024-1"}], "affects": [{"ref": "lib"}]}
    items = read("cyclonedx", document(named, {"description": "?"}, components=[library()]))
    assert finding(items, rule="CVE-2024-1").row == 1
    assert rejected(items) == [(2, "The vulnerability has no id.", "?")]


# --- Ratings --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ratings", "score", "severity"),
    [
        ([{"method": "CVSSv31", "vector": CRITICAL}], 10, "critical"),
        ([{"vector": CRITICAL}], 10, "critical"),
        ([{"method": "CVSSv31", "vector": CRITICAL.removeprefix("CVSS:3.1/")}], 10, "critical"),
        ([{"method": "CVSSv2", "vector": "(AV:N/AC:L/Au:N/C:P/I:P/A:P)"}], Decimal("7.5"), "high"),
        ([{"vector": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H"}], 10,
         "critical"),
        ([{"method": "CVSSv2", "score": 9.3}, {"method": "CVSSv31", "score": 5}], 5, "medium"),
        ([{"method": "CVSSv31", "score": 5, "severity": "low"}, {"severity": "high"}], 5, "high"),
        ([{"method": "OWASP", "score": 9.9}, {"method": "CVSSv3", "vector": "?"}], None, "info"),
        ([{"severity": "unknown", "score": "many"}], None, "info"),
    ],
)  # fmt: skip
def test_a_rating_is_the_score_the_word_or_the_vector(ratings, score, severity):
    (found,) = findings(read("cyclonedx", document(vulnerability("x", ratings=ratings))))
    assert (found.cvss, found.severity) == (score, severity)


# --- What statements of others may refer to -------------------------------------------------------
def test_a_bill_says_what_it_is_called_and_what_its_references_are():
    parts = [library(), library(LOG4J), {"bom-ref": "own", "name": "own", "version": "3"}]
    serial = f"urn:uuid:{SERIAL.upper()}"
    items = read("cyclonedx", document(components=parts, serialNumber=serial, version=4))
    references = {"lib": LOG4J, "own": "own@3"}
    assert BillItem(1, SERIAL, "4", "shop", "shop", "1.0", references) in items


def test_statements_are_no_bill_and_no_scan():
    items = read("cyclonedx", document(analysed("shop"), serialNumber=f"urn:uuid:{SERIAL}"))
    assert not [item for item in items if isinstance(item, BillItem | Scan)]


# --- Statements -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("shop", ("", "shop", "1.0")),
        (LOG4J, (LOG4J, "shop", "1.0")),
        (f"urn:cdx:{SERIAL}/1#lib", (f"urn:cdx:{SERIAL}/1#lib", "", "")),
    ],
)
def test_a_statement_is_about_what_it_names(reference, target):
    (item,) = statements(document(analysed(reference)))
    assert (item.reference, item.asset, item.product) == target
    assert (item.cve, item.state, item.reason) == (
        "CVE-2021-44228", "false_positive", "not_affected",
    )  # fmt: skip


def test_without_a_reference_it_is_about_the_product_of_the_document():
    assert statements(document(analysed()))[0].asset == "shop"
    (rejection,) = rejected(read("cyclonedx", document(analysed(), subject=None)))
    assert "does not say what it is about" in rejection[1]


def test_a_reference_that_leads_nowhere_is_rejected():
    items = read("cyclonedx", document(analysed("other")))
    assert rejected(items) == [
        (1, "The document has no component of this reference, so nothing is changed.", "other")
    ]
    assert findings(items) == []


def test_a_library_speaks_of_itself_wherever_it_is_unless_an_asset_is_configured():
    report = document(analysed(LOG4J), subject=library())
    assert statements(report)[0].asset == ""
    assert statements(report, asset="crm")[0].asset == "crm"


def test_versions_are_kept_with_their_status():
    versions = [{"version": "2.1", "status": "affected"}, {"range": "vers:npm/<3"}, {}, None]
    (item,) = statements(document(analysed(affects=[{"ref": LOG4J, "versions": versions}])))
    assert item.versions == (VersionStatus("2.1", "affected"), VersionStatus("vers:npm/<3"))


def test_a_bill_may_speak_of_the_components_of_another():
    link = f"urn:cdx:{SERIAL}/1#lib"
    items = read("cyclonedx", document(analysed("lib", link), components=[library()]))
    assert [item.reference for item in items if isinstance(item, VexItem)] == [link]
    assert len(findings(items)) == 1


def test_a_link_to_the_document_itself_is_a_reference():
    own = document(
        vulnerability(f"urn:cdx:{SERIAL}/1#lib"),
        components=[library()],
        serialNumber=f"urn:uuid:{SERIAL}",
    )
    assert findings(read("cyclonedx", own))[0].components == (LOG4J,)


# --- XML ------------------------------------------------------------------------------------------
def bill_in_xml(version, vulnerabilities, inside=""):
    return f"""<?xml version="1.0"?>
    <bom xmlns="http://cyclonedx.org/schema/bom/{version}" serialNumber="urn:uuid:{SERIAL}"
         xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0" version="1">
      <metadata><component bom-ref="shop"><name>shop</name><version>1.0</version></component>
      </metadata>
      <components><component bom-ref="lib"><name>log4j-core</name><version>2.1</version>
        <purl>{LOG4J}</purl>{inside}</component></components>
      {vulnerabilities}
    </bom>"""


EXTENSION = f"""<v:vulnerabilities><v:vulnerability ref="lib"><v:id>CVE-2021-44228</v:id>
  <v:ratings><v:rating><v:score><v:base>10.0</v:base></v:score><v:method>CVSSv3</v:method>
  <v:vector>{CRITICAL}</v:vector></v:rating></v:ratings>
  <v:recommendations><v:recommendation>Upgrade.</v:recommendation></v:recommendations>
</v:vulnerability></v:vulnerabilities>"""


@pytest.mark.parametrize("inside", ["", EXTENSION])
def test_before_version_1_4_vulnerabilities_were_an_extension(inside):
    report = bill_in_xml("1.2", "" if inside else EXTENSION, inside)
    (found,) = findings(read("cyclonedx", report))
    assert (found.severity, found.cvss, found.components) == ("critical", 10, (LOG4J,))
    assert "To do: Upgrade." in found.description


def test_xml_has_statements_with_versions_too():
    target = f"""<vulnerabilities><vulnerability><id>CVE-2021-44228</id>
      <analysis><state>not_affected</state></analysis>
      <affects><target><ref>urn:cdx:{SERIAL}/2#lib</ref><versions>
        <version><version>2.1</version><status>affected</status></version>
        <version><range>vers:maven/>2.1</range></version></versions></target></affects>
    </vulnerability></vulnerabilities>"""
    (item,) = statements(bill_in_xml("1.7", target))
    assert item.versions == (VersionStatus("2.1", "affected"), VersionStatus("vers:maven/>2.1"))
