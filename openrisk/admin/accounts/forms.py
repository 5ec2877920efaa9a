"""The forms of accounts in the admin."""

import ipaddress
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from openrisk.accounts.credentials.passwords import set_first_password
from openrisk.accounts.credentials.tokens import LONGEST_DAYS
from openrisk.accounts.members.invitations import InvitationRefused, check_invitation
from openrisk.accounts.members.service_accounts import SERVICE_ROLES, check_name
from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.admin.site import (
    AdminPasswordChangeForm,
    LinesField,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
)


class UserAddForm(forms.ModelForm):
    """A new person, with a password that they have to replace."""

    password = forms.CharField(
        label="First password",
        strip=False,
        widget=UnfoldAdminPasswordWidget,
        help_text="Its owner has to replace it at the first login.",
    )
    again = forms.CharField(label="Password again", strip=False, widget=UnfoldAdminPasswordWidget)

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        password = given.get("password")
        if password and password != given.get("again"):
            self.add_error("again", "The two passwords differ. Type the same one twice.")
        elif password:
            try:
                validate_password(password, User(email=given.get("email", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return given


class UserChangeForm(forms.ModelForm):
    person: User  # who fills the form in

    def clean_is_active(self) -> bool:
        active = self.cleaned_data["is_active"]
        if not active and self.instance.pk == self.person.pk:
            raise ValidationError("You cannot deactivate yourself. Ask another operator.")
        return active


class FirstPasswordForm(AdminPasswordChangeForm):
    """A password by an operator: its owner has to replace it at the next login."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit: bool = True) -> User:
        set_first_password(self.user, self.cleaned_data["password1"])
        return self.user


class InvitationForm(forms.ModelForm):
    """Answers the same whether or not the address has an account."""

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        if "address" in given and given.get("organization"):
            try:
                check_invitation(given["organization"], given["address"])
            except InvitationRefused as refusal:
                self.add_error("address", str(refusal))
        return given


class ServiceAccountAddForm(forms.ModelForm):
    organization = forms.ModelChoiceField(
        Organization.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    role = forms.ChoiceField(choices=SERVICE_ROLES, widget=UnfoldAdminSelectWidget)

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        if given.get("organization"):
            try:
                check_name(given.get("name", ""), given["organization"])
            except ValueError as error:
                self.add_error("name", str(error))
        return given


class RoleForm(forms.ModelForm):
    def clean_role(self) -> str:
        role = self.cleaned_data["role"]
        if self.instance.user.is_service and role == Role.ADMIN:
            raise ValidationError("A service account administers no people: choose another role.")
        return role


class TokenForm(forms.ModelForm):
    membership = forms.ModelChoiceField(
        Membership.objects.none(),
        label="Service account",
        widget=UnfoldAdminSelectWidget,
        help_text="People make tokens of their own, on their account page.",
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=90,
        label="Valid for days",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    allowed_networks = LinesField(
        required=False, help_text="CIDR networks, one a line, e.g. 192.0.2.0/24; none: any."
    )

    def clean_allowed_networks(self) -> list[str]:
        try:
            return [
                str(ipaddress.ip_network(line)) for line in self.cleaned_data["allowed_networks"]
            ]
        except ValueError as error:
            raise ValidationError(f"{error}. Write e.g. 192.0.2.0/24.") from None
