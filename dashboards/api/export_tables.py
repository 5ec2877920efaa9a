"""Figures as tables: a header and rows, for CSV and for the sheets of XLSX."""

from collections.abc import Callable, Iterable
from typing import Any

from dashboards.figures.movement import WAYS
from dashboards.figures.totals import FIGURES
from risks.models import Level

Row = list[Any]
Answer = dict[str, Any]  # what the API answers
Sheets = dict[str, list[Row]]  # tables by the titles of their sheets
LEVELS = (*Level.values, "not_assessed")

# What `stats` counts beside FIGURES: label and unit.
_OTHERS = {
    "overdue_mitigations": ("Mitigations overdue", "mitigations"),
    "mean_days_to_mitigate": ("Mean time to mitigate", "days"),
}


def build_csv_table(figure: str, answer: Answer) -> list[Row]:
    """The figure as one table."""
    first, *others = build_sheets(figure, answer).values()
    if figure == "mitigations":
        [burn_down] = others
        first += [
            [f"burn_down_{name}", day, value]
            for day, *values in burn_down[1:]
            for name, value in zip(burn_down[0][1:], values, strict=True)
        ]
    return first


def build_sheets(figure: str, answer: Answer) -> Sheets:
    """The figure as sheets: two of mitigations, of `executive` those of each figure in it."""
    if figure == "executive":
        parts = {name: part for name, part in answer.items() if name in _TABLES}
        headline = [["as_of", "headline"], [answer["as_of"], answer["headline"]]]
        found = {"Headline": headline}
        for name, part in parts.items():
            found |= build_sheets(name, part)
        return found
    tables = {_title(figure): _TABLES[figure](answer)}
    if figure == "mitigations":
        tables["Burn-down"] = _columns(answer["burn_down"], ("date", "open", "done"))
    return tables


def _title(figure: str) -> str:
    return figure.replace("_", " ").capitalize()


def _columns(rows: Iterable[Answer], names: tuple[str, ...]) -> list[Row]:
    return [list(names), *([row[name] for name in names] for row in rows)]


# --- Each figure ----------------------------------------------------------------------------------
def _stats(answer: Answer) -> list[Row]:
    values, changes = _flat(answer), _flat(answer["change"])
    known = {name: (figure.label, figure.unit) for name, figure in FIGURES.items()} | _OTHERS
    rows = [
        [name, label, unit, values[name], changes.get(name)]
        for name, (label, unit) in known.items()
    ]
    return [["figure", "label", "unit", "value", "change"], *rows]


def _flat(answer: Answer) -> Answer:
    """By the names of FIGURES."""
    levels = {
        name if name == "not_assessed" else f"level_{name}": value
        for name, value in answer["by_level"].items()
    }
    return answer | levels | {f"status_{name}": v for name, v in answer["by_status"].items()}


def _matrix(answer: Answer) -> list[Row]:
    rows = _columns(answer["cells"], ("likelihood", "impact", "level", "count"))
    return [*rows, [None, None, "not_assessed", answer["not_assessed"]]]


def _timeline(answer: Answer) -> list[Row]:
    return _columns(answer["days"], ("date", *LEVELS, "exposure"))


def _top_risks(answer: Answer) -> list[Row]:
    names = ("reference", "title", "status", "level", "score", "priority", "treatment")
    return _columns(answer["results"], (*names, "category_name", "owner_name"))


def _breakdown(answer: Answer) -> list[Row]:
    return _columns(answer["results"], ("key", "label", "count", "exposure", "highest", *LEVELS))


def _mitigations(answer: Answer) -> list[Row]:
    whole = {"total": answer["total"], "open": answer["open"]}
    parts = {"all": whole} | {name: answer[name] for name in ("by_status", "due", "actions")}
    rows = [[part, name, value] for part, of in parts.items() for name, value in of.items()]
    return [["section", "name", "value"], *rows]


def _movement(answer: Answer) -> list[Row]:
    header = ["way", "reference", "title", "before", "after", "reasons"]
    return [header, *(_moved(way, risk) for way in WAYS for risk in answer[way])]


def _moved(way: str, risk: Answer) -> Row:
    before, after = (
        _words(risk[f"status_{when}"], risk[f"level_{when}"]) for when in ("before", "after")
    )
    reasons = [
        f"{reason['at']:%Y-%m-%d %H:%M} {reason['by'] or 'System'}: {reason['comment']}"
        for reason in risk["reasons"]
    ]
    return [way, risk["reference"], risk["title"], before, after, "\n".join(reasons)]


def _words(status: str | None, level: str | None) -> str | None:
    return status and f"{status}, {level or 'not_assessed'}"


def _compliance(answer: Answer) -> list[Row]:
    statuses = list(answer["results"][0]["by_status"]) if answer["results"] else []
    rows = [row | row["by_status"] for row in answer["results"]]
    return _columns(rows, ("name", "edition", "total", *statuses, "progress"))


def _appetite(answer: Answer) -> list[Row]:
    return _columns(answer["results"], ("name", "appetite", "state", "open", "highest", "above"))


_TABLES: dict[str, Callable[[Answer], list[Row]]] = {
    "stats": _stats,
    "matrix": _matrix,
    "timeline": _timeline,
    "top_risks": _top_risks,
    "breakdown": _breakdown,
    "mitigations": _mitigations,
    "movement": _movement,
    "compliance": _compliance,
    "appetite": _appetite,
}
