"""Reports of OpenVAS and the Greenbone Community Edition, as XML and CSV."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from xml.etree.ElementTree import Element

from marketplace.connectors.base import ScannerConnector, UnreadableReport
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import AssetItem, Config, Item, Scan
from marketplace.connectors.networks.openvas_csv import read_csv
from marketplace.connectors.networks.openvas_results import TOOL, ScanTestResult, build_finding
from marketplace.connectors.parsing import (
    parse_severity,
    parse_time,
    severity_from_score,
    starts_like_xml,
    stream_xml,
    to_number,
    xml_text,
)

_ADVICE = "Not a report of OpenVAS. Download the report in the format XML, or CSV Results."
_ROOTS = ("report", "get_reports_response")
_RESULT = "results/result"
_CONTEXT_PATHS = tuple(
    f"report/{name}" for name in ("host", "results", "scan_end", "scan_run_status")
)
_FALSE_POSITIVE = "false positive"


class OpenVas(ScannerConnector):
    """A finding is identified by host, test and port; duplicates are numbered.

    Its rule is the CVE if the test is about exactly one, so that feeds of CVEs find it. Otherwise
    it is the OID of the test, with the CVEs in the text. The severity respects overrides, the CVSS
    score is that of the test.
    """

    slug = "openvas"
    name = "OpenVAS"
    version = "1.1.0"
    summary = "Hosts and their vulnerabilities, from a scan by OpenVAS or Greenbone."
    documentation = (
        "OpenVAS scans networks. Open a report, choose Download and the format XML (or Anonymous "
        "XML), and upload the file. CSV Results is read too.\n\n"
        "Each host becomes an asset, unless an asset has its name or address already. Each result "
        "becomes a finding on it; results of level log are findings of severity info, and what was "
        "overridden as a false positive comes as one.\n\n"
        "A finding that is not in the next report of its host is resolved, so download reports "
        "with the same filter each time. A scan that was stopped resolves nothing, and neither "
        "does a CSV, which does not say whether the scan came to its end."
    )
    file_names = (".xml", ".csv")

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        return read_xml(file) if starts_like_xml(file) else read_csv(file, _ADVICE)


def read_xml(file: IO[bytes]) -> Iterator[Item]:
    context = _ScanContext()
    for _, element in stream_xml(file, _ROOTS, (_RESULT, *_CONTEXT_PATHS), _ADVICE):
        context.add_element(element)
    if not context.is_report:
        raise UnreadableReport(_ADVICE)
    yield from context.stream_assets()
    results = (element for _, element in stream_xml(file, _ROOTS, (_RESULT,), _ADVICE))
    seen = DuplicateNumbering()
    for row, element in enumerate(results, 1):
        host = context.asset_name(xml_text(element, "host"))
        yield build_finding(row, read_result(host, element), seen)
    covered = tuple(map(context.asset_name, context.hosts)) if context.is_done else ()
    yield Scan(TOOL, max(context.end_times, default=None), covered)


@dataclass
class _ScanContext:
    """Facts about the scan. Some come after the results, so a report is read twice."""

    hosts: dict[str, set[str]] = field(default_factory=dict)  # names by address
    names: dict[str, str] = field(default_factory=dict)  # the host's own name by address
    end_times: list[datetime] = field(default_factory=list)
    is_done: bool = True
    is_report: bool = False

    def add_element(self, element: Element) -> None:
        if element.tag == "result":
            self._add_host(xml_text(element, "host"), xml_text(element, "host", "hostname"))
        elif element.tag == "host":
            address = xml_text(element, "ip")
            details = [part for part in element if part.tag == "detail"]
            names = (
                xml_text(part, "value") for part in details if xml_text(part, "name") == "hostname"
            )
            name = next(names, "")
            self._add_host(address, name)
            if address and name:
                self.names[address] = name
        elif element.tag == "scan_run_status":
            self.is_done = self.is_done and xml_text(element) == "Done"
        elif element.tag == "scan_end":
            self.end_times += filter(None, (parse_time(element.text),))
        self.is_report = True

    def _add_host(self, address: str, name: str) -> None:
        if address:
            self.hosts.setdefault(address, set()).update(filter(None, (name,)))

    def asset_name(self, address: str) -> str:
        """The name of the host, or its address. Of several names always the same one."""
        return self.names.get(address) or min(self.hosts.get(address) or {address})

    def stream_assets(self) -> Iterator[AssetItem]:
        for address, names in self.hosts.items():
            hostnames = tuple(sorted(names - {address}))
            yield AssetItem(1, self.asset_name(address), "server", hostnames, (address,))


def read_result(host: str, element: Element) -> ScanTestResult:
    tests = [child for child in element if child.tag == "nvt"]
    test = tests[0] if tests else Element("nvt")
    score = to_number(xml_text(element, "severity"), 10)  # below 0 where it is a false positive
    if score is None:
        score = to_number(xml_text(element, "original_severity"), 10)
    word = parse_severity(xml_text(element, "threat")) or "info"
    tags = parse_tags(xml_text(test, "tags"))
    return ScanTestResult(
        host=host,
        oid=test.get("oid", ""),
        name=xml_text(test, "name") or xml_text(element, "name"),
        port=xml_text(element, "port"),
        severity=word if score is None else severity_from_score(score),
        score=to_number(xml_text(test, "cvss_base"), 10) or score or None,
        cves=list_cves(test),
        summary=tags.get("summary", ""),
        output=xml_text(element, "description"),
        impact=tags.get("impact", ""),
        solution=tags.get("solution") or xml_text(test, "solution"),
        quality=xml_text(element, "qod", "value"),
        is_false_positive=is_false_positive(element),
    )


def is_false_positive(result: Element) -> bool:
    """Also look at the overrides: the report may list them without applying them."""
    overrides = (part for holder in result if holder.tag == "overrides" for part in holder)
    active = [override for override in overrides if xml_text(override, "active") != "0"]
    verdicts = [(result, ""), *((override, "new_") for override in active)]
    return any(
        xml_text(element, f"{prefix}threat").lower() == _FALSE_POSITIVE
        or xml_text(element, f"{prefix}severity") in ("-1", "-1.0")
        for element, prefix in verdicts
    )


def parse_tags(text: str) -> dict[str, str]:
    """Parse `summary=...|impact=...`, which may span several lines."""
    parts = (part.partition("=") for part in text.split("|"))
    return {name.strip(): " ".join(value.split()) for name, _, value in parts}


def list_cves(test: Element) -> list[str]:
    """The CVEs in `refs`, or in the element that versions before 9 had."""
    cves = [
        reference.get("id", "")
        for refs in test
        if refs.tag == "refs"
        for reference in refs
        if reference.get("type", "").lower() == "cve"
    ]
    older = xml_text(test, "cve")
    return cves or [part.strip() for part in older.split(",") if part.strip() != "NOCVE"]
