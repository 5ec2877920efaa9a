"""The form that relates two risks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Organization
from openrisk.pages.forms import PageForm
from risks.models import RelationKind, Risk
from risks.pages.widgets import RowsField

KINDS = (
    (RelationKind.RELATES_TO.value, gettext_lazy("Relates to")),
    (RelationKind.CAUSES.value, gettext_lazy("Causes")),
    ("caused_by", gettext_lazy("Caused by")),
    (RelationKind.DUPLICATES.value, gettext_lazy("Duplicate of")),
    ("duplicated_by", gettext_lazy("Duplicated by")),
)
# Kinds that are stored with the other risk first.
INVERSE = {
    "caused_by": RelationKind.CAUSES.value,
    "duplicated_by": RelationKind.DUPLICATES.value,
}


class RelationForm(PageForm):
    """A relation as one reads it from the risk of the page."""

    key = "relation"
    kind = forms.ChoiceField(label=gettext_lazy("This risk"), choices=KINDS)
    other = RowsField(
        "risks",
        multiple=False,
        required=True,
        label=gettext_lazy("The other risk"),
        help_text=gettext_lazy("Its reference, or words of its title"),
    )

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data, auto_id="relation-%s")
        field: Any = self.fields["other"]
        field.limit_to(organization)

    def as_fields(self, risk: Risk) -> dict[str, Any]:
        """Return the arguments of the service: the risk that the relation begins at comes first."""
        kind, other = self.cleaned_data["kind"], self.cleaned_data["other"]
        if kind in INVERSE:
            return {"risk": other, "other": risk, "kind": INVERSE[kind]}
        return {"risk": risk, "other": other, "kind": kind}
