"""The list of risks as a workbook to show: its columns, its rows, and what it is filtered by."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import User
from risks import exports
from risks.pages.register.cells import Cell, build_cells, number_of
from risks.pages.register.columns import ListColumn
from risks.pages.register.grouping import GROUPINGS, grouping_label
from risks.pages.register.listing import Listing
from risks.pages.workbook import (
    LevelText,
    ReportSheet,
    SheetColumn,
    about_lines,
    write_report,
)
from risks.services.matrix import matrix_of

WIDE = {"links": 34, "reference": 10}


def write_list_report(listing: Listing, person: User, file: BinaryIO) -> None:
    about = about_lines(
        _("Risks"),
        listing.organization,
        f"{timezone.now():%d %b %Y, %H:%M} UTC",
        person,
        {chip.label: describe_value(chip.value, person) for chip in listing.chips},
    )
    sheet = ReportSheet(_("Risks"), sheet_columns(listing), sheet_rows(listing))
    write_report(about, [sheet], matrix_of(listing.organization), file)


def describe_value(value: str, person: User) -> str:
    """Return the value of a filter; others do not know who "me" is."""
    return str(person) if value == _("me") else value or _("yes")


def sheet_columns(listing: Listing) -> list[SheetColumn]:
    columns = []
    if listing.group in GROUPINGS:
        columns.append(SheetColumn(str(grouping_label(listing.group))))
    for column in listing.columns:
        columns += column_of_sheet(column)
    return columns


def column_of_sheet(column: ListColumn) -> list[SheetColumn]:
    """Return the columns for one of the list: a level and its score are two."""
    label = str(column.label)
    match column.kind:
        case "level":
            score = _("%(column)s: score") % {"column": label}
            return [SheetColumn(label, "level"), SheetColumn(score, "number")]
        case "title" | "number" | "day":
            return [SheetColumn(label, column.kind)]
        case _other:
            kind = "long" if column.name == "description" else "text"
            return [SheetColumn(label, kind, WIDE.get(column.kind, 0))]


def sheet_rows(listing: Listing) -> Iterator[list[Any]]:
    for heading, cells in iterate_cells(listing):
        values = [value for cell in cells for value in sheet_values(cell)]
        yield [heading, *values] if listing.group in GROUPINGS else values


def iterate_cells(listing: Listing) -> Iterator[tuple[str, list[Cell]]]:
    """Yield the heading of the group, or "", and the cells of each risk of all pages."""
    for heading, risks in listing.iterate_parts():
        rows = listing.select_values(risks).iterator(chunk_size=exports.CHUNK)
        while chunk := list(islice(rows, exports.CHUNK)):
            build_cells(listing.columns, chunk)
            for row in chunk:
                yield heading, row["cells"]


def sheet_values(cell: Cell) -> list[Any]:
    match cell.kind:
        case "level":
            return [LevelText(cell.text or _("Not assessed"), cell.level), cell.score]
        case "number":
            return [number_of(cell.text)]
        case "day":
            return [cell.moment.date() if cell.moment else None]
    if cell.has_left:
        return [_("%(name)s (no longer a member)") % {"name": cell.text}]
    return [cell.text]
