"""Counts what is understood of registers and reports that other people wrote.

`python -m tests.proofs.real_input [--keep]` reads every file of the folder of real data, which is
not part of the project (`--data`), without a database: of a register the columns that became a
field, those that are kept under their name, cells that are nowhere (lost), and the rows; of a
report what it brings. `--keep` writes docs/data/import.json and the table in docs/import.md. Exit
codes: 0, 3 if a cell or a row is lost, 1 if there is no file.
"""

import argparse
import io
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIGURES, DOCUMENT = ROOT / "docs" / "data" / "import.json", ROOT / "docs" / "import.md"
BEGIN, END = "<!-- counted: begin -->", "<!-- counted: end -->"
REGISTERS = {".csv", ".xlsx"}
# The connector that reads a report, by what its file is called.
CONNECTORS = {
    "trivy": "trivy",
    "nessus": "nessus",
    "openvas": "openvas",
    "sarif": "sarif",
    "spotbugs": "sarif",
    "cdx": "cyclonedx",
    "cyclonedx": "cyclonedx",
    "oscal": "oscal",
}
KINDS = {"FindingItem": "findings", "VexItem": "statements", "ControlItem": "controls"}

# What the table says of each group of files.
COLUMNS = ("columns", "recognized", "kept", "lost", "rows", "risks", "in_error")
REPORTED = ("findings", "statements", "controls", "rejected")
HEADS = {
    COLUMNS: "registers | files | refused | columns | fields | kept | lost"
    " | rows | risks | in error",
    REPORTED: "reports | files | refused | findings | statements | controls | rejected",
}
GROUPS = (
    ("registers", "as people keep them", COLUMNS),
    ("register_shapes", "one for each difficulty", COLUMNS),
    ("reports", "as scanners write them", REPORTED),
    ("report_shapes", "one for each difficulty", REPORTED),
)


def count_registers(folder: Path) -> dict[str, dict[str, Any]]:
    paths = sorted(path for path in folder.iterdir() if path.suffix in REGISTERS)
    return {path.name: count_register(path) for path in paths}


def count_register(path: Path) -> dict[str, Any]:
    """The columns, cells and rows of one register; `refused` is why it was not read."""
    from risks.registers.mapping.interpreter import interpret_table
    from risks.registers.results import ImportFileError
    from risks.registers.table import read_table

    try:
        table = read_table(path.read_bytes(), path.name)
        interpretation = interpret_table(table)
    except ImportFileError as error:
        return {"refused": error.located_message}
    fields = [column.column for column in interpretation.mapping if column.field]
    in_error = {error.row for error in interpretation.errors}
    return {
        "columns": len(table.headers),
        "recognized": len(fields),
        "kept": sum(column.how == "extra" for column in interpretation.mapping),
        "lost": len(lost_cells(table, interpretation)),
        "rows": len(table.rows),
        "risks": len(interpretation.rows) - len(in_error),
        "in_error": len(in_error),
        "guesses": len(interpretation.guesses),
    }


def lost_cells(table: Any, interpretation: Any) -> list[tuple[int, str]]:
    """The cells, by row and column, that neither a value, nor `extra`, nor the report holds."""
    read = {row.row_number: row for row in interpretation.rows}
    field_of = {column.column: column.field for column in interpretation.mapping}
    told = {(guess.column, text) for guess in interpretation.guesses for text in guess.table}
    lost = []
    for number, cells in table.rows:
        row = read.get(number)
        if row is None:
            continue
        errors = {error.column for error in row.errors}
        for header, cell in cells.items():
            field = field_of.get(header)
            is_read = field is not None and holds(row.values, field)
            if cell and not (is_read or header in {*row.extra, *errors} or (header, cell) in told):
                lost.append((number, header))
    return lost


def holds(values: dict[str, Any], field: str) -> bool:
    """Whether the values of a row have something of `field`; a score follows from its ratings."""
    kind, _, part = field.rpartition("_")
    if part in {"score", "level"} and kind:
        return bool(values.get(f"{kind}_likelihood") and values.get(f"{kind}_impact"))
    if field == "owner":
        return bool(values.get("owner") or values.get("owner_name"))
    return values.get(field) not in (None, "", [])


def count_reports(folder: Path) -> dict[str, dict[str, Any]]:
    paths = sorted(path for path in folder.iterdir() if path.suffix not in {*REGISTERS, ".md"})
    return {path.name: count_report(path, connector_of(path)) for path in paths}


def connector_of(path: Path) -> str:
    return next(slug for word, slug in CONNECTORS.items() if word in path.name)


def count_report(path: Path, slug: str) -> dict[str, Any]:
    from marketplace.connectors.base import UnreadableReport
    from marketplace.registry import available_connectors

    connector = available_connectors()[slug]
    try:
        items = list(connector.read_report(io.BytesIO(path.read_bytes()), {}))
    except UnreadableReport as error:
        return {"connector": slug, "refused": str(error)}
    kinds = Counter(type(item).__name__ for item in items)
    counts = {name: kinds[kind] for kind, name in KINDS.items()}
    return {"connector": slug, **counts, "rejected": kinds["RejectedItem"]}


def count_all(data: Path) -> dict[str, Any]:
    return {
        "registers": count_registers(data / "registers"),
        "register_shapes": count_registers(data / "faults"),
        "reports": count_reports(data / "scanners"),
        "report_shapes": count_reports(data / "faults"),
    }


# --- The table


def table_lines(figures: dict[str, Any]) -> list[str]:
    """The tables of docs/import.md: a line for each group of registers, then of reports."""
    lines: list[str] = []
    for names, head in HEADS.items():
        lines += ["", f"| {head} |", "|---" * (len(names) + 3) + "|"]
        groups = [(group, label) for group, label, of_group in GROUPS if of_group is names]
        lines += [group_line(label, figures[group], names) for group, label in groups]
    return [*lines, ""]


def group_line(label: str, files: dict[str, dict[str, Any]], names: tuple[str, ...]) -> str:
    refused = sum("refused" in counts for counts in files.values())
    sums = [sum(counts.get(name, 0) for counts in files.values()) for name in names]
    return f"| {label} | " + " | ".join(f"{n:,}" for n in (len(files), refused, *sums)) + " |"


def insert_table(text: str, figures: dict[str, Any]) -> str:
    """`text` with the table between the two marks."""
    before, _, rest = text.partition(f"{BEGIN}\n")
    _, _, after = rest.partition(f"{END}\n")
    return "\n".join([f"{before}{BEGIN}", *table_lines(figures), f"{END}\n"]) + after


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proofs.real_input", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--keep", action="store_true", help="write the figures and the table")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        print(f"{options.data} is not there. Name a folder with --data.", file=sys.stderr)
        return 1
    prepare_django()
    figures = count_all(options.data)
    for group, files in figures.items():
        print(f"\n{group}")
        for name, counts in files.items():
            print(f"  {name:40} " + ", ".join(f"{key} {value}" for key, value in counts.items()))
    print(*table_lines(figures), sep="\n")
    if options.keep:
        FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
        DOCUMENT.write_text(insert_table(DOCUMENT.read_text(), figures))
    is_lost = any(counts.get("lost") for files in figures.values() for counts in files.values())
    return 3 if is_lost else 0


def prepare_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openrisk.settings")
    django.setup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
