"""Findings as a run sees them: found by what identifies them over scans."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.importers.base import BATCH, ModelImporter, in_batches
from risks.models import Asset, Finding, FindingState, RowAction
from risks.services.findings import SEEN_FIELDS, compute_fingerprint

IDENTIFIED_BY_ID = "id"  # the identity_kind of a record whose identity is the finding's own id
IMPORTED_FIELDS = (*SEEN_FIELDS, "state")
_NUMBERS = ("cvss", "epss")
_DECIDED = (FindingState.ACCEPTED.value, FindingState.FALSE_POSITIVE.value)


class FindingImporter(ModelImporter):
    """Values are `tool`, `rule`, `asset` (a name) and `location`, which identify a finding, and
    those of SAID. Of what was seen before it was seen last, nothing is taken over."""

    model = Finding

    # --- Which finding it is

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        found = {
            r.identity: UUID(r.identity) for r in records if r.identity_kind == IDENTIFIED_BY_ID
        }
        marks = {self._mark(r): r.identity for r in records if r.identity_kind != IDENTIFIED_BY_ID}
        for batch in in_batches(marks):
            rows = self.rows().filter(fingerprint__in=batch)
            found.update((marks[mark], pk) for mark, pk in rows.values_list("fingerprint", "pk"))
        return found

    def _mark(self, record: SourceRecord) -> str:
        said = record.values
        return compute_fingerprint(
            tool=said["tool"],
            rule=said["rule"],
            asset=self._asset(said.get("asset")),
            location=said.get("location", ""),
        )

    def _asset(self, name: str | None) -> UUID | None:
        """Its record comes before those of its findings."""
        return self.scope.objects[Asset._meta.label_lower, name] if name else None

    # --- What is said, and how it stands

    def normalised(self, record: SourceRecord) -> Values:
        return {name: value for name, value in record.values.items() if name in IMPORTED_FIELDS}

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        found: dict[UUID, Values] = {}
        self.last_seen: dict[UUID, datetime] = {}
        for batch in self.batched(ids):
            for row in (
                self.rows().filter(pk__in=batch).values("pk", "last_seen_at", *IMPORTED_FIELDS)
            ):
                self.last_seen[row["pk"]] = row["last_seen_at"]
                found[row["pk"]] = {name: _json(name, row[name]) for name in IMPORTED_FIELDS}
        return found

    def settle(self, steps: Sequence[PlannedChange]) -> None:
        """People decide: being seen does not end an acceptance. What was resolved is open again
        only if it was seen later than that."""
        for step in steps:
            if step.present is None or step.action == RowAction.ERROR:
                continue
            if step.record.identity_kind != IDENTIFIED_BY_ID and self._is_old(step):
                for name in list(step.changes):
                    step.change(name, step.present[name], step.present[name])
            elif step.values.get("state") == FindingState.OPEN:
                self._settle_open(step, step.present["state"])

    def _is_old(self, step: PlannedChange) -> bool:
        assert step.object_id is not None  # noqa: S101  it is present
        return self.looked_at < self.last_seen[step.object_id]

    def _settle_open(self, step: PlannedChange, present: str) -> None:
        if present in _DECIDED:
            step.change("state", present, present)
        elif present == FindingState.RESOLVED and step.object_id:
            again = self.looked_at > self.last_seen[step.object_id]
            step.change("state", present, FindingState.OPEN.value if again else present)
            if again:
                step.action = RowAction.UPDATE.value

    @property
    def looked_at(self) -> datetime:
        run = self.scope.run
        return run.looked_at or run.created_at

    # --- Writing

    def made(self, record: SourceRecord) -> Values:
        return {"state": FindingState.OPEN.value, "known_exploited": False}

    def create(self, steps: Sequence[PlannedChange]) -> None:
        Finding.objects.bulk_create((self._finding(step) for step in steps), batch_size=BATCH)

    def _finding(self, step: PlannedChange) -> Finding:
        said = step.record.values
        finding = Finding(
            pk=step.object_id,
            organization=self.scope.organization,
            fingerprint=self._mark(step.record),
            tool=said["tool"],
            rule=said["rule"],
            asset_id=self._asset(said.get("asset")),
            location=said.get("location", ""),
            first_seen_at=self.looked_at,
            last_seen_at=self.looked_at,
        )
        _assign(finding, step.outcome)
        return finding

    def update(self, changes: dict[UUID, Values]) -> None:
        for batch in in_batches(changes):
            found = self.rows().in_bulk(batch)
            for pk, finding in found.items():
                _assign(finding, changes[pk])
                finding.version += 1
                finding.updated_at = timezone.now()
            Finding.objects.bulk_create(
                found.values(),
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=(*IMPORTED_FIELDS, "version", "updated_at"),
            )

    def witness(self, steps: Sequence[PlannedChange]) -> None:
        seen = [
            step.object_id
            for step in steps
            if step.object_id
            and step.record.identity_kind != IDENTIFIED_BY_ID
            and step.action in (RowAction.UPDATE, RowAction.UNCHANGED)
        ]
        for batch in in_batches(seen):
            rows = self.rows().filter(pk__in=batch, last_seen_at__lt=self.looked_at)
            rows.update(last_seen_at=self.looked_at)

    # --- Undoing

    def attached(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            linked = self.rows().filter(pk__in=batch, risk__isnull=False)
            for pk, risk, reference in linked.values_list("pk", "risk", "risk__reference"):
                yield pk, risk, f"a link to {reference}"

    def titles(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        rows = self.rows().filter(pk__in=list(ids)).values_list("pk", "rule", "title")
        return {pk: f"{rule}: {title}" for pk, rule, title in rows}


def _json(name: str, value: Any) -> Any:
    return str(value) if name in _NUMBERS and value is not None else value


def _assign(finding: Finding, values: Values) -> None:
    for name, value in values.items():
        if name in _NUMBERS:
            setattr(finding, name, None if value is None else Decimal(value))
        elif name == "known_exploited":
            finding.known_exploited = bool(value)
        else:
            setattr(finding, name, value or "")
