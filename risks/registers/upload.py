"""From the file of a register to a run: its rows as records of risks and what goes with them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import PurePath
from typing import Any, BinaryIO

from openrisk.accounts.models import Organization, User
from risks.import_runs import lifecycle
from risks.import_runs.changes import SourceRecord
from risks.import_runs.name_lookup import NameIndex, control_names
from risks.models import (
    Asset,
    Category,
    ImportRun,
    Mitigation,
    MitigationStatus,
    Risk,
    RunStatus,
    Source,
)
from risks.registers.mapping.interpreter import interpret_table
from risks.registers.reading.sheet import MAX_BYTES
from risks.registers.reading.text import shorten_text
from risks.registers.results import (
    Difference,
    Guess,
    Interpretation,
    InterpretedRow,
    RowError,
)
from risks.registers.table import Table, read_table
from risks.services.matrix import matrix_of

LONGEST_ID = LONGEST_TITLE = 255
LONGEST_SOURCE = 150
SHOWN = 50  # differences of a column that a run lists; and characters of an id that is wrong
RISK, MITIGATION, ASSET, CATEGORY = (
    model._meta.label_lower for model in (Risk, Mitigation, Asset, Category)
)
# How far the plan is, where the source says how far the risk is.
_PROGRESS = {
    "in_treatment": MitigationStatus.IN_PROGRESS.value,
    "mitigated": MitigationStatus.DONE.value,
    "closed": MitigationStatus.DONE.value,
}


def upload_register(
    *,
    actor: User | None,
    organization: Organization,
    file: BinaryIO,
    file_name: str,
    source_name: str = "",
    mapping: Mapping[str, str] | None = None,
) -> ImportRun:
    """The preview of a CSV or XLSX file, which is not kept itself; the register stays as it is.

    `source_name` is the file's name without its ending unless given; `mapping` is field by header
    and wins over what we would choose. Raises ImportFileError where the file cannot be read.
    """
    data = file.read(MAX_BYTES + 1)
    name = PurePath(file_name.replace("\\", "/")).name
    run = ImportRun(
        organization=organization,
        source=Source.IMPORT,
        source_name=(source_name or PurePath(name).stem)[:LONGEST_SOURCE],
        file_name=shorten_text(name, 255),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    records = read_into_run(run, read_table(data, name, expected=mapping or ()), mapping)
    run.notes += _applied_before(organization, run.sha256)
    return lifecycle.start_run(actor=actor, run=run, records=records)


def read_into_run(
    run: ImportRun, table: Table, mapping: Mapping[str, str] | None
) -> list[SourceRecord]:
    """The records of a register; `run`, which is not saved, is told how the table was read.

    Raises ImportFileError.
    """
    organization = run.organization
    read = interpret_table(table, mapping, levels=matrix_of(organization).levels)
    guesses = (
        *read.guesses,
        *_unknown_controls(organization, read),
        *_differences(read.differences),
    )
    run.mapping = [asdict(column) for column in read.mapping]
    run.guesses = [asdict(guess) for guess in guesses]
    run.notes = list(read.notes)
    return list(_records(read.rows))


def _applied_before(organization: Organization, sha256: str) -> Iterator[str]:
    earlier = ImportRun.objects.for_organization(organization).filter(
        sha256=sha256, status=RunStatus.APPLIED
    )
    if run := earlier.order_by("-applied_at").first():
        yield f"This very file was imported on {run.applied_at:%Y-%m-%d}, as {run.source_name}."


def _unknown_controls(organization: Organization, read: Interpretation) -> Iterator[Guess]:
    """Controls are never made of a name: without its framework, one says nothing."""
    column = next((column.column for column in read.mapping if column.field == "controls"), None)
    if column is None:
        return
    known = NameIndex(control_names(organization).items())
    named = {name: None for row in read.rows for name in row.values.get("controls", ())}
    if unknown := {name: None for name in named if not known.get(name)}:
        detail = (
            f"{len(unknown)} of {len(named)} controls are in no framework here, or in several. "
            "They are kept in extra."
        )
        yield Guess(column, "list", detail, dict(islice(unknown.items(), SHOWN)))


def _differences(differences: Iterable[Difference]) -> Iterator[Guess]:
    """Where the source's own scores and levels are not ours, by column."""
    by_column: dict[str, dict[str, str]] = {}
    for difference in differences:
        cell = f"{difference.theirs} (row {difference.row})"
        by_column.setdefault(difference.column, {})[cell] = difference.ours
    for column, table in by_column.items():
        differ = f"{len(table)} cells differ" if len(table) > 1 else "1 cell differs"
        detail = f"{differ} from what our matrix says. Ours counts; theirs is kept in extra."
        yield Guess(column, "difference", detail, dict(islice(table.items(), SHOWN)))


def _records(rows: Iterable[InterpretedRow]) -> Iterator[SourceRecord]:
    """In the order of the file: what a risk names, the risk, then its plan."""
    seen: dict[str, int] = {}
    mentioned: set[tuple[str, str]] = set()
    for row in rows:
        risk = _risk(row, seen)
        if not risk.errors:
            yield from _mentions(row, mentioned)
        yield risk
        if not risk.errors and row.values.get("treatment_plan"):
            yield _mitigation(row)


def _risk(row: InterpretedRow, seen: dict[str, int]) -> SourceRecord:
    record = SourceRecord(
        model=RISK,
        identity=row.identity,
        row_number=row.row_number,
        values={**row.values, "extra": row.extra},
        identity_kind=row.identity_kind,
        errors=[asdict(error) for error in row.errors],
    )
    first = seen.setdefault(row.identity, row.row_number)
    if len(row.identity) > LONGEST_ID:
        record.errors.append(_error(row, f"The id is longer than {LONGEST_ID} characters."))
    elif first != row.row_number and not record.errors:
        record.errors.append(_error(row, f"Row {first} is the same risk. Remove one of the rows."))
    return record


def _error(row: InterpretedRow, reason: str) -> dict[str, Any]:
    return asdict(RowError(row.row_number, None, row.identity[:SHOWN], reason))


def _mentions(row: InterpretedRow, mentioned: set[tuple[str, str]]) -> Iterator[SourceRecord]:
    category = row.values.get("category")
    named = [(CATEGORY, category)] if category else []
    named += [(ASSET, name) for name in row.values.get("assets", ())]
    for model, name in named:
        if (model, name.lower()) not in mentioned:
            mentioned.add((model, name.lower()))
            yield SourceRecord(model=model, identity=name, row_number=row.row_number, values={})


def _mitigation(row: InterpretedRow) -> SourceRecord:
    plan = row.values["treatment_plan"]
    values = {
        "title": shorten_text(" ".join(plan.split()), LONGEST_TITLE),
        "description": plan,
        "due_date": row.values.get("due_date"),
    }
    if status := _PROGRESS.get(row.values.get("status") or ""):
        values["status"] = status
    return SourceRecord(
        model=MITIGATION, identity=row.identity, row_number=row.row_number, values=values
    )
