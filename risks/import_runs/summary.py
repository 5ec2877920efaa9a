"""Summary of a run as JSON and as text, for programs and people that do not read its rows."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from risks.import_runs.changes import is_blank
from risks.import_runs.lifecycle import describe_error
from risks.models import ImportRun, RowAction

MAX_LISTED = 20  # of each kind of error, stop and edit, and of the cells of a guess
_VARYING = re.compile(r"\d+|'[^']*'")  # what differs between errors of one kind


def summarize_run(run: ImportRun) -> dict[str, Any]:
    rows = list(
        run.rows.exclude(errors=[], notes=[], edited=[])
        .order_by("row_number", "id")
        .values("row_number", "identity", "errors", "notes", "edited", "changes")
    )
    return {
        "run": str(run.pk),
        "status": run.status,
        "source_name": run.source_name,
        "file_name": run.file_name,
        "counts": run.counts,
        "question": run.question,
        "mapping": run.mapping,
        "guesses": run.guesses,
        "notes": run.notes,
        "stops": [
            {"row": row["row_number"], "identity": row["identity"], "reason": note}
            for row in rows
            for note in row["notes"]
        ],
        "edited": [
            {
                "row": row["row_number"],
                "identity": row["identity"],
                "field": name,
                "now": row["changes"][name][0],
                "import": row["changes"][name][1],
            }
            for row in rows
            for name in row["edited"]
        ],
        "errors": [error for row in rows for error in row["errors"]],
    }


def report_lines(summary: dict[str, Any]) -> Iterator[str]:
    """The text of a summary, line by line: of each kind the first MAX_LISTED."""
    yield f"{summary['file_name']}, known as the source {summary['source_name']}"
    sections = (
        ("Columns", column_lines(summary["mapping"])),
        ("Assumptions", guess_lines(summary["guesses"])),
        *finding_sections(summary),
        ("Counts", count_lines(summary["counts"])),
    )
    for title, lines in sections:
        if lines:
            yield from ("", title, *(f"  {line}" for line in lines))


def finding_sections(summary: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The sections that a person should look at: notes, stops, edits and errors."""
    stops = [
        (stop["reason"], f"Row {stop['row']} ({stop['identity']}): {stop['reason']}")
        for stop in summary["stops"]
    ]
    edits = [
        (
            edit["field"],
            f"Row {edit['row']} ({edit['identity']}): {edit['field']} was {edit['now']!r}",
        )
        for edit in summary["edited"]
    ]
    errors = [
        (f"{error['column']}: {error['reason']}", describe_error(error))
        for error in summary["errors"]
    ]
    return [
        ("Notes", summary["notes"]),
        ("Held back", first_of_each_kind(stops)),
        ("Edited since the last import, and replaced", first_of_each_kind(edits)),
        ("Errors", first_of_each_kind(errors)),
    ]


def first_of_each_kind(lines: Iterable[tuple[str, str]]) -> list[str]:
    """The first lines of each kind, and how many more there are. Numbers make no other kind."""
    by_kind: dict[str, list[str]] = {}
    for kind, line in lines:
        by_kind.setdefault(_VARYING.sub("", kind), []).append(line)
    shown = []
    for of_kind in by_kind.values():
        shown += of_kind[:MAX_LISTED]
        if len(of_kind) > MAX_LISTED:
            shown.append(f"... and {len(of_kind) - MAX_LISTED:,} more like this")
    return shown


def column_lines(mapping: list[dict[str, Any]]) -> list[str]:
    width = min(max((len(column["column"]) for column in mapping), default=0), 40)
    lines = []
    for column in mapping:
        target = column["field"] or ("not read" if column["how"] == "ignored" else "extra")
        target += " (as in the last file)" if column["how"] == "learned" else ""
        lines.append(f"{column['column']:{width}}  {target}")
    return lines


def guess_lines(guesses: list[dict[str, Any]]) -> list[str]:
    lines = []
    for guess in guesses:
        column = f"{guess['column']}: " if guess["column"] else ""
        lines.append(column + guess["detail"])
        for text, value in islice(guess["table"].items(), MAX_LISTED):
            lines.append(f"    {text} = {'nothing' if is_blank(value) else value}")
        if len(guess["table"]) > MAX_LISTED:
            lines.append(f"    ... and {len(guess['table']) - MAX_LISTED:,} more")
    return lines


def count_lines(counts: dict[str, dict[str, int]]) -> list[str]:
    lines = [f"{'':12}" + "".join(f"{action:>12}" for action in RowAction.values)]
    for model, by_action in counts.items():
        if any(by_action.values()):
            numbers = "".join(f"{by_action[action]:12,}" for action in RowAction.values)
            lines.append(f"{model:12}{numbers}")
    return lines
