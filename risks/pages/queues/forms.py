"""The forms of queues, and of one's own request for an acceptance."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openrisk.limits import LONG_TEXT
from openrisk.pages.comparison import ComparedForm
from openrisk.pages.forms import PageForm, StepForm, VersionField
from risks.models import Acceptance
from risks.pages.treatment.forms import DAY


class DecisionForm(StepForm):
    """The decision about one item; `seen_risk` is the version of the risk that was shown."""

    seen_risk = VersionField(required=False)

    def __init__(self, version: int, risk_version: int | None, data: Any = None) -> None:
        super().__init__("decision", version, data)
        self.initial["seen_risk"] = risk_version


class PostponeForm(DecisionForm):
    """A later day for a review; the reason is required by the service."""

    until = forms.DateField(label=_("Postpone until"), required=False, widget=DAY)

    field_order = ("comment", "until")

    def clean_until(self) -> datetime | None:
        """Return the end of the chosen day (UTC)."""
        day = self.cleaned_data["until"]
        if day is None and self.data.get("decision") == "postpone":
            raise forms.ValidationError(_("Choose the day until which the review can wait."))
        return datetime.combine(day, time(23, 59), UTC) if day else None


class CorrectionForm(ComparedForm, PageForm):
    """One's own request for an acceptance, before it is decided."""

    service_fields = {"expires_at": "expires_on"}
    justification = forms.CharField(
        label=_("Justification"),
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )
    conditions = forms.CharField(
        label=_("Conditions"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    expires_on = forms.DateField(
        label=_("Accepted until"), widget=DAY, help_text=_("At most one year ahead")
    )
    version = VersionField()

    def __init__(self, acceptance: Acceptance, data: Any = None) -> None:
        stored: dict[str, Any] = {
            name: getattr(acceptance, name) for name in ("justification", "conditions", "version")
        }
        stored["expires_on"] = acceptance.expires_at.date()
        super().__init__(data, initial=stored)

    def changes(self) -> dict[str, Any]:
        """The fields that differ from the stored ones, as arguments of the service."""
        changes = {n: self.cleaned_data[n] for n in self.changed_data if n != "version"}
        if day := changes.pop("expires_on", None):
            changes["expires_at"] = datetime.combine(day, time(23, 59, 59), UTC)
        return changes
