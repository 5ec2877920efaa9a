"""Reports of ZAP, as XML and JSON, with and without requests and responses."""

import html
import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any
from xml.etree.ElementTree import Element

from marketplace.connectors.artifacts import ASSET
from marketplace.connectors.base import ScannerConnector, UnreadableReport, report_schema
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    find_cves,
    join_paragraphs,
    parse_time,
    starts_like_xml,
    stream_json,
    stream_xml,
    to_text,
    xml_text,
)

TOOL = "zap"
MOST_PLACES = 100  # that a description lists
_SEVERITIES = {"-1": "info", "0": "info", "1": "low", "2": "medium", "3": "high"}
_FALSE_POSITIVE = "0"  # a confidence; old versions have a risk of -1
_SITE, _ALERT = "site.item", "site.item.alerts.item"
_TIMES = ("@generated", "created")  # the first one without a zone
_FACTS = (*_TIMES, "@programName")
_ROOT = "OWASPZAPReport"
_ADVICE = "Not a report of ZAP. Generate the traditional report as JSON or XML."
_PARAGRAPH, _TAG = re.compile(r"</p>\s*"), re.compile(r"<[^<>]{1,200}>")


class Zap(ScannerConnector):
    """An alert of a site is one finding, wherever on the site it was raised.

    A page that is gone or new does not make it another one; the pages are in the description.
    """

    slug = "zap"
    name = "ZAP"
    version = "1.0.0"
    summary = "Alerts on web sites, from a scan by ZAP."
    documentation = (
        "ZAP scans web sites and APIs. Choose Report, Generate Report and a traditional JSON or "
        "XML report, or run `zap-baseline.py -t ADDRESS -J report.json`, and upload the file.\n\n"
        "Each alert of a site becomes a finding that lists where it was raised. The site is the "
        "asset, unless you configure another. Requests, responses and evidence are not stored, "
        "since they hold cookies and passwords. Alerts with the confidence false positive come as "
        "that.\n\n"
        "An alert that is not in the next report of its site is resolved."
    )
    file_names = (".json", ".xml")
    schema = report_schema(asset=ASSET)

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        alerts = _SiteAlerts(to_text(config.get("asset")))
        yield from alerts.read_xml(file) if starts_like_xml(file) else alerts.read_json(file)
        yield Scan(TOOL, alerts.at, tuple(alerts.covered))


class _SiteAlerts:
    def __init__(self, asset: str) -> None:
        self.asset = asset
        self.at: datetime | None = None
        self.covered: dict[str, None] = {}
        self.row = 0
        self.numbering = DuplicateNumbering()

    def read_xml(self, file: IO[bytes]) -> Iterator[Item]:
        paths = (f"{_ROOT}/site", "alerts/alertitem")
        for ancestors, element in stream_xml(file, (_ROOT,), paths, _ADVICE):
            self.at = parse_time(ancestors[0].get("created") or ancestors[0].get("generated"))
            is_site = element.tag == "site"  # at its end: it may have no alert
            site = element if is_site else next(a for a in ancestors if a.tag == "site")
            yield from self._cover_site(site.get("name", ""))
            if not is_site:
                yield self._build_finding(site.get("name", ""), read_alert(element))

    def read_json(self, file: IO[bytes]) -> Iterator[Item]:
        sites, is_recognized = read_sites(file), False
        for index, path, value in stream_json(file, (*_FACTS, _ALERT), _SITE):
            is_recognized = is_recognized or path != _ALERT or "riskcode" in as_dict(value)
            if path == _ALERT:
                yield self._build_finding(sites.get(index, ""), as_dict(value))
            elif path in _TIMES:
                self.at = parse_time(value) or self.at
        if not sites or not is_recognized:
            raise UnreadableReport(add_format_hint(_ADVICE, file))
        for site in sites.values():
            yield from self._cover_site(site)

    def _cover_site(self, site: str) -> Iterator[AssetItem]:
        asset = self.asset or site
        if asset and asset not in self.covered:
            self.covered[asset] = None
            yield AssetItem(self.row + 1, asset, "application")

    def _build_finding(self, site: str, alert: dict[str, Any]) -> FindingItem | RejectedItem:
        self.row += 1
        plugin = to_text(alert.get("alertRef")) or to_text(alert.get("pluginid"))
        title = to_text(alert.get("name")) or to_text(alert.get("alert"))
        severity = _SEVERITIES.get(to_text(alert.get("riskcode")))
        if not plugin or not severity:
            return RejectedItem(self.row, "The alert has no plugin or no risk.", title)
        rule, risk = f"zap-{plugin}", to_text(alert.get("riskcode"))
        is_wrong = to_text(alert.get("confidence")) == _FALSE_POSITIVE or risk == "-1"
        return FindingItem(
            row=self.row,
            tool=TOOL,
            rule=rule,
            severity=severity,
            title=title or rule,
            asset=self.asset or site,
            location=self.numbering.number_location(site, rule),
            description=join_paragraphs(
                ("", strip_tags(alert.get("desc"))),
                ("To do", strip_tags(alert.get("solution"))),
                ("Note", strip_tags(alert.get("otherinfo"))),
                ("Weakness", describe_weakness(to_text(alert.get("cweid")))),
                ("Confidence", alert.get("confidencedesc")),
                ("More", strip_tags(alert.get("reference"))),
                ("Raised at", list_places(as_list(alert.get("instances")))),
            ),
            state="false_positive" if is_wrong else "open",
            cves=find_cves(title, *list_tags(alert)),
        )


def read_sites(file: IO[bytes]) -> dict[int, str]:
    """The name of each site by its position, from 1."""
    paths = (f"{_SITE}.@name", f"{_SITE}.@host")
    sites: dict[int, str] = {}
    for index, path, value in stream_json(file, paths, _SITE, starts=(_SITE,)):
        sites.setdefault(index, "")
        if path.endswith("@name") or not sites[index]:
            sites[index] = to_text(value)
    return sites


def read_alert(element: Element) -> dict[str, Any]:
    """The alert in the shape of the JSON format."""
    alert: dict[str, Any] = {child.tag: (child.text or "").strip() for child in element}
    tags = [tag for holder in element if holder.tag == "tags" for tag in holder]
    alert["tags"] = [{"tag": xml_text(tag, "tag")} for tag in tags]
    alert["instances"] = [
        {name: xml_text(instance, name) for name in ("method", "uri", "param")}
        for holder in element
        if holder.tag == "instances"
        for instance in holder
    ]
    return alert


def strip_tags(value: Any) -> str:
    """The text without the tags of HTML that ZAP writes into it."""
    text = _TAG.sub("", _PARAGRAPH.sub("\n", to_text(value)))
    return html.unescape(text).strip()


def describe_weakness(number: str) -> str:
    """CWE-693, or an empty string where ZAP writes 0 or -1."""
    return f"CWE-{number}" if number.isdecimal() and number != "0" else ""


def list_tags(alert: dict[str, Any]) -> list[str]:
    return [to_text(as_dict(part).get("tag")) for part in as_list(alert.get("tags"))]


def list_places(instances: list[Any]) -> str:
    """Lines with the places at which the alert was raised."""
    places = dict.fromkeys(describe_place(as_dict(instance)) for instance in instances)
    lines = [place for place in places if place]
    rest = len(lines) - MOST_PLACES
    return "\n".join([*lines[:MOST_PLACES], *([f"and {rest} more"] if rest > 0 else [])])


def describe_place(instance: dict[str, Any]) -> str:
    parameter = to_text(instance.get("param"))
    place = f"{to_text(instance.get('method'))} {to_text(instance.get('uri'))}".strip()
    return f"{place} ({parameter})" if parameter else place
