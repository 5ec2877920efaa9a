"""The organization in the address: /o/<slug>/..., and where other addresses lead.

The organization that was opened last is kept in a cookie. It decides where a reader is sent and
nothing else: what is read or written belongs to the organization in the address.
"""

from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from openrisk.accounts.members.memberships import (
    LAST_ORGANIZATION,
    membership_in,
    membership_without_choice,
)
from openrisk.accounts.models import Organization, Role, User

SAFE = ("GET", "HEAD")


def organization_of_page(request: HttpRequest) -> dict[str, str]:
    """Context processor: the slug for the links of a page, as `organization`."""
    membership = getattr(request, "membership", None)
    return {"organization": membership.organization.slug} if membership else {}


def remember_organization(response: HttpResponseBase, request: HttpRequest, slug: str) -> None:
    """Keep the organization as the one that was opened last."""
    if request.COOKIES.get(LAST_ORGANIZATION) != slug:
        response.set_cookie(
            LAST_ORGANIZATION,
            slug,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def organization_not_found(request: HttpRequest) -> HttpResponse:
    """The answer to people who are not members, the same where there is no such organization."""
    context = {"organizations": Organization.objects.for_user(cast(User, request.user))}
    response = render(request, "accounts/not_a_member.html", context, status=404)
    add_never_cache_headers(response)
    return response


@require_safe
@login_required
def start_page(request: HttpRequest) -> HttpResponse:
    """/ leads to the overview of an organization."""
    return _lead(request, "/")


@csrf_exempt  # a form that is refused anyway need not be told that it has expired
def old_address_page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Addresses without an organization lead readers to where they mean; forms are refused."""
    if request.method not in SAFE:
        response = render(request, "accounts/old_address.html", status=405)
        response["Allow"] = ", ".join(SAFE)
        return response
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return _lead(request, request.get_full_path())


def _lead(request: HttpRequest, path: str) -> HttpResponse:
    """To `path` in the organization that was opened last or is the only one, or to a choice."""
    user = cast(User, request.user)
    last = request.COOKIES.get(LAST_ORGANIZATION)
    membership = (last and membership_in(user, last)) or membership_without_choice(user)
    if membership:
        return HttpResponseRedirect(f"/o/{membership.organization.slug}{path}")
    if not Organization.objects.for_user(user).exists():
        return render(request, "accounts/no_organization.html", status=403)
    query = f"?{urlencode({'path': path})}" if path != "/" else ""
    return redirect(reverse("organization") + query)


@require_safe
@vary_on_headers("HX-Request")
@login_required
def organization_page(request: HttpRequest) -> HttpResponse:
    """The organizations of the person, each with a link to the page that was asked for."""
    user = cast(User, request.user)
    roles = dict(user.memberships.values_list("organization", "role"))
    path = request.GET.get("path", "/")
    path = path if path.startswith("/") else "/"
    rows = [
        (row, Role(roles.get(row.pk, Role.ADMIN)).label, f"/o/{row.slug}{path}")
        for row in Organization.objects.for_user(user)
    ]
    context = {"organizations": rows, "last": request.COOKIES.get(LAST_ORGANIZATION), "path": path}
    is_menu = bool(request.headers.get("HX-Request"))  # of the side bar
    template = "_organization_menu.html" if is_menu else "organization.html"
    return render(request, f"accounts/{template}", context)
