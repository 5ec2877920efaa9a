"""Marks findings by what a feed says about their CVEs, and keeps that for findings to come."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from marketplace.connectors.items import VulnerabilityItem
from marketplace.sync.finding_index import FindingIndex
from marketplace.sync.records import FINDING, round_number
from openrisk.accounts.models import Organization
from risks.import_runs.changes import SourceRecord, Values
from risks.import_runs.context import ImportContext
from risks.import_runs.importers.finding import IDENTIFIED_BY_ID
from risks.import_runs.provenance import provenance_of
from risks.models import Finding, ImportRun
from risks.vulnerabilities import FeedFacts, KnownVulnerabilities, cves_of

EPSS_STEP = Decimal("0.00001")  # the precision of the column


class FeedMarks:
    """The report of a feed: `facts` on all of its CVEs, and records of findings."""

    def __init__(self, organization: Organization, findings: FindingIndex) -> None:
        self.organization = organization
        self.findings = findings
        self.facts = FeedFacts()
        self._of_several_cves: dict[UUID, SourceRecord] = {}

    def add(self, item: VulnerabilityItem) -> Iterator[SourceRecord]:
        values: Values = {}
        if item.known_exploited is not None:
            values["known_exploited"] = item.known_exploited
        if item.epss is not None:
            values["epss"] = round_number(item.epss, EPSS_STEP)
        if item.known_exploited:
            values |= {"cve": item.cve, "reason": item.reason}
        exploited = item.reason if item.known_exploited else None
        self.facts.add(item.cve, epss=values.get("epss"), exploited=exploited)
        for pk in self.findings.by_cve.get(item.cve, ()):
            record = SourceRecord(FINDING, str(pk), item.row, dict(values), IDENTIFIED_BY_ID)
            if len(self.findings.cves[pk]) == 1:
                yield record
            else:
                self._merge(pk, record)

    def _merge(self, pk: UUID, record: SourceRecord) -> None:
        """Of a finding with several CVEs, the worst counts."""
        merged = self._of_several_cves.setdefault(pk, record).values
        scores = [values["epss"] for values in (merged, record.values) if values.get("epss")]
        if record.values.get("known_exploited") and not merged.get("known_exploited"):
            merged.update(record.values)
        if scores:
            merged["epss"] = max(scores, key=Decimal)

    def build_closing_records(self, context: ImportContext) -> Iterator[SourceRecord]:
        yield from self._of_several_cves.values()
        if self.facts.exploited:
            yield from self._unmark_delisted(context)

    def _unmark_delisted(self, context: ImportContext) -> Iterator[SourceRecord]:
        """Unmark what this source has marked, or knew when another source imported it."""
        given = provenance_of(context.run).filter(model=FINDING)
        marked = {
            pk
            for pk, fields in given.values_list("object_id", "fields")
            if fields.get("known_exploited", {}).get("value")
        }
        before = KnownVulnerabilities(self.organization, context.run.source_name)
        for pk, cves in self.findings.cves.items():
            was_listed = pk in marked or before.find_exploited(cves)
            if was_listed and not any(map(self.facts.is_exploited, cves)):
                values = {"known_exploited": False}
                yield SourceRecord(FINDING, str(pk), 0, values, IDENTIFIED_BY_ID)


def find_newly_exploited(run: ImportRun) -> dict[UUID, tuple[str, str]]:
    """The CVE and the reason, for each finding that this run has marked as exploited."""
    marked = run.rows.filter(model=FINDING, changes__known_exploited__1=True)
    given = {pk: values for pk, values in marked.values_list("object_id", "values") if pk}
    known = KnownVulnerabilities(run.organization)
    findings = Finding.objects.filter(pk__in=list(given)).values_list("pk", "rule", "cves")
    reasons = {}
    for pk, rule, cves in findings:
        values = given[pk]
        if "reason" in values:  # this run is of a feed
            reasons[pk] = (values["cve"], values["reason"])
        elif exploited := known.find_exploited(cves_of(rule, cves)):
            reasons[pk] = exploited
    return reasons
