"""Bills of materials: how statements of others call an asset and its components."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import BATCH
from risks.import_runs.importers.base import ModelImporter
from risks.models import Asset, BillOfMaterials, RowAction

IDENTITY = ("asset", "serial_number", "bill_version", "product")
WRITTEN = ("subject", "components")


class BillImporter(ModelImporter):
    """Values are those of IDENTITY, with the asset by its name, and of WRITTEN."""

    model = BillOfMaterials

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        matches = {}
        for record in records:  # a report has one
            bills = self.queryset().filter(**self.identity_of(record))
            if pk := bills.values_list("pk", flat=True).first():
                matches[record.identity] = pk
        return matches

    def identity_of(self, record: SourceRecord) -> Values:
        values = {name: record.values[name] for name in IDENTITY}
        values["asset"] = self.context.object_ids[Asset._meta.label_lower, values["asset"]]
        return values

    def normalize(self, record: SourceRecord) -> Values:
        return {name: record.values[name] for name in WRITTEN}

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        existing = [pk for batch in self.existing_in_batches(ids) for pk in batch]
        rows = self.queryset().filter(pk__in=existing)
        return {row.pop("pk"): row for row in rows.values("pk", *WRITTEN)}

    def create(self, changes: Sequence[PlannedChange]) -> None:
        for change in changes:
            identity = self.identity_of(change.record)
            BillOfMaterials.objects.create(
                pk=change.object_id,
                organization=self.context.organization,
                asset_id=identity.pop("asset"),
                seen_at=self.context.run.looked_at or self.context.run.created_at,
                **identity,
                **{name: change.values[name] for name in WRITTEN},
            )

    def update(self, values: dict[UUID, Values]) -> None:
        for pk, bill in self.queryset().in_bulk(list(values)).items():
            for name, value in values[pk].items():
                setattr(bill, name, value)
            bill.save(update_fields=[*values[pk]])

    def mark_seen(self, changes: Sequence[PlannedChange]) -> None:
        seen = [c.object_id for c in changes if c.object_id and c.action != RowAction.ERROR]
        at = self.context.run.looked_at or self.context.run.created_at
        self.queryset().filter(pk__in=seen[:BATCH], seen_at__lt=at).update(seen_at=at)

    def defaults(self, record: SourceRecord) -> Values:
        return {"components": {}}
