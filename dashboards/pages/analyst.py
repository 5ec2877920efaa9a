"""My work: a person's own risks, reviews and actions that are due, and recent changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dashboards.figures.scope import start_of_day
from openrisk.accounts.models import Membership, Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.history.entries import load_history
from risks.history.sentences import Subject
from risks.models import Acceptance, AcceptanceStatus, MitigationAction, Risk
from risks.overdue import FINISHED, is_past_due, is_review_overdue
from risks.querysets import DUE_SOON, RISK_ORDERS

MOST_ROWS = 10
RISK_COLUMNS = ("reference", "title", "status", "current_level", "current_score")


@dataclass(frozen=True)
class WorkList:
    """The first rows, the number of all, and the page that lists them, if there is one."""

    rows: list[Any]
    count: int
    url: str = ""

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@require_safe
@member_required(Role.VIEWER)
def analyst_page(request: MemberRequest) -> HttpResponse:
    member, now = request.membership, timezone.now()
    context = {
        "own": own_risks(member),
        "reviews": due_reviews(member, now),
        "actions": due_actions(member, now),
        "acceptances": acceptances_to_decide(member),
        "changed": changed_risks(member, now),
        "now": now,
        "days": DUE_SOON.days,
        "may_write": member.has_role(Role.ANALYST),
    }
    return render(request, "dashboards/analyst.html", context)


def own_risks(member: Membership) -> WorkList:
    """Open risks that the person owns, the highest priority first."""
    order = RISK_ORDERS["priority"].desc()  # type: ignore[attr-defined]  # an indexed expression
    risks = Risk.objects.for_organization(member.organization).open().filter(owner=member.user)
    rows = risks.order_by(order, "-id").values(*RISK_COLUMNS, "priority")
    query = urlencode({"open": "true", "owner": member.user.pk, "ordering": "-priority"})
    return WorkList(list(rows[:MOST_ROWS]), risks.count(), register_list_url(member, query))


def register_list_url(member: Membership, query: str) -> str:
    """Return the page of the register, filtered."""
    return f"{reverse('risk-list', args=[member.organization.slug])}?{query}"


def due_reviews(member: Membership, now: datetime) -> WorkList:
    """Risks that the person has to review, overdue or due soon, the longest overdue first."""
    due = Risk.objects.for_organization(member.organization).review_due(now + DUE_SOON)
    due = due.filter(review_by=member.user.pk)
    rows = list(
        due.order_by("next_review_at", "id").values(*RISK_COLUMNS, "next_review_at")[:MOST_ROWS]
    )
    for row in rows:
        row["overdue"] = is_review_overdue(row["status"], row["next_review_at"], now)
    return WorkList(rows, due.count())


def due_actions(member: Membership, now: datetime) -> WorkList:
    """Actions of the person that are overdue or due soon, the longest overdue first.

    They are those of mitigations that the person owns, and those of mitigations without an owner
    for risks that are assigned to the person.
    """
    mine = Q(mitigation__owner=member.user) | Q(
        mitigation__owner=None, mitigation__risk__assignee=member.user
    )
    due = MitigationAction.objects.for_organization(member.organization).open()
    due = due.filter(mine, due_date__lt=now.date() + DUE_SOON).exclude(
        mitigation__status__in=FINISHED
    )
    rows = list(
        due.order_by("due_date", "id").values(
            "id",
            "version",
            "title",
            "due_date",
            risk=F("mitigation__risk__reference"),
            measure=F("mitigation__title"),
        )[:MOST_ROWS]
    )
    for row in rows:
        row["overdue"] = is_past_due(row["due_date"], now.date())
    return WorkList(rows, due.count())


def acceptances_to_decide(member: Membership) -> WorkList | None:
    """Requests that others have made, the oldest first; None for a person who decides none."""
    if not member.has_role(Role.MANAGER):
        return None
    waiting = (
        Acceptance.objects.for_organization(member.organization)
        .filter(status=AcceptanceStatus.REQUESTED)
        .exclude(requester=member.user)
    )
    rows = waiting.select_related("risk", "requester").order_by("created_at", "id")
    return WorkList(list(rows[:MOST_ROWS]), waiting.count())


def changed_risks(member: Membership, now: datetime) -> WorkList:
    """Changes of risks since the beginning of yesterday (UTC), the latest first."""
    yesterday = start_of_day(now.date() - timedelta(days=1))
    changed = Risk.objects.for_organization(member.organization).filter(updated_at__gte=yesterday)
    latest = changed.order_by("-updated_at", "-id").values_list("id", "reference", "title")
    risks = {pk: (reference, title) for pk, reference, title in latest[:MOST_ROWS]}
    subject = Subject(_("the risk"), is_main=True)
    history = load_history(dict.fromkeys(risks, subject)).entries if risks else []
    entries = [
        {
            "entry": entry,
            "changes": [(change, *risks[change.object_id]) for change in entry.changes],
        }
        for entry in history
        if entry.at >= yesterday and not entry.is_comment
    ]
    query = urlencode({"updated_at__gte": yesterday.date(), "ordering": "-updated_at"})
    return WorkList(entries, changed.count(), register_list_url(member, query))
