"""The forms of the register: services validate and write, forms parse and show."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import pretty_name

from openrisk.accounts.models import Organization
from openrisk.admin.site import UnfoldAdminTextInputWidget
from openrisk.limits import allow_present_lengths

# What forms carry beside the fields of the row.
OWN = {"seen_version", "comment", "opened_for"}


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
        """Leaves the row as it was read: services compare it with what is wanted, and validate."""

    def values(self) -> dict[str, Any]:
        """What a new row is made of."""
        return {name: self.cleaned_data[name] for name in self._names() if name in self.fields}

    def changes(self) -> dict[str, Any]:
        """What the person changed."""
        changed = set(self.changed_data)
        return {name: self.cleaned_data[name] for name in self._names() if name in changed}

    def _names(self) -> set[str]:
        """Without what formsets add: the id, the parent, the tick to delete."""
        return {*(self._meta.fields or ()), *self.declared_fields} - OWN  # type: ignore[attr-defined]


class RegisterForm(RowForm):
    """The form of a page: it can say why, and shows what services refused."""

    organization: Organization
    refusal: ValidationError | None = None
    opened_for = forms.CharField(widget=forms.HiddenInput, required=False)
    comment = comment_field(
        "Shown in the history. A reason without a change is kept as a comment.",
        label="Reason for the change",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.instance.organization = self.organization
        self.initial["opened_for"] = str(self.organization.pk)

    def clean_opened_for(self) -> str:
        """Where one organization is left to choose from, the address does not name it."""
        opened_for: str = self.cleaned_data["opened_for"]
        if opened_for not in ("", str(self.organization.pk)):
            raise ValidationError(
                "Nothing was saved: this form was opened for another organization. Open it again."
            )
        return opened_for

    def show_values(self) -> None:
        """Let a page to read only show the fields that are not of the model, from the row itself:
        Django looks there for the value of everything that cannot be edited."""
        self._meta.labels = dict(self._meta.labels or {})  # type: ignore[attr-defined]
        for name in self.declared_fields:  # type: ignore[attr-defined]
            if name in self.fields and not hasattr(type(self.instance), name):
                label = self.fields[name].label or pretty_name(name)
                self._meta.labels[name] = str(label)  # type: ignore[attr-defined]
                setattr(self.instance, name, self._value_in_words(name))

    def _value_in_words(self, name: str) -> str:
        field: Any = self.fields[name]
        value = self.get_initial_for_field(field, name)
        choices = dict(getattr(field, "choices", ()))
        return str(choices.get(value, field.prepare_value(value)))

    def clean(self) -> dict[str, Any]:
        refused = self.refusal.update_error_dict({}) if self.refusal else {}
        for field, errors in refused.items():
            self.add_error(field if field in self.fields else None, errors)
        return self.cleaned_data
