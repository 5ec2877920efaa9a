"""Upload: read the file of a register, and start an import run with its records."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO

from openrisk.accounts.models import Organization, User
from risks.import_runs import lifecycle
from risks.import_runs.changes import SourceRecord
from risks.import_runs.name_lookup import NameIndex, control_names
from risks.models import ImportRun, RunStatus, Source
from risks.registers.mapping.interpreter import interpret_table
from risks.registers.options import DEFAULT_OPTIONS, ReadingOptions
from risks.registers.reading.sheet import MAX_BYTES
from risks.registers.results import Guess, Interpretation, RatingDifference, Table
from risks.registers.table import read_table
from risks.registers.to_records import to_records
from risks.services.matrix import matrix_of
from risks.text import shorten_text

MAX_SOURCE_NAME = 150
MAX_LISTED = 50  # differences of a column, and unknown controls, that a run lists


def upload_register(
    *,
    actor: User | None,
    organization: Organization,
    file: BinaryIO,
    file_name: str,
    source_name: str = "",
    options: ReadingOptions = DEFAULT_OPTIONS,
) -> ImportRun:
    """Preview a CSV or XLSX file. The register stays as it is, and the file is not stored.

    `source_name` is the file's name without its extension unless given. Raises ImportFileError if
    the file cannot be read.
    """
    data = file.read(MAX_BYTES + 1)
    name = PurePath(file_name.replace("\\", "/")).name
    run = ImportRun(
        organization=organization,
        source=Source.IMPORT,
        source_name=(source_name or PurePath(name).stem)[:MAX_SOURCE_NAME],
        file_name=shorten_text(name, 255),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    records = read_into_run(run, read_table(data, name, options), options)
    same_file = ImportRun.objects.for_organization(organization).filter(
        sha256=run.sha256, status=RunStatus.APPLIED
    )
    if earlier := same_file.order_by("-applied_at").first():
        run.notes.append(
            f"This very file was imported on {earlier.applied_at:%Y-%m-%d}, as "
            f"{earlier.source_name}."
        )
    return lifecycle.start_run(actor=actor, run=run, records=records)


def read_into_run(run: ImportRun, table: Table, options: ReadingOptions) -> list[SourceRecord]:
    """The records of a table. Sets on `run`, without saving it, how the table was read.

    Raises ImportFileError.
    """
    organization = run.organization
    interpretation = interpret_table(table, options, levels=matrix_of(organization).levels)
    guesses = (
        *interpretation.guesses,
        *report_unknown_controls(organization, interpretation),
        *report_differences(interpretation.differences),
    )
    run.options = options.to_json()
    run.mapping = [asdict(column) for column in interpretation.mapping]
    run.guesses = [asdict(guess) for guess in guesses]
    run.notes = list(interpretation.notes)
    return list(to_records(interpretation.rows))


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
