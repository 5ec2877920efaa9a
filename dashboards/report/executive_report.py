"""The overview as a report for those who decide: the figures, and what is done about them."""

from functools import partial
from typing import Any

from reportlab.platypus import Flowable, Spacer

from dashboards.documents.settings import look_of
from dashboards.figures.scope import FigureScope
from dashboards.pages.executive import executive_sections
from dashboards.pages.query import PageQuery
from dashboards.periods import PERIOD_LABELS
from dashboards.report import lists, sections
from dashboards.report.document import DocumentHead, build_document
from dashboards.report.flowables import (
    HALF,
    PaintedBlock,
    heading,
    paragraph,
    section,
    side_by_side,
    style,
)
from dashboards.report.outlook import load_outlook
from dashboards.report.pdf_page import INNER
from dashboards.report.timeline_chart import draw_timeline
from dashboards.report.widgets import appetite_table
from dashboards.wording import MINUS, format_day
from openrisk.accounts.models import User
from risks.services.matrix import matrix_of

CHART_HEIGHT = 150.0
PAST_NOTE = "Tags, assets, titles, names, levels of cells, appetites and actions are as of today."


def executive_report_name(scope: FigureScope) -> str:
    return f"risk-report-{scope.organization.slug}-{scope.day}.pdf"


def draw_executive_report(
    query: PageQuery, figures: dict[str, Any], prepared_by: User | None = None
) -> bytes:
    """Draw the report, or one page that says that there is nothing to report.

    `figures` are those of `dashboards.pages.executive.executive_figures`.
    """
    scope = query.scope
    as_of = describe_moment(query, figures)
    period = f"compared with {PERIOD_LABELS[query.period]} before"
    head = DocumentHead(
        title=str(scope.organization),
        kind="Risk report",
        lines=(
            ", ".join(text for text in (as_of, period, sections.describe_filters(scope)) if text),
            f"Prepared by {prepared_by}" if prepared_by else "",
        ),
        as_of=as_of,
        look=look_of(scope.organization),
        note=PAST_NOTE if scope.is_past else "",
    )
    draw = draw_content if figures["measured"] else draw_nothing
    content = draw(query, figures)
    return build_document(head, content, f"Risk report of {scope.organization}")


def describe_moment(query: PageQuery, figures: dict[str, Any]) -> str:
    day = format_day(query.scope.day)
    if query.scope.is_past:
        return f"As of the end of {day} (UTC)"
    return f"As of {day}, {figures['computed_at']:%H:%M} UTC"


def draw_nothing(query: PageQuery, figures: dict[str, Any]) -> list[Flowable]:
    text = figures["headline"]
    if query.scope.filters:
        text = "Nothing to report: no risk matches the filters of this report."
    return [paragraph(text, style(13))]


def draw_content(query: PageQuery, figures: dict[str, Any]) -> list[Flowable]:
    scope = query.scope
    matrix = matrix_of(scope.organization)
    colours = sections.level_colours(matrix)
    page = executive_sections(query, figures, matrix)
    captions = {name: widget["caption"] for name, widget in page["widgets"].items()}
    top_risks = figures["top_risks"]["results"]
    outlook = load_outlook(scope, query.period, top_risks)
    heat_map = partial(
        sections.draw_heat_map,
        width=INNER,
        widget=page["widgets"]["heat_map"],
        colours=colours,
        period=f"+ and {MINUS}: within {PERIOD_LABELS[query.period]}",
    )
    tiles = partial(sections.draw_tiles, tiles=page["tiles"], colours=colours)
    timeline = draw_timeline(figures["timeline"]["days"], colours, INNER, CHART_HEIGHT)
    return [
        paragraph(figures["headline"], style(13)),
        Spacer(1, 8),
        PaintedBlock(INNER, tiles),
        Spacer(1, 16),
        *section("Heat map", captions["heat_map"], PaintedBlock(INNER, heat_map)),
        *section(
            "Top risks, and what is done about them",
            captions["top_risks"],
            *lists.draw_top_risks(top_risks, outlook["plans"], colours),
        ),
        *section("Trend", captions["timeline"], timeline),
        draw_treatment_and_appetite(figures, captions),
        *lists.draw_moved(outlook["moved"], PERIOD_LABELS[query.period]),
        *lists.draw_ending(outlook["ending"], colours, scope),
        *lists.draw_overdue(outlook["reviews"], outlook["late"], scope),
        *lists.draw_compliance(captions["compliance"], figures["compliance"]["results"]),
    ]


def draw_treatment_and_appetite(figures: dict[str, Any], captions: dict[str, str]) -> Flowable:
    treatment = partial(
        sections.draw_mitigations,
        width=HALF,
        mitigations=figures["mitigations"],
        mean_days=figures["stats"]["mean_days_to_mitigate"],
        burn_down=captions["burn_down"],
    )
    left = [
        *heading("Treatment", captions["mitigations"]),
        PaintedBlock(HALF, treatment),
        Spacer(1, 16),
    ]
    categories = figures["appetite"]["results"]
    shown = categories[: sections.MOST_ROWS]
    appetite = [appetite_table(shown, HALF)] if shown else []
    more = lists.draw_more(len(categories) - len(shown))
    right = [*heading("Appetite", captions["appetite"]), *appetite, *more, Spacer(1, 16)]
    return side_by_side(left, right)
