"""Risks that findings propose, and likelihoods that feeds suggest: people decide about both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import (
    Asset,
    Criticality,
    Finding,
    FindingRule,
    FindingState,
    ImportRun,
    LikelihoodSuggestion,
    ProposalStatus,
    Risk,
    RiskProposal,
    Severity,
    Source,
    Status,
    SuggestionStatus,
)
from risks.services import rows
from risks.services.findings import BATCH, in_batches, update_findings
from risks.services.matrix import matrix_of
from risks.services.risks import create_risk, update_risk

Proposed = TypeVar("Proposed", RiskProposal, LikelihoodSuggestion)


# --- Risks that findings propose


def propose_risks(*, actor: User | None, organization: Organization) -> int:
    """Propose a risk for each rule id or CVE whose open findings meet an active rule.

    Where several rules would propose the same, the one that rates highest does. Findings that
    come to a key proposed before join that proposal, and its risk, whatever was decided: a
    dismissed key is not proposed again. Returns how many proposals are new.
    """
    with recorded(actor=actor):
        # Locked so that a run at the same moment waits and then sees these proposals.
        active = FindingRule.objects.for_organization(organization).filter(active=True)
        rules = active.select_for_update().order_by("pk")
        return sum(apply_rule(organization, rule) for rule in rules_by_rating(rules))


def rules_by_rating(rules: Iterable[FindingRule]) -> list[FindingRule]:
    """Return the rules, those that rate highest first: where several match, the first counts."""
    return sorted(rules, key=lambda rule: (-rule.likelihood * rule.impact, rule.name))


def findings_without_risk(organization: Organization, rule: FindingRule) -> Any:
    """Return the open findings that meet the rule and have neither a risk nor a proposal."""
    return Finding.objects.for_organization(organization).filter(
        condition_of(rule), state=FindingState.OPEN, risk=None, proposal=None
    )


def apply_rule(organization: Organization, rule: FindingRule) -> int:
    """Propose what one rule finds, and let its findings join their proposals."""
    findings = findings_without_risk(organization, rule)
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings.defer("description").order_by("first_seen_at", "pk"):
        groups[finding.rule].append(finding)
    proposals = RiskProposal.objects.for_organization(organization)
    new = sorted(groups.keys() - set(proposals.values_list("key", flat=True)))
    RiskProposal.objects.bulk_create(
        [build_proposal(rule, key, groups[key]) for key in new], batch_size=BATCH
    )
    proposal = RiskProposal.objects.filter(organization=organization, key=OuterRef("rule"))
    for batch in in_batches([finding.pk for group in groups.values() for finding in group]):
        update_findings(
            Finding.objects.filter(pk__in=batch),
            proposal=Subquery(proposal.values("pk")),
            risk=Subquery(proposal.values("risk")),
        )
    return len(new)


def condition_of(rule: FindingRule) -> Q:
    """Return the condition that `rule` sets on findings."""
    condition = Q(severity__in=values_from(Severity, rule.minimum_severity))
    if rule.known_exploited:
        condition &= Q(known_exploited=True)
    if rule.minimum_epss is not None:
        condition &= Q(epss__gte=rule.minimum_epss)
    if rule.minimum_criticality != Criticality.LOW:  # low requires nothing, not even an asset
        criticalities = values_from(Criticality, rule.minimum_criticality)
        condition &= Q(asset__criticality__in=criticalities)
    return condition


def values_from(scale: type[Severity] | type[Criticality], lowest: str) -> list[str]:
    """Return the values of a scale from `lowest` up."""
    return scale.values[scale.values.index(lowest) :]


def build_proposal(rule: FindingRule, key: str, findings: list[Finding]) -> RiskProposal:
    """Return the proposal of `rule` for the findings of one key, not yet saved."""
    worst = max(findings, key=lambda finding: Severity.values.index(finding.severity))
    return RiskProposal(
        organization_id=rule.organization_id,
        rule=rule,
        key=key,
        title=title_of_finding(key, worst),
        reason=describe_reason(rule, key, findings, worst.severity),
        likelihood=rule.likelihood,
        impact=rule.impact,
    )


def title_of_finding(key: str, finding: Finding) -> str:
    """Return the title of a risk of this finding, which names its rule id or CVE."""
    title = finding.title if finding.title.startswith(key) else f"{key}: {finding.title}"
    return title[:255]


def describe_reason(rule: FindingRule, key: str, findings: list[Finding], severity: str) -> str:
    """Return e.g. "CVE-2021-44228 on 3 assets: severity critical, CVSS 10.0; rule ..."."""
    assets = len({finding.asset_id for finding in findings} - {None})
    facts = [f"severity {severity}"]
    if scores := [finding.cvss for finding in findings if finding.cvss is not None]:
        facts.append(f"CVSS {max(scores)}")
    if any(finding.known_exploited for finding in findings):
        facts.append("known exploited")
    if chances := [finding.epss for finding in findings if finding.epss is not None]:
        facts.append(f"EPSS {without_zeros(max(chances))}")
    where = f"{assets} asset{'s' * (assets > 1)}" if assets else "no known asset"
    terms = [f"severity {rule.minimum_severity} or above"]
    if rule.known_exploited:
        terms.append("known exploited")
    if rule.minimum_epss is not None:
        terms.append(f"EPSS {without_zeros(rule.minimum_epss)} or above")
    if rule.minimum_criticality != Criticality.LOW:
        terms.append(f"asset {rule.minimum_criticality} or above")
    return f'{key} on {where}: {", ".join(facts)}; rule "{rule.name}" ({", ".join(terms)}).'


def without_zeros(number: Decimal) -> str:
    """Return a number without the zeros at the end that its column adds."""
    return f"{number.normalize():f}"


def confirm_proposal(*, actor: User | None, proposal: RiskProposal, comment: str = "") -> Risk:
    """Create a draft risk, rated by the rule, on the assets of the findings still open."""
    with recorded(actor=actor, comment=comment):
        proposal = lock_undecided(proposal, "proposal")
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
        update_findings(findings, risk=risk)
        save_decision(actor, proposal, ProposalStatus.CONFIRMED, risk=risk)
    return risk


def dismiss_proposal(
    *, actor: User | None, proposal: RiskProposal, comment: str = ""
) -> RiskProposal:
    """Decide against a proposed risk; its key is not proposed again."""
    with recorded(actor=actor, comment=comment):
        proposal = lock_undecided(proposal, "proposal")
        save_decision(actor, proposal, ProposalStatus.DISMISSED)
    return proposal


def withdraw_empty_proposals(organization: Organization) -> int:
    """Delete undecided proposals whose findings are gone, and return how many."""
    proposals = RiskProposal.objects.for_organization(organization)
    empty = proposals.filter(status=ProposalStatus.PROPOSED, findings__isnull=True)
    return empty.delete()[0]


# --- Likelihoods that feeds suggest


def suggest_exploited(*, run: ImportRun, marked: Mapping[UUID, tuple[str, str]]) -> int:
    """Suggest a higher likelihood for the open risks of open findings that are exploited now.

    `marked` has the CVE and the reason of each finding. A CVE is suggested once for a risk,
    whatever was decided.
    """
    reasons_by_risk: dict[Risk, dict[str, str]] = defaultdict(dict)
    open_risks = Risk.objects.for_organization(run.organization).open()
    for batch in in_batches(list(marked)):
        findings = Finding.objects.filter(
            pk__in=batch, state=FindingState.OPEN, risk__in=open_risks
        )
        for finding in findings.select_related("risk").order_by("pk"):
            cve, reason = marked[finding.pk]
            reasons_by_risk[finding.risk][cve] = reason
    highest = matrix_of(run.organization).likelihoods[-1]  # exploited already: almost certain
    suggestions = [
        LikelihoodSuggestion(
            organization=run.organization,
            risk=risk,
            key=cve,
            present=present,
            likelihood=highest,
            reason=reason,
            run=run,
        )
        for risk, reasons in reasons_by_risk.items()
        for cve, reason in sorted(reasons.items())
        if (present := present_likelihood(risk)) and present < highest
    ]
    before = LikelihoodSuggestion.objects.filter(run=run).count()
    LikelihoodSuggestion.objects.bulk_create(suggestions, ignore_conflicts=True)
    return LikelihoodSuggestion.objects.filter(run=run).count() - before


def present_likelihood(risk: Risk) -> int | None:
    """Return the residual likelihood where there is one, else the inherent."""
    return risk.residual_likelihood or risk.inherent_likelihood


def accept_suggestion(
    *, actor: User | None, suggestion: LikelihoodSuggestion, comment: str = ""
) -> LikelihoodSuggestion:
    """Rate the risk as suggested: the residual likelihood where it is assessed, else the inherent.

    Conflict where someone has rated the risk at least so likely meanwhile.
    """
    with recorded(actor=actor, comment=comment or suggestion.reason):
        suggestion = lock_undecided(suggestion, "suggestion")
        risk = rows.lock_for_update(suggestion.risk)
        present = present_likelihood(risk)
        if present is not None and present >= suggestion.likelihood:
            raise Conflict(
                _("%(reference)s has likelihood %(present)s already. Dismiss this.")
                % {"reference": risk.reference, "present": present}
            )
        kind = "residual" if risk.residual_likelihood else "inherent"
        rating: dict[str, Any] = {f"{kind}_likelihood": suggestion.likelihood}
        update_risk(actor=actor, instance=risk, **rating)
        save_decision(actor, suggestion, SuggestionStatus.ACCEPTED)
    return suggestion


def dismiss_suggestion(
    *, actor: User | None, suggestion: LikelihoodSuggestion, comment: str = ""
) -> LikelihoodSuggestion:
    """Decide against a suggested likelihood."""
    with recorded(actor=actor, comment=comment):
        suggestion = lock_undecided(suggestion, "suggestion")
        save_decision(actor, suggestion, SuggestionStatus.DISMISSED)
    return suggestion


def withdraw_suggestions(run: ImportRun) -> int:
    """Delete the undecided suggestions of a run that is undone, and return how many."""
    waiting = LikelihoodSuggestion.objects.filter(run=run, status=SuggestionStatus.PROPOSED)
    return waiting.delete()[0]


# --- Deciding


def lock_undecided(proposed: Proposed, name: str) -> Proposed:
    """Return a proposal or suggestion, locked; Conflict where it is decided already."""
    proposed = rows.lock_for_update(proposed)
    if proposed.status != ProposalStatus.PROPOSED:
        raise Conflict(
            _("This %(name)s is %(status)s already.") % {"name": name, "status": proposed.status}
        )
    return proposed


def save_decision(actor: User | None, proposed: Proposed, status: str, **fields: Any) -> None:
    """Write who decided, when and how."""
    decision = {"status": status, "decided_at": timezone.now(), "decided_by": actor}
    rows.save_fields(proposed, decision | fields)
