"""Logging in and out by browser, choosing the organization, and who may open a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from openrisk.accounts import services
from openrisk.accounts.identity import SESSION_KEY
from openrisk.accounts.models import Membership, Organization, Role, User

Rest = ParamSpec("Rest")


class MemberRequest(HttpRequest):
    """A request that `member_required` let through."""

    membership: Membership
    htmx: Any  # django_htmx.middleware.HtmxDetails


Page = Callable[Concatenate[MemberRequest, Rest], HttpResponse]


def member_required(role: Role = Role.VIEWER) -> Callable[[Page[Rest]], Callable[..., Any]]:
    """The page is for members with `role`. Others log in, or are told what they lack.

    Browsers and proxies may keep no answer without asking again.
    """

    def decorate(view: Page[Rest]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: MemberRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> Any:
            if not request.user.is_authenticated:
                return _to_login(request)
            if not request.membership:  # lazy, so never the object None itself
                return render(request, "accounts/no_organization.html", status=403)
            require_role(request, role)
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            return response

        return guarded

    return decorate


def superuser_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page is about the installation, not about an organization. Others log in, or get 403."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_login(request)
        if not request.user.is_superuser:
            raise PermissionDenied("This is for those who operate this installation: superusers.")
        response = view(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return guarded


def require_role(request: MemberRequest, role: Role | str) -> None:
    """Raises PermissionDenied, which says the role that is needed and the one there is."""
    if not request.membership.may(role):
        raise PermissionDenied(
            f"This needs the role {Role(role).label.lower()}; yours is "
            f"{Role(request.membership.role).label.lower()}. "
            "Ask an administrator of your organization."
        )


def _to_login(request: MemberRequest) -> HttpResponse:
    """To the login and back here. A form that was posted cannot be posted again from there."""
    place = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    url = f"{reverse('login')}?{urlencode({'next': place})}" if place else reverse("login")
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: `next` where it is on this site, else nowhere in particular."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if safe else ""


class LoginForm(forms.Form):
    email = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


@sensitive_post_parameters("password")
def login_page(request: HttpRequest) -> HttpResponse:
    """Who is logged in and came here with a `next` may not open that page: say so, do not loop."""
    place = _next(request)
    if request.method == "GET" and request.user.is_authenticated and not place:
        return redirect("home")
    form = LoginForm(request.POST or None)
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            user = services.check_password(request=request, **form.cleaned_data)
        except services.LoginRefused as refusal:
            form.add_error(None, str(refusal))
            status = 429 if refusal.retry_after else 400
        else:
            login(request, user)
            return HttpResponseRedirect(place or reverse("home"))
    return render(request, "accounts/login.html", {"form": form, "next": place}, status=status)


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "You are logged out.")
    return redirect("login")


@login_required
def organization_page(request: HttpRequest) -> HttpResponse:
    """The organizations of the person; POST makes one of them the active one."""
    user = cast(User, request.user)
    organizations = Organization.objects.for_user(user)
    if request.method == "POST":
        pk = _uuid(request.POST.get("organization", ""))
        if pk and (chosen := organizations.filter(pk=pk).first()):
            request.session[SESSION_KEY] = str(chosen.pk)
            messages.success(request, f"You now work in {chosen}.")
            return redirect("home")
        messages.error(request, "You are no member of that organization. Choose one of these.")
    roles = dict(user.memberships.values_list("organization", "role"))
    rows = [(row, Role(roles.get(row.pk, Role.ADMIN)).label) for row in organizations]
    return render(request, "accounts/organization.html", {"organizations": rows})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
