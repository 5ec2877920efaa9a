"""Reports of OpenVAS and the Greenbone Community Edition, as XML."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import IO
from xml.etree.ElementTree import Element

from marketplace.connectors.base import Capability, Connector, ConnectorCategory, UnreadableReport
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    choose_rule,
    join_paragraphs,
    parse_severity,
    parse_time,
    severity_from_score,
    stream_xml,
    to_number,
    xml_text,
)

TOOL = "openvas"
_ADVICE = "This is no report of OpenVAS. Download the report in the format XML."
_ROOTS = ("report", "get_reports_response")
_RESULT = "results/result"
_ABOUT = tuple(f"report/{name}" for name in ("host", "results", "scan_end", "scan_run_status"))
_FALSE_POSITIVE = "false positive"


class OpenVas(Connector):
    """A finding is known by host, test, and port, and what one test reports several times there is
    numbered. Its rule is the CVE where the test is about one alone, so that feeds of CVEs find it;
    else the test's OID, with its CVEs in the text. Its severity is what an override made of it, its
    CVSS score that of the test.
    """

    slug = "openvas"
    name = "OpenVAS"
    version = "1.0.0"
    summary = "Hosts and their vulnerabilities, from a scan by OpenVAS or Greenbone."
    documentation = (
        "OpenVAS scans networks. Open a report, choose Download and the format XML (or Anonymous "
        "XML), and upload the file.\n\n"
        "Each host becomes an asset, unless an asset has its name or address already. Each result "
        "becomes a finding on it; results of level log are findings of severity info, and what was "
        "overridden as a false positive comes as one.\n\n"
        "What was found on a host before and is not in its next report is resolved: so download "
        "reports with the same filter each time. A scan that was stopped resolves nothing."
    )
    category = ConnectorCategory.SECURITY
    capabilities = (Capability.FINDING_IMPORT,)
    permissions = ("Creates, updates and resolves findings", "Creates assets that are missing")
    file_names = (".xml",)
    schema = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "title": "Address of the report"}
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        about = _About()
        for _, element in stream_xml(file, _ROOTS, (_RESULT, *_ABOUT), _ADVICE):
            about.take(element)
        if not about.is_report:
            raise UnreadableReport(_ADVICE)
        yield from about.assets()
        results = (element for _, element in stream_xml(file, _ROOTS, (_RESULT,), _ADVICE))
        seen = DuplicateNumbering()
        for row, element in enumerate(results, 1):
            yield _finding(row, about.called(xml_text(element, "host")), element, seen)
        covered = tuple(map(about.called, about.hosts)) if about.done else ()
        yield Scan(TOOL, max(about.ended, default=None), covered)


@dataclass
class _About:
    """What stands around the results, part of it after them: so a report is read twice."""

    hosts: dict[str, set[str]] = field(default_factory=dict)  # names of each address
    names: dict[str, str] = field(default_factory=dict)  # the one the host itself has
    ended: list[datetime] = field(default_factory=list)
    done: bool = True
    is_report: bool = False

    def take(self, element: Element) -> None:
        if element.tag == "result":
            self._host(xml_text(element, "host"), xml_text(element, "host", "hostname"))
        elif element.tag == "host":
            address, name = xml_text(element, "ip"), _detail(element, "hostname")
            self._host(address, name)
            if address and name:
                self.names[address] = name
        elif element.tag == "scan_run_status":
            self.done = self.done and xml_text(element) == "Done"
        elif element.tag == "scan_end":
            self.ended += filter(None, (parse_time(element.text),))
        self.is_report = True

    def _host(self, address: str, name: str) -> None:
        if address:
            self.hosts.setdefault(address, set()).update(filter(None, (name,)))

    def called(self, address: str) -> str:
        """By its name where it has one. Of several always the same, whatever their order."""
        return self.names.get(address) or min(self.hosts.get(address) or {address})

    def assets(self) -> Iterator[AssetItem]:
        for address, names in self.hosts.items():
            hostnames = tuple(sorted(names - {address}))
            yield AssetItem(1, self.called(address), "server", hostnames, (address,))


def _detail(host: Element, wanted: str) -> str:
    details = (part for part in host if part.tag == "detail")
    found = (xml_text(part, "value") for part in details if xml_text(part, "name") == wanted)
    return next(found, "")


def _finding(
    row: int, host: str, result: Element, seen: DuplicateNumbering
) -> FindingItem | RejectedItem:
    test = next((child for child in result if child.tag == "nvt"), None)
    oid = test.get("oid", "") if test is not None else ""
    if test is None or not oid:
        return RejectedItem(row, "The result names no test.", xml_text(result, "name"))
    score = to_number(xml_text(result, "severity"), 10)  # below 0 where it is a false positive
    if score is None:
        score = to_number(xml_text(result, "original_severity"), 10)
    tags = _tags(xml_text(test, "tags"))
    cves = _cves(test)
    rule = choose_rule(cves, oid)
    port = xml_text(result, "port")
    return FindingItem(
        row=row,
        tool=TOOL,
        rule=rule,
        severity=_severity(score, xml_text(result, "threat")),
        title=xml_text(test, "name") or xml_text(result, "name") or oid,
        asset=host,
        location=seen.number_location(port if rule == oid else f"{port} test {oid}", rule, host),
        description=join_paragraphs(
            ("", tags.get("summary")),
            ("Found", xml_text(result, "description")),
            ("Impact", tags.get("impact")),
            ("To do", tags.get("solution") or xml_text(test, "solution")),
            ("CVEs", ", ".join(cves)),
            ("Quality of detection", xml_text(result, "qod", "value")),
            ("Test", oid),
        ),
        cvss=to_number(xml_text(test, "cvss_base"), 10) or score or None,
        state="false_positive" if _is_false_positive(result) else "open",
    )


def _severity(score: Decimal | None, threat: str) -> str:
    return severity_from_score(score) if score is not None else parse_severity(threat) or "info"


def _is_false_positive(result: Element) -> bool:
    """Where overrides were not applied to the report they stand beside the result."""
    overrides = (part for holder in result if holder.tag == "overrides" for part in holder)
    active = [override for override in overrides if xml_text(override, "active") != "0"]
    said = [(result, ""), *((override, "new_") for override in active)]
    return any(
        xml_text(element, f"{new}threat").lower() == _FALSE_POSITIVE
        or xml_text(element, f"{new}severity") in ("-1", "-1.0")
        for element, new in said
    )


def _tags(text: str) -> dict[str, str]:
    """`summary=...|impact=...`, over several lines."""
    parts = (part.partition("=") for part in text.split("|"))
    return {name.strip(): " ".join(value.split()) for name, _, value in parts}


def _cves(test: Element) -> list[str]:
    """In `refs` since version 9, before in a text of their own."""
    found = [
        reference.get("id", "")
        for refs in test
        if refs.tag == "refs"
        for reference in refs
        if reference.get("type", "").lower() == "cve"
    ]
    older = xml_text(test, "cve")
    return found or [part.strip() for part in older.split(",") if part.strip() != "NOCVE"]
