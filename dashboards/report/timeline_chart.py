"""The timeline by level: areas on top of each other, in the order of the page."""

from datetime import date
from typing import Any

from reportlab.graphics.shapes import Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import HexColor

from dashboards.report.pdf_page import BAR, INK, LINE, MUTED
from dashboards.report.text_layout import REGULAR
from risks.models import Level

AXIS, FOOT, HEAD = 34.0, 18.0, 18.0  # room for the numbers, the days, the legend
MOST_STEPS = 6  # of the grid
LINE_COLOURS = (BAR, "#2da44e")
LEVELS = tuple(Level)


def draw_timeline(
    days: list[dict[str, Any]], colours: dict[str, str], width: float, height: float
) -> Drawing:
    """Draw the open risks of each level at the end of each day."""
    drawing = Drawing(width, height)
    most = max(sum(day[level.value] for level in Level) for day in days)
    step = grid_step(most)
    ceiling = max(step, -(-most // step) * step)
    scale_x = (width - AXIS) / max(1, len(days) - 1)
    scale_y = (height - FOOT - HEAD) / ceiling
    below = [0] * len(days)
    for level in LEVELS:
        above = [base + day[level.value] for base, day in zip(below, days, strict=True)]
        if above != below:
            edge = [*enumerate(above), *reversed(list(enumerate(below)))]
            points = [p for x, y in edge for p in (AXIS + x * scale_x, FOOT + y * scale_y)]
            drawing.add(Polygon(points, fillColor=HexColor(colours[level]), strokeColor=None))
        below = above
    add_grid(drawing, ceiling, step, width, scale_y)
    add_days(drawing, days, width)
    add_legend(drawing, colours, height)
    return drawing


def draw_lines(
    days: list[dict[str, Any]], names: tuple[str, ...], width: float, height: float
) -> Drawing:
    """Draw a line for each of the values, with its name in the legend."""
    drawing = Drawing(width, height)
    most = max(day[name] for day in days for name in names)
    step = grid_step(most)
    ceiling = max(step, -(-most // step) * step)
    scale_x = (width - AXIS) / max(1, len(days) - 1)
    scale_y = (height - FOOT - HEAD) / ceiling
    add_grid(drawing, ceiling, step, width, scale_y)
    for number, name in enumerate(names):
        colour = HexColor(LINE_COLOURS[number])
        points = [
            part
            for index, day in enumerate(days)
            for part in (AXIS + index * scale_x, FOOT + day[name] * scale_y)
        ]
        drawing.add(PolyLine(points, strokeColor=colour, strokeWidth=1.5))
        x = AXIS + number * 62
        drawing.add(Rect(x, height - 9, 8, 8, fillColor=colour, strokeColor=None))
        drawing.add(label(x + 12, height - 8, name.capitalize()))
    add_days(drawing, days, width)
    return drawing


def add_grid(drawing: Drawing, ceiling: int, step: int, width: float, scale_y: float) -> None:
    for value in range(0, ceiling + 1, step):
        y = FOOT + value * scale_y
        colour = HexColor(INK if value == 0 else LINE)
        drawing.add(Line(AXIS, y, width, y, strokeColor=colour, strokeWidth=0.5))
        drawing.add(label(AXIS - 4, y - 2.5, f"{value:,}", anchor="end"))


def grid_step(most: int) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, ... that needs at most MOST_STEPS steps."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if most <= step * power * MOST_STEPS:
                return step * power
        power *= 10


def add_days(drawing: Drawing, days: list[dict[str, Any]], width: float) -> None:
    """Add the first, the middle and the last day below the chart."""
    for index, x, anchor in (
        (0, AXIS, "start"),
        (len(days) // 2, (AXIS + width) / 2, "middle"),
        (-1, width, "end"),
    ):
        day = days[index]["date"]
        day = date.fromisoformat(day) if isinstance(day, str) else day
        drawing.add(label(x, 4, f"{day.day} {day:%b %Y}", anchor=anchor))


def add_legend(drawing: Drawing, colours: dict[str, str], height: float) -> None:
    x = AXIS
    for level in LEVELS:
        colour = HexColor(colours[level])
        drawing.add(Rect(x, height - 9, 8, 8, fillColor=colour, strokeColor=None))
        drawing.add(label(x + 12, height - 8, str(level.label)))
        x += 62


def label(x: float, y: float, text: str, *, anchor: str = "start") -> String:
    return String(
        x, y, text, fontName=REGULAR, fontSize=7.5, fillColor=HexColor(MUTED), textAnchor=anchor
    )
