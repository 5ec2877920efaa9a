"""Logging in and out by browser."""

from django import forms
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.csrf import csrf_failure as usual_csrf_failure
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from openrisk.accounts.credentials.devices import remember_device
from openrisk.accounts.credentials.login import LoginRefused, check_password
from openrisk.accounts.members.memberships import LAST_ORGANIZATION
from openrisk.pages import drafts


def ask_for_login(request: HttpRequest, draft: drafts.Draft) -> HttpResponse:
    """The log-in page in the place of an answer to a form, whose fields go along."""
    context = {"form": LoginForm(), "next": draft["page"], "draft": drafts.sign_draft(draft)}
    return render(request, "accounts/login.html", {**context, "interrupted": True}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """The form again with what was typed, where it was one of ours; otherwise what Django says."""
    draft = drafts.draft_of(request) if drafts.is_from_here(request) else None
    if draft is None:
        return usual_csrf_failure(request, reason)
    if request.user.is_authenticated:
        return drafts.show_again(request, draft, drafts.EXPIRED)
    return ask_for_login(request, draft)


def safe_next_url(request: HttpRequest) -> str:
    """The address to go to afterwards: `next` where it is on this site, else an empty string."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if safe else ""


class LoginForm(forms.Form):
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
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
    """Log in. Someone who is logged in and has a `next` may not open that page: say so, no loop."""
    next_url = safe_next_url(request)
    if request.method == "GET" and request.user.is_authenticated and not next_url:
        return redirect("start")
    draft = drafts.read_draft(request.POST.get(drafts.FIELD, ""))
    form = LoginForm(request.POST or None)
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            user = check_password(request=request, **form.cleaned_data)
        except LoginRefused as refusal:
            form.add_error(None, str(refusal))
            status = 429 if refusal.retry_after else 400
        else:
            login(request, user)
            response = (
                drafts.show_again(request, draft, drafts.LOGGED_OUT)
                if draft
                else HttpResponseRedirect(next_url or reverse("start"))
            )
            remember_device(request, response, user)
            return response
    context = {"form": form, "next": next_url, "draft": drafts.sign_draft(draft) if draft else ""}
    return render(request, "accounts/login.html", context, status=status)


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, _("You are logged out."))
    response = redirect("login")
    response.delete_cookie(LAST_ORGANIZATION)
    return response
