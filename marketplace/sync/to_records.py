"""Turns the items of a report into records of an import run (`risks.import_runs.changes`)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from marketplace.connectors.items import (
    AssetItem,
    BillItem,
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
from marketplace.sync.feed_marks import FeedMarks
from marketplace.sync.finding_index import FindingIndex
from marketplace.sync.records import build_rejected, round_number, to_identifier, to_line
from marketplace.sync.statements import Statements
from openrisk.accounts.models import Organization
from openrisk.limits import LONG_TEXT
from openrisk.text.cleaning import remove_invisible
from risks.import_runs.changes import SourceRecord, Values
from risks.import_runs.context import ImportContext, in_batches
from risks.import_runs.importers.control import control_identity, framework_identity
from risks.import_runs.importers.finding import IDENTIFIED_BY_ID
from risks.import_runs.importers.reference import AssetImporter
from risks.models import (
    Asset,
    BillOfMaterials,
    Control,
    Finding,
    FindingState,
    Framework,
    Severity,
)
from risks.text import shorten_text

ASSET, BILL, FINDING, FRAMEWORK, CONTROL = (
    model._meta.label_lower for model in (Asset, BillOfMaterials, Finding, Framework, Control)
)
CVSS_STEP = Decimal("0.1")  # the precision of the column


@dataclass
class Survey:
    """Facts about a whole report, from reading it once before anything is done with it."""

    items: int = 0
    rejected: int = 0
    scans: dict[str, Scan] = field(default_factory=dict)  # by tool
    table: TableItem | None = None
    # Of each finding with components: these, in all entries of the report, and whether one is open.
    affected: dict[int, tuple[tuple[str, ...], bool]] = field(default_factory=dict)

    @property
    def looked_at(self) -> datetime | None:
        """The latest time of a scan, if every tool gives one."""
        times = [scan.at for scan in self.scans.values()]
        return max(times) if times and all(times) else None  # type: ignore[type-var]

    def add_finding(self, item: FindingItem) -> None:
        """A report may have an entry for each version of a component, which are one finding."""
        self.items += 1
        if item.components:
            key = identity_key(item)
            components, is_open = self.affected.get(key, ((), False))
            merged = tuple(sorted({*components, *item.components}))
            self.affected[key] = (merged, is_open or item.state == FindingState.OPEN)


def identity_key(item: FindingItem) -> int:
    return hash((item.tool, item.rule, item.asset, item.location))


def survey_report(items: Iterable[Item]) -> Survey:
    """Read all items. Raises UnreadableReport, also for a mistake at the end of the report."""
    survey = Survey()
    for item in items:
        match item:
            case Scan():
                earlier = survey.scans.get(item.tool, Scan(item.tool))
                covered = tuple(dict.fromkeys((*earlier.covered, *item.covered)))
                times = [at for at in (earlier.at, item.at) if at]
                survey.scans[item.tool] = Scan(item.tool, max(times, default=None), covered)
            case TableItem():
                survey.table = item
                survey.items += len(item.table.rows)
            case FindingItem():
                survey.add_finding(item)
            case RejectedItem():
                survey.rejected += 1
            case AssetItem() | BillItem() | FrameworkItem():
                pass
            case _:
                survey.items += 1
    return survey


class RecordBuilder:
    """Builds the records of one report of an organization.

    `repeated` counts findings that the report has twice, `shortened` texts that were cut to the
    length the register keeps.
    """

    def __init__(self, organization: Organization, survey: Survey) -> None:
        self.organization = organization
        self.survey = survey
        self.repeated = self.shortened = 0
        known_findings = FindingIndex(organization)
        self.marks = FeedMarks(organization, known_findings)
        self.statements = Statements(organization, known_findings)
        self._assets: dict[str, AssetItem] = {}  # by name
        self._recorded_assets: set[str] = set()
        self._seen_findings: set[bytes] = set()  # digests of their identities
        self._framework = ""  # identity of the last one

    def build_records(self, items: Iterable[Item]) -> Iterator[SourceRecord]:
        for item in items:
            match item:
                case AssetItem():
                    self._assets.setdefault(to_line(item.name, 255), item)
                case FindingItem():
                    yield from self._build_finding(item)
                case VulnerabilityItem():
                    yield from self.marks.add(item)
                case VexItem():
                    self.statements.add(item)
                case BillItem():
                    yield from self._build_bill(item)
                case FrameworkItem():
                    yield self._build_framework(item)
                case ControlItem():
                    yield self._build_control(item)
                case RejectedItem():
                    yield build_rejected(item)

    # --- Findings

    def _build_finding(self, item: FindingItem) -> Iterator[SourceRecord]:
        if reason := find_problem(item):
            yield build_rejected(RejectedItem(item.row, reason, item.rule[:50]))
            return
        identifiers = {
            "tool": to_line(item.tool, 100),
            "rule": to_identifier(item.rule, 255),
            "asset": to_line(item.asset, 255),
            "location": to_identifier(item.location, 1000),
        }
        digest = hashlib.md5(repr(identifiers).encode(), usedforsecurity=False).digest()
        if digest in self._seen_findings:
            self.repeated += 1
            return
        self._seen_findings.add(digest)
        yield from self._record_asset(identifiers["asset"], item.row)
        components, is_open = self.survey.affected.get(identity_key(item), ((), False))
        values = {
            "severity": item.severity,
            "cvss": round_number(item.cvss, CVSS_STEP),
            "title": to_line(item.title, 500) or to_line(item.rule, 255),
            "description": self._shorten(item.description),
            "state": FindingState.OPEN.value if is_open else item.state,
            "cves": list(item.cves),
            "components": [to_identifier(text, 1000) for text in components],
        }
        identity = " | ".join(identifiers.values())
        yield SourceRecord(FINDING, identity, item.row, identifiers | values)

    def _record_asset(self, name: str, row: int) -> Iterator[SourceRecord]:
        if name and name not in self._recorded_assets:
            self._recorded_assets.add(name)
            yield self._build_asset(name, row)

    def _build_asset(self, name: str, row: int) -> SourceRecord:
        known = self._assets.get(name)
        values: Values = {}
        if known:
            values = {
                "type": known.type,
                "hostnames": sorted({to_line(text, 255) for text in known.hostnames}),
                "addresses": sorted({to_line(text, 255) for text in known.addresses}),
            }
        return SourceRecord(ASSET, name, row, values)

    def _shorten(self, text: str) -> str:
        text = remove_invisible(text).strip()
        self.shortened += len(text) > LONG_TEXT
        return shorten_text(text, LONG_TEXT)

    def _build_bill(self, item: BillItem) -> Iterator[SourceRecord]:
        identity = {
            "asset": to_line(item.asset, 255),
            "product": to_line(item.product, 255),
            "serial_number": to_line(item.serial_number, 64),
            "bill_version": to_line(item.version, 20),
        }
        components = {
            name.replace("\0", ""): component.replace("\0", "")
            for name, component in item.components.items()
        }
        contents = {"subject": item.subject.replace("\0", ""), "components": components}
        yield from self._record_asset(identity["asset"], item.row)
        name = " | ".join(filter(None, identity.values()))
        yield SourceRecord(BILL, name, item.row, identity | contents)

    # --- Controls

    def _build_framework(self, item: FrameworkItem) -> SourceRecord:
        name, edition = to_line(item.name, 150), to_line(item.edition, 50)
        self._framework = framework_identity(name, edition)
        values = {"name": name, "edition": edition, "description": self._shorten(item.description)}
        return SourceRecord(FRAMEWORK, self._framework, item.row, values)

    def _build_control(self, item: ControlItem) -> SourceRecord:
        identifier = to_line(item.identifier, 100)
        values = {
            "framework": self._framework,
            "identifier": identifier,
            "title": to_line(item.title, 500),
            "text": self._shorten(item.text),
            "parent": to_line(item.parent, 100),
        }
        identity = control_identity(self._framework, identifier)
        return SourceRecord(CONTROL, identity, item.row, values)

    # --- Records that follow once the whole report is planned

    def build_closing_records(self, context: ImportContext) -> Iterator[SourceRecord]:
        """Records that depend on the whole report.

        Findings that a scan no longer sees are resolved, those that a feed no longer lists are
        unmarked, and statements decide.
        """
        for scan in self.survey.scans.values():
            if scan.covered:
                yield from self._resolve_unseen(context, scan)
        yield from self.marks.build_closing_records(context)
        yield from self.statements.build_records(context)

    def _resolve_unseen(self, context: ImportContext, scan: Scan) -> Iterator[SourceRecord]:
        seen = context.matched.get(FINDING, {})
        records = [self._build_asset(to_line(name, 255), 0) for name in scan.covered if name]
        covered = AssetImporter(context).match_existing(records).values()
        at = context.run.looked_at or context.run.created_at
        open_findings = Finding.objects.for_organization(self.organization).filter(
            tool=to_line(scan.tool, 100), state=FindingState.OPEN, last_seen_at__lte=at
        )
        for batch in in_batches(sorted(set(covered))):
            rows = open_findings.filter(asset__in=batch).order_by("pk").values_list("pk", flat=True)
            for pk in rows:
                if pk not in seen:
                    values = {"state": FindingState.RESOLVED.value}
                    yield SourceRecord(FINDING, str(pk), 0, values, IDENTIFIED_BY_ID)


def find_problem(item: FindingItem) -> str:
    """The reason to reject the finding, or an empty string."""
    if item.severity not in Severity.values:
        return f"The severity must be one of {', '.join(Severity.values)}."
    if item.state not in FindingState.values:
        return f"The state must be one of {', '.join(FindingState.values)}."
    if item.cvss is not None and not 0 <= item.cvss <= 10:
        return "The CVSS score must be between 0 and 10."
    if not (item.tool.strip() and item.rule.strip()):
        return "The tool or the rule is missing."
    return ""
