"""Mitigations on a timeline: a bar from start to due, marks for actions, one group per owner."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce, TruncDate
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.models import MitigationAction
from risks.overdue import is_mitigation_overdue, is_past_due
from risks.pages.treatment.mitigation_list import (
    MitigationFilterForm,
    MitigationListing,
    treatment_tabs,
)
from risks.querysets import person_label

MOST_PLANS = 200
MONTHS_BACK, MONTHS = 2, 12
NAMES_WIDTH, WIDTH, HEAD, ROW, BAR = 230, 1000, 36, 26, 14


@dataclass(frozen=True)
class MonthScale:
    """Days as positions: the months that are drawn, from left to right."""

    first: date
    last: date

    @classmethod
    def around(cls, today: date) -> "MonthScale":
        first = add_months(today.replace(day=1), -MONTHS_BACK)
        return cls(first, add_months(first, MONTHS))

    @property
    def months(self) -> list[tuple[float, str]]:
        """Return position and name of each month."""
        days = [add_months(self.first, number) for number in range(MONTHS)]
        return [
            (self.position(day), date_format(day, "M Y" if day.month == 1 else "M")) for day in days
        ]

    def position(self, day: date) -> float:
        """Return where a day is; days before and after are at the edges."""
        share = (day - self.first) / (self.last - self.first)
        return round(NAMES_WIDTH + min(1, max(0, share)) * (WIDTH - NAMES_WIDTH), 1)

    def shows(self, day: date) -> bool:
        return self.first <= day < self.last


def add_months(day: date, months: int) -> date:
    """Return the first day of the month that many months later."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


@require_safe
@member_required(Role.VIEWER)
def timeline_page(request: MemberRequest) -> HttpResponse:
    """Show the mitigations of the filters that are due, or begin, in the months drawn."""
    query = request.GET.dict() or {"open": "true"}
    listing = TimelineListing(request.membership.organization, query)
    context = {
        "listing": listing,
        "form": MitigationFilterForm(listing),
        "tabs": treatment_tabs(request),
        **draw_timeline(listing.rows, timezone.now().date()),
        "most": MOST_PLANS,
    }
    status = 400 if listing.problems else 200
    return render(request, "risks/treatment/timeline.html", context, status=status)


class TimelineListing(MitigationListing):
    """All mitigations that are in the months drawn, at most MOST_PLANS, by owner and due date."""

    route = "treatment-timeline"

    def filter_rows(self) -> Any:
        scale = MonthScale.around(timezone.now().date())
        plans = super().filter_rows().exclude(due_date=None)
        return plans.filter(due_date__gte=scale.first)

    def load_rows(self) -> list[Any]:
        plans = self.matching.annotate(
            owner_label=person_label("owner"),
            begins=Coalesce("start_date", TruncDate("created_at")),
        )
        ordered = plans.order_by("due_date", "id").values(
            "id", "reference", "title", "status", "begins", "due_date", "owner_label"
        )
        rows = list(ordered[:MOST_PLANS])
        rows.sort(
            key=lambda row: (row["owner_label"] is None, (row["owner_label"] or "").casefold())
        )
        return rows


def draw_timeline(rows: list[dict[str, Any]], today: date) -> dict[str, Any]:
    """Place the rows, grouped by owner, with the marks of their actions."""
    scale = MonthScale.around(today)
    marks = load_marks([row["id"] for row in rows], scale, today)
    groups, top = [], HEAD
    for owner, plans in groupby(rows, key=lambda row: row["owner_label"]):
        group: dict[str, Any] = {"name": owner or _("No owner"), "y": top + 17, "plans": []}
        top += ROW
        for row in plans:
            start = min(row["begins"], row["due_date"])
            left, right = scale.position(start), scale.position(row["due_date"] + timedelta(days=1))
            late = is_mitigation_overdue(row["status"], row["due_date"], today)
            kind = f"{row['status']}{' late' if late else ''}"
            for mark in marks.get(row["id"], []):
                mark["y"] = top + ROW / 2
            group["plans"].append(
                {
                    **row,
                    "overdue": late,
                    "kind": kind,
                    "x": left,
                    "y": top + (ROW - BAR) / 2,
                    "width": max(4, round(right - left, 1)),
                    "text_y": top + 17,
                    "marks": marks.get(row["id"], []),
                }
            )
            top += ROW
        groups.append(group)
    return {
        "groups": groups,
        "months": scale.months,
        "today_x": scale.position(today),
        "height": top + 8,
        "width": WIDTH,
        "bar": BAR,
    }


def load_marks(
    plans: list[UUID], scale: MonthScale, today: date
) -> dict[UUID, list[dict[str, Any]]]:
    """Return the actions of each mitigation that are due in the months drawn."""
    marks: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    actions = MitigationAction.objects.filter(mitigation__in=plans, due_date__isnull=False)
    for action in actions.order_by("due_date", "order", "id").values(
        "title", "due_date", "done_at", plan=F("mitigation")
    ):
        if scale.shows(action["due_date"]):
            late = action["done_at"] is None and is_past_due(action["due_date"], today)
            kind = "done" if action["done_at"] else "late" if late else ""
            position = scale.position(action["due_date"])
            marks[action["plan"]].append({**action, "kind": kind, "x": position})
    return marks
