"""Records: from interpreted rows to the records of an import run (`risks.import_runs.changes`)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from openrisk.text.names import name_key
from risks.import_runs.changes import SourceRecord
from risks.models import Asset, Category, Mitigation, MitigationStatus, Risk
from risks.registers.folding import FoldedRisk
from risks.registers.reading.text import title_key
from risks.registers.results import InterpretedRow, RowError
from risks.text import shorten_text

MAX_ID = MAX_TITLE = 255
_DIGEST = 12
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


def to_records(risks: Iterable[FoldedRisk]) -> Iterator[SourceRecord]:
    """In the order of the file: what a risk names, the risk, its plans."""
    named: set[tuple[str, str]] = set()
    for risk in risks:
        record = risk_record(risk.row)
        if not record.errors:
            yield from named_records(risk.row, named)
        yield record
        if not record.errors:
            yield from plan_records(risk)


def risk_record(row: InterpretedRow) -> SourceRecord:
    record = SourceRecord(
        model=RISK,
        identity=row.identity,
        row_number=row.row_number,
        values={**row.values, "extra": row.extra},
        identity_kind=row.identity_kind,
        errors=[asdict(error) for error in row.errors],
        guessed=row.guessed,
    )
    if len(row.identity) > MAX_ID:
        reason = f"The id is longer than {MAX_ID} characters. Shorten it."
        error = RowError(row.row_number, None, row.identity[:SHOWN_ID], reason)
        record.errors.append(asdict(error))
    return record


def named_records(row: InterpretedRow, named: set[tuple[str, str]]) -> Iterator[SourceRecord]:
    """The category and the assets of a row that no row before it named."""
    category = row.values.get("category")
    names = [(CATEGORY, category)] if category else []
    names += [(ASSET, name) for name in row.values.get("assets", ())]
    for model, name in names:
        if (model, name_key(name)) not in named:
            named.add((model, name_key(name)))
            yield SourceRecord(model=model, identity=name, row_number=row.row_number, values={})


def plan_records(risk: FoldedRisk) -> Iterator[SourceRecord]:
    """The first plan has the identity of its risk, the others one that contains their text."""
    identity = risk.row.identity
    for position, plan in enumerate(risk.plans):
        details = [f"{name}: {text}" for name, text in plan.details.items()]
        values: dict[str, Any] = {
            "title": shorten_text(" ".join(plan.text.split()), MAX_TITLE),
            "description": "\n".join([plan.text, *details]),
            "due_date": plan.due_date,
        }
        if status := _PLAN_STATUS.get(plan.status or ""):
            values["status"] = status
        if position:
            values["risk"] = identity
        yield SourceRecord(
            model=MITIGATION,
            identity=plan_identity(identity, plan.text) if position else identity,
            row_number=plan.row_number,
            values=values,
        )


def plan_identity(risk: str, plan: str) -> str:
    """ "R1 / buy a pump"; a long one ends in a hash of the whole."""
    identity = f"{risk} / {title_key(plan)}"
    if len(identity) <= MAX_ID:
        return identity
    digest = hashlib.sha256(identity.encode()).hexdigest()[:_DIGEST]
    return f"{identity[: MAX_ID - _DIGEST - 1]}#{digest}"
