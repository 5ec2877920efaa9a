"""Options of reading a register: what a person says about a file that the file does not say."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from risks.fields import CUSTOM_PREFIX

# Kinds of rows of a RAID log (risks, assumptions, issues, dependencies) that are not risks.
OTHER_KINDS = (
    *("assumptions", "issues", "dependencies", "actions", "decisions", "opportunities", "others"),
)


@dataclass(frozen=True)
class CustomColumn:
    """A field that the organization added, as a target of columns.

    `parse(cell)` returns its value, or raises ValueError with a sentence for people.
    """

    name: str
    label: str
    parse: Callable[[str], Any]

    @property
    def key(self) -> str:
        return self.name.removeprefix(CUSTOM_PREFIX)


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Say how to read one file. What is left at its default is decided by what the file holds.

    `source_name` is the source whose ids the file has, by default the one that its name belongs to.
    `mapping` is the field, "extra" or "leave_out", by header. `scales` and `words` are, by header,
    the scale ("1 to 10") and the rating by text of a column of ratings, 0 where nothing is
    assessed; `meanings` are the status or treatment by text, "" where the text is only kept. All
    three are learned from the last file of the source. `sheet` is the name of the sheet to read,
    `header_row` the number of the row with the names of the columns. `month_first` says how to read
    03/04/2027; None leaves it to the column. `derive_ratings` makes a likelihood and an impact from
    a score or level that stands alone. `include` names the OTHER_KINDS of rows to import as risks
    too. `as_new` takes the file for a source of its own, even if it resembles one that is known.
    """

    source_name: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    meanings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheet: str = ""
    header_row: int = 0
    encoding: str = ""
    month_first: bool | None = None
    derive_ratings: bool = False
    include: tuple[str, ...] = ()
    as_new: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored with a run."""
        return {**asdict(self), "mapping": dict(self.mapping), "include": list(self.include)}

    def with_defaults(self, learned: "ReadingOptions") -> "ReadingOptions":
        """Return these options; where one was left out, as `learned` has it."""
        values = {
            option.name: getattr(self, option.name) or getattr(learned, option.name)
            for option in fields(self)
            if option.name not in {"month_first", "mapping", "scales", "words", "meanings"}
        }
        month_first = learned.month_first if self.month_first is None else self.month_first
        return ReadingOptions(
            mapping={**learned.mapping, **self.mapping},
            scales={**learned.scales, **self.scales},
            words=merge_words(learned.words, self.words),
            meanings=merge_words(learned.meanings, self.meanings),
            month_first=month_first,
            **values,
        )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ReadingOptions":
        """Return the options that `to_json` gave; what it does not name has its default."""
        names = {option.name for option in fields(cls)}
        values = {name: value for name, value in stored.items() if name in names}
        return cls(**{**values, "include": tuple(values.get("include", ()))})


def merge_words(
    before: Mapping[str, Mapping[str, Any]], chosen: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return what texts mean, by header: as chosen, and where nothing was chosen as before."""
    headers = {**before, **chosen}
    return {header: {**before.get(header, {}), **chosen.get(header, {})} for header in headers}


DEFAULT_OPTIONS = ReadingOptions()
