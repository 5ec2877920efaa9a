"""A change of many risks: previewed, applied as one, undone where no one has changed it since."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from openrisk.errors import Conflict
from risks.history.reading import changes_of
from risks.models import BulkChange, BulkRowOutcome, BulkState, Risk
from risks.services.bulk_changes import lifecycle
from risks.services.risks import update_risk
from risks.tasks import (
    apply_bulk_change,
    carry_out_or_enqueue,
    end_abandoned_changes,
    undo_bulk_change,
)
from tests.risks import factories


@pytest.fixture
def preview(organization, analyst):
    """`preview(kind, value, *references)` is of all risks where no reference is given."""

    def make(kind, value, *references, **fields):
        risks, names = Risk.objects.for_organization(organization), ()
        if references:
            risks, names = lifecycle.find_by_references(organization, references)
        return lifecycle.preview_change(
            actor=analyst,
            organization=organization,
            kind=kind,
            value=value,
            rows=risks,
            references=names,
            **fields,
        )

    return make


@pytest.fixture
def apply(analyst):
    def carry_out(change, **options):
        return apply_bulk_change(
            actor=analyst, change=change, **{"digest": change.digest, **options}
        )

    return carry_out


@pytest.fixture
def three(organization):
    return [factories.make_risk(organization, title=title) for title in ("One", "Two", "Three")]


def values(column):
    return list(Risk.objects.order_by("number").values_list(column, flat=True))


def test_preview_counts_and_changes_nothing(three, preview, analyst):
    update_risk(actor=None, instance=three[0], owner=analyst)
    change = preview("owner", str(analyst.pk))
    assert change.summary["counts"] == {"changed": 2, "same": 1, "refused": 0}
    assert values("owner") == [analyst.pk, None, None]


def test_preview_shows_examples(three, preview, analyst):
    example = preview("owner", str(analyst.pk)).summary["examples"][0]
    assert example == {
        "reference": "R-0001",
        "title": "One",
        "before": "None",
        "after": str(analyst),
    }


def test_apply_changes_all_with_one_reason_in_their_history(three, preview, apply, analyst):
    change = apply(preview("owner", str(analyst.pk), comment="Handover"))
    entry = changes_of(three[0].pk).first()
    assert (change.state, values("owner")) == (BulkState.APPLIED, [analyst.pk] * 3)
    assert (entry.comment, entry.actor, entry.run_id) == (
        "Bulk change: owner. Handover",
        analyst,
        change.pk,
    )


def test_rows_that_have_the_value_keep_their_version(three, preview, apply, analyst):
    update_risk(actor=None, instance=three[0], owner=analyst)
    apply(preview("owner", str(analyst.pk)))
    assert values("version") == [2, 2, 2]


def test_refused_rows_stop_all_unless_they_are_left_out(three, organization, preview, apply):
    factories.make_assessed_risk(organization)
    change = preview("status", "treatment_planned")
    assert change.summary["refusals"][0]["count"] == 3
    with pytest.raises(lifecycle.RisksRefused):
        apply(change)
    apply(change, leave_out_refused=True)
    assert values("status") == [*["identified"] * 3, "treatment_planned"]


def test_preview_is_outdated_once_a_risk_changes(three, preview, apply, analyst):
    change = preview("owner", str(analyst.pk))
    update_risk(actor=None, instance=three[1], title="Other")
    with pytest.raises(lifecycle.BulkPreviewOutdated, match="R-0002"):
        apply(change)
    change = lifecycle.preview_again(actor=analyst, change=change)
    assert apply(change).state == BulkState.APPLIED


def test_a_risk_that_is_deleted_meanwhile_outdates_the_preview(three, preview, apply, analyst):
    change = preview("owner", str(analyst.pk))
    three[2].delete()
    with pytest.raises(lifecycle.BulkPreviewOutdated, match="R-0003"):
        apply(change)
    assert lifecycle.preview_again(actor=analyst, change=change).summary["missing"] == ["R-0003"]


def test_another_preview_than_the_one_that_was_seen_is_refused(three, preview, apply):
    change = preview("treatment", "avoid")
    with pytest.raises(lifecycle.BulkPreviewOutdated):
        apply(change, digest="other")


def test_a_change_is_applied_once(three, preview, apply):
    change = preview("treatment", "avoid")
    apply(change)
    with pytest.raises(Conflict, match="applied already"):
        apply(change)
    assert values("version") == [2, 2, 2]


def test_nothing_to_change_is_refused(three, preview, apply):
    with pytest.raises(Conflict, match="Nothing would change"):
        apply(preview("treatment", ""))


def test_references_that_do_not_exist_here_are_named(three, preview, other_organization):
    for number in range(5):
        factories.make_risk(other_organization, title=str(number))
    change = preview("treatment", "avoid", "r-0001 ", "R-0005", "nonsense")
    assert change.summary["missing"] == ["R-0005", "nonsense"]
    assert change.selection["numbers"] == [1]


def test_a_selection_without_a_risk_of_this_organization_is_refused(preview, other_organization):
    factories.make_risk(other_organization)
    with pytest.raises(ValidationError, match="Choose at least one risk"):
        preview("treatment", "avoid", "R-0001")


def test_too_many_references_are_refused(organization, monkeypatch):
    monkeypatch.setattr(lifecycle, "MAX_RISKS", 2)
    with pytest.raises(ValidationError, match="At most 2 risks"):
        lifecycle.find_by_references(organization, ["R-0001", "R-0002", "R-0003"])


def test_batches_go_on_where_they_ended(three, preview, analyst, monkeypatch):
    monkeypatch.setattr(lifecycle, "BATCH", 2)
    change = preview("treatment", "avoid")
    change = lifecycle.begin_change(actor=analyst, change=change, digest=change.digest)
    assert not lifecycle.run_batches(change, 1)
    assert (change.done, values("treatment")) == (2, ["avoid", "avoid", ""])
    assert lifecycle.run_batches(change)
    assert (change.state, values("treatment")) == (BulkState.APPLIED, ["avoid"] * 3)


def test_a_risk_that_changes_while_batches_run_is_left(three, preview, analyst, monkeypatch):
    monkeypatch.setattr(lifecycle, "BATCH", 1)
    change = preview("treatment", "avoid")
    change = lifecycle.begin_change(actor=analyst, change=change, digest=change.digest)
    lifecycle.run_batches(change, 1)
    update_risk(actor=None, instance=three[1], title="Other")
    lifecycle.run_batches(change)
    assert values("treatment") == ["avoid", "", "avoid"]
    assert change.rows.get(outcome=BulkRowOutcome.LEFT).reference == "R-0002"


def test_undo_restores_what_no_one_has_changed_since(three, preview, apply, analyst, manager):
    update_risk(actor=None, instance=three[0], owner=manager)
    change = apply(preview("owner", str(analyst.pk)))
    update_risk(actor=None, instance=three[1], owner=manager)
    update_risk(actor=None, instance=three[2], title="Another title")
    change = undo_bulk_change(actor=manager, change=change)
    assert (change.state, change.undone_by) == (BulkState.UNDONE, manager)
    assert values("owner") == [manager.pk, manager.pk, None]
    kept = change.rows.get(outcome=BulkRowOutcome.KEPT)
    assert (kept.reference, kept.reason) == ("R-0002", "Someone changed this again since.")


def test_undo_names_risks_that_are_deleted_since(three, preview, apply, manager):
    change = apply(preview("treatment", "avoid"))
    three[0].delete()
    change = undo_bulk_change(actor=manager, change=change)
    assert change.rows.get(outcome=BulkRowOutcome.KEPT).reason == "It was deleted since."


def test_undo_happens_once(three, preview, apply, analyst):
    change = undo_bulk_change(actor=analyst, change=apply(preview("treatment", "avoid")))
    with pytest.raises(Conflict, match="undone already"):
        undo_bulk_change(actor=analyst, change=change)


def test_a_preview_cannot_be_undone(three, preview, analyst):
    with pytest.raises(Conflict, match="previewed already"):
        undo_bulk_change(actor=analyst, change=preview("treatment", "avoid"))


def test_many_former_values_are_restored(organization, preview, apply, analyst, monkeypatch):
    days = [f"2027-01-{day:02d}T00:00:00+00:00" for day in range(1, 25)]
    for day in days:
        factories.make_risk(organization, title=day, next_review_at=day)
    change = apply(preview("next_review_at", "2030-01-01"))
    undo_bulk_change(actor=analyst, change=change)
    assert [moment.isoformat() for moment in values("next_review_at")] == days


def test_old_previews_are_deleted_and_changes_stay(three, preview, apply, monkeypatch):
    apply(preview("treatment", "avoid"))
    preview("treatment", "accept")
    BulkChange.objects.update(updated_at="2020-01-01T00:00:00Z")
    assert lifecycle.delete_old_previews() == 1
    assert BulkChange.objects.get().state == BulkState.APPLIED


@pytest.fixture
def queued(three, preview, apply, monkeypatch):
    """A change that waits for a worker."""
    monkeypatch.setattr("risks.tasks.AT_ONCE", 1)
    return apply(preview("treatment", "avoid"))


def test_a_change_whose_task_failed_is_stopped(queued):
    assert end_abandoned_changes.call() == 0  # its task waits
    DBTaskResult.objects.update(status="FAILED", finished_at=timezone.now())
    assert end_abandoned_changes.call() == 1
    queued.refresh_from_db()
    assert (queued.state, queued.error) == (BulkState.FAILED, "its worker was lost")


def test_a_change_whose_next_task_waits_goes_on(queued):
    DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=timezone.now())
    carry_out_or_enqueue(queued)
    assert end_abandoned_changes.call() == 0


def test_a_change_whose_task_is_gone_is_stopped_after_a_day(queued):
    DBTaskResult.objects.all().delete()
    assert end_abandoned_changes.call() == 0
    day_ago = timezone.now() - timedelta(days=1, minutes=1)
    BulkChange.objects.filter(pk=queued.pk).update(updated_at=day_ago)
    assert end_abandoned_changes.call() == 1


def test_what_a_stopped_change_did_is_undone(queued, analyst, monkeypatch):
    monkeypatch.setattr(lifecycle, "BATCH", 2)
    lifecycle.run_batches(queued, 1)
    DBTaskResult.objects.update(status="FAILED", finished_at=timezone.now())
    assert end_abandoned_changes.call() == 1
    queued.refresh_from_db()
    monkeypatch.setattr("risks.tasks.AT_ONCE", 10)
    assert undo_bulk_change(actor=analyst, change=queued).state == BulkState.UNDONE
    assert values("treatment") == ["", "", ""]
