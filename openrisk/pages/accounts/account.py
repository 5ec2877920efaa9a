"""The pages of one's own account: password and API tokens."""

import ipaddress
from datetime import timedelta
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from openrisk.accounts.credentials.login import LoginRefused, check_password
from openrisk.accounts.credentials.passwords import change_password
from openrisk.accounts.credentials.tokens import LONGEST_DAYS, TokenRefused, create_token
from openrisk.accounts.models import ApiToken, Organization, User
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import PageForm
from openrisk.pages.guards import person_required
from openrisk.pages.submissions import SHOWN_ONCE, create_once, mark_created


class OwnPasswordForm(PasswordChangeForm):
    """Django's form, whose save ends the person's sessions and tokens.

    The old password is checked like a login: in a session left open there are no more tries.
    """

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(cast(User, request.user), data)
        self.request = request

    def clean_old_password(self) -> str:
        password = self.cleaned_data["old_password"]
        try:
            check_password(request=self.request, email=self.user.email, password=password)
        except LoginRefused as refusal:
            wrong = self.error_messages["password_incorrect"]
            raise forms.ValidationError(str(refusal) if refusal.retry_after else wrong) from None
        return password

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        new = given.get("new_password1")
        if new and new == given.get("old_password"):
            self.add_error("new_password1", _("This is the one that you have. Choose another."))
        return given

    def save(self, commit: bool = True) -> User:
        change_password(self.user, self.cleaned_data["new_password1"])
        return self.user


class LimitedTokenForm(PageForm):
    """The purpose of a new token, and its limits."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What it is for, e.g. the script that uses it"),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Valid for days"), min_value=1, max_value=LONGEST_DAYS, initial=90
    )
    read_only = forms.BooleanField(label=gettext_lazy("Read-only"), required=False)
    allowed_networks = forms.CharField(
        label=gettext_lazy("Networks"),
        required=False,
        help_text=gettext_lazy(
            "Where it is used from, e.g. 192.0.2.0/24, separated by commas; empty: anywhere"
        ),
    )

    def clean_allowed_networks(self) -> list[str]:
        texts = self.cleaned_data["allowed_networks"].replace(",", " ").split()
        try:
            return [str(ipaddress.ip_network(text)) for text in texts]
        except ValueError as error:
            raise forms.ValidationError(
                _("%(error)s. Write e.g. 192.0.2.0/24.") % {"error": error}
            ) from None


class OwnTokenForm(LimitedTokenForm):
    organization = forms.ModelChoiceField(
        Organization.objects.none(), label=gettext_lazy("Organization"), empty_label=None
    )
    field_order = ("name", "organization")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organizations = cast(forms.ModelChoiceField, self.fields["organization"])
        organizations.queryset = Organization.objects.for_user(user)


@form_on()
@never_cache
@person_required
@partial(create_once, again=SHOWN_ONCE)
@sensitive_variables("secret")
def account_page(request: HttpRequest) -> HttpResponse:
    """Shows the account; POST makes a token, whose secret is in this one answer alone."""
    user = cast(User, request.user)
    form = OwnTokenForm(user, request.POST or None)
    secret = ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            _token, secret = create_token(
                user=user,
                organization=given["organization"],
                name=given["name"],
                read_only=given["read_only"],
                allowed_networks=given["allowed_networks"],
                lifetime=timedelta(days=given["days"]),
            )
        except TokenRefused as refusal:
            form.add_refusal(ValidationError({refusal.field: [str(refusal)]}))
        else:
            form = OwnTokenForm(user)
    tokens = ApiToken.objects.filter(user=user).select_related("organization", "parent")
    context = {"form": form, "secret": secret, "tokens": tokens}
    status = 400 if form.errors else 200
    response = render(request, "accounts/account.html", context, status=status)
    return mark_created(response, "account") if secret else response


@require_POST
@login_required
def revoke_token(request: HttpRequest, uid: Any) -> HttpResponse:
    tokens = ApiToken.objects.filter(user=cast(User, request.user), uid=uid)
    token = tokens.first()
    if token is None:
        raise Http404
    if is_cancelled(request):
        return redirect("account")
    consequences = ["What uses it, or a token made with it, is refused at once, for good."]
    if question := ask_first(
        request, _("Revoke the token %(token)s?") % {"token": token}, consequences, _("Revoke")
    ):
        return render(request, "confirm.html", {"question": question})
    tokens.revoke()
    messages.success(request, _("The token is revoked, and with it those that were made with it."))
    return redirect("account")


@never_cache
@login_required
@sensitive_post_parameters()
def password_page(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = OwnPasswordForm(request, request.POST or None)
    if form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        messages.success(
            request,
            _("Your password is changed. Your other sessions and all your tokens have ended."),
        )
        return redirect("account")
    status = 400 if form.errors else 200
    return render(request, "accounts/password.html", {"form": form}, status=status)
