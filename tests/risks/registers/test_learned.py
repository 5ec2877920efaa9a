"""Learned options of a source: used for its next file, said, taken back with an undo."""

import pytest

from openrisk.accounts.models import Organization
from openrisk.errors import Conflict
from risks.import_runs.undo import undo_run
from risks.models import ImportFile, ImportSource
from risks.registers.results import MappingError
from risks.registers.upload import preview_again
from tests.risks.import_runs.uploads import import_register, only_risk, preview_register

FIRST = "ID,Risk,Likelihood,Impact,Remark,Mitigation,Due\nR1,Fire,4,5,See audit,Pump,03/04/2027\n"
SECOND = FIRST.replace("Fire", "Flames")


@pytest.fixture
def learned(organization: Organization) -> ImportSource:
    import_register(organization, FIRST, mapping={"Remark": "description"}, month_first=True)
    return ImportSource.objects.get()


def how(run, column: str) -> tuple[str | None, str]:
    (found,) = [c for c in run.mapping if c["column"] == column]
    return found["field"], found["how"]


def test_the_next_file_is_read_as_the_last_one(
    organization: Organization, learned: ImportSource
) -> None:
    run = preview_register(organization, SECOND)
    assert how(run, "Remark") == ("description", "learned")
    (plan,) = run.rows.filter(model="risks.mitigation")
    assert plan.values["due_date"] == "2027-03-04"


def test_what_is_said_of_a_file_wins(organization: Organization, learned: ImportSource) -> None:
    run = preview_register(organization, SECOND, mapping={"Remark": "extra"}, month_first=False)
    assert how(run, "Remark") == (None, "chosen")
    (plan,) = run.rows.filter(model="risks.mitigation")
    assert plan.values["due_date"] == "2027-04-03"
    run = preview_register(organization, SECOND, mapping={"Risk": "description"})
    assert how(run, "Remark") != ("description", "learned")


def test_columns_that_come_and_go_are_noted(
    organization: Organization, learned: ImportSource
) -> None:
    run = preview_register(organization, SECOND.replace("Remark", "Team"))
    assert any("missing: Remark (description)" in note for note in run.notes)
    assert any(note.endswith("did not have: Team.") for note in run.notes)


def test_a_preview_teaches_nothing(organization: Organization) -> None:
    preview_register(organization, FIRST)
    assert not ImportSource.objects.exists()


def test_an_undone_run_is_forgotten(organization: Organization) -> None:
    first = import_register(organization, FIRST)
    second = import_register(organization, SECOND, mapping={"Remark": "description"})
    assert ImportSource.objects.get().options["mapping"]["Remark"] == "description"
    undo_run(actor=None, run=second)
    assert ImportSource.objects.get().options["mapping"]["Remark"] == "extra"
    undo_run(actor=None, run=first)
    assert not ImportSource.objects.exists()


def test_a_preview_is_read_again_with_other_options(organization: Organization) -> None:
    run = preview_register(organization, FIRST)
    run = preview_again(actor=None, run=run, mapping={"Remark": "description"})
    (row,) = run.rows.filter(model="risks.risk")
    assert row.values["description"] == "See audit"
    assert (run.options["mapping"], run.counts["risks"]["create"]) == (
        {"Remark": "description"},
        1,
    )


def test_options_that_cannot_be_used_leave_the_preview(organization: Organization) -> None:
    run = preview_register(organization, FIRST)
    with pytest.raises(MappingError):
        preview_again(actor=None, run=run, mapping={"Nix": "title"})
    run.refresh_from_db()
    assert (run.options["mapping"], run.rows.count()) == ({}, 2)


def test_without_its_file_a_run_is_only_planned_again(organization: Organization) -> None:
    run = preview_register(organization, FIRST)
    import_register(organization, FIRST)
    ImportFile.objects.all().delete()
    run = preview_again(actor=None, run=run)
    assert run.counts["risks"]["unchanged"] == 1
    with pytest.raises(Conflict, match="no longer stored"):
        preview_again(actor=None, run=run, month_first=True)
    assert only_risk(organization).title == "Fire"


def test_scale_and_words_hold_for_the_next_file(organization: Organization) -> None:
    header = "ID,Risk,Likelihood,Impact\n"
    import_register(organization, header + "R1,Fire,9,High\nR2,Flood,8,Very high\nR3,Fog,7,Low\n")
    learned = ImportSource.objects.get().options
    assert learned["scales"]["Likelihood"] == "1 to 10"
    run = preview_register(organization, header + "R1,Fire,4,High\nR4,Strike,3,Low\n")
    values = [row.values for row in run.rows.filter(model="risks.risk").order_by("row_number")]
    assert [v["inherent_likelihood"] for v in values] == [2, 2]
    assert [v["inherent_impact"] for v in values] == [4, learned["words"]["Impact"]["Low"]]


def test_the_order_of_dates_that_one_file_shows_holds_for_the_next(
    organization: Organization,
) -> None:
    import_register(organization, FIRST.replace("03/04/2027", "12/31/2026"))
    run = preview_register(organization, SECOND)
    (plan,) = run.rows.filter(model="risks.mitigation")
    assert plan.values["due_date"] == "2027-03-04"
