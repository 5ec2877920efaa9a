"""The page behind an invitation's link."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from openrisk.accounts.members import invitations
from openrisk.accounts.members.invitations import InvitationRefused
from openrisk.accounts.models import Invitation, User


class NewPersonForm(SetPasswordForm):
    """A name and a password for an account that does not exist yet."""

    name = forms.CharField(max_length=150)
    field_order = ("name", "new_password1", "new_password2")


@never_cache
@sensitive_post_parameters()
def invitation_page(request: HttpRequest, secret: str) -> HttpResponse:
    """Whoever has the link owns the address: they accept with their account, or with a new one."""
    invitation = invitations.find_invitation(secret)
    if invitation is None:
        return render(request, "accounts/invitation_closed.html", status=404)
    account = User.objects.filter(email=invitation.address).first()
    is_declined = request.method == "POST" and request.POST.get("action") == "decline"
    try:
        if is_declined and account in (None, request.user):
            return _decline(request, invitation)
        if account is None:
            return _join_as_new(request, invitation)
        return _join(request, invitation, account)
    except InvitationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(request.path)


def _join(request: HttpRequest, invitation: Invitation, account: User) -> HttpResponse:
    is_owner = request.user == account
    if request.method == "POST" and is_owner:
        invitations.accept_invitation(invitation, account)
        return _welcome(request, invitation)
    return _render(request, invitation, is_owner=is_owner)


def _join_as_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = NewPersonForm(User(email=invitation.address), request.POST or None)
    if form.is_valid():
        user = invitations.accept_as_new(
            invitation,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["new_password1"],
        )
        login(request, user)
        return _welcome(request, invitation)
    return _render(request, invitation, form=form, status=400 if form.errors else 200)


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    messages.success(request, f"You are a member of {invitation.organization}.")
    return redirect("home", invitation.organization.slug)


def _decline(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    invitations.decline_invitation(invitation)
    return render(request, "accounts/invitation_closed.html", {"declined": invitation})


def _render(
    request: HttpRequest, invitation: Invitation, status: int = 200, **context: Any
) -> HttpResponse:
    context = {"invitation": invitation, **context}
    return render(request, "accounts/invitation.html", context, status=status)
