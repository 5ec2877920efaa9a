"""Drawings of documents: tiles, heat map, a top risk, treatment. Each returns where it ended."""

from typing import Any

from dashboards.figures.scope import FigureScope
from dashboards.report.pdf_page import INK, INNER, MUTED, PALE, ROW, PdfPage, text_colour
from dashboards.wording import format_change, format_figure
from openrisk.accounts.models import Membership
from risks.models import Asset, Category, Level, Matrix, MitigationStatus, Status
from risks.models.matrix import default_colours
from risks.pages.colours import valid_colour_of

MOST_ROWS = 8
TILE_HEIGHT, CELL_HEIGHT, LABELS = 54.0, 34.0, 84.0
NARROW_CELL = 60.0  # below it the change is under the count
PRIORITY = "Priority is the current score weighted by the criticality of the assets at risk."

Rows = list[dict[str, Any]]


def describe_filters(scope: FigureScope) -> str:
    """Return the part of the register that a report covers, or an empty string for all of it."""
    names = {
        name: model.objects.for_organization(scope.organization)
        .filter(pk=getattr(scope, name))
        .values_list("name", flat=True)
        .first()
        for name, model in (("category", Category), ("asset", Asset))
    }
    members = Membership.objects.filter(organization=scope.organization, user=scope.owner)
    owner = members.select_related("user").first()
    names |= {"owner": owner and str(owner.user), "tag": scope.tag}
    return "; ".join(f"only {name} {names[name] or '(deleted)'}" for name in scope.filters)


def level_colours(matrix: Matrix) -> dict[str, str]:
    defaults = default_colours()
    return {level: valid_colour_of(matrix, level) or defaults[level] for level in Level.values}


def state_label(row: dict[str, Any]) -> str:
    """Return the state of a category: "Breached", or "Unknown" while nothing is assessed."""
    return str(row["state"]).capitalize()


def draw_tiles(page: PdfPage, *, tiles: Rows, colours: dict[str, str]) -> float:
    gap = 6.0
    width = (INNER - gap * (len(tiles) - 1)) / len(tiles)
    for number, tile in enumerate(tiles):
        x = number * (width + gap)
        level = tile["level"]
        fill = colours[level] if level else PALE
        label = Level(level).label if level else tile["label"]
        colour = text_colour(fill) if level else INK
        style: dict[str, Any] = {"width": width - 8, "colour": colour}
        change = format_change(tile["change"]) or "no change"
        page.draw_box(x, 0, width, TILE_HEIGHT, fill)
        page.draw_text(x + 5, 20, format_figure(tile["count"]), size=16, bold=True, **style)
        page.draw_text(x + 5, 33, str(label), size=7.5, **style)
        page.draw_text(x + 5, 46, change, size=7.5, **style)
    return TILE_HEIGHT


def draw_heat_map(
    page: PdfPage, *, width: float, widget: dict[str, Any], colours: dict[str, str], period: str
) -> float:
    labels = LABELS if width == INNER else LABELS * 0.72
    cell_width, y = (width - labels) / len(widget["impacts"]), 0.0
    for row in widget["rows"]:
        label = f"{row['likelihood']} {row['label']}"
        page.draw_text(0, y + CELL_HEIGHT / 2 + 3, label, width=labels - 4, size=8)
        for number, cell in enumerate(row["cells"]):
            x = labels + number * cell_width
            draw_cell(page, x, y, cell_width - 2, cell, colours[cell["level"]])
        y += CELL_HEIGHT
    for number, (impact, label) in enumerate(widget["impacts"]):
        x = labels + number * cell_width
        text = f"{impact} {label}"
        page.draw_text(x, y + 10, text, width=cell_width - 2, size=7.5, align="centre")
    style: dict[str, Any] = {"size": 7, "colour": MUTED}
    page.draw_text(0, y + 22, "↑ Likelihood", width=width, **style)
    page.draw_text(labels, y + 22, period, width=width - labels, **style)
    page.draw_text(0, y + 22, "Impact →", width=width, align="right", **style)
    return y + 24


def draw_cell(
    page: PdfPage, x: float, y: float, width: float, cell: dict[str, Any], fill: str
) -> None:
    """Draw a cell of the heat map: its count and, beside or below it, how the count changed."""
    page.draw_box(x, y, width, CELL_HEIGHT - 2, fill)
    if not cell["count"] and not cell["change"]:
        return
    change, colour = format_change(cell["change"]), text_colour(fill)
    count: dict[str, Any] = {"size": 12, "bold": True, "colour": colour}
    middle, half = y + CELL_HEIGHT / 2 + 3, width / 2
    text = format_figure(cell["count"])
    if not change:
        page.draw_text(x, middle, text, width=width, align="centre", **count)
    elif width < NARROW_CELL:
        page.draw_text(x, middle - 4, text, width=width, align="centre", **count)
        page.draw_text(x, middle + 8, change, width=width, size=7, align="centre", colour=colour)
    else:
        page.draw_text(x, middle, text, width=half, align="right", **count)
        page.draw_text(x + half + 5, middle, change, width=half - 7, colour=colour)


def draw_top_risk(
    page: PdfPage, *, row: dict[str, Any], plan: str, colours: dict[str, str]
) -> float:
    """Draw a risk, its level and priority, and below them what is done about it."""
    page.draw_rule(0, 0, INNER)
    title = row["title"] if row["reference"] else "A deleted risk"
    details = (row["reference"], str(Status(row["status"]).label), row["owner_name"])
    width = INNER - 170
    y = page.draw_paragraph(0, 12, title or "", most=2, width=width, size=9, bold=True)
    line = " · ".join(detail for detail in details if detail)
    page.draw_text(0, y - 1, line, width=width, size=7.5, colour=MUTED)
    fill = colours[row["level"]]
    x = INNER - 160
    page.draw_box(x, 4, 80, 16, fill)
    level = f"{Level(row['level']).label} {row['score']}"
    page.draw_text(x, 15, level, width=80, align="centre", colour=text_colour(fill))
    page.draw_text(0, 15, f"priority {row['priority']}", width=INNER, align="right")
    if plan:
        y = page.draw_paragraph(0, y + 10, plan, most=2, width=INNER, size=8) - 10
    return y + 6


def draw_mitigations(
    page: PdfPage,
    *,
    width: float,
    mitigations: dict[str, Any],
    mean_days: float | None = None,
    burn_down: str = "",
) -> float:
    if not mitigations["measured"]:
        return 1.0
    due, actions = mitigations["due"], mitigations["actions"]
    done, y = "no actions", 10.0
    if actions["progress"] is not None:
        done = f"{actions['progress']} % of {actions['total']:,}"
        page.draw_bar(width - 160, y, 80, actions["progress"] / 100)
    lines = [
        ("Actions done", done),
        *(
            (str(status.label), format_figure(mitigations["by_status"][status.value]))
            for status in MitigationStatus
        ),
        ("Overdue", format_figure(due["overdue"])),
        ("Due within 7 and 30 days", f"{due['within_7_days']:,}, {due['within_30_days']:,}"),
    ]
    if mean_days is not None:
        lines.append(("Average days to mitigate", format_figure(round(mean_days))))
    for name, value in lines:
        page.draw_text(0, y, name, width=width - 90)
        page.draw_text(0, y, value, width=width, align="right")
        page.draw_rule(0, y + 5, width)
        y += ROW
    if burn_down:
        y = page.draw_paragraph(0, y + 2, burn_down, most=3, width=width, colour=MUTED)
    return y
