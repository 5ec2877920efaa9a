"""The trend by level: one area upon the other, the gravest at the bottom."""

from datetime import date
from typing import Any

from reportlab.graphics.shapes import Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import HexColor

from dashboards.report.pdf_page import INK, LINE, MUTED
from dashboards.report.text_layout import REGULAR
from risks.models import Level

AXIS, FOOT, HEAD = 34.0, 18.0, 18.0  # room for the numbers, the days, the legend
GRAVEST_FIRST = tuple(reversed(Level))
STEPS = (1, 2, 5)


def draw_timeline(
    days: list[dict[str, Any]], colours: dict[str, str], width: float, height: float
) -> Drawing:
    """Open risks of each level at the end of each day."""
    drawing = Drawing(width, height)
    most = max(sum(day[level.value] for level in Level) for day in days)
    step = _step(most)
    ceiling = max(step, -(-most // step) * step)
    scale_x = (width - AXIS) / max(1, len(days) - 1)
    scale_y = (height - FOOT - HEAD) / ceiling
    below = [0] * len(days)
    for level in GRAVEST_FIRST:
        above = [base + day[level.value] for base, day in zip(below, days, strict=True)]
        if above != below:
            edge = [*enumerate(above), *reversed(list(enumerate(below)))]
            points = [p for x, y in edge for p in (AXIS + x * scale_x, FOOT + y * scale_y)]
            drawing.add(Polygon(points, fillColor=HexColor(colours[level]), strokeColor=None))
        below = above
    for value in range(0, ceiling + 1, step):
        _grid_line(drawing, FOOT + value * scale_y, value, width)
    _days(drawing, days, width)
    _legend(drawing, colours, height)
    return drawing


def _step(most: int) -> int:
    """Between lines of the grid, of which there are three to seven: 1, 2, 5, 10, 20, ..."""
    ten = 1
    while True:
        for step in STEPS:
            if most <= step * ten * 6:
                return step * ten
        ten *= 10


def _grid_line(drawing: Drawing, y: float, value: int, width: float) -> None:
    line = INK if value == 0 else LINE
    drawing.add(Line(AXIS, y, width, y, strokeColor=HexColor(line), strokeWidth=0.5))
    drawing.add(_words(AXIS - 4, y - 2.5, f"{value:,}", anchor="end"))


def _days(drawing: Drawing, days: list[dict[str, Any]], width: float) -> None:
    places = (
        (0, AXIS, "start"),
        (len(days) // 2, (AXIS + width) / 2, "middle"),
        (-1, width, "end"),
    )
    for index, x, anchor in places:
        day = days[index]["date"]
        day = date.fromisoformat(day) if isinstance(day, str) else day
        drawing.add(_words(x, 4, f"{day.day} {day:%b %Y}", anchor=anchor))


def _legend(drawing: Drawing, colours: dict[str, str], height: float) -> None:
    x = AXIS
    for level in GRAVEST_FIRST:
        colour = HexColor(colours[level])
        drawing.add(Rect(x, height - 9, 8, 8, fillColor=colour, strokeColor=None))
        drawing.add(_words(x + 12, height - 8, str(level.label)))
        x += 62


def _words(x: float, y: float, text: str, *, anchor: str = "start") -> String:
    return String(
        x, y, text, fontName=REGULAR, fontSize=7.5, fillColor=HexColor(MUTED), textAnchor=anchor
    )
