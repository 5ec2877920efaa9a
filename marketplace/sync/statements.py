"""Records of the findings that the statements (VEX) of a report decide."""

from collections.abc import Iterator
from uuid import UUID

from marketplace.connectors.items import RejectedItem, VexItem
from marketplace.sync.finding_index import FindingIndex
from marketplace.sync.records import FINDING, build_rejected, to_line
from marketplace.sync.vex import AffectedFinding, StatementResolver, UnresolvedStatement
from openrisk.accounts.models import Organization
from risks.import_runs.changes import SourceRecord
from risks.import_runs.context import ImportContext
from risks.import_runs.importers.finding import IDENTIFIED_BY_ID, STATEMENT
from risks.import_runs.importers.reference import AssetImporter
from risks.models import Asset


class Statements:
    """Collected until the whole report is read, since they may contradict each other.

    `without_finding` counts those about vulnerabilities or components that no finding has.
    """

    def __init__(self, organization: Organization, findings: FindingIndex) -> None:
        self.organization = organization
        self.findings = findings
        self.without_finding = 0
        self._items: list[VexItem] = []

    def add(self, item: VexItem) -> None:
        if self.findings.find(item.cve):
            self._items.append(item)
        else:
            self.without_finding += 1

    def build_records(self, context: ImportContext) -> Iterator[SourceRecord]:
        if not self._items:
            return
        assets = AssetImporter(context)
        resolver = StatementResolver(self.organization, lambda name: find_asset(assets, name))
        for item in self._items:
            try:
                if not resolver.resolve(item, self._find_candidates(item)):
                    self.without_finding += 1
            except UnresolvedStatement as error:
                yield build_rejected(RejectedItem(item.row, str(error), item.cve))
        seen = context.matched.get(FINDING, {})
        for pk, decision in resolver.decisions.items():
            if pk not in seen:  # else this report has it as a finding, with its own state
                values = {STATEMENT: decision.state, "reason": decision.reason}
                yield SourceRecord(FINDING, str(pk), decision.row, values, IDENTIFIED_BY_ID)

    def _find_candidates(self, item: VexItem) -> list[AffectedFinding]:
        rows = self.findings.findings.filter(pk__in=self.findings.find(item.cve))
        return [
            AffectedFinding(pk, asset, tuple(components))
            for pk, asset, components in rows.values_list("pk", "asset", "components")
        ]


def find_asset(assets: AssetImporter, name: str) -> UUID | None:
    """The asset that the source calls so."""
    record = SourceRecord(Asset._meta.label_lower, to_line(name, 255), 0, {})
    return assets.match_existing([record]).get(record.identity)
