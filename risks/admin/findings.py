"""Findings, the rules that propose risks from them, and the proposals."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from openrisk.admin.site import RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.admin.display import level_badge
from risks.admin.steps import StepButton
from risks.models import (
    Finding,
    FindingRule,
    LikelihoodSuggestion,
    ProposalStatus,
    RiskProposal,
    SuggestionStatus,
)
from risks.services import findings as services
from risks.services import suggestions
from risks.services.rows import create_service_for


@admin.register(Finding, site=site)
class FindingAdmin(RegisterAdmin):
    create = staticmethod(services.create_finding)
    update = staticmethod(services.update_finding)
    list_display = ("rule", "title", "importance", "state", "asset", "last_seen_at", "organization")
    list_display_links = ("rule", "title")
    list_select_related = ("asset",)
    list_filter = ("severity", "state", "known_exploited", ("organization", RelatedFilter))
    search_fields = ("title",)
    ordering = ("-last_seen_at", "-id")
    autocomplete_fields = ("asset", "risk")
    readonly_fields = (*RegisterAdmin.readonly_fields, "first_seen_at", "last_seen_at", "proposal")

    def sections(self, obj: Finding | None) -> list[Any]:
        seen = ["first_seen_at", "last_seen_at", "proposal"] if obj else []
        return [
            (None, {"fields": ["title", "description", "state", "risk", *seen]}),
            ("Source", {"fields": ["tool", "rule", "asset", "location"]}),
            ("Severity", {"fields": ["severity", "cvss", "epss", "known_exploited"]}),
        ]

    @admin.display(description="severity", ordering="severity")
    def importance(self, finding: Finding) -> SafeString:
        return severity_label(finding.severity, finding.get_severity_display())


def severity_label(severity: str, words: str) -> Any:
    return words if severity == "info" else level_badge(severity)


@admin.register(FindingRule, site=site)
class FindingRuleAdmin(RegisterAdmin):
    create = staticmethod(create_service_for(FindingRule))
    fields = (
        "name",
        "active",
        "minimum_severity",
        "known_exploited",
        "minimum_epss",
        "minimum_criticality",
        "likelihood",
        "impact",
    )
    list_display = ("name", "active", "minimum_severity", "likelihood", "impact", "organization")
    list_filter = ("active", ("organization", RelatedFilter))
    search_fields = ("name",)


@admin.register(RiskProposal, site=site)
class ProposalAdmin(RegisterAdmin):
    """Confirmed or dismissed by buttons; nobody writes one."""

    list_display = ("title", "status", "likelihood", "impact", "created_at", "organization")
    list_filter = ("status", ("organization", RelatedFilter))
    search_fields = ("title",)
    told = ("title", "reason", "key", "rule", "likelihood", "impact")
    decided = ("status", "risk", "decided_at", "decided_by")
    readonly_fields = (*RegisterAdmin.readonly_fields, *told, *decided)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def sections(self, obj: RiskProposal) -> list[Any]:
        return [(None, {"fields": self.told}), ("Decision", {"fields": self.decided})]

    def step_buttons(self, obj: RiskProposal) -> list[StepButton]:
        if obj.status != ProposalStatus.PROPOSED:
            return []
        return [StepButton("confirm", "Confirm as a draft risk"), StepButton("dismiss", "Dismiss")]

    def take_step(self, request: HttpRequest, obj: RiskProposal, name: str, **known: Any) -> None:
        decide = services.confirm_proposal if name == "confirm" else services.dismiss_proposal
        decide(actor=request.user, proposal=obj, comment=known["comment"])  # type: ignore[arg-type]


@admin.register(LikelihoodSuggestion, site=site)
class SuggestionAdmin(RegisterAdmin):
    """What feeds suggest; accepted or dismissed by buttons."""

    list_display = ("risk", "key", "present", "likelihood", "status", "created_at", "organization")
    list_select_related = ("risk",)
    list_filter = ("status", ("organization", RelatedFilter))
    search_fields = ("key",)
    told = ("risk", "key", "present", "likelihood", "reason")
    decided = ("status", "decided_at", "decided_by")
    readonly_fields = (*RegisterAdmin.readonly_fields, *told, *decided)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def sections(self, obj: LikelihoodSuggestion) -> list[Any]:
        return [(None, {"fields": self.told}), ("Decision", {"fields": self.decided})]

    def step_buttons(self, obj: LikelihoodSuggestion) -> list[StepButton]:
        if obj.status != SuggestionStatus.PROPOSED:
            return []
        return [StepButton("accept", "Rate it so"), StepButton("dismiss", "Dismiss")]

    def take_step(
        self, request: HttpRequest, obj: LikelihoodSuggestion, name: str, **known: Any
    ) -> None:
        accept = name == "accept"
        decide = suggestions.accept_suggestion if accept else suggestions.dismiss_suggestion
        decide(actor=request.user, suggestion=obj, comment=known["comment"])  # type: ignore[arg-type]
