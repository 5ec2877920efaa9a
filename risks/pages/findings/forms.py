"""The forms of findings: decisions, and the risk that is made of them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization
from openrisk.limits import COMMENT, LONG_TEXT
from openrisk.pages.forms import PageForm, VersionField
from risks.models import FindingState, Matrix
from risks.pages.treatment.forms import DAY
from risks.pages.widgets import RatingPicker, RowsField, rating_field
from risks.services.triage.decisions import LONGEST_ACCEPTANCE, LONGEST_DECISION
from risks.services.triage.risks_of_findings import SuggestedRisk

USUAL_ACCEPTANCE = timedelta(days=90)
DAY_HELP = {
    FindingState.ACCEPTED: _("The last day, at most one year ahead. Then it is open again."),
    FindingState.FALSE_POSITIVE: _("The last day. Without one it is a false positive for good."),
}
KEYS = {FindingState.ACCEPTED: "accept", FindingState.FALSE_POSITIVE: "false-positive"}


def until_field(state: str) -> forms.DateField:
    """Return the field for the last day of a decision."""
    is_acceptance = state == FindingState.ACCEPTED
    today = timezone.now().date()
    latest = today + (LONGEST_ACCEPTANCE if is_acceptance else LONGEST_DECISION)
    limits = {"type": "date", "min": today.isoformat(), "max": latest.isoformat()}
    return forms.DateField(
        label=_("Until"),
        required=is_acceptance,
        widget=forms.DateInput(limits, format=DAY.format),
        help_text=DAY_HELP[FindingState(state)],
    )


def usual_end(state: str) -> date | None:
    """Return the day that a form offers first."""
    is_acceptance = state == FindingState.ACCEPTED
    return timezone.now().date() + USUAL_ACCEPTANCE if is_acceptance else None


class FindingDecisionForm(PageForm):
    """Accept a finding, or call it a false positive."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=COMMENT,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
        help_text=_("Shown with the finding"),
    )
    version = VersionField()

    def __init__(self, state: str, version: int, data: Any = None) -> None:
        self.state, self.key = state, KEYS[FindingState(state)]
        initial = {"version": version, "until": usual_end(state)}
        super().__init__(data, auto_id=f"{self.key}-%s", initial=initial)
        self.fields["until"] = until_field(state)


class AttachForm(PageForm):
    """The risk that a finding is attached to."""

    key = "attach"
    risk = RowsField(
        "risks",
        multiple=False,
        required=True,
        label=_("Risk"),
        help_text=_("Its reference, or words of its title"),
    )
    version = VersionField()

    def __init__(self, organization: Organization, version: int, data: Any = None) -> None:
        super().__init__(data, auto_id="attach-%s", initial={"version": version})
        field: Any = self.fields["risk"]
        field.limit_to(organization)


def add_risk_fields(form: forms.BaseForm, matrix: Matrix) -> RatingPicker:
    """Add the fields of a risk that is made of findings, and return the picker of its rating."""
    form.fields["title"] = forms.CharField(
        label=_("Title"), max_length=255, widget=forms.TextInput({"dir": "auto"})
    )
    form.fields["description"] = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )
    return add_rating(form, matrix)


def add_rating(form: forms.BaseForm, matrix: Matrix) -> RatingPicker:
    """Add the fields of likelihood and impact, and return their picker."""
    for name, label, labels in (
        ("inherent_likelihood", _("Likelihood"), matrix.likelihood_labels),
        ("inherent_impact", _("Impact"), matrix.impact_labels),
    ):
        form.fields[name] = rating_field(label, labels)
        form.fields[name].required = True
    return RatingPicker(form, "inherent", matrix)


def initial_of_risk(suggested: SuggestedRisk) -> dict[str, Any]:
    """Return what the fields of a risk are filled with."""
    return {
        "title": suggested.title,
        "description": suggested.description,
        "inherent_likelihood": suggested.likelihood,
        "inherent_impact": suggested.impact,
    }


def risk_fields(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the risk as the services take them."""
    return {
        "title": cleaned["title"],
        "description": cleaned["description"],
        "likelihood": cleaned["inherent_likelihood"],
        "impact": cleaned["inherent_impact"],
    }


class RiskOfFindingsForm(PageForm):
    """The risk that is made of a finding, filled with what it suggests."""

    service_fields = {"likelihood": "inherent_likelihood", "impact": "inherent_impact"}
    version = VersionField(required=False)

    def __init__(
        self, matrix: Matrix, suggested: SuggestedRisk, version: int | None, data: Any = None
    ) -> None:
        super().__init__(data, initial={**initial_of_risk(suggested), "version": version})
        self.picker = add_risk_fields(self, matrix)
