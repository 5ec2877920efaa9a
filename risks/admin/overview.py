"""The front page of the admin: counts of what needs attention, with links to the lists."""

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


def overview_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the counts to the context; unfold calls this (`UNFOLD["DASHBOARD_CALLBACK"]`)."""
    return {
        **context,
        "levels": count_open_by_level(request),
        "attention": count_what_needs_attention(request),
    }


def count_open_by_level(request: HttpRequest) -> list[OverviewCount]:
    open_risks = get_access(request).scope(Risk.objects.open())
    counts = dict(open_risks.order_by().values_list("current_level").annotate(number=Count("pk")))
    tiles = [
        OverviewCount(
            str(label),
            counts.get(level, 0),
            list_url("risk", show="open", current_level=level),
            level,
        )
        for level, label in reversed(Level.choices)
    ]
    not_assessed = OverviewCount(
        "Not assessed", counts.get(None, 0), list_url("risk", show="not_assessed"), "none"
    )
    return [*tiles, not_assessed]


def count_what_needs_attention(request: HttpRequest) -> list[OverviewCount]:
    scope = get_access(request).scope
    requested = Acceptance.objects.filter(status=AcceptanceStatus.REQUESTED)
    proposed = RiskProposal.objects.filter(status=ProposalStatus.PROPOSED)
    return [
        OverviewCount(
            "Reviews overdue",
            scope(Risk.objects.review_overdue()).count(),
            list_url("risk", show="review_overdue"),
        ),
        OverviewCount(
            "Mitigations overdue",
            scope(Mitigation.objects.without_draft_risks().overdue()).count(),
            list_url("mitigation", due="overdue"),
        ),
        OverviewCount(
            "Acceptances to decide",
            scope(requested).count(),
            list_url("acceptance", status="requested"),
        ),
        OverviewCount(
            "Proposed risks", scope(proposed).count(), list_url("riskproposal", status="proposed")
        ),
    ]


def list_url(model: str, **filters: str) -> str:
    """The address of a list, filtered."""
    exact = ("current_level", "status")
    query = {f"{name}__exact" if name in exact else name: v for name, v in filters.items()}
    return f"{reverse(f'admin:risks_{model}_changelist')}?{urlencode(query)}"
