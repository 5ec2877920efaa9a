"""A run in words and as JSON, for people and programs that do not read its rows."""

from collections.abc import Iterator
from typing import Any

from risks.import_runs.changes import is_blank
from risks.import_runs.lifecycle import describe_error
from risks.models import ImportRun, RowAction

SHOWN = 100  # errors, stops and edits that are listed


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


def report_lines(told: dict[str, Any]) -> Iterator[str]:
    """The text of a `summary`."""
    yield f"{told['file_name']}, known as the source {told['source_name']}"
    yield from _section("Columns", list(_mapping(told["mapping"])))
    yield from _section("Read into it", list(_guesses(told["guesses"])))
    yield from _section("Notes", told["notes"])
    stops = [f"Row {s['row']} ({s['identity']}): {s['reason']}" for s in told["stops"]]
    yield from _section("Stops", stops)
    yield from _section("Edited since the last import, and replaced", list(_edits(told["edited"])))
    yield from _section("Errors", [describe_error(error) for error in told["errors"]])
    yield from _section("Counts", list(_counts(told["counts"])))


def _section(title: str, found: list[str]) -> Iterator[str]:
    if not found:
        return
    yield ""
    yield title
    for line in found[:SHOWN]:
        yield f"  {line}"
    if len(found) > SHOWN:
        yield f"  ... and {len(found) - SHOWN} more: see the rows of the run"


def _mapping(mapping: list[dict[str, Any]]) -> Iterator[str]:
    width = max((len(column["column"]) for column in mapping), default=0)
    width = min(width, 40)
    for column in mapping:
        where = column["field"] or ("not read" if column["how"] == "ignored" else "extra")
        yield f"{column['column']:{width}}  {where}"


def _guesses(guesses: list[dict[str, Any]]) -> Iterator[str]:
    for guess in guesses:
        where = f"{guess['column']}: " if guess["column"] else ""
        yield where + guess["detail"]
        for text, value in guess["table"].items():
            yield f"    {text} = {'nothing' if is_blank(value) else value}"


def _edits(edits: list[dict[str, Any]]) -> Iterator[str]:
    for edit in edits:
        yield f"Row {edit['row']} ({edit['identity']}): {edit['field']} was {edit['now']!r}"


def _counts(counts: dict[str, dict[str, int]]) -> Iterator[str]:
    yield f"{'':12}" + "".join(f"{action:>12}" for action in RowAction.values)
    for model, by_action in counts.items():
        if any(by_action.values()):
            numbers = "".join(f"{by_action[action]:12,}" for action in RowAction.values)
            yield f"{model:12}{numbers}"
