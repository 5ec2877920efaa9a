"""Provenance: the values that each source last gave each object, and the run that gave them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from risks.import_runs.changes import PlannedChange, SourceValues, merge_source_values
from risks.import_runs.context import BATCH, in_batches
from risks.models import ImportRun, Provenance, RowAction


def provenance_of(run: ImportRun) -> Any:
    """Everything that the source of `run` has given, as a query."""
    rows = Provenance.objects.for_organization(run.organization)
    return rows.filter(source=run.source, source_name=run.source_name)


def source_values_of(run: ImportRun, label: str, ids: Iterable[UUID]) -> dict[UUID, SourceValues]:
    """The values that the source of `run` last gave each of these objects of one model."""
    values: dict[UUID, SourceValues] = {}
    for batch in in_batches(ids):
        rows = provenance_of(run).filter(model=label, object_id__in=batch)
        values.update(rows.values_list("object_id", "fields"))
    return values


def save_provenance(run: ImportRun, label: str, changes: Sequence[PlannedChange]) -> None:
    """Store the values that the source now gives each object, if they differ from the stored."""
    stored = source_values_of(run, label, (c.object_id for c in changes if c.object_id))
    news = []
    for change in changes:
        if change.action == RowAction.ERROR or change.object_id is None:
            continue
        earlier = stored.get(change.object_id)
        fields = merge_source_values(change, earlier, str(run.pk))
        if fields and fields != earlier:
            news.append(
                Provenance(
                    organization=run.organization,
                    source=run.source,
                    source_name=run.source_name,
                    model=label,
                    identity=change.record.identity,
                    object_id=change.object_id,
                    fields=fields,
                )
            )
    Provenance.objects.bulk_create(
        news,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["organization", "source", "source_name", "model", "object_id"],
        update_fields=["fields", "identity"],
    )
