"""Findings, matched by the tool, rule, asset and location that identify them over many scans."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import BATCH, in_batches
from risks.import_runs.importers.base import ModelImporter
from risks.models import Asset, Finding, FindingState, RowAction
from risks.services.findings import SEEN_FIELDS, compute_fingerprint

IDENTIFIED_BY_ID = "id"  # the identity_kind of a record whose identity is the finding's own id
IMPORTED_FIELDS = (*SEEN_FIELDS, "state")
_NUMBERS = ("cvss", "epss")
_DECIDED = (FindingState.ACCEPTED.value, FindingState.FALSE_POSITIVE.value)


class FindingImporter(ModelImporter):
    """Values are `tool`, `rule`, `asset` (a name), `location`, and those of IMPORTED_FIELDS.

    Reports that are older than the last sighting of a finding do not change it.
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
        return {name: value for name, value in record.values.items() if name in IMPORTED_FIELDS}

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        values: dict[UUID, Values] = {}
        self.last_seen: dict[UUID, datetime] = {}
        names = ("pk", "last_seen_at", *IMPORTED_FIELDS)
        for batch in self.existing_in_batches(ids):
            for row in self.queryset().filter(pk__in=batch).values(*names):
                pk = row.pop("pk")
                self.last_seen[pk] = row.pop("last_seen_at")
                for name in _NUMBERS:
                    row[name] = None if row[name] is None else str(row[name])
                values[pk] = row
        return values

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Keep what people decided: a sighting does not end an acceptance.

        A resolved finding is open again only if it was seen later than that.
        """
        for change in changes:
            if change.current is None or change.action == RowAction.ERROR:
                continue
            assert change.object_id is not None  # noqa: S101  it exists
            last_seen = self.last_seen[change.object_id]
            state = change.current["state"]
            is_old = self.looked_at < last_seen
            if is_old and change.record.identity_kind != IDENTIFIED_BY_ID:
                for name in list(change.changes):
                    change.set_outcome(name, change.current[name], change.current[name])
            elif change.values.get("state") != FindingState.OPEN:
                continue
            elif state in _DECIDED:
                change.set_outcome("state", state, state)
            elif state == FindingState.RESOLVED:
                is_seen_again = self.looked_at > last_seen
                outcome = FindingState.OPEN.value if is_seen_again else state
                change.set_outcome("state", state, outcome)
                if is_seen_again:
                    change.action = RowAction.UPDATE.value

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
                update_fields=(*IMPORTED_FIELDS, "version", "updated_at"),
            )

    def mark_seen(self, changes: Sequence[PlannedChange]) -> None:
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
    for name, value in values.items():
        if name in _NUMBERS:
            setattr(finding, name, None if value is None else Decimal(value))
        elif name == "known_exploited":
            finding.known_exploited = bool(value)
        else:
            setattr(finding, name, value or "")
