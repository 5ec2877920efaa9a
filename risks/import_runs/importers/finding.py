"""Findings, matched by the tool, rule, asset and location that identify them over many scans."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import BATCH, in_batches
from risks.import_runs.importers.base import ModelImporter
from risks.models import Asset, Finding, FindingState, Provenance, RowAction
from risks.services.findings import NO_DECISION, SEEN_FIELDS, compute_fingerprint
from risks.vulnerabilities import KnownVulnerabilities, cves_of

IDENTIFIED_BY_ID = "id"  # the identity_kind of a record whose identity is the finding's own id
STATEMENT = "statement"  # what a statement (VEX) makes of the state, beside what a scan says of it
_LISTS = ("cves", "components")
IMPORTED_FIELDS = (*SEEN_FIELDS, *_LISTS, "state")
_NUMBERS = ("cvss", "epss")
_DECIDED = (FindingState.ACCEPTED.value, FindingState.FALSE_POSITIVE.value)


class FindingImporter(ModelImporter):
    """Values are `tool`, `rule`, `asset` (a name), `location`, and those of IMPORTED_FIELDS.

    A record of a statement has STATEMENT, which becomes the state if it is new. Reports that are
    older than the last sighting of a finding do not change it.
    """

    model = Finding

    # --- Matching

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        matches, identities = {}, {}
        for record in records:
            if record.identity_kind == IDENTIFIED_BY_ID:
                matches[record.identity] = UUID(record.identity)
            else:
                identities[self.fingerprint_of(record)] = record.identity
        for batch in in_batches(identities):
            rows = self.queryset().filter(fingerprint__in=batch)
            for mark, pk in rows.values_list("fingerprint", "pk"):
                matches[identities[mark]] = pk
        return matches

    def fingerprint_of(self, record: SourceRecord) -> str:
        given = record.values
        return compute_fingerprint(
            tool=given["tool"],
            rule=given["rule"],
            asset=self.asset_id(given.get("asset")),
            location=given.get("location", ""),
        )

    def asset_id(self, name: str | None) -> UUID | None:
        """The record of an asset comes before those of its findings."""
        return self.context.object_ids[Asset._meta.label_lower, name] if name else None

    # --- Planning

    def normalize(self, record: SourceRecord) -> Values:
        names = (*IMPORTED_FIELDS, STATEMENT)
        return {name: value for name, value in record.values.items() if name in names}

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        values: dict[UUID, Values] = {}
        self.last_seen: dict[UUID, datetime] = {}
        self.decided: set[UUID] = set()  # by people
        names = ("pk", "last_seen_at", "decided_at", *IMPORTED_FIELDS)
        for batch in self.existing_in_batches(ids):
            for row in self.queryset().filter(pk__in=batch).values(*names):
                pk = row.pop("pk")
                self.last_seen[pk] = row.pop("last_seen_at")
                if row.pop("decided_at"):
                    self.decided.add(pk)
                for name in _NUMBERS:
                    row[name] = None if row[name] is None else str(row[name])
                values[pk] = row
        return values

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Keep what people decided: a sighting does not end an acceptance.

        A resolved finding is open again only if it was seen later than that. What a source has
        closed it may open again, and a statement on a version ends with that version.
        """
        for change in changes:
            if change.action == RowAction.ERROR:
                continue
            if "cves" in change.changes or change.current is None:
                self.mark_by_known_facts(change)
            if change.current is not None:
                self.follow_statement(change, change.current)
                self.keep_decisions(change, change.current)
        self.reopen_other_versions(changes)

    def keep_decisions(self, change: PlannedChange, current: Values) -> None:
        assert change.object_id is not None  # noqa: S101  it exists
        last_seen = self.last_seen[change.object_id]
        state, is_sighting = current["state"], change.record.identity_kind != IDENTIFIED_BY_ID
        if is_sighting and self.looked_at < last_seen:
            for name in list(change.changes):
                change.set_outcome(name, current[name], current[name])
        elif change.values.get("state") != FindingState.OPEN:
            return
        elif (
            change.superseded.get("state", {}).get("value") == state != FindingState.RESOLVED
            and change.object_id not in self.decided
        ):
            return  # the source itself has closed it before
        elif state in _DECIDED:
            change.set_outcome("state", state, state)
        elif state == FindingState.RESOLVED:
            is_seen_again = self.looked_at > last_seen
            outcome = FindingState.OPEN.value if is_seen_again else state
            change.set_outcome("state", state, outcome)
            if is_seen_again:
                change.action = RowAction.UPDATE.value

    def follow_statement(self, change: PlannedChange, current: Values) -> None:
        """Let a new statement decide. That it matters opens only what an earlier one has closed."""
        if STATEMENT not in change.values:
            return
        change.edited = [name for name in change.edited if name != STATEMENT]
        _, stated = change.changes.pop(STATEMENT, (None, None))
        state = outcome = current["state"]
        if stated == FindingState.OPEN:
            earlier = change.superseded.get(STATEMENT, {}).get("value")
            outcome = stated if earlier == state else state
        elif stated and state != FindingState.RESOLVED:
            outcome = stated
        change.set_outcome("state", state, outcome)

    def reopen_other_versions(self, changes: Sequence[PlannedChange]) -> None:
        """Open what a statement has closed, if another version of a component is seen by now."""
        moved = {
            change.object_id: change
            for change in changes
            if change.current
            and change.current["components"]
            and change.current["state"] == FindingState.FALSE_POSITIVE
            and "components" in change.changes
        }
        closed = self.statements_on(moved).filter(
            **{f"fields__{STATEMENT}__value": FindingState.FALSE_POSITIVE.value}
        )
        for pk in closed.values_list("object_id", flat=True) if moved else ():
            before = ", ".join(moved[pk].current["components"])  # type: ignore[index]
            moved[pk].set_outcome(
                "state", FindingState.FALSE_POSITIVE.value, FindingState.OPEN.value
            )
            moved[pk].notes.append(f"Open again: a statement was about {before}.")

    def statements_on(self, ids: Iterable[UUID | None]) -> Any:
        """The provenance of these findings by sources that made statements on them."""
        rows = Provenance.objects.for_organization(self.context.organization)
        return rows.filter(
            model=self.model_label(), object_id__in=list(ids), fields__has_key=STATEMENT
        )

    def forget_statements(self, changes: Sequence[PlannedChange]) -> None:
        """Forget those on former versions: the next one may say the same of another version."""
        reopened = [
            change.object_id
            for change in changes
            if "components" in change.changes
            and change.changes.get("state") == [FindingState.FALSE_POSITIVE, FindingState.OPEN]
        ]
        for provenance in self.statements_on(reopened) if reopened else ():
            del provenance.fields[STATEMENT]
            provenance.save(update_fields=["fields"])

    def mark_by_known_facts(self, change: PlannedChange) -> None:
        """Mark a finding of a CVE by what feeds said before it was imported."""
        cves = cves_of(change.record.values.get("rule", ""), change.values.get("cves") or ())
        for name, value in self.known_vulnerabilities.marks_of(cves).items():
            if name not in change.values:  # the report itself does not say it
                before = change.current[name] if change.current else None
                change.set_outcome(name, before, value)

    @property
    def known_vulnerabilities(self) -> KnownVulnerabilities:
        key = "known vulnerabilities"
        if key not in self.context.cache:
            self.context.cache[key] = KnownVulnerabilities(self.context.organization)
        return self.context.cache[key]

    @property
    def looked_at(self) -> datetime:
        run = self.context.run
        return run.looked_at or run.created_at

    # --- Writing

    def create(self, changes: Sequence[PlannedChange]) -> None:
        findings = []
        for change in changes:
            given = change.record.values
            finding = Finding(
                pk=change.object_id,
                organization=self.context.organization,
                fingerprint=self.fingerprint_of(change.record),
                tool=given["tool"],
                rule=given["rule"],
                asset_id=self.asset_id(given.get("asset")),
                location=given.get("location", ""),
                first_seen_at=self.looked_at,
                last_seen_at=self.looked_at,
            )
            assign_values(finding, change.new_values)
            findings.append(finding)
        Finding.objects.bulk_create(findings, batch_size=BATCH)

    def update(self, values: dict[UUID, Values]) -> None:
        for batch in in_batches(values):
            findings = self.queryset().in_bulk(batch)
            for pk, finding in findings.items():
                assign_values(finding, values[pk])
                finding.version += 1
                finding.updated_at = timezone.now()
            Finding.objects.bulk_create(
                findings.values(),
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=(*IMPORTED_FIELDS, *NO_DECISION, "version", "updated_at"),
            )

    def mark_seen(self, changes: Sequence[PlannedChange]) -> None:
        self.forget_statements(changes)
        seen = [
            change.object_id
            for change in changes
            if change.object_id
            and change.record.identity_kind != IDENTIFIED_BY_ID
            and change.action in (RowAction.UPDATE, RowAction.UNCHANGED)
        ]
        for batch in in_batches(seen):
            rows = self.queryset().filter(pk__in=batch, last_seen_at__lt=self.looked_at)
            rows.update(last_seen_at=self.looked_at)

    # --- Undoing

    def defaults(self, record: SourceRecord) -> Values:
        return {"state": FindingState.OPEN.value, "known_exploited": False}

    def dependents(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            linked = self.queryset().filter(pk__in=batch, risk__isnull=False)
            for pk, risk, reference in linked.values_list("pk", "risk", "risk__reference"):
                yield pk, risk, f"a link to {reference}"

    def display_names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        rows = self.queryset().filter(pk__in=list(ids)).values_list("pk", "rule", "title")
        return {pk: f"{rule}: {title}" for pk, rule, title in rows}


def assign_values(finding: Finding, values: Values) -> None:
    """Set the values of a source; a state of its own ends what people decided."""
    if values.get("state", finding.state) != finding.state:
        values = {**values, **NO_DECISION}
    for name, value in values.items():
        if name in _NUMBERS:
            setattr(finding, name, None if value is None else Decimal(value))
        elif name == "known_exploited":
            finding.known_exploited = bool(value)
        elif name in _LISTS:
            setattr(finding, name, value or [])
        elif name in NO_DECISION:
            setattr(finding, name, value)
        else:
            setattr(finding, name, value or "")
