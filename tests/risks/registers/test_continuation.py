"""The source of a file: asked about where it may be a known one, remembered once answered."""

import pytest

from openrisk.accounts.models import Organization
from risks.import_runs import lifecycle
from risks.import_runs.lifecycle import QuestionOpen
from risks.models import Risk
from risks.registers.upload import preview_again
from tests.risks.import_runs.uploads import import_register, preview_register

OCTOBER = "ID,Risk,Likelihood,Impact\nR1,Server room floods,4,5\nR2,Key person leaves,3,3\n"
NOVEMBER = OCTOBER.replace("4,5", "3,5")
OTHER = "ID,Risk,Likelihood,Impact\nR1,Invoice is paid twice,2,3\nR2,Strike,3,3\n"


@pytest.fixture
def october(organization: Organization) -> None:
    import_register(organization, OCTOBER, "register-2026-10.csv")


def test_the_next_file_of_a_source_is_recognized(organization: Organization, october: None) -> None:
    run = preview_register(organization, NOVEMBER, "register-2026-11.csv")
    assert (run.question["kind"], run.question["source_name"]) == (
        "continues_source",
        "register-2026-10",
    )
    assert "2 of 2 ids and 2 of 2 titles" in run.question["text"]
    with pytest.raises(QuestionOpen):
        lifecycle.apply_run(actor=None, run=run)
    assert Risk.objects.count() == 2


def test_continuing_the_source_updates_its_risks(organization: Organization, october: None) -> None:
    run = preview_register(organization, NOVEMBER, "register-2026-11.csv")
    (continues, _) = run.question["answers"]
    run = preview_again(actor=None, run=run, **continues["options"])
    assert (run.question, run.source_name) == (None, "register-2026-10")
    lifecycle.apply_run(actor=None, run=run)
    assert sorted(Risk.objects.values_list("inherent_score", flat=True)) == [9, 15]


def test_a_new_source_has_risks_of_its_own(organization: Organization, october: None) -> None:
    run = preview_register(organization, NOVEMBER, "register-2026-11.csv")
    (_, is_new) = run.question["answers"]
    run = preview_again(actor=None, run=run, **is_new["options"])
    lifecycle.apply_run(actor=None, run=run)
    assert Risk.objects.count() == 4
    assert preview_register(organization, OCTOBER, "register-2026-11.csv").question is None


def test_an_answer_holds_for_the_file_of_the_month_after(
    organization: Organization, october: None
) -> None:
    import_register(organization, NOVEMBER, "register-2026-11.csv", source_name="register-2026-10")
    run = preview_register(organization, OCTOBER, "register-2026-12.csv")
    assert (run.question, run.source_name) == (None, "register-2026-10")
    assert run.notes[0].startswith("register-2026-12.csv was taken for the next file of the source")


def test_a_name_that_differs_by_a_date_is_asked_about(
    organization: Organization, october: None
) -> None:
    other = OTHER.replace("R1", "S1").replace("R2", "S2")
    run = preview_register(organization, other, "Register (1).csv")
    assert "the names differ by a date or a version only" in run.question["text"]


def test_ids_alone_are_a_coincidence_that_is_noted(
    organization: Organization, october: None
) -> None:
    run = preview_register(organization, OTHER, "finance.csv")
    assert run.question is None
    assert run.notes[-1].startswith("2 of 2 ids stand in the source register-2026-10 too")


def test_the_same_titles_under_other_ids_are_asked_about(
    organization: Organization, october: None
) -> None:
    run = preview_register(organization, OCTOBER.replace("R1", "7").replace("R2", "8"), "all.csv")
    assert run.question["source_name"] == "register-2026-10"


def test_a_file_of_a_known_name_needs_no_answer(organization: Organization, october: None) -> None:
    assert preview_register(organization, NOVEMBER, "register-2026-10.csv").question is None


def test_a_namesake_with_other_risks_is_asked_about(organization: Organization) -> None:
    first = OCTOBER + "R3,Strike,2,2\n"
    import_register(organization, first, "register.csv")
    other = first.replace("Server room floods", "Invoice is lost").replace("leaves", "is ill")
    other = other.replace("Strike", "Fraud")
    run = preview_register(organization, other, "register.csv")
    assert (run.question["kind"], run.question["source_name"]) == (
        "other_register",
        "register (2)",
    )
    import_register(organization, other, "register.csv", source_name="register (2)")
    run = preview_register(organization, other, "register.csv")
    assert run.question["source_name"] == "register (2)"
    assert preview_register(organization, first, "register.csv").question is None


def test_another_organization_has_sources_of_its_own(
    organization: Organization, other_organization: Organization, october: None
) -> None:
    assert preview_register(other_organization, NOVEMBER, "register-2026-11.csv").question is None
