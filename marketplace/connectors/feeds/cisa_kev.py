"""CISA's catalogue of known exploited vulnerabilities (KEV), as JSON."""

from collections.abc import Iterator
from datetime import date
from typing import IO, Any

from marketplace.connectors.base import (
    MEGABYTE,
    Capability,
    Connector,
    ConnectorCategory,
    UnreadableReport,
)
from marketplace.connectors.items import Config, Item, RejectedItem, VulnerabilityItem
from marketplace.connectors.parsing import as_dict, stream_json, to_text

_ENTRY = "vulnerabilities.item"
_URL = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"


class CisaKev(Connector):
    """An entry marks the findings of its CVE; once it is removed, they are unmarked."""

    slug = "cisa-kev"
    name = "CISA Known Exploited Vulnerabilities"
    version = "1.0.0"
    summary = "Marks findings whose vulnerability is known to be exploited."
    documentation = (
        "The Cybersecurity and Infrastructure Security Agency of the United States lists the "
        "vulnerabilities that it knows to be exploited, and by when its own agencies have to "
        "repair them. The catalogue is public and changes several times a week: a daily schedule "
        "is enough.\n\n"
        "Findings of a listed CVE are marked as known exploited; nothing else is created. For each "
        "open risk that such a finding belongs to, a higher likelihood is suggested, which a "
        "person accepts or dismisses.\n\n"
        "Where this installation has no access to the internet, upload the file."
    )
    category = ConnectorCategory.SECURITY
    capabilities = (Capability.FINDING_IMPORT,)
    permissions = ("Marks findings", "Suggests the likelihood of risks")
    file_names = (".json",)
    largest_report = 32 * MEGABYTE  # the real one has some 2 MB
    default_url = _URL
    schema = {
        "type": "object",
        "properties": {
            "url": {
                "type": "string",
                "format": "uri",
                "title": "Address",
                "description": "Of a copy of the catalogue; CISA's own unless given",
            }
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        count, declared_count, version = 0, None, None
        paths = (_ENTRY, "count", "catalogVersion")
        for _, path, value in stream_json(file, paths):
            if path == "count":
                declared_count = value
            elif path == "catalogVersion":
                version = value
            else:
                count += 1
                yield parse_entry(count, value)
        if version is None and not count:
            raise UnreadableReport("This is not the catalogue of CISA. Fetch its JSON file.")
        if declared_count is not None and declared_count != count:
            raise UnreadableReport(
                f"The catalogue announces {to_text(declared_count)} entries and has {count}. "
                "Fetch it again."
            )


def parse_entry(row: int, value: Any) -> VulnerabilityItem | RejectedItem:
    entry = as_dict(value)
    cve = to_text(entry.get("cveID")).strip().upper()
    if not cve.startswith("CVE-"):
        return RejectedItem(row, "The entry has no CVE.", cve or to_text(value), "cveID")
    added = to_text(entry.get("dateAdded"))
    try:
        listed = date.fromisoformat(added)
    except ValueError:
        return RejectedItem(row, "Not a valid date.", added, "dateAdded")
    ransomware = to_text(entry.get("knownRansomwareCampaignUse")).lower() == "known"
    due = to_text(entry.get("dueDate"))
    reason = (
        f"{cve} is exploited, as CISA has known since {listed}"
        + (", also for ransomware" if ransomware else "")
        + (f"; it asks for a repair by {due}." if due else ".")
    )
    return VulnerabilityItem(row, cve, known_exploited=True, listed=listed, reason=reason)
