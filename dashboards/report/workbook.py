"""The overview as a workbook to show: its figures with labels, names, days and colours."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboards.figures.totals import FIGURES
from dashboards.pages.query import PageQuery
from dashboards.periods import PERIOD_LABELS
from dashboards.report.executive_report import describe_moment
from dashboards.report.outlook import MOST_ROWS, load_outlook
from dashboards.report.sections import describe_filters
from openrisk.accounts.models import User
from risks.models import Level, Matrix, Status, Treatment
from risks.pages.workbook import (
    LevelText,
    ReportSheet,
    SheetColumn,
    about_lines,
    write_report,
)
from risks.services.matrix import matrix_of

Rows = Iterator[list[Any]]
Columns = Sequence[tuple[Any, str]]  # label and kind

STATS: Columns = (
    (gettext_lazy("Figure"), "title"),
    (gettext_lazy("Value"), "number"),
    (gettext_lazy("Change"), "number"),
)
TOP_RISKS: Columns = (
    (gettext_lazy("Reference"), "level"),
    (gettext_lazy("Risk"), "title"),
    (gettext_lazy("Status"), "text"),
    (gettext_lazy("Level"), "level"),
    (gettext_lazy("Score"), "number"),
    (gettext_lazy("Priority"), "number"),
    (gettext_lazy("Treatment"), "text"),
    (gettext_lazy("Category"), "text"),
    (gettext_lazy("Owner"), "text"),
    (gettext_lazy("What is done"), "long"),
)
APPETITE: Columns = (
    (gettext_lazy("Category"), "text"),
    (gettext_lazy("Appetite"), "number"),
    (gettext_lazy("Highest"), "number"),
    (gettext_lazy("State"), "text"),
    (gettext_lazy("Open risks"), "number"),
    (gettext_lazy("Risks above"), "number"),
)
COMPLIANCE: Columns = (
    (gettext_lazy("Framework"), "title"),
    (gettext_lazy("Controls"), "number"),
    (gettext_lazy("Implemented (%)"), "number"),
)
CHANGES: Columns = (
    (gettext_lazy("Risk"), "title"),
    (gettext_lazy("Change"), "text"),
    (gettext_lazy("Before"), "text"),
    (gettext_lazy("After"), "text"),
    (gettext_lazy("Reason"), "long"),
)
ENDING: Columns = (
    (gettext_lazy("Risk"), "title"),
    (gettext_lazy("Level"), "level"),
    (gettext_lazy("Accepted until"), "day"),
    (gettext_lazy("Approved by"), "text"),
)
OVERDUE: Columns = (
    (gettext_lazy("What"), "title"),
    (gettext_lazy("Kind"), "text"),
    (gettext_lazy("Responsible"), "text"),
    (gettext_lazy("Due"), "day"),
)


def write_executive_workbook(
    query: PageQuery, figures: dict[str, Any], person: User, file: BinaryIO
) -> None:
    scope = query.scope
    matrix = matrix_of(scope.organization)
    filters = describe_filters(scope)
    about = about_lines(
        _("Risk report"),
        scope.organization,
        describe_moment(query, figures),
        person,
        {_("Filters"): filters} if filters else {},
    )
    about.insert(3, (_("Compared with"), f"{PERIOD_LABELS[query.period]} before"))
    about.insert(1, (_("In short"), figures["headline"]))
    sheets = []
    if figures["measured"]:
        outlook = load_outlook(scope, query.period, figures["top_risks"]["results"])
        sheets = [*figure_sheets(figures, outlook, matrix), *outlook_sheets(outlook)]
    write_report(about, sheets, matrix, file)


def sheet(title: str, columns: Columns, rows: Any) -> ReportSheet:
    return ReportSheet(title, [SheetColumn(str(label), kind) for label, kind in columns], rows)


def level_cell(level: str | None, score: int | None = None) -> LevelText:
    label = str(Level(level).label) if level else _("Not assessed")
    return LevelText(label if score is None else f"{label} {score}", level or "")


def day_of(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def figure_sheets(
    figures: dict[str, Any], outlook: dict[str, Any], matrix: Matrix
) -> list[ReportSheet]:
    levels = [(str(level.label), "number") for level in Level]
    impacts = [(f"{value} {text}", "number") for value, text in enumerate(matrix.impact_labels, 1)]
    trend = (
        [day_of(day["date"]), *(day[level] for level in Level.values), day["exposure"]]
        for day in figures["timeline"]["days"]
    )
    categories = (
        [
            *(row["name"], row["appetite"], row["highest"] or 0, row["state"].capitalize()),
            *(row["open"], row["above"]),
        ]
        for row in figures["appetite"]["results"]
    )
    frameworks = (
        [f"{row['name']} {row['edition'] or ''}".strip(), row["total"], row["progress"]]
        for row in figures["compliance"]["results"]
    )
    top_risks = top_risks_rows(figures["top_risks"]["results"], outlook["plans"])
    return [
        sheet(_("Figures"), STATS, stats_rows(figures["stats"])),
        sheet(
            _("Heat map"),
            [(_("Likelihood"), "text"), *impacts],
            matrix_rows(figures["matrix"], matrix),
        ),
        sheet(_("Top risks"), TOP_RISKS, top_risks),
        sheet(_("Trend"), [(_("Day"), "day"), *levels, (_("Exposure"), "number")], trend),
        sheet(_("Appetite"), APPETITE, categories),
        sheet(_("Compliance"), COMPLIANCE, frameworks),
    ]


def outlook_sheets(outlook: dict[str, Any]) -> list[ReportSheet]:
    """Return the lists beside the figures; those that are empty are left out.

    They end as those of the PDF do, and their last row says how many rows there are beyond.
    """
    moved, moved_total = outlook["moved"]
    ending, ending_total = outlook["ending"]
    late = sorted([*outlook["reviews"][0], *outlook["late"][0]], key=lambda row: row["due"])
    late = late[:MOST_ROWS]
    late_total = outlook["reviews"][1] + outlook["late"][1]
    sheets = {
        _("Changes"): (
            CHANGES,
            [[row[key] for key in ("name", "way", "before", "after", "reason")] for row in moved],
            moved_total,
        ),
        _("Acceptances that end"): (
            ENDING,
            [
                [
                    f"{row['reference']} {row['title']}",
                    level_cell(row["level"], row["score"]),
                    row["expires_at"].date(),
                    row["person"],
                ]
                for row in ending
            ],
            ending_total,
        ),
        _("Overdue"): (
            OVERDUE,
            [
                [f"{row['reference']} {row['title']}", row["kind"], row["person"], row["due"]]
                for row in late
            ],
            late_total,
        ),
    }
    return [
        sheet(title, columns, [*rows, *more_row(total - len(rows), len(columns))])
        for title, (columns, rows, total) in sheets.items()
        if rows
    ]


def more_row(number: int, columns: int) -> list[list[str | None]]:
    """Return a row that says how many rows were left out, if any were."""
    if number <= 0:
        return []
    return [[_("and %(count)s more") % {"count": f"{number:,}"}, *[None] * (columns - 1)]]


def stats_rows(stats: dict[str, Any]) -> Rows:
    """Yield label, value and change of each figure, those of levels on their colour."""
    changes = stats["change"]
    for name, figure in FIGURES.items():
        _group, _separator, key = name.partition("_")
        if name.startswith("level_"):
            value, change = stats["by_level"][key], changes["by_level"][key]
            yield [LevelText(str(figure.label), key), value, change]
        elif name == "not_assessed":
            yield [str(figure.label), stats["by_level"][name], changes["by_level"][name]]
        elif name.startswith("status_"):
            yield [
                str(figure.label),
                stats["by_status"][key],
                changes.get("by_status", {}).get(key),
            ]
        elif name in stats:
            yield [str(figure.label), stats[name], changes.get(name)]
    overdue = stats["overdue_mitigations"]
    yield [_("Mitigations overdue"), overdue, changes.get("overdue_mitigations")]
    days = stats["mean_days_to_mitigate"]
    yield [_("Average days to mitigate"), None if days is None else round(days), None]


def matrix_rows(heat_map: dict[str, Any], matrix: Matrix) -> Rows:
    """Yield a row for each likelihood, the highest first, each count on the colour of its level."""
    rows: dict[int, list[Any]] = {}
    for cell in sorted(heat_map["cells"], key=lambda cell: (-cell["likelihood"], cell["impact"])):
        likelihood = cell["likelihood"]
        label = f"{likelihood} {matrix.likelihood_labels[likelihood - 1]}"
        rows.setdefault(likelihood, [label]).append(LevelText(cell["count"], cell["level"]))
    yield from rows.values()


def top_risks_rows(results: list[dict[str, Any]], plans: dict[str, str]) -> Rows:
    for row in results:
        yield [
            row["reference"],
            row["title"] or _("A deleted risk"),
            str(Status(row["status"]).label),
            level_cell(row["level"]),
            row["score"],
            float(row["priority"]),
            str(Treatment(row["treatment"]).label) if row["treatment"] else "",
            row["category_name"],
            row["owner_name"],
            plans.get(str(row["id"]), ""),
        ]
