"""The widgets of the catalogue as flowables of a given width: what a board is made of."""

from collections.abc import Callable
from functools import partial
from typing import Any

from reportlab.platypus import Flowable, Spacer

from dashboards.pages.query import PageQuery
from dashboards.pages.widgets import CATALOGUE, WidgetContext, render_widget
from dashboards.report import sections
from dashboards.report.flowables import (
    PaintedBlock,
    heading,
    keep_with_next,
    paragraph,
    style,
    table,
)
from dashboards.report.pdf_page import INNER
from dashboards.report.timeline_chart import draw_lines, draw_timeline
from dashboards.wording import MINUS, format_figure
from risks.models import Level, Matrix

CHART_HEIGHT = 190.0
Rows = list[list[str]]


def draw_widget(
    name: str, query: PageQuery, matrix: Matrix, colours: dict[str, str], width: float
) -> list[Flowable]:
    """Draw one widget: its title, caption, and number, chart or table."""
    data = CATALOGUE[name].compute(query.scope, query.period, matrix)
    widget = render_widget(name, WidgetContext(query, data, matrix))
    kind = widget["template"].rpartition("/")[2].removesuffix(".html")
    return [
        *keep_with_next(heading(widget["title"], "" if kind == "figure" else widget["caption"])),
        *draw_content(kind, widget, colours, width),
        Spacer(1, 18),
    ]


def draw_content(
    kind: str, widget: dict[str, Any], colours: dict[str, str], width: float
) -> list[Flowable]:
    data = widget["data"]
    drawn: list[Flowable] = []
    if kind == "figure":
        number = paragraph(format_figure(data["value"]), style(24, bold=True))
        drawn = [number, paragraph(widget["caption"], style(8.5))]
    elif kind == "heat_map":
        period = f"+ and {MINUS}: within {widget['period_label']}"
        heat_map = partial(
            sections.draw_heat_map, width=width, widget=widget, colours=colours, period=period
        )
        drawn = [PaintedBlock(width, heat_map)]
    elif kind in TABLES:
        drawn = [TABLES[kind](widget, colours, width)] if data["results"] else []
    elif kind == "timeline" and data["measured"]:
        drawn = [draw_timeline(data["days"], colours, width, CHART_HEIGHT)]
    elif kind == "burn_down" and data["measured"]:
        drawn = [draw_lines(data["burn_down"], ("open", "done"), width, CHART_HEIGHT * 0.7)]
    elif kind == "treatment" and data["measured"]:
        drawn = [
            PaintedBlock(width, partial(sections.draw_mitigations, width=width, mitigations=data))
        ]
    return drawn


# --- Tables ---------------------------------------------------------------------------------------
def breakdown_table(widget: dict[str, Any], colours: dict[str, str], width: float) -> Flowable:
    rows = [[widget["head"], "Open", "High or critical", "Exposure"]]
    rows += [
        [row["label"], *(format_figure(row[name]) for name in ("count", "severe", "exposure"))]
        for row in widget["rows"]
    ]
    shares = (0.46, 0.14, 0.2, 0.2) if width < INNER else (0.55, 0.15, 0.15, 0.15)
    return table(rows, width, numeric=(1, 2, 3), shares=shares)


def top_risks_table(widget: dict[str, Any], colours: dict[str, str], width: float) -> Flowable:
    results = widget["data"]["results"]
    is_narrow = width < INNER
    head = ["Risk", "Level", "Score"] + ([] if is_narrow else ["Owner"])
    rows = [head]
    for row in results:
        name = f"{row['reference'] or ''} {row['title'] or 'A deleted risk'}".strip()
        level = str(Level(row["level"]).label) if row["level"] else ""
        cells = [name, level, format_figure(row["score"]), row["owner_name"] or ""]
        rows.append(cells[: len(head)])
    fills = {(1, y): colours[row["level"]] for y, row in enumerate(results, 1) if row["level"]}
    shares = (0.62, 0.22, 0.16) if is_narrow else (0.54, 0.12, 0.1, 0.24)
    return table(rows, width, numeric=(2,), shares=shares, fills=fills)


def appetite_table(results: list[dict[str, Any]], width: float) -> Flowable:
    """Draw the categories in the order of the page."""
    rows = [["Category", "Appetite", "Highest", "State"]]
    rows += [
        [
            row["name"],
            format_figure(row["appetite"]),
            format_figure(row["highest"] or 0),
            sections.state_label(row),
        ]
        for row in results
    ]
    return table(rows, width, numeric=(1, 2), shares=(0.42, 0.19, 0.17, 0.22))


def compliance_table(widget: dict[str, Any], colours: dict[str, str], width: float) -> Flowable:
    rows = [["Framework", "Controls", "Implemented"]]
    rows += [
        [
            f"{row['name'] or 'A deleted framework'} {row['edition'] or ''}".strip(),
            format_figure(row["total"]),
            "none applicable" if row["progress"] is None else f"{row['progress']} %",
        ]
        for row in widget["data"]["results"]
    ]
    return table(rows, width, numeric=(1, 2), shares=(0.5, 0.2, 0.3))


TABLES: dict[str, Callable[[dict[str, Any], dict[str, str], float], Flowable]] = {
    "breakdown": breakdown_table,
    "top_risks": top_risks_table,
    "appetite": lambda widget, _colours, width: appetite_table(widget["data"]["results"], width),
    "compliance": compliance_table,
}
