"""What tests of the scanners' connectors share: reading a report, and looking at what it had."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from marketplace.connectors.items import FindingItem, Item, RejectedItem, Scan
from marketplace.registry import available_connectors
from tests.conftest import SHARED_DATA

REPORTS = Path(__file__).parent / "reports"


def read(slug: str, report: bytes | str | dict | list, **configuration: Any) -> list[Item]:
    if not isinstance(report, bytes):
        report = (report if isinstance(report, str) else json.dumps(report)).encode()
    return list(available_connectors()[slug].read_report(io.BytesIO(report), configuration))


def csv_report(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    """The rows as CSV, below the names that the first one has."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def real(name: str) -> bytes:
    """A report that a scanner wrote; the test is skipped where there is none."""
    path = SHARED_DATA / "scanners" / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path.read_bytes()


def findings(items: Iterable[Item]) -> list[FindingItem]:
    return [item for item in items if isinstance(item, FindingItem)]


def finding(items: Iterable[Item], **values: Any) -> FindingItem:
    """The one that has these values."""
    found = [
        item
        for item in findings(items)
        if all(getattr(item, name) == value for name, value in values.items())
    ]
    assert len(found) == 1, found
    return found[0]


def identities(items: Iterable[Item]) -> list[tuple[str, str, str, str]]:
    return [(item.tool, item.rule, item.asset, item.location) for item in findings(items)]


def rejected(items: Iterable[Item]) -> list[tuple[int, str, str]]:
    return [(item.row, item.reason, item.value) for item in items if isinstance(item, RejectedItem)]


def scans(items: Iterable[Item]) -> dict[str, tuple[str, ...]]:
    """What each tool covered."""
    return {item.tool: item.covered for item in items if isinstance(item, Scan)}
