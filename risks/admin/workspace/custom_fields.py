"""Definitions of custom fields in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Role
from openrisk.admin.site import LinesField, RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.admin.forms import RegisterForm
from risks.admin.steps import StepButton
from risks.custom_fields import services
from risks.models import CustomField


class CustomFieldForm(RegisterForm):
    options = LinesField(
        label=_("Options"), required=False, help_text=_("Of a choice: one on each line")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields["key"].help_text = _("Made from the label where it is empty")
        if "unit" in self.fields:
            self.fields["unit"].help_text = _("Of a number, or the currency of money, e.g. EUR")


@admin.register(CustomField, site=site)
class CustomFieldAdmin(RegisterAdmin):
    change_role = Role.ADMIN
    form = CustomFieldForm
    create = staticmethod(services.create_field)
    update = staticmethod(services.update_field)
    delete = staticmethod(services.delete_field)
    fields = ("label", "key", "kind", "help", "required", "options", "unit", "default", "position")
    list_display = ("label", "key", "kind", "required", "retired_at", "position", "organization")
    list_filter = ("kind", ("organization", RelatedFilter))
    search_fields = ("label", "key")
    readonly_fields = (*RegisterAdmin.readonly_fields, "retired_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *(("key",) if obj else ()))

    def step_buttons(self, field: CustomField) -> list[StepButton]:
        if field.is_retired:
            return [StepButton("restore", "Offer it again")]
        return [StepButton("retire", "Retire")]

    def take_step(self, request: HttpRequest, obj: CustomField, name: str, **known: Any) -> None:
        known.pop("comment", None)
        service = services.restore_field if name == "restore" else services.retire_field
        service(actor=request.user, instance=obj, **known)  # type: ignore[arg-type]
