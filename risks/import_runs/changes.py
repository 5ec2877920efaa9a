"""What a source says of objects, and what that changes. Nothing here touches a database.

Values are JSON, and name other rows as people name them: an owner by e-mail address, an asset by
its name. So they can be shown, stored, compared, and read back from an export.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from risks.models import RowAction

Values = dict[str, Any]
SourceValues = dict[
    str, dict[str, Any]
]  # field -> {"run": id, "value": value}, as in Provenance.fields


@dataclass(slots=True)
class SourceRecord:
    """What a source says of one object, which it knows as `identity`.

    A record with `errors` (row, column, value, reason) is not carried out.
    """

    model: str
    identity: str
    row_number: int
    values: Values
    identity_kind: str = ""
    errors: list[Values] = field(default_factory=list)


@dataclass(slots=True)
class PlannedChange:
    """What becomes of one record. `values` are its own, in the register's words.

    `present` is how the object stands, None where it is new. `changes`: field -> [before, after].
    `edited`: the changed fields that somebody has edited since the source last spoke.
    `superseded`: what it said before, where it now says otherwise.
    """

    record: SourceRecord
    action: str = RowAction.ERROR.value
    object_id: UUID | None = None
    values: Values = field(default_factory=dict)
    present: Values | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)
    edited: list[str] = field(default_factory=list)
    superseded: SourceValues = field(default_factory=dict)
    errors: list[Values] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> Values:
        """The changed fields, as they are afterwards."""
        return {name: after for name, (_, after) in self.changes.items()}

    def fail(self, reason: str, column: str | None = None) -> None:
        self.action = RowAction.ERROR.value
        self.changes, self.edited, self.superseded = {}, [], {}
        self.errors.append(
            {"row": self.record.row_number, "column": column, "value": "", "reason": reason}
        )

    def change(self, name: str, before: Any, after: Any) -> None:
        """Make `after` the outcome of one field; where it is `before`, nothing changes."""
        if is_same(before, after):
            self.changes.pop(name, None)
            self.edited = [other for other in self.edited if other != name]
        else:
            self.changes[name] = [before, after]
        if self.action == RowAction.UPDATE and not self.changes:
            self.action = RowAction.UNCHANGED.value


def is_blank(value: Any) -> bool:
    return value is None or value in ("", [])


def is_same(one: Any, other: Any) -> bool:
    return one == other or (is_blank(one) and is_blank(other))


def plan_creation(step: PlannedChange) -> None:
    """The object is new: all that is said of it is a change."""
    step.action = RowAction.CREATE.value
    step.changes = {
        name: [None, value] for name, value in step.values.items() if not is_blank(value)
    }


def plan_update(step: PlannedChange, said: SourceValues | None) -> None:
    """The object exists: a field changes where the source says something new that is not so yet.

    What the source merely repeats does not overwrite what somebody has edited since. `said` is
    None where the source never spoke of the object; a field it did not speak of was blank.
    """
    present = step.present or {}
    for name, value in step.values.items():
        before = present.get(name)
        earlier = _value(said, name)
        if said is not None and not is_same(value, earlier) and name in said:
            step.superseded[name] = said[name]
        if is_same(value, before) or (said is not None and is_same(value, earlier)):
            continue
        step.changes[name] = [before, value]
        if said is not None and not is_same(before, earlier):
            step.edited.append(name)
    step.action = RowAction.UPDATE.value if step.changes else RowAction.UNCHANGED.value


def _value(said: SourceValues | None, name: str) -> Any:
    return said[name]["value"] if said and name in said else None


def merge_source_values(step: PlannedChange, said: SourceValues | None, run: str) -> SourceValues:
    """What the source has said of the object once `run` is applied."""
    result = dict(said or {})
    for name, value in step.values.items():
        known = name in result
        if (known or not is_blank(value)) and not (known and is_same(result[name]["value"], value)):
            result[name] = {"run": run, "value": value}
    return result


def forget_source_values(
    step_superseded: SourceValues, said: SourceValues, run: str, undone: set[str]
) -> SourceValues:
    """What the source has said once `run` is undone, without what other undone runs said."""
    kept = {name: entry for name, entry in said.items() if entry["run"] != run}
    for name, entry in step_superseded.items():
        if name not in kept and entry["run"] not in undone:
            kept[name] = entry
    return kept
