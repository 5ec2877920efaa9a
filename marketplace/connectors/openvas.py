"""Reports of OpenVAS and the Greenbone Community Edition, as XML."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO
from xml.etree.ElementTree import Element

from marketplace.connectors.base import Capability, Category, Connector
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, Rejected, Scan
from marketplace.connectors.reading import (
    moment,
    number,
    rule_of,
    severity_of_score,
    told,
    xml_pieces,
    xml_text,
)

TOOL = "openvas"
_ADVICE = "This is no report of OpenVAS. Download the report in the format XML."
_PLACES = ("results/result", "report/host", "report/scan_end")
_FALSE_POSITIVE = "false positive"


class OpenVas(Connector):
    """A finding is known by host, test, and port. Its rule is the CVE where the test is about one
    alone, so that feeds of CVEs find it; else the test's OID, with its CVEs in the text.
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
        "reports with the same filter each time."
    )
    category = Category.SECURITY
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

    def read(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        names: dict[str, str] = {}  # of each address
        ended: list[datetime] = []
        row = 0
        roots = ("report", "get_reports_response")
        for _, element in xml_pieces(file, roots, _PLACES, _ADVICE):
            if element.tag == "result":
                row += 1
                address, called = _host(element)
                if address and address not in names:
                    names[address] = called
                    yield _asset(row, address, called)
                yield _finding(row, names.get(address, called), element)
            elif element.tag == "host" and xml_text(element, "ip"):
                names.setdefault(xml_text(element, "ip"), xml_text(element, "ip"))
            elif element.tag == "scan_end" and (at := moment(element.text)):
                ended.append(at)
        yield Scan(TOOL, max(ended, default=None), tuple(names.values()))


def _host(result: Element) -> tuple[str, str]:
    """The address, and what the host is called: by its name where it has one."""
    address = xml_text(result, "host")
    return address, xml_text(result, "host", "hostname") or address


def _asset(row: int, address: str, called: str) -> AssetItem:
    hostnames = (called,) if called != address else ()
    return AssetItem(row, called, "server", hostnames, (address,))


def _finding(row: int, host: str, result: Element) -> FindingItem | Rejected:
    test = next((child for child in result if child.tag == "nvt"), None)
    oid = test.get("oid", "") if test is not None else ""
    if test is None or not oid:
        return Rejected(row, "The result names no test.", xml_text(result, "name"))
    score = number(xml_text(result, "severity"), 10)
    threat = xml_text(result, "threat").lower()
    tags = _tags(xml_text(test, "tags"))
    cves = _cves(test)
    rule = rule_of(cves, oid)
    port = xml_text(result, "port")
    return FindingItem(
        row=row,
        tool=TOOL,
        rule=rule,
        severity=severity_of_score(score) if score is not None else "info",
        title=xml_text(test, "name") or xml_text(result, "name") or oid,
        asset=host,
        location=port if rule == oid else f"{port} test {oid}",
        description=told(
            ("", tags.get("summary")),
            ("Found", xml_text(result, "description")),
            ("Impact", tags.get("impact")),
            ("To do", tags.get("solution") or xml_text(test, "solution")),
            ("CVEs", ", ".join(cves)),
            ("Quality of detection", xml_text(result, "qod", "value")),
            ("Test", oid),
        ),
        cvss=score or None,
        state="false_positive" if threat == _FALSE_POSITIVE else "open",
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
