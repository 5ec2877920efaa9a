"""Summary of a run as JSON and as text, for programs and people that do not read its rows."""

from collections.abc import Iterator
from typing import Any

from risks.import_runs.changes import is_blank
from risks.import_runs.lifecycle import describe_error
from risks.models import ImportRun, RowAction

MAX_LISTED = 100  # errors, stops and edits


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
    """The text of a summary, line by line."""
    yield f"{summary['file_name']}, known as the source {summary['source_name']}"
    yield from format_section("Columns", column_lines(summary["mapping"]))
    yield from format_section("Guesses", guess_lines(summary["guesses"]))
    yield from format_section("Notes", summary["notes"])
    stops = [f"Row {s['row']} ({s['identity']}): {s['reason']}" for s in summary["stops"]]
    yield from format_section("Stops", stops)
    edits = [
        f"Row {e['row']} ({e['identity']}): {e['field']} was {e['now']!r}"
        for e in summary["edited"]
    ]
    yield from format_section("Edited since the last import, and replaced", edits)
    yield from format_section("Errors", [describe_error(error) for error in summary["errors"]])
    yield from format_section("Counts", count_lines(summary["counts"]))


def format_section(title: str, lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield ""
    yield title
    for line in lines[:MAX_LISTED]:
        yield f"  {line}"
    if len(lines) > MAX_LISTED:
        yield f"  ... and {len(lines) - MAX_LISTED} more: see the rows of the run"


def column_lines(mapping: list[dict[str, Any]]) -> list[str]:
    width = min(max((len(column["column"]) for column in mapping), default=0), 40)
    lines = []
    for column in mapping:
        target = column["field"] or ("not read" if column["how"] == "ignored" else "extra")
        lines.append(f"{column['column']:{width}}  {target}")
    return lines


def guess_lines(guesses: list[dict[str, Any]]) -> list[str]:
    lines = []
    for guess in guesses:
        column = f"{guess['column']}: " if guess["column"] else ""
        lines.append(column + guess["detail"])
        for text, value in guess["table"].items():
            lines.append(f"    {text} = {'nothing' if is_blank(value) else value}")
    return lines


def count_lines(counts: dict[str, dict[str, int]]) -> list[str]:
    lines = [f"{'':12}" + "".join(f"{action:>12}" for action in RowAction.values)]
    for model, by_action in counts.items():
        if any(by_action.values()):
            numbers = "".join(f"{by_action[action]:12,}" for action in RowAction.values)
            lines.append(f"{model:12}{numbers}")
    return lines
