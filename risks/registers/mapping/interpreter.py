"""Interpreter: from a table of text to values of risks, with every guess and every error.

The values of a row, by field; only the fields that a column maps to are there:

    reference, external_id, title, description, category   text, "" if the cell is empty
    status          the state that the source names, "" if none; absent if the word is unknown
    treatment       ours, or ""; absent if the word is unknown
    owner           an e-mail address or None, together with owner_name: other text
    assignee, reviewer                                     an e-mail address or None
    tags, assets, controls                                 lists of text
    inherent_likelihood ... target_impact                  a rating of the matrix or None
    threat, vulnerability, existing_controls               text, which is in `extra` as well
    treatment_plan, due_date                               text; an ISO 8601 date or None
    source_ratings, derived_ratings                        texts by kind of rating
    next_review_at, review_interval_days                   an ISO 8601 time or None; days or None

Without a column for it, title is "threat: vulnerability" or the first sentence of the
description, and description lists threat, vulnerability and existing controls. The source's own
scores and levels are in `extra` if they differ from ours.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from risks.fields import FIGURES, extra_name, is_own_export
from risks.registers.mapping.columns import describe_missing_title, propose_mapping
from risks.registers.mapping.lexicon import OPEN
from risks.registers.mapping.products import recognize_product
from risks.registers.mapping.ratings.figures import FigureReader
from risks.registers.mapping.titles import (
    NUMBER_ERROR,
    TITLE_SOURCES,
    describe_circumstances,
    has_letter,
    make_title,
)
from risks.registers.mapping.values import CIRCUMSTANCES, CellReader, ReaderFactory
from risks.registers.options import DEFAULT_OPTIONS, CustomColumn, ReadingOptions
from risks.registers.reading.text import title_key
from risks.registers.results import (
    SHOWN_CHARACTERS,
    ColumnMapping,
    Guess,
    Interpretation,
    InterpretedRow,
    RowError,
    Table,
    UnclearFile,
)
from risks.scoring import default_levels
from risks.text import count_text

SAMPLE = 200  # cells of a column that decide what it holds

_MADE_TITLES = {
    "title": "Made a shorter title for {} from its beginning; the description has the whole text.",
    "description": "Made a title for {} from the first sentence of the description.",
    "threat": "Made a title for {} from threat and vulnerability.",
}


def interpret_table(
    table: Table,
    options: ReadingOptions = DEFAULT_OPTIONS,
    *,
    levels: Sequence[Sequence[str]] | None = None,
    labels: Mapping[str, Sequence[str]] | None = None,
    custom: Sequence[CustomColumn] = (),
) -> Interpretation:
    """Read the rows of `table` as risks.

    The mapping of `options` wins over what we would choose; `levels` are those of the
    organization's matrix, `labels` its words by "likelihood" and "impact", `custom` the fields that
    it added. Raises ImportFileError if no column can give a title, or the mapping names something
    unknown.
    """
    samples = {
        header: list(islice((cells[header] for _, cells in table.rows if cells[header]), SAMPLE))
        for header in table.headers
    }
    columns = propose_mapping(table.headers, samples, options.mapping, custom)
    levels = levels or default_levels()
    interpreter = TableInterpreter(table, columns, options, levels, custom, labels=labels)
    return interpreter.interpret()


class TableInterpreter:
    """One pass over one table."""

    def __init__(
        self,
        table: Table,
        columns: list[ColumnMapping],
        options: ReadingOptions,
        levels: Sequence[Sequence[str]],
        custom: Sequence[CustomColumn] = (),
        *,
        labels: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.table, self.columns = table, columns
        self.own = is_own_export(table.headers)
        fields = {column.column: column.field for column in columns if column.field}
        self.computed = {header: name for header, name in fields.items() if name in FIGURES}
        self.mapped = {header: name for header, name in fields.items() if name not in FIGURES}
        self.header_of = {name: header for header, name in fields.items()}
        if self.header_of.keys().isdisjoint(TITLE_SOURCES):
            error = UnclearFile(describe_missing_title(columns))
            error.table, error.outline, error.columns = table, table.outline, columns
            raise error
        self.extras = {
            column.column: extra_name(column.column) if self.own else column.column
            for column in columns
            if not column.field and column.how != "ignored"
        }
        self.figures = FigureReader(
            table, self.header_of, self.computed, levels, derive=options.derive_ratings
        )
        factory = ReaderFactory(
            self.mapped,
            self.cells_of,
            own=self.own,
            options=options,
            rows=self.figures.rated_rows(),
            levels=levels,
            legend="\n".join(table.notes),
            custom=custom,
        )
        factory.labels = labels or {}
        # The owner's name comes last: it wins over the text beside the owner's address.
        self.readers: list[tuple[str, CellReader]] = sorted(
            factory.make_readers().items(), key=lambda item: self.mapped[item[0]] == "owner_name"
        )
        self.guesses = [
            Guess(column.column, "column", column.note)
            for column in columns
            if column.note and column.field not in FIGURES
        ]
        self.guesses += factory.guesses
        self.guessed_texts = factory.guessed_texts
        self.readings = {header: list(factory.list_readings(header)) for header in factory.readings}
        self.columns = [describe_readings(column, factory) for column in columns]
        self.figures.rating_scales = factory.scales
        self.counts: Counter[str] = Counter()

    def cells_of(self, header: str) -> Counter[str]:
        return Counter(cells[header] for _, cells in self.table.rows)

    def interpret(self) -> Interpretation:
        faults = self.collect_faults()
        rows = []
        for number, cells in self.table.rows:
            has_content = any(cells[header] for header in (*self.mapped, *self.extras))
            if has_content or number in faults:
                rows.append(self.interpret_row(number, cells, faults.get(number, [])))
            else:
                self.counts["skipped"] += 1
        product = None if self.own else recognize_product(self.table.headers)
        notes = [f"Recognized as {product.label}."] if product else []
        notes += self.table.notes
        if self.counts["skipped"]:
            notes.append(f"Skipped {count_text(self.counts['skipped'], 'row')} without a risk.")
        self.guesses += (*self.summarize_guesses(), *self.figures.guesses())
        differences = self.figures.differences
        return Interpretation(rows, self.columns, self.guesses, differences, notes, self.readings)

    def collect_faults(self) -> dict[int, list[RowError]]:
        """The errors of reading by row, without blank cells in columns that we do not need."""
        optional = self.extras.keys() | self.computed.keys()
        faults: dict[int, list[RowError]] = {}
        blank: Counter[str] = Counter()
        for error in self.table.errors:
            if error.column in optional and not error.value:
                blank[error.column] += 1
            else:
                faults.setdefault(error.row, []).append(error)
        for header, times in blank.items():
            cells = count_text(times, "cell")
            detail = f"Read {cells} with an error or without a result as empty."
            self.guesses.append(Guess(header, "value", detail))
        return faults

    def interpret_row(
        self, number: int, cells: Mapping[str, str], faults: list[RowError]
    ) -> InterpretedRow:
        values: dict[str, Any] = {}
        extra = {name: cells[header] for header, name in self.extras.items() if cells[header]}
        guessed: dict[str, str] = {}
        errors = list(faults)
        for header, read in self.readers:
            cell = cells[header]
            reading = read(cell)
            if cell in self.guessed_texts.get(header, ()):
                guessed[self.mapped[header]] = cell[:SHOWN_CHARACTERS]
            values.update(reading.values)
            if reading.error:
                errors.append(RowError(number, header, cell[:SHOWN_CHARACTERS], reading.error))
            elif reading.keep and cell:
                extra[header] = cell
        identity = title_key(values.get("title") or "")
        if not self.own:
            identity = self.complete_texts(values, cells, extra, guessed) or identity
            self.complete_state(values, cells, extra)
        self.add_figures(number, values, cells, extra)
        title_header = self.header_of.get("title")
        if not values.get("title") and not any(error.column == title_header for error in errors):
            title = self.cell_of("title", cells)
            reason = NUMBER_ERROR if title else "The row has no title. Give it one."
            errors.append(RowError(number, title_header, title[:SHOWN_CHARACTERS], reason))
        kind, identity = self.identify(values, identity)
        return InterpretedRow(number, kind, identity, values, extra, errors, guessed)

    def complete_texts(
        self,
        values: dict[str, Any],
        cells: Mapping[str, str],
        extra: dict[str, str],
        guessed: dict[str, str],
    ) -> str:
        """Make the title and description that the row leaves out; return its identity."""
        statement = self.cell_of("title", cells)
        title = make_title(values)
        if title and title.how:
            self.counts[title.how] += 1
            guessed["title"] = ""
        if statement and not has_letter(statement):
            extra[self.header_of["title"]] = statement
        circumstances = describe_circumstances(values)
        if "description" not in self.header_of and circumstances:
            self.counts["circumstances"] += 1
            values["description"] = circumstances
        if title and title.how == "title":
            parts = (statement, values.get("description"))
            values["description"] = "\n\n".join(filter(None, dict.fromkeys(parts)))
        values["title"] = title.text if title else ""
        return title.identity if title else ""

    def complete_state(
        self, values: dict[str, Any], cells: Mapping[str, str], extra: dict[str, str]
    ) -> None:
        if values.get("status") == OPEN:
            is_rated = values.get("inherent_likelihood") and values.get("inherent_impact")
            values["status"] = "assessed" if is_rated else "identified"
        if (due := self.cell_of("due_date", cells)) and not values.get("treatment_plan"):
            extra[self.header_of["due_date"]] = due
            self.counts["due_date"] += 1

    def add_figures(
        self,
        number: int,
        values: dict[str, Any],
        cells: Mapping[str, str],
        extra: dict[str, str],
    ) -> None:
        """Add what the source says of its scores and levels, and ratings derived from them."""
        figures = self.figures.read_row(number, values, cells)
        if self.own or not self.computed:
            return
        extra.update(figures.kept)
        values.update(figures.ratings)
        values["source_ratings"] = figures.source_ratings
        if self.figures.derive:
            values["derived_ratings"] = figures.derived

    def cell_of(self, name: str, cells: Mapping[str, str]) -> str:
        """The cell of the column that maps to the field `name`, "" if none does."""
        return cells[self.header_of[name]] if name in self.header_of else ""

    def identify(self, values: Mapping[str, Any], by_title: str) -> tuple[str, str]:
        """The kind of identity and the identity of a risk within its source."""
        for kind in ("reference", "external_id"):
            if values.get(kind):
                return kind, values[kind]
        self.counts["identity"] += 1
        return "title", by_title

    def summarize_guesses(self) -> Iterator[Guess]:
        for how, text in _MADE_TITLES.items():
            if times := self.counts[how]:
                yield Guess(None, "title", text.format(count_text(times, "row")))
        if times := self.counts["circumstances"]:
            parts = ", ".join(
                self.header_of[name] for name in CIRCUMSTANCES if name in self.header_of
            )
            detail = f"Made {count_text(times, 'description')} from: {parts}."
            yield Guess(None, "description", detail)
        if times := self.counts["due_date"]:
            detail = (
                "Only a treatment plan has a due date. Kept the date of "
                f"{count_text(times, 'row')} without a plan in extra."
            )
            yield Guess(self.header_of["due_date"], "date", detail)
        if times := self.counts["identity"]:
            detail = f"Identified {count_text(times, 'row')} without an id by the title."
            yield Guess(None, "identity", detail)


def describe_readings(column: ColumnMapping, factory: ReaderFactory) -> ColumnMapping:
    """The column with what the readers decided about it as a whole."""
    header = column.column
    if header in factory.scales:
        scale, words = str(factory.scales[header]), factory.words[header]
        return replace(column, scale=scale, words=words)
    return replace(column, month_first=True) if header in factory.month_first else column
