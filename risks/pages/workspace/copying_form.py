"""The form that chooses the mitigations which are copied with a risk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from openrisk.accounts.models import Organization
from openrisk.pages.forms import PageForm
from risks.models import Mitigation


class MitigationsField(forms.ModelMultipleChoiceField):
    """Mitigations to tick; rows need `with_progress`."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        name = f"{obj.reference} {obj.title}"
        count = obj.actions_total - obj.actions_done
        if not count:
            return name
        text = ngettext("%(count)s action to do", "%(count)s actions to do", count)
        return f"{name} ({text % {'count': count}})"


class CopiedMitigationsForm(PageForm):
    """The mitigations of a risk that are copied to a new one: none unless they are ticked."""

    mitigations = MitigationsField(
        Mitigation.objects.none(),
        label=_("Copy these mitigations too"),
        required=False,
        help_text=_(
            "With their description, priority, owner and the actions that are not done. Dates and "
            "progress are not copied."
        ),
        error_messages={
            "invalid_choice": _("A ticked mitigation no longer exists. Tick what you want again.")
        },
    )

    def __init__(self, organization: Organization, number: int, data: Any = None) -> None:
        super().__init__(data, prefix="copied")
        rows = Mitigation.objects.for_organization(organization).filter(risk__number=number)
        field: Any = self.fields["mitigations"]
        field.queryset = rows.with_progress().select_related("owner").order_by("number")

    @property
    def is_shown(self) -> bool:
        return bool(self.errors) or len(self["mitigations"]) > 0
