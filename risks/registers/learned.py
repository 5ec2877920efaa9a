"""Learned options: how the last file of a source was read, used for its next one."""

from collections.abc import Sequence
from dataclasses import replace

from risks.fields import LEAVE_OUT
from risks.models import ImportRun, ImportSource
from risks.registers.options import ReadingOptions
from risks.registers.reading.text import match_key
from risks.registers.results import ImportFileError, Table
from risks.registers.table import read_table

LEARNED = "learned"  # how a column got its field
EXTRA = "extra"
_KEPT = {EXTRA: "kept", LEAVE_OUT: "left out"}


def recall_options(run: ImportRun) -> ReadingOptions:
    """The options that the source of `run` was read with last; the defaults if it is new."""
    sources = ImportSource.objects.for_organization(run.organization)
    options = sources.filter(name=run.source_name).values_list("options", flat=True).first()
    return ReadingOptions.from_json(options or {})


def read_as_learned(
    data: bytes, file_name: str, chosen: ReadingOptions, learned: ReadingOptions
) -> tuple[Table, ReadingOptions, list[str]]:
    """The table of a file, the options it was read with, and notes on what was learned of it.

    What the person has said of this file wins over what was learned of earlier ones.
    """
    notes: list[str] = []
    options = chosen.with_defaults(learned)
    if not chosen.encoding and is_unicode(data):
        options = replace(options, encoding="")
    try:
        table = read_table(data, file_name, options)
    except ImportFileError as error:
        if options.sheet == chosen.sheet:
            raise
        options = replace(options, sheet="")
        table = read_table(data, file_name, options)
        notes.append(f"Not read as the last file of the source: {error.message}")
    mapping = known_columns(table.headers, chosen, learned)
    notes += compare_columns(table.headers, learned)
    return table, replace(options, mapping=mapping), notes


def is_unicode(data: bytes) -> bool:
    """Whether the file says its encoding itself, so that the one of earlier files is not needed."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return not data.isascii()


def known_columns(
    headers: Sequence[str], chosen: ReadingOptions, learned: ReadingOptions
) -> dict[str, str]:
    """The field by header: as said, and else as learned, each field once."""
    names = {match_key(name) for name in chosen.mapping}
    taken = {field for field in chosen.mapping.values() if field not in {EXTRA, LEAVE_OUT}}
    remembered = {
        header: learned.mapping[header]
        for header in headers
        if header in learned.mapping
        and match_key(header) not in names
        and learned.mapping[header] not in taken
    }
    return {**remembered, **chosen.mapping}


def compare_columns(headers: Sequence[str], learned: ReadingOptions) -> list[str]:
    """Notes on columns that only the last file of the source had, and on those that are new."""
    if not learned.mapping:
        return []
    missing = [
        f"{header} ({_KEPT.get(field, field)})"
        for header, field in learned.mapping.items()
        if header not in headers
    ]
    new = [header for header in headers if header not in learned.mapping]
    notes = []
    if missing:
        notes.append(
            f"Columns of the last import of this source are missing: {', '.join(missing)}. What "
            "they gave stays as it is."
        )
    if new:
        notes.append(f"Columns that the last import of this source did not have: {', '.join(new)}.")
    return notes


def mark_learned_columns(run: ImportRun, chosen: ReadingOptions) -> None:
    """Let the mapping of `run` say which columns were not chosen now, but at an earlier import."""
    names = {match_key(name) for name in chosen.mapping}
    for column in run.mapping:
        if column["how"] == "chosen" and match_key(column["column"]) not in names:
            column["how"] = LEARNED
