"""Files of registers, as tests read and build them."""

import io
import zipfile
from collections.abc import Callable, Iterable

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from risks.registers.results import Table
from risks.registers.table import read_table


def read(text: str | bytes, filename: str = "register.csv") -> Table:
    return read_table(text if isinstance(text, bytes) else text.encode(), filename)


def cells(table: Table) -> list[list[str]]:
    return [list(row.values()) for _, row in table.rows]


def workbook(*rows: Iterable[object], edit: Callable[[Worksheet], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    if edit:
        edit(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rezipped(data: bytes, **parts: bytes) -> bytes:
    """`data` with some parts replaced or added; `__` in a name stands for the slash."""
    file = io.BytesIO()
    changed = {name.replace("__", "/").replace("_xml", ".xml"): v for name, v in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            if name not in changed:
                new.writestr(name, old.read(name))
        for name, content in changed.items():
            new.writestr(name, content)
    return file.getvalue()


HEADERS = ("Risk ID", "Title", "Likelihood")
