"""Assets of a file of assets, with all of their fields, and the dependencies between them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import BATCH, ImportContext
from risks.import_runs.importers.base import ModelImporter
from risks.models import Asset, AssetDependency, ImportRun, RiskAsset
from risks.services.links import refresh_priority

INVENTORY = "inventory"  # an option of runs whose file is one of assets
STORED = ("description", "type", "criticality", "external_id", "hostnames", "addresses")


def is_inventory(run: ImportRun) -> bool:
    return bool(run.options.get(INVENTORY))


class InventoryFields:
    """The fields of assets as values of a run: owners by their e-mail addresses."""

    def __init__(self, context: ImportContext, assets: Any) -> None:
        self.context, self.assets = context, assets

    def normalize(self, record: SourceRecord) -> Values:
        values = dict(record.values)
        if owner := values.get("owner"):
            names = self.context.names
            member = names.members.get(owner)
            email = member.name if member else names.member_names.get(owner.casefold())
            values["owner"] = email or owner
        return values

    def current(self, ids: Sequence[UUID]) -> dict[UUID, Values]:
        rows = self.assets.filter(pk__in=ids).values("pk", *STORED, "owner__email")
        return {row.pop("pk"): {"owner": row.pop("owner__email"), **row} for row in map(dict, rows)}

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Leave out owners who are not members, and refuse external ids that are taken."""
        taken = self.ids_in_use(changes)
        for change in changes:
            owner = change.new_values.get("owner")
            if owner and not self.context.names.members.get(owner):
                before = change.changes["owner"][0]
                change.notes.append(f"No member is called {owner}: the owner stays as it is.")
                change.set_outcome("owner", before, before)
                change.changes.pop("owner", None)
            external_id = change.new_values.get("external_id")
            if external_id and taken.setdefault(external_id, change.object_id) != change.object_id:
                change.add_error("Another asset has this external id. Change it in the file.")

    def ids_in_use(self, changes: Sequence[PlannedChange]) -> dict[str, UUID | None]:
        wanted = {change.new_values.get("external_id") for change in changes} - {None, ""}
        rows = self.assets.filter(external_id__in=wanted).values_list("external_id", "pk")
        return dict(rows)

    def as_columns(self, values: Values) -> Values:
        """Return the values as columns of the model."""
        columns = {name: value for name, value in values.items() if name in STORED}
        columns = {
            name: value if value is not None else ([] if name in ("hostnames", "addresses") else "")
            for name, value in columns.items()
        }
        if "owner" in values:
            member = self.context.names.people.get(values["owner"]) if values["owner"] else None
            columns["owner_id"] = member.id if member else None
        return columns

    def update(self, values: dict[UUID, Values]) -> None:
        assets = self.assets.in_bulk(list(values))
        for pk, asset in assets.items():
            for name, value in self.as_columns(values[pk]).items():
                setattr(asset, name, value)
            asset.version += 1
            asset.updated_at = timezone.now()
        columns = [*STORED, "owner", "version", "updated_at"]
        Asset.objects.bulk_update(assets.values(), columns, batch_size=250)
        if any("criticality" in changed for changed in values.values()):
            risks = RiskAsset.objects.filter(asset__in=list(values)).values_list("risk", flat=True)
            refresh_priority(self.context.organization, set(risks))


class DependencyImporter(ModelImporter):
    """The values name both assets, and the kind. Dependencies are created and never changed."""

    model = AssetDependency

    def ends_of(self, record: SourceRecord) -> tuple[UUID | None, UUID | None, str]:
        values = record.values
        return self.asset_id(values["asset"]), self.asset_id(values["target"]), values["kind"]

    def asset_id(self, name: str) -> UUID | None:
        key = (Asset._meta.label_lower, name)
        if key in self.context.failed:
            return None
        row = self.context.names.assets.get(name)
        return self.context.object_ids.get(key) or (row.id if row else None)

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        ends = {record.identity: self.ends_of(record) for record in records}
        assets = {asset for asset, _target, _kind in ends.values() if asset}
        links = self.queryset().filter(Q(asset__in=assets))
        known = {
            (asset, target, kind): pk
            for pk, asset, target, kind in links.values_list("pk", "asset", "target", "kind")
        }
        return {identity: known[key] for identity, key in ends.items() if key in known}

    def normalize(self, record: SourceRecord) -> Values:
        return {}

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        for change in changes:
            if not change.errors and None in self.ends_of(change.record):
                change.add_error("One of the two assets is not imported. Correct its row.")

    def create(self, changes: Sequence[PlannedChange]) -> None:
        links = []
        for change in changes:
            asset, target, kind = self.ends_of(change.record)
            if asset is None or target is None:
                continue  # was refused
            links.append(
                AssetDependency(
                    pk=change.object_id,
                    organization=self.context.organization,
                    asset_id=asset,
                    target_id=target,
                    kind=kind,
                )
            )
        AssetDependency.objects.bulk_create(links, batch_size=BATCH)

    def display_names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        rows = self.model.objects.select_related("asset", "target").in_bulk(list(ids))
        return {pk: str(row) for pk, row in rows.items()}

    def dependents(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        return iter(())
