"""The forms of mitigations and their actions."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization, User
from openrisk.limits import LONG_TEXT
from openrisk.pages.comparison import ComparedForm
from openrisk.pages.forms import PageForm, StepForm, VersionField
from risks.models import Level, Mitigation, MitigationAction
from risks.pages.widgets import ActionTitlesField

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
COLUMNS = (
    "title",
    "description",
    "start_date",
    "due_date",
    "priority",
    "cost",
    "currency",
    "effectiveness",
)


class MitigationForm(ComparedForm, PageForm):
    """The fields of a mitigation; `instance` is None for a new one, which may have actions."""

    title = forms.CharField(label=_("Title"), max_length=255, help_text=_("What lowers the risk"))
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )
    owner = forms.ModelChoiceField(
        User.objects.none(), label=_("Owner"), required=False, empty_label=_("No owner")
    )
    priority = forms.ChoiceField(label=_("Priority"), choices=Level.choices, initial=Level.MEDIUM)
    start_date = forms.DateField(label=_("Start"), required=False, widget=DAY)
    due_date = forms.DateField(label=_("Due"), required=False, widget=DAY)
    cost = forms.DecimalField(
        label=_("Cost"), required=False, min_value=0, max_digits=14, decimal_places=2
    )
    currency = forms.CharField(
        label=_("Currency"),
        required=False,
        max_length=3,
        help_text=_("Three capital letters, such as EUR"),
    )
    effectiveness = forms.DecimalField(
        label=_("Expected effectiveness"),
        required=False,
        min_value=0,
        max_value=1,
        max_digits=3,
        decimal_places=2,
        help_text=_("How much of the risk it takes away, from 0 to 1"),
    )
    actions = ActionTitlesField(
        label=_("Actions"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
        help_text=_("One action on each line. You can add dates and people later."),
    )
    version = VersionField()

    def __init__(
        self, data: Any = None, *, organization: Organization, instance: Mitigation | None = None
    ) -> None:
        super().__init__(data, initial=stored_fields(instance) if instance else {})
        owner: Any = self.fields["owner"]
        owner.queryset = members_or(organization.pk, instance.owner_id if instance else None)
        if instance is not None:
            del self.fields["actions"]

    def changes(self) -> dict[str, Any]:
        """The fields that differ from the stored ones, as arguments of the services."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


def stored_fields(mitigation: Mitigation) -> dict[str, Any]:
    stored = {name: getattr(mitigation, name) for name in (*COLUMNS, "version")}
    return {**stored, "owner": mitigation.owner_id}


def members_or(organization_id: UUID, present: UUID | None) -> QuerySet[User]:
    """Return the members, and the person who is chosen at present, who may have left."""
    members = User.objects.filter(memberships__organization=organization_id)
    if present is None:
        return members
    return User.objects.filter(Q(pk__in=members.order_by().values("pk")) | Q(pk=present))


class ValidationForm(StepForm):
    """Says whether a mitigation is effective; `effective` is the button that was pressed."""

    def __init__(self, version: int, data: Any = None) -> None:
        super().__init__("validation", version, data)
        self.fields["comment"].label = _("What did you check?")
        self.fields["comment"].help_text = _("Shown in the history; “Not effective” needs it")


class MitigationActionForm(ComparedForm, PageForm):
    """An action of a mitigation; `instance` is None for a new one, which becomes the last."""

    title = forms.CharField(label=_("Action"), max_length=255)
    assignee = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Assignee"),
        required=False,
        empty_label=_("The owner of the mitigation"),
    )
    due_date = forms.DateField(label=_("Due"), required=False, widget=DAY)
    depends_on = forms.ModelMultipleChoiceField(
        MitigationAction.objects.none(),
        label=_("Waits for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    version = VersionField()

    def __init__(
        self, data: Any = None, *, mitigation: Mitigation, instance: MitigationAction | None = None
    ) -> None:
        self.key = action_key(instance) if instance else "new-action"
        super().__init__(data, auto_id=f"{self.key}-%s", initial=stored_action(instance))
        fields: dict[str, Any] = self.fields
        assignee_id = instance.assignee_id if instance else None
        fields["assignee"].queryset = members_or(mitigation.organization_id, assignee_id)
        others = mitigation.actions.order_by("order", "id")
        if instance is None:
            del fields["version"]
        else:
            others = others.exclude(pk=instance.pk)
        fields["depends_on"].queryset = others

    def changes(self) -> dict[str, Any]:
        """The values of all fields, as arguments of the services."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def stored_action(action: MitigationAction | None) -> dict[str, Any]:
    if action is None:
        return {}
    stored = {name: getattr(action, name) for name in ("title", "due_date", "version")}
    waits_for = list(action.depends_on.values_list("pk", flat=True))
    return {**stored, "assignee": action.assignee_id, "depends_on": waits_for}


class DoneForm(PageForm):
    """The button that completes or reopens an action."""

    version = VersionField()

    def __init__(self, key: str, data: Any) -> None:
        super().__init__(data)
        self.key = key


def mitigation_key(mitigation: Mitigation) -> str:
    return f"mitigation-{mitigation.pk}"


def action_key(action: MitigationAction) -> str:
    return f"action-{action.pk}"
