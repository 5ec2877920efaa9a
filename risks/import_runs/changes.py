"""Records of a source, and the changes that they make to objects. Nothing here queries a database.

Values are JSON, and name other rows as people name them: an owner by e-mail address, an asset by
its name. So they can be shown, stored, compared, and read back from an export.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from risks.models import RowAction

Values = dict[str, Any]
# Field -> {"run": id, "value": value}: the last value that a source gave, as in Provenance.fields.
SourceValues = dict[str, dict[str, Any]]


@dataclass(slots=True)
class SourceRecord:
    """The values that a source gives for one object, which it knows as `identity`.

    A record with `errors` (row, column, value, reason) is not carried out. `guessed` has, by field,
    the text of the source where the value is a guess.
    """

    model: str
    identity: str
    row_number: int
    values: Values
    identity_kind: str = ""
    errors: list[Values] = field(default_factory=list)
    guessed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class PlannedChange:
    """The effect of one record. `values` are its values in the register's own words.

    `current` are the object's values now, None if it is new. `changes`: field -> [before, after].
    `edited`: the changed fields that people have edited since the source last gave them.
    `superseded`: the source's earlier values of fields for which it now gives others.
    """

    record: SourceRecord
    action: str = RowAction.ERROR.value
    object_id: UUID | None = None
    values: Values = field(default_factory=dict)
    current: Values | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)
    edited: list[str] = field(default_factory=list)
    superseded: SourceValues = field(default_factory=dict)
    errors: list[Values] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def new_values(self) -> Values:
        """The changed fields with their values after the change."""
        return {name: after for name, (_, after) in self.changes.items()}

    def add_error(self, reason: str, column: str | None = None) -> None:
        self.action = RowAction.ERROR.value
        self.changes, self.edited, self.superseded = {}, [], {}
        self.errors.append(
            {"row": self.record.row_number, "column": column, "value": "", "reason": reason}
        )

    def set_outcome(self, name: str, before: Any, after: Any) -> None:
        """Let the field `name` become `after`; nothing changes if it is `before`."""
        if is_same(before, after):
            self.changes.pop(name, None)
            self.edited = [other for other in self.edited if other != name]
        else:
            self.changes[name] = [before, after]
        if self.action == RowAction.UPDATE and not self.changes:
            self.action = RowAction.UNCHANGED.value


def is_blank(value: Any) -> bool:
    return value is None or value in ("", [], {})


def is_same(first: Any, second: Any) -> bool:
    return first == second or (is_blank(first) and is_blank(second))


def plan_creation(change: PlannedChange) -> None:
    """The object is new: every value that is not blank is a change."""
    change.action = RowAction.CREATE.value
    change.changes = {
        name: [None, value] for name, value in change.values.items() if not is_blank(value)
    }


def plan_update(change: PlannedChange, earlier: SourceValues | None) -> None:
    """Change each field for which the source gives a new value that the object does not have yet.

    A value that the source merely repeats does not overwrite an edit. `earlier` is None if the
    source never gave this object; a field that it did not give counts as blank.
    """
    current = change.current or {}
    for name, value in change.values.items():
        before = current.get(name)
        last_value = earlier[name]["value"] if earlier and name in earlier else None
        is_repeated = earlier is not None and is_same(value, last_value)
        if earlier is not None and name in earlier and not is_repeated:
            change.superseded[name] = earlier[name]
        if is_repeated or is_same(value, before):
            continue
        change.changes[name] = [before, value]
        if earlier is not None and not is_same(before, last_value):
            change.edited.append(name)
    change.action = RowAction.UPDATE.value if change.changes else RowAction.UNCHANGED.value


def merge_source_values(
    change: PlannedChange, earlier: SourceValues | None, run: str
) -> SourceValues:
    """The source's values of the object after `run` is applied."""
    merged = dict(earlier or {})
    for name, value in change.values.items():
        last_value = merged[name]["value"] if name in merged else None
        if not is_same(value, last_value):
            merged[name] = {"run": run, "value": value}
    return merged


def forget_source_values(
    superseded: SourceValues, values: SourceValues, run: str, undone: set[str]
) -> SourceValues:
    """The source's values after `run` is undone, without those of other runs that are undone."""
    remaining = {name: entry for name, entry in values.items() if entry["run"] != run}
    for name, entry in superseded.items():
        if name not in remaining and entry["run"] not in undone:
            remaining[name] = entry
    return remaining
