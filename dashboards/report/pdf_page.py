"""A page of A4, or a part of it: text, boxes and tables. In points, from the top left corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from dashboards.report.text_layout import BOLD, REGULAR, draw_line, fit_line, fit_lines, text_width
from risks.pages.colours import text_colour_on

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


def text_colour(fill: str) -> str:
    """Return the colour of text on `fill`, in the six digits that ReportLab needs."""
    colour = text_colour_on(fill)
    return f"#{colour[1:] * 2}" if len(colour) == 4 else colour


class PdfPage:
    """Draws on `canvas`, `height` high. Methods that return a number return where they ended.

    `y` is the base line of a text, and the upper edge of a box.
    """

    def __init__(self, canvas: Canvas, height: float = HEIGHT) -> None:
        self.canvas, self.height = canvas, height

    def draw_text(
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
        """Draw one line, shortened to `width`."""
        font = BOLD if bold else REGULAR
        line = fit_line(text, width, size, font)
        free = width - text_width(line, size, font)
        shift = {"left": 0.0, "centre": free / 2, "right": free}[align]
        self.canvas.setFillColor(HexColor(colour))
        draw_line(self.canvas, x + shift, self.height - y, line, font=font, size=size)

    def draw_paragraph(self, x: float, y: float, text: str, *, most: int, **style: Any) -> float:
        """Draw at most `most` lines, in the style of `draw_text`."""
        size, bold = style.get("size", 8.5), style.get("bold", False)
        font = BOLD if bold else REGULAR
        for line in fit_lines(text, style["width"], size, most=most, font=font):
            self.draw_text(x, y, line, **style)
            y += size * LINE_HEIGHT
        return y

    def draw_box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self.canvas.setFillColor(HexColor(fill))
        self.canvas.rect(x, self.height - y - height, width, height, stroke=0, fill=1)

    def draw_rule(self, x: float, y: float, width: float) -> None:
        self.canvas.setStrokeColor(HexColor(LINE))
        self.canvas.setLineWidth(0.5)
        self.canvas.line(x, self.height - y, x + width, self.height - y)

    def draw_bar(self, x: float, y: float, width: float, share: float) -> None:
        """Draw a share (0 to 1) as a bar, beside a text with its base line at `y`."""
        self.draw_box(x, y - 6, width, 6, LINE)
        if share:
            self.draw_box(x, y - 6, width * share, 6, BAR)

    def draw_table(
        self, x: float, y: float, columns: Sequence[TableColumn], rows: Sequence[Sequence[str]]
    ) -> float:
        """Draw a table; `y` is the base line of its header."""
        width = sum(column.width for column in columns)
        header = [column.title for column in columns]
        self.draw_row(x, y, columns, header, colour=MUTED, size=7.5)
        for row in rows:
            self.draw_rule(x, y + 5, width)
            y += ROW
            self.draw_row(x, y, columns, row)
        self.draw_rule(x, y + 5, width)
        return y + ROW

    def draw_row(
        self,
        x: float,
        y: float,
        columns: Sequence[TableColumn],
        cells: Sequence[str],
        **style: Any,
    ) -> None:
        for column, cell in zip(columns, cells, strict=True):
            align = "right" if column.right else "left"
            self.draw_text(x, y, cell, width=column.width - 6, align=align, **style)
            x += column.width
