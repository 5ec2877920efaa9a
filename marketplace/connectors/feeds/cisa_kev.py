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
from marketplace.connectors.parsing import stream_json, to_text

_ENTRY = "vulnerabilities.item"
_URL = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"


class CisaKev(Connector):
    """An entry marks the findings of its CVE; one that is taken off the catalogue unmarks them."""

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
        found, said, version = 0, None, None
        wanted = (_ENTRY, "count", "catalogVersion")
        for _, place, value in stream_json(file, wanted):
            if place == "count":
                said = value
            elif place == "catalogVersion":
                version = value
            else:
                found += 1
                yield _entry(found, value)
        if version is None and not found:
            raise UnreadableReport("This is not the catalogue of CISA. Fetch its JSON file.")
        if said is not None and said != found:
            raise UnreadableReport(
                f"The catalogue says that it has {to_text(said)} entries and has {found}. "
                "Fetch it again."
            )


def _entry(row: int, value: Any) -> VulnerabilityItem | RejectedItem:
    entry = value if isinstance(value, dict) else {}
    cve = to_text(entry.get("cveID")).strip().upper()
    if not cve.startswith("CVE-"):
        return RejectedItem(row, "The entry names no CVE.", cve or to_text(value), "cveID")
    try:
        listed = date.fromisoformat(to_text(entry.get("dateAdded")))
    except ValueError:
        return RejectedItem(row, "This is no date.", to_text(entry.get("dateAdded")), "dateAdded")
    ransomware = to_text(entry.get("knownRansomwareCampaignUse")).lower() == "known"
    due = to_text(entry.get("dueDate"))
    reason = (
        f"{cve} is exploited, as CISA knows since {listed}"
        + (", also for ransomware" if ransomware else "")
        + (f"; it asks for a repair by {due}." if due else ".")
    )
    return VulnerabilityItem(row, cve, known_exploited=True, listed=listed, reason=reason)
