"""The members of the organization, to read."""

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Membership, Role
from openrisk.pages.guards import MemberRequest, member_required

PAGE_SIZE = 50


@require_safe
@member_required(Role.VIEWER)
def member_list(request: MemberRequest) -> HttpResponse:
    """List the people, by name; administrators change roles and invite in the administration."""
    members = Membership.objects.filter(
        organization=request.membership.organization, user__is_service=False
    )
    search = request.GET.get("search", "").strip()[:100]
    if search:
        members = members.filter(Q(user__name__icontains=search) | Q(user__email__icontains=search))
    ordered = members.select_related("user").order_by("user__name", "user__email", "id")
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    may_administer = request.membership.has_role(Role.ADMIN)

    def page_url(number: int) -> str:
        return "?" + urlencode({"search": search, "page": str(number)})

    context = {
        "page": page,
        "search": search,
        "previous_url": page_url(page.number - 1) if page.has_previous() else "",
        "next_url": page_url(page.number + 1) if page.has_next() else "",
        "own": request.membership.user.pk,
        "administration": [
            reverse("admin:accounts_membership_changelist"),
            reverse("admin:accounts_invitation_changelist"),
        ]
        if may_administer
        else [],
    }
    return render(request, "settings/members.html", context)
