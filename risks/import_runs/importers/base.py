"""How each model takes part in a run: the base of all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model

from openrisk.accounts.models import Organization
from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.name_lookup import NameLookup
from risks.models import ImportRun
from risks.registers.mapping.columns import is_own_export

BATCH = 1000


def in_batches(items: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


@dataclass
class ImportContext:
    """One run: whose, from which source, what it says, and what is known by name.

    `locking`: rows are read to be written, and stay as they are until the transaction ends.
    `objects` are those of the run, by model and identity; new ones keep the ids they have there.
    `taken` says by model which row was the first to mean an object. `failed` are the rows, by model
    and number, that cannot be carried out. A streamed run has some `records` at a time; `memory` is
    what targets keep over all of them.
    """

    run: ImportRun
    records: list[SourceRecord] = field(default_factory=list)
    locking: bool = False
    objects: dict[tuple[str, str], UUID] = field(default_factory=dict)
    failed: set[tuple[str, int]] = field(default_factory=set)
    taken: dict[str, dict[UUID, int]] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def organization(self) -> Organization:
        return self.run.organization

    @cached_property
    def names(self) -> NameLookup:
        return NameLookup(self.organization)

    @cached_property
    def own_export(self) -> bool:
        return is_own_export(column["column"] for column in self.run.mapping)

    @cached_property
    def header_of(self) -> dict[str, str]:
        """The column of each field."""
        mapped = (column for column in self.run.mapping if column["field"])
        return {column["field"]: column["column"] for column in mapped}


class ModelImporter:
    """One model as a run sees it. Values are JSON (see `risks.import_runs.changes`)."""

    model: ClassVar[type[Model]]
    # Made because something else names it: an undo removes it only while nothing uses it.
    shared: ClassVar[bool] = False

    def __init__(self, scope: ImportContext) -> None:
        self.scope = scope

    @classmethod
    def label(cls) -> str:
        return cls.model._meta.label_lower

    @classmethod
    def plural(cls) -> str:
        return str(cls.model._meta.verbose_name_plural)

    def rows(self) -> Any:
        return self.model._default_manager.filter(organization=self.scope.organization)

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        """The objects that exist already, by identity."""
        raise NotImplementedError

    def normalised(self, record: SourceRecord) -> Values:
        """The record's values in the register's own words."""
        return dict(record.values)

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        """How these objects stand now; those that are gone are missing."""
        return {pk: {} for batch in self.batched(ids) for pk in batch}

    def batched(self, ids: Iterable[UUID]) -> Iterator[list[UUID]]:
        """Those of `ids` that exist, locked where the scope says so, some at a time."""
        for batch in in_batches(ids):
            rows = self.rows().filter(pk__in=batch).order_by("pk")
            if self.scope.locking:
                rows = rows.select_for_update()
            yield list(rows.values_list("pk", flat=True))

    def settle(self, steps: Sequence[PlannedChange]) -> None:
        """The last word on the steps of this model, before they are shown or carried out."""

    def refuse_long_texts(self, step: PlannedChange) -> None:
        """A text that the row would have and that is too long for its field fails the row."""
        for name, (_, text) in step.changes.items():
            if not isinstance(text, str):
                continue
            field: Any = getattr(self.model, name, None)
            limit = getattr(getattr(field, "field", None), "max_length", None)
            if limit and len(text) > limit:
                step.fail(
                    f"The text has {len(text):,} characters; {limit:,} are allowed. Shorten it.",
                    self.scope.header_of.get(name),
                )
                return

    def create(self, steps: Sequence[PlannedChange]) -> None:
        raise NotImplementedError

    def update(self, changes: dict[UUID, Values]) -> None:
        raise NotImplementedError

    def witness(self, steps: Sequence[PlannedChange]) -> None:
        """The source has spoken of these objects, changed or not; the steps are carried out."""

    def delete(self, ids: Sequence[UUID]) -> int:
        """Delete those of `ids` that nothing needs; returns how many stay."""
        for batch in in_batches(ids):
            self.rows().filter(pk__in=batch).delete()
        return 0

    def made(self, record: SourceRecord) -> Values:
        """What a new object has without anybody saying so, where that is not blank."""
        return {}

    def attached(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        """What would go with these objects: the object, what hangs on it, and its name."""
        return iter(())

    def titles(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """What people call these objects."""
        found = self.model._default_manager.in_bulk(list(ids))
        return {pk: str(instance) for pk, instance in found.items()}
