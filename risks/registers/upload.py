"""Upload: read the file of a register, and start an import run with its records."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import PurePath
from typing import Any, BinaryIO

from django.db import transaction

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.custom_fields.columns import custom_columns
from risks.import_runs import lifecycle
from risks.import_runs.changes import SourceRecord
from risks.import_runs.name_lookup import NameIndex, control_names
from risks.models import ImportFile, ImportRun, RunStatus, Source
from risks.registers.contents import describe_contents
from risks.registers.continuation import ask_about_source, choose_source
from risks.registers.folding import FoldedRisk, fold_rows
from risks.registers.learned import mark_learned_columns, read_as_learned, recall_options
from risks.registers.mapping.interpreter import interpret_table
from risks.registers.options import DEFAULT_OPTIONS, ReadingOptions
from risks.registers.reading.sheet import MAX_BYTES
from risks.registers.results import (
    Guess,
    Interpretation,
    InterpretedRow,
    RatingDifference,
    Table,
    UnclearFile,
)
from risks.registers.table import refuse_at_once
from risks.registers.to_records import to_records
from risks.services.matrix import matrix_of
from risks.text import count_text, shorten_text

COMPRESSION = 1  # the fastest: text gets a quarter as large by it, a workbook stays as it is
MAX_LISTED = 50  # differences of a column, and unknown controls, that a run lists


def upload_register(
    *,
    actor: User | None,
    organization: Organization,
    file: BinaryIO,
    file_name: str,
    options: ReadingOptions = DEFAULT_OPTIONS,
    keep_unclear: bool = False,
    read_at_once: int = MAX_BYTES,
) -> ImportRun:
    """Preview a CSV or XLSX file. The register stays as it is.

    The file is stored with the run, to be read again with other options. Raises ImportFileError if
    it cannot be read. With `keep_unclear`, a file that a person can say more about is stored all
    the same: the `problem` of its run says what is missing. A file of more bytes than
    `read_at_once` is stored unread, for a task.
    """
    data = file.read(MAX_BYTES + 1)
    name = shorten_text(PurePath(file_name.replace("\\", "/")).name, 255)
    refuse_at_once(data, name)
    run = ImportRun(
        organization=organization,
        source=Source.IMPORT,
        file_name=name,
        file_size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        options=options.to_json(),
        actor=actor,
    )
    run.source_name, _ = choose_source(organization, name, options)
    records: Sequence[SourceRecord] = ()
    is_read = len(data) <= read_at_once
    if is_read:
        try:
            records = read_file(run, data, options)
        except UnclearFile as error:
            if not keep_unclear:
                raise
            note_problem(run, error, options)
    with transaction.atomic():
        if is_read and not run.problem:
            lifecycle.start_run(actor=actor, run=run, records=records)
        else:
            run.save()
        ImportFile.objects.create(
            organization=organization, run=run, content=zlib.compress(data, COMPRESSION)
        )
    return run


def note_problem(run: ImportRun, error: UnclearFile, options: ReadingOptions) -> None:
    """Set on `run`, without saving it, what a person has to say, and what the file holds."""
    run.problem = error.located_message
    run.options = options.to_json()
    run.contents = describe_contents(error.outline, error.table, None)
    run.mapping = [column.to_json() for column in error.columns]
    run.guesses, run.question = [], None
    run.notes = list(error.table.notes) if error.table else []


def preview_again(
    *,
    actor: User | None,
    run: ImportRun,
    revision: int | None = None,
    task: str = "",
    keep_unclear: bool = False,
    **changes: Any,
) -> ImportRun:
    """Read the file of a run again, with `changes` to its options, and preview it.

    Where the file is no longer stored, the records that were read are planned again. `revision` and
    `task` are as in `lifecycle.apply_run`, `keep_unclear` as in `upload_register`. Raises
    ImportFileError, after which the run is as before.
    """

    def read_again(locked: ImportRun) -> list[SourceRecord]:
        data = stored_file(locked)
        if data is None and changes:
            raise Conflict("The file is no longer stored. Upload it again, with these options.")
        if data is None:
            return lifecycle.stored_records(locked)
        options = replace(ReadingOptions.from_json(locked.options), **changes)
        try:
            return read_file(locked, data, options)
        except UnclearFile as error:
            if not keep_unclear:
                raise
            note_problem(locked, error, options)
            return []

    return lifecycle.refresh_preview(
        actor=actor, run=run, read_records=read_again, revision=revision, task=task
    )


def stored_file(run: ImportRun) -> bytes | None:
    """The upload of a run, if it is still stored."""
    contents = ImportFile.objects.for_organization(run.organization).filter(run=run)
    content = contents.values_list("content", flat=True).first()
    return None if content is None else zlib.decompress(content)


def read_file(run: ImportRun, data: bytes, options: ReadingOptions) -> list[SourceRecord]:
    """The records of a file. Sets on `run`, without saving it, where it is from and how it reads.

    Raises ImportFileError.
    """
    run.source_name, note = choose_source(run.organization, run.file_name, options)
    learned = recall_options(run)
    table, effective, notes = read_as_learned(data, run.file_name, options, learned)
    records = read_into_run(run, table, effective)
    mark_learned_columns(run, options)
    run.options = options.to_json()
    run.notes = [*filter(None, [note]), *notes, *run.notes, *earlier_imports(run)]
    run.question = ask_about_source(run, records, options)
    return records


def earlier_imports(run: ImportRun) -> Iterator[str]:
    """A note if this very file was imported before."""
    same_file = ImportRun.objects.for_organization(run.organization).filter(
        sha256=run.sha256, status=RunStatus.APPLIED
    )
    if earlier := same_file.order_by("-applied_at").first():
        yield (
            f"This very file was imported on {earlier.applied_at:%Y-%m-%d}, as "
            f"{earlier.source_name}."
        )


def read_into_run(run: ImportRun, table: Table, options: ReadingOptions) -> list[SourceRecord]:
    """The records of a table. Sets on `run`, without saving it, how the table was read.

    Raises ImportFileError.
    """
    organization = run.organization
    matrix = matrix_of(organization)
    interpretation = interpret_table(
        table,
        options,
        levels=matrix.levels,
        labels=matrix.labels,
        custom=custom_columns(organization),
    )
    guesses = (
        *interpretation.guesses,
        *report_unknown_controls(organization, interpretation),
        *report_differences(interpretation.differences),
    )
    run.options = options.to_json()
    run.mapping = [column.to_json() for column in interpretation.mapping]
    run.guesses = [asdict(guess) for guess in guesses]
    run.notes = list(interpretation.notes)
    run.contents = describe_contents(table.outline, table, interpretation)
    risks, notes = fold_rows(interpretation.rows, interpretation.mapping)
    run.notes += [*notes, *add_up_rows(table, interpretation.rows, risks)]
    return list(to_records(risks))


def add_up_rows(
    table: Table, rows: Sequence[InterpretedRow], risks: Sequence[FoldedRisk]
) -> Iterator[str]:
    """A note that adds up the rows below the header, unless each is a risk of its own."""
    total = len(table.rows) + len(table.skipped)
    continued, skipped = len(rows) - len(risks), total - len(rows)
    if continued or skipped:
        yield (
            f"{count_text(total, 'row')} below the header: {count_text(len(risks), 'risk')}, "
            f"{continued} that give more of a risk, {skipped} skipped."
        )


def report_unknown_controls(
    organization: Organization, interpretation: Interpretation
) -> Iterator[Guess]:
    """Report controls that do not exist: an import does not create controls."""
    columns = (m.column for m in interpretation.mapping if m.field == "controls")
    column = next(columns, None)
    if column is None:
        return
    known = NameIndex(control_names(organization).items())
    names = {name: None for row in interpretation.rows for name in row.values.get("controls", ())}
    if unknown := {name: None for name in names if not known.get(name)}:
        detail = (
            f"{len(unknown)} of {len(names)} controls are in none of your frameworks, or in "
            "several. They are kept in extra. Import the framework first, or correct the names."
        )
        yield Guess(column, "list", detail, dict(islice(unknown.items(), MAX_LISTED)))


def report_differences(differences: Iterable[RatingDifference]) -> Iterator[Guess]:
    """Report the source's own scores and levels that are not ours, by column."""
    by_column: dict[str, dict[str, str]] = {}
    for difference in differences:
        cell = f"{difference.theirs} (row {difference.row})"
        by_column.setdefault(difference.column, {})[cell] = difference.ours
    for column, table in by_column.items():
        differ = f"{len(table)} cells differ" if len(table) > 1 else "1 cell differs"
        detail = f"{differ} from what our matrix says. Ours counts; theirs is kept in extra."
        yield Guess(column, "difference", detail, dict(islice(table.items(), MAX_LISTED)))
