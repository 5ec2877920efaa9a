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
_ADVICE = "Not a report of Nessus. Export the scan as .nessus (version 2)."
_ROOT = "NessusClientData_v2"
_HOST = ("ReportHost/HostProperties", "ReportHost/ReportItem")
_PATHS = (*_HOST, "Report/ReportHost", f"{_ROOT}/Policy")
_TYPES = {"general-purpose": "server", "firewall": "network", "router": "network"}


class Nessus(Connector):
    """A finding is identified by host, plugin, port, protocol and service; duplicates are numbered.

    Its rule is the CVE if the plugin is about exactly one, so that feeds of CVEs find it. Otherwise
    it is the plugin, with the CVEs in the text: with one of several CVEs as its rule, the finding
    would count as exploited when that one is. The location of a check of a policy has its name.
    """

    slug = "nessus"
    name = "Nessus"
    version = "1.0.0"
    summary = "Hosts and their vulnerabilities, from a scan by Nessus."
    documentation = (
        "Nessus scans networks. Open a scan, choose Export and Nessus, and upload the file.\n\n"
        "Each host becomes an asset, unless an asset has its name or address already. Each "
        "reported item becomes a finding on it, with the CVSS version 3 base score if there is "
        "one. Checks of a policy that passed are left out.\n\n"
        "A finding that is not in the next report of its host is resolved."
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
        end_times: list[datetime] = []
        host, row, seen = "", 0, DuplicateNumbering()
        for around, element in stream_xml(file, (_ROOT,), _PATHS, _ADVICE):
            if element.tag == "HostProperties":
                asset, at = build_asset(row + 1, around[-1], element)
                host = asset.name
                end_times += [at] if at else []
                if host:
                    covered[host] = None
                    yield asset
            elif element.tag == "ReportItem":
                row += 1
                host = host or around[-1].get("name", "").strip()
                covered.setdefault(host)
                if item := build_finding(row, host, element, seen):
                    yield item
            elif element.tag == "ReportHost":
                host, seen = "", DuplicateNumbering()
        yield Scan(TOOL, max(end_times, default=None), tuple(name for name in covered if name))


def build_asset(row: int, host: Element, properties: Element) -> tuple[AssetItem, datetime | None]:
    """The asset of a host, and the time at which its scan ended."""
    tags = {tag.get("name", ""): (tag.text or "").strip() for tag in properties}
    hostnames = (tags.get("host-fqdn"), tags.get("hostname"), tags.get("netbios-name"))
    asset = AssetItem(
        row=row,
        name=host.get("name", "").strip() or tags.get("host-ip", ""),
        type=_TYPES.get(tags.get("system-type", ""), "other"),
        hostnames=tuple(dict.fromkeys(filter(None, hostnames))),  # type: ignore[arg-type]
        addresses=tuple(filter(None, (tags.get("host-ip"),))),
    )
    try:
        ended = datetime.fromtimestamp(int(tags.get("HOST_END_TIMESTAMP", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return asset, parse_time(tags.get("HOST_END"))  # old scanners: local time without a zone
    return asset, ended


def build_finding(
    row: int, host: str, element: Element, seen: DuplicateNumbering
) -> FindingItem | RejectedItem | None:
    plugin = element.get("pluginID", "").strip()
    severity = _SEVERITIES.get(element.get("severity", ""))
    if not plugin or severity is None:
        reason = "The item has no plugin or no severity."
        return RejectedItem(row, reason, element.get("pluginName", ""))
    if not host:
        return RejectedItem(
            row, "The host has no name and no address.", element.get("pluginName", "")
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
        location=seen.number_location(build_location(element, rule, plugin, check), rule),
        description=join_paragraphs(
            ("", xml_text(element, "description")),
            ("Output", xml_text(element, "plugin_output")),
            ("To do", xml_text(element, "solution")),
            ("CVEs", ", ".join(cves)),
            ("Plugin", f"{plugin}, {element.get('pluginFamily', '')}".strip(", ")),
        ),
        cvss=to_number(score, 10) if score else None,
    )


def build_location(element: Element, rule: str, plugin: str, check: str) -> str:
    """The position on the host.

    The "?" of a guessed service such as "www?" is left out: the next scan may be sure of it.
    """
    service = element.get("svc_name", "").rstrip("?")
    port = f"{element.get('port', '0')}/{element.get('protocol', '')}"
    # Another plugin may have the same CVE.
    other = "" if rule.startswith("nessus-") else f"plugin {plugin}"
    return " ".join(filter(None, (port, service, other, check)))
