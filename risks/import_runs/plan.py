"""Plan: the changes that a run would make, from its records and the register as it is now."""

from collections.abc import Iterable, Sequence

from openrisk.database.ids import uuid7
from risks.import_runs.changes import (
    PlannedChange,
    SourceRecord,
    plan_creation,
    plan_update,
)
from risks.import_runs.context import ImportContext
from risks.import_runs.importers.base import ModelImporter
from risks.import_runs.importers.bill import BillImporter
from risks.import_runs.importers.control import ControlImporter, FrameworkImporter
from risks.import_runs.importers.finding import FindingImporter
from risks.import_runs.importers.inventory import DependencyImporter
from risks.import_runs.importers.mitigation import MitigationImporter
from risks.import_runs.importers.reference import AssetImporter, CategoryImporter
from risks.import_runs.importers.risk import RiskImporter
from risks.import_runs.provenance import source_values_of
from risks.models import ImportRow, ImportRun, RowAction, Source

# In the order in which they write: each may name rows of those before it.
IMPORTERS: tuple[type[ModelImporter], ...] = (
    CategoryImporter,
    AssetImporter,
    DependencyImporter,
    FrameworkImporter,
    ControlImporter,
    RiskImporter,
    MitigationImporter,
    BillImporter,
    FindingImporter,
)
# Counted also in a run that has no records of them: those of a register.
ALWAYS_COUNTED = (CategoryImporter, AssetImporter, RiskImporter, MitigationImporter)
_registered: list[type[ModelImporter]] = []

Plan = list[tuple[ModelImporter, list[PlannedChange]]]


def register_importer(importer: type[ModelImporter]) -> None:
    """Let runs write a model of an app above this one. Called once, from its `ready()`."""
    _registered.append(importer)


def importer_classes() -> tuple[type[ModelImporter], ...]:
    return (*IMPORTERS, *_registered)


def plan_changes(context: ImportContext) -> Plan:
    """Plan one change for each record, by importer. Reads the register and changes nothing."""
    importers = [importer_class(context) for importer_class in importer_classes()]
    return [(importer, plan_model(importer)) for importer in importers]


def plan_model(importer: ModelImporter) -> list[PlannedChange]:
    context, label = importer.context, importer.model_label()
    records = [record for record in context.records if record.model == label]
    if not records:
        return []
    existing = importer.match_existing([record for record in records if not record.errors])
    current = importer.current_values(set(existing.values()))
    source_values = source_values_of(context.run, label, current)
    matched = context.matched.setdefault(label, {})
    changes = []
    for record in records:
        change = PlannedChange(record, errors=list(record.errors))
        changes.append(change)
        if record.errors:
            continue
        pk = existing.get(record.identity)
        if pk not in current:
            change.values = importer.normalize(record)
            change.object_id = context.object_ids.get((label, record.identity)) or uuid7()
            plan_creation(change)
            continue
        change.object_id, change.current = pk, current[pk]
        first = matched.setdefault(pk, record.row_number)
        if first != record.row_number:
            name = importer.model._meta.verbose_name
            change.add_error(f"Row {first} is the same {name}. Remove one of the rows.")
            continue
        change.values = importer.normalize(record)
        plan_update(change, source_values.get(pk))
        if context.run.source in (Source.PACK, Source.SAMPLE):
            keep_local_values(change, was_imported=pk in source_values)
    importer.validate(changes)
    share_outcome(context, label, changes)
    return changes


def share_outcome(context: ImportContext, label: str, changes: Sequence[PlannedChange]) -> None:
    """Tell the importers that come after which objects there are, and which there are not."""
    failed = {c.record.identity for c in changes if c.action == RowAction.ERROR}
    for change in changes:
        if change.action != RowAction.ERROR and change.object_id:
            context.object_ids[label, change.record.identity] = change.object_id
            failed.discard(change.record.identity)
    context.failed |= {(label, identity) for identity in failed}


def keep_local_values(change: PlannedChange, *, was_imported: bool) -> None:
    """Let a pack or sample data change only what it wrote itself and people have not edited.

    Of the three versions of a field (the pack's old and new one, and ours) ours wins if it differs.
    """
    for name in [*(change.edited if was_imported else change.changes)]:
        change.notes.append(f"{name} stays as it is here.")
        before = change.changes[name][0]
        change.set_outcome(name, before, before)


# --- Rows of the database


def to_import_rows(run: ImportRun, changes: Iterable[PlannedChange]) -> list[ImportRow]:
    return [
        ImportRow(
            organization=run.organization,
            run=run,
            row_number=change.record.row_number,
            model=change.record.model,
            identity_kind=change.record.identity_kind,
            identity=change.record.identity,
            object_id=change.object_id,
            action=change.action,
            values=change.record.values,
            changes=change.changes,
            edited=change.edited,
            superseded=change.superseded,
            errors=change.errors,
            notes=change.notes,
            guessed=change.record.guessed,
            is_guessed=bool(change.record.guessed) and change.action != RowAction.ERROR,
            is_held_back=bool(change.notes),
        )
        for change in changes
    ]


def to_source_records(rows: Iterable[ImportRow]) -> list[SourceRecord]:
    """The records as they were stored.

    Errors of rows that were matched with an object are left out: planning finds them again.
    """
    return [
        SourceRecord(
            model=row.model,
            identity=row.identity,
            row_number=row.row_number,
            values=row.values,
            identity_kind=row.identity_kind,
            errors=row.errors if row.object_id is None else [],
            guessed=row.guessed,
        )
        for row in rows
    ]


def count_actions(plan: Plan) -> dict[str, dict[str, int]]:
    """The number of objects of each model that are created, updated, left alone and in error."""
    counts: dict[str, dict[str, int]] = {}
    for importer, changes in plan:
        if changes or isinstance(importer, ALWAYS_COUNTED):
            counter = counts[importer.plural_name()] = dict.fromkeys(RowAction.values, 0)
            for change in changes:
                counter[change.action] += 1
    return counts
