"""A form beside a row that someone else changed while the person was writing.

The form says in the hidden field `seen` which values it was drawn with. So what only the others
changed is told from what both changed, and the person chooses, field by field, what to keep.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

MINE, THEIRS = "mine", "theirs"
MOST_SEEN = 8000  # characters of `seen`


@dataclass(frozen=True)
class FieldDifference:
    """A field whose stored value is another one than what was typed."""

    name: str
    label: str
    stored: str
    typed: str
    keep: str  # the choice that is offered first
    is_changed_by_both: bool


class ComparedForm:
    """Mixin of a form whose `initial` is the row as it is stored, and which has a `version`."""

    not_compared: tuple[str, ...] = ("version", "comment")
    fields: Any
    data: Any
    is_bound: bool

    @cached_property
    def seen(self) -> str:
        """Return the value of the hidden field `seen`: a check sum of each stored value."""
        sums = {name: check_sum(self.stored_values(name)) for name in self.compared_names}
        return orjson.dumps(sums).decode()

    @property
    def compared_names(self) -> list[str]:
        return [name for name in self.fields if name not in self.not_compared]

    def keep_chosen(self) -> None:
        """Put the stored value into each field of which the person chose to keep it."""
        if not self.is_bound:
            return
        chosen = [n for n in self.compared_names if self.data.get(f"keep-{n}") == THEIRS]
        if chosen:
            self.data = self.data.copy()
            for name in chosen:
                self.data.setlist(name, self.stored_values(name))

    def differences(self) -> list[FieldDifference]:
        """Return the fields that differ from the stored row, with what to keep of each."""
        seen = self.parse_seen()
        differences = []
        for name in self.changed_data:  # type: ignore[attr-defined]
            if name in self.not_compared:
                continue
            stored, typed = self.stored_values(name), self.typed_values(name)
            was = seen.get(name)
            by_me = was is None or check_sum(typed) != was
            by_others = was is None or check_sum(stored) != was
            differences.append(
                FieldDifference(
                    name,
                    self.label_of(name),
                    self.in_words(name, stored),
                    self.in_words(name, typed),
                    MINE if by_me else THEIRS,
                    by_me and by_others,
                )
            )
        return differences

    def parse_seen(self) -> dict[str, str]:
        try:
            seen = orjson.loads(self.data.get("seen", "")[:MOST_SEEN])
        except orjson.JSONDecodeError:
            return {}
        return seen if isinstance(seen, dict) else {}

    def stored_values(self, name: str) -> list[str]:
        """Return the stored value as the browser would send it."""
        field = self.fields[name]
        value = field.prepare_value(self.get_initial_for_field(field, name))  # type: ignore[attr-defined]
        return normalize(field.widget.format_value(value))

    def typed_values(self, name: str) -> list[str]:
        return normalize(self.data.getlist(name))

    def label_of(self, name: str) -> str:
        return str(self[name].label)  # type: ignore[index]

    def in_words(self, name: str, values: list[str]) -> str:
        choices = getattr(self.fields[name], "choices", None)
        if choices is None:
            return "\n".join(values)
        return ", ".join(str(label) for key, label in choices if str(key) in values and str(key))


def normalize(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    texts = ("" if part is None else str(part).replace("\r\n", "\n").strip() for part in values)
    return [text for text in texts if text]


def check_sum(values: list[str]) -> str:
    return f"{zlib.crc32(chr(31).join(values).encode()):x}"
