"""Figures as tables, a header and rows: for CSV files and the sheets of XLSX."""

from collections.abc import Callable, Iterable
from typing import Any

from dashboards.figures.movement import WAYS
from dashboards.figures.totals import FIGURES, LEVELS

Row = list[Any]
Answer = dict[str, Any]  # of the figure's endpoint
Sheets = dict[str, list[Row]]  # tables by the titles of their sheets


def build_csv_table(figure: str, answer: Answer) -> list[Row]:
    """Return the figure as one table."""
    table, *others = build_sheets(figure, answer).values()
    if figure == "mitigations":
        [(header, *rows)] = others
        table += [
            [f"burn_down_{name}", day, value]
            for day, *values in rows
            for name, value in zip(header[1:], values, strict=True)
        ]
    return table


def build_sheets(figure: str, answer: Answer) -> Sheets:
    """Return the figure as sheets: two for mitigations, for `executive` those of its figures."""
    if figure == "executive":
        sheets = {"Headline": [["as_of", "headline"], [answer["as_of"], answer["headline"]]]}
        for name, part in answer.items():
            if name in TABLES:
                sheets |= build_sheets(name, part)
        return sheets
    sheets = {figure.replace("_", " ").capitalize(): TABLES[figure](answer)}
    if figure == "mitigations":
        sheets["Burn-down"] = select_columns(answer["burn_down"], ("date", "open", "done"))
    return sheets


def select_columns(rows: Iterable[Answer], names: tuple[str, ...]) -> list[Row]:
    return [list(names), *([row[name] for name in names] for row in rows)]


# --- A table for each figure ----------------------------------------------------------------------
def stats_table(answer: Answer) -> list[Row]:
    figures = {name: (figure.label, figure.unit) for name, figure in FIGURES.items()} | {
        "overdue_mitigations": ("Mitigations overdue", "mitigations"),
        "mean_days_to_mitigate": ("Mean time to mitigate", "days"),
    }
    values, changes = flatten_stats(answer), flatten_stats(answer["change"])
    rows = [
        [name, label, unit, values[name], changes.get(name)]
        for name, (label, unit) in figures.items()
    ]
    return [["figure", "label", "unit", "value", "change"], *rows]


def flatten_stats(answer: Answer) -> Answer:
    """Return the values under the names of FIGURES."""
    levels = {
        name if name == "not_assessed" else f"level_{name}": value
        for name, value in answer["by_level"].items()
    }
    statuses = {f"status_{name}": value for name, value in answer["by_status"].items()}
    return answer | levels | statuses


def matrix_table(answer: Answer) -> list[Row]:
    rows = select_columns(answer["cells"], ("likelihood", "impact", "level", "count"))
    return [*rows, [None, None, "not_assessed", answer["not_assessed"]]]


def timeline_table(answer: Answer) -> list[Row]:
    return select_columns(answer["days"], ("date", *LEVELS, "exposure"))


def top_risks_table(answer: Answer) -> list[Row]:
    names = ("reference", "title", "status", "level", "score", "priority", "treatment")
    return select_columns(answer["results"], (*names, "category_name", "owner_name"))


def breakdown_table(answer: Answer) -> list[Row]:
    names = ("key", "label", "count", "exposure", "highest", *LEVELS)
    return select_columns(answer["results"], names)


def mitigations_table(answer: Answer) -> list[Row]:
    sections = {"all": {"total": answer["total"], "open": answer["open"]}}
    sections |= {name: answer[name] for name in ("by_status", "due", "actions")}
    rows = [
        [section, name, value]
        for section, counts in sections.items()
        for name, value in counts.items()
    ]
    return [["section", "name", "value"], *rows]


def movement_table(answer: Answer) -> list[Row]:
    rows: list[Row] = [["way", "reference", "title", "before", "after", "reasons"]]
    for way in WAYS:
        for risk in answer[way]:
            before, after = (
                (status := risk[f"status_{when}"])
                and f"{status}, {risk[f'level_{when}'] or 'not_assessed'}"
                for when in ("before", "after")
            )
            reasons = "\n".join(
                f"{reason['at']:%Y-%m-%d %H:%M} {reason['by'] or 'System'}: {reason['comment']}"
                for reason in risk["reasons"]
            )
            rows.append([way, risk["reference"], risk["title"], before, after, reasons])
    return rows


def compliance_table(answer: Answer) -> list[Row]:
    statuses = list(answer["results"][0]["by_status"]) if answer["results"] else []
    rows = [row | row["by_status"] for row in answer["results"]]
    return select_columns(rows, ("name", "edition", "total", *statuses, "progress"))


def appetite_table(answer: Answer) -> list[Row]:
    names = ("name", "appetite", "state", "open", "highest", "above")
    return select_columns(answer["results"], names)


TABLES: dict[str, Callable[[Answer], list[Row]]] = {
    "stats": stats_table,
    "matrix": matrix_table,
    "timeline": timeline_table,
    "top_risks": top_risks_table,
    "breakdown": breakdown_table,
    "mitigations": mitigations_table,
    "movement": movement_table,
    "compliance": compliance_table,
    "appetite": appetite_table,
}
