"""The custom fields of an organization in the admin's form of a risk, as the pages have them."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import User
from openrisk.admin.site import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)
from risks.admin.base import RegisterAdmin
from risks.admin.forms import RegisterForm
from risks.custom_fields.definitions import CustomFields
from risks.custom_fields.form_fields import (
    collect_changes,
    editable_fields,
    initial_values,
    make_form_field,
    person_fields,
)
from risks.custom_fields.services import fields_of
from risks.models import CustomField, Risk

WIDGETS: dict[type[forms.Widget], Any] = {
    forms.Select: UnfoldAdminSelectWidget,
    forms.Textarea: UnfoldAdminTextareaWidget,
    forms.TextInput: UnfoldAdminTextInputWidget,
}


class CustomFieldsForm(RegisterForm):
    """A form with custom fields, which `CustomFieldsAdmin` declares."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom = fields_of(self.organization)
        self.initial.update(initial_values(self.custom, self.instance.custom_fields))
        for custom in person_fields(self.custom):
            people: Any = self.fields.get(custom.name)
            if people is not None:
                present = self.instance.custom_fields.get(custom.key)
                chosen = Q(memberships__organization=self.organization) | Q(pk=present)
                people.queryset = User.objects.filter(chosen).distinct()

    def values(self) -> dict[str, Any]:
        return collect_changes(self.custom, super().values())

    def changes(self) -> dict[str, Any]:
        return collect_changes(self.custom, super().changes())


class CustomFieldsAdmin(RegisterAdmin):
    """Adds the custom fields to the form, in a section before that of the record."""

    def get_form(
        self, request: HttpRequest, obj: Risk | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        own = {
            field.name: make_admin_field(field, obj.custom_fields.get(field.key) if obj else None)
            for field in editable_fields(self.custom_fields_of(request, obj))
        }
        if own:
            kwargs.setdefault("form", type(self.form.__name__, (self.form,), own))
        return super().get_form(request, obj, change=change, **kwargs)

    def custom_fields_of(self, request: HttpRequest, obj: Risk | None) -> CustomFields:
        organization = (
            get_access(request).organization(obj.organization_id)
            if obj
            else self.find_organization(request)
        )
        return fields_of(organization) if organization else {}

    def get_fieldsets(self, request: HttpRequest, obj: Risk | None = None) -> Any:
        sections = super().get_fieldsets(request, obj)
        own = editable_fields(self.custom_fields_of(request, obj))
        if own and self.has_change_permission(request, obj):
            names = [field.name for field in own]
            sections.insert(1, (_("Custom fields"), {"fields": names}))
        return sections


def make_admin_field(custom: CustomField, present: Any) -> forms.Field:
    """Return the field that the pages have, with the look of the admin."""
    field: Any = make_form_field(custom, present)
    if widget := WIDGETS.get(type(field.widget)):
        choices = getattr(field, "choices", None)
        field.widget = widget()
        if choices is not None:
            field.widget.choices = choices
    return field
