"""The forms of a risk's pages. They parse what people type; services check the rules."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Membership, Organization, User
from openrisk.limits import COMMENT, LONG_TEXT, allow_present_lengths
from openrisk.pages.comparison import ComparedForm, normalize
from openrisk.pages.forms import PageForm, VersionField
from risks.custom_fields.definitions import CustomFields
from risks.custom_fields.form_fields import (
    collect_changes,
    editable_fields,
    make_form_field,
    person_fields,
)
from risks.custom_fields.form_fields import initial_values as custom_initial_values
from risks.custom_fields.services import fields_of
from risks.fields import FIELD, FIELDS, PEOPLE, RATINGS, Kind
from risks.models import Category, Comment, Matrix, Risk, Status, Treatment
from risks.models.custom_fields import PREFIX
from risks.pages.custom_fields import present_people
from risks.pages.widgets import (
    ActionTitlesField,
    ReviewDayField,
    RowsField,
    TypedTagsField,
    rating_field,
)
from risks.services.acceptances import LONGEST_ACCEPTANCE

# Fields that a form takes from the column of the model, unless RiskForm declares its own.
COLUMN_KINDS = (Kind.ID, Kind.TEXT, Kind.CHOICE, Kind.NUMBER, Kind.TIME)
RATING_TITLES = {
    "inherent": _("Rating before treatment (inherent)"),
    "residual": _("Rating after treatment (residual)"),
    "target": _("Target rating"),
}
MOST_IN_SELECT = 50  # people; a select of more is slower to use than typing a name


@dataclass
class FormSection:
    """Fields under a heading of their own."""

    name: str
    title: Any
    names: tuple[str, ...]
    fields: list[forms.BoundField] = field(default_factory=list)
    is_open: bool = False


class RiskForm(ComparedForm, PageForm):
    """The fields of a risk that people enter (`risks.fields`); `instance` is None for a new risk.

    A field that is not declared here is made from its column, and shown in the section "More".
    """

    title = forms.CharField(
        max_length=255,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=_("What may happen, and what follows"),
    )
    description = forms.CharField(
        required=False, max_length=LONG_TEXT, widget=forms.Textarea({"rows": 4, "dir": "auto"})
    )
    category = forms.ModelChoiceField(
        Category.objects.none(), required=False, empty_label=_("None")
    )
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label=_("No owner"))
    assignee = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        empty_label=_("No assignee"),
        help_text=_("Does the work"),
    )
    reviewer = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        empty_label=_("The owner"),
        help_text=_("Reviews the risk when that is due"),
    )
    treatment = forms.ChoiceField(
        required=False, choices=[("", _("Not decided")), *Treatment.choices]
    )
    tags = TypedTagsField(required=False)
    assets = RowsField("assets", help_text=_("What the risk threatens"))
    controls = RowsField("controls", help_text=_("What acts against the risk"))
    next_review_at = ReviewDayField(label=FIELD["next_review_at"].title, required=False)
    review_interval_days = forms.IntegerField(
        label=FIELD["review_interval_days"].title,
        required=False,
        min_value=1,
        max_value=3660,
        help_text=_("The next review is planned when you mark one done."),
    )
    comment = forms.CharField(
        label=FIELD["comment"].title,
        required=False,
        max_length=5000,
        help_text=_("Shown in the history. A reason without a change is saved as a comment."),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        organization: Organization,
        matrix: Matrix,
        instance: Risk | None = None,
    ) -> None:
        self.custom = fields_of(organization)
        defaults = {key: custom.default for key, custom in self.custom.items()}
        new = custom_initial_values(self.custom, defaults)
        super().__init__(data, initial=initial_values(instance, self.custom) if instance else new)
        self.instance = instance
        for custom in editable_fields(self.custom):
            present = instance.custom_fields.get(custom.key) if instance else None
            self.fields[custom.name] = make_form_field(custom, present)
        self.undeclared = [
            row
            for row in FIELDS
            if row.in_form and row.kind in COLUMN_KINDS and row.name not in self.fields
        ]
        for declared in self.undeclared:
            column: Any = Risk._meta.get_field(declared.name)
            self.fields[declared.name] = column.formfield(label=declared.title)
        allow_present_lengths(self, self.initial)
        self.limit_choices(organization, instance)
        for name in RATINGS:
            likelihood = name.endswith("likelihood")
            labels = matrix.likelihood_labels if likelihood else matrix.impact_labels
            self.fields[name] = rating_field(_("Likelihood") if likelihood else _("Impact"), labels)
        if instance is None:
            self.fields["title"].widget.attrs["autofocus"] = True
            self.fields["status"] = forms.ChoiceField(
                choices=[(s.value, s.label) for s in (Status.IDENTIFIED, Status.DRAFT)],
                help_text=_("Drafts are not counted in reports"),
            )

    def limit_choices(self, organization: Organization, instance: Risk | None) -> None:
        """Offer the rows of this organization only."""
        fields: dict[str, Any] = self.fields
        fields["category"].queryset = Category.objects.for_organization(organization)
        fields["tags"].widget.organization = organization
        for name in ("assets", "controls"):
            fields[name].limit_to(organization, may_create=True)
        self.limit_people(organization, instance)

    def limit_people(self, organization: Organization, instance: Risk | None) -> None:
        """Offer the members in selects, or to be typed where there are very many."""
        fields: dict[str, Any] = self.fields
        members = User.objects.filter(memberships__organization=organization)
        few = list(members[: MOST_IN_SELECT + 1])
        people = {name: getattr(instance, name, None) for name in PEOPLE}
        people |= dict.fromkeys(field.name for field in person_fields(self.custom))
        people |= present_people(self.custom, instance, few)
        for name, present in people.items():
            if len(few) > MOST_IN_SELECT:
                fields[name] = person_field(organization, fields[name], present)
                continue
            offered = few if present is None or present in few else [present, *few]
            fields[name].queryset = User.objects.filter(pk__in=[row.pk for row in offered])
            # One query for all three.
            labels = [(row.pk, str(row)) for row in offered]
            fields[name].choices = [("", fields[name].empty_label), *labels]

    def changes(self) -> dict[str, Any]:
        """The fields that differ from the stored ones, as arguments of the services.

        A new risk has all custom fields, so that the services ask for those it needs.
        """
        own = [name for name in self.fields if name.startswith(PREFIX) and not self.instance]
        names = [*self.changed_data, *own]
        changes = {name: self.cleaned_data[name] for name in names if name != "version"}
        return collect_changes(self.custom, changes)

    def label_of(self, name: str) -> str:
        return FIELD[name].title if name in RATINGS else super().label_of(name)

    @cached_property
    def sections(self) -> list[FormSection]:
        """Return the parts of the form that are folded unless something is in them."""
        sections = (
            FormSection("links", _("Assets, controls, tags"), ("assets", "controls", "tags")),
            FormSection(
                "people",
                _("People and review"),
                ("assignee", "reviewer", "next_review_at", "review_interval_days"),
            ),
            FormSection(
                "custom",
                _("Custom fields"),
                tuple(field.name for field in editable_fields(self.custom)),
            ),
            FormSection("other", _("More"), tuple(field.name for field in self.undeclared)),
        )
        for section in sections:
            section.fields = [self[name] for name in section.names]
            section.is_open = any(
                field.errors or field.field.required or normalize(field.value())
                for field in section.fields
            )
        return [section for section in sections if section.fields]

    @property
    def has_later_ratings(self) -> bool:
        """Return whether the residual or target rating is given, or refused."""
        later = [self[name] for name in RATINGS if not name.startswith("inherent")]
        return any(field.errors or field.value() for field in later)


class FirstMitigationForm(PageForm):
    """A mitigation with its actions, planned together with a new risk. All of it may be empty."""

    title = forms.CharField(
        label=_("Mitigation"),
        required=False,
        max_length=255,
        help_text=_("What will lower the risk"),
    )
    due_date = forms.DateField(
        label=_("Due"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    actions = ActionTitlesField(
        label=_("Actions"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("One on each line. They are ticked off on the page of the risk."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="mitigation")

    @property
    def is_open(self) -> bool:
        return bool(self.errors) or any(field.value() for field in self)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("title") and (data.get("actions") or data.get("due_date")):
            self.add_error("title", _("Name the mitigation that these belong to."))
        return data


def has_many_members(organization: Organization) -> bool:
    members = Membership.objects.filter(organization=organization).order_by()
    return members.values("pk")[: MOST_IN_SELECT + 1].count() > MOST_IN_SELECT


def person_field(organization: Organization, select: Any, present: User | None) -> RowsField:
    """Return a field to type the name of a person, in place of a select of very many."""
    typed = RowsField("people", multiple=False, label=select.label, help_text=select.help_text)
    typed.limit_to(organization)
    typed.present = present
    return typed


def initial_values(risk: Risk, custom: CustomFields) -> dict[str, Any]:
    columns = [row.name for row in FIELDS if row.in_form and row.kind in COLUMN_KINDS]
    return {
        **{name: getattr(risk, name) for name in (*columns, *RATINGS, "version")},
        "category": risk.category_id,
        **{name: getattr(risk, name) for name in PEOPLE},
        **load_linked_rows(risk),
        **custom_initial_values(custom, risk.custom_fields),
    }


def load_linked_rows(risk: Risk) -> dict[str, list[Any]]:
    """Load the assets, controls and tags of the risk."""
    return {
        "assets": list(risk.assets.order_by("name")),
        "controls": list(risk.controls.select_related("framework").order_by("identifier")),
        "tags": list(risk.tags.values_list("name", flat=True)),
    }


class CommentForm(PageForm):
    """A new comment, or the text of one that is edited, which has a version."""

    service_fields = {"text": "comment"}
    comment = forms.CharField(
        label=_("Comment"),
        max_length=COMMENT,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        help_text=_("Write @ and a name to mention a member."),
    )
    version = VersionField()

    def __init__(self, data: Any = None, *, comment: Comment | None = None) -> None:
        self.key = f"comment-{comment.pk}" if comment else "comment"
        initial = {"comment": comment.text, "version": comment.version} if comment else {}
        super().__init__(data, auto_id=f"{self.key}-%s", initial=initial)
        if comment is None:
            del self.fields["version"]

    def show_version(self, version: int) -> None:
        """Let the same text be sent again for the comment as it is now."""
        data = QueryDict(mutable=True)
        data.update({"comment": self.data.get("comment", ""), "version": str(version)})
        self.data = data


class RateForm(PageForm):
    """Likelihood and impact of one kind, with a reason."""

    version = VersionField()
    comment = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
        help_text=_("Shown in the history"),
    )

    def __init__(self, kind: str, matrix: Matrix, risk: Risk, data: Any = None) -> None:
        self.key, self.kind = "rate", kind
        names = (f"{kind}_likelihood", f"{kind}_impact")
        stored = {name: getattr(risk, name) for name in (*names, "version")}
        super().__init__(data, auto_id="rate-%s", initial=stored)
        labels = (matrix.likelihood_labels, matrix.impact_labels)
        for name, title, values in zip(names, (_("Likelihood"), _("Impact")), labels, strict=True):
            self.fields[name] = rating_field(title, values)


class LinksForm(PageForm):
    """The assets, controls and tags of a risk."""

    key = "links"
    assets = RowsField("assets", help_text=_("What the risk threatens"))
    controls = RowsField("controls", help_text=_("What acts against the risk"))
    tags = TypedTagsField(required=False)
    version = VersionField()

    def __init__(self, risk: Risk, stored: dict[str, Any] | None = None, data: Any = None) -> None:
        initial = {"version": risk.version, **(stored or {})}
        super().__init__(data, auto_id="links-%s", initial=initial)
        fields: dict[str, Any] = self.fields
        fields["tags"].widget.organization = risk.organization
        for name in ("assets", "controls"):
            fields[name].limit_to(risk.organization, may_create=True)


class SuggestionForm(PageForm):
    """The form of the two buttons of a suggestion; it has no fields."""

    def __init__(self, key: str, data: Any = None) -> None:
        super().__init__(data)
        self.key = key


class AcceptanceForm(PageForm):
    """A request to accept the risk until the end of a day (UTC)."""

    key = "acceptance"
    service_fields = {"expires_at": "expires_on"}
    justification = forms.CharField(
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Reasons why this risk can be accepted"),
    )
    conditions = forms.CharField(
        required=False, max_length=LONG_TEXT, widget=forms.Textarea({"rows": 2})
    )
    expires_on = forms.DateField(
        label=_("Accepted until"),
        widget=forms.DateInput({"type": "date"}),
        help_text=_("At most one year ahead"),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="acceptance-%s")
        today = timezone.now().date()
        limits = {
            "min": today.isoformat(),
            "max": (today + LONGEST_ACCEPTANCE - timedelta(1)).isoformat(),
        }
        self.fields["expires_on"].widget.attrs.update(limits)

    def clean(self) -> dict[str, Any]:
        """Make the time that the service takes: the last second of the day."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if day := data.pop("expires_on", None):
            data["expires_at"] = datetime.combine(day, time(23, 59, 59), UTC)
        return data
