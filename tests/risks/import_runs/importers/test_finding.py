"""Findings of scans: created, seen again, closed, undone."""

from datetime import timedelta

import pytest

from risks.import_runs import undo
from risks.import_runs.changes import SourceRecord
from risks.import_runs.undo import EditedSince
from risks.models import Asset, Finding, RowAction
from risks.services.findings import update_finding
from tests.risks.factories import make_risk
from tests.risks.import_runs.importers.scans import FINDING, MONDAY, asset, finding


def test_a_scan_makes_findings_and_the_assets_they_are_on(run):
    done = run(asset(hostnames=["web-1.example.com"], type="server"), finding())
    created = Finding.objects.get()
    assert (created.asset.name, created.asset.hostnames) == ("web-1", ["web-1.example.com"])
    assert (str(created.cvss), created.first_seen_at) == ("10.0", MONDAY)
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
def test_a_sighting_does_not_end_a_decision_of_a_person(run, analyst, state):
    run(asset(), finding())
    update_finding(actor=analyst, instance=Finding.objects.get(), state=state)
    run(asset(), finding(), at=MONDAY + timedelta(days=1))
    assert Finding.objects.get().state == state


def test_what_the_source_itself_has_closed_it_opens_again(run, analyst):
    run(asset(), finding(state="false_positive"))
    run(asset(), finding(state="open"), at=MONDAY + timedelta(days=1))
    assert Finding.objects.get().state == "open"
    run(asset(), finding(state="accepted"), at=MONDAY + timedelta(days=2))
    update_finding(actor=analyst, instance=Finding.objects.get(), state="false_positive")
    run(asset(), finding(state="open"), at=MONDAY + timedelta(days=3))
    assert Finding.objects.get().state == "false_positive"


def test_a_resolved_finding_is_open_again_once_it_is_seen_later(run, analyst):
    run(asset(), finding())
    update_finding(actor=analyst, instance=Finding.objects.get(), state="resolved")
    run(asset(), finding())
    assert Finding.objects.get().state == "resolved"
    run(asset(), finding(), at=MONDAY + timedelta(days=1))
    assert Finding.objects.get().state == "open"


def test_follow_up_records_are_planned_after_the_whole_scan(run):
    run(asset(), finding(), finding(2, location="other"))
    unseen = Finding.objects.get(location="other")

    def close(context):
        assert len(context.matched[FINDING]) == 1
        yield SourceRecord(FINDING, str(unseen.pk), 0, {"state": "resolved"}, "id")

    run(asset(), finding(), at=MONDAY + timedelta(days=1), then=close)
    assert list(Finding.objects.order_by("location").values_list("state", flat=True)) == [
        "open",
        "resolved",
    ]


def test_a_preview_writes_nothing(run):
    run(asset(), finding(), apply=False)
    assert (Finding.objects.count(), Asset.objects.count()) == (0, 0)


def test_a_scan_is_undone_with_the_objects_it_created(run, manager):
    done = run(asset(), finding())
    undo.undo_run(actor=manager, run=done)
    assert (Finding.objects.count(), Asset.objects.count()) == (0, 0)


def test_a_finding_with_a_risk_prevents_the_undo(run, manager, organization):
    done = run(asset(), finding())
    Finding.objects.update(risk=make_risk(organization))
    with pytest.raises(EditedSince, match="1 thing changed") as refusal:
        undo.undo_run(actor=manager, run=done)
    assert "a link to R-0001" in str(refusal.value.edits[0])


def test_more_than_one_batch_is_applied_as_it_was_previewed(run):
    many = [finding(row, location=f"package-{row}") for row in range(1, 2302)]
    done = run(asset(), *many)
    assert done.counts["findings"]["create"] == Finding.objects.count() == 2301
    actions = done.rows.filter(model=FINDING).values_list("action", flat=True)
    assert set(actions) == {RowAction.CREATE}
