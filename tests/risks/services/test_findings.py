"""Findings of scans, and the risks they propose."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.errors import StaleVersion
from risks.models import Change, Finding
from risks.services.catalogue import delete_asset
from risks.services.findings import (
    compute_fingerprint,
    create_finding,
    record_findings,
    update_finding,
)
from tests.risks.factories import make_asset, make_finding, make_risk
from tests.risks.threads import in_threads

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
LOG4J = {
    "rule": "CVE-2021-44228",
    "title": "Log4Shell",
    "severity": "critical",
    "cvss": 10.0,
    "epss": "0.943580000",
    "known_exploited": True,
    "location": "/opt/app/log4j.jar",
}
HEADER = {"rule": "no-csp", "title": "No content security policy", "severity": "low"}


@pytest.fixture
def asset(organization):
    return make_asset(organization)


@pytest.fixture
def scan(organization, analyst):
    """`scan(finding, ..., at=...)` records what one scan saw and returns the counts not zero."""

    def record(*found, covered=None, at=MONDAY, tool="scanner"):
        counts = record_findings(
            actor=analyst,
            organization=organization,
            tool=tool,
            findings=list(found),
            covered_assets=covered,
            at=at,
        )
        assert list(counts) == ["created", "updated", "unchanged", "reopened", "closed"]
        return {name: count for name, count in counts.items() if count}

    return record


# --- Fingerprint ------------------------------------------------------------------------------
def test_fingerprint_is_made_of_tool_rule_asset_and_place(asset):
    parts = {"tool": "a", "rule": "b", "asset": asset, "location": "c"}
    mark = compute_fingerprint(**parts)
    assert len(mark) == 64
    assert compute_fingerprint(**parts | {"asset": asset.pk}) == mark
    others = {
        compute_fingerprint(**parts | {name: value})
        for name, value in {"tool": "x", "rule": "x", "asset": None, "location": ""}.items()
    }
    assert len(others | {mark}) == 5


def test_fingerprint_keeps_its_parts_apart():
    one = compute_fingerprint(tool="a", rule="bc", asset=None, location="")
    assert one != compute_fingerprint(tool="ab", rule="c", asset=None, location="")
    assert one != compute_fingerprint(tool="a", rule="b", asset=None, location="c")


# --- Scans ------------------------------------------------------------------------------------
def test_first_scan_creates(scan, asset, analyst):
    assert scan(LOG4J | {"asset": asset}, HEADER) == {"created": 2}
    finding = Finding.objects.get(rule="CVE-2021-44228")
    assert (finding.cvss, finding.epss) == (Decimal("10.0"), Decimal("0.94358"))
    assert (finding.state, finding.first_seen_at, finding.last_seen_at) == ("open", MONDAY, MONDAY)
    change = Change.objects.get(object_id=finding.pk)
    assert (change.actor, change.comment) == (analyst, "Scan by scanner")


def test_same_scan_again_changes_only_when_it_was_last_seen(scan, asset):
    found = (LOG4J | {"asset": asset}, HEADER)
    scan(*found)
    history, before = Change.objects.count(), Finding.objects.values("version", "state")
    before = list(before)
    assert scan(*found, covered=[asset], at=TUESDAY) == {"unchanged": 2}
    assert Change.objects.count() == history
    assert list(Finding.objects.values("version", "state")) == before
    assert set(Finding.objects.values_list("first_seen_at", "last_seen_at")) == {(MONDAY, TUESDAY)}


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("severity", "high", "high"),
        ("title", "Other", "Other"),
        ("description", "Long", "Long"),
        ("cvss", 9.8, Decimal("9.8")),
        ("epss", None, None),
        ("known_exploited", False, False),
    ],
)
def test_what_a_scan_says_anew_is_updated(scan, field, value, stored):
    scan(LOG4J)
    assert scan(LOG4J | {field: value}, at=TUESDAY) == {"updated": 1}
    finding = Finding.objects.get()
    assert (getattr(finding, field), finding.version) == (stored, 2)
    assert list(Change.objects.latest("id").changes) == [field]


def test_other_place_asset_rule_or_tool_is_another_finding(scan, asset):
    scan(LOG4J)
    assert scan(LOG4J | {"location": "/other"}) == {"created": 1}
    assert scan(LOG4J | {"asset": asset}) == {"created": 1}
    assert scan(LOG4J | {"rule": "CVE-2021-45046"}) == {"created": 1}
    assert scan(LOG4J, tool="other") == {"created": 1}


def test_number_as_a_rule_id_is_the_same_as_its_text(scan):
    scan(HEADER | {"rule": 79})
    assert scan(HEADER | {"rule": "79"}, at=TUESDAY) == {"unchanged": 1}


def test_finding_told_twice_counts_once_and_the_last_one_holds(scan):
    assert scan(LOG4J | {"severity": "low"}, LOG4J) == {"created": 1}
    assert Finding.objects.get().severity == "critical"


def test_what_people_decided_stays(scan, organization):
    scan(LOG4J)
    risk = make_risk(organization)
    Finding.objects.update(risk=risk)
    scan(LOG4J | {"severity": "high"}, at=TUESDAY)
    finding = Finding.objects.get()
    assert (finding.severity, finding.risk, finding.state) == ("high", risk, "open")


def test_resolved_finding_that_is_back_is_open_again(scan):
    scan(LOG4J)
    Finding.objects.update(state="resolved")
    assert scan(LOG4J, at=TUESDAY) == {"reopened": 1}
    finding = Finding.objects.get()
    assert (finding.state, finding.first_seen_at) == ("open", MONDAY)


@pytest.mark.parametrize("state", ["accepted", "false_positive"])
def test_accepted_findings_and_false_positives_stay_so(scan, asset, state):
    scan(LOG4J | {"asset": asset})
    Finding.objects.update(state=state)
    assert scan(LOG4J | {"asset": asset, "title": "New"}, at=TUESDAY) == {"updated": 1}
    assert scan(covered=[asset], at=TUESDAY) == {}
    assert Finding.objects.get().state == state


def test_older_scan_changes_nothing(scan, asset):
    scan(LOG4J | {"asset": asset}, at=TUESDAY)
    assert scan(LOG4J | {"asset": asset, "severity": "low"}, at=MONDAY) == {"unchanged": 1}
    assert scan(covered=[asset], at=MONDAY) == {}
    finding = Finding.objects.get()
    assert (finding.severity, finding.state) == ("critical", "open")
    assert finding.last_seen_at == TUESDAY


# --- Closing ----------------------------------------------------------------------------------
def test_what_is_gone_is_resolved_on_covered_assets_only(scan, organization, asset):
    elsewhere = make_asset(organization, "CRM")
    scan(*(LOG4J | {"asset": each} for each in (asset, elsewhere, None)))
    assert scan(covered=[asset], at=TUESDAY) == {"closed": 1}
    states = dict(Finding.objects.values_list("asset", "state"))
    assert states == {asset.pk: "resolved", elsewhere.pk: "open", None: "open"}


def test_scan_that_does_not_say_what_it_covered_closes_nothing(scan, asset):
    scan(LOG4J | {"asset": asset})
    assert scan(at=TUESDAY) == {}
    assert Finding.objects.get().state == "open"


def test_what_is_still_seen_is_not_closed(scan, asset):
    scan(LOG4J | {"asset": asset}, HEADER | {"asset": asset})
    counts = scan(HEADER | {"asset": asset}, covered=[asset], at=TUESDAY)
    assert counts == {"unchanged": 1, "closed": 1}
    assert Finding.objects.get(rule="no-csp").state == "open"


def test_second_scan_at_the_same_time_closes_too(scan, asset):
    scan(LOG4J | {"asset": asset})
    assert scan(covered=[asset]) == {"closed": 1}


def test_other_tools_findings_are_not_closed(scan, asset):
    scan(LOG4J | {"asset": asset}, tool="other")
    assert scan(covered=[asset], at=TUESDAY) == {}


def test_closing_leaves_history_and_the_time_it_was_last_seen(scan, asset):
    scan(LOG4J | {"asset": asset})
    scan(covered=[asset], at=TUESDAY)
    finding = Finding.objects.get()
    assert (finding.last_seen_at, finding.version) == (MONDAY, 2)
    assert Change.objects.latest("id").changes == {"state": ["open", "resolved"]}


# --- Bad scans --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ({"severity": "awful"}, "1/severity"),
        ({"rule": ""}, "1/rule"),
        ({"title": "x" * 501}, "1/title"),
        ({"cvss": 10.1}, "1/cvss"),
        ({"cvss": "high"}, "1/cvss"),
        ({"cvss": float("nan")}, "1/cvss"),
        ({"epss": -0.1}, "1/epss"),
        ({"state": "accepted"}, "1/state"),
        ({"nonsense": 1}, "1/nonsense"),
        ({"description": "a\x00b"}, "1/description"),
    ],
    ids=str,
)
def test_broken_finding_is_named_and_nothing_is_written(scan, broken, place):
    with pytest.raises(ValidationError) as refusal:
        scan(HEADER, LOG4J | broken)
    assert list(refusal.value.message_dict) == [place]
    assert not Finding.objects.exists()


def test_asset_of_another_organization_is_refused(scan, other_organization):
    foreign = make_asset(other_organization)
    with pytest.raises(ValidationError) as refusal:
        scan(LOG4J | {"asset": foreign})
    assert list(refusal.value.message_dict) == ["0/asset"]


def test_other_organizations_findings_are_left_alone(scan, other_organization, asset):
    foreign = make_asset(other_organization)
    theirs = make_finding(other_organization, asset=foreign)
    scan(covered=[foreign, asset], at=timezone.now() + timedelta(days=1))
    theirs.refresh_from_db()
    assert theirs.state == "open"


# --- Size -------------------------------------------------------------------------------------
def _many(count, **changed):
    return [LOG4J | {"location": f"/opt/{number}.jar"} | changed for number in range(count)]


def test_findings_are_written_many_to_a_statement(scan, asset, django_assert_max_num_queries):
    found = _many(300, asset=asset)
    for expected, changed in (
        ({"created": 300}, {}),
        ({"unchanged": 300}, {}),
        ({"updated": 300}, {"title": "New"}),
    ):
        with django_assert_max_num_queries(20):
            assert scan(*(each | changed for each in found), covered=[asset]) == expected


def test_scan_of_many_batches(scan, asset):
    assert scan(*_many(1100, asset=asset)) == {"created": 1100}
    seen = _many(1000, asset=asset)
    assert scan(*seen, covered=[asset], at=TUESDAY) == {"unchanged": 1000, "closed": 100}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_scans_at_once_make_no_doubles(scan):
    results = in_threads(*[lambda: scan(*_many(300))] * 3)
    assert Finding.objects.count() == 300
    assert sum(result.get("created", 0) for result in results) >= 300


# --- One finding ------------------------------------------------------------------------------
def test_created_finding_is_the_one_a_scan_sees(organization, scan):
    finding = make_finding(organization, location="/opt")
    assert finding.first_seen_at == finding.last_seen_at
    seen = {"rule": finding.rule, "title": finding.title, "severity": "critical"}
    later = timezone.now() + timedelta(days=1)
    assert scan(seen | {"location": "/opt"}, at=later) == {"unchanged": 1}


def test_finding_is_not_created_twice(organization):
    make_finding(organization)
    with pytest.raises(ValidationError, match="This finding exists already"):
        make_finding(organization)
    assert Finding.objects.count() == 1


def test_same_finding_may_exist_in_another_organization(organization, other_organization):
    make_finding(organization)
    assert make_finding(other_organization).version == 1


def test_changed_finding_keeps_or_changes_its_identity(organization, asset):
    finding = make_finding(organization)
    same = update_finding(actor=None, instance=finding, state="accepted", version=1)
    assert (same.fingerprint, same.version) == (finding.fingerprint, 2)
    moved = update_finding(actor=None, instance=finding, asset=asset)
    assert moved.fingerprint == compute_fingerprint(
        tool="scanner", rule=finding.rule, asset=asset, location=""
    )


def test_finding_does_not_become_another(organization):
    make_finding(organization, location="/a")
    other = make_finding(organization, location="/b")
    with pytest.raises(ValidationError, match="exists already"):
        update_finding(actor=None, instance=other, location="/a")


def test_finding_can_be_edited_after_its_asset_is_gone(organization, asset):
    finding = make_finding(organization, asset=asset)
    make_finding(organization)
    delete_asset(actor=None, instance=asset)
    assert update_finding(actor=None, instance=finding, state="resolved").asset is None


def test_wrong_or_stale_change_is_refused(organization):
    finding = make_finding(organization)
    with pytest.raises(StaleVersion):
        update_finding(actor=None, instance=finding, version=2, state="resolved")
    with pytest.raises(ValidationError):
        update_finding(actor=None, instance=finding, state="gone")
    with pytest.raises(ValidationError):
        create_finding(actor=None, organization=organization, tool="", rule="", title="")
    assert Finding.objects.get().state == "open"
