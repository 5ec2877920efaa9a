"""Boards as a run sees them: content packs bring some, shared with everybody."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from dashboards.boards.editing import RESERVED_SLUGS
from dashboards.models import Board
from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.importers.base import ModelImporter

WRITTEN = ("name", "widgets", "filters")


class BoardImporter(ModelImporter):
    """Known by its slug. It belongs to who installs it, and a pack needs somebody who does."""

    model = Board

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        slugs = [record.identity for record in records]
        return dict(self.rows().filter(slug__in=slugs).values_list("slug", "pk"))

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        rows = self.rows().filter(pk__in=[pk for batch in self.batched(ids) for pk in batch])
        return {row.pop("pk"): row for row in rows.values("pk", *WRITTEN)}

    def settle(self, steps: Sequence[PlannedChange]) -> None:
        if self.scope.run.actor is None:
            for step in steps:
                step.fail("A board belongs to somebody. Let a person install the pack.")
        for step in steps:
            if step.record.identity in RESERVED_SLUGS:
                step.fail("This address belongs to another page. Give the board another slug.")

    def create(self, steps: Sequence[PlannedChange]) -> None:
        Board.objects.bulk_create(
            Board(
                pk=step.object_id,
                organization=self.scope.organization,
                slug=step.record.identity,
                owner=self.scope.run.actor,
                shared=True,
                **step.record.values,
            )
            for step in steps
        )

    def update(self, changes: dict[UUID, Values]) -> None:
        for pk, board in self.rows().in_bulk(list(changes)).items():
            for name, value in changes[pk].items():
                setattr(board, name, value)
            board.version += 1
            board.save(update_fields=[*changes[pk], "version", "updated_at"])

    def made(self, record: SourceRecord) -> Values:
        return {"filters": {}}
