"""Rules that propose risks of findings: saved, and tried before that on the findings there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import Finding, FindingRule, FindingState, RiskProposal
from risks.querysets import FINDING_ORDERS, SEVERITIES
from risks.services import rows
from risks.services.proposals import condition_of, findings_without_risk

MANY = 1000  # proposals of one rule that a person confirms first
FIRST = 20


class TooManyProposals(Conflict):
    """The rule would propose so many risks that nobody decides about them."""

    code = "too_many_proposals"


@dataclass(frozen=True)
class ProposedRisk:
    """A risk that a rule would propose: its rule id or CVE, and its findings."""

    key: str
    title: str
    severity: str
    findings: int


@dataclass(frozen=True)
class RulePreview:
    """The effect of a rule: `matching` open findings, `proposals` risks, the `first` of them."""

    matching: int
    proposals: int
    first: Sequence[ProposedRisk]

    @property
    def is_many(self) -> bool:
        return self.proposals >= MANY


def preview_rule(rule: FindingRule) -> RulePreview:
    """Return what a rule, which need not be saved, would propose of the findings there are."""
    findings = Finding.objects.for_organization(rule.organization)
    matching = findings.filter(condition_of(rule), state=FindingState.OPEN).count()
    groups = new_groups(rule)
    first = groups.annotate(
        title=Min("title"), rank=Max(FINDING_ORDERS["severity"]), number=Count("pk")
    ).order_by("-rank", "-number", "rule")
    return RulePreview(
        matching,
        groups.aggregate(number=Count("rule", distinct=True))["number"],
        [
            ProposedRisk(group["rule"], group["title"], SEVERITIES[group["rank"]], group["number"])
            for group in first[:FIRST]
        ],
    )


def new_groups(rule: FindingRule) -> Any:
    """Return the findings that would make new proposals, grouped by their rule id or CVE."""
    proposed = RiskProposal.objects.for_organization(rule.organization).values("key")
    findings = findings_without_risk(rule.organization, rule).exclude(rule__in=proposed)
    return findings.order_by().values("rule")


def create_rule(
    *, actor: User | None, organization: Organization, confirmed: bool = False, **fields: Any
) -> FindingRule:
    """Create a rule. One that would propose very many risks has to be `confirmed`."""
    with recorded(actor=actor):
        rule = rows.create(FindingRule, actor=actor, organization=organization, **fields)
        refuse_many(rule, confirmed=confirmed)
    return rule


def update_rule(
    *,
    actor: User | None,
    instance: FindingRule,
    version: int | None = None,
    confirmed: bool = False,
    **fields: Any,
) -> FindingRule:
    """Change a rule; what it has proposed stays."""
    with recorded(actor=actor):
        rule = rows.update(actor=actor, instance=instance, version=version, **fields)
        refuse_many(rule, confirmed=confirmed)
    return rule


def refuse_many(rule: FindingRule, *, confirmed: bool) -> None:
    if confirmed or not rule.active:
        return
    number = new_groups(rule).aggregate(number=Count("rule", distinct=True))["number"]
    if number >= MANY:
        raise TooManyProposals(
            _(
                "This rule would propose %(number)s risks now. Choose narrower conditions, or "
                "confirm that this is what you want."
            )
            % {"number": f"{number:,}"}
        )
