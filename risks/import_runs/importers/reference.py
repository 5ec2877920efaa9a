"""Models of which a source mostly says names: those it names and we lack are made."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.importers.base import BATCH, ModelImporter, in_batches
from risks.import_runs.name_lookup import NameIndex
from risks.models import Asset, Category, Provenance, Source


class ReferenceImporter(ModelImporter):
    """A model of which a source only names rows; those it names and we lack are made."""

    shared = True
    unique: ClassVar[str]  # the attribute of Names that knows the rows

    @property
    def known(self) -> NameIndex:
        return getattr(self.scope.names, self.unique)

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        found = {record.identity: self.known.get(record.identity) for record in records}
        return {identity: named.id for identity, named in found.items() if named}

    def create(self, steps: Sequence[PlannedChange]) -> None:
        rows = [self.instance(step) for step in steps]
        for row, step in zip(rows, steps, strict=True):
            row.pk, row.organization = step.object_id, self.scope.organization
        self.model._default_manager.bulk_create(rows, batch_size=BATCH)
        for step in steps:
            assert step.object_id is not None  # noqa: S101  set when it was planned
            self.known.add(step.record.identity, step.object_id)

    def instance(self, step: PlannedChange) -> Any:
        return self.model(name=step.record.identity)

    def update(self, changes: dict[UUID, Values]) -> None:
        """Nothing is said of these rows but their names."""

    def delete(self, ids: Sequence[UUID]) -> int:
        kept = 0
        for batch in in_batches(ids):
            rows = self.rows().filter(pk__in=batch)
            unused = self.unused(rows).values_list("pk", flat=True)
            deleted = list(unused)
            kept += rows.count() - len(deleted)
            rows.filter(pk__in=deleted).delete()
        return kept

    def unused(self, rows: Any) -> Any:
        """Those of `rows` that nobody edited, and nothing refers to."""
        raise NotImplementedError


class CategoryImporter(ReferenceImporter):
    model = Category
    unique = "categories"

    def instance(self, step: PlannedChange) -> Category:
        return Category(name=step.record.identity, **step.record.values)

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        """A register only names categories; a pack describes them."""
        if self.scope.run.source != Source.PACK:
            return super().read(ids)
        rows = self.rows().filter(pk__in=[pk for batch in self.batched(ids) for pk in batch])
        return {pk: {"description": text} for pk, text in rows.values_list("pk", "description")}

    def update(self, changes: dict[UUID, Values]) -> None:
        for pk, category in self.rows().in_bulk(list(changes)).items():
            category.description = changes[pk]["description"] or ""
            category.version += 1
            category.save(update_fields=["description", "version", "updated_at"])

    def unused(self, rows: Any) -> Any:
        return rows.filter(version=1, risks__isnull=True)


class AssetImporter(ReferenceImporter):
    """A source that knows more of an asset than its name says so only where the asset is new."""

    model = Asset
    unique = "assets"

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        """By name, else by what the source called it before, else by where it is reached."""
        found = super().find(records)
        missing = [record for record in records if record.identity not in found]
        if missing and self._connected:
            for record in missing:
                known = self._before.named.get(record.identity) or self._reached(record)
                if known:
                    found[record.identity] = known
        return found

    def _reached(self, record: SourceRecord) -> UUID | None:
        """The one asset that answers at its name or addresses, if there is one."""
        places = [*record.values.get("hostnames", ()), *record.values.get("addresses", ())]
        known = {
            pk
            for place in (record.identity, *places)
            for pk in self._before.places.get(place.lower(), ())
        }
        return known.pop() if len(known) == 1 else None

    @property
    def _before(self) -> "_Assets":
        """Read once a run, before it makes any: so it finds the same when it is carried out."""
        key = "assets before"
        if key not in self.scope.memory:
            self.scope.memory[key] = _Assets(self)
        return self.scope.memory[key]

    def instance(self, step: PlannedChange) -> Asset:
        return Asset(**{"name": step.record.identity} | step.record.values)

    def normalised(self, record: SourceRecord) -> Values:
        """A connector's name for it is kept: so it is known when somebody renames it."""
        return {"name": record.identity} if self._connected else {}

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        if not self._connected:
            return super().read(ids)
        rows = self.rows().filter(pk__in=[pk for batch in self.batched(ids) for pk in batch])
        return {pk: {"name": name} for pk, name in rows.values_list("pk", "name")}

    def settle(self, steps: Sequence[PlannedChange]) -> None:
        """Its name is ours."""
        for step in steps:
            if step.present:
                step.change("name", step.present["name"], step.present["name"])

    @property
    def _connected(self) -> bool:
        return self.scope.run.source == Source.CONNECTOR

    def unused(self, rows: Any) -> Any:
        return rows.filter(
            version=1,
            risk_links__isnull=True,
            dependencies__isnull=True,
            dependents__isnull=True,
            findings__isnull=True,
        )


class _Assets:
    """The assets of the register by what the source called them, and by where they are reached."""

    def __init__(self, target: AssetImporter) -> None:
        run, rows = target.scope.run, target.rows()
        said = Provenance.objects.for_organization(run.organization).filter(
            source=run.source, source_name=run.source_name, model=target.label()
        )
        known = said.filter(object_id__in=rows.values("pk"))
        self.named: dict[str, UUID] = dict(known.values_list("identity", "object_id"))
        self.places: dict[str, list[UUID]] = {}
        found = rows.exclude(hostnames=[], addresses=[])
        for pk, *lists in found.values_list("pk", "hostnames", "addresses"):
            for place in {place.lower() for places in lists for place in places}:
                self.places.setdefault(place, []).append(pk)
