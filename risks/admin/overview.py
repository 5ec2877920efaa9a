"""The front page of the admin: what needs somebody's attention, each with a link to the list."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from openrisk.accounts.members.access import get_access
from risks.models import (
    Acceptance,
    AcceptanceStatus,
    Level,
    Mitigation,
    ProposalStatus,
    Risk,
    RiskProposal,
)


@dataclass(frozen=True)
class OverviewCount:
    title: str
    number: int
    url: str
    level: str = ""


def overview_context(request: HttpRequest, known: dict[str, Any]) -> dict[str, Any]:
    """Called by unfold for the front page (`UNFOLD["DASHBOARD_CALLBACK"]`)."""
    return {**known, "levels": _levels(request), "waiting": _waiting(request)}


def _levels(request: HttpRequest) -> list[OverviewCount]:
    opened = get_access(request).scope(Risk.objects.open())
    counts = dict(opened.order_by().values_list("current_level").annotate(number=Count("pk")))
    figures = [
        OverviewCount(
            label, counts.get(level, 0), _url("risk", show="open", current_level=level), level
        )
        for level, label in reversed(Level.choices)
    ]
    none = OverviewCount(
        "Not assessed", counts.get(None, 0), _url("risk", show="not_assessed"), "none"
    )
    return [*figures, none]


def _waiting(request: HttpRequest) -> list[OverviewCount]:
    scope = get_access(request).scope
    requested = Acceptance.objects.filter(status=AcceptanceStatus.REQUESTED)
    proposed = RiskProposal.objects.filter(status=ProposalStatus.PROPOSED)
    return [
        OverviewCount(
            "Reviews overdue",
            scope(Risk.objects.review_overdue()).count(),
            _url("risk", show="review_overdue"),
        ),
        OverviewCount(
            "Mitigations overdue",
            scope(Mitigation.objects.without_draft_risks().overdue()).count(),
            _url("mitigation", due="overdue"),
        ),
        OverviewCount(
            "Acceptances to decide",
            scope(requested).count(),
            _url("acceptance", status="requested"),
        ),
        OverviewCount(
            "Proposed risks", scope(proposed).count(), _url("riskproposal", status="proposed")
        ),
    ]


def _url(model: str, **filters: str) -> str:
    exact = ("current_level", "status")
    query = {f"{name}__exact" if name in exact else name: v for name, v in filters.items()}
    return f"{reverse(f'admin:risks_{model}_changelist')}?{urlencode(query)}"
