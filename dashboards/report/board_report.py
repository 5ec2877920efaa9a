"""A board as a document: each figure with its caption and its table, page after page."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

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
from dashboards.pages.query import PageQuery
from dashboards.pages.widgets import CATALOGUE, WidgetContext, render_widget
from dashboards.periods import PERIOD_LABELS
from dashboards.report.executive_report import level_colours
from dashboards.report.pdf_page import INK, INNER, LEFT, LINE, MUTED, PALE, TOP
from dashboards.report.sections import describe_filters
from dashboards.report.text_layout import (
    BOLD,
    REGULAR,
    draw_line,
    is_plain,
    to_printable,
    wrap_lines,
)
from dashboards.report.timeline_chart import draw_timeline
from dashboards.wording import format_day, format_figure
from openrisk.accounts.models import User
from risks.models import Matrix
from risks.services.matrix import matrix_of

CHART_HEIGHT = 190.0
Rows = list[list[str]]


def board_report_name(board: Board, query: PageQuery) -> str:
    return f"{board.slug}-{query.scope.organization.slug}-{query.scope.day}.pdf"


def draw_board_report(board: Board, query: PageQuery, prepared_by: User | None = None) -> bytes:
    """Draw the board. Its figures are computed now: a document is made once and read by many."""
    matrix = matrix_of(board.organization)
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        title=f"{board.name}, {board.organization}",
        author="OpenRisk",
        lang="en",
        leftMargin=LEFT,
        rightMargin=LEFT,
        topMargin=TOP,
        bottomMargin=TOP,
    )
    day = f"As of {format_day(query.scope.day)}"
    period = f"compared with {PERIOD_LABELS[query.period]} before"
    line = (str(board.organization), day, period, describe_filters(query.scope))
    content = [
        paragraph(board.name, style(19, bold=True)),
        paragraph(", ".join(text for text in line if text), style(8.5, colour=MUTED)),
    ]
    for widget in board.widgets:
        if widget["name"] in CATALOGUE:  # others are left out, as the board's page says
            content += draw_section(widget["name"], query, matrix)
    document.build(content)
    return file.getvalue()


def draw_section(name: str, query: PageQuery, matrix: Matrix) -> list[Flowable]:
    """Draw one widget: its title, caption, and number, chart or table."""
    data = CATALOGUE[name].compute(query.scope, query.period, matrix)
    widget = render_widget(name, WidgetContext(query, data, matrix))
    kind = widget["template"].rpartition("/")[2].removesuffix(".html")
    section: list[Flowable] = [
        Spacer(1, 16),
        paragraph(widget["title"], style(12, bold=True)),
        paragraph(widget["caption"], style(9)),
        Spacer(1, 6),
    ]
    if kind == "figure":
        section.insert(2, paragraph(format_figure(data["value"]), style(22, bold=True)))
    elif kind == "timeline" and data["measured"]:
        section.append(draw_timeline(data["days"], level_colours(matrix), INNER, CHART_HEIGHT))
    elif kind == "heat_map":
        section.append(draw_heat_map(widget, matrix))
    elif kind in TABLES and data["results"]:
        section.append(draw_table(TABLES[kind](widget)))
    return [KeepTogether(section)] if kind != "breakdown" else section


def style(size: float, *, bold: bool = False, colour: str = INK) -> ParagraphStyle:
    font = BOLD if bold else REGULAR
    return ParagraphStyle(
        f"{font}-{size}", fontName=font, fontSize=size, leading=size * 1.35, textColor=colour
    )


class MixedParagraph(Flowable):
    """A paragraph of several fonts, or from right to left, in lines of our own."""

    def __init__(self, text: str, text_style: ParagraphStyle) -> None:
        super().__init__()
        self.text, self.text_style = text, text_style

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        style = self.text_style
        self.lines = wrap_lines(self.text, width, style.fontSize, style.fontName)
        return width, len(self.lines) * style.leading

    def draw(self) -> None:
        style = self.text_style
        self.canv.setFillColor(style.textColor)
        y = len(self.lines) * style.leading - style.fontSize
        for line in self.lines:
            draw_line(self.canv, 0, y, line, font=style.fontName, size=style.fontSize)
            y -= style.leading


def paragraph(text: str, text_style: ParagraphStyle) -> Flowable:
    """Escape what ReportLab would take for markup."""
    printable = to_printable(text)
    if not is_plain(printable):
        return MixedParagraph(printable, text_style)
    escaped = printable.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Paragraph(escaped, text_style)


# --- Tables ---------------------------------------------------------------------------------------
def draw_table(rows: Rows) -> Table:
    """Draw rows, the first of them the header, below each other over as many pages as needed."""
    cells = [
        [paragraph(cell, style(8.5, bold=not number)) for cell in row]
        for number, row in enumerate(rows)
    ]
    first = INNER * 0.46
    others = len(rows[0]) - 1
    widths = [first, *[(INNER - first) / others] * others]
    table = Table(cells, colWidths=widths, repeatRows=1)
    lines = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(LINE)),
        ("BACKGROUND", (0, 0), (-1, 0), HexColor(PALE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    table.setStyle(TableStyle(lines))
    return table


def draw_heat_map(widget: dict[str, Any], matrix: Matrix) -> Table:
    colours = level_colours(matrix)
    rows = [
        [
            f"{row['likelihood']} {row['label']}",
            *(format_figure(cell["count"]) for cell in row["cells"]),
        ]
        for row in widget["rows"]
    ]
    foot = ["Likelihood / impact", *(f"{impact} {label}" for impact, label in widget["impacts"])]
    cells = [[paragraph(cell, style(8.5)) for cell in row] for row in [*rows, foot]]
    table = Table(cells, colWidths=[INNER / 6] * 6)
    fills = [
        ("BACKGROUND", (x, y), (x, y), HexColor(colours[cell["level"]]))
        for y, row in enumerate(widget["rows"])
        for x, cell in enumerate(row["cells"], 1)
    ]
    grid = ("INNERGRID", (1, 0), (-1, -2), 2, HexColor("#ffffff"))
    table.setStyle(TableStyle([*fills, grid]))
    return table


def breakdown_rows(widget: dict[str, Any]) -> Rows:
    head = [widget["head"], "Open", "High or critical", "Exposure"]
    return [head] + [
        [row["label"], *(format_figure(row[name]) for name in ("count", "severe", "exposure"))]
        for row in widget["rows"]
    ]


def top_risks_rows(widget: dict[str, Any]) -> Rows:
    return [["Risk", "Level", "Score", "Owner"]] + [
        [
            f"{row['reference'] or ''} {row['title'] or 'A deleted risk'}".strip(),
            (row["level"] or "").capitalize(),
            format_figure(row["score"]),
            row["owner_name"] or "",
        ]
        for row in widget["data"]["results"]
    ]


def appetite_rows(widget: dict[str, Any]) -> Rows:
    return [["Category", "Appetite", "Highest", "State"]] + [
        [
            row["name"],
            format_figure(row["appetite"]),
            format_figure(row["highest"]),
            row["state"].capitalize(),
        ]
        for row in widget["data"]["results"]
    ]


def compliance_rows(widget: dict[str, Any]) -> Rows:
    return [["Framework", "Controls", "Implemented"]] + [
        [
            f"{row['name'] or 'A deleted framework'} {row['edition'] or ''}".strip(),
            format_figure(row["total"]),
            "none applicable" if row["progress"] is None else f"{row['progress']} %",
        ]
        for row in widget["data"]["results"]
    ]


TABLES: dict[str, Callable[[dict[str, Any]], Rows]] = {
    "breakdown": breakdown_rows,
    "top_risks": top_risks_rows,
    "appetite": appetite_rows,
    "compliance": compliance_rows,
}
