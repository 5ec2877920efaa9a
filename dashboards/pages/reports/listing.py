"""The list of scheduled reports, and the page of one."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dashboards.models import ReportSchedule
from dashboards.pages.reports.forms import SHOWN_TIMES
from dashboards.pages.reports.rows import build_rows, load_sendings, may_manage
from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.history.entries import load_history
from risks.history.sentences import Subject
from risks.pages.workspace.deleted import page_address, register_address

PAGE_SIZE = 50

register_address(
    "dashboards.reportschedule", lambda slug, row: reverse("report", args=[slug, row.pk])
)


@require_safe
@member_required(Role.VIEWER)
def report_list(request: MemberRequest) -> HttpResponse:
    member = request.membership
    schedules = ReportSchedule.objects.for_organization(member.organization)
    ordered = schedules.select_related("board").order_by("-active", "next_run_at", "id")
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "rows": build_rows(member, page),
        "page": page,
        "previous_url": page_address(request.GET, page, -1),
        "next_url": page_address(request.GET, page, 1),
        "may_manage": may_manage(member),
        "may_send": member.has_role(Role.ANALYST),
    }
    return render(request, "dashboards/reports/list.html", context)


@require_safe
@member_required(Role.VIEWER)
def report_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    schedule = find_schedule(request, pk)
    [row] = build_rows(request.membership, [schedule])
    history = []
    if row.is_visible:  # or it would name the board of someone else
        subjects = {schedule.pk: Subject(_("the scheduled report"), is_main=True)}
        history = load_history(subjects, known=[request.membership.user]).entries
    now = timezone.now()
    times = []
    if schedule.active:
        times = [schedule.next_run_at]
        times += schedule.timing.next_times(SHOWN_TIMES - 1, max(now, schedule.next_run_at))
    context = {
        "row": row,
        "schedule": schedule,
        "times": times,
        "sendings": load_sendings(schedule),
        "history": history,
        "may_manage": may_manage(request.membership),
        "may_send": request.membership.has_role(Role.ANALYST) and row.is_visible,
    }
    return render(request, "dashboards/reports/page.html", context)


def find_schedule(request: MemberRequest, pk: UUID) -> ReportSchedule:
    """The schedule with this id in the organization of the page, or 404."""
    organization = request.membership.organization
    schedules = ReportSchedule.objects.for_organization(organization)
    schedule: ReportSchedule = get_object_or_404(schedules.select_related("board", "author"), pk=pk)
    schedule.organization = organization
    return schedule
