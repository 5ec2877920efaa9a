"""The models whose changes are recorded, as their apps declare them: `track(..., history=...)`."""

from dataclasses import dataclass
from functools import cache

from django.db import models

from openrisk.database.labels import label_of_model
from openrisk.database.tracking import LinkHistory, RowHistory, all_trackings

# They change with every write and mean nothing to a person.
BOOKKEEPING_FIELDS = frozenset(
    {"version", "created_at", "updated_at", "search_text", "search_title", "name_key"}
)


@dataclass(frozen=True)
class RecordedModel:
    """A model with a history. `link` if its rows are entries in the history of another model.

    `is_one_of_several` if the model has other links, so that its triggers are named by the parent.
    """

    model: type[models.Model]
    ignored_fields: frozenset[str]
    link: LinkHistory | None
    is_one_of_several: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def trigger_prefix(self) -> str:
        parent = f"_{self.link.parent}" if self.link and self.is_one_of_several else ""
        return f"openrisk_{self.table}{parent}"

    @property
    def label(self) -> str:
        """Of the model whose history has the entries: for a link, the model of its parent."""
        if self.link is None:
            return label_of_model(self.model)
        parent = self.model._meta.get_field(self.link.parent).related_model
        return label_of_model(parent)  # type: ignore[arg-type]

    @property
    def fields(self) -> list[models.Field]:
        """The concrete fields whose changes are recorded."""
        ignored = self.ignored_fields | {"id", "organization"}
        return [field for field in self.model._meta.concrete_fields if field.name not in ignored]


@dataclass(frozen=True)
class IntervalTable:
    """`interval_table` has a row for each time during which no column of a row of `table` changed.

    `row_column` is its column with the id of that row, `columns` are copied.
    """

    table: str
    interval_table: str
    row_column: str
    columns: tuple[str, ...]


@cache
def recorded_models() -> tuple[RecordedModel, ...]:
    """Built once all apps are ready."""
    recorded = []
    for tracking in all_trackings():
        match tracking.history:
            case RowHistory(ignored_fields=own):
                recorded.append(RecordedModel(tracking.model, BOOKKEEPING_FIELDS.union(own), None))
            case [*links]:
                recorded += [
                    RecordedModel(tracking.model, BOOKKEEPING_FIELDS, link, len(links) > 1)
                    for link in links
                ]
    return tuple(recorded)


@cache
def link_fields(label: str) -> dict[str, models.Field]:
    """The fields that links add to the history of a model, by name: the columns of their values.

    For `risks.risk` for example `assets`, with `RiskAsset.asset`.
    """
    fields = {}
    for recorded in recorded_models():
        if recorded.link and recorded.label == label:
            columns = {field.column: field for field in recorded.model._meta.concrete_fields}
            fields[recorded.link.shown_as] = columns[recorded.link.value_column]
    return fields


def interval_tables() -> list[IntervalTable]:
    return [
        IntervalTable(
            tracking.model._meta.db_table,
            intervals.model._meta.db_table,
            intervals.row_column,
            intervals.columns,
        )
        for tracking in all_trackings()
        if (intervals := tracking.intervals)
    ]
