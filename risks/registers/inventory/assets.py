"""Read a CSV or XLSX file of assets: a row for each, columns found by their names."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from openrisk.text.names import name_key
from risks.import_runs.changes import SourceRecord
from risks.models import Asset, AssetDependency, AssetType, Criticality, DependencyKind
from risks.registers.reading.sheet import NumberedRow, RawSheet
from risks.registers.reading.text import split_list
from risks.registers.results import ImportFileError, RowError
from risks.registers.table import read_sheets

HEADERS = {
    "name": ("name", "asset", "asset name", "title"),
    "type": ("type", "asset type", "kind"),
    "criticality": ("criticality", "importance", "business criticality"),
    "owner": ("owner", "asset owner", "responsible"),
    "description": ("description", "notes", "comment"),
    "external_id": ("external id", "external_id", "id", "asset id", "ci", "inventory number"),
    "hostnames": ("hostnames", "hostname", "host", "fqdn", "dns name"),
    "addresses": ("addresses", "network addresses", "ip", "ip address", "ip addresses"),
    "dependencies": ("dependencies", "depends on", "dependency"),
}
FIELD_OF = {name_key(text): name for name, texts in HEADERS.items() for text in texts}
LISTS = ("hostnames", "addresses")
CHOICES: dict[str, Any] = {"type": AssetType, "criticality": Criticality}
TOP_ROWS = 20  # among which the header is looked for
ASSET, DEPENDENCY = Asset._meta.label_lower, AssetDependency._meta.label_lower


@dataclass
class InventoryTable:
    """The records of a file; `columns` are (header, field), with no field for one left out."""

    columns: list[tuple[str, str]]
    records: list[SourceRecord] = field(default_factory=list)


def read_inventory(data: bytes, file_name: str) -> InventoryTable:
    """Read the first sheet that has a column of names. Raises ImportFileError."""
    for sheet in read_sheets(data, file_name, count_headers):
        if (header := find_header(sheet)) is not None:
            return read_rows(sheet, header)
    raise ImportFileError(
        _("No column is called Name. Name the column of the assets so, and upload the file again.")
    )


def count_headers(cells: list[str]) -> int:
    return sum(name_key(cell) in FIELD_OF for cell in cells if cell)


def find_header(sheet: RawSheet) -> int | None:
    """Return the index of the first row with a column of names."""
    for index, (_number, cells) in enumerate(sheet.rows[:TOP_ROWS]):
        if "name" in {FIELD_OF.get(name_key(cell)) for cell in cells if cell}:
            return index
    return None


def read_rows(sheet: RawSheet, header: int) -> InventoryTable:
    columns: list[tuple[str, str]] = []
    for cell in sheet.rows[header][1]:
        name = FIELD_OF.get(name_key(cell), "") if cell else ""
        is_free = name and all(name != other for _header, other in columns)
        columns.append((cell, name if is_free else ""))
    table = InventoryTable([column for column in columns if column[0]])
    fields = [name for _header, name in columns]
    rows = [row_of(fields, row) for row in sheet.rows[header + 1 :]]
    table.records = list(make_records([row for row in rows if row[1]]))
    return table


def row_of(fields: Sequence[str], row: NumberedRow) -> tuple[int, dict[str, str]]:
    """Return the number of a row with its texts by field; blank ones are left out."""
    number, cells = row
    pairs = zip(fields, cells, strict=False)
    return number, {name: text.strip() for name, text in pairs if name and text.strip()}


def make_records(rows: Sequence[tuple[int, dict[str, str]]]) -> Iterator[SourceRecord]:
    """Yield the assets, those that are only named as dependencies, and the dependencies."""
    names: dict[str, str] = {}  # the spelling of each name
    named: list[tuple[int, str, str]] = []  # row, asset, text of a dependency
    for number, texts in rows:
        name = texts.pop("name", "")
        if not name:
            yield refused_asset(number, f"({number})", _("The row has no name. Enter one."))
            continue
        if (key := name_key(name)) in names:
            yield refused_asset(number, name, _("Another row has this name. Remove one of them."))
            continue
        names[key] = name
        named += [(number, name, text) for text in split_list(texts.pop("dependencies", ""))]
        yield asset_record(number, name, texts)
    seen = set()
    for number, name, text in named:
        kind, target = parse_dependency(text)
        if name_key(target) not in names:
            names[name_key(target)] = target
            yield SourceRecord(ASSET, target, number, {})
        target = names[name_key(target)]
        if (name, target, kind) not in seen:
            seen.add((name, target, kind))
            yield dependency_record(number, name, target, kind)


def asset_record(number: int, name: str, texts: dict[str, str]) -> SourceRecord:
    record = SourceRecord(ASSET, name, number, {})
    for column, text in texts.items():
        if column in CHOICES:
            value = find_choice(CHOICES[column], text)
            if value is None:
                labels = ", ".join(str(label) for label in CHOICES[column].labels)
                reason = _("“%(text)s” is none of: %(labels)s. Use one of these.")
                reason %= {"text": text, "labels": labels}
                record.errors.append(asdict(RowError(number, column, text, reason)))
            else:
                record.values[column] = value
        else:
            record.values[column] = split_list(text, commas=True) if column in LISTS else text
    return record


def find_choice(choices: Any, text: str) -> str | None:
    key = name_key(text)
    for value, label in choices.choices:
        if key in (name_key(str(value)), name_key(str(label))):
            return str(value)
    return None


def parse_dependency(text: str) -> tuple[str, str]:
    """Return the kind and the name in "runs on: Server 1"; without a kind it is "depends on"."""
    before, colon, after = text.partition(":")
    kind = find_choice(DependencyKind, before) if colon else None
    return (
        (kind, after.strip()) if kind and after.strip() else (DependencyKind.DEPENDS_ON.value, text)
    )


def dependency_record(number: int, asset: str, target: str, kind: str) -> SourceRecord:
    label = str(DependencyKind(kind).label).lower()
    values = {"asset": asset, "target": target, "kind": kind}
    record = SourceRecord(DEPENDENCY, f"{asset} {label} {target}", number, values)
    if name_key(asset) == name_key(target):
        reason = _("An asset cannot depend on itself.")
        record.errors.append(asdict(RowError(number, "dependencies", target, reason)))
    return record


def refused_asset(number: int, identity: str, reason: str) -> SourceRecord:
    """Return the record of a row whose name cannot be used."""
    errors = [asdict(RowError(number, "name", "", reason))]
    return SourceRecord(ASSET, identity, number, {}, errors=errors)
