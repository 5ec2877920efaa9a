"""The page behind an invitation's link."""

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from openrisk.accounts.members import invitations
from openrisk.accounts.members.invitations import InvitationRefused
from openrisk.accounts.models import Invitation, User
from openrisk.pages.confirmation import ask_first, is_cancelled


class NewPersonForm(SetPasswordForm):
    """A name and a password for an account that does not exist yet."""

    name = forms.CharField(max_length=150)
    field_order = ("name", "new_password1", "new_password2")


@never_cache
@sensitive_post_parameters()
def invitation_page(request: HttpRequest, secret: str) -> HttpResponse:
    """The holder of the link owns the address: they accept with their account or make one."""
    invitation = invitations.find_invitation(secret)
    if invitation is None:
        return render(request, "accounts/invitation_closed.html", status=404)
    account = User.objects.filter(email=invitation.address).first()
    declines = request.method == "POST" and request.POST.get("action") == "decline"
    try:
        if declines and account in (None, request.user):
            return decline_page(request, invitation)
        if account is None:
            return join_as_new_person(request, invitation)
        is_owner = request.user == account
        if request.method == "POST" and is_owner:
            invitations.accept_invitation(invitation, account)
            return _welcome(request, invitation)
    except InvitationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(request.path)
    context = {"invitation": invitation, "is_owner": is_owner}
    return render(request, "accounts/invitation.html", context)


def join_as_new_person(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = NewPersonForm(User(email=invitation.address), request.POST or None)
    if form.is_valid():
        user = invitations.accept_as_new(
            invitation,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["new_password1"],
        )
        login(request, user)
        return _welcome(request, invitation)
    context = {"invitation": invitation, "form": form}
    status = 400 if form.errors else 200
    return render(request, "accounts/invitation.html", context, status=status)


def decline_page(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Asks first: the link ends with it."""
    if is_cancelled(request):
        return redirect(request.path)
    consequences = [
        f"You do not become a member; administrators of {invitation.organization} see that.",
        "The link ends. To join later, ask them to invite you again.",
    ]
    title = f"Decline the invitation to {invitation.organization}?"
    if question := ask_first(request, title, consequences, _("Decline")):
        return render(request, "confirm.html", {"question": question})
    invitations.decline_invitation(invitation)
    return render(request, "accounts/invitation_closed.html", {"declined": invitation})


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    messages.success(
        request,
        _("You are a member of %(organization)s.") % {"organization": invitation.organization},
    )
    return redirect("home", invitation.organization.slug)
