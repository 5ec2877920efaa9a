"""Base of all importers: the part that one model takes in an import run."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import ImportContext, in_batches


class ModelImporter:
    """Matches, compares and writes the objects of one model.

    Values are JSON (see `risks.import_runs.changes`). The methods are in the order in which a run
    calls them: `match_existing` to `validate` plan, `create` to `mark_seen` apply, the rest undo.
    """

    model: ClassVar[type[Model]]
    # Made because another record names it: an undo deletes it only while nothing uses it.
    is_shared: ClassVar[bool] = False

    def __init__(self, context: ImportContext) -> None:
        self.context = context

    @classmethod
    def model_label(cls) -> str:
        return cls.model._meta.label_lower

    @classmethod
    def plural_name(cls) -> str:
        return str(cls.model._meta.verbose_name_plural)

    def queryset(self) -> Any:
        return self.model._default_manager.filter(organization=self.context.organization)

    # --- Planning

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        """The objects that exist already, by the identity of the record."""
        raise NotImplementedError

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        """The values of these objects now; objects that are gone are missing."""
        return {pk: {} for batch in self.existing_in_batches(ids) for pk in batch}

    def existing_in_batches(self, ids: Iterable[UUID]) -> Iterator[list[UUID]]:
        """Those of `ids` that exist, some at a time; locked if the context says so."""
        for batch in in_batches(ids):
            rows = self.queryset().filter(pk__in=batch).order_by("pk")
            if self.context.locking:
                rows = rows.select_for_update()
            yield list(rows.values_list("pk", flat=True))

    def normalize(self, record: SourceRecord) -> Values:
        """The values of a record in the register's own words."""
        return dict(record.values)

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Correct or refuse the planned changes of this model, before they are shown or applied."""

    def check_text_lengths(self, change: PlannedChange) -> None:
        """Refuse the row if a text would be too long for its field."""
        for name, text in change.new_values.items():
            if not isinstance(text, str):
                continue
            field: Any = getattr(self.model, name, None)
            limit = getattr(getattr(field, "field", None), "max_length", None)
            if limit and len(text) > limit:
                change.add_error(
                    f"The text has {len(text):,} characters; {limit:,} are allowed. Shorten it.",
                    self.context.header_of.get(name),
                )
                return

    # --- Applying

    def create(self, changes: Sequence[PlannedChange]) -> None:
        raise NotImplementedError

    def update(self, values: dict[UUID, Values]) -> None:
        """Write these values, by object and field."""
        raise NotImplementedError

    def mark_seen(self, changes: Sequence[PlannedChange]) -> None:
        """Note that the source has given these objects, whether they changed or not."""

    # --- Undoing

    def defaults(self, record: SourceRecord) -> Values:
        """Values of a new object that the record does not give, if they are not blank."""
        return {}

    def dependents(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        """Rows that would be deleted with these objects: object, dependent row, and its name."""
        return iter(())

    def display_names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        objects = self.model._default_manager.in_bulk(list(ids))
        return {pk: str(instance) for pk, instance in objects.items()}

    def delete(self, ids: Sequence[UUID]) -> int:
        """Delete those of `ids` that nothing needs; returns how many remain."""
        for batch in in_batches(ids):
            self.queryset().filter(pk__in=batch).delete()
        return 0
