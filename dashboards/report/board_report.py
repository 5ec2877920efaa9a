"""A board as a document: each figure with its finding and its table, page after page."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.http import QueryDict
from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from dashboards.models import Board
from dashboards.pages.captions import format_day
from dashboards.pages.query import PERIOD_LABELS, PageQuery, parse_query
from dashboards.pages.widgets import CATALOGUE, WidgetContext, render_widget
from dashboards.report import sections
from dashboards.report.executive_report import level_colours
from dashboards.report.pdf_page import INNER, LEFT, LINE, MUTED, PALE, TOP
from dashboards.report.text_layout import BOLD, REGULAR, to_printable
from dashboards.report.timeline_chart import draw_timeline
from dashboards.templatetags.figure_formats import format_figure
from risks.models import Matrix
from risks.services.matrix import matrix_of

CHART_HEIGHT = 190.0
Rows = list[list[str]]


def board_report_name(board: Board, wanted: PageQuery) -> str:
    return f"{board.slug}-{wanted.scope.organization.slug}-{wanted.scope.day}.pdf"


def asked_of(board: Board, **given: str) -> PageQuery:
    """What a board asks by its own filters, where `given` says nothing else."""
    query = QueryDict(mutable=True)
    query.update({**board.filters, **given})
    return parse_query(query, board.organization)


def draw_board_report(board: Board, wanted: PageQuery) -> bytes:
    """Computed now: a document is made once, and read by many."""
    levels = matrix_of(board.organization)
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        title=to_printable(f"{board.name}, {board.organization}"),
        author="OpenRisk",
        lang="en",
        leftMargin=LEFT,
        rightMargin=LEFT,
        topMargin=TOP,
        bottomMargin=TOP,
    )
    story = _head(board, wanted)
    for widget in board.widgets:
        story += _section(widget["name"], wanted, levels)
    document.build(story)
    return file.getvalue()


def _style(size: float, *, bold: bool = False, colour: str = "#1f2328") -> ParagraphStyle:
    font = BOLD if bold else REGULAR
    return ParagraphStyle(
        f"{font}-{size}", fontName=font, fontSize=size, leading=size * 1.35, textColor=colour
    )


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    """Names may hold what reportlab would take for markup."""
    escaped = to_printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Paragraph(escaped, style)


def _head(board: Board, wanted: PageQuery) -> list[Flowable]:
    day = f"As of {format_day(wanted.scope.day)}"
    about = sections.describe_filters(wanted.scope)
    compared = f"compared with {PERIOD_LABELS[wanted.period]} before"
    line = ", ".join(part for part in (str(board.organization), day, compared, about) if part)
    return [_text(board.name, _style(19, bold=True)), _text(line, _style(8.5, colour=MUTED))]


def _section(name: str, wanted: PageQuery, levels: Matrix) -> list[Flowable]:
    """A figure that is gone from the catalogue is left out, as the board's page says."""
    if name not in CATALOGUE:
        return []
    data = CATALOGUE[name].compute(wanted.scope, wanted.period, levels)
    widget = render_widget(name, WidgetContext(wanted, data, levels))
    kind = widget["template"].rpartition("/")[2].removesuffix(".html")
    found: list[Flowable] = [
        Spacer(1, 16),
        _text(widget["title"], _style(12, bold=True)),
        _text(widget["finding"], _style(9)),
        Spacer(1, 6),
    ]
    if kind == "figure":
        found.insert(2, _text(format_figure(data["value"]), _style(22, bold=True)))
    elif kind == "timeline" and data["measured"]:
        found.append(draw_timeline(data["days"], level_colours(levels), INNER, CHART_HEIGHT))
    elif kind == "heat_map":
        found.append(_heat_map(widget, levels))
    elif kind in _TABLES and data["results"]:
        found.append(_table(_TABLES[kind](widget)))
    return [KeepTogether(found)] if kind != "breakdown" else found


def _table(rows: Rows) -> Table:
    cells = [
        [_text(cell, _style(8.5, bold=not number)) for cell in row]
        for number, row in enumerate(rows)
    ]
    first = INNER * 0.46
    rest = (INNER - first) / (len(rows[0]) - 1)
    table = Table(cells, colWidths=[first, *[rest] * (len(rows[0]) - 1)], repeatRows=1)
    lines = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(LINE)),
        ("BACKGROUND", (0, 0), (-1, 0), HexColor(PALE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    table.setStyle(TableStyle(lines))
    return table


def _breakdown(widget: dict[str, Any]) -> Rows:
    head = [widget["head"], "Open", "High or critical", "Exposure"]
    return [head] + [
        [row["label"], *(format_figure(row[name]) for name in ("count", "grave", "exposure"))]
        for row in widget["rows"]
    ]


def _top_risks(widget: dict[str, Any]) -> Rows:
    return [["Risk", "Level", "Score", "Owner"]] + [
        [
            f"{row['reference'] or ''} {row['title'] or 'A risk that is deleted since'}".strip(),
            (row["level"] or "").capitalize(),
            format_figure(row["score"]),
            row["owner_name"] or "",
        ]
        for row in widget["data"]["results"]
    ]


def _appetite(widget: dict[str, Any]) -> Rows:
    return [["Category", "Appetite", "Highest", "State"]] + [
        [
            row["name"],
            format_figure(row["appetite"]),
            format_figure(row["highest"]),
            row["state"].capitalize(),
        ]
        for row in widget["data"]["results"]
    ]


def _compliance(widget: dict[str, Any]) -> Rows:
    return [["Framework", "Controls", "Implemented"]] + [
        [
            f"{row['name'] or 'A framework that is deleted since'} {row['edition'] or ''}".strip(),
            format_figure(row["total"]),
            "none applicable" if row["progress"] is None else f"{row['progress']} %",
        ]
        for row in widget["data"]["results"]
    ]


_TABLES: dict[str, Callable[[dict[str, Any]], Rows]] = {
    "breakdown": _breakdown,
    "top_risks": _top_risks,
    "appetite": _appetite,
    "compliance": _compliance,
}


def _heat_map(widget: dict[str, Any], levels: Matrix) -> Table:
    colours = level_colours(levels)
    rows = [
        [
            f"{row['likelihood']} {row['label']}",
            *(format_figure(cell["count"]) for cell in row["cells"]),
        ]
        for row in widget["rows"]
    ]
    foot = ["Likelihood / impact", *(f"{impact} {label}" for impact, label in widget["impacts"])]
    style = _style(8.5)
    cells = [[_text(cell, style) for cell in row] for row in [*rows, foot]]
    table = Table(cells, colWidths=[INNER / 6] * 6)
    painted = [
        ("BACKGROUND", (x, y), (x, y), HexColor(colours[cell["level"]]))
        for y, row in enumerate(widget["rows"])
        for x, cell in enumerate(row["cells"], 1)
    ]
    grid = ("INNERGRID", (1, 0), (-1, -2), 2, HexColor("#ffffff"))
    table.setStyle(TableStyle([*painted, grid]))
    return table
