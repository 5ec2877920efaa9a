"""My work: what waits for a person, and what is theirs. Most of it can be done on the page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Value
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Membership, Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.models import (
    Acceptance,
    Finding,
    FindingState,
    Mention,
    Mitigation,
    MitigationAction,
    Risk,
    Watch,
)
from risks.overdue import is_mitigation_overdue, is_past_due
from risks.pages.queues.kinds import count_waiting
from risks.querysets import (
    DUE_SOON,
    FINDING_ORDERS,
    MITIGATION_ORDERS,
    RISK_ORDERS,
    person_label,
)
from risks.services.risks import postponement_of

MOST_ROWS = 10
MOST_REVIEWS = 5
RISK_COLUMNS = ("reference", "title", "status", "current_level", "current_score")


@dataclass(frozen=True)
class WorkList:
    """The first rows, whether there are more, and the page that lists all."""

    rows: list[Any]
    url: str = ""
    has_more: bool = False


def first_rows(rows: Any, url: str = "", most: int = MOST_ROWS) -> WorkList:
    """Return the first of these rows: one query, which asks for one row more."""
    listed = list(rows[: most + 1])
    return WorkList(listed[:most], url, len(listed) > most)


@require_safe
@member_required(Role.VIEWER)
def analyst_page(request: MemberRequest) -> HttpResponse:
    member, now = request.membership, timezone.now()
    may_write = member.has_role(Role.ANALYST)
    yesterday = now.date() - timedelta(days=1)
    changed = urlencode({"updated_at__gte": yesterday, "ordering": "-updated_at"})
    context = {
        "queues": [(q, n) for q, n in count_waiting(member) if n and q.slug != "reviews"]
        if may_write
        else [],
        "reviews": due_reviews(member, now),
        "actions": due_actions(member, now),
        "mitigations": own_mitigations(member, now),
        "own": own_risks(member),
        "findings": own_findings(member),
        "requests": own_requests(member, now),
        "watched": watched_rows(member),
        "mentions": latest_mentions(member),
        "changed_url": register_list_url(member, changed),
        "now": now,
        "days": DUE_SOON.days,
        "may_write": may_write,
        "me": member.user.pk,
    }
    return render(request, "dashboards/analyst.html", context)


def register_list_url(member: Membership, query: str) -> str:
    """Return the page of the register, filtered."""
    return f"{reverse('risk-list', args=[member.organization.slug])}?{query}"


def own_risks(member: Membership) -> WorkList:
    """Open risks that the person owns, the highest priority first."""
    order = RISK_ORDERS["priority"].desc()  # type: ignore[attr-defined]  # an indexed expression
    risks = Risk.objects.for_organization(member.organization).open().filter(owner=member.user)
    rows = risks.order_by(order, "-id").values(*RISK_COLUMNS, "priority")
    query = urlencode({"open": "true", "owner": member.user.pk, "ordering": "-priority"})
    return first_rows(rows, register_list_url(member, query))


def own_findings(member: Membership) -> WorkList:
    """Open findings on assets of the person that belong to no risk, the most severe first."""
    findings = Finding.objects.for_organization(member.organization).filter(
        asset__owner=member.user, state=FindingState.OPEN, risk=None
    )
    # Not by the index of the severity: the findings of all others would be read before these.
    rank = FINDING_ORDERS["severity"] + Value(0)
    rows = findings.annotate(_order=rank).order_by("-_order", "-id")
    query = urlencode({"asset_owner": "me", "state": "open", "risk__isnull": "true"})
    address = reverse("finding-list", args=[member.organization.slug])
    columns = ("pk", "rule", "title", "severity", "known_exploited", "asset__name")
    return first_rows(rows.values(*columns), f"{address}?{query}", MOST_REVIEWS)


def due_reviews(member: Membership, now: datetime) -> WorkList:
    """Risks that the person has to review, overdue or due soon, the longest overdue first."""
    due = Risk.objects.for_organization(member.organization).review_due(now + DUE_SOON)
    due = due.reviewed_by(member.user).order_by("next_review_at", "id")
    url = reverse("queue", args=[member.organization.slug, "reviews"])
    reviews = first_rows(due, url, MOST_REVIEWS)
    for risk in reviews.rows:
        risk.overdue = risk.is_review_overdue(now)
        risk.latest_day = (now + postponement_of(risk)).date()
    return reviews


def due_actions(member: Membership, now: datetime) -> WorkList:
    """Actions that the person is responsible for, overdue or due soon, the longest overdue
    first."""
    due = MitigationAction.objects.for_organization(member.organization)
    due = due.due_by((now + DUE_SOON).date()).of_person(member.user)
    rows = due.order_by("_due", "id").values(
        "pk",
        "version",
        "title",
        "due_date",
        mitigation_reference=F("mitigation__reference"),
        mitigation_title=F("mitigation__title"),
    )
    query = urlencode({"responsible": member.user.pk, "pending": "true"})
    address = reverse("treatment-actions", args=[member.organization.slug])
    actions = first_rows(rows, f"{address}?{query}")
    for row in actions.rows:
        row["overdue"] = is_past_due(row["due_date"], now.date())
    return actions


def own_mitigations(member: Membership, now: datetime) -> WorkList:
    """Mitigations of the person that are neither done nor cancelled, the first due first."""
    mine = Mitigation.objects.for_organization(member.organization).open()
    mine = mine.filter(owner=member.user).annotate(_order=MITIGATION_ORDERS["due_date"])
    rows = mine.order_by("_order", "id").values("reference", "title", "status", "due_date")
    query = urlencode({"owner": member.user.pk, "open": "true"})
    address = reverse("treatment", args=[member.organization.slug])
    mitigations = first_rows(rows, f"{address}?{query}")
    for row in mitigations.rows:
        row["overdue"] = is_mitigation_overdue(row["status"], row["due_date"], now.date())
    return mitigations


def own_requests(member: Membership, now: datetime) -> WorkList:
    """Requests for acceptance that the person made: those that wait, and those decided lately."""
    requests = Acceptance.objects.for_organization(member.organization).made_by(member.user)
    rows = requests.undecided_or_since(now - timedelta(days=30)).order_by("-created_at", "-id")
    query = urlencode({"requester": member.user.pk})
    address = reverse("acceptances", args=[member.organization.slug])
    columns = ("pk", "status", "expires_at", "decision_comment")
    named = rows.values(*columns, reference=F("risk__reference"), title=F("risk__title"))
    return first_rows(named, f"{address}?{query}")


def watched_rows(member: Membership) -> WorkList:
    """Risks and mitigations that the person watches, the latest watched first."""
    watches = Watch.objects.for_organization(member.organization).filter(user=member.user)
    rows = watches.order_by("-created_at", "-id").values(
        risk_reference=F("risk__reference"),
        risk_title=F("risk__title"),
        mitigation_reference=F("mitigation__reference"),
        mitigation_title=F("mitigation__title"),
    )
    return first_rows(rows)


def latest_mentions(member: Membership) -> WorkList:
    """Comments that name the person, the latest first."""
    mentions = Mention.objects.for_organization(member.organization).filter(user=member.user)
    rows = mentions.order_by("-comment__created_at", "-id").values(
        "comment",
        text=F("comment__text"),
        at=F("comment__created_at"),
        author=person_label("comment__author"),
        risk_reference=F("comment__risk__reference"),
        mitigation_reference=F("comment__mitigation__reference"),
    )
    return first_rows(rows, most=MOST_REVIEWS)
