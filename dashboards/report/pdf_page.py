"""A page of A4, and what is drawn on it: text, boxes, tables. Points, from the top left corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from dashboards.report.text_layout import BOLD, REGULAR, fit_line, fit_lines, text_width

WIDTH, HEIGHT = A4
LEFT = TOP = 40.0
INNER = WIDTH - 2 * LEFT
BOTTOM = HEIGHT - 40.0
INK, MUTED, LINE, PALE, BAR = "#1f2328", "#57606a", "#d0d7de", "#f3f5f7", "#5b7fa6"
LINE_HEIGHT = 1.35  # of the size of the text
ROW = 16.0


@dataclass(frozen=True)
class TableColumn:
    title: str
    width: float
    right: bool = False


class PdfPage:
    """Draws on the current page of `canvas`. What returns a number returns where it ended."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        width: float,
        size: float = 8.5,
        bold: bool = False,
        colour: str = INK,
        align: str = "left",
    ) -> None:
        """One line within `width`, its base line at `y`."""
        font = BOLD if bold else REGULAR
        shown = fit_line(text, width, size, font)
        free = width - text_width(shown, size, font)
        shift = {"left": 0.0, "centre": free / 2, "right": free}[align]
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(HexColor(colour))
        self.canvas.drawString(x + shift, HEIGHT - y, shown)

    def paragraph(self, x: float, y: float, text: str, *, most: int, **look: Any) -> float:
        """At most so many lines, the first with its base line at `y`."""
        size, bold = look.get("size", 8.5), look.get("bold", False)
        font = BOLD if bold else REGULAR
        for line in fit_lines(text, look["width"], size, most=most, font=font):
            self.text(x, y, line, **look)
            y += size * LINE_HEIGHT
        return y

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self.canvas.setFillColor(HexColor(fill))
        self.canvas.rect(x, HEIGHT - y - height, width, height, stroke=0, fill=1)

    def rule(self, x: float, y: float, width: float) -> None:
        self.canvas.setStrokeColor(HexColor(LINE))
        self.canvas.setLineWidth(0.5)
        self.canvas.line(x, HEIGHT - y, x + width, HEIGHT - y)

    def bar(self, x: float, y: float, width: float, share: float) -> None:
        """A share (0 to 1) as a bar, on the line of a text at `y`."""
        self.box(x, y - 6, width, 6, LINE)
        if share:
            self.box(x, y - 6, width * share, 6, BAR)

    def heading(self, x: float, y: float, title: str, says: str, width: float) -> float:
        """A title with what the section says below, in at most two lines."""
        self.text(x, y, title, width=width, size=11, bold=True)
        return self.paragraph(x, y + 14, says, most=2, width=width, colour=MUTED) + 4

    def table(
        self, x: float, y: float, columns: Sequence[TableColumn], rows: Sequence[Sequence[str]]
    ) -> float:
        """`y` is the base line of the header."""
        total = sum(column.width for column in columns)
        self._row(x, y, columns, [column.title for column in columns], colour=MUTED, size=7.5)
        for row in rows:
            self.rule(x, y + 5, total)
            y += ROW
            self._row(x, y, columns, row)
        self.rule(x, y + 5, total)
        return y + ROW

    def _row(
        self, x: float, y: float, columns: Sequence[TableColumn], cells: Sequence[str], **look: Any
    ) -> None:
        for column, cell in zip(columns, cells, strict=True):
            align = "right" if column.right else "left"
            self.text(x, y, cell, width=column.width - 6, align=align, **look)
            x += column.width
