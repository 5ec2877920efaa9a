"""Boards in import runs: content packs bring some, shared with all members."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from dashboards.boards.editing import RESERVED_SLUGS
from dashboards.models import Board
from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.importers.base import ModelImporter

WRITTEN = ("name", "widgets", "filters")


class BoardImporter(ModelImporter):
    """Matched by the slug. The person who installs the pack becomes the owner."""

    model = Board

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        slugs = [record.identity for record in records]
        return dict(self.queryset().filter(slug__in=slugs).values_list("slug", "pk"))

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        existing = [pk for batch in self.existing_in_batches(ids) for pk in batch]
        rows = self.queryset().filter(pk__in=existing)
        return {row.pop("pk"): row for row in rows.values("pk", *WRITTEN)}

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        if self.context.run.actor is None:
            for change in changes:
                change.add_error("A board needs an owner. Let a person install the pack.")
        for change in changes:
            if change.record.identity in RESERVED_SLUGS:
                change.add_error(
                    "This address belongs to another page. Give the board another slug."
                )

    def create(self, changes: Sequence[PlannedChange]) -> None:
        Board.objects.bulk_create(
            Board(
                pk=change.object_id,
                organization=self.context.organization,
                slug=change.record.identity,
                owner=self.context.run.actor,
                shared=True,
                **change.record.values,
            )
            for change in changes
        )

    def update(self, values: dict[UUID, Values]) -> None:
        for pk, board in self.queryset().in_bulk(list(values)).items():
            for name, value in values[pk].items():
                setattr(board, name, value)
            board.version += 1
            board.save(update_fields=[*values[pk], "version", "updated_at"])

    def defaults(self, record: SourceRecord) -> Values:
        return {"filters": {}}
