"""Categories and assets: a source mostly gives their names, and unknown names are created."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import BATCH, in_batches
from risks.import_runs.importers.base import ModelImporter
from risks.import_runs.importers.inventory import InventoryFields, is_inventory
from risks.import_runs.name_lookup import NameIndex
from risks.import_runs.provenance import provenance_of
from risks.models import Asset, Category, Source


class ReferenceImporter(ModelImporter):
    """Matches by name, and creates what does not exist."""

    is_shared = True
    lookup: ClassVar[str]  # the attribute of NameLookup that knows the rows

    @property
    def index(self) -> NameIndex:
        return getattr(self.context.names, self.lookup)

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        matches = {record.identity: self.index.get(record.identity) for record in records}
        return {identity: row.id for identity, row in matches.items() if row}

    def create(self, changes: Sequence[PlannedChange]) -> None:
        rows = [self.make_instance(change) for change in changes]
        for row, change in zip(rows, changes, strict=True):
            row.pk, row.organization = change.object_id, self.context.organization
        self.model._default_manager.bulk_create(rows, batch_size=BATCH)
        for change in changes:
            assert change.object_id is not None  # noqa: S101  set when it was planned
            self.index.add(change.record.identity, change.object_id)

    def make_instance(self, change: PlannedChange) -> Any:
        return self.model(**{"name": change.record.identity} | change.record.values)

    def update(self, values: dict[UUID, Values]) -> None:
        """Write nothing: a source gives only the names of these rows."""

    def delete(self, ids: Sequence[UUID]) -> int:
        remaining = 0
        for batch in in_batches(ids):
            rows = self.queryset().filter(pk__in=batch)
            unused = list(self.filter_unused(rows).values_list("pk", flat=True))
            remaining += rows.count() - len(unused)
            rows.filter(pk__in=unused).delete()
        return remaining

    def filter_unused(self, rows: Any) -> Any:
        """Those of `rows` that were never edited, and that nothing refers to."""
        raise NotImplementedError


class CategoryImporter(ReferenceImporter):
    """A register only names categories; a pack describes them."""

    model = Category
    lookup = "categories"

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        if self.context.run.source != Source.PACK:
            return super().current_values(ids)
        existing = [pk for batch in self.existing_in_batches(ids) for pk in batch]
        rows = self.queryset().filter(pk__in=existing)
        return {pk: {"description": text} for pk, text in rows.values_list("pk", "description")}

    def update(self, values: dict[UUID, Values]) -> None:
        for pk, category in self.queryset().in_bulk(list(values)).items():
            category.description = values[pk]["description"] or ""
            category.version += 1
            category.save(update_fields=["description", "version", "updated_at"])

    def filter_unused(self, rows: Any) -> Any:
        return rows.filter(version=1, risks__isnull=True)


class AssetImporter(ReferenceImporter):
    """A source may know more about an asset than its name: that is used only for a new asset.

    A file of assets is about them: all of its fields are written.
    """

    model = Asset
    lookup = "assets"

    @property
    def is_connector(self) -> bool:
        return self.context.run.source == Source.CONNECTOR

    @cached_property
    def inventory(self) -> InventoryFields | None:
        """The fields of assets, where the run is about them and not only names them."""
        if is_inventory(self.context.run):
            return InventoryFields(self.context, self.queryset())
        return None

    def make_instance(self, change: PlannedChange) -> Any:
        if self.inventory is None:
            return super().make_instance(change)
        columns = self.inventory.as_columns(change.new_values)
        return Asset(name=change.record.identity, **columns)

    def update(self, values: dict[UUID, Values]) -> None:
        if self.inventory is not None:
            self.inventory.update(values)

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        """By name, else by the name that the source used before, else by where it is reached."""
        matches = super().match_existing(records)
        missing = [record for record in records if record.identity not in matches]
        if missing and self.is_connector:
            for record in missing:
                reachable_at = (
                    record.identity,
                    *record.values.get("hostnames", ()),
                    *record.values.get("addresses", ()),
                )
                match = self.known_assets.match(record.identity, reachable_at)
                if match:
                    matches[record.identity] = match
        return matches

    @property
    def known_assets(self) -> "KnownAssets":
        """Read once, before the run creates any: so applying finds the same as the preview."""
        key = "known assets"
        if key not in self.context.cache:
            self.context.cache[key] = KnownAssets(self)
        return self.context.cache[key]

    def normalize(self, record: SourceRecord) -> Values:
        """Keep a connector's name for an asset, to find it again after people rename it."""
        if self.inventory:
            return self.inventory.normalize(record)
        return {"name": record.identity} if self.is_connector else {}

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        if not self.is_connector and not self.inventory:
            return super().current_values(ids)
        existing = [pk for batch in self.existing_in_batches(ids) for pk in batch]
        if self.inventory:
            return self.inventory.current(existing)
        rows = self.queryset().filter(pk__in=existing)
        return {pk: {"name": name} for pk, name in rows.values_list("pk", "name")}

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Leave the name as it is: people decide how an asset is called."""
        if self.inventory:
            self.inventory.validate(changes)
            return
        for change in changes:
            if change.current:
                name = change.current["name"]
                change.set_outcome("name", name, name)

    def filter_unused(self, rows: Any) -> Any:
        return rows.filter(
            version=1,
            risk_links__isnull=True,
            dependencies__isnull=True,
            dependents__isnull=True,
            findings__isnull=True,
            bills__isnull=True,
        )


class KnownAssets:
    """Assets of an organization by the source's names for them, and by where they are reached."""

    def __init__(self, importer: AssetImporter) -> None:
        assets = importer.queryset()
        given = provenance_of(importer.context.run).filter(
            model=importer.model_label(), object_id__in=assets.values("pk")
        )
        self.by_source_name: dict[str, UUID] = dict(given.values_list("identity", "object_id"))
        self.by_address: dict[str, list[UUID]] = {}
        reachable = assets.exclude(hostnames=[], addresses=[])
        for pk, *lists in reachable.values_list("pk", "hostnames", "addresses"):
            for address in {address.lower() for addresses in lists for address in addresses}:
                self.by_address.setdefault(address, []).append(pk)

    def match(self, name: str, addresses: Iterable[str]) -> UUID | None:
        """The asset with this name in the source, else the only one that these addresses reach."""
        if name in self.by_source_name:
            return self.by_source_name[name]
        reached = {pk for a in addresses for pk in self.by_address.get(a.lower(), ())}
        return reached.pop() if len(reached) == 1 else None
