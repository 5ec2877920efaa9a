"""The Exploit Prediction Scoring System's daily scores (EPSS), as CSV, mostly compressed."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from typing import IO

from marketplace.connectors.base import (
    MEGABYTE,
    Capability,
    Connector,
    ConnectorCategory,
    UnreadableReport,
)
from marketplace.connectors.items import Config, Item, RejectedItem, VulnerabilityItem
from marketplace.connectors.parsing import to_number

MAX_SIZE = 512 * 1024**2  # bytes, once unpacked: the real file has some 10 MB
MAX_LINE = 10_000


class Epss(Connector):
    """A score says how likely a CVE is to be exploited within 30 days."""

    slug = "epss"
    name = "EPSS"
    version = "1.0.0"
    summary = "How likely each vulnerability is to be exploited, for your findings."
    documentation = (
        "FIRST, the Forum of Incident Response and Security Teams, publishes each day how likely "
        "each CVE is to be exploited in the next 30 days. The file is public; a daily schedule "
        "fits.\n\n"
        "Findings of a CVE get its score; nothing else is created. Rules that propose risks can "
        "require a minimum score.\n\n"
        "Where this installation has no access to the internet, upload the file, compressed or "
        "not."
    )
    category = ConnectorCategory.SECURITY
    capabilities = (Capability.FINDING_IMPORT,)
    permissions = ("Sets the EPSS score of findings",)
    file_names = (".csv", ".csv.gz")
    largest_report = 64 * MEGABYTE  # the real one has some 2 MB, packed
    default_url = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
    schema = {
        "type": "object",
        "properties": {
            "url": {
                "type": "string",
                "format": "uri",
                "title": "Address",
                "description": "Of a copy of the scores; those of FIRST unless given",
            }
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        lines = read_lines(file)
        rows = csv.reader(lines)
        try:
            header = next((row for row in rows if row and not row[0].startswith("#")), [])
            names = [column.strip().lower() for column in header]
            if "cve" not in names or "epss" not in names:
                raise UnreadableReport(
                    "The file has no columns cve and epss. Fetch the scores of EPSS."
                )
            cve, score = names.index("cve"), names.index("epss")
            for row in rows:
                if row:
                    yield parse_score(rows.line_num, row, cve, score)
        except csv.Error:
            raise UnreadableReport("Not a valid CSV file. Fetch it again.", rows.line_num) from None


def parse_score(line: int, row: list[str], cve: int, score: int) -> Item:
    if len(row) <= max(cve, score):
        return RejectedItem(line, "The row has too few columns.", ",".join(row))
    value = to_number(row[score], 1)
    if value is None:
        return RejectedItem(line, "The score must be a number from 0 to 1.", row[score], "epss")
    name = row[cve].strip().upper()
    if not name.startswith("CVE-"):
        return RejectedItem(line, "Not a CVE.", row[cve], "cve")
    return VulnerabilityItem(line, name, epss=value)


def read_lines(file: IO[bytes]) -> Iterator[str]:
    file.seek(0)
    is_packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    source: IO[bytes] = gzip.GzipFile(fileobj=file) if is_packed else file  # type: ignore[assignment]
    size = 0
    try:
        while line := source.readline(MAX_LINE):
            size += len(line)
            if size > MAX_SIZE or len(line) == MAX_LINE:
                raise UnreadableReport("The file is far too large for EPSS. Fetch it again.")
            yield line.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error):
        raise UnreadableReport("The compressed file is damaged. Fetch it again.") from None
    except UnicodeDecodeError:
        raise UnreadableReport("The file is not text in UTF-8. Fetch it again.") from None
