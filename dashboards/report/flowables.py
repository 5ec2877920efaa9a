"""The blocks of a document, which flow from page to page: text, drawings, tables, two columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table, TableStyle

from dashboards.report.pdf_page import HEIGHT, INK, INNER, LINE, MUTED, PALE, PdfPage, text_colour
from dashboards.report.text_layout import (
    BOLD,
    REGULAR,
    draw_line,
    is_plain,
    text_width,
    to_printable,
    wrap_lines,
)

GAP = 24.0
HALF = (INNER - GAP) / 2
FIRST_COLUMN = 0.46  # of the width of a table, unless its shares are given
CELL = 8.5

Paint = Callable[[PdfPage], float]
Rows = Sequence[Sequence[str]]


class _NoCanvas:
    """A canvas that draws nothing, to measure what would be drawn."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_args, **_options: None


class PaintedBlock(Flowable):
    """A drawing that stays in one piece: `paint` draws it from 0, and returns where it ended."""

    def __init__(self, width: float, paint: Paint) -> None:
        super().__init__()
        self.width, self.paint = width, paint
        canvas: Any = _NoCanvas()
        self.height = paint(PdfPage(canvas, HEIGHT))

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        self.paint(PdfPage(self.canv, self.height))


def style(
    size: float, *, bold: bool = False, colour: str = INK, right: bool = False
) -> ParagraphStyle:
    font = BOLD if bold else REGULAR
    return ParagraphStyle(
        f"{font}-{size}-{right}",
        fontName=font,
        fontSize=size,
        leading=size * 1.35,
        textColor=colour,
        alignment=TA_RIGHT if right else TA_LEFT,
        splitLongWords=True,
    )


class MixedParagraph(Flowable):
    """A paragraph of several fonts, or from right to left, in lines of our own."""

    def __init__(self, text: str, text_style: ParagraphStyle) -> None:
        super().__init__()
        self.text, self.text_style = text, text_style

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        style = self.text_style
        self.width = width
        self.lines = wrap_lines(self.text, width, style.fontSize, style.fontName)
        return width, len(self.lines) * style.leading

    def draw(self) -> None:
        style = self.text_style
        self.canv.setFillColor(style.textColor)
        y = len(self.lines) * style.leading - style.fontSize
        for line in self.lines:
            free = self.width - text_width(line, style.fontSize, style.fontName)
            x = free if style.alignment == TA_RIGHT else 0
            draw_line(self.canv, x, y, line, font=style.fontName, size=style.fontSize)
            y -= style.leading


def paragraph(text: str, text_style: ParagraphStyle) -> Flowable:
    """Escape what ReportLab would take for markup."""
    printable = to_printable(text)
    if not is_plain(printable):
        return MixedParagraph(printable, text_style)
    escaped = printable.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Paragraph(escaped, text_style)


def heading(title: str, caption: str = "") -> list[Flowable]:
    parts = [paragraph(title, style(11, bold=True))]
    if caption:
        parts.append(paragraph(caption, style(CELL, colour=MUTED)))
    return [*parts, Spacer(1, 5)]


def section(title: str, caption: str, *content: Flowable) -> list[Flowable]:
    """Return a heading with its content; the heading stays with the first part of it."""
    first, *others = content or (Spacer(1, 1),)
    if isinstance(first, Table):  # which may go on over pages
        return [*keep_with_next(heading(title, caption)), first, *others, Spacer(1, 16)]
    return [KeepTogether([*heading(title, caption), first]), *others, Spacer(1, 16)]


def keep_with_next(flowables: list[Flowable]) -> list[Flowable]:
    for flowable in flowables:
        flowable.keepWithNext = True
    return flowables


def table(
    rows: Rows,
    width: float = INNER,
    *,
    numeric: Sequence[int] = (),
    shares: Sequence[float] = (),
    fills: Mapping[tuple[int, int], str] | None = None,
) -> Table:
    """Draw rows, the first of them the header, over as many pages as needed.

    `numeric` columns are aligned to the right. `shares` are those of each column in the width.
    `fills` colour cells by column and row.
    """
    fills = fills or {}
    cells = []
    for y, row in enumerate(rows):
        line = []
        for x, text in enumerate(row):
            colour = text_colour(fills[x, y]) if (x, y) in fills else INK if y else MUTED
            size = CELL if y else 7.5
            line.append(paragraph(text, style(size, colour=colour, right=x in numeric)))
        cells.append(line)
    if not shares:
        others = max(1, len(rows[0]) - 1)
        shares = (FIRST_COLUMN, *[(1 - FIRST_COLUMN) / others] * others)
    drawn = Table(cells, colWidths=[width * share for share in shares], repeatRows=1)
    lines = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(LINE)),
        ("BACKGROUND", (0, 0), (-1, 0), HexColor(PALE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        *(("BACKGROUND", cell, cell, HexColor(fill)) for cell, fill in fills.items()),
    ]
    drawn.setStyle(TableStyle(lines))
    return drawn


def side_by_side(left: list[Flowable], right: list[Flowable]) -> Flowable:
    """Return two columns of half the width. They move to the next page together."""
    columns = Table([[left, "", right]], colWidths=[HALF, GAP, HALF], splitInRow=1)
    columns.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
            ]
        )
    )
    return KeepTogether([columns])
