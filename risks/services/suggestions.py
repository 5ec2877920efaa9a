"""Feeds suggest, people decide."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from openrisk.accounts.models import User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import (
    NOT_OPEN,
    FindingState,
    ImportRun,
    LikelihoodSuggestion,
    Risk,
    SuggestionStatus,
)
from risks.services import rows
from risks.services.risks import update_risk

EXPLOITED = 5  # what is exploited already is almost certain


def suggest_exploited(*, run: ImportRun, reasons: Mapping[str, str]) -> int:
    """Suggest a higher likelihood for the open risks of open findings of these CVEs.

    `reasons` says of each CVE why. What was suggested of a risk for a CVE once is not again.
    """
    risks: dict[Risk, set[str]] = defaultdict(set)
    open_risks = Risk.objects.for_organization(run.organization).exclude(status__in=NOT_OPEN)
    affected = open_risks.filter(
        findings__state=FindingState.OPEN, findings__rule__in=list(reasons)
    )
    by_id = {risk.pk: risk for risk in affected.distinct()}
    for pk, cve in affected.values_list("pk", "findings__rule").distinct():
        if cve in reasons:
            risks[by_id[pk]].add(cve)
    suggested = [
        LikelihoodSuggestion(
            organization=run.organization,
            risk=risk,
            key=cve,
            present=present,
            likelihood=EXPLOITED,
            reason=reasons[cve],
            run=run,
        )
        for risk, cves in risks.items()
        for cve in sorted(cves)
        if (present := _present(risk)) and present < EXPLOITED
    ]
    before = LikelihoodSuggestion.objects.filter(run=run).count()
    LikelihoodSuggestion.objects.bulk_create(suggested, ignore_conflicts=True)
    return LikelihoodSuggestion.objects.filter(run=run).count() - before


def _present(risk: Risk) -> int | None:
    return risk.residual_likelihood or risk.inherent_likelihood


def accept_suggestion(
    *, actor: User | None, suggestion: LikelihoodSuggestion, comment: str = ""
) -> LikelihoodSuggestion:
    """Rate the risk as suggested: the residual likelihood where it is assessed, else the inherent.

    Conflict where somebody has rated the risk at least so likely meanwhile.
    """
    with recorded(actor=actor, comment=comment or suggestion.reason):
        suggestion = _undecided(suggestion)
        risk = rows.lock_for_update(suggestion.risk)
        present = _present(risk)
        if present is not None and present >= suggestion.likelihood:
            raise Conflict(f"{risk.reference} has likelihood {present} already. Dismiss this.")
        name = "residual" if risk.residual_likelihood else "inherent"
        rated: dict[str, Any] = {f"{name}_likelihood": suggestion.likelihood}
        update_risk(actor=actor, instance=risk, **rated)
        _decide(actor, suggestion, SuggestionStatus.ACCEPTED)
    return suggestion


def dismiss_suggestion(
    *, actor: User | None, suggestion: LikelihoodSuggestion, comment: str = ""
) -> LikelihoodSuggestion:
    with recorded(actor=actor, comment=comment):
        suggestion = _undecided(suggestion)
        _decide(actor, suggestion, SuggestionStatus.DISMISSED)
    return suggestion


def withdraw_suggestions(run: ImportRun) -> int:
    """The run is undone: what it suggested and nobody decided is gone."""
    waiting = LikelihoodSuggestion.objects.filter(run=run, status=SuggestionStatus.PROPOSED)
    return waiting.delete()[0]


def _undecided(suggestion: LikelihoodSuggestion) -> LikelihoodSuggestion:
    suggestion = rows.lock_for_update(suggestion)
    if suggestion.status != SuggestionStatus.PROPOSED:
        raise Conflict(f"This suggestion is {suggestion.status} already.")
    return suggestion


def _decide(actor: User | None, suggestion: LikelihoodSuggestion, status: str) -> None:
    decided: dict[str, Any] = {
        "status": status,
        "decided_at": timezone.now(),
        "decided_by": actor,
    }
    rows.save_fields(suggestion, decided)
