"""What scanners saw, and the risks that it proposes."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import (
    Asset,
    Criticality,
    Finding,
    FindingRule,
    FindingState,
    ProposalStatus,
    Risk,
    RiskProposal,
    Severity,
    Source,
    Status,
)
from risks.services import rows
from risks.services.risks import create_risk

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
SCANNED_FIELDS = frozenset(SEEN_FIELDS) | (frozenset(IDENTITY) - {"tool"})
BATCH = 500
Item = TypeVar("Item")


def compute_fingerprint(*, tool: str, rule: str, asset: Asset | UUID | None, location: str) -> str:
    """The identity of a finding over scans: SHA-256, in hexadecimal."""
    asset_id = asset.pk if isinstance(asset, Asset) else asset
    parts = [tool, rule, str(asset_id or ""), location]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


# --- One finding at a time --------------------------------------------------------------------
def create_finding(*, actor: User | None, organization: Organization, **fields: Any) -> Finding:
    now = timezone.now()
    finding = Finding(organization=organization, first_seen_at=now, last_seen_at=now)
    return _save(actor, finding, fields)


def update_finding(
    *, actor: User | None, instance: Finding, version: int | None = None, **fields: Any
) -> Finding:
    with recorded(actor=actor):
        return _save(actor, rows.lock_for_update(instance, version), fields)


def _save(actor: User | None, finding: Finding, fields: dict[str, Any]) -> Finding:
    with recorded(actor=actor):
        for name, value in fields.items():
            setattr(finding, name, value)
        if finding._state.adding or not fields.keys().isdisjoint(IDENTITY):
            _identify(finding)
        rows.save_fields(finding, fields)
    return finding


def _identify(finding: Finding) -> None:
    finding.fingerprint = _fingerprint_of(finding)
    others = Finding.objects.for_organization(finding.organization).exclude(pk=finding.pk)
    if others.filter(fingerprint=finding.fingerprint).exists():
        raise rows.field_error(
            "rule",
            "This finding exists already: same tool, rule, asset and location. Change that one.",
        )


def _fingerprint_of(finding: Finding) -> str:
    return compute_fingerprint(
        tool=finding.tool, rule=finding.rule, asset=finding.asset_id, location=finding.location
    )


# --- Scans ------------------------------------------------------------------------------------
def record_findings(
    *,
    actor: User | None,
    organization: Organization,
    tool: str,
    findings: list[dict[str, Any]],
    covered_assets: Iterable[Asset] | None,
    at: datetime,
) -> dict[str, int]:
    """Take over what `tool` saw `at` that time; of one finding told twice, the last counts.

    Each finding has `rule`, `severity` and `title`, and may have `asset`, `location`, `cvss`,
    `epss`, `known_exploited` and `description`. Seen again, it is updated, and reopened if it was
    resolved; accepted ones and false positives keep their state. Open findings of this tool on
    `covered_assets` (None: the scan does not say what it covered) that are gone become resolved.
    What is older than what is known changes nothing.

    Returns how many were created, updated, unchanged, reopened and closed. Raises
    ValidationError, with the place in `findings`, before anything is written.
    """
    seen = {
        finding.fingerprint: finding
        for index, fields in enumerate(findings)
        for finding in [_scanned(index, fields, organization, tool, at)]
    }
    counts = Counter(created=0, updated=0, unchanged=0, reopened=0, closed=0)
    with recorded(actor=actor, comment=f"Scan by {tool}"):
        # One scan of an organization at a time: two would lock the same rows in different orders.
        # `no_key` leaves everybody else free to write rows that belong to the organization.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        for batch in _batches(list(seen.values())):
            counts.update(_merge(organization, batch, at))
        if covered_assets is not None:
            counts["closed"] = _close_gone(organization, tool, covered_assets, seen.keys(), at)
    return dict(counts)


def _scanned(
    index: int, fields: dict[str, Any], organization: Organization, tool: str, at: datetime
) -> Finding:
    if unknown := fields.keys() - SCANNED_FIELDS:
        known = ", ".join(sorted(SCANNED_FIELDS))
        raise rows.field_error(f"{index}/{min(unknown)}", f"Unknown field. Known ones: {known}.")
    for name, value in fields.items():
        if isinstance(value, str) and "\0" in value:
            raise rows.field_error(
                f"{index}/{name}", "Null characters cannot be stored. Remove them."
            )
    asset = fields.get("asset")
    if asset is not None and asset.organization_id != organization.pk:
        raise rows.field_error(f"{index}/asset", "No such asset in this organization.")
    finding = Finding(
        **fields | {"cvss": _rounded(fields, "cvss", 1), "epss": _rounded(fields, "epss", 5)},
        organization=organization,
        tool=tool,
        first_seen_at=at,
        last_seen_at=at,
    )
    try:
        finding.clean_fields(exclude=("organization", "asset", "risk", "proposal", "fingerprint"))
    except ValidationError as error:
        places = {f"{index}/{name}": said for name, said in error.message_dict.items()}
        raise ValidationError(places) from None
    finding.fingerprint = _fingerprint_of(finding)
    return finding


def _rounded(fields: dict[str, Any], name: str, places: int) -> Any:
    """Scanners write numbers as floats, and with more places than their scales have."""
    value = fields.get(name)
    try:
        return None if value is None else round(Decimal(str(value)), places)
    except InvalidOperation:
        return value  # no number: validation will say so


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _merge(organization: Organization, seen: Sequence[Finding], at: datetime) -> Counter[str]:
    """Insert or update one batch, with one statement each way."""
    present = Finding.objects.for_organization(organization).select_for_update().order_by("pk")
    known = {
        finding.fingerprint: finding
        for finding in present.filter(fingerprint__in=[finding.fingerprint for finding in seen])
    }
    counts: Counter[str] = Counter()
    changed, same = [], []
    for finding in seen:
        before = known.get(finding.fingerprint)
        outcome = _outcome(before, finding)
        counts[outcome] += 1
        if outcome == "unchanged":
            same.append(before.pk)  # type: ignore[union-attr]
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
    Finding.objects.filter(pk__in=same, last_seen_at__lt=at).update(last_seen_at=at)
    return counts


def _outcome(before: Finding | None, after: Finding) -> str:
    if before is None:
        return "created"
    if after.last_seen_at < before.last_seen_at:
        return "unchanged"
    if before.state == FindingState.RESOLVED:
        return "reopened"
    same = all(getattr(before, name) == getattr(after, name) for name in SEEN_FIELDS)
    return "unchanged" if same else "updated"


def _close_gone(
    organization: Organization,
    tool: str,
    covered: Iterable[Asset],
    seen: Iterable[str],
    at: datetime,
) -> int:
    """Resolve what the scan would have seen and did not."""
    still = set(seen)
    opened = Finding.objects.for_organization(organization).filter(
        tool=tool, state=FindingState.OPEN, last_seen_at__lte=at
    )
    closed = 0
    for assets in _batches([asset.pk for asset in covered]):
        found = opened.filter(asset__in=assets).values_list("pk", "fingerprint")
        gone = sorted(pk for pk, mark in found if mark not in still)
        for batch in _batches(gone):
            closed += _changed(opened.filter(pk__in=batch), state=FindingState.RESOLVED)
    return closed


def _changed(findings: Any, **fields: Any) -> int:
    """Write the same to all of `findings`, as a change that raises their version."""
    return findings.update(**fields, version=F("version") + 1, updated_at=timezone.now())


# --- Proposals --------------------------------------------------------------------------------
def propose_risks(*, actor: User | None, organization: Organization) -> int:
    """Propose a risk for each rule id or CVE whose open findings meet an active rule.

    Where several rules would propose the same, the one that rates highest does. Findings that
    come to a key proposed before join that proposal, and its risk, whatever was decided: a
    dismissed key is not proposed again. Returns how many proposals are new.
    """
    with recorded(actor=actor):
        # Locked so that a run at the same moment waits and then finds these proposals made.
        active = FindingRule.objects.for_organization(organization).filter(active=True)
        rules = active.select_for_update().order_by("pk")
        by_rating = sorted(rules, key=lambda rule: (-rule.likelihood * rule.impact, rule.name))
        return sum(_propose(organization, rule) for rule in by_rating)


def _propose(organization: Organization, rule: FindingRule) -> int:
    groups: dict[str, list[Finding]] = defaultdict(list)
    found = Finding.objects.for_organization(organization).filter(
        condition_of(rule), state=FindingState.OPEN, risk=None, proposal=None
    )
    for finding in found.defer("description").order_by("first_seen_at", "pk"):
        groups[finding.rule].append(finding)
    proposals = RiskProposal.objects.for_organization(organization)
    new = sorted(groups.keys() - set(proposals.values_list("key", flat=True)))
    RiskProposal.objects.bulk_create(
        [_proposal(rule, key, groups[key]) for key in new], batch_size=BATCH
    )
    for batch in _batches([finding.pk for group in groups.values() for finding in group]):
        _join(organization, batch)
    return len(new)


def _join(organization: Organization, findings: Sequence[UUID]) -> None:
    """Each finding belongs to the proposal of its key from now on, and to that one's risk."""
    proposal = RiskProposal.objects.filter(organization=organization, key=OuterRef("rule"))
    _changed(
        Finding.objects.filter(pk__in=findings),
        proposal=Subquery(proposal.values("pk")),
        risk=Subquery(proposal.values("risk")),
    )


def condition_of(rule: FindingRule) -> Q:
    """The condition on findings that `rule` sets."""
    condition = Q(severity__in=_at_least(Severity, rule.minimum_severity))
    if rule.known_exploited:
        condition &= Q(known_exploited=True)
    if rule.minimum_epss is not None:
        condition &= Q(epss__gte=rule.minimum_epss)
    if rule.minimum_criticality != Criticality.LOW:  # low asks for nothing, not even an asset
        criticalities = _at_least(Criticality, rule.minimum_criticality)
        condition &= Q(asset__criticality__in=criticalities)
    return condition


def _at_least(scale: type[Severity] | type[Criticality], lowest: str) -> list[str]:
    return scale.values[scale.values.index(lowest) :]


def _proposal(rule: FindingRule, key: str, findings: list[Finding]) -> RiskProposal:
    worst = max(findings, key=lambda finding: Severity.values.index(finding.severity))
    title = worst.title if worst.title.startswith(key) else f"{key}: {worst.title}"
    return RiskProposal(
        organization_id=rule.organization_id,
        rule=rule,
        key=key,
        title=title[:255],
        reason=_reason(rule, key, findings, worst.severity),
        likelihood=rule.likelihood,
        impact=rule.impact,
    )


def _reason(rule: FindingRule, key: str, findings: list[Finding], severity: str) -> str:
    """E.g. "CVE-2021-44228 on 3 assets: severity critical, CVSS 10.0; rule ..."."""
    assets = len({finding.asset_id for finding in findings} - {None})
    facts = [f"severity {severity}"]
    if scores := [finding.cvss for finding in findings if finding.cvss is not None]:
        facts.append(f"CVSS {max(scores)}")
    if any(finding.known_exploited for finding in findings):
        facts.append("known exploited")
    if chances := [finding.epss for finding in findings if finding.epss is not None]:
        facts.append(f"EPSS {_short(max(chances))}")
    where = f"{assets} asset{'s' * (assets > 1)}" if assets else "no known asset"
    return f'{key} on {where}: {", ".join(facts)}; rule "{rule.name}" ({_terms(rule)}).'


def _terms(rule: FindingRule) -> str:
    terms = [f"severity {rule.minimum_severity} or above"]
    if rule.known_exploited:
        terms.append("known exploited")
    if rule.minimum_epss is not None:
        terms.append(f"EPSS {_short(rule.minimum_epss)} or above")
    if rule.minimum_criticality != Criticality.LOW:
        terms.append(f"asset {rule.minimum_criticality} or above")
    return ", ".join(terms)


def _short(number: Decimal) -> str:
    """Without the zeros at the end that the column adds."""
    return f"{number.normalize():f}"


def confirm_proposal(*, actor: User | None, proposal: RiskProposal, comment: str = "") -> Risk:
    """A draft risk, rated as the rule said, on the assets of the findings that are still open."""
    with recorded(actor=actor, comment=comment):
        proposal = _undecided(proposal)
        findings = proposal.findings.filter(risk=None)
        affected = findings.filter(state=FindingState.OPEN).values("asset")
        risk = create_risk(
            actor=actor,
            organization=proposal.organization,
            title=proposal.title,
            description=proposal.reason,
            status=Status.DRAFT.value,
            source=Source.FINDING.value,
            inherent_likelihood=proposal.likelihood,
            inherent_impact=proposal.impact,
            assets=Asset.objects.filter(pk__in=affected),
        )
        _changed(findings, risk=risk)
        _decide(actor, proposal, ProposalStatus.CONFIRMED, risk=risk)
    return risk


def dismiss_proposal(
    *, actor: User | None, proposal: RiskProposal, comment: str = ""
) -> RiskProposal:
    with recorded(actor=actor, comment=comment):
        proposal = _undecided(proposal)
        _decide(actor, proposal, ProposalStatus.DISMISSED)
    return proposal


def withdraw_empty_proposals(organization: Organization) -> int:
    """What was proposed for findings that are gone, and that nobody decided, is gone as well."""
    proposals = RiskProposal.objects.for_organization(organization)
    empty = proposals.filter(status=ProposalStatus.PROPOSED, findings__isnull=True)
    return empty.delete()[0]


def _undecided(proposal: RiskProposal) -> RiskProposal:
    proposal = rows.lock_for_update(proposal)
    if proposal.status != ProposalStatus.PROPOSED:
        raise Conflict(f"This proposal is {proposal.status} already.")
    return proposal


def _decide(actor: User | None, proposal: RiskProposal, status: str, **fields: Any) -> None:
    decided = {"status": status, "decided_at": timezone.now(), "decided_by": actor}
    rows.save_fields(proposal, decided | fields)
