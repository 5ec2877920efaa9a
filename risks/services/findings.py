"""Findings of scanners: one at a time, and whole scans."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from risks.history import recorded
from risks.models import Asset, Finding, FindingState
from risks.services import rows
from risks.vulnerabilities import KnownVulnerabilities, cves_of

IDENTITY = ("tool", "rule", "asset", "location")  # what the fingerprint is made of
# What a scan says of a finding it sees again; state and risk belong to people.
SEEN_FIELDS = (
    "severity",
    "cvss",
    "epss",
    "known_exploited",
    "title",
    "description",
)
# What a finding has that no one has decided about.
NO_DECISION: Mapping[str, Any] = {
    "decision_reason": "",
    "decided_by": None,
    "decided_at": None,
    "decided_until": None,
}
SCANNED_FIELDS = frozenset(SEEN_FIELDS) | (frozenset(IDENTITY) - {"tool"})
BATCH = 500
Item = TypeVar("Item")


def compute_fingerprint(*, tool: str, rule: str, asset: Asset | UUID | None, location: str) -> str:
    """Return the identity of a finding over scans: SHA-256, in hexadecimal."""
    asset_id = asset.pk if isinstance(asset, Asset) else asset
    parts = [tool, rule, str(asset_id or ""), location]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def fingerprint_of(finding: Finding) -> str:
    """Return the fingerprint that a finding should have."""
    return compute_fingerprint(
        tool=finding.tool, rule=finding.rule, asset=finding.asset_id, location=finding.location
    )


# --- One finding at a time


def create_finding(*, actor: User | None, organization: Organization, **fields: Any) -> Finding:
    """Create a finding that was first and last seen now, marked by what feeds know of its CVE."""
    now = timezone.now()
    finding = Finding(organization=organization, first_seen_at=now, last_seen_at=now)
    if cves := cves_of(fields.get("rule", ""), ()):
        fields = {**KnownVulnerabilities(organization).marks_of(cves), **fields}
    with recorded(actor=actor):
        save_finding(finding, fields | follow_state(actor, finding, fields))
    return finding


def update_finding(
    *, actor: User | None, instance: Finding, version: int | None = None, **fields: Any
) -> Finding:
    """Change a finding; its fingerprint follows."""
    with recorded(actor=actor):
        finding = rows.lock_for_update(instance, version)
        save_finding(finding, fields | follow_state(actor, finding, fields))
    return finding


def follow_state(actor: User | None, finding: Finding, fields: dict[str, Any]) -> dict[str, Any]:
    """Return what a new state makes of the decision: who decided, or that no one has."""
    if fields.get("state", finding.state) == finding.state and not finding._state.adding:
        return {}
    if fields.get("state") in FindingState.decided():
        return {**NO_DECISION, "decided_by": actor, "decided_at": timezone.now()}
    return dict(NO_DECISION)


def save_finding(finding: Finding, fields: dict[str, Any]) -> None:
    """Set `fields` and the fingerprint, refuse a second finding of the same identity, and save."""
    for name, value in fields.items():
        setattr(finding, name, value)
    if finding._state.adding or not fields.keys().isdisjoint(IDENTITY):
        finding.fingerprint = fingerprint_of(finding)
        others = Finding.objects.for_organization(finding.organization).exclude(pk=finding.pk)
        if others.filter(fingerprint=finding.fingerprint).exists():
            raise rows.field_error(
                "rule",
                _(
                    "This finding exists already: same tool, rule, asset and location. Change that "
                    "one."
                ),
            )
    rows.save_fields(finding, fields)


# --- Scans


def record_findings(
    *,
    actor: User | None,
    organization: Organization,
    tool: str,
    findings: list[dict[str, Any]],
    covered_assets: Iterable[Asset] | None,
    at: datetime,
) -> dict[str, int]:
    """Record what `tool` saw `at` that time; where a finding is listed twice, the last counts.

    Each finding has `rule`, `severity` and `title`, and may have `asset`, `location`, `cvss`,
    `epss`, `known_exploited` and `description`. Seen again, it is updated, and reopened if it was
    resolved; accepted ones and false positives keep their state. Open findings of this tool on
    `covered_assets` (None: the scan does not say what it covered) that are gone become resolved.
    A scan older than what is stored changes nothing.

    Returns how many were created, updated, unchanged, reopened and closed. Raises
    ValidationError, with the place in `findings`, before anything is written.
    """
    seen = {}
    for index, fields in enumerate(findings):
        finding = parse_finding(index, fields, organization, tool, at)
        seen[finding.fingerprint] = finding
    counts = Counter(created=0, updated=0, unchanged=0, reopened=0, closed=0)
    with recorded(actor=actor, comment=f"Scan by {tool}"):
        # One scan of an organization at a time: two would lock the same rows in different orders.
        # With `no_key`, others may still write rows that belong to the organization.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        for batch in in_batches(list(seen.values())):
            counts.update(merge_findings(organization, batch, at))
        if covered_assets is not None:
            counts["closed"] = resolve_missing(organization, tool, covered_assets, seen.keys(), at)
    return dict(counts)


def parse_finding(
    index: int, fields: dict[str, Any], organization: Organization, tool: str, at: datetime
) -> Finding:
    """Return the finding that a scan describes, not yet saved; raise where it cannot be read."""
    if unknown := fields.keys() - SCANNED_FIELDS:
        known = ", ".join(sorted(SCANNED_FIELDS))
        raise rows.field_error(
            f"{index}/{min(unknown)}", _("Unknown field. Known ones: %(known)s.") % {"known": known}
        )
    for name, value in fields.items():
        if isinstance(value, str) and "\0" in value:
            raise rows.field_error(
                f"{index}/{name}", _("Null characters cannot be stored. Remove them.")
            )
    asset = fields.get("asset")
    if asset is not None and asset.organization_id != organization.pk:
        raise rows.field_error(f"{index}/asset", _("No such asset in this organization."))
    finding = Finding(
        **fields
        | {
            "cvss": round_number(fields.get("cvss"), 1),
            "epss": round_number(fields.get("epss"), 5),
        },
        organization=organization,
        tool=tool,
        first_seen_at=at,
        last_seen_at=at,
    )
    try:
        finding.clean_fields(exclude=("organization", "asset", "risk", "proposal", "fingerprint"))
    except ValidationError as error:
        messages = {f"{index}/{name}": texts for name, texts in error.message_dict.items()}
        raise ValidationError(messages) from None
    finding.fingerprint = fingerprint_of(finding)
    return finding


def round_number(value: Any, places: int) -> Any:
    """Round as the column does: scanners write floats, with more places than their scales have."""
    try:
        return None if value is None else round(Decimal(str(value)), places)
    except InvalidOperation:
        return value  # not a number: validation reports it


def in_batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items some at a time, so that no statement gets too long."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def merge_findings(
    organization: Organization, seen: Sequence[Finding], at: datetime
) -> Counter[str]:
    """Insert or update one batch, with one statement each; return how many of which outcome."""
    present = Finding.objects.for_organization(organization).select_for_update().order_by("pk")
    known = {
        finding.fingerprint: finding
        for finding in present.filter(fingerprint__in=[finding.fingerprint for finding in seen])
    }
    counts: Counter[str] = Counter()
    changed, unchanged = [], []
    for finding in seen:
        before = known.get(finding.fingerprint)
        outcome = compare_findings(before, finding)
        counts[outcome] += 1
        if outcome == "unchanged":
            unchanged.append(before.pk)  # type: ignore[union-attr]
            continue
        if before is not None:
            finding.version = before.version + 1
            reopened = outcome == "reopened"
            finding.state = FindingState.OPEN if reopened else before.state
        changed.append(finding)
    Finding.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=("organization", "fingerprint"),
        update_fields=(*SEEN_FIELDS, "state", "last_seen_at", "version", "updated_at"),
    )
    Finding.objects.filter(pk__in=unchanged, last_seen_at__lt=at).update(last_seen_at=at)
    return counts


def compare_findings(before: Finding | None, after: Finding) -> str:
    """Return "created", "updated", "unchanged" or "reopened"."""
    if before is None:
        return "created"
    if after.last_seen_at < before.last_seen_at:
        return "unchanged"
    if before.state == FindingState.RESOLVED:
        return "reopened"
    equal = all(getattr(before, name) == getattr(after, name) for name in SEEN_FIELDS)
    return "unchanged" if equal else "updated"


def resolve_missing(
    organization: Organization,
    tool: str,
    covered: Iterable[Asset],
    seen: Iterable[str],
    at: datetime,
) -> int:
    """Resolve the findings that the scan would have seen and did not; return how many."""
    still_there = set(seen)
    opened = Finding.objects.for_organization(organization).filter(
        tool=tool, state=FindingState.OPEN, last_seen_at__lte=at
    )
    closed = 0
    for assets in in_batches([asset.pk for asset in covered]):
        findings = opened.filter(asset__in=assets).values_list("pk", "fingerprint")
        missing = sorted(pk for pk, fingerprint in findings if fingerprint not in still_there)
        for batch in in_batches(missing):
            closed += update_findings(opened.filter(pk__in=batch), state=FindingState.RESOLVED)
    return closed


def update_findings(findings: Any, **fields: Any) -> int:
    """Write the same to all of `findings`, as a change that raises their version."""
    return findings.update(**fields, version=F("version") + 1, updated_at=timezone.now())
