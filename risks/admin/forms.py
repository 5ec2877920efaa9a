"""The forms of the register: they parse and show; services validate and write."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import pretty_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Membership, Organization, User
from openrisk.admin.site import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)
from openrisk.limits import allow_present_lengths
from risks.models import Category, Status

# Fields of the forms that are not fields of the row.
FORM_FIELDS = {"seen_version", "comment", "opened_for"}


def comment_field(help_text: str, label: str | None = None) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=5000,
        label=label,
        widget=UnfoldAdminTextInputWidget,
        help_text=help_text,
    )


class RowForm(forms.ModelForm):
    """A row with the version that the person saw."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["seen_version"] = self.instance.version
            self.fields["seen_version"].required = True
            allow_present_lengths(self, self.initial)

    def _post_clean(self) -> None:
        """Leave the row as it was read: services compare it with the new values, and validate."""

    def values(self) -> dict[str, Any]:
        """The values of a new row."""
        return {name: self.cleaned_data[name] for name in self.row_fields() if name in self.fields}

    def changes(self) -> dict[str, Any]:
        """The fields that the person changed, with their new values."""
        changed = set(self.changed_data)
        return {name: self.cleaned_data[name] for name in self.row_fields() if name in changed}

    def row_fields(self) -> set[str]:
        """The fields of the row, without those that formsets add: id, parent, tick to delete."""
        return {*(self._meta.fields or ()), *self.declared_fields} - FORM_FIELDS  # type: ignore[attr-defined]


class RegisterForm(RowForm):
    """The form of a page, with a reason for the change; it shows what services refuse."""

    organization: Organization
    refusal: ValidationError | None = None
    opened_for = forms.CharField(widget=forms.HiddenInput, required=False)
    comment = comment_field(
        "Shown in the history. A reason without a change is saved as a comment.",
        label="Reason for the change",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.instance.organization = self.organization
        self.initial["opened_for"] = str(self.organization.pk)

    def clean_opened_for(self) -> str:
        """Refuse a form of another organization: with one left to choose, no address names it."""
        opened_for: str = self.cleaned_data["opened_for"]
        if opened_for not in ("", str(self.organization.pk)):
            raise ValidationError(
                _(
                    "Nothing was saved: this form was opened for another organization. "
                    "Open it again."
                )
            )
        return opened_for

    def show_values(self) -> None:
        """Show fields that the model lacks on a read-only page.

        Django takes the value of everything that cannot be edited from the row itself.
        """
        self._meta.labels = dict(self._meta.labels or {})  # type: ignore[attr-defined]
        for name in self.declared_fields:  # type: ignore[attr-defined]
            if name in self.fields and not hasattr(type(self.instance), name):
                label = self.fields[name].label or pretty_name(name)
                self._meta.labels[name] = str(label)  # type: ignore[attr-defined]
                field: Any = self.fields[name]
                value = self.get_initial_for_field(field, name)
                choices = dict(getattr(field, "choices", ()))
                setattr(self.instance, name, str(choices.get(value, field.prepare_value(value))))

    def clean(self) -> dict[str, Any]:
        errors = self.refusal.update_error_dict({}) if self.refusal else {}
        for field, messages in errors.items():
            self.add_error(field if field in self.fields else None, messages)
        return self.cleaned_data


# --- of actions on many risks ---------------------------------------------------------------
def multiline_reason_field(label: str = "Reason") -> forms.CharField:
    """A text area, so that Enter does not send the form."""
    widget = UnfoldAdminTextareaWidget({"rows": 2})
    return forms.CharField(
        label=label,
        required=False,
        max_length=5000,
        widget=widget,
        help_text=_("Shown in the history"),
    )


class TransitionForm(forms.Form):
    to = forms.ChoiceField(
        label=gettext_lazy("New status"), choices=Status.choices, widget=UnfoldAdminSelectWidget
    )
    comment = multiline_reason_field()


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(User.objects.none(), widget=UnfoldAdminSelectWidget)

    def __init__(self, data: Any, organizations: list[Organization]) -> None:
        super().__init__(data)
        members = Membership.objects.filter(organization__in=organizations).values("user")
        self.fields["owner"].queryset = User.objects.filter(pk__in=members)  # type: ignore[attr-defined]


class CategoryForm(forms.Form):
    category = forms.ModelChoiceField(Category.objects.none(), widget=UnfoldAdminSelectWidget)

    def __init__(self, data: Any, categories: Any) -> None:
        super().__init__(data)
        self.fields["category"].queryset = categories  # type: ignore[attr-defined]


class ReviewForm(forms.Form):
    comment = multiline_reason_field("Review notes")
