"""The overview as two pages of A4."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.graphics import renderPDF
from reportlab.pdfgen.canvas import Canvas

from dashboards.figures.scope import FigureScope
from dashboards.pages.executive import executive_sections
from dashboards.pages.query import PageQuery
from dashboards.periods import PERIOD_LABELS
from dashboards.report import sections
from dashboards.report.pdf_page import BOTTOM, HEIGHT, INNER, LEFT, MUTED, TOP, WIDTH, PdfPage
from dashboards.report.timeline_chart import draw_timeline
from dashboards.wording import MINUS, format_day
from openrisk.accounts.models import User
from risks.models import Level, Matrix
from risks.models.matrix import default_colours
from risks.pages.colours import valid_colour_of
from risks.services.matrix import matrix_of

GAP = 24.0
HALF = (INNER - GAP) / 2
CHART_HEIGHT = 190.0


@dataclass(frozen=True)
class ExecutiveReport:
    query: PageQuery
    figures: dict[str, Any]
    sections: dict[str, Any]  # as on the page
    colours: dict[str, str]  # of levels, #rrggbb

    @property
    def scope(self) -> FigureScope:
        return self.query.scope

    @property
    def captions(self) -> dict[str, str]:
        """The captions, by section."""
        return {name: widget["caption"] for name, widget in self.sections["widgets"].items()}

    @property
    def as_of(self) -> str:
        day = format_day(self.scope.day)
        if self.scope.is_past:
            return f"As of the end of {day} (UTC)"
        return f"As of {day}, {self.figures['computed_at']:%H:%M} UTC"


def executive_report_name(scope: FigureScope) -> str:
    return f"risk-report-{scope.organization.slug}-{scope.day}.pdf"


def draw_executive_report(
    query: PageQuery, figures: dict[str, Any], prepared_by: User | None = None
) -> bytes:
    """Draw two pages, or one that says that there is nothing to report.

    `figures` are those of `dashboards.pages.executive.executive_figures`.
    """
    matrix = matrix_of(query.scope.organization)
    page_sections = executive_sections(query, figures, matrix)
    report = ExecutiveReport(query, figures, page_sections, level_colours(matrix))
    pages = (draw_first_page, draw_second_page) if figures["measured"] else (draw_empty_page,)
    file = BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), lang="en")
    canvas.setTitle(f"Risk report of {query.scope.organization}")
    canvas.setAuthor("OpenRisk")
    for number, draw_page in enumerate(pages, start=1):
        draw_page(report, PdfPage(canvas))
        draw_foot(report, PdfPage(canvas), number, len(pages))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def level_colours(matrix: Matrix) -> dict[str, str]:
    defaults = default_colours()
    return {level: valid_colour_of(matrix, level) or defaults[level] for level in Level.values}


def draw_first_page(report: ExecutiveReport, page: PdfPage) -> None:
    figures, captions, colours = report.figures, report.captions, report.colours
    y = draw_head(report, page)
    y = page.draw_paragraph(LEFT, y + 22, figures["headline"], most=3, width=INNER, size=13) + 2
    y = sections.draw_tiles(page, y, report.sections["tiles"], colours) + 28
    y = page.draw_heading(LEFT, y, "Heat map", captions["heat_map"], INNER)
    heat_map = report.sections["widgets"]["heat_map"]
    period = f"+ and {MINUS}: within {PERIOD_LABELS[report.query.period]}"
    y = sections.draw_heat_map(page, y, heat_map, colours, period) + 26
    y = page.draw_heading(LEFT, y, "Top risks", captions["top_risks"], INNER)
    sections.draw_top_risks(page, y + 6, figures["top_risks"]["results"], colours)


def draw_second_page(report: ExecutiveReport, page: PdfPage) -> None:
    figures, captions = report.figures, report.captions
    y = page.draw_heading(LEFT, TOP + 8, "Trend", captions["timeline"], INNER)
    chart = draw_timeline(figures["timeline"]["days"], report.colours, INNER, CHART_HEIGHT)
    renderPDF.draw(chart, page.canvas, LEFT, HEIGHT - y - CHART_HEIGHT)
    y += CHART_HEIGHT + 28
    right = LEFT + HALF + GAP
    left_end = page.draw_heading(LEFT, y, "Treatment", captions["mitigations"], HALF)
    right_end = page.draw_heading(right, y, "Appetite", captions["appetite"], HALF)
    y = max(left_end, right_end) + 8
    left_end = sections.draw_mitigations(page, LEFT, y, HALF, figures, captions["burn_down"])
    right_end = sections.draw_appetite(page, right, y, HALF, figures["appetite"]["results"])
    y = max(left_end, right_end) + 16
    y = page.draw_heading(LEFT, y, "Compliance", captions["compliance"], INNER)
    sections.draw_compliance(page, y + 6, figures["compliance"]["results"])


def draw_empty_page(report: ExecutiveReport, page: PdfPage) -> None:
    y = draw_head(report, page)
    text = report.figures["headline"]
    if report.scope.filters:
        text = "Nothing to report: no risk matches the filters of this report."
    page.draw_paragraph(LEFT, y + 22, text, most=3, width=INNER, size=13)


def draw_head(report: ExecutiveReport, page: PdfPage) -> float:
    organization = str(report.scope.organization)
    page.draw_text(LEFT, TOP + 14, organization, width=INNER - 110, size=19, bold=True)
    page.draw_text(LEFT, TOP + 14, "Risk report", width=INNER, size=11, colour=MUTED, align="right")
    period = f"compared with {PERIOD_LABELS[report.query.period]} before"
    filters = sections.describe_filters(report.scope)
    line = ", ".join(text for text in (report.as_of, period, filters) if text)
    page.draw_text(LEFT, TOP + 30, line, width=INNER, colour=MUTED)
    page.draw_rule(LEFT, TOP + 38, INNER)
    return TOP + 38


def draw_foot(report: ExecutiveReport, page: PdfPage, number: int, pages: int) -> None:
    y = BOTTOM - 2
    page.draw_rule(LEFT, y - 12, INNER)
    if report.scope.is_past:
        note = (
            "Tags, assets, titles, names, levels of cells, appetites and actions are as of today."
        )
        page.draw_text(LEFT, y - 18, note, width=INNER, size=7.5, colour=MUTED)
    line = f"{report.as_of}, page {number} of {pages}"
    page.draw_text(LEFT, y, line, width=INNER, size=7.5)
    page.draw_text(LEFT, y, "OpenRisk", width=INNER, size=7.5, colour=MUTED, align="right")
