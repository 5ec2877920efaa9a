"""The front page as two pages of A4."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.graphics import renderPDF
from reportlab.pdfgen.canvas import Canvas

from dashboards.figures.scope import Scope
from dashboards.pages.captions import day_in_words
from dashboards.pages.front import sections
from dashboards.pages.query import PERIOD_WORDS, Asked
from dashboards.report import parts
from dashboards.report.sheet import BOTTOM, HEIGHT, INNER, LEFT, MUTED, TOP, WIDTH, Sheet
from dashboards.report.text import printable
from dashboards.report.trend import trend
from dashboards.templatetags.figures import MINUS
from risks.models import Level, Matrix
from risks.models.matrix import default_colours
from risks.pages.colours import colour_of
from risks.services.matrix import matrix_of

GAP = 24.0
HALF = (INNER - GAP) / 2
CHART_HEIGHT = 190.0


@dataclass(frozen=True)
class Report:
    wanted: Asked
    figures: dict[str, Any]
    shown: dict[str, Any]  # what the front page shows
    colours: dict[str, str]  # of levels, #rrggbb

    @property
    def scope(self) -> Scope:
        return self.wanted.scope

    @property
    def says(self) -> dict[str, str]:
        """The captions, by section."""
        return {name: widget["finding"] for name, widget in self.shown["widgets"].items()}

    @property
    def as_of(self) -> str:
        day = day_in_words(self.scope.day)
        if self.scope.is_past:
            return f"As of the end of {day} (UTC)"
        return f"As of {day}, {self.figures['computed_at']:%H:%M} UTC"


def file_name(scope: Scope) -> str:
    return f"risk-report-{scope.organization.slug}-{scope.day}.pdf"


def as_pdf(wanted: Asked, figures: dict[str, Any]) -> bytes:
    """Two pages, or one that says that there is nothing to report.

    `figures` are those of `front.overview`.
    """
    levels = matrix_of(wanted.scope.organization)
    report = Report(wanted, figures, sections(wanted, figures, levels), colours_of(levels))
    pages = (_first, _second) if figures["measured"] else (_nothing,)
    file = BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), lang="en")
    canvas.setTitle(printable(f"Risk report of {wanted.scope.organization}"))
    canvas.setAuthor("OpenRisk")
    for number, draw in enumerate(pages, start=1):
        draw(report, Sheet(canvas))
        _foot(report, Sheet(canvas), number, len(pages))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def colours_of(levels: Matrix) -> dict[str, str]:
    usual = default_colours()
    return {level: colour_of(levels, level) or usual[level] for level in Level.values}


def _first(report: Report, sheet: Sheet) -> None:
    y = _head(report, sheet)
    headline = report.figures["headline"]
    y = sheet.paragraph(LEFT, y + 22, headline, most=3, width=INNER, size=13) + 2
    y = parts.tiles(sheet, y, report.shown["tiles"], report.colours) + 28
    y = sheet.heading(LEFT, y, "Heat map", report.says["heat_map"], INNER)
    within = f"+ and {MINUS}: within {PERIOD_WORDS[report.wanted.period]}"
    y = parts.heat_map(sheet, y, report.shown["widgets"]["heat_map"], report.colours, within) + 26
    y = sheet.heading(LEFT, y, "Top risks", report.says["top_risks"], INNER)
    parts.top_risks(sheet, y + 6, report.figures["top_risks"]["results"], report.colours)


def _second(report: Report, sheet: Sheet) -> None:
    figures, says = report.figures, report.says
    y = sheet.heading(LEFT, TOP + 8, "Trend", says["timeline"], INNER)
    drawing = trend(figures["timeline"]["days"], report.colours, INNER, CHART_HEIGHT)
    renderPDF.draw(drawing, sheet.canvas, LEFT, HEIGHT - y - CHART_HEIGHT)
    y += CHART_HEIGHT + 28
    right = LEFT + HALF + GAP
    left_end = sheet.heading(LEFT, y, "Treatment", says["mitigations"], HALF)
    right_end = sheet.heading(right, y, "Appetite", says["appetite"], HALF)
    y = max(left_end, right_end) + 8
    left_end = parts.treatment(sheet, LEFT, y, HALF, figures, says["burn_down"])
    right_end = parts.appetite(sheet, right, y, HALF, figures["appetite"]["results"])
    y = max(left_end, right_end) + 16
    y = sheet.heading(LEFT, y, "Compliance", says["compliance"], INNER)
    parts.compliance(sheet, y + 6, figures["compliance"]["results"])


def _nothing(report: Report, sheet: Sheet) -> None:
    y = _head(report, sheet)
    says = report.figures["headline"]
    if report.scope.filters:
        says = "Nothing to report: no risk in the register is what this report was asked about."
    sheet.paragraph(LEFT, y + 22, says, most=3, width=INNER, size=13)


def _head(report: Report, sheet: Sheet) -> float:
    organization = str(report.scope.organization)
    sheet.text(LEFT, TOP + 14, organization, width=INNER - 110, size=19, bold=True)
    sheet.text(LEFT, TOP + 14, "Risk report", width=INNER, size=11, colour=MUTED, align="right")
    compared = f"compared with {PERIOD_WORDS[report.wanted.period]} before"
    about = parts.part_in_words(report.scope)
    line = ", ".join(text for text in (report.as_of, compared, about) if text)
    sheet.text(LEFT, TOP + 30, line, width=INNER, colour=MUTED)
    sheet.rule(LEFT, TOP + 38, INNER)
    return TOP + 38


def _foot(report: Report, sheet: Sheet, number: int, pages: int) -> None:
    y = BOTTOM - 2
    sheet.rule(LEFT, y - 12, INNER)
    if report.scope.is_past:
        note = "Tags, assets, titles, names, levels of cells, appetites and actions: as of today."
        sheet.text(LEFT, y - 18, note, width=INNER, size=7.5, colour=MUTED)
    sheet.text(LEFT, y, f"{report.as_of}, page {number} of {pages}", width=INNER, size=7.5)
    sheet.text(LEFT, y, "OpenRisk", width=INNER, size=7.5, colour=MUTED, align="right")
