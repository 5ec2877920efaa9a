"""The forms of a bulk change: its value and its risks, and the consent to its preview."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization, User
from openrisk.pages.forms import PageForm
from risks.custom_fields.form_fields import editable_fields, make_form_field, stored_value
from risks.custom_fields.services import fields_of
from risks.models import (
    AssetType,
    BulkKind,
    BulkSubject,
    Category,
    ControlStatus,
    Criticality,
    CustomField,
    CustomFieldKind,
    FindingState,
    Status,
    Treatment,
)
from risks.pages.findings.forms import (
    add_risk_fields,
    initial_of_risk,
    risk_fields,
    until_field,
    usual_end,
)
from risks.pages.risk.forms import ReviewDayField, TypedTagsField, has_many_members
from risks.pages.widgets import RowsField
from risks.services.bulk_changes.kinds import rules_of
from risks.services.matrix import matrix_of
from risks.services.triage.risks_of_findings import suggest_risk

# What a change may leave the risks without, and the words for it.
EMPTYING = {
    BulkKind.OWNER: _("No owner"),
    BulkKind.ASSIGNEE: _("No assignee"),
    BulkKind.REVIEWER: _("No reviewer"),
    BulkKind.CATEGORY: _("No category"),
    BulkKind.TREATMENT: _("Not decided"),
    BulkKind.REVIEW_INTERVAL: _("No interval"),
    BulkKind.NEXT_REVIEW: _("No review planned"),
}
CHOICES: dict[str, Any] = {
    BulkKind.STATUS: Status.choices,
    BulkKind.TREATMENT: Treatment.choices,
    BulkKind.TYPE: AssetType.choices,
    BulkKind.CRITICALITY: Criticality.choices,
}
CHOICES_OF: dict[str, dict[str, Any]] = {
    BulkSubject.CONTROL: {BulkKind.STATUS: ControlStatus.choices}
}
DECISIONS = {
    BulkKind.ACCEPT: FindingState.ACCEPTED,
    BulkKind.FALSE_POSITIVE: FindingState.FALSE_POSITIVE,
}
PEOPLE = (BulkKind.OWNER, BulkKind.ASSIGNEE, BulkKind.REVIEWER)


class BulkForm(PageForm):
    """The value that rows are to have, and the rows: references, or all that match a query."""

    references = forms.CharField(
        label=_("Risks"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("References, separated by spaces, commas or lines: R-0001 R-0002"),
    )
    all = forms.BooleanField(required=False, widget=forms.HiddenInput)
    query = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    empty = forms.BooleanField(required=False)
    comment = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Shown in the history of each one"),
    )

    def __init__(
        self,
        kind: str,
        organization: Organization,
        data: Any = None,
        subject: str = BulkSubject.RISK,
        **initial: Any,
    ):
        super().__init__(data, auto_id="bulk-%s", initial=initial)
        self.kind, self.subject = BulkKind(kind), subject
        self.field: CustomField | None = None
        if self.kind in DECISIONS:
            state = DECISIONS[self.kind]
            self.fields["value"] = until_field(state)
            self.initial.setdefault("value", usual_end(state))
            self.fields["comment"].required = True
        elif self.kind == BulkKind.ATTACH_RISK:
            self.fields["value"] = risk_value(self.kind.label, organization)
        elif self.kind == BulkKind.MAKE_RISK:
            self.picker = add_risk_fields(self, matrix_of(organization))
        elif self.kind == BulkKind.CUSTOM_FIELD:
            self.offer_field(organization)
        elif rules_of(kind, organization, subject).takes_value:
            self.fields["value"] = value_field(self.kind, organization, subject)
        if subject != BulkSubject.RISK:
            self.fields["references"].label = BulkSubject(subject).label
            self.fields["references"].help_text = _("Ids, separated by spaces, commas or lines")
        if self.kind in EMPTYING:
            self.fields["empty"].label = EMPTYING[self.kind]
        elif self.field is None:
            del self.fields["empty"]

    @property
    def fields_of_value(self) -> list[forms.BoundField]:
        """The fields that make the value, apart from those of a rating."""
        names = ("title", "description") if self.kind == BulkKind.MAKE_RISK else ("value",)
        return [self[name] for name in names if name in self.fields]

    def suggest(self, findings: Any, organization: Organization) -> None:
        """Fill the fields of the risk with what the chosen findings suggest."""
        if self.kind == BulkKind.MAKE_RISK:
            self.initial = {**self.initial, **initial_of_risk(suggest_risk(organization, findings))}

    def offer_field(self, organization: Organization) -> None:
        """Offer the value of the custom field that was chosen, or first the fields."""
        custom = fields_of(organization)
        self.field = custom.get(str((self.data if self.is_bound else self.initial).get("key")))
        offered = [(field.key, field.label) for field in editable_fields(custom)]
        self.fields["key"] = forms.ChoiceField(
            label=BulkKind.CUSTOM_FIELD.label, choices=[("", _("Choose")), *offered]
        )
        if self.field is None:
            del self.fields["comment"]
            return
        self.fields["key"].widget = forms.HiddenInput()
        value = make_form_field(self.field)
        if self.field.kind == CustomFieldKind.PERSON:
            value = person_value(self.field.label, organization)
        value.required = False
        self.fields["value"] = value
        if self.field.required:
            del self.fields["empty"]
            value.required = True
        else:
            self.fields["empty"].label = _("Empty")

    @property
    def chosen_value(self) -> Any:
        """Return the value as the services take it."""
        value = None if self.cleaned_data.get("empty") else self.cleaned_data.get("value")
        if self.field is not None:
            return {"key": self.field.key, "value": stored_value(self.field, value)}
        return value

    def hide_selection(self) -> None:
        """Keep the references out of sight, where they were chosen in the list."""
        self.fields["references"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.kind == BulkKind.MAKE_RISK and not self.errors:
            data["value"] = risk_fields(data)
        if "empty" not in self.fields or "value" in self.errors:
            return data
        has_value = data.get("value") not in (None, "", [])
        if data["empty"] and has_value:
            self.add_error(
                "value",
                gettext("Choose a value or “%(nothing)s”, not both.")
                % {"nothing": self.fields["empty"].label},
            )
        elif not data["empty"] and not has_value:
            self.add_error(
                "value",
                gettext("Choose a value, or tick “%(nothing)s”.")
                % {"nothing": self.fields["empty"].label},
            )
        return data

    @property
    def chosen_references(self) -> list[str]:
        return self.cleaned_data["references"].replace(",", " ").split()


def value_field(kind: BulkKind, organization: Organization, subject: str) -> forms.Field:
    """Return the field for the value of a kind."""
    choices = {**CHOICES, **CHOICES_OF.get(subject, {})}
    label = kind.label
    if kind in PEOPLE:
        return person_value(label, organization)
    if kind == BulkKind.CATEGORY:
        categories = Category.objects.for_organization(organization)
        return forms.ModelChoiceField(
            categories, label=label, required=False, empty_label=_("Choose")
        )
    if kind in (BulkKind.ADD_TAGS, BulkKind.REMOVE_TAGS):
        tags = TypedTagsField(label=_("Tags"), help_text=_("Separated by commas"))
        tags.widget.organization = organization  # type: ignore[attr-defined]
        return tags
    if kind == BulkKind.REVIEW_INTERVAL:
        return forms.IntegerField(
            label=_("Review interval (days)"), required=False, min_value=1, max_value=3660
        )
    if kind == BulkKind.NEXT_REVIEW:
        return ReviewDayField(label=label, required=False)
    return forms.ChoiceField(
        label=_("New status") if kind == BulkKind.STATUS else label,
        required=kind not in EMPTYING,
        choices=[("", _("Choose")), *choices[kind]],
    )


def risk_value(label: Any, organization: Organization) -> forms.Field:
    typed = RowsField("risks", multiple=False, required=True, label=label)
    typed.limit_to(organization)
    return typed


def person_value(label: Any, organization: Organization) -> forms.Field:
    """Return a select of the members, or a field to type a name where they are many."""
    if has_many_members(organization):
        typed = RowsField("people", multiple=False, label=label)
        typed.limit_to(organization)
        return typed
    members = User.objects.filter(memberships__organization=organization)
    return forms.ModelChoiceField(members, label=label, required=False, empty_label=_("Choose"))


class ConsentForm(PageForm):
    """Consent to a preview: which one was seen, and whether to leave out what is refused."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    leave_out_refused = forms.BooleanField(required=False)
