"""Risks made of findings: one risk of some findings, or findings attached to a risk there is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import (
    Asset,
    Finding,
    FindingRule,
    FindingState,
    ProposalStatus,
    Risk,
    RiskProposal,
    Severity,
    Source,
)
from risks.querysets import FINDING_ORDERS
from risks.scoring import DEFAULT_SIZE, convert_rating
from risks.services import rows
from risks.services.deletion import delete_rows
from risks.services.findings import update_findings
from risks.services.matrix import matrix_of
from risks.services.proposals import condition_of, rules_by_rating, title_of_finding
from risks.services.risks import create_risk

RATING_OF_SEVERITY = {  # of five; brought to the matrix
    Severity.INFO: 1,
    Severity.LOW: 2,
    Severity.MEDIUM: 3,
    Severity.HIGH: 4,
    Severity.CRITICAL: 5,
}
MOST_NAMED = 20  # findings in the description of a risk


@dataclass(frozen=True)
class SuggestedRisk:
    """The risk that findings suggest. `rule` has the name of the rule that rates it, or ""."""

    title: str
    description: str
    likelihood: int
    impact: int
    rule: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """Return the fields that a person may change before the risk is made."""
        return {name: value for name, value in asdict(self).items() if name != "rule"}


def suggest_risk(organization: Organization, findings: Any) -> SuggestedRisk:
    """Return the risk that `findings`, a queryset, suggest.

    The active rule that rates highest rates it; where none matches, the worst severity does.
    """
    findings = findings.order_by()
    severity = FINDING_ORDERS["severity"]
    worst = findings.annotate(_rank=severity).order_by("-_rank", "first_seen_at", "pk").first()
    if worst is None:
        raise rows.field_error("findings", _("Choose at least one finding."))
    rules = rules_by_rating(FindingRule.objects.for_organization(organization).filter(active=True))
    counts = findings.aggregate(
        all=Count("pk"),
        **{
            f"rule_{index}": Count("pk", filter=condition_of(rule))
            for index, rule in enumerate(rules)
        },
    )
    rule = next((rule for index, rule in enumerate(rules) if counts[f"rule_{index}"]), None)
    rating = RATING_OF_SEVERITY[Severity(worst.severity)]
    matrix = matrix_of(organization)
    sizes = len(matrix.likelihoods), len(matrix.impacts)
    return SuggestedRisk(
        title=title_of_finding(worst.rule, worst),
        description=describe_findings(findings, worst, counts["all"]),
        likelihood=rule.likelihood if rule else convert_rating(rating, DEFAULT_SIZE, sizes[0]),
        impact=rule.impact if rule else convert_rating(rating, DEFAULT_SIZE, sizes[1]),
        rule=rule.name if rule else "",
    )


def describe_findings(findings: Any, worst: Finding, count: int) -> str:
    """Return the description of one finding, or a list of several."""
    if count == 1:
        return worst.description
    named = findings.order_by("rule", "pk").values_list("rule", "title", "asset__name")
    lines = [
        f"- {rule}: {title}" + (f" ({asset})" if asset else "")
        for rule, title, asset in named[:MOST_NAMED]
    ]
    if count > MOST_NAMED:
        more = count - MOST_NAMED
        lines.append(ngettext("- %(count)s more", "- %(count)s more", more) % {"count": more})
    return "\n".join(lines)


def make_risk(
    *, actor: User, organization: Organization, findings: Iterable[UUID], **fields: Any
) -> Risk:
    """Create a risk of these findings, on the assets of those that are open, and attach them.

    `fields` has title, description, likelihood and impact. A finding of another risk stays there.
    """
    with recorded(actor=actor):
        free = lock_findings(organization, findings).filter(risk=None)
        risk = create_risk_of(actor=actor, organization=organization, findings=free, fields=fields)
        attach_to(risk, list(free.values_list("pk", flat=True)))
        confirm_proposal_by(actor, risk)
    return risk


def create_risk_of(
    *, actor: User | None, organization: Organization, findings: Any, fields: Mapping[str, Any]
) -> Risk:
    """Create the risk that `findings`, a queryset, are attached to next."""
    affected = findings.filter(state=FindingState.OPEN).order_by().values("asset")
    return create_risk(
        actor=actor,
        organization=organization,
        title=fields["title"],
        description=fields.get("description", ""),
        source=Source.FINDING.value,
        inherent_likelihood=fields["likelihood"],
        inherent_impact=fields["impact"],
        assets=Asset.objects.filter(pk__in=affected).order_by("pk"),
    )


def make_risk_of(
    *, actor: User, finding: Finding, version: int | None = None, **fields: Any
) -> Risk:
    """Create a risk of one finding."""
    with recorded(actor=actor):
        refuse_attached(rows.lock_for_update(finding, version))
        return make_risk(
            actor=actor, organization=finding.organization, findings=[finding.pk], **fields
        )


def attach_finding(
    *, actor: User, finding: Finding, risk: Risk, version: int | None = None
) -> Finding:
    """Attach a finding to a risk."""
    with recorded(actor=actor):
        finding = rows.lock_for_update(finding, version)
        refuse_attached(finding)
        rows.save_fields(finding, {"risk": risk})
    return finding


def detach_finding(
    *, actor: User, finding: Finding, comment: str = "", version: int | None = None
) -> Finding:
    """Take a finding off its risk. The risk stays."""
    with recorded(actor=actor, comment=comment):
        finding = rows.lock_for_update(finding, version)
        if finding.risk_id is None:
            raise Conflict(_("This finding is attached to no risk."))
        rows.save_fields(finding, {"risk": None})
    return finding


def refuse_attached(finding: Finding) -> None:
    if finding.risk_id is not None:
        raise Conflict(attached_already())


def attached_already() -> str:
    return _("It is attached to a risk already. Detach it there first.")


def lock_findings(organization: Organization, ids: Iterable[UUID]) -> Any:
    """Lock findings of the organization, always in the same order, and return them."""
    chosen = Finding.objects.for_organization(organization).filter(pk__in=list(ids)).order_by("pk")
    list(chosen.select_for_update(of=("self",)).values_list("pk", flat=True))
    return chosen


def attach_to(risk: Risk, ids: Sequence[UUID]) -> None:
    update_findings(Finding.objects.filter(pk__in=ids), risk=risk)


def confirm_proposal_by(actor: User | None, risk: Risk) -> None:
    """Count the proposal of these findings as confirmed by the risk, where there is one.

    Findings that come to its key later then join the risk.
    """
    proposals = RiskProposal.objects.for_organization(risk.organization).filter(
        status=ProposalStatus.PROPOSED, findings__risk=risk
    )
    proposal = proposals.order_by("created_at", "pk").first()
    if proposal is not None:
        rows.save_fields(
            rows.lock_for_update(proposal),
            {
                "status": ProposalStatus.CONFIRMED,
                "risk": risk,
                "decided_at": timezone.now(),
                "decided_by": actor,
            },
        )


def unmake_risk(risk: Risk) -> None:
    """Delete a risk that was made of findings which are detached again, and let their proposal
    wait again. A risk that someone has worked on since stays.
    """
    is_untouched = risk.version == 1 and not risk.findings.exists()
    if not is_untouched or risk.mitigations.exists():
        return
    RiskProposal.objects.filter(risk=risk).update(
        status=ProposalStatus.PROPOSED,
        risk=None,
        decided_at=None,
        decided_by=None,
        version=F("version") + 1,
        updated_at=timezone.now(),
    )
    delete_rows([risk])
