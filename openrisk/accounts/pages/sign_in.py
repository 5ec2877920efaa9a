"""Logging in and out by browser, and who may open a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth import login, logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.csrf import csrf_failure as usual_csrf_failure
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from openrisk.accounts.credentials import identity
from openrisk.accounts.credentials.devices import remember_device
from openrisk.accounts.forms import drafts
from openrisk.accounts.members import memberships
from openrisk.accounts.models import Membership, Role
from openrisk.accounts.pages import organization_addresses

Rest = ParamSpec("Rest")


class MemberRequest(HttpRequest):
    """A request that `member_required` let through."""

    membership: Membership
    organization_slug: str  # as in the address
    htmx: Any  # django_htmx.middleware.HtmxDetails


Page = Callable[Concatenate[MemberRequest, Rest], HttpResponseBase]


def member_required(role: Role = Role.VIEWER) -> Callable[[Page[Rest]], Callable[..., Any]]:
    """The page is for members of the organization in the address, with `role`.

    Others log in, get the 404 of an organization that does not exist, or read which role they
    lack. Browsers and proxies may keep no answer without asking again.
    """

    def decorate(view: Page[Rest]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            slug = request.organization_slug = kwargs.pop("organization")
            if not request.user.is_authenticated:
                return _to_login(request)
            membership = identity.session_membership(request)
            if membership is None:
                return organization_addresses.not_found(request)
            request.membership = membership
            require_role(request, role)
            drafts.forget_sent(request)
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            organization_addresses.remember(response, request, slug)
            drafts.fill(request, response)
            return response

        return guarded

    return decorate


def person_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page is about the person who is logged in. Others log in."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_login(request)
        drafts.forget_sent(request)
        response = view(request, *args, **kwargs)
        drafts.fill(request, response)
        return response

    return guarded


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
    """To the login and back here, with what was typed into a form."""
    if draft := drafts.draft_of(request):
        return ask_for_login(request, draft)
    place = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    url = f"{reverse('login')}?{urlencode({'next': place})}" if place else reverse("login")
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def ask_for_login(request: HttpRequest, draft: drafts.Draft) -> HttpResponse:
    """The log-in page in the place of an answer to a form, whose fields go along."""
    context = {"form": LoginForm(), "next": draft["page"], "draft": drafts.sign(draft)}
    return render(request, "accounts/login.html", {**context, "interrupted": True}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """The form again with what was typed, where it was one of ours; otherwise what Django says."""
    draft = drafts.draft_of(request) if drafts.is_from_here(request) else None
    if draft is None:
        return usual_csrf_failure(request, reason)
    if request.user.is_authenticated:
        return drafts.show_again(request, draft, drafts.EXPIRED)
    return ask_for_login(request, draft)


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
        return redirect("start")
    draft = drafts.read(request.POST.get(drafts.FIELD, ""))
    form = LoginForm(request.POST or None)
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            user = memberships.check_password(request=request, **form.cleaned_data)
        except memberships.LoginRefused as refusal:
            form.add_error(None, str(refusal))
            status = 429 if refusal.retry_after else 400
        else:
            login(request, user)
            response = (
                drafts.show_again(request, draft, drafts.LOGGED_OUT)
                if draft
                else HttpResponseRedirect(place or reverse("start"))
            )
            remember_device(request, response, user)
            return response
    context = {"form": form, "next": place, "draft": drafts.sign(draft) if draft else ""}
    return render(request, "accounts/login.html", context, status=status)


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "You are logged out.")
    response = redirect("login")
    response.delete_cookie(organization_addresses.COOKIE)
    return response
