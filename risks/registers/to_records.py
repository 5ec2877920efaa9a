"""Records: from interpreted rows to the records of an import run (`risks.import_runs.changes`)."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from risks.import_runs.changes import SourceRecord
from risks.models import Asset, Category, Mitigation, MitigationStatus, Risk
from risks.registers.results import InterpretedRow, RowError
from risks.text import shorten_text

MAX_ID = MAX_TITLE = 255
SHOWN_ID = 50  # characters of an id that an error repeats
RISK, MITIGATION, ASSET, CATEGORY = (
    model._meta.label_lower for model in (Risk, Mitigation, Asset, Category)
)
# The status of a new plan, by the status of its risk in the source.
_PLAN_STATUS = {
    "in_treatment": MitigationStatus.IN_PROGRESS.value,
    "mitigated": MitigationStatus.DONE.value,
    "closed": MitigationStatus.DONE.value,
}


def to_records(rows: Iterable[InterpretedRow]) -> Iterator[SourceRecord]:
    """In the order of the file: the category and assets that a risk names, the risk, its plan."""
    first_rows: dict[str, int] = {}
    named: set[tuple[str, str]] = set()
    for row in rows:
        risk = risk_record(row, first_rows)
        if not risk.errors:
            yield from named_records(row, named)
        yield risk
        if not risk.errors and row.values.get("treatment_plan"):
            yield plan_record(row)


def risk_record(row: InterpretedRow, first_rows: dict[str, int]) -> SourceRecord:
    record = SourceRecord(
        model=RISK,
        identity=row.identity,
        row_number=row.row_number,
        values={**row.values, "extra": row.extra},
        identity_kind=row.identity_kind,
        errors=[asdict(error) for error in row.errors],
    )

    def add_error(reason: str) -> None:
        error = RowError(row.row_number, None, row.identity[:SHOWN_ID], reason)
        record.errors.append(asdict(error))

    first = first_rows.setdefault(row.identity, row.row_number)
    if len(row.identity) > MAX_ID:
        add_error(f"The id is longer than {MAX_ID} characters. Shorten it.")
    elif first != row.row_number and not record.errors:
        add_error(f"Row {first} is the same risk. Remove one of the rows.")
    return record


def named_records(row: InterpretedRow, named: set[tuple[str, str]]) -> Iterator[SourceRecord]:
    """The category and the assets of a row that no row before it named."""
    category = row.values.get("category")
    names = [(CATEGORY, category)] if category else []
    names += [(ASSET, name) for name in row.values.get("assets", ())]
    for model, name in names:
        if (model, name.lower()) not in named:
            named.add((model, name.lower()))
            yield SourceRecord(model=model, identity=name, row_number=row.row_number, values={})


def plan_record(row: InterpretedRow) -> SourceRecord:
    plan = row.values["treatment_plan"]
    values: dict[str, Any] = {
        "title": shorten_text(" ".join(plan.split()), MAX_TITLE),
        "description": plan,
        "due_date": row.values.get("due_date"),
    }
    if status := _PLAN_STATUS.get(row.values.get("status") or ""):
        values["status"] = status
    return SourceRecord(
        model=MITIGATION, identity=row.identity, row_number=row.row_number, values=values
    )
