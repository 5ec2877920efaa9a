"""The sections of the report. Each draws below `y` and returns where it ended."""

from typing import Any

from dashboards.figures.scope import FigureScope
from dashboards.report.pdf_page import INK, INNER, LEFT, MUTED, PALE, ROW, PdfPage, TableColumn
from dashboards.templatetags.figure_formats import format_change, format_figure
from openrisk.accounts.models import Membership
from risks.models import Asset, Category, Level, MitigationStatus, Status
from risks.pages.colours import text_colour_on

MOST_ROWS = 8
TILE_HEIGHT, CELL_HEIGHT, LABELS, RISK_HEIGHT = 54.0, 38.0, 84.0, 42.0
PRIORITY = "Priority is the current score weighted by the criticality of the assets at risk."
DELETED = "deleted since"


def describe_filters(scope: FigureScope) -> str:
    """Which part of the register it is about; nothing for all of it."""
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
    return "; ".join(f"only {name} {names[name] or DELETED}" for name in scope.filters)


def draw_tiles(
    sheet: PdfPage, y: float, found: list[dict[str, Any]], colours: dict[str, str]
) -> float:
    gap = 6.0
    width = (INNER - gap * (len(found) - 1)) / len(found)
    for number, tile in enumerate(found):
        x = LEFT + number * (width + gap)
        level = tile["level"]
        fill = colours[level] if level else PALE
        ink = text_colour_on(fill) if level else INK
        label = Level(level).label if level else tile["label"]
        inside = {"width": width - 8, "colour": _full(ink)}
        sheet.box(x, y, width, TILE_HEIGHT, fill)
        sheet.text(x + 5, y + 20, format_figure(tile["count"]), size=16, bold=True, **inside)
        sheet.text(x + 5, y + 33, str(label), size=7.5, **inside)
        sheet.text(x + 5, y + 46, format_change(tile["change"]) or "no change", size=7.5, **inside)
    return y + TILE_HEIGHT


def _full(ink: str) -> str:
    """#000 as #000000, which HexColor wants."""
    return f"#{ink[1:] * 2}" if len(ink) == 4 else ink


def draw_heat_map(
    sheet: PdfPage, y: float, shown: dict[str, Any], colours: dict[str, str], within: str
) -> float:
    width = (INNER - LABELS) / 5
    for row in shown["rows"]:
        label = f"{row['likelihood']} {row['label']}"
        sheet.text(LEFT, y + CELL_HEIGHT / 2 + 3, label, width=LABELS - 6, size=8)
        for number, cell in enumerate(row["cells"]):
            x = LEFT + LABELS + number * width
            _cell(sheet, x, y, width - 2, cell, colours[cell["level"]])
        y += CELL_HEIGHT
    for number, (impact, label) in enumerate(shown["impacts"]):
        x = LEFT + LABELS + number * width
        sheet.text(x, y + 10, f"{impact} {label}", width=width - 2, size=8, align="centre")
    axes = {"width": INNER, "size": 7.5, "colour": MUTED}
    sheet.text(LEFT, y + 22, "↑ Likelihood", **axes)
    sheet.text(LEFT + LABELS, y + 22, within, **{**axes, "width": INNER - LABELS})
    sheet.text(LEFT, y + 22, "Impact →", align="right", **axes)
    return y + 22


def _cell(
    sheet: PdfPage, x: float, y: float, width: float, cell: dict[str, Any], fill: str
) -> None:
    sheet.box(x, y, width, CELL_HEIGHT - 2, fill)
    colour = _full(text_colour_on(fill))
    if not cell["count"] and not cell["change"]:
        return
    moved = format_change(cell["change"])
    half = width / 2
    sheet.text(
        x + (0 if moved else half / 2),
        y + CELL_HEIGHT / 2 + 3,
        format_figure(cell["count"]),
        width=half,
        size=12,
        bold=True,
        colour=colour,
        align="right" if moved else "centre",
    )
    sheet.text(x + half + 5, y + CELL_HEIGHT / 2 + 3, moved, width=half - 7, colour=colour)


def draw_top_risks(
    sheet: PdfPage, y: float, rows: list[dict[str, Any]], colours: dict[str, str]
) -> float:
    for row in rows:
        sheet.rule(LEFT, y - 8, INNER)
        title = row["title"] if row["reference"] else f"A risk that is {DELETED}"
        words = (row["reference"], str(Status(row["status"]).label), row["owner_name"])
        width = INNER - 170
        end = sheet.paragraph(LEFT, y + 3, title or "", most=2, width=width, size=9, bold=True)
        below = " · ".join(word for word in words if word)
        sheet.text(LEFT, end - 1, below, width=width, size=7.5, colour=MUTED)
        fill = colours[row["level"]]
        x = LEFT + INNER - 160
        sheet.box(x, y - 4, 80, 16, fill)
        level = f"{Level(row['level']).label} {row['score']}"
        sheet.text(x, y + 7, level, width=80, align="centre", colour=_full(text_colour_on(fill)))
        priority = f"priority {row['priority']}"
        sheet.text(LEFT, y + 7, priority, width=INNER, align="right")
        y += RISK_HEIGHT if end > y + 20 else RISK_HEIGHT - 12
    if rows:
        sheet.text(LEFT, y, PRIORITY, width=INNER, size=7.5, colour=MUTED)
    return y


def draw_mitigations(
    sheet: PdfPage, x: float, y: float, width: float, figures: dict[str, Any], burn_down: str
) -> float:
    mitigations = figures["mitigations"]
    if not mitigations["measured"]:
        return y
    due, actions = mitigations["due"], mitigations["actions"]
    done = "no actions"
    if actions["progress"] is not None:
        done = f"{actions['progress']} % of {actions['total']:,}"
        sheet.bar(x + width - 160, y, 80, actions["progress"] / 100)
    facts = [
        ("Actions done", done),
        *(
            (str(status.label), format_figure(mitigations["by_status"][status.value]))
            for status in MitigationStatus
        ),
        ("Overdue", format_figure(due["overdue"])),
        ("Due within 7 and 30 days", f"{due['within_7_days']:,}, {due['within_30_days']:,}"),
        ("Days to mitigate, on average", format_figure(figures["stats"]["mean_days_to_mitigate"])),
    ]
    for name, value in facts:
        sheet.text(x, y, name, width=width - 90)
        sheet.text(x, y, value, width=width, align="right")
        sheet.rule(x, y + 5, width)
        y += ROW
    return sheet.paragraph(x, y, burn_down, most=2, width=width, colour=MUTED)


def draw_appetite(
    sheet: PdfPage, x: float, y: float, width: float, rows: list[dict[str, Any]]
) -> float:
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
    return _and_more(sheet, x, sheet.table(x, y, columns, cells), width, len(rows))


def draw_compliance(sheet: PdfPage, y: float, rows: list[dict[str, Any]]) -> float:
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
        name = f"{row['name'] or f'A framework that is {DELETED}'} {row['edition'] or ''}"
        said = "none applies" if progress is None else f"{progress} %"
        cells.append([name, format_figure(row["total"]), said, ""])
        if progress is not None:
            sheet.bar(LEFT + INNER - 128, y + number * ROW, 128, progress / 100)
    return _and_more(sheet, LEFT, sheet.table(LEFT, y, columns, cells), INNER, len(rows))


def _and_more(sheet: PdfPage, x: float, y: float, width: float, rows: int) -> float:
    if rows > MOST_ROWS:
        sheet.text(x, y, f"and {rows - MOST_ROWS:,} more", width=width, colour=MUTED)
        y += ROW
    return y
