"""From the pieces of a report to records of a run (`risks.import_runs.changes`)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from marketplace.connectors.items import (
    AssetItem,
    ControlItem,
    FindingItem,
    FrameworkItem,
    Item,
    RejectedItem,
    Scan,
    TableItem,
    VexItem,
    VulnerabilityItem,
)
from openrisk.accounts.models import Organization
from openrisk.limits import LONG_TEXT
from risks.import_runs.changes import SourceRecord, Values
from risks.import_runs.context import ImportContext, in_batches
from risks.import_runs.importers.control import control_identity, framework_identity
from risks.import_runs.importers.finding import IDENTIFIED_BY_ID
from risks.import_runs.importers.reference import AssetImporter
from risks.import_runs.provenance import provenance_of
from risks.models import Asset, Control, Finding, FindingState, Framework, Severity
from risks.text import shorten_text

ASSET, FINDING, FRAMEWORK, CONTROL = (
    model._meta.label_lower for model in (Asset, Finding, Framework, Control)
)
WHOLE = Decimal("0.1"), Decimal("0.00001")  # what columns keep of a CVSS score and of EPSS


@dataclass
class Survey:
    """What a report holds, found by reading it once before anything is done with it."""

    items: int = 0
    rejected: int = 0
    scans: dict[str, Scan] = field(default_factory=dict)  # by tool
    table: TableItem | None = None

    @property
    def looked_at(self) -> datetime | None:
        """When the last of its tools looked, where all of them say."""
        times = [scan.at for scan in self.scans.values()]
        return max(times) if times and all(times) else None  # type: ignore[type-var]


def survey_report(items: Iterable[Item]) -> Survey:
    """Raises UnreadableReport, wherever in the report the reason stands."""
    found = Survey()
    for item in items:
        match item:
            case Scan():
                earlier = found.scans.get(item.tool, Scan(item.tool))
                covered = tuple(dict.fromkeys((*earlier.covered, *item.covered)))
                times = [at for at in (earlier.at, item.at) if at]
                found.scans[item.tool] = Scan(item.tool, max(times, default=None), covered)
            case TableItem():
                found.table = item
                found.items += len(item.table.rows)
            case RejectedItem():
                found.rejected += 1
            case AssetItem() | FrameworkItem():
                pass
            case _:
                found.items += 1
    return found


class RecordBuilder:
    """The records of one report of an organization. `repeated` counts findings told twice,
    `shortened` texts that were cut to what the register keeps."""

    def __init__(self, organization: Organization, found: Survey) -> None:
        self.organization = organization
        self.survey = found
        self.repeated = self.shortened = 0
        self._assets: dict[str, AssetItem] = {}
        self._named: set[str] = set()
        self._seen: set[bytes] = set()
        self._framework = ""
        self._listed: set[str] = set()

    def of(self, items: Iterable[Item]) -> Iterator[SourceRecord]:
        for item in items:
            match item:
                case AssetItem():
                    self._assets.setdefault(_line(item.name, 255), item)
                case FindingItem():
                    yield from self._finding(item)
                case VulnerabilityItem():
                    yield from self._vulnerability(item)
                case VexItem():
                    yield from self._statement(item)
                case FrameworkItem():
                    yield self._new_framework(item)
                case ControlItem():
                    yield self._control(item)
                case RejectedItem():
                    yield _rejected(item)

    # --- Findings

    def _finding(self, item: FindingItem) -> Iterator[SourceRecord]:
        if reason := _unusable(item):
            yield _rejected(RejectedItem(item.row, reason, item.rule[:50]))
            return
        place = {
            "tool": _line(item.tool, 100),
            "rule": _identifying(item.rule, 255),
            "asset": _line(item.asset, 255),
            "location": _identifying(item.location, 1000),
        }
        mark = hashlib.md5(repr(place).encode(), usedforsecurity=False).digest()
        if mark in self._seen:
            self.repeated += 1
            return
        self._seen.add(mark)
        if place["asset"] and place["asset"] not in self._named:
            self._named.add(place["asset"])
            yield self._asset(place["asset"], item.row)
        yield SourceRecord(FINDING, _identity(place), item.row, place | self._said(item))

    def _asset(self, name: str, row: int) -> SourceRecord:
        known = self._assets.get(name)
        values: Values = {}
        if known:
            values = {
                "type": known.type,
                "hostnames": sorted({_line(text, 255) for text in known.hostnames}),
                "addresses": sorted({_line(text, 255) for text in known.addresses}),
            }
        return SourceRecord(ASSET, name, row, values)

    def _said(self, item: FindingItem) -> Values:
        return {
            "severity": item.severity,
            "cvss": _number(item.cvss, WHOLE[0]),
            "title": _line(item.title, 500) or _line(item.rule, 255),
            "description": self._text(item.description),
            "state": item.state,
        }

    def _text(self, text: str) -> str:
        whole = text.replace("\0", "").strip()
        self.shortened += len(whole) > LONG_TEXT
        return shorten_text(whole, LONG_TEXT)

    # --- What feeds say of CVEs

    @cached_property
    def _by_cve(self) -> dict[str, list[UUID]]:
        """The findings of the register by CVE: feeds list many more of these than it has."""
        found: dict[str, list[UUID]] = {}
        rows = Finding.objects.for_organization(self.organization).filter(rule__startswith="CVE-")
        for pk, rule in rows.order_by("pk").values_list("pk", "rule"):
            found.setdefault(rule, []).append(pk)
        return found

    def _vulnerability(self, item: VulnerabilityItem) -> Iterator[SourceRecord]:
        values: Values = {}
        if item.known_exploited is not None:
            values["known_exploited"] = item.known_exploited
        if item.epss is not None:
            values["epss"] = _number(item.epss, WHOLE[1])
        if item.known_exploited:
            self._listed.add(item.cve)
            values["reason"] = item.reason
        for pk in self._by_cve.get(item.cve, ()):
            yield SourceRecord(FINDING, str(pk), item.row, values, IDENTIFIED_BY_ID)

    def _statement(self, item: VexItem) -> Iterator[SourceRecord]:
        if item.cve not in self._by_cve:
            return
        rows = Finding.objects.filter(pk__in=self._by_cve[item.cve])
        if item.asset:
            rows = rows.filter(asset__name__iexact=_line(item.asset, 255))
        if item.location:
            rows = rows.filter(location=_identifying(item.location, 1000))
        values = {"state": item.state, "reason": item.reason}
        for pk in rows.order_by("pk").values_list("pk", flat=True):
            yield SourceRecord(FINDING, str(pk), item.row, values, IDENTIFIED_BY_ID)

    # --- Controls

    def _new_framework(self, item: FrameworkItem) -> SourceRecord:
        name, edition = _line(item.name, 150), _line(item.edition, 50)
        self._framework = framework_identity(name, edition)
        values = {"name": name, "edition": edition, "description": self._text(item.description)}
        return SourceRecord(FRAMEWORK, self._framework, item.row, values)

    def _control(self, item: ControlItem) -> SourceRecord:
        identifier = _line(item.identifier, 100)
        values = {
            "framework": self._framework,
            "identifier": identifier,
            "title": _line(item.title, 500),
            "text": self._text(item.text),
            "parent": _line(item.parent, 100),
        }
        identity = control_identity(self._framework, identifier)
        return SourceRecord(CONTROL, identity, item.row, values)

    # --- What follows once the whole report was planned

    def afterwards(self, context: ImportContext) -> Iterator[SourceRecord]:
        """What was covered and not seen is resolved; what a feed no longer lists is not exploited
        as far as that feed knows."""
        seen = context.matched.get(FINDING, {})
        for scan in self.survey.scans.values():
            if scan.covered:
                yield from self._gone(context, scan, seen)
        if self._listed:
            yield from self._delisted(context)

    def _gone(
        self, context: ImportContext, scan: Scan, seen: dict[UUID, int]
    ) -> Iterator[SourceRecord]:
        records = [self._asset(_line(name, 255), 0) for name in scan.covered if name]
        covered = AssetImporter(context).match_existing(records).values()
        at = context.run.looked_at or context.run.created_at
        opened = Finding.objects.for_organization(self.organization).filter(
            tool=_line(scan.tool, 100), state=FindingState.OPEN, last_seen_at__lte=at
        )
        for batch in in_batches(sorted(set(covered))):
            rows = opened.filter(asset__in=batch).order_by("pk").values_list("pk", flat=True)
            for pk in rows:
                if pk not in seen:
                    values = {"state": FindingState.RESOLVED.value}
                    yield SourceRecord(FINDING, str(pk), 0, values, IDENTIFIED_BY_ID)

    def _delisted(self, context: ImportContext) -> Iterator[SourceRecord]:
        said = provenance_of(context.run).filter(model=FINDING).values_list("object_id", "fields")
        listed = {pk for cve in self._listed for pk in self._by_cve.get(cve, ())}
        known = {pk for pks in self._by_cve.values() for pk in pks}
        for pk, fields in said:
            exploited = fields.get("known_exploited", {}).get("value")
            if exploited and pk in known - listed:
                yield SourceRecord(
                    FINDING, str(pk), 0, {"known_exploited": False}, IDENTIFIED_BY_ID
                )


def _unusable(item: FindingItem) -> str:
    """Why the finding cannot be taken over, "" where it can."""
    if item.severity not in Severity.values:
        return f"The severity is none of {', '.join(Severity.values)}."
    if item.state not in FindingState.values:
        return f"The state is none of {', '.join(FindingState.values)}."
    if item.cvss is not None and not 0 <= item.cvss <= 10:
        return "The CVSS score is not between 0 and 10."
    if not (item.tool.strip() and item.rule.strip()):
        return "The tool or the rule is missing."
    return ""


def _identity(place: dict[str, str]) -> str:
    """For people to read, and one for each finding."""
    return " | ".join(place[name] for name in ("tool", "rule", "asset", "location"))


def _rejected(item: RejectedItem) -> SourceRecord:
    error = {
        "row": item.row,
        "column": item.column,
        "value": _line(item.value, 50),
        "reason": _line(item.reason, 500),
    }
    return SourceRecord(FINDING, "", item.row, {}, errors=[error])


def _number(value: Decimal | None, places: Decimal) -> str | None:
    return None if value is None else str(value.quantize(places))


def _line(text: str, longest: int) -> str:
    return shorten_text(" ".join(text.replace("\0", "").split()), longest)


def _identifying(text: str, longest: int) -> str:
    """Of two long texts that differ only at the end, both are kept apart."""
    line = " ".join(text.replace("\0", "").split())
    if len(line) <= longest:
        return line
    digest = hashlib.sha256(line.encode()).hexdigest()[:16]
    return f"{line[: longest - 17]} {digest}"
