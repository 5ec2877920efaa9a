"""The scans that saw a finding, from the import runs that had it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from risks.models import Finding, FindingState, ImportRow, RowAction, RunStatus

MOST_SHOWN = 20


@dataclass(frozen=True)
class Sighting:
    """One run that had the finding: when it looked, its source, and what it made of it."""

    at: datetime
    source: str
    run: UUID
    text: str
    tone: str


def load_sightings(finding: Finding) -> tuple[list[Sighting], bool]:
    """Return the latest runs that had the finding, the latest first, and whether there are more."""
    rows = ImportRow.objects.filter(
        organization=finding.organization_id,
        object_id=finding.pk,
        model=Finding._meta.label_lower,
        run__status=RunStatus.APPLIED,
    )
    latest: Sequence[ImportRow] = list(
        rows.select_related("run")
        .defer("values", *(f"run__{name}" for name in ("options", "mapping", "guesses", "notes")))
        .order_by("-run__created_at", "-id")[: MOST_SHOWN + 1]
    )
    return [as_sighting(row) for row in latest[:MOST_SHOWN]], len(latest) > MOST_SHOWN


def as_sighting(row: ImportRow) -> Sighting:
    text, tone = describe_row(row)
    at = row.run.looked_at or row.run.created_at
    return Sighting(at, row.run.source_name, row.run_id, text, tone)


def describe_row(row: ImportRow) -> tuple[str, str]:
    """Return what a run made of the finding, and the tone of the badge that says it."""
    before, after = row.changes.get("state", (None, None))
    if row.action == RowAction.CREATE:
        return _("First seen"), "info"
    if after == FindingState.RESOLVED:
        return _("No longer there"), "success"
    if before == FindingState.RESOLVED and after == FindingState.OPEN:
        return _("Came back"), "error"
    if after is not None and before != after:
        return str(FindingState(after).label), ""
    return _("Seen again"), ""
