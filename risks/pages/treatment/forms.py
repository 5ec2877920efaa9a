"""The forms of mitigations and their actions."""

from typing import Any

from django import forms

from openrisk.accounts.models import Organization, User
from openrisk.limits import LONG_TEXT
from openrisk.pages.forms import PageForm, VersionField
from risks.models import Level, Mitigation, MitigationAction

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class MitigationForm(PageForm):
    """The fields of a mitigation; `instance` is None for a new one, which may have actions."""

    title = forms.CharField(max_length=255, help_text="What will lower the risk")
    description = forms.CharField(
        required=False, max_length=LONG_TEXT, widget=forms.Textarea({"rows": 4})
    )
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="No owner")
    due_date = forms.DateField(required=False, widget=DAY)
    priority = forms.ChoiceField(choices=Level.choices, initial=Level.MEDIUM)
    cost = forms.DecimalField(required=False, min_value=0, max_digits=14, decimal_places=2)
    currency = forms.CharField(
        required=False, max_length=3, help_text="Three capital letters, such as EUR"
    )
    effectiveness = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=1,
        max_digits=3,
        decimal_places=2,
        help_text="Expected reduction of the risk, from 0 to 1",
    )
    actions = forms.CharField(
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4}),
        help_text="One action on each line. You can add dates and more actions later.",
    )
    version = VersionField()

    def __init__(
        self, data: Any = None, *, organization: Organization, instance: Mitigation | None = None
    ) -> None:
        super().__init__(data, initial=stored_fields(instance) if instance else {})
        owner: Any = self.fields["owner"]
        owner.queryset = User.objects.filter(memberships__organization=organization)
        if instance is not None:
            del self.fields["actions"]

    def clean_actions(self) -> list[str]:
        titles = [" ".join(line.split()) for line in self.cleaned_data["actions"].splitlines()]
        for title in filter(lambda title: len(title) > 255, titles):
            self.add_error(
                "actions", f"“{title[:40]}…” is longer than 255 characters. Shorten this line."
            )
        return list(filter(None, titles))

    def changes(self) -> dict[str, Any]:
        """The fields that differ from the stored ones, as arguments of the services."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


def stored_fields(mitigation: Mitigation) -> dict[str, Any]:
    columns = ("title", "description", "due_date", "priority", "cost", "currency", "effectiveness")
    stored = {name: getattr(mitigation, name) for name in (*columns, "version")}
    return {**stored, "owner": mitigation.owner_id}


class MitigationActionForm(PageForm):
    """An action of a mitigation; `instance` is None for a new one, which becomes the last."""

    title = forms.CharField(label="Action", max_length=255)
    due_date = forms.DateField(required=False, widget=DAY)
    order = forms.IntegerField(label="Position", min_value=1, max_value=10_000)
    depends_on = forms.ModelMultipleChoiceField(
        MitigationAction.objects.none(),
        label="Waits for",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    version = VersionField()

    def __init__(
        self, data: Any = None, *, mitigation: Mitigation, instance: MitigationAction | None = None
    ) -> None:
        self.key = action_key(instance) if instance else f"new-action-{mitigation.pk}"
        super().__init__(data, auto_id=f"{self.key}-%s", initial=stored_action(instance))
        if instance is None:
            for name in ("order", "depends_on", "version"):
                del self.fields[name]
        else:
            others: Any = self.fields["depends_on"]
            others.queryset = mitigation.actions.exclude(pk=instance.pk)


def stored_action(action: MitigationAction | None) -> dict[str, Any]:
    if action is None:
        return {}
    stored = {name: getattr(action, name) for name in ("title", "due_date", "order", "version")}
    return {**stored, "depends_on": list(action.depends_on.values_list("pk", flat=True))}


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
