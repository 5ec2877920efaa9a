"""The lists of the executive report: top risks, changes, acceptances that end, what is late."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from reportlab.platypus import Flowable

from dashboards.figures.scope import FigureScope
from dashboards.report import sections
from dashboards.report.flowables import PaintedBlock, paragraph, section, style, table
from dashboards.report.outlook import MOST_ROWS
from dashboards.report.pdf_page import INNER, MUTED, PdfPage, TableColumn
from dashboards.wording import format_count, format_day, format_figure
from risks.models import Level

Rows = list[dict[str, Any]]
Listed = tuple[Rows, int]  # the first rows, and the number of all


def draw_top_risks(rows: Rows, plans: dict[str, str], colours: dict[str, str]) -> list[Flowable]:
    blocks: list[Flowable] = [
        PaintedBlock(
            INNER,
            partial(
                sections.draw_top_risk, row=row, plan=plans.get(str(row["id"]), ""), colours=colours
            ),
        )
        for row in rows
    ]
    if rows:
        blocks.append(paragraph(sections.PRIORITY, style(7.5, colour=MUTED)))
    return blocks


def draw_more(number: int) -> list[Flowable]:
    """Say how many rows were left out of a list."""
    if number <= 0:
        return []
    return [paragraph(f"and {number:,} more", style(8.5, colour=MUTED))]


def draw_moved(moved: Listed, period: str) -> list[Flowable]:
    rows, count = moved
    title = f"Changes within {period}"
    if not rows:
        return section(title, "No risk came, went or changed its level.")
    caption = f"{format_count(count, 'risk')} came, went or changed the level."
    cells = [["Risk", "Change", "Before", "After", "Reason"]]
    cells += [[row[key] for key in ("name", "way", "before", "after", "reason")] for row in rows]
    shares = (0.36, 0.15, 0.12, 0.12, 0.25)
    return section(title, caption, table(cells, shares=shares), *draw_more(count - len(rows)))


def draw_ending(ending: Listed, colours: dict[str, str], scope: FigureScope) -> list[Flowable]:
    rows, count = ending
    if scope.is_past:
        return []
    title = "Acceptances that end within 60 days"
    if not rows:
        return section(title, "None ends.")
    cells = [["Risk", "Level", "Accepted until", "Approved by"]]
    cells += [
        [
            f"{row['reference']} {row['title']}",
            f"{Level(row['level']).label} {row['score']}" if row["level"] else "Not assessed",
            format_day(row["expires_at"].date()),
            row["person"] or "",
        ]
        for row in rows
    ]
    fills = {(1, y): colours[row["level"]] for y, row in enumerate(rows, 1) if row["level"]}
    shares = (0.46, 0.13, 0.18, 0.23)
    caption = f"{format_count(count, 'acceptance')}, after which the risk is open again."
    drawn = table(cells, shares=shares, fills=fills)
    return section(title, caption, drawn, *draw_more(count - len(rows)))


def draw_overdue(reviews: Listed, late: Listed, scope: FigureScope) -> list[Flowable]:
    """Draw overdue mitigations and reviews, the oldest first."""
    if scope.is_past:
        return []
    count = reviews[1] + late[1]
    if not count:
        return section("Overdue", "Nothing is overdue.")
    rows = sorted([*reviews[0], *late[0]], key=lambda row: row["due"])[:MOST_ROWS]
    caption = f"{format_count(late[1], 'mitigation')} and {format_count(reviews[1], 'review')}."
    cells = [["What", "Kind", "Responsible", "Due", "Days overdue"]]
    cells += [
        [
            f"{row['reference']} {row['title']}",
            row["kind"],
            row["person"] or "No one",
            format_day(row["due"]),
            format_figure((scope.day - row["due"]).days),
        ]
        for row in rows
    ]
    drawn = table(cells, numeric=(4,), shares=(0.4, 0.11, 0.2, 0.17, 0.12))
    return section("Overdue", caption, drawn, *draw_more(count - len(rows)))


def draw_compliance(caption: str, rows: Sequence[Any]) -> list[Flowable]:
    if not rows:
        return section("Compliance", caption)
    shown = rows[: sections.MOST_ROWS]
    block = PaintedBlock(INNER, partial(paint_compliance, rows=shown))
    return section("Compliance", caption, block, *draw_more(len(rows) - len(shown)))


def paint_compliance(page: PdfPage, *, rows: Sequence[Any]) -> float:
    columns = [
        TableColumn("Framework", INNER - 260),
        TableColumn("Controls", 60, right=True),
        TableColumn("Implemented", 60, right=True),
        TableColumn("", 140),
    ]
    cells = []
    for number, row in enumerate(rows, start=1):
        progress = row["progress"]
        name = f"{row['name'] or 'A deleted framework'} {row['edition'] or ''}"
        implemented = "none applicable" if progress is None else f"{progress} %"
        cells.append([name, format_figure(row["total"]), implemented, ""])
        if progress is not None:
            page.draw_bar(INNER - 128, 10 + number * 16, 128, progress / 100)
    return page.draw_table(0, 10, columns, cells)
