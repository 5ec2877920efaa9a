"""Values: what the cells of one column mean for a field of a risk."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from risks.fields import LINKS, PEOPLE, RATINGS, Kind, field_names
from risks.registers.mapping.dates import read_dates
from risks.registers.mapping.lexicon import (
    OPEN,
    days_between_reviews,
    leading_status_of,
    leading_treatment_of,
    status_of,
    treatment_of,
)
from risks.registers.mapping.ratings.reading import RatingColumn, read_ratings
from risks.registers.mapping.ratings.scales import RatedRow, Scale
from risks.registers.options import DEFAULT_OPTIONS, CustomColumn, ReadingOptions
from risks.registers.reading.text import match_key, split_list
from risks.registers.results import SHOWN_CHARACTERS, Guess, MappingError, TextReading
from risks.scoring import KINDS, default_levels
from risks.text import shorten_text

# Characters. Fields that are not named here may fill a cell (`risks.registers.table.MAX_CELL`).
LIMITS = {
    "external_id": 255,
    "title": 255,
    "category": 100,
    "owner_name": 150,
    "tags": 50,
    "assets": 255,
}
# Texts that are not fields of a risk: they make up a description, and stay in `extra`.
CIRCUMSTANCES = {
    "threat": "Threat",
    "vulnerability": "Vulnerability",
    "existing_controls": "Existing controls",
}
DATES = ("due_date", "next_review_at")
CHOSEN_BY_TEXT = ("status", "treatment")  # a person may say what a text of these means
FIGURE_TEXTS = field_names(Kind.FIGURE)
MAX_LISTED = 50  # cells that a guess lists

_STATES = (
    "draft, identified, assessed, treatment_planned, in_treatment, mitigated, accepted, closed "
    "or reopened"
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a field: looked up whole or by their first part, and those it accepts."""

    look_up: Callable[[str], Any]
    accepted: str
    look_up_part: Callable[[str], Any] = lambda _: None
    empty: Any = ""  # the value of an empty cell


_VOCABULARIES = {
    "status": Vocabulary(status_of, _STATES, leading_status_of),
    "treatment": Vocabulary(
        treatment_of, "mitigate, accept, transfer or avoid", leading_treatment_of
    ),
    "review_interval_days": Vocabulary(
        days_between_reviews, "a number of days from 1 to 3660", empty=None
    ),
}
_OPEN_MEANS = "Open means assessed, or identified without a likelihood and an impact."
_ADDRESS = re.compile(r"[^@\s<>;,()\"]+@[^@\s<>;,()\"]+")

Cells = Mapping[str, int]  # the distinct cells of a column, with how often each occurs


@dataclass(frozen=True, slots=True)
class CellReading:
    """Values by field that one cell gives, or the reason why it cannot be read.

    With `keep`, the cell says more than its values do and goes into `extra` as well.
    """

    values: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    keep: bool = False


CellReader = Callable[[str], CellReading]


class ReaderFactory:
    """Makes a reader for each mapped column, and collects what was guessed.

    With `own`, the file is our export: values are exact, and what would be a guess is an error.
    """

    def __init__(
        self,
        mapped: Mapping[str, str],
        cells_of: Callable[[str], Cells],
        *,
        own: bool = False,
        options: ReadingOptions = DEFAULT_OPTIONS,
        rows: Mapping[RatedRow, int] | None = None,
        levels: Sequence[Sequence[str]] | None = None,
        legend: str = "",
        custom: Sequence[CustomColumn] = (),
    ) -> None:
        self.mapped = mapped  # field by header
        self.cells_of = cells_of
        self.own = own
        self.options = options
        self.rows, self.levels = rows, levels or default_levels()  # the source's levels, and ours
        self.labels: Mapping[str, Sequence[str]] = {}  # our words, by "likelihood" and "impact"
        self.legend = legend  # text beside the table
        self.custom = {column.name: column for column in custom}
        self.scales: dict[str, Scale] = {}  # of ratings, by header
        self.words: dict[str, dict[str, int]] = {}  # rating by text, by header
        self.month_first: set[str] = set()  # headers of dates
        self.guesses: list[Guess] = []
        self.guessed_texts: dict[str, set[str]] = {}  # by header, all that guesses concern
        self.readings: dict[str, dict[str, Any]] = {}  # of ratings, statuses and treatments
        self.unread: dict[str, set[str]] = {}

    def make_readers(self) -> dict[str, CellReader]:
        readers = self.rating_readers()
        for header, name in self.mapped.items():
            if header in readers:
                continue
            if name in DATES:
                readers[header] = self.date_reader(header, name)
            elif name in _VOCABULARIES:
                readers[header] = self.word_reader(header, name)
            elif name in PEOPLE:
                readers[header] = self.person_reader(header, name)
            elif name in LINKS:
                readers[header] = list_reader(name)
            elif name in FIGURE_TEXTS:
                readers[header] = figure_reader(name)
            elif name in self.custom:
                readers[header] = custom_reader(self.custom[name])
            else:
                if name == "title" and not self.own:  # the interpreter makes one of a longer text
                    readers[header] = text_reader(name, limited=False)
                    continue
                has_owner = name == "owner_name" and "owner" in self.mapped.values()
                readers[header] = text_reader(name, skip_empty=has_owner and not self.own)
        return readers

    def add_guess(self, header: str, what: str, detail: str, table: Mapping[str, Any]) -> None:
        confirmed = {*self.options.words.get(header, ()), *self.options.meanings.get(header, ())}
        confirmed |= {text for text, value in table.items() if text.casefold() == value}
        self.guessed_texts.setdefault(header, set()).update(table.keys() - confirmed)
        if len(table) > MAX_LISTED:
            detail += f" {len(table) - MAX_LISTED} more are not listed."
        listed = {
            shorten_text(cell, SHOWN_CHARACTERS): value
            for cell, value in islice(table.items(), MAX_LISTED)
        }
        self.guesses.append(Guess(header, what, detail, listed))

    def list_readings(self, header: str) -> Iterator[TextReading]:
        """The texts of a column of ratings, statuses or treatments; first what was not read."""
        cells, unread = self.cells_of(header), self.unread.get(header, set())
        texts = sorted(filter(None, cells), key=lambda text: (text not in unread, -cells[text]))
        for text in texts:
            value = self.readings[header].get(text)
            yield TextReading(text, cells[text], value, text in unread)

    def rating_readers(self) -> dict[str, CellReader]:
        columns = [
            self.rating_column(header, name)
            for header, name in self.mapped.items()
            if name in RATINGS
        ]
        readers = {}
        for header, ratings in read_ratings(columns, self.rows, self.levels).items():
            self.scales[header] = ratings.scale
            self.readings[header], self.unread[header] = ratings.values, set(ratings.errors)
            chosen = self.options.words.get(header, {})
            self.words[header] = {
                text: rating
                for text, rating in ratings.values.items()
                if rating and has_letters(text) and len(text) <= SHOWN_CHARACTERS
            }
            self.words[header] |= {text: r for text, r in chosen.items() if text in ratings.values}
            if ratings.guess:
                self.add_guess(header, "scale", ratings.guess, ratings.table)
            name = self.mapped[header]
            readers[header] = table_reader(name, ratings.values, ratings.errors, keep=ratings.kept)
        return readers

    def words_of_labels(self, axis: str, cells: Iterable[str]) -> dict[str, int]:
        """Return the rating by text where all words of a column are labels of our matrix."""
        labels = enumerate(self.labels.get(axis, ()), 1)
        ratings = {match_key(label): value for value, label in labels}
        words = [text for text in cells if has_letters(text)]
        if not all(match_key(text) in ratings for text in words):
            return {}
        return {text: ratings[match_key(text)] for text in words}

    def rating_column(self, header: str, name: str) -> RatingColumn:
        scale = self.options.scales.get(header)
        if scale and len(set(map(int, scale.split(" to ")))) == 1:
            message = f"The scale '{scale}' begins where it ends. Write it like 1 to 10."
            raise MappingError(message, column=header)
        axis, cells = name.rpartition("_")[2], self.cells_of(header)
        return RatingColumn(
            header,
            axis,
            cells,
            ours=header == name,
            legend=self.legend,
            scale=Scale.from_text(scale) if scale else None,
            words={**self.words_of_labels(axis, cells), **self.options.words.get(header, {})},
            size=len(self.levels) if axis == "likelihood" else len(self.levels[0]),
        )

    def date_reader(self, header: str, name: str) -> CellReader:
        others = (
            self.cells_of(other)
            for other, field_name in self.mapped.items()
            if field_name in DATES and other != header
        )
        dates = read_dates(
            self.cells_of(header),
            month_first=self.options.month_first,
            with_time=name == "next_review_at",
            others=chain.from_iterable(others),
        )
        if dates.month_first:
            self.month_first.add(header)
        if dates.guesses:
            self.add_guess(header, "date", " ".join(dates.guesses), dates.table)
        return table_reader(name, dates.values, dates.errors, keep=dates.table)

    def word_reader(self, header: str, name: str) -> CellReader:
        """Keep unknown words in extra and leave the field alone; in our export they are errors."""
        vocabulary = _VOCABULARIES[name]
        cells = [cell for cell in self.cells_of(header) if cell]
        values = {cell: vocabulary.look_up(cell) for cell in cells}
        chosen = self.chosen_meanings(header, vocabulary)
        values |= {cell: chosen[cell] for cell in cells if cell in chosen}
        readings = {cell: CellReading({name: value}) for cell, value in values.items()}
        readings[""] = CellReading({name: vocabulary.empty})
        unknown = [cell for cell, value in values.items() if value is None]
        if self.own:
            readings |= dict.fromkeys(unknown, CellReading(error=f"Write {vocabulary.accepted}."))
            return readings.__getitem__
        by_part = {
            cell: None if cell in chosen else vocabulary.look_up_part(cell) for cell in unknown
        }
        for cell, value in by_part.items():
            readings[cell] = CellReading({name: value} if value else {}, keep=True)
        values |= by_part
        if name in CHOSEN_BY_TEXT:
            self.readings[header] = values
            self.unread[header] = {cell for cell, value in values.items() if value is None}
            self.unread[header] -= chosen.keys()
        table = {
            cell: "assessed" if value == OPEN else value
            for cell, value in values.items()
            if value != cell
        }
        if table:
            details = (
                ("Values were mapped.", True),
                ("Of several the first was taken, and all are kept.", any(by_part.values())),
                ("Unknown ones are kept in extra.", None in by_part.values()),
                (_OPEN_MEANS, OPEN in values.values()),
            )
            detail = " ".join(sentence for sentence, applies in details if applies)
            self.add_guess(header, name, detail, table)
        return readings.__getitem__

    def chosen_meanings(self, header: str, vocabulary: Vocabulary) -> dict[str, Any]:
        """The meaning that the caller gives a text; None for one that is only kept."""
        chosen = dict(self.options.meanings.get(header, {}))
        for text, value in chosen.items():
            if value and vocabulary.look_up(value) != value:
                raise MappingError(
                    f"'{value}' cannot be what '{text}' means. Choose {vocabulary.accepted}.",
                    column=header,
                )
        return {text: value or None for text, value in chosen.items()}

    def person_reader(self, header: str, name: str) -> CellReader:
        """An e-mail address is a person; other text is the owner's name, or kept in extra."""
        read = read_own_person if self.own else read_owner if name == "owner" else read_person
        readings = {cell: read(name, cell) for cell in self.cells_of(header)}
        unclear = {cell: r.values.get(name) for cell, r in readings.items() if r.keep}
        if unclear:
            detail = (
                f"Only an e-mail address identifies the {name}: the first one was taken, if any. "
                "The text is kept in extra."
            )
            self.add_guess(header, "person", detail, unclear)
        return readings.__getitem__


def has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def table_reader(
    name: str, values: Mapping[str, Any], errors: Mapping[str, str], keep: Iterable[str] = ()
) -> CellReader:
    kept_cells = frozenset(keep)
    readings = {
        cell: CellReading({name: value}, keep=cell in kept_cells) for cell, value in values.items()
    }
    readings |= {cell: CellReading(error=reason) for cell, reason in errors.items()}
    return readings.__getitem__


# --- People


def read_own_person(name: str, cell: str) -> CellReading:
    if cell and not _ADDRESS.fullmatch(cell):
        return CellReading(error="Write an e-mail address, or leave the cell empty.")
    return CellReading({name: cell or None})


def read_person(name: str, cell: str) -> CellReading:
    address = next(iter(_ADDRESS.findall(cell)), None)
    return CellReading({name: address}, keep=bool(cell) and address != cell)


def read_owner(name: str, cell: str) -> CellReading:
    addresses = _ADDRESS.findall(cell)
    if len(addresses) > 1:
        return CellReading({name: addresses[0], "owner_name": ""}, keep=True)
    text = _ADDRESS.sub("", cell).strip(" <>()\"',;") if addresses else cell
    if error := length_error("owner_name", text):
        return CellReading(error=error)
    return CellReading({name: addresses[0] if addresses else None, "owner_name": text})


# --- Text


def text_reader(name: str, *, skip_empty: bool = False, limited: bool = True) -> CellReader:
    """With `skip_empty`, an empty cell does not replace the value that another column gives."""
    keep = name in CIRCUMSTANCES

    def read(cell: str) -> CellReading:
        if skip_empty and not cell:
            return CellReading()
        if limited and (error := length_error(name, cell)):
            return CellReading(error=error)
        return CellReading({name: cell}, keep=keep)

    return read


def list_reader(name: str) -> CellReader:
    """Split tags and controls at commas if nothing else separates them.

    Names of assets may contain commas: a link to one asset that exists is better than links to two
    that do not.
    """

    def read(cell: str) -> CellReading:
        items = split_list(cell, commas=name != "assets")
        error = next(filter(None, (length_error(name, item) for item in items)), "")
        return CellReading(error=error) if error else CellReading({name: items})

    return read


def custom_reader(column: CustomColumn) -> CellReader:
    def read(cell: str) -> CellReading:
        try:
            return CellReading({column.name: column.parse(cell)})
        except ValueError as error:
            return CellReading(error=str(error))

    return read


def figure_reader(name: str) -> CellReader:
    """Reads texts of a source about ratings as an export writes them: "inherent: 12; target: 6"."""

    def read(cell: str) -> CellReading:
        texts = dict(item.partition(": ")[::2] for item in split_list(cell))
        if all(kind in KINDS and text for kind, text in texts.items()):
            return CellReading({name: texts})
        return CellReading(error="Write it as the export does: inherent: 12 High; residual: 6.")

    return read


def length_error(name: str, text: str) -> str:
    limit = LIMITS.get(name)
    if limit is None or len(text) <= limit:
        return ""
    return f"The text has {len(text)} characters; {limit} are allowed. Shorten it."
