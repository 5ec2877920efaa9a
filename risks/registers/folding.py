"""Folding: the rows of one risk, with an action or an asset in each, as one risk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from risks.fields import LINKS
from risks.registers.mapping.values import CIRCUMSTANCES
from risks.registers.reading.sheet import list_numbers
from risks.registers.reading.text import title_key
from risks.registers.results import (
    SHOWN_CHARACTERS,
    ColumnMapping,
    InterpretedRow,
    RowError,
)
from risks.text import count_text

_TEXTS = {"description", *CIRCUMSTANCES}  # joined where rows say different things
# The least advanced of several statuses counts.
_PROGRESS = (
    *("draft", "identified", "reopened", "assessed", "treatment_planned", "in_treatment"),
    *("accepted", "mitigated", "closed"),
)
_OF_PLAN = {"treatment_plan", "due_date", "assignee"}


@dataclass(frozen=True, slots=True)
class Plan:
    """One action of a risk, from one row. `details` are cells in which its rows differ."""

    row_number: int
    text: str
    due_date: str | None
    status: str | None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class FoldedRisk:
    """A risk with the values of all its rows, and their plans. `row` is the first of them."""

    row: InterpretedRow
    plans: list[Plan]


def fold_rows(
    rows: Iterable[InterpretedRow], mapping: Iterable[ColumnMapping] = ()
) -> tuple[list[FoldedRisk], list[str]]:
    """Return one risk for the rows that have its identity, and notes.

    Lists and actions add up, and what only one row says counts. A row that contradicts the first
    one is in error.
    """
    header_of = {column.field: column.column for column in mapping if column.field}
    groups: dict[tuple[str, str], list[InterpretedRow]] = {}
    for row in rows:
        key = (row.identity_kind, row.identity) if row.identity else ("row", str(row.row_number))
        groups.setdefault(key, []).append(row)
    risks: list[FoldedRisk] = []
    further: list[int] = []
    for first, *others in groups.values():
        same = [first]
        for row in others:
            if not row.errors:
                row.errors += find_conflicts(first, row, header_of)
            if row.errors:
                risks.append(FoldedRisk(row, []))
            else:
                same.append(row)
                further.append(row.row_number)
        risks.append(fold_group(same))
    notes = []
    if further:
        notes.append(
            f"{count_text(len(further), 'row')} give more of a risk that a row above them began: "
            f"{list_numbers(sorted(further))}. Each action is a mitigation."
        )
    return sorted(risks, key=lambda risk: risk.row.row_number), notes


def find_conflicts(
    first: InterpretedRow, row: InterpretedRow, header_of: Mapping[str, str]
) -> list[RowError]:
    """Return an error for the first value that both rows give and that differs."""
    if row.identity_kind == "reference":
        reason = f"Row {first.row_number} is the same risk. Remove one of the rows."
        return [RowError(row.row_number, header_of.get("reference"), row.identity, reason)]
    for name in dict.fromkeys(("title", *row.values)):
        value = row.values.get(name)
        if name in {*LINKS, *_TEXTS, *_OF_PLAN, "status"} or not value:
            continue
        before = first.values.get(name)
        if before and not is_same_value(before, value):
            reason = (
                f"Row {first.row_number} is the same risk, but has {describe(before)} here. "
                "Correct one of the rows, or give this one an id or a title of its own."
            )
            return [RowError(row.row_number, header_of.get(name), describe(value), reason)]
    return []


def is_same_value(first: Any, second: Any) -> bool:
    if isinstance(first, str) and isinstance(second, str):
        return title_key(first) == title_key(second)
    return bool(first == second)


def describe(value: Any) -> str:
    return str(value)[:SHOWN_CHARACTERS]


def fold_group(rows: Sequence[InterpretedRow]) -> FoldedRisk:
    """Return the risk of rows that do not contradict each other. Changes the first of them."""
    first = rows[0]
    plans = list_plans(rows)
    for row in rows[1:]:
        for name, value in row.values.items():
            before = first.values.get(name)
            if name in LINKS:
                first.values[name] = list(dict.fromkeys([*(before or ()), *value]))
            elif name in _TEXTS:
                first.values[name] = join_texts(before or "", value or "")
            elif name == "status" and before and value:
                first.values[name] = min(before, value, key=_PROGRESS.index)
            elif not before:
                first.values[name] = value
        for name, text in row.extra.items():
            first.extra[name] = join_texts(first.extra.get(name, ""), text)
        first.guessed = {**row.guessed, **first.guessed}
    return FoldedRisk(first, plans)


def list_plans(rows: Sequence[InterpretedRow]) -> list[Plan]:
    """Return the plan of each row that has one; a plan that is repeated counts once."""
    names = dict.fromkeys(name for row in rows for name in row.extra)
    differing = [name for name in names if len({row.extra.get(name, "") for row in rows}) > 1]
    people = {row.values.get("assignee") for row in rows}
    plans: dict[str, Plan] = {}
    for row in rows:
        text = row.values.get("treatment_plan")
        if not text or title_key(text) in plans:
            continue
        details = {name: row.extra[name] for name in differing if name in row.extra}
        if len(people) > 1 and row.values.get("assignee"):
            details["Assignee"] = row.values["assignee"]
        plans[title_key(text)] = Plan(
            row.row_number, text, row.values.get("due_date"), row.values.get("status"), details
        )
    return list(plans.values())


def join_texts(before: str, text: str) -> str:
    """Return both texts, each line once."""
    return "\n".join(dict.fromkeys([*before.split("\n"), *text.split("\n")])).strip("\n")
