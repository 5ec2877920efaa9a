"""The forms of controls and frameworks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization
from openrisk.limits import LONG_TEXT
from openrisk.pages.comparison import ComparedForm
from openrisk.pages.forms import PageForm, StepForm, VersionField
from risks.models import Control, ControlStatus, Framework
from risks.pages.widgets import RowsField

KEY, RISKS_KEY = "control", "risks"
COLUMNS = ("identifier", "title", "text", "status", "version")


class OwnerField(RowsField):
    """The member who answers for a control; one who has left may stay."""

    def __init__(self) -> None:
        super().__init__("people", multiple=False, label=_("Owner"))


class ControlForm(ComparedForm, PageForm):
    """The fields of a control; `instance` is None for a new one."""

    framework = forms.ModelChoiceField(
        Framework.objects.none(), label=_("Framework"), empty_label=_("Choose")
    )
    identifier = forms.CharField(
        label=_("Identifier"),
        max_length=100,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=_("Such as A.5.1; what stands before the last number is its section"),
    )
    title = forms.CharField(
        label=_("Title"), max_length=500, widget=forms.TextInput({"dir": "auto"})
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 6, "dir": "auto"}),
        help_text=_("What the control requires, and how you meet it"),
    )
    parent = RowsField("controls", multiple=False, label=_("Part of"))
    status = forms.ChoiceField(label=_("Status"), choices=ControlStatus.choices)
    owner = OwnerField()
    version = VersionField()

    def __init__(
        self, data: Any = None, *, organization: Organization, instance: Control | None = None
    ) -> None:
        super().__init__(data, initial=stored_fields(instance) if instance else {})
        fields: dict[str, Any] = self.fields
        fields["framework"].queryset = Framework.objects.for_organization(organization)
        fields["parent"].limit_to(organization)
        fields["owner"].limit_to(organization)
        if instance is None:
            del self.fields["version"]
        else:
            fields["owner"].present = instance.owner

    def changes(self) -> dict[str, Any]:
        """The fields that differ from the stored ones, as arguments of the service."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


def stored_fields(control: Control) -> dict[str, Any]:
    return {
        **{name: getattr(control, name) for name in COLUMNS},
        "framework": control.framework_id,
        "parent": control.parent,
        "owner": control.owner,
    }


class ControlStatusForm(StepForm):
    """Status and owner of a control, with a reason, on its page."""

    status = forms.ChoiceField(label=_("Status"), choices=ControlStatus.choices)
    owner = OwnerField()
    field_order = ("status", "owner", "comment")

    def __init__(self, control: Control, data: Any = None) -> None:
        super().__init__(KEY, control.version, data)
        self.initial.update(status=control.status, owner=control.owner)
        owner: Any = self.fields["owner"]
        owner.limit_to(control.organization)
        owner.present = control.owner

    def show_version(self, version: int) -> None:
        """Let what was typed be sent again, for the control as it is now."""
        PageForm.show_version(self, version)


class ControlRisksForm(PageForm):
    """Risks that a control is to act on too."""

    key = RISKS_KEY
    risks = RowsField("risks", label=_("Add risks"), required=True)

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data, auto_id="add-%s")
        risks: Any = self.fields["risks"]
        risks.limit_to(organization)


class FrameworkForm(ComparedForm, PageForm):
    """The fields of a framework; `instance` is None for a new one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=_("Such as ISO 27001, or Rules of our house"),
    )
    edition = forms.CharField(
        label=_("Edition"),
        required=False,
        max_length=50,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=_("Such as 2022"),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )
    version = VersionField()

    def __init__(self, data: Any = None, *, instance: Framework | None = None) -> None:
        names = ("name", "edition", "description", "version")
        stored = {name: getattr(instance, name) for name in names} if instance else {}
        super().__init__(data, initial=stored)
        if instance is None:
            del self.fields["version"]

    def changes(self) -> dict[str, Any]:
        """The fields that differ from the stored ones, as arguments of the service."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


class StatementForm(PageForm):
    """A table of controls with their statuses."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX, with a column for the identifier and one for the status"),
        widget=forms.FileInput({"accept": ".csv,.xlsx"}),
    )
    framework = forms.ModelChoiceField(
        Framework.objects.none(),
        label=_("Framework"),
        required=False,
        empty_label=_("As the file says"),
        help_text=_("For a file without a column for the framework"),
    )
    comment = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
        help_text=_("Shown in the history of each control; the name of the file, if left empty"),
    )

    def __init__(self, organization: Organization, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        framework: Any = self.fields["framework"]
        framework.queryset = Framework.objects.for_organization(organization)
