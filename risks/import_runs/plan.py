"""What a run would do, from what its source says and how the register stands."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from openrisk.database.ids import uuid7
from risks.import_runs import changes
from risks.import_runs.changes import PlannedChange, SourceRecord, SourceValues
from risks.import_runs.importers.base import ImportContext, ModelImporter, in_batches
from risks.import_runs.importers.control import ControlImporter, FrameworkImporter
from risks.import_runs.importers.finding import FindingImporter
from risks.import_runs.importers.mitigation import MitigationImporter
from risks.import_runs.importers.reference import AssetImporter, CategoryImporter
from risks.import_runs.importers.risk import RiskImporter
from risks.models import ImportRow, ImportRun, Provenance, RowAction, Source

# In the order in which they are made: each may name rows of those before it.
IMPORTERS: tuple[type[ModelImporter], ...] = (
    CategoryImporter,
    AssetImporter,
    FrameworkImporter,
    ControlImporter,
    RiskImporter,
    MitigationImporter,
    FindingImporter,
)
_more: list[type[ModelImporter]] = []
ALWAYS_COUNTED = (
    CategoryImporter,
    AssetImporter,
    RiskImporter,
    MitigationImporter,
)  # of a register


def register_importer(target: type[ModelImporter]) -> None:
    """Let runs write a model of an app above this one. Called once, from its `ready()`."""
    _more.append(target)


def importer_classes() -> tuple[type[ModelImporter], ...]:
    return (*IMPORTERS, *_more)


Plan = list[tuple[ModelImporter, list[PlannedChange]]]


def plan_changes(scope: ImportContext) -> Plan:
    """The step of each record, by target. Reads the register and changes nothing."""
    return [(target, _steps(target)) for target in (kind(scope) for kind in importer_classes())]


def _steps(target: ModelImporter) -> list[PlannedChange]:
    scope, label = target.scope, target.label()
    records = [record for record in scope.records if record.model == label]
    if not records:
        return []
    found = target.find([record for record in records if not record.errors])
    present = target.read(set(found.values()))
    said = source_values_of(scope.run, label, present)
    taken = scope.taken.setdefault(label, {})
    steps = []
    for record in records:
        step = PlannedChange(record, errors=list(record.errors))
        steps.append(step)
        if record.errors:
            continue
        pk = found.get(record.identity)
        if pk in present:
            step.object_id, step.present = pk, present[pk]
            first = taken.setdefault(pk, record.row_number)
            if first != record.row_number:
                step.fail(f"Row {first} is the same {target.model._meta.verbose_name}.")
                continue
        step.values = target.normalised(record)
        if step.present is None:
            step.object_id = scope.objects.get((label, record.identity)) or uuid7()
            changes.plan_creation(step)
        else:
            changes.plan_update(step, said.get(step.object_id))  # type: ignore[arg-type]
            if scope.run.source == Source.PACK:
                _keep_ours(step, said.get(step.object_id) is not None)  # type: ignore[arg-type]
    target.settle(steps)
    _remember(scope, label, steps)
    return steps


def _keep_ours(step: PlannedChange, spoken: bool) -> None:
    """A pack changes what it wrote, where nobody has edited that; what was there before it, never.

    Of the three versions of a field (the pack's old and new one, and ours) ours wins if it differs.
    """
    for name in [*(step.edited if spoken else step.changes)]:
        step.notes.append(f"{name} stays as it is here.")
        before = step.changes[name][0]
        step.change(name, before, before)


def _remember(scope: ImportContext, label: str, steps: Sequence[PlannedChange]) -> None:
    """For the targets that come after."""
    for step in steps:
        if step.action == RowAction.ERROR:
            scope.failed.add((label, step.record.row_number))
        elif step.object_id:
            scope.objects[label, step.record.identity] = step.object_id


def source_values_of(run: ImportRun, label: str, ids: Iterable[UUID]) -> dict[UUID, SourceValues]:
    """What the source of `run` has said of each of these objects of one model."""
    said: dict[UUID, SourceValues] = {}
    for batch in in_batches(ids):
        rows = provenance_of(run).filter(model=label, object_id__in=batch)
        said.update(rows.values_list("object_id", "fields"))
    return said


def provenance_of(run: ImportRun) -> Any:
    rows = Provenance.objects.for_organization(run.organization)
    return rows.filter(source=run.source, source_name=run.source_name)


# --- As rows of the database


def to_import_rows(run: ImportRun, steps: Iterable[PlannedChange]) -> list[ImportRow]:
    """In the order of the file; what a row makes first comes first."""
    return [
        ImportRow(
            organization=run.organization,
            run=run,
            row_number=step.record.row_number,
            model=step.record.model,
            identity_kind=step.record.identity_kind,
            identity=step.record.identity,
            object_id=step.object_id,
            action=step.action,
            values=step.record.values,
            changes=step.changes,
            edited=step.edited,
            superseded=step.superseded,
            errors=step.errors,
            notes=step.notes,
        )
        for step in steps
    ]


def to_source_records(rows: Iterable[ImportRow]) -> list[SourceRecord]:
    """What the source said, as it was stored. Errors found by planning are left to planning: they
    are of rows that were matched with an object."""
    return [
        SourceRecord(
            model=row.model,
            identity=row.identity,
            row_number=row.row_number,
            values=row.values,
            identity_kind=row.identity_kind,
            errors=row.errors if row.object_id is None else [],
        )
        for row in rows
    ]


def count_actions(plan: Plan) -> dict[str, dict[str, int]]:
    """How many objects of each model are created, updated, left alone and in error."""
    counts = {}
    for target, steps in plan:
        if not steps and not isinstance(target, ALWAYS_COUNTED):
            continue
        counts[target.plural()] = dict.fromkeys(RowAction.values, 0)
        for step in steps:
            counts[target.plural()][step.action] += 1
    return counts
