"""The front page as two pages of A4."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.graphics import renderPDF
from reportlab.pdfgen.canvas import Canvas

from dashboards.figures.scope import FigureScope
from dashboards.pages.captions import format_day
from dashboards.pages.executive import executive_sections
from dashboards.pages.query import PERIOD_LABELS, PageQuery
from dashboards.report import sections
from dashboards.report.pdf_page import BOTTOM, HEIGHT, INNER, LEFT, MUTED, TOP, WIDTH, PdfPage
from dashboards.report.text_layout import to_printable
from dashboards.report.timeline_chart import draw_timeline
from dashboards.templatetags.figure_formats import MINUS
from risks.models import Level, Matrix
from risks.models.matrix import default_colours
from risks.pages.colours import valid_colour_of
from risks.services.matrix import matrix_of

GAP = 24.0
HALF = (INNER - GAP) / 2
CHART_HEIGHT = 190.0


@dataclass(frozen=True)
class ExecutiveReport:
    wanted: PageQuery
    figures: dict[str, Any]
    shown: dict[str, Any]  # what the front page shows
    colours: dict[str, str]  # of levels, #rrggbb

    @property
    def scope(self) -> FigureScope:
        return self.wanted.scope

    @property
    def says(self) -> dict[str, str]:
        """The captions, by section."""
        return {name: widget["finding"] for name, widget in self.shown["widgets"].items()}

    @property
    def as_of(self) -> str:
        day = format_day(self.scope.day)
        if self.scope.is_past:
            return f"As of the end of {day} (UTC)"
        return f"As of {day}, {self.figures['computed_at']:%H:%M} UTC"


def executive_report_name(scope: FigureScope) -> str:
    return f"risk-report-{scope.organization.slug}-{scope.day}.pdf"


def draw_executive_report(wanted: PageQuery, figures: dict[str, Any]) -> bytes:
    """Two pages, or one that says that there is nothing to report.

    `figures` are those of `front.overview`.
    """
    levels = matrix_of(wanted.scope.organization)
    report = ExecutiveReport(
        wanted, figures, executive_sections(wanted, figures, levels), level_colours(levels)
    )
    pages = (_first, _second) if figures["measured"] else (_nothing,)
    file = BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), lang="en")
    canvas.setTitle(to_printable(f"Risk report of {wanted.scope.organization}"))
    canvas.setAuthor("OpenRisk")
    for number, draw in enumerate(pages, start=1):
        draw(report, PdfPage(canvas))
        _foot(report, PdfPage(canvas), number, len(pages))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def level_colours(levels: Matrix) -> dict[str, str]:
    usual = default_colours()
    return {level: valid_colour_of(levels, level) or usual[level] for level in Level.values}


def _first(report: ExecutiveReport, sheet: PdfPage) -> None:
    y = _head(report, sheet)
    headline = report.figures["headline"]
    y = sheet.paragraph(LEFT, y + 22, headline, most=3, width=INNER, size=13) + 2
    y = sections.draw_tiles(sheet, y, report.shown["tiles"], report.colours) + 28
    y = sheet.heading(LEFT, y, "Heat map", report.says["heat_map"], INNER)
    heat_map = report.shown["widgets"]["heat_map"]
    within = f"+ and {MINUS}: within {PERIOD_LABELS[report.wanted.period]}"
    y = sections.draw_heat_map(sheet, y, heat_map, report.colours, within) + 26
    y = sheet.heading(LEFT, y, "Top risks", report.says["top_risks"], INNER)
    sections.draw_top_risks(sheet, y + 6, report.figures["top_risks"]["results"], report.colours)


def _second(report: ExecutiveReport, sheet: PdfPage) -> None:
    figures, says = report.figures, report.says
    y = sheet.heading(LEFT, TOP + 8, "Trend", says["timeline"], INNER)
    drawing = draw_timeline(figures["timeline"]["days"], report.colours, INNER, CHART_HEIGHT)
    renderPDF.draw(drawing, sheet.canvas, LEFT, HEIGHT - y - CHART_HEIGHT)
    y += CHART_HEIGHT + 28
    right = LEFT + HALF + GAP
    left_end = sheet.heading(LEFT, y, "Treatment", says["mitigations"], HALF)
    right_end = sheet.heading(right, y, "Appetite", says["appetite"], HALF)
    y = max(left_end, right_end) + 8
    left_end = sections.draw_mitigations(sheet, LEFT, y, HALF, figures, says["burn_down"])
    right_end = sections.draw_appetite(sheet, right, y, HALF, figures["appetite"]["results"])
    y = max(left_end, right_end) + 16
    y = sheet.heading(LEFT, y, "Compliance", says["compliance"], INNER)
    sections.draw_compliance(sheet, y + 6, figures["compliance"]["results"])


def _nothing(report: ExecutiveReport, sheet: PdfPage) -> None:
    y = _head(report, sheet)
    says = report.figures["headline"]
    if report.scope.filters:
        says = "Nothing to report: no risk in the register is what this report was asked about."
    sheet.paragraph(LEFT, y + 22, says, most=3, width=INNER, size=13)


def _head(report: ExecutiveReport, sheet: PdfPage) -> float:
    organization = str(report.scope.organization)
    sheet.text(LEFT, TOP + 14, organization, width=INNER - 110, size=19, bold=True)
    sheet.text(LEFT, TOP + 14, "Risk report", width=INNER, size=11, colour=MUTED, align="right")
    compared = f"compared with {PERIOD_LABELS[report.wanted.period]} before"
    about = sections.describe_filters(report.scope)
    line = ", ".join(text for text in (report.as_of, compared, about) if text)
    sheet.text(LEFT, TOP + 30, line, width=INNER, colour=MUTED)
    sheet.rule(LEFT, TOP + 38, INNER)
    return TOP + 38


def _foot(report: ExecutiveReport, sheet: PdfPage, number: int, pages: int) -> None:
    y = BOTTOM - 2
    sheet.rule(LEFT, y - 12, INNER)
    if report.scope.is_past:
        note = "Tags, assets, titles, names, levels of cells, appetites and actions: as of today."
        sheet.text(LEFT, y - 18, note, width=INNER, size=7.5, colour=MUTED)
    sheet.text(LEFT, y, f"{report.as_of}, page {number} of {pages}", width=INNER, size=7.5)
    sheet.text(LEFT, y, "OpenRisk", width=INNER, size=7.5, colour=MUTED, align="right")
