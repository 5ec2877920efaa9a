"""What the cells of one column mean for a field of a risk."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from risks.registers.mapping import ratings as words
from risks.registers.mapping.columns import RATINGS
from risks.registers.mapping.dates import read_dates
from risks.registers.mapping.lexicon import OPEN
from risks.registers.reading.text import split_list
from risks.registers.results import Guess

# Characters. What is not named here may fill a cell (`risks.registers.table.MAX_CELL`).
LIMITS = {
    "external_id": 255,
    "title": 255,
    "category": 100,
    "owner_name": 150,
    "tags": 50,
    "assets": 255,
}
# Text that risks have no field for: it makes up a description, and stays in `extra`.
CIRCUMSTANCES = {
    "threat": "Threat",
    "vulnerability": "Vulnerability",
    "existing_controls": "Existing controls",
}
DATES = ("due_date", "next_review_at")
LISTS = ("tags", "assets", "controls")
PEOPLE = ("owner", "assignee", "reviewer")
SHOWN = 50  # readings that a guess lists

_ADDRESS = re.compile(r"[^@\s<>;,()\"]+@[^@\s<>;,()\"]+")

Cells = Mapping[str, int]  # the distinct cells of a column, with how often each occurs


@dataclass(frozen=True, slots=True)
class CellReading:
    """What one cell means: values by field, or why it cannot be read.

    `keep`: the cell says more than its values do, and belongs into `extra` as well.
    """

    values: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    keep: bool = False


CellReader = Callable[[str], CellReading]


def build_cell_readers(
    mapped: Mapping[str, str],
    cells_of: Callable[[str], Cells],
    *,
    own: bool = False,
    day_first: bool | None = None,
) -> tuple[dict[str, CellReader], list[Guess]]:
    """A reader for each column of `mapped` (field by header), and what was guessed.

    `own`: the file is our export, so that values are exact and a guess is an error.
    """
    guesses: list[Guess] = []
    found = _rating_readers(mapped, cells_of, guesses)
    for header, name in mapped.items():
        if header in found:
            continue
        if name in DATES:
            found[header] = _date_reader(header, name, cells_of(header), day_first, guesses)
        elif name in _WORD_READERS:
            found[header] = _word_reader(header, name, cells_of(header), guesses, own=own)
        elif name in PEOPLE:
            found[header] = _person_reader(header, name, cells_of(header), guesses, own=own)
        elif name in LISTS:
            found[header] = _list_reader(name)
        else:
            joins = name == "owner_name" and "owner" in mapped.values() and not own
            found[header] = _text_reader(name, skip_empty=joins)
    return found, guesses


def _from_table(
    name: str, values: Mapping[str, Any], errors: Mapping[str, str], kept: Iterable[str] = ()
) -> CellReader:
    kept = frozenset(kept)
    readings = {
        cell: CellReading({name: value}, keep=cell in kept) for cell, value in values.items()
    }
    readings |= {cell: CellReading(error=reason) for cell, reason in errors.items()}
    return readings.__getitem__


def _guess(header: str, what: str, detail: str, table: Mapping[str, Any]) -> Guess:
    if len(table) > SHOWN:
        detail += f" {len(table) - SHOWN} more are not listed."
    return Guess(header, what, detail, dict(list(table.items())[:SHOWN]))


def _rating_readers(
    mapped: Mapping[str, str], cells_of: Callable[[str], Cells], guesses: list[Guess]
) -> dict[str, CellReader]:
    columns = [
        words.RatingColumn(header, name.rpartition("_")[2], cells_of(header), ours=header == name)
        for header, name in mapped.items()
        if name in RATINGS
    ]
    found = {}
    for header, ratings in words.read_ratings(columns).items():
        if ratings.guess:
            guesses.append(_guess(header, "scale", ratings.guess, ratings.table))
        found[header] = _from_table(mapped[header], ratings.values, ratings.errors)
    return found


def _date_reader(
    header: str, name: str, cells: Cells, day_first: bool | None, guesses: list[Guess]
) -> CellReader:
    dates = read_dates(cells, day_first=day_first, with_time=name == "next_review_at")
    if dates.guesses:
        guesses.append(_guess(header, "date", " ".join(dates.guesses), dates.table))
    return _from_table(name, dates.values, dates.errors, dates.table)


# --- Words


def _read_state(cell: str) -> Any:
    return words.status_of(cell) if cell else ""


def _read_treatment(cell: str) -> Any:
    return words.treatment_of(cell) if cell else ""


def _read_interval(cell: str) -> Any:
    return words.review_interval_days(cell) if cell else ""


# None is a word we do not know.
_WORD_READERS: dict[str, Callable[[str], Any]] = {
    "status": _read_state,
    "treatment": _read_treatment,
    "review_interval_days": _read_interval,
}
_ACCEPTED = {
    "status": "draft, identified, assessed, treatment_planned, in_treatment, mitigated, accepted, "
    "closed or reopened",
    "treatment": "mitigate, accept, transfer or avoid",
    "review_interval_days": "a number of days from 1 to 3660",
}


def _word_reader(
    header: str, name: str, cells: Cells, guesses: list[Guess], *, own: bool
) -> CellReader:
    """Unknown words are kept in extra and leave the field alone, in our own export an error."""
    found = {cell: _WORD_READERS[name](cell) for cell in cells}
    unknown = [cell for cell, value in found.items() if value is None]
    table = {
        cell: "assessed" if value == OPEN else value
        for cell, value in found.items()
        if value != cell and cell
    }
    if own:
        errors = dict.fromkeys(unknown, f"Write {_ACCEPTED[name]}.")
        table = {}
    else:
        errors = {}
    if table:
        detail = "Words were read as ours."
        if unknown:
            detail += " Unknown ones are kept in extra."
        if OPEN in found.values():
            detail += " Open means assessed, or identified without a likelihood and an impact."
        guesses.append(_guess(header, name, detail, table))
    empty = None if name == "review_interval_days" else ""
    readings = {cell: CellReading({name: value or empty}) for cell, value in found.items()}
    readings |= {cell: CellReading(keep=True) for cell in unknown}
    readings |= {cell: CellReading(error=reason) for cell, reason in errors.items()}
    return readings.__getitem__


# --- People


def _person_reader(
    header: str, name: str, cells: Cells, guesses: list[Guess], *, own: bool
) -> CellReader:
    """An e-mail address is a person; other text is the owner's name, or kept in extra."""
    read = _own_person if own else _owner if name == "owner" else _person
    readings = {cell: read(name, cell) for cell in cells}
    kept = {cell: r.values.get(name) for cell, r in readings.items() if r.keep}
    if kept:
        detail = f"Only one e-mail address says who the {name} is. The text is kept in extra."
        guesses.append(_guess(header, "person", detail, kept))
    return readings.__getitem__


def _own_person(name: str, cell: str) -> CellReading:
    if cell and not _ADDRESS.fullmatch(cell):
        return CellReading(error="Write an e-mail address, or leave the cell empty.")
    return CellReading({name: cell or None})


def _person(name: str, cell: str) -> CellReading:
    address = next(iter(_ADDRESS.findall(cell)), None)
    return CellReading({name: address}, keep=bool(cell) and address != cell)


def _owner(name: str, cell: str) -> CellReading:
    addresses = _ADDRESS.findall(cell)
    if len(addresses) > 1:
        return CellReading({name: addresses[0], "owner_name": ""}, keep=True)
    text = _ADDRESS.sub("", cell).strip(" <>()\"',;") if addresses else cell
    if error := _too_long("owner_name", text):
        return CellReading(error=error)
    return CellReading({name: addresses[0] if addresses else None, "owner_name": text})


# --- Text


def _text_reader(name: str, *, skip_empty: bool = False) -> CellReader:
    """`skip_empty`: an empty cell leaves the value alone that another column may give."""
    keep = name in CIRCUMSTANCES

    def read(cell: str) -> CellReading:
        if skip_empty and not cell:
            return CellReading()
        if error := _too_long(name, cell):
            return CellReading(error=error)
        return CellReading({name: cell}, keep=keep)

    return read


def _list_reader(name: str) -> CellReader:
    """Commas separate tags and controls, where nothing else does, but belong to names of assets:
    a link to one asset that exists is better than links to two that do not."""

    def read(cell: str) -> CellReading:
        items = split_list(cell, commas=name != "assets")
        error = next(filter(None, (_too_long(name, item) for item in items)), "")
        return CellReading(error=error) if error else CellReading({name: items})

    return read


def _too_long(name: str, text: str) -> str:
    limit = LIMITS.get(name)
    if limit is None or len(text) <= limit:
        return ""
    return f"The text has {len(text)} characters; {limit} are allowed. Shorten it."
