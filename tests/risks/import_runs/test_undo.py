"""Undoing a run: all of it unless someone has edited since, or nothing."""

from collections.abc import Callable

import pytest

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.import_runs.undo import EditedSince, undo_run
from risks.models import Asset, Category, Change, ImportRun, Mitigation, Provenance, Risk
from risks.services import mitigations, risks
from risks.services import rows as row_services
from tests.risks.factories import (
    make_acceptance,
    make_action,
    make_asset,
    make_mitigation,
    make_risk,
)
from tests.risks.import_runs.uploads import HEADER, count_changes, import_register

ONE = HEADER + "R1,Fire,4,5,In progress,Facilities,Physical,Archive,Sprinklers,See audit\n"


def take_back(run: ImportRun, actor: User | None = None) -> ImportRun:
    return undo_run(actor=actor, run=run)


def refused(run: ImportRun) -> list[tuple[str, object, object]]:
    """Field, now and was of each edit for which undoing `run` is refused."""
    with pytest.raises(EditedSince) as refusal:
        take_back(run)
    return [(edit.field, edit.now, edit.was) for edit in refusal.value.edits]


def test_objects_that_the_run_created_are_deleted(organization: Organization) -> None:
    run = take_back(import_register(organization, ONE))

    assert run.status == "undone"
    for model in (Risk, Mitigation, Asset, Category, Provenance):
        assert not model.objects.exists(), model


def test_objects_that_the_run_changed_are_restored(organization: Organization) -> None:
    import_register(organization, ONE)
    before = Risk.objects.values().get()
    run = import_register(
        organization,
        HEADER + "R1,Flood,1,1,Closed,Cellar team,Water,Cellar,Pumps,Other\n",
    )
    assert Risk.objects.get().title == "Flood"
    take_back(run)
    after = Risk.objects.values().get()

    silent = ("version", "updated_at")
    assert {n: v for n, v in after.items() if n not in silent} == {
        n: v for n, v in before.items() if n not in silent
    }
    assert [asset.name for asset in Risk.objects.get().assets.all()] == ["Archive"]
    assert Mitigation.objects.get().title == "Sprinklers"


def test_history_records_the_undo(organization: Organization, manager: User) -> None:
    run = import_register(organization, ONE)
    take_back(run, manager)
    change = Change.objects.get(model="risks.risk", action="deleted")

    assert (change.actor, change.run_id) == (manager, run.pk)
    assert change.comment == "Undo of the import of register.csv"


def test_after_an_undo_the_file_can_be_imported_again(organization: Organization) -> None:
    import_register(organization, ONE)
    changed = ONE.replace("Fire", "Flames")
    take_back(import_register(organization, changed))
    run = import_register(organization, changed)

    assert count_changes(run) == 1
    assert Risk.objects.get().title == "Flames"


@pytest.mark.parametrize("status", ["previewed", "undone"])
def test_only_an_applied_run_can_be_undone(organization: Organization, status: str) -> None:
    run = import_register(organization, ONE)
    ImportRun.objects.update(status=status)

    with pytest.raises(Conflict, match=f"This run is {status}"):
        take_back(run)
    assert Risk.objects.count() == 1


def test_an_edited_field_refuses_everything(organization: Organization) -> None:
    run = import_register(organization, ONE + "R2,Flood,1,1,Open,,,,,\n")
    risk = Risk.objects.get(external_id="R1")
    risks.update_risk(actor=None, instance=risk, title="Blaze")

    assert refused(run) == [("title", "Blaze", "Fire")]
    run.refresh_from_db()
    assert (run.status, Risk.objects.count()) == ("applied", 2)


def test_a_refusal_says_what_was_edited(organization: Organization) -> None:
    run = import_register(organization, ONE)
    risks.update_risk(actor=None, instance=Risk.objects.get(), title="Blaze", owner_name="")

    with pytest.raises(EditedSince) as refusal:
        take_back(run)
    assert refusal.value.reasons[1:] == (
        "R-0001: owner_name is empty, the run wrote 'Facilities'.",
        "R-0001: title is 'Blaze', the run wrote 'Fire'.",
    )


def test_a_field_the_run_did_not_write_counts_on_what_it_made(organization: Organization) -> None:
    run = import_register(organization, ONE)
    risks.update_risk(actor=None, instance=Risk.objects.get(), review_interval_days=90)

    assert refused(run) == [("review_interval_days", 90, None)]


def test_a_field_the_run_did_not_write_does_not_count_on_what_it_changed(
    organization: Organization,
) -> None:
    import_register(organization, ONE)
    run = import_register(organization, ONE.replace("Fire", "Flames"))
    risks.update_risk(actor=None, instance=Risk.objects.get(), description="Paper burns")
    take_back(run)
    risk = Risk.objects.get()

    assert (risk.title, risk.description) == ("Fire", "Paper burns")


def test_an_edit_that_was_reverted_does_not_count(organization: Organization) -> None:
    run = import_register(organization, ONE)
    for title in ("Blaze", "Fire"):
        risks.update_risk(actor=None, instance=Risk.objects.get(), title=title)

    assert take_back(run).status == "undone"


def test_a_taken_transition_counts(organization: Organization) -> None:
    run = import_register(organization, ONE)
    risks.take_transition(actor=None, risk=Risk.objects.get(), to="mitigated")

    assert refused(run) == [("status", "mitigated", "in_treatment")]


def test_a_review_since_counts(organization: Organization, manager: User) -> None:
    run = import_register(organization, ONE)
    risk = risks.mark_reviewed(actor=manager, risk=Risk.objects.get())

    assert [field for field, _, was in refused(run) if was is None] == ["last_reviewed_at"]
    assert risk.last_reviewed_at is not None


@pytest.mark.parametrize(
    ("add", "text"),
    [
        (lambda risk, _: make_mitigation(risk), "mitigation M-0002 Offline backups"),
        (lambda risk, _: make_action(risk.mitigations.get()), "action Buy tapes"),
        (lambda risk, user: make_acceptance(user, risk), "acceptance: Requested acceptance of"),
    ],
    ids=["mitigation", "action", "acceptance"],
)
def test_rows_that_people_added_count(
    organization: Organization,
    analyst: User,
    add: Callable[[Risk, User], object],
    text: str,
) -> None:
    run = import_register(organization, ONE)
    add(Risk.objects.get(), analyst)
    [(field, now, _)] = refused(run)

    assert field == ""
    assert str(now).startswith(text)


def test_an_edited_plan_counts(organization: Organization) -> None:
    run = import_register(organization, ONE)
    plan = Mitigation.objects.get()
    mitigations.update_mitigation(actor=None, instance=plan, due_date="2027-01-01")

    assert refused(run) == [("due_date", "2027-01-01", None)]


def test_a_later_import_of_the_same_field_counts(organization: Organization) -> None:
    first = import_register(organization, ONE)
    second = import_register(organization, ONE.replace("Fire", "Flames"))

    assert refused(first) == [("title", "Flames", "Fire")]
    take_back(second)
    assert take_back(first).status == "undone"


def test_a_deleted_risk_does_not_prevent_the_undo(organization: Organization) -> None:
    run = import_register(organization, ONE + "R2,Flood,1,1,Open,,,,,\n")
    row_services.delete(actor=None, instance=Risk.objects.get(external_id="R1"))

    assert take_back(run).status == "undone"
    assert not Risk.objects.exists()


def test_a_rating_that_a_state_needs_is_not_taken_away(organization: Organization) -> None:
    import_register(organization, "ID,Title,Likelihood,Impact\nR1,Fire,,\n")
    run = import_register(organization, "ID,Title,Likelihood,Impact\nR1,Fire,4,5\n")
    risks.take_transition(actor=None, risk=Risk.objects.get(), to="assessed")

    with pytest.raises(Conflict, match="R-0001 is assessed and keeps"):
        take_back(run)
    assert Risk.objects.get().inherent_score == 20


def test_an_asset_that_others_use_stays(organization: Organization) -> None:
    run = import_register(organization, ONE)
    make_risk(organization, assets=[Asset.objects.get()], category=Category.objects.get())
    run = take_back(run)

    assert run.notes == ["2 categories and assets were not deleted: they are in use."]
    assert (Asset.objects.count(), Category.objects.count(), Risk.objects.count()) == (1, 1, 1)


def test_an_asset_that_was_there_before_stays(organization: Organization) -> None:
    make_asset(organization, "archive")
    take_back(import_register(organization, ONE))

    assert [asset.name for asset in Asset.objects.all()] == ["archive"]


def test_numbers_are_not_given_out_again(organization: Organization) -> None:
    take_back(import_register(organization, ONE))

    assert make_risk(organization).reference == "R-0002"
