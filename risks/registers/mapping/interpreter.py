"""From a table of text to values of risks, with every guess and every error.

The values of a row, by field. Only fields that a column maps to are there:

    reference, external_id, title, description, category   text, "" where the cell is empty
    status          the state the source says, "" where it says none; absent where it is unknown
    treatment       ours, or ""; absent where it is unknown
    owner           an e-mail address or None, together with owner_name: text that is none
    assignee, reviewer                                     an e-mail address or None
    tags, assets, controls                                 lists of text
    inherent_likelihood ... target_impact                  1..5 or None
    threat, vulnerability, existing_controls               text, which is in `extra` as well
    treatment_plan, due_date                               text; an ISO 8601 date or None
    next_review_at, review_interval_days                   an ISO 8601 time or None; days or None

Without a column for it, title is "threat: vulnerability" or the first sentence of the
description, and description lists threat, vulnerability and existing controls. The source's own
scores and levels are in `extra` where they differ from ours.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from risks.registers.mapping import ratings
from risks.registers.mapping.columns import COMPUTED, extra_name, is_own_export, propose_mapping
from risks.registers.mapping.lexicon import OPEN
from risks.registers.mapping.values import CIRCUMSTANCES, LIMITS, CellReader, build_cell_readers
from risks.registers.reading.text import LONGEST_REMEMBERED, first_sentence, shorten_text, title_key
from risks.registers.results import (
    ColumnMapping,
    Difference,
    Guess,
    ImportFileError,
    Interpretation,
    InterpretedRow,
    RowError,
)
from risks.registers.table import SHOWN, Table
from risks.scoring import default_levels, score

SAMPLE = 200  # cells of a column that decide what it holds

_TITLES_FROM = ("title", "threat", "vulnerability", "description")


def interpret_table(
    table: Table,
    mapping: Mapping[str, str] | None = None,
    *,
    day_first: bool | None = None,
    levels: Sequence[Sequence[str]] | None = None,
) -> Interpretation:
    """What the rows of `table` say about risks.

    `mapping` gives columns a field, or "extra", and wins over what we would choose; `day_first`
    says how 03/04/2027 reads; `levels` are those of the organization's matrix. Raises
    ImportFileError where no column can give a title, or `mapping` names what is not there.
    """
    columns = propose_mapping(table.headers, _samples(table), mapping)
    return _Interpreter(table, columns, day_first, levels or default_levels()).run()


def _samples(table: Table) -> dict[str, list[str]]:
    return {
        header: list(islice((cells[header] for _, cells in table.rows if cells[header]), SAMPLE))
        for header in table.headers
    }


class _Interpreter:
    """One run over one table."""

    def __init__(
        self,
        table: Table,
        columns: list[ColumnMapping],
        day_first: bool | None,
        levels: Sequence[Sequence[str]],
    ) -> None:
        self.table, self.columns, self.levels = table, columns, levels
        self.own = is_own_export(table.headers)
        fields = {column.column: column.field for column in columns if column.field}
        self.computed = {header: name for header, name in fields.items() if name in COMPUTED}
        self.mapped = {header: name for header, name in fields.items() if name not in COMPUTED}
        self.header_of = {name: header for header, name in fields.items()}
        self.extras = {
            column.column: extra_name(column.column) if self.own else column.column
            for column in columns
            if not column.field and column.how != "ignored"
        }
        self._require_title()
        self.guesses = [
            Guess(column.column, "column", column.note)
            for column in columns
            if column.note and column.field not in COMPUTED
        ]
        found, guesses = build_cell_readers(
            self.mapped, self._cells_of, own=self.own, day_first=day_first
        )
        self.guesses += guesses
        self.readers: list[tuple[str, CellReader]] = sorted(
            found.items(), key=lambda item: self.mapped[item[0]] == "owner_name"
        )
        self.counts: Counter[str] = Counter()
        self.differences: list[Difference] = []
        self.seen: dict[tuple[str, str], int] = {}

    def _require_title(self) -> None:
        if self.header_of.keys().isdisjoint(_TITLES_FROM):
            raise ImportFileError(
                "No column gives the risks a title. Map one to title. The columns: "
                f"{', '.join(self.table.headers)}."
            )

    def _cells_of(self, header: str) -> Counter[str]:
        return Counter(cells[header] for _, cells in self.table.rows)

    def run(self) -> Interpretation:
        faults = self._faults()
        rows = []
        for number, cells in self.table.rows:
            if self._says_something(cells) or number in faults:
                rows.append(self._row(number, cells, faults.get(number, [])))
            else:
                self.counts["skipped"] += 1
        notes = list(self.table.notes)
        if self.counts["skipped"]:
            notes.append(f"{self.counts['skipped']} rows without a risk were skipped.")
        self.guesses += self._guesses()
        return Interpretation(rows, self.columns, self.guesses, self.differences, notes)

    def _faults(self) -> dict[int, list[RowError]]:
        """The errors of reading by row, without blank cells in columns that we do not need."""
        faults: dict[int, list[RowError]] = {}
        blank: Counter[str] = Counter()
        for error in self.table.errors:
            if error.column in self.extras.keys() | self.computed.keys() and not error.value:
                blank[error.column] += 1
            else:
                faults.setdefault(error.row, []).append(error)
        for header, times in blank.items():
            self.guesses.append(
                Guess(header, "value", f"{times} cells show an error or no result; taken as empty.")
            )
        return faults

    def _says_something(self, cells: Mapping[str, str]) -> bool:
        return any(cells[header] for header in self.mapped) or any(
            cells[header] for header in self.extras
        )

    def _row(self, number: int, cells: Mapping[str, str], faults: list[RowError]) -> InterpretedRow:
        values: dict[str, Any] = {}
        extra = {name: cells[header] for header, name in self.extras.items() if cells[header]}
        errors = list(faults)
        for header, read in self.readers:
            cell = cells[header]
            reading = read(cell)
            values.update(reading.values)
            if reading.error:
                errors.append(RowError(number, header, cell[:SHOWN], reading.error))
            elif reading.keep and cell:
                extra[header] = cell
        if not self.own:
            self._derive(values, cells, extra)
        self._compare(number, values, cells, extra)
        errors += self._title_error(number, values, errors)
        kind, identity = self._identity(values)
        errors += self._duplicate_error(number, kind, identity)
        return InterpretedRow(number, kind, identity, values, extra, errors)

    # --- What a foreign register leaves out

    def _derive(self, values: dict[str, Any], cells: Mapping[str, str], extra: dict) -> None:
        if not self._cell("title", cells):
            self._derive_title(values)
        told = {name: values[name] for name in CIRCUMSTANCES if values.get(name)}
        if "description" not in self.header_of and told:
            self.counts["description"] += 1
            values["description"] = "\n".join(
                f"{CIRCUMSTANCES[name]}: {text}" for name, text in told.items()
            )
        if values.get("status") == OPEN:
            rated = values.get("inherent_likelihood") and values.get("inherent_impact")
            values["status"] = "assessed" if rated else "identified"
        if (due := self._cell("due_date", cells)) and not values.get("treatment_plan"):
            extra[self.header_of["due_date"]] = due
            self.counts["due_date"] += 1

    def _cell(self, name: str, cells: Mapping[str, str]) -> str:
        """The cell of the column that maps to the field `name`, "" where none does."""
        return cells[self.header_of[name]] if name in self.header_of else ""

    def _derive_title(self, values: dict[str, Any]) -> None:
        said = [first_sentence(values.get(name) or "") for name in ("threat", "vulnerability")]
        title = ": ".join(filter(None, said)) or first_sentence(values.get("description") or "")
        if title:
            self.counts["title"] += 1
            values["title"] = shorten_text(title, LIMITS["title"])

    # --- The source's own figures

    def _compare(
        self, number: int, values: Mapping[str, Any], cells: Mapping[str, str], extra: dict
    ) -> None:
        """Keep and report a score or level that is not ours; drop one that is."""
        for header, name in self.computed.items():
            theirs = cells[header]
            if not theirs:
                continue
            kind = name.partition("_")[0]
            pair = values.get(f"{kind}_likelihood"), values.get(f"{kind}_impact")
            ours = self._ours(theirs, *pair)
            if ours and ours == _figure(theirs):
                continue
            if ours:
                self.differences.append(Difference(number, header, theirs[:SHOWN], ours))
            if not self.own:
                extra[header] = theirs

    def _ours(self, theirs: str, likelihood: int | None, impact: int | None) -> str:
        """Our figure of the kind that `theirs` is, "" where we have none, or it is no figure."""
        if likelihood is None or impact is None or not _figure(theirs):
            return ""
        if _is_number(theirs):
            return str(score(likelihood, impact))
        return self.levels[likelihood - 1][impact - 1]

    # --- Which risk it is

    def _title_error(
        self, number: int, values: Mapping[str, Any], errors: list[RowError]
    ) -> Iterator[RowError]:
        header = self.header_of.get("title")
        if not values.get("title") and not any(error.column == header for error in errors):
            yield RowError(number, header, "", "The row has no title. Give it one.")

    def _identity(self, values: Mapping[str, Any]) -> tuple[str, str]:
        for kind in ("reference", "external_id"):
            if values.get(kind):
                return kind, values[kind]
        self.counts["identity"] += 1
        return "title", title_key(values.get("title") or "")

    def _duplicate_error(self, number: int, kind: str, identity: str) -> Iterator[RowError]:
        first = self.seen.setdefault((kind, identity), number)
        if first != number and identity:
            reason = f"Row {first} is the same risk. Remove one of the rows, or tell them apart."
            yield RowError(number, self.header_of.get(kind), identity[:SHOWN], reason)

    # --- What was guessed on the way

    def _guesses(self) -> Iterator[Guess]:
        if times := self.counts["title"]:
            made = "from threat and vulnerability, or from the first sentence of the description"
            yield Guess(None, "title", f"{times} rows without a title got one {made}.")
        if times := self.counts["description"]:
            parts = ", ".join(
                self.header_of[name] for name in CIRCUMSTANCES if name in self.header_of
            )
            yield Guess(None, "description", f"{times} descriptions were made of: {parts}.")
        if times := self.counts["due_date"]:
            detail = f"Only a treatment plan has a date: {times} without one are kept in extra."
            yield Guess(self.header_of["due_date"], "date", detail)
        if times := self.counts["identity"]:
            yield Guess(None, "identity", f"{times} rows without an id are known by their title.")


def _is_number(text: str) -> bool:
    return text.removesuffix(".0").isdecimal() and text.isascii()


def _figure(text: str) -> str:
    """A source's score as digits, or its level in our word; "" where it is neither."""
    return _remembered_figure(text) if len(text) <= LONGEST_REMEMBERED else ""


@lru_cache(maxsize=1_024)
def _remembered_figure(text: str) -> str:
    if _is_number(text):
        return str(int(text.removesuffix(".0")))
    return ratings.level_of(text) or ""
