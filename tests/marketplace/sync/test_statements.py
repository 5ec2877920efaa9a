"""Statements (VEX) decide findings of the product and version that they name, and no others."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from marketplace.connectors.items import VersionStatus, VexItem
from marketplace.sync import runs
from marketplace.sync.vex import UnresolvedStatement, judge_version
from risks.models import BillOfMaterials, Finding, FindingState
from risks.services.findings import update_finding
from tests.conftest import SHARED_DATA
from tests.marketplace.conformance import installed, upload
from tests.risks.factories import make_finding

CVE = "CVE-2021-44228"
SERIAL = "3e671687-395b-41f5-a30f-a58921a69b71"
LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core"
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def bill(product="1.0", library="2.1", name="shop", serial=SERIAL, day=0):
    """A bill of the shop with one vulnerable library."""
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": f"urn:uuid:{serial}",
        "metadata": {
            "timestamp": (MONDAY + timedelta(days=day)).isoformat(),
            "component": {"bom-ref": "app", "name": name, "version": product},
        },
        "components": [{"bom-ref": "lib", "name": "log4j", "purl": f"{LOG4J}@{library}"}],
        "vulnerabilities": [{"id": CVE, "affects": [{"ref": "lib"}],
                             "ratings": [{"severity": "critical"}]}],
    }  # fmt: skip


def statement(reference="", state="not_affected", versions=(), subject=None, cve=CVE):
    target = {"ref": reference, "versions": list(versions)}
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": subject} if subject else {},
        "vulnerabilities": [{"id": cve, "analysis": {"state": state},
                             "affects": [target] if reference else []}],
    }  # fmt: skip


@pytest.fixture
def bills(organization, admin):
    return installed(organization, "cyclonedx", admin)


@pytest.fixture
def take(bills, admin, tmp_path):
    """Import a document, and return the run."""

    def take(document):
        path = tmp_path / "document.json"
        path.write_text(json.dumps(document))
        return upload(bills, path, admin)

    return take


def states():
    return dict(Finding.objects.order_by("asset__name").values_list("asset__name", "state"))


def reasons(run):
    return [row.errors[0]["reason"] for row in run.import_run.rows.exclude(errors=[])]


@pytest.mark.parametrize(
    "reference",
    [
        f"urn:cdx:{SERIAL}/1#lib",
        f"urn:cdx:{SERIAL.upper()}/1#lib",
        f"urn:cdx:{SERIAL}/1#{LOG4J}@2.1?type=jar",
        f"urn:cdx:{SERIAL}/1#app",
        f"urn:cdx:{SERIAL}/1",
    ],
)
def test_a_link_decides_the_findings_of_the_bill_that_it_leads_to(take, reference):
    take(bill())
    take(bill(name="crm", serial="0" * 8 + SERIAL[8:]))
    run = take(statement(reference))
    assert states() == {"crm": "open", "shop": "false_positive"}
    assert reasons(run) == []


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (f"urn:cdx:{SERIAL}/2#lib", "refers to a bill of materials that was not imported"),
        (f"urn:cdx:9{SERIAL[1:]}/1#lib", "refers to a bill of materials that was not imported"),
        (f"urn:cdx:{SERIAL}/1#other", "The bill of shop has no component other."),
        (f"{LOG4J}@2.17.1", "not about the version that was found"),
        (f"urn:cdx:{SERIAL}/1#{LOG4J}@2.17.1", "not about the version that was found"),
        ("other", "no component of this reference"),
        ("", "does not say what it is about"),
    ],
)
def test_what_leads_elsewhere_changes_nothing_and_is_reported(take, reference, reason):
    take(bill())
    run = take(statement(reference))
    assert states() == {"shop": "open"}
    assert reason in reasons(run)[0]
    assert any(line["text"].startswith("Row 1: The ") for line in run.log)


def test_a_package_url_decides_wherever_that_version_is(take):
    take(bill())
    take(bill(name="crm", serial="", library="2.2"))
    assert reasons(take(statement(f"{LOG4J}@2.1?type=jar"))) == []
    assert states() == {"crm": "open", "shop": "false_positive"}


def test_another_component_has_nothing_to_do_with_it(take):
    take(bill())
    run = take(statement("pkg:maven/org.example/other@2.1"))
    assert (states(), reasons(run)) == ({"shop": "open"}, [])
    assert any("1 statement on vulnerabilities or components" in line["text"] for line in run.log)


@pytest.mark.parametrize(
    ("version", "versions", "state"),
    [
        ("1.0", (), "false_positive"),
        ("", (), "false_positive"),
        ("1.1", (), "open"),
        ("", [{"version": "1.0", "status": "unaffected"}], "false_positive"),
        ("", [{"range": "vers:generic/>=1.0|<2", "status": "unaffected"}], "false_positive"),
        ("", [{"version": "1.1", "status": "unaffected"}], "open"),
        ("1.0", [{"version": "1.0", "status": "affected"}], "open"),
    ],
)
def test_a_product_is_the_one_of_that_name_and_version(take, version, versions, state):
    take(bill())
    subject = {"bom-ref": "product", "name": "Shop", "version": version}
    run = take(statement("product", versions=versions, subject=subject))
    assert states() == {"shop": state}
    is_about_it = state != "open" or any(each["status"] == "affected" for each in versions)
    assert bool(reasons(run)) != is_about_it


def test_a_product_that_is_not_here_is_reported(take):
    take(bill())
    run = take(statement("x", subject={"bom-ref": "x", "name": "erp", "version": "1.0"}))
    assert (states(), "about erp, and there is no such asset" in reasons(run)[0]) == (
        {"shop": "open"}, True,
    )  # fmt: skip


def test_the_next_version_of_a_product_is_not_what_the_statement_was_about(take):
    take(bill())
    take(bill("1.1", serial="1" + SERIAL[1:], day=7))
    run = take(statement(f"urn:cdx:{SERIAL}/1#lib"))
    assert (states(), reasons(run)) == (
        {"shop": "open"}, ["The statement is about shop 1.0; 1.1 is in use."],
    )  # fmt: skip


def test_a_product_whose_version_is_not_known_is_reported(take):
    take(bill(product="", serial=""))
    subject = {"bom-ref": "app", "name": "shop", "version": "1.0"}
    assert "and none is known" in reasons(take(statement("app", subject=subject)))[0]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("not_affected", "false_positive"),
        ("false_positive", "false_positive"),
        ("resolved", "resolved"),
        ("exploitable", "open"),
        ("in_triage", "open"),
    ],
)
def test_a_state_is_what_the_analysis_says(take, state, expected):
    take(bill())
    run = take(statement(f"{LOG4J}@2.1", state))
    assert states() == {"shop": expected}
    assert run.counts["unchanged" if expected == "open" else "updated"] == 1 or run.counts["closed"]


def test_what_is_affected_opens_only_what_the_statements_have_closed(take, admin):
    take(bill())
    take(statement(f"{LOG4J}@2.1"))
    take(statement(f"{LOG4J}@2.1", "exploitable"))
    assert states() == {"shop": "open"}
    update_finding(actor=admin, instance=Finding.objects.get(), state="accepted")
    take(statement(f"{LOG4J}@2.1", "in_triage"))
    assert states() == {"shop": "accepted"}


def test_a_decision_outlasts_the_next_bill_and_an_edit_the_next_statement(take, admin):
    take(bill())
    take(statement(f"{LOG4J}@2.1"))
    take(bill(serial="1" + SERIAL[1:], day=7))
    assert states() == {"shop": "false_positive"}
    update_finding(actor=admin, instance=Finding.objects.get(), state="open")
    for document in (statement(f"{LOG4J}@2.1"), bill(day=8), statement(f"{LOG4J}@2.1")):
        take(document)
        assert states() == {"shop": "open"}


def test_another_version_of_a_component_is_open_until_a_statement_is_about_it(take, admin):
    take(bill())
    take(statement(f"{LOG4J}@2.1"))
    run = take(bill(library="2.2", day=7))
    row = run.import_run.rows.get(model="risks.finding")
    assert row.notes == [f"Open again: a statement was about {LOG4J}@2.1."]
    take(statement(f"{LOG4J}@2.1"))
    assert states() == {"shop": "open"}
    take(statement(f"{LOG4J}@2.2"))
    assert states() == {"shop": "false_positive"}
    update_finding(actor=admin, instance=Finding.objects.get(), state="accepted")
    take(bill(library="2.3", day=8))
    assert states() == {"shop": "accepted"}


def test_of_contradictions_affected_counts(take):
    take(bill())
    both = statement(f"{LOG4J}@2.1")
    for state in ("exploitable", "not_affected"):
        both["vulnerabilities"] += statement(f"{LOG4J}@2.1", state)["vulnerabilities"]
    take(both)
    assert states() == {"shop": "open"}


def test_a_finding_of_two_versions_is_closed_by_a_statement_on_both(take):
    two = bill()
    two["components"].append({"bom-ref": "second", "name": "log4j", "purl": f"{LOG4J}@2.2"})
    two["vulnerabilities"][0]["affects"].append({"ref": "second"})
    take(two)
    take(statement(f"{LOG4J}@2.1"))
    assert states() == {"shop": "open"}
    versions = [{"range": "vers:maven/>=2.1|<=2.2", "status": "unaffected"}]
    take(statement(LOG4J, versions=versions))
    assert states() == {"shop": "false_positive"}


def test_a_bill_with_an_entry_for_each_version_has_one_finding_of_both(take):
    two = bill()
    two["components"].append({"bom-ref": "second", "name": "log4j", "purl": f"{LOG4J}@2.2"})
    first = two["vulnerabilities"][0] | {"analysis": {"state": "not_affected"}}
    two["vulnerabilities"] = [first, {"id": CVE, "affects": [{"ref": "second"}]}]
    take(two)
    found = Finding.objects.get()
    assert (found.state, found.components) == ("open", [f"{LOG4J}@2.1", f"{LOG4J}@2.2"])


def test_statements_on_what_no_finding_has_are_counted(take):
    take(bill())
    run = take(statement(f"{LOG4J}@2.1", cve="CVE-1999-1"))
    assert any("1 statement" in line["text"] for line in run.log)
    assert run.counts["rejected"] == 0


def test_an_undo_takes_bills_and_decisions_back(take, bills, admin):
    first = take(bill())
    second = take(statement(f"{LOG4J}@2.1"))
    runs.undo_run(actor=admin, sync_run=second)
    assert (states(), BillOfMaterials.objects.count()) == ({"shop": "open"}, 1)
    runs.undo_run(actor=admin, sync_run=first)
    assert (states(), BillOfMaterials.objects.count()) == ({}, 0)


def test_another_organization_is_not_touched(take, other_organization):
    theirs = make_finding(other_organization, rule=CVE, components=[f"{LOG4J}@2.1"])
    take(bill())
    take(statement(f"{LOG4J}@2.1"))
    theirs.refresh_from_db()
    assert (theirs.state, states()["shop"]) == ("open", "false_positive")


# --- Versions -------------------------------------------------------------------------------------
def judged(version, *versions, state="false_positive", named=""):
    entries = tuple(VersionStatus(*entry) for entry in versions)
    return judge_version(VexItem(1, CVE, state, "", versions=entries), version, named)


@pytest.mark.parametrize(
    ("ranges", "version", "is_included"),
    [
        ("vers:maven/>=2.0-beta9|<2.17.1", "2.1", True),
        ("vers:maven/>=2.0|<2.17.1", "2.0-beta9", False),
        ("vers:semver/<7.0.0|>=1.5.0", "2.0.0", True),
        ("vers:semver/<2.6.7.5", "2.6.7.4", True),
        ("vers:semver/>=2.6.7.5", "2.6.7.4", False),
        ("vers:intdot/>1.2", "1.10", True),
        ("vers:npm/*", "1.0", True),
        ("vers:pypi/>=1|!=1.5|<2", "1.5", False),
        ("vers:deb/<1.1.1n-0%2Bdeb11u4", "1.1.1n-0+deb11u3", True),
        ("1.0", "1.0", True),
        ("1.0", "1.0.1", False),
    ],
)
def test_a_range_is_compared_as_its_scheme_does(ranges, version, is_included):
    assert judged(version, (ranges, "unaffected")) == ("false_positive" if is_included else None)


@pytest.mark.parametrize("ranges", ["vers:foo/1.0", "vers:npm/>=x", "vers:", "vers:npm/>=1|<a b"])
def test_a_range_that_cannot_be_read_is_reported(ranges):
    with pytest.raises(UnresolvedStatement, match="cannot be compared with"):
        judged("1.0", (ranges,))


@pytest.mark.parametrize(
    ("statuses", "state", "expected"),
    [
        (["affected"], "false_positive", "open"),
        (["unknown"], "resolved", "open"),
        (["unaffected"], "open", "false_positive"),
        (["unaffected"], "resolved", "resolved"),
        ([""], "resolved", "resolved"),
        (["unaffected", "affected"], "false_positive", "open"),
    ],
)
def test_affected_never_closes(statuses, state, expected):
    assert judged("1", *(("1", status) for status in statuses), state=state) == expected


def test_without_versions_the_named_one_counts():
    assert judged("2.1", named="2.1") == judged("2.1") == FindingState.FALSE_POSITIVE
    assert judged("2.1", named="2.2") is None


# --- Documents of a folder that is no part of the project -----------------------------------------
@pytest.mark.parametrize(
    ("name", "is_reported"),
    [
        ("vex-for-another-product.cdx", True),
        ("vex-for-another-version.cdx", True),
        ("vex-with-version-ranges.cdx", False),
    ],
)
def test_a_statement_of_others_closes_nothing(bills, admin, name, is_reported):
    if not (SHARED_DATA / "faults" / name).exists():
        pytest.skip(f"{name} is not here: the folder of real data is no part of the project")
    for made in ("vex-bill-shop.cdx", "vex-bill-crm.cdx"):
        upload(bills, SHARED_DATA / "faults" / made, admin)
    run = upload(bills, SHARED_DATA / "faults" / name, admin)
    assert states() == {"crm": "open", "shop": "open"}
    assert bool(reasons(run)) == is_reported
