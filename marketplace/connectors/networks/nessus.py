"""Reports of Nessus, in its XML format of version 2 (`.nessus`), and as CSV."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO
from xml.etree.ElementTree import Element

from marketplace.connectors.base import ScannerConnector
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import AssetItem, Config, Item, Scan
from marketplace.connectors.networks.nessus_csv import stream_results
from marketplace.connectors.networks.nessus_results import TOOL, PluginResult, build_finding
from marketplace.connectors.parsing import parse_time, starts_like_xml, stream_xml, xml_text

_SEVERITIES = {"0": "info", "1": "low", "2": "medium", "3": "high", "4": "critical"}
# The elements that have the base score, by version of CVSS; the others are of web applications.
_SCORES = {
    4: ("cvss4_base_score", "cvssv4"),
    3: ("cvss3_base_score", "cvssv3"),
    2: ("cvss_base_score", "cvss"),
}
_ADVICE = "Not a report of Nessus. Export the scan as .nessus (version 2), or as CSV."
_ROOT = "NessusClientData_v2"
_HOST = ("ReportHost/HostProperties", "ReportHost/ReportItem")
_PATHS = (*_HOST, "Report/ReportHost", f"{_ROOT}/Policy")
_TYPES = {"general-purpose": "server", "firewall": "network", "router": "network"}


class Nessus(ScannerConnector):
    """A finding is identified by host, plugin, port and protocol; duplicates are numbered.

    Its rule is the CVE if the plugin is about exactly one, so that feeds of CVEs find it. Otherwise
    it is the plugin, with the CVEs in the text: with one of several CVEs as its rule, the finding
    would count as exploited when that one is. The location of a check of a policy has its name.
    """

    slug = "nessus"
    name = "Nessus"
    version = "1.1.0"
    summary = "Hosts and their vulnerabilities, from a scan by Nessus."
    documentation = (
        "Nessus scans networks. Open a scan, choose Export and Nessus, and upload the file. The "
        "CSV export is read too, also that of Tenable Vulnerability Management and Security "
        "Center, and gives the same findings.\n\n"
        "Each host becomes an asset, unless an asset has its name or address already. Each "
        "reported item becomes a finding on it. Checks of a policy that passed are left out.\n\n"
        "The severity is that of the newest CVSS base score: version 4, then 3, then 2. Nessus's "
        "own severity counts where there is no score, and where none of the scores gives it, "
        "since then someone has set it there. Where the two differ, the finding says so.\n\n"
        "A finding that is not in the next report of its host is resolved, so export with the "
        "same filter each time."
    )
    file_names = (".nessus", ".xml", ".csv")

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        return read_xml(file) if starts_like_xml(file) else read_csv(file)


def read_xml(file: IO[bytes]) -> Iterator[Item]:
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
            if result := read_item(host, element):
                yield build_finding(row, result, seen)
        elif element.tag == "ReportHost":
            host, seen = "", DuplicateNumbering()
    yield Scan(TOOL, max(end_times, default=None), tuple(name for name in covered if name))


def read_csv(file: IO[bytes]) -> Iterator[Item]:
    covered: dict[str, None] = {}
    times: list[datetime] = []
    seen = DuplicateNumbering()
    for part in stream_results(file, _ADVICE):
        host = part.result.host
        if host and host not in covered:
            covered[host] = None
            yield AssetItem(part.row, host, "other", part.hostnames, part.addresses)
        times += [part.seen_at] if part.seen_at else []
        yield build_finding(part.row, part.result, seen)
    yield Scan(TOOL, max(times, default=None), tuple(covered))


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


def read_item(host: str, element: Element) -> PluginResult | None:
    """The result of a plugin; None for a check of a policy that passed."""
    check = xml_text(element, "compliance-check-name")
    if check and xml_text(element, "compliance-result") == "PASSED":
        return None
    return PluginResult(
        host=host,
        plugin=element.get("pluginID", "").strip(),
        severity=_SEVERITIES.get(element.get("severity", ""), ""),
        name=element.get("pluginName", "") or xml_text(element, "synopsis"),
        port=element.get("port", ""),
        protocol=element.get("protocol", ""),
        scores={
            version: next(filter(None, (xml_text(element, name) for name in names)), "")
            for version, names in _SCORES.items()
        },
        cves=[(child.text or "").strip() for child in element if child.tag == "cve"],
        service=element.get("svc_name", ""),
        check=check,
        family=element.get("pluginFamily", ""),
        description=xml_text(element, "description"),
        output=xml_text(element, "plugin_output"),
        solution=xml_text(element, "solution"),
    )
