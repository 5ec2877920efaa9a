"""The forms of the register: services validate and write, forms parse and show."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from openrisk.accounts.models import Organization
from openrisk.admin_site import UnfoldAdminTextInputWidget

# What forms carry beside the fields of the row.
OWN = {"seen_version", "comment"}


def comment_field(help_text: str) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=5000, widget=UnfoldAdminTextInputWidget, help_text=help_text
    )


class RowForm(forms.ModelForm):
    """A row with the version that the person saw."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["seen_version"] = self.instance.version
            self.fields["seen_version"].required = True

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
    comment = comment_field("Why? Kept in the history.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.instance.organization = self.organization

    def clean(self) -> dict[str, Any]:
        refused = self.refusal.update_error_dict({}) if self.refusal else {}
        for field, errors in refused.items():
            self.add_error(field if field in self.fields else None, errors)
        return self.cleaned_data
