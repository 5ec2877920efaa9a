"""Mitigations with their actions, and acceptances, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from openrisk.accounts.models import User
from openrisk.admin.site import RelatedFilter, UnfoldBooleanSwitchWidget, site
from openrisk.pages.forms import parse_version
from risks.admin.base import RegisterAdmin, RowInline
from risks.admin.display import level_badge, progress_bar
from risks.admin.forms import RowForm
from risks.admin.steps import StepButton
from risks.models import (
    Acceptance,
    AcceptanceStatus,
    Mitigation,
    MitigationAction,
    MitigationStatus,
)
from risks.models.mitigations import progress_of
from risks.services import acceptances as acceptance_services
from risks.services import mitigations as services


class ActionForm(RowForm):
    done = forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["done"] = self.instance.done


class ActionInline(RowInline):
    model = MitigationAction
    fk_name = "mitigation"
    form = ActionForm
    fields = ("order", "title", "assignee", "due_date", "done", "waits_for", "seen_version")
    readonly_fields = ("waits_for",)
    update = staticmethod(services.update_action)

    def create(self, actor: User, parent: Mitigation, **fields: Any) -> MitigationAction:
        done = fields.pop("done")
        action = services.create_action(actor=actor, mitigation=parent, **fields)
        return services.update_action(actor=actor, instance=action, done=True) if done else action

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("depends_on")

    def waits_for(self, action: MitigationAction) -> str:
        if action._state.adding:
            return "-"
        return ", ".join(str(other) for other in action.depends_on.all()) or "-"


class OverdueFilter(admin.SimpleListFilter):
    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The mitigations that the overview counts, which links here."""
        return queryset.without_draft_risks().overdue() if self.value() == "overdue" else None


@admin.register(Mitigation, site=site)
class MitigationAdmin(RegisterAdmin):
    create = staticmethod(services.create_mitigation)
    update = staticmethod(services.update_mitigation)
    inlines = (ActionInline,)
    list_display = (
        "reference",
        "title",
        "risk",
        "status",
        "progress",
        "priority_badge",
        "owner",
        "due_date_label",
        "organization",
    )
    list_display_links = ("reference", "title")
    list_select_related = ("risk", "owner")
    list_filter = ("status", "priority", OverdueFilter, ("organization", RelatedFilter))
    search_fields = ("title", "reference")
    ordering = ("-number", "id")
    autocomplete_fields = ("risk",)
    validation_fields = (
        *("implemented_by", "implemented_at", "validation"),
        *("validated_by", "validated_at", "validation_reason"),
    )
    readonly_fields = (
        *RegisterAdmin.readonly_fields,
        *("reference", "status", "progress"),
        *validation_fields,
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_progress()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, "risk") if obj else self.readonly_fields

    def sections(self, obj: Mitigation | None) -> list[Any]:
        state = ["reference", "status", "progress"] if obj else []
        dates = ("start_date", "due_date")
        sections: list[Any] = [
            (None, {"fields": [*state, "risk", "title", "description", "priority"]}),
            ("Plan", {"fields": ["owner", dates, ("cost", "currency"), "effectiveness"]}),
        ]
        if obj is not None and obj.implemented_at:
            sections.append(("Validation", {"fields": self.validation_fields}))
        return sections

    def progress(self, mitigation: Any) -> SafeString:
        total, done = mitigation.actions_total, mitigation.actions_done
        return progress_bar(progress_of(mitigation.status, done, total))

    @admin.display(description="priority", ordering="priority")
    def priority_badge(self, mitigation: Mitigation) -> SafeString:
        return level_badge(mitigation.priority)

    @admin.display(description="due", ordering="due_date")
    def due_date_label(self, mitigation: Mitigation) -> str:
        if mitigation.due_date is None:
            return "-"
        overdue = mitigation.is_overdue(timezone.now().date())
        return f"{mitigation.due_date}{' (overdue)' if overdue else ''}"

    def history_ids(self, obj: Mitigation) -> list[Any]:
        return [obj.pk, *obj.actions.values_list("pk", flat=True)]

    def step_buttons(self, obj: Mitigation) -> list[StepButton]:
        buttons = [
            StepButton(to, f"Move to {MitigationStatus(to).label}")
            for to in services.TRANSITIONS[obj.status]
        ]
        if obj.status == MitigationStatus.REVIEW:
            buttons.append(StepButton("not_effective", "Not effective"))
        return buttons

    def take_step(self, request: HttpRequest, obj: Mitigation, name: str, **known: Any) -> None:
        if name == "not_effective":
            known |= {"actor": request.user, "mitigation": obj}
            services.validate_mitigation(effective=False, **known)
            return
        services.set_status(actor=request.user, mitigation=obj, to=name, **known)  # type: ignore[arg-type]


@admin.register(Acceptance, site=site)
class AcceptanceAdmin(RegisterAdmin):
    """Acceptances are requested by a form and decided by buttons, never edited or deleted."""

    list_display = ("risk", "status", "requester", "approver", "expires_at", "organization")
    list_select_related = ("risk", "requester", "approver")
    list_filter = ("status", ("organization", RelatedFilter))
    search_fields = ("risk__title", "justification")
    ordering = ("-created_at", "-id")
    autocomplete_fields = ("risk",)
    decision_fields = ("status", "requester", "approver", "decided_at", "decision_comment")
    request_fields = ("risk", "justification", "conditions", "expires_at")
    basis_fields = (
        *("requested_score", "requested_level", "requested_title"),
        "changes_since_request",
    )
    readonly_fields = (*RegisterAdmin.readonly_fields, *decision_fields, *basis_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def sections(self, obj: Acceptance | None) -> list[Any]:
        sections: list[Any] = [(None, {"fields": self.request_fields})]
        if obj is not None:
            sections.append(("Risk", {"fields": self.basis_fields}))
            sections.append(("Decision", {"fields": self.decision_fields}))
        return sections

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, *self.request_fields) if obj else self.readonly_fields

    @staticmethod
    def create(*, actor: User, organization: Any, **fields: Any) -> Acceptance:
        return acceptance_services.request_acceptance(actor=actor, **fields)

    def step_buttons(self, obj: Acceptance) -> list[StepButton]:
        warnings = acceptance_services.WARNINGS
        revoke = [StepButton("revoke", "Revoke", warning=warnings["revoke"])]
        if obj.status == AcceptanceStatus.REQUESTED:
            approve = StepButton("approve", "Approve", warning=warnings["approve"])
            return [approve, StepButton("reject", "Reject"), *revoke]
        return revoke if obj.status == AcceptanceStatus.APPROVED else []

    def take_step(self, request: HttpRequest, obj: Acceptance, name: str, **known: Any) -> None:
        known |= {"actor": request.user, "acceptance": obj}
        if name == "revoke":
            acceptance_services.revoke_acceptance(**known)
        elif name == "reject":
            acceptance_services.decide_acceptance(approve=False, **known)
        else:
            seen = parse_version(request.POST.get("risk_version", ""))
            acceptance_services.decide_acceptance(approve=True, risk_version=seen, **known)

    def step_inputs(self, obj: Acceptance) -> dict[str, Any]:
        """Send the version of the risk, so that only the risk on the page is approved."""
        return {"risk_version": obj.risk.version}

    @admin.display(description="since the request")
    def changes_since_request(self, obj: Acceptance) -> str:
        return " ".join(obj.changes_since_request) or "The risk has not changed."
