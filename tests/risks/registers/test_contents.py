"""Contents of a file, and what a person chooses by them."""

import io

import pytest
from openpyxl import Workbook

from risks.import_runs.lifecycle import apply_run
from risks.models import ImportRun, ImportSource, Risk
from risks.registers.options import ReadingOptions
from risks.registers.results import UnclearFile
from risks.registers.upload import preview_again, upload_register
from tests.risks.import_runs.uploads import import_register, preview_register

pytestmark = pytest.mark.django_db
FILE = "Ref,Title,Likelihood,Impact,Status,Cost\nA1,Flood,High,5,Parked,9\nA2,Fire,Low,2,Open,8\n"
STRANGE = "Nr,Was,Wie oft\n1,Der Server brennt,4\n"


def upload_unclear(organization, text):
    return upload_register(
        actor=None,
        organization=organization,
        file=io.BytesIO(text.encode()),
        file_name="strange.csv",
        keep_unclear=True,
    )


def test_contents_have_samples_and_what_texts_were_read_as(organization):
    columns = preview_register(organization, FILE).contents["columns"]
    assert columns["Title"] == {"samples": ["Flood", "Fire"]}
    assert [
        (reading["text"], reading["value"], reading["is_error"])
        for reading in columns["Status"]["readings"]
    ] == [("Parked", None, True), ("Open", "open", False)]


def test_what_was_chosen_is_learned_for_the_next_file(organization):
    import_register(
        organization,
        FILE,
        mapping={"Cost": "leave_out"},
        words={"Likelihood": {"High": 4}},
        meanings={"Status": {"Parked": "identified"}},
    )
    assert Risk.objects.get(title="Flood").inherent_likelihood == 4
    assert "Cost" not in Risk.objects.get(title="Flood").extra
    options = ImportSource.objects.get().options
    assert options["mapping"]["Cost"] == "leave_out"
    later = preview_register(organization, FILE.replace("A1", "A3").replace("Flood", "Theft"))
    theft = later.rows.get(identity="A3")
    assert theft.changes["inherent_likelihood"] == [None, 4]
    assert (theft.changes["status"][1], theft.values["extra"]) == ("identified", {})


def test_a_guess_is_marked_on_its_row(organization):
    run = preview_register(organization, FILE)
    row = run.rows.get(identity="A1")
    assert (row.is_guessed, row.guessed["inherent_likelihood"]) == (True, "High")
    assert run.row_counts["guessed"] == 2


def test_a_file_without_titles_waits_for_a_person(organization):
    run = upload_unclear(organization, STRANGE.replace("Was", "Xyz"))
    assert "No column gives" in run.problem or "is known" in run.problem
    assert run.contents["columns"]["Xyz"]["samples"] == ["Der Server brennt"]
    run = preview_again(actor=None, run=run, mapping={"Xyz": "title", "Wie oft": "extra"})
    assert (run.problem, apply_run(actor=None, run=run).counts["risks"]["create"]) == ("", 1)


def test_unclear_files_are_refused_where_nobody_can_say_more(organization):
    with pytest.raises(UnclearFile):
        preview_register(organization, "1,2,3\n4,5,6\n")
    assert not ImportRun.objects.exists()


def test_a_person_chooses_sheet_and_header(organization):
    book = Workbook()
    book.active.title = "Old"
    for row in (("Notes of May",), ("Who", "Title"), ("Ann", "Flood")):
        book.active.append(row)
    book.create_sheet("New").append(("Title", "Likelihood", "Impact"))
    book["New"].append(("Fire", 4, 4))
    file = io.BytesIO()
    book.save(file)
    run = preview_register(organization, file.getvalue(), "book.xlsx")
    assert (run.contents["sheets"], run.contents["sheets_read"]) == (["Old", "New"], ["New"])
    run = preview_again(actor=None, run=run, sheet="Old", header_row=2)
    assert run.contents["header_row"] == 2
    assert [row.identity for row in run.rows.filter(model="risks.risk")] == ["flood"]
    assert run.options == ReadingOptions(sheet="Old", header_row=2).to_json()
