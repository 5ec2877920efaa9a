"""Reports of Nessus, in its XML format of version 2 (`.nessus`)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any
from xml.etree.ElementTree import Element

from marketplace.connectors.base import Capability, Connector, ConnectorCategory
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    choose_rule,
    join_paragraphs,
    parse_time,
    stream_xml,
    to_number,
    xml_text,
)

TOOL = "nessus"
_SEVERITIES = {"0": "info", "1": "low", "2": "medium", "3": "high", "4": "critical"}
_ADVICE = "This is no report of Nessus. Export the scan as .nessus (version 2)."
_ROOT = "NessusClientData_v2"
_HOST = ("ReportHost/HostProperties", "ReportHost/ReportItem")
_PLACES = (*_HOST, "Report/ReportHost", f"{_ROOT}/Policy")
_TYPES = {"general-purpose": "server", "firewall": "network", "router": "network"}


class Nessus(Connector):
    """A finding is known by host, plugin, port, protocol and service, and what one plugin reports
    several times there is numbered. Its rule is the CVE where the plugin is about one alone, so
    that feeds of CVEs find it; else the plugin, with its CVEs in the text: to name one of several
    would let the finding look as exploited as that one. A check of a policy is told apart by name.
    """

    slug = "nessus"
    name = "Nessus"
    version = "1.0.0"
    summary = "Hosts and their vulnerabilities, from a scan by Nessus."
    documentation = (
        "Nessus scans networks. Open a scan, choose Export and Nessus, and upload the file.\n\n"
        "Each host becomes an asset, unless an asset has its name or address already. Each thing "
        "that was reported becomes a finding on it, with the CVSS version 3 base score where there "
        "is one. Checks of a policy that passed are left out.\n\n"
        "What was found on a host before and is not in its next report is resolved."
    )
    category = ConnectorCategory.SECURITY
    capabilities = (Capability.FINDING_IMPORT,)
    permissions = ("Creates, updates and resolves findings", "Creates assets that are missing")
    file_names = (".nessus", ".xml")
    schema = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "title": "Address of the report"}
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        covered: dict[str, None] = {}
        ended: list[datetime] = []
        host, row, seen = "", 0, DuplicateNumbering()
        for around, element in stream_xml(file, (_ROOT,), _PLACES, _ADVICE):
            if element.tag == "HostProperties":
                asset, at = _asset(row + 1, around[-1], element)
                host = asset.name
                ended += [at] if at else []
                if host:
                    covered[host] = None
                    yield asset
            elif element.tag == "ReportItem":
                row += 1
                host = host or around[-1].get("name", "").strip()
                covered.setdefault(host)
                if item := _finding(row, host, element, seen):
                    yield item
            elif element.tag == "ReportHost":
                host, seen = "", DuplicateNumbering()
        yield Scan(TOOL, max(ended, default=None), tuple(name for name in covered if name))


def _asset(row: int, host: Element, properties: Element) -> tuple[AssetItem, datetime | None]:
    said = {tag.get("name", ""): (tag.text or "").strip() for tag in properties}
    called = host.get("name", "").strip() or said.get("host-ip", "")
    names = (said.get("host-fqdn"), said.get("hostname"), said.get("netbios-name"))
    return AssetItem(
        row=row,
        name=called,
        type=_TYPES.get(said.get("system-type", ""), "other"),
        hostnames=tuple(dict.fromkeys(filter(None, names))),  # type: ignore[arg-type]
        addresses=tuple(filter(None, (said.get("host-ip"),))),
    ), _ended(said)


def _ended(said: dict[str, str]) -> datetime | None:
    """In seconds where the scanner is not too old; else by its own clock, without a zone."""
    try:
        return datetime.fromtimestamp(int(said.get("HOST_END_TIMESTAMP", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return parse_time(said.get("HOST_END"))


def _finding(
    row: int, host: str, element: Element, seen: DuplicateNumbering
) -> FindingItem | RejectedItem | None:
    plugin = element.get("pluginID", "").strip()
    severity = _SEVERITIES.get(element.get("severity", ""))
    if not plugin or severity is None:
        reason = "The item has no plugin or no severity."
        return RejectedItem(row, reason, element.get("pluginName", ""))
    if not host:
        return RejectedItem(
            row, "Its host has no name and no address.", element.get("pluginName", "")
        )
    check = xml_text(element, "compliance-check-name")
    if check and xml_text(element, "compliance-result") == "PASSED":
        return None
    cves = [(child.text or "") for child in element if child.tag == "cve"]
    score: Any = xml_text(element, "cvss3_base_score") or xml_text(element, "cvss_base_score")
    rule = choose_rule(cves, f"nessus-{plugin}")
    return FindingItem(
        row=row,
        tool=TOOL,
        rule=rule,
        severity=severity,
        title=check or element.get("pluginName", "") or xml_text(element, "synopsis") or rule,
        asset=host,
        location=seen.number_location(_place(element, rule, plugin, check), rule),
        description=join_paragraphs(
            ("", xml_text(element, "description")),
            ("Output", xml_text(element, "plugin_output")),
            ("To do", xml_text(element, "solution")),
            ("CVEs", ", ".join(cves)),
            ("Plugin", f"{plugin}, {element.get('pluginFamily', '')}".strip(", ")),
        ),
        cvss=to_number(score, 10) if score else None,
    )


def _place(element: Element, rule: str, plugin: str, check: str) -> str:
    """Where on the host. "www?" is a service that was guessed, and is none the next time."""
    service = element.get("svc_name", "").rstrip("?")
    port = f"{element.get('port', '0')}/{element.get('protocol', '')}"
    # A plugin may share its CVE with another one.
    other = "" if rule.startswith("nessus-") else f"plugin {plugin}"
    return " ".join(filter(None, (port, service, other, check)))
