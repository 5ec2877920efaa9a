"""Workbooks to show to people: labels, names, real dates, widths, a filter, colours of levels.

Each begins with a sheet that says what it is, of when, and with which filters. The files of
`risks.exports` are for another import instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from risks.exports import writable_text
from risks.models import Level, Matrix
from risks.models.matrix import default_colours
from risks.pages.colours import text_colour_on, valid_colour_of

WIDTHS = {"title": 60, "text": 26, "long": 60, "number": 12, "level": 14, "day": 14}
WRAPPED = ("title", "long")
DAY_FORMAT, NUMBER_FORMAT = "d mmm yyyy", "#,##0.##"
HEADER_FILL, HEADER_TEXT = "1F2328", "FFFFFF"


@dataclass(frozen=True)
class SheetColumn:
    """A column: its header, and its kind, a key of WIDTHS."""

    label: str
    kind: str = "text"
    width: int = 0

    @property
    def characters(self) -> int:
        return self.width or max(WIDTHS[self.kind], min(len(self.label) + 4, 30))


@dataclass(frozen=True)
class LevelText:
    """A cell on the colour of a level: the text of the cell, and the level."""

    text: str | int
    level: str


@dataclass(frozen=True)
class ReportSheet:
    """A table of texts, numbers, days and `LevelText`; None is an empty cell."""

    title: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Sequence[Any]]


def write_report(
    about: Sequence[tuple[str, str]], sheets: Iterable[ReportSheet], matrix: Matrix, file: BinaryIO
) -> None:
    """Write the workbook; `about` are the lines of its first sheet, the first of them its title."""
    from openpyxl import Workbook  # noqa: PLC0415  20 MB, for workbooks alone

    workbook = Workbook(write_only=True)
    styles = CellStyles(workbook, matrix)
    write_about(workbook, styles, about)
    for sheet in sheets:
        write_sheet(workbook, styles, sheet)
    workbook.save(file)


class CellStyles:
    """The styles of a workbook's cells. A style is made once: making it again takes most of the
    time of a large file."""

    def __init__(self, workbook: Any, matrix: Matrix) -> None:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above
        from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415

        self.scratch = workbook.create_sheet("scratch")
        self.cell_class = WriteOnlyCell
        top, wrapped = Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)

        def font(**options: Any) -> Any:
            return Font(**{"name": "Calibri", "size": 11, **options})

        def style(**parts: Any) -> Any:
            cell = WriteOnlyCell(self.scratch)
            for name, part in {"alignment": top, "font": font(), **parts}.items():
                setattr(cell, name, part)
            return cell._style

        fill = PatternFill("solid", start_color=HEADER_FILL)
        self.of = {
            "header": style(font=font(bold=True, color=HEADER_TEXT), fill=fill, alignment=wrapped),
            "heading": style(font=font(bold=True, size=16)),
            "label": style(font=font(bold=True)),
            "text": style(),
            "wrapped": style(alignment=wrapped),
            "number": style(number_format=NUMBER_FORMAT),
            "day": style(number_format=DAY_FORMAT, alignment=Alignment("left", "top")),
        }
        defaults = default_colours()
        for level in Level.values:
            colour = valid_colour_of(matrix, level) or defaults[level]
            self.of[level] = style(
                fill=PatternFill("solid", start_color=six_digits(colour)),
                font=font(color=six_digits(text_colour_on(colour))),
            )
        workbook.remove(self.scratch)

    def cell(self, sheet: Any, value: Any, style: str) -> Any:
        cell = self.cell_class(sheet)
        if isinstance(value, str):
            cell._value, cell.data_type = writable_text(value), "s"  # never a formula
        else:
            cell.value = value
        cell._style = self.of[style]
        return cell


def six_digits(colour: str) -> str:
    digits = colour.removeprefix("#")
    return "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits


def write_about(workbook: Any, styles: CellStyles, about: Sequence[tuple[str, str]]) -> None:
    sheet = workbook.create_sheet(_("About"))
    fit_page(sheet)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 22, 90
    (_label, title), *lines = about
    sheet.append([styles.cell(sheet, title, "heading")])
    sheet.append([])
    for label, text in lines:
        if text:
            sheet.append([styles.cell(sheet, label, "label"), styles.cell(sheet, text, "wrapped")])


def fit_page(sheet: Any) -> None:
    """Print all columns on the width of a page."""
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth = "landscape", 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def write_sheet(workbook: Any, styles: CellStyles, report: ReportSheet) -> None:
    """Write a table with a header that stays in view and filters."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  as above

    sheet = workbook.create_sheet(report.title)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    fit_page(sheet)
    for number, column in enumerate(report.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.characters
    sheet.append([styles.cell(sheet, column.label, "header") for column in report.columns])
    count = 1
    for row in report.rows:
        sheet.append(
            [
                write_value(sheet, styles, column, value)
                for column, value in zip(report.columns, row, strict=True)
            ]
        )
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(report.columns))}{count}"


def write_value(sheet: Any, styles: CellStyles, column: SheetColumn, value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, LevelText):
        return styles.cell(sheet, value.text, value.level or "text")
    if isinstance(value, datetime):
        return styles.cell(sheet, value.replace(tzinfo=None), "day")
    if isinstance(value, date):
        return styles.cell(sheet, value, "day")
    if isinstance(value, str):
        return styles.cell(sheet, value, "wrapped" if column.kind in WRAPPED else "text")
    return styles.cell(sheet, value, "number")


def about_lines(
    title: str, organization: Any, moment: str, person: Any, filters: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return the lines of the first sheet."""
    return [
        ("", title),
        (_("Organization"), str(organization)),
        (_("As of"), moment),
        (_("Prepared by"), str(person) if person else ""),
        *(filters or {_("Filters"): _("None: all of the register")}).items(),
        (_("To import it again"), _("Use the export of data instead: this file is to be read.")),
    ]
