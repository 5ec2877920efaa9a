"""Findings and controls in runs: planned, applied, seen again, closed, taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from risks.import_runs import lifecycle, undo
from risks.import_runs.changes import SourceRecord
from risks.import_runs.importers.control import control_identity
from risks.import_runs.undo import EditedSince
from risks.models import Asset, Control, Finding, Framework, ImportRun, RowAction, Source
from risks.services.findings import update_finding
from tests.risks.factories import make_risk

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
ASSET, FINDING = "risks.asset", "risks.finding"
LOG4J = {"rule": "CVE-2021-44228", "title": "Log4Shell", "severity": "critical", "cvss": "10.0"}


def asset(name="web-1", row=1, **values):
    return SourceRecord(ASSET, name, row, values)


def finding(row=1, **said):
    values = {"tool": "trivy", "asset": "web-1", "location": "log4j", "state": "open"} | LOG4J
    values |= said
    identity = " | ".join(str(values[name]) for name in ("tool", "rule", "asset", "location"))
    return SourceRecord(FINDING, identity, row, values)


@pytest.fixture
def run(organization, manager):
    """`run(*records, at=...)` previews, applies, and returns the run."""

    def carry_out(*records, at=MONDAY, apply=True, then=lambda scope: (), name="Trivy"):
        made = ImportRun(
            organization=organization,
            source=Source.CONNECTOR,
            source_name=name,
            looked_at=at,
            streamed=True,
        )
        made = lifecycle.start_run(actor=manager, run=made, records=iter(records), afterwards=then)
        return lifecycle.apply_run(actor=manager, run=made) if apply else made

    return carry_out


def test_a_scan_makes_findings_and_the_assets_they_are_on(run):
    done = run(asset(hostnames=["web-1.example.com"], type="server"), finding())
    made = Finding.objects.get()
    assert (made.asset.name, made.asset.hostnames) == ("web-1", ["web-1.example.com"])
    assert (str(made.cvss), made.first_seen_at) == ("10.0", MONDAY)
    assert done.counts["findings"]["create"] == 1


def test_the_same_scan_again_changes_nothing(run):
    run(asset(), finding())
    before = Finding.objects.values().get()
    again = run(asset(), finding())
    assert again.counts["findings"] == {"create": 0, "update": 0, "unchanged": 1, "error": 0}
    assert Finding.objects.values().get() == before


def test_a_later_scan_moves_only_when_it_was_last_seen(run):
    run(asset(), finding())
    run(asset(), finding(), at=MONDAY + timedelta(days=1))
    seen = Finding.objects.get()
    assert (seen.last_seen_at - seen.first_seen_at, seen.version) == (timedelta(days=1), 1)


def test_an_older_scan_changes_nothing(run):
    run(asset(), finding(), at=MONDAY)
    old = run(asset(), finding(severity="low"), at=MONDAY - timedelta(days=7))
    assert old.counts["findings"]["unchanged"] == 1
    assert Finding.objects.get().severity == "critical"


@pytest.mark.parametrize("state", ["accepted", "false_positive"])
def test_being_seen_does_not_end_what_a_person_decided(run, analyst, state):
    run(asset(), finding())
    update_finding(actor=analyst, instance=Finding.objects.get(), state=state)
    run(asset(), finding(), at=MONDAY + timedelta(days=1))
    assert Finding.objects.get().state == state


def test_what_was_resolved_is_open_again_once_it_is_seen_later(run, analyst):
    run(asset(), finding())
    update_finding(actor=analyst, instance=Finding.objects.get(), state="resolved")
    run(asset(), finding())
    assert Finding.objects.get().state == "resolved"
    run(asset(), finding(), at=MONDAY + timedelta(days=1))
    assert Finding.objects.get().state == "open"


def test_what_follows_from_a_scan_is_planned_after_all_of_it(run):
    run(asset(), finding(), finding(2, location="other"))
    gone = Finding.objects.get(location="other")

    def close(scope):
        assert len(scope.taken[FINDING]) == 1
        yield SourceRecord(FINDING, str(gone.pk), 0, {"state": "resolved"}, "id")

    run(asset(), finding(), at=MONDAY + timedelta(days=1), then=close)
    assert list(Finding.objects.order_by("location").values_list("state", flat=True)) == [
        "open",
        "resolved",
    ]


def test_a_renamed_asset_is_still_the_one_the_source_means(run):
    run(asset(), finding())
    Asset.objects.update(name="The shop")
    again = run(asset(), finding())
    assert Asset.objects.count() == 1
    assert again.counts["findings"]["unchanged"] == 1


def test_an_asset_is_known_by_its_address_too(run, organization):
    known = Asset.objects.create(organization=organization, name="Shop", addresses=["192.0.2.7"])
    run(asset("192.0.2.7"), finding(asset="192.0.2.7"))
    assert Finding.objects.get().asset == known


def test_two_hosts_at_one_address_stay_two(run, organization):
    """Also where one of them is made before the other is planned."""
    many = [finding(row, asset="a", location=f"package-{row}") for row in range(1, 1200)]
    first, second = asset("a", addresses=["192.0.2.7"]), asset("b", 1200, addresses=["192.0.2.7"])
    run(first, *many, second, finding(1201, asset="b"))
    assert Finding.objects.values("asset").distinct().count() == 2
    run(asset("c", addresses=["192.0.2.7"]), finding(asset="c"))
    assert Asset.objects.count() == 3


def test_a_preview_writes_nothing(run):
    run(asset(), finding(), apply=False)
    assert (Finding.objects.count(), Asset.objects.count()) == (0, 0)


def test_a_scan_is_taken_back_with_what_it_made(run, manager):
    done = run(asset(), finding())
    undo.undo_run(actor=manager, run=done)
    assert (Finding.objects.count(), Asset.objects.count()) == (0, 0)


def test_a_finding_that_a_risk_rests_on_is_not_taken_back(run, manager, organization):
    done = run(asset(), finding())
    Finding.objects.update(risk=make_risk(organization))
    with pytest.raises(EditedSince, match="1 thing changed") as refusal:
        undo.undo_run(actor=manager, run=done)
    assert "a link to R-0001" in str(refusal.value.edits[0])


def test_more_than_a_piece_is_applied_as_it_was_previewed(run):
    many = [finding(row, location=f"package-{row}") for row in range(1, 2302)]
    done = run(asset(), *many)
    assert done.counts["findings"]["create"] == Finding.objects.count() == 2301
    actions = done.rows.filter(model=FINDING).values_list("action", flat=True)
    assert set(actions) == {RowAction.CREATE}


# --- Controls ---------------------------------------------------------------------------------
FRAMEWORK = SourceRecord("risks.framework", "Baseline 1", 1, {"name": "Baseline", "edition": "1"})


def control(identifier, row=2, parent="", title="Policy"):
    values = {"framework": "Baseline 1", "identifier": identifier, "title": title, "text": ""}
    identity = control_identity("Baseline 1", identifier)
    return SourceRecord("risks.control", identity, row, values | {"parent": parent})


def test_controls_come_with_their_framework_and_parents(run):
    run(FRAMEWORK, control("AC-2"), control("AC-2(1)", 3, parent="AC-2"))
    assert Framework.objects.get().edition == "1"
    assert Control.objects.get(identifier="AC-2(1)").parent.identifier == "AC-2"


def test_a_control_whose_parent_is_nowhere_is_refused(run):
    with pytest.raises(lifecycle.RowsInError, match="1 error") as refusal:
        run(FRAMEWORK, control("AC-2(1)", parent="AC-2"))
    assert "Its parent AC-2 is not in the framework." in str(refusal.value.details)


def test_a_new_edition_of_a_text_leaves_how_far_a_control_is(run):
    run(FRAMEWORK, control("AC-2"))
    Control.objects.update(status="implemented")
    run(FRAMEWORK, control("AC-2", title="Accounts"))
    assert Control.objects.values("title", "status").get() == {
        "title": "Accounts",
        "status": "implemented",
    }


def test_controls_are_taken_back_unless_work_stands_in_them(run, manager):
    done = run(FRAMEWORK, control("AC-2"))
    Control.objects.update(status="in_progress")
    with pytest.raises(EditedSince):
        undo.undo_run(actor=manager, run=done)
    Control.objects.update(status="not_implemented")
    undo.undo_run(actor=manager, run=done)
    assert not Framework.objects.exists()
