"""The forms of accounts in the admin."""

import ipaddress
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.admin_site import (
    LinesField,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

LONGEST_DAYS = 366


class UserAddForm(forms.ModelForm):
    """A new person with a first password and a first role."""

    password = forms.CharField(strip=False, widget=UnfoldAdminPasswordWidget)
    again = forms.CharField(label="Password again", strip=False, widget=UnfoldAdminPasswordWidget)
    organization = forms.ModelChoiceField(
        Organization.objects.none(), widget=UnfoldAdminSelectWidget
    )
    role = forms.ChoiceField(choices=Role.choices, widget=UnfoldAdminSelectWidget)

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
            raise ValidationError("You cannot deactivate yourself. Ask another administrator.")
        return active


class MembershipAddForm(forms.ModelForm):
    """The person is named by e-mail: who belongs to other organizations is in no list here."""

    email = forms.EmailField(label="E-mail", widget=UnfoldAdminTextInputWidget)

    def clean(self) -> Any:
        given = self.cleaned_data
        user = User.objects.filter(email__iexact=given.get("email", "")).first()
        if user is None and "email" in given:
            self.add_error("email", "Nobody has this e-mail yet. Add a user with it instead.")
        elif user and user.memberships.filter(organization=given.get("organization")).exists():
            self.add_error("email", "This person is a member already. Change their role there.")
        elif user:
            self.instance.user = user
        return given


class TokenForm(forms.ModelForm):
    membership = forms.ModelChoiceField(
        Membership.objects.none(), label="For", widget=UnfoldAdminSelectWidget
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
