"""Findings, the rules that propose risks from them, and their proposals, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from openrisk.admin.site import RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.admin.display import level_badge
from risks.admin.forms import RegisterForm
from risks.admin.steps import StepButton
from risks.models import (
    Finding,
    FindingRule,
    LikelihoodSuggestion,
    ProposalStatus,
    RiskProposal,
    Severity,
    SuggestionStatus,
)
from risks.services import findings as services
from risks.services import proposals
from risks.services.triage import rules


@admin.register(Finding, site=site)
class FindingAdmin(RegisterAdmin):
    create = staticmethod(services.create_finding)
    update = staticmethod(services.update_finding)
    list_display = (
        "rule",
        "title",
        "severity_badge",
        "state",
        "asset",
        "last_seen_at",
        "organization",
    )
    list_display_links = ("rule", "title")
    list_select_related = ("asset",)
    list_filter = ("severity", "state", "known_exploited", ("organization", RelatedFilter))
    search_fields = ("title",)
    ordering = ("-last_seen_at", "-id")
    autocomplete_fields = ("asset", "risk")
    decision_fields = ("decision_reason", "decided_by", "decided_at", "decided_until")
    readonly_fields = (
        *RegisterAdmin.readonly_fields,
        *decision_fields,
        "cves_text",
        "components_text",
        "first_seen_at",
        "last_seen_at",
        "proposal",
    )

    def sections(self, obj: Finding | None) -> list[Any]:
        seen = ["first_seen_at", "last_seen_at", "proposal"] if obj else []
        scanned = ["cves_text", "components_text"] if obj else []
        return [
            (None, {"fields": ["title", "description", "state", "risk", *seen]}),
            ("Source", {"fields": ["tool", "rule", "asset", "location", *scanned]}),
            ("Severity", {"fields": ["severity", "cvss", "epss", "known_exploited"]}),
            *([("Decision", {"fields": self.decision_fields})] if obj and obj.decided_at else []),
        ]

    @admin.display(description="CVEs")
    def cves_text(self, finding: Finding) -> str:
        return ", ".join(finding.cves) or "-"

    @admin.display(description="components")
    def components_text(self, finding: Finding) -> str:
        return ", ".join(finding.components) or "-"

    @admin.display(description="severity", ordering="severity")
    def severity_badge(self, finding: Finding) -> SafeString | str:
        if finding.severity == Severity.INFO:
            return finding.get_severity_display()
        return level_badge(finding.severity)


class FindingRuleForm(RegisterForm):
    confirmed = forms.BooleanField(
        required=False,
        label=gettext_lazy("Confirmed"),
        help_text=gettext_lazy("Save it although it would propose very many risks"),
    )


@admin.register(FindingRule, site=site)
class FindingRuleAdmin(RegisterAdmin):
    form = FindingRuleForm
    create = staticmethod(rules.create_rule)
    update = staticmethod(rules.update_rule)
    fields = (
        "name",
        "active",
        "minimum_severity",
        "known_exploited",
        "minimum_epss",
        "minimum_criticality",
        "likelihood",
        "impact",
        "confirmed",
    )
    list_display = ("name", "active", "minimum_severity", "likelihood", "impact", "organization")
    list_filter = ("active", ("organization", RelatedFilter))
    search_fields = ("name",)


@admin.register(RiskProposal, site=site)
class ProposalAdmin(RegisterAdmin):
    """Proposals come from rules; they are confirmed or dismissed by buttons."""

    list_display = ("title", "status", "likelihood", "impact", "created_at", "organization")
    list_filter = ("status", ("organization", RelatedFilter))
    search_fields = ("title",)
    proposal_fields = ("title", "reason", "key", "rule", "likelihood", "impact")
    decision_fields = ("status", "risk", "decided_at", "decided_by")
    readonly_fields = (*RegisterAdmin.readonly_fields, *proposal_fields, *decision_fields)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def sections(self, obj: RiskProposal) -> list[Any]:
        return [
            (None, {"fields": self.proposal_fields}),
            ("Decision", {"fields": self.decision_fields}),
        ]

    def step_buttons(self, obj: RiskProposal) -> list[StepButton]:
        if obj.status != ProposalStatus.PROPOSED:
            return []
        return [StepButton("confirm", "Confirm as a draft risk"), StepButton("dismiss", "Dismiss")]

    def take_step(self, request: HttpRequest, obj: RiskProposal, name: str, **known: Any) -> None:
        decide = proposals.confirm_proposal if name == "confirm" else proposals.dismiss_proposal
        decide(actor=request.user, proposal=obj, comment=known["comment"])  # type: ignore[arg-type]


@admin.register(LikelihoodSuggestion, site=site)
class SuggestionAdmin(RegisterAdmin):
    """Suggestions come from feeds; they are accepted or dismissed by buttons."""

    list_display = ("risk", "key", "present", "likelihood", "status", "created_at", "organization")
    list_select_related = ("risk",)
    list_filter = ("status", ("organization", RelatedFilter))
    search_fields = ("key",)
    suggestion_fields = ("risk", "key", "present", "likelihood", "reason")
    decision_fields = ("status", "decided_at", "decided_by")
    readonly_fields = (*RegisterAdmin.readonly_fields, *suggestion_fields, *decision_fields)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def sections(self, obj: LikelihoodSuggestion) -> list[Any]:
        return [
            (None, {"fields": self.suggestion_fields}),
            ("Decision", {"fields": self.decision_fields}),
        ]

    def step_buttons(self, obj: LikelihoodSuggestion) -> list[StepButton]:
        if obj.status != SuggestionStatus.PROPOSED:
            return []
        return [StepButton("accept", "Apply this rating"), StepButton("dismiss", "Dismiss")]

    def take_step(
        self, request: HttpRequest, obj: LikelihoodSuggestion, name: str, **known: Any
    ) -> None:
        accept = name == "accept"
        decide = proposals.accept_suggestion if accept else proposals.dismiss_suggestion
        decide(actor=request.user, suggestion=obj, comment=known["comment"])  # type: ignore[arg-type]
