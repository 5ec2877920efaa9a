"""The file with marks: each cell of the person's own file says how it was read."""

import io

import openpyxl
import pytest

from openrisk.accounts.models import Organization
from openrisk.errors import Conflict
from risks.models import ImportFile
from risks.registers import annotated
from risks.registers.annotated import COLOURS, ERROR, GUESSED, KEPT, READ, SKIPPED, annotate_file
from tests.risks.import_runs.uploads import preview_register
from tests.risks.registers.files import workbook

FILE = (
    "ID,Risk,Likelihood,Impact,Remark\n"
    "R1,Fire,Likely,5,=1+1\n"
    "R2,Flood,banana,4,\n"
)  # fmt: skip


def annotate(organization: Organization, file: str | bytes, name: str = "register.csv"):
    return openpyxl.load_workbook(
        io.BytesIO(annotate_file(preview_register(organization, file, name)))
    )


def kind_of(cell) -> str | None:
    by_colour = {f"00{colour}": kind for kind, colour in COLOURS.items()}
    return by_colour.get(cell.fill.start_color.rgb)


def test_each_cell_is_marked_as_it_was_read(organization: Organization) -> None:
    sheet = annotate(organization, FILE).worksheets[0]
    assert [kind_of(sheet[name]) for name in ("B2", "C2", "E2", "C3", "E3")] == [
        *(READ, GUESSED, KEPT, ERROR, None)
    ]
    assert "inherent_likelihood" in sheet["C1"].comment.text
    assert "read as 4" in sheet["C2"].comment.text
    assert sheet["C3"].comment.text.startswith("Row 3, column Likelihood")


def test_texts_stay_texts(organization: Organization) -> None:
    cell = annotate(organization, FILE).worksheets[0]["E2"]
    assert (cell.value, cell.data_type) == ("'=1+1", "s")


def test_a_workbook_keeps_its_layout(organization: Organization) -> None:
    def edit(sheet):
        sheet.column_dimensions["B"].width = 77
        sheet["A5"] = "Total"

    rows = [["ID", "Risk", "Likelihood", "Impact"], ["R1", "Fire", 4, 5], ["R2", "Flood", 2, 3]]
    file = workbook(*rows, edit=edit)
    book = annotate(organization, file, "register.xlsx")
    sheet = book.worksheets[0]
    assert sheet.column_dimensions["B"].width == 77
    assert (sheet["C2"].value, kind_of(sheet["C2"]), kind_of(sheet["A5"])) == (4, READ, SKIPPED)
    assert book["Import report"]["A7"].value.startswith("register.xlsx, known as")


def test_merged_cells_and_groups_of_columns_are_marked(organization: Organization) -> None:
    def merge(sheet):
        sheet.merge_cells("C1:D1")
        sheet.merge_cells("A3:A4")

    rows: list[list[object]] = [["ID", "Risk", "Inherent", None]]
    rows += [[None, None, "Likelihood", "Impact"], ["R1", "Fire", 4, 5], [None, "Flood", 2, 3]]
    sheet = annotate(organization, workbook(*rows, edit=merge), "register.xlsx").worksheets[0]
    assert "inherent_impact" in sheet["D2"].comment.text
    assert [kind_of(sheet[name]) for name in ("A3", "D3", "D4")] != [None] * 3


def test_a_file_that_is_gone_or_too_large_is_refused(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = preview_register(organization, FILE)
    monkeypatch.setattr(annotated, "MAX_MARKED", 9)
    with pytest.raises(Conflict, match="10 cells"):
        annotate_file(run)
    ImportFile.objects.all().delete()
    with pytest.raises(Conflict, match="no longer stored"):
        annotate_file(run)
