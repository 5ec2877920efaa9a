"""Contents: what a file holds, for people who choose how it is read; stored with its run."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from risks.registers.results import (
    SHOWN_CHARACTERS,
    Interpretation,
    Outline,
    Table,
    TextReading,
)

SAMPLES = 3  # different cells of a column
MAX_TEXTS = 60  # of a column, whose readings are listed
LOOKED_THROUGH = 500  # rows, for samples


def describe_contents(
    outline: Outline | None, table: Table | None, interpretation: Interpretation | None
) -> dict[str, Any]:
    """Return the contents as JSON: as much as is known of a file that was not understood.

    `sheets`, `sheets_read`, `header_row` and `rows` are those of the outline; `columns` has, by
    header, `samples` and, of ratings, statuses and treatments, `readings` of their texts.
    """
    outline = outline or Outline()
    readings = interpretation.readings if interpretation else {}
    return {
        "sheets": outline.sheets,
        "sheets_read": outline.sheets_read,
        "header_row": outline.header_row,
        "rows": [[number, cells] for number, cells in outline.rows],
        "columns": {
            header: {
                "samples": find_samples(table, header),
                **list_texts(readings.get(header, ())),
            }
            for header in (table.headers if table else ())
        },
    }


def find_samples(table: Table | None, header: str) -> list[str]:
    """Return the first different cells of a column, shortened."""
    if table is None:
        return []
    cells = (cells[header] for _, cells in table.rows[:LOOKED_THROUGH])
    different = dict.fromkeys(cell[:SHOWN_CHARACTERS] for cell in cells if cell)
    return list(islice(different, SAMPLES))


def list_texts(readings: Iterable[TextReading]) -> dict[str, Any]:
    """Return the texts that a person may map, and how many more there are."""
    listed = [
        {"text": r.text, "count": r.count, "value": r.value, "is_error": r.is_error}
        for r in readings
        if len(r.text) <= SHOWN_CHARACTERS
    ]
    if not listed:
        return {}
    return {"readings": listed[:MAX_TEXTS], "more_readings": max(0, len(listed) - MAX_TEXTS)}
