"""Records and values as the register keeps them: shortened, rounded, without null characters."""

import hashlib
from decimal import Decimal

from marketplace.connectors.items import RejectedItem
from openrisk.text.cleaning import remove_invisible
from risks.import_runs.changes import SourceRecord
from risks.models import Finding
from risks.text import shorten_text

FINDING = Finding._meta.label_lower


def build_rejected(item: RejectedItem) -> SourceRecord:
    error = {
        "row": item.row,
        "column": item.column,
        "value": to_line(item.value, 50),
        "reason": to_line(item.reason, 500),
    }
    return SourceRecord(FINDING, "", item.row, {}, errors=[error])


def round_number(value: Decimal | None, step: Decimal) -> str | None:
    return None if value is None else str(value.quantize(step))


def to_line(text: str, longest: int) -> str:
    return shorten_text(" ".join(remove_invisible(text).split()), longest)


def to_identifier(text: str, longest: int) -> str:
    """Shorten with a digest at the end, so that long texts with the same start stay different."""
    line = " ".join(remove_invisible(text).split())
    if len(line) <= longest:
        return line
    digest = hashlib.sha256(line.encode()).hexdigest()[:16]
    return f"{line[: longest - 17]} {digest}"
