"""The sections of the overview's PDF. Each draws below `y` and returns where it ended."""

from typing import Any

from dashboards.figures.scope import FigureScope
from dashboards.report.pdf_page import INK, INNER, LEFT, MUTED, PALE, ROW, PdfPage, TableColumn
from dashboards.wording import format_change, format_figure
from openrisk.accounts.models import Membership
from risks.models import Asset, Category, Level, MitigationStatus, Status
from risks.pages.colours import text_colour_on

MOST_ROWS = 8
TILE_HEIGHT, CELL_HEIGHT, LABELS, RISK_HEIGHT = 54.0, 38.0, 84.0, 42.0
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


def text_colour(fill: str) -> str:
    """Return the colour of text on `fill`, in the six digits that ReportLab needs."""
    colour = text_colour_on(fill)
    return f"#{colour[1:] * 2}" if len(colour) == 4 else colour


def draw_tiles(page: PdfPage, y: float, tiles: Rows, colours: dict[str, str]) -> float:
    gap = 6.0
    width = (INNER - gap * (len(tiles) - 1)) / len(tiles)
    for number, tile in enumerate(tiles):
        x = LEFT + number * (width + gap)
        level = tile["level"]
        fill = colours[level] if level else PALE
        label = Level(level).label if level else tile["label"]
        colour = text_colour(fill) if level else INK
        style: dict[str, Any] = {"width": width - 8, "colour": colour}
        change = format_change(tile["change"]) or "no change"
        page.draw_box(x, y, width, TILE_HEIGHT, fill)
        page.draw_text(x + 5, y + 20, format_figure(tile["count"]), size=16, bold=True, **style)
        page.draw_text(x + 5, y + 33, str(label), size=7.5, **style)
        page.draw_text(x + 5, y + 46, change, size=7.5, **style)
    return y + TILE_HEIGHT


def draw_heat_map(
    page: PdfPage, y: float, widget: dict[str, Any], colours: dict[str, str], period: str
) -> float:
    width = (INNER - LABELS) / 5
    for row in widget["rows"]:
        label = f"{row['likelihood']} {row['label']}"
        page.draw_text(LEFT, y + CELL_HEIGHT / 2 + 3, label, width=LABELS - 6, size=8)
        for number, cell in enumerate(row["cells"]):
            x = LEFT + LABELS + number * width
            draw_cell(page, x, y, width - 2, cell, colours[cell["level"]])
        y += CELL_HEIGHT
    for number, (impact, label) in enumerate(widget["impacts"]):
        x = LEFT + LABELS + number * width
        page.draw_text(x, y + 10, f"{impact} {label}", width=width - 2, size=8, align="centre")
    style: dict[str, Any] = {"size": 7.5, "colour": MUTED}
    page.draw_text(LEFT, y + 22, "↑ Likelihood", width=INNER, **style)
    page.draw_text(LEFT + LABELS, y + 22, period, width=INNER - LABELS, **style)
    page.draw_text(LEFT, y + 22, "Impact →", width=INNER, align="right", **style)
    return y + 22


def draw_cell(
    page: PdfPage, x: float, y: float, width: float, cell: dict[str, Any], fill: str
) -> None:
    """Draw a cell of the heat map: its count and, beside it, how the count changed."""
    page.draw_box(x, y, width, CELL_HEIGHT - 2, fill)
    if not cell["count"] and not cell["change"]:
        return
    change, colour = format_change(cell["change"]), text_colour(fill)
    half = width / 2
    page.draw_text(
        x + (0 if change else half / 2),
        y + CELL_HEIGHT / 2 + 3,
        format_figure(cell["count"]),
        width=half,
        size=12,
        bold=True,
        colour=colour,
        align="right" if change else "centre",
    )
    page.draw_text(x + half + 5, y + CELL_HEIGHT / 2 + 3, change, width=half - 7, colour=colour)


def draw_top_risks(page: PdfPage, y: float, rows: Rows, colours: dict[str, str]) -> float:
    for row in rows:
        page.draw_rule(LEFT, y - 8, INNER)
        title = row["title"] if row["reference"] else "A deleted risk"
        details = (row["reference"], str(Status(row["status"]).label), row["owner_name"])
        width = INNER - 170
        end = page.draw_paragraph(LEFT, y + 3, title or "", most=2, width=width, size=9, bold=True)
        line = " · ".join(detail for detail in details if detail)
        page.draw_text(LEFT, end - 1, line, width=width, size=7.5, colour=MUTED)
        fill = colours[row["level"]]
        x = LEFT + INNER - 160
        page.draw_box(x, y - 4, 80, 16, fill)
        level = f"{Level(row['level']).label} {row['score']}"
        page.draw_text(x, y + 7, level, width=80, align="centre", colour=text_colour(fill))
        priority = f"priority {row['priority']}"
        page.draw_text(LEFT, y + 7, priority, width=INNER, align="right")
        y += RISK_HEIGHT if end > y + 20 else RISK_HEIGHT - 12
    if rows:
        page.draw_text(LEFT, y, PRIORITY, width=INNER, size=7.5, colour=MUTED)
    return y


def draw_mitigations(
    page: PdfPage, x: float, y: float, width: float, figures: dict[str, Any], burn_down: str
) -> float:
    mitigations = figures["mitigations"]
    if not mitigations["measured"]:
        return y
    due, actions = mitigations["due"], mitigations["actions"]
    done = "no actions"
    if actions["progress"] is not None:
        done = f"{actions['progress']} % of {actions['total']:,}"
        page.draw_bar(x + width - 160, y, 80, actions["progress"] / 100)
    lines = [
        ("Actions done", done),
        *(
            (str(status.label), format_figure(mitigations["by_status"][status.value]))
            for status in MitigationStatus
        ),
        ("Overdue", format_figure(due["overdue"])),
        ("Due within 7 and 30 days", f"{due['within_7_days']:,}, {due['within_30_days']:,}"),
        ("Average days to mitigate", format_figure(figures["stats"]["mean_days_to_mitigate"])),
    ]
    for name, value in lines:
        page.draw_text(x, y, name, width=width - 90)
        page.draw_text(x, y, value, width=width, align="right")
        page.draw_rule(x, y + 5, width)
        y += ROW
    return page.draw_paragraph(x, y, burn_down, most=2, width=width, colour=MUTED)


def draw_appetite(page: PdfPage, x: float, y: float, width: float, rows: Rows) -> float:
    if not rows:
        return y
    columns = [
        TableColumn("Category", width - 140),
        TableColumn("Appetite", 44, right=True),
        TableColumn("Highest", 44, right=True),
        TableColumn("State", 52),
    ]
    worst_first = sorted(rows, key=lambda row: -row["above"])
    cells = [
        [row["name"], str(row["appetite"]), str(row["highest"] or "-"), row["state"].capitalize()]
        for row in worst_first[:MOST_ROWS]
    ]
    return draw_more(page, x, page.draw_table(x, y, columns, cells), width, len(rows))


def draw_compliance(page: PdfPage, y: float, rows: Rows) -> float:
    if not rows:
        return y
    columns = [
        TableColumn("Framework", INNER - 260),
        TableColumn("Controls", 60, right=True),
        TableColumn("Implemented", 60, right=True),
        TableColumn("", 140),
    ]
    cells = []
    for number, row in enumerate(rows[:MOST_ROWS], start=1):
        progress = row["progress"]
        name = f"{row['name'] or 'A deleted framework'} {row['edition'] or ''}"
        implemented = "none applicable" if progress is None else f"{progress} %"
        cells.append([name, format_figure(row["total"]), implemented, ""])
        if progress is not None:
            page.draw_bar(LEFT + INNER - 128, y + number * ROW, 128, progress / 100)
    return draw_more(page, LEFT, page.draw_table(LEFT, y, columns, cells), INNER, len(rows))


def draw_more(page: PdfPage, x: float, y: float, width: float, rows: int) -> float:
    """Draw how many rows were left out of a table of `rows` rows."""
    if rows > MOST_ROWS:
        page.draw_text(x, y, f"and {rows - MOST_ROWS:,} more", width=width, colour=MUTED)
        y += ROW
    return y
