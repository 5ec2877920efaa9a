"""Bulk changes in the admin: who changed what on how many rows, and the button to undo one."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from openrisk.admin.site import RelatedFilter, site
from risks.admin.steps import StepAdmin, StepButton
from risks.models import BulkChange, BulkState
from risks.tasks import undo_bulk_change

UNDO_WARNING = (
    "Each row gets its former value again, where no one has changed it since. The others stay."
)


@admin.register(BulkChange, site=site)
class BulkChangeAdmin(StepAdmin):
    """A change is made in the list of risks, undone by a button, and never edited."""

    change_role = None
    step_comment = False
    actions = None
    list_display = ("what", "state", "changed", "actor_label", "created_at", "organization")
    list_select_related = ("actor",)
    list_filter = ("state", "subject", "kind", ("organization", RelatedFilter))
    search_fields = ("value_label", "comment", "actor__email", "actor__name")
    ordering = ("-created_at", "-id")
    fields = (
        *("what", "comment", "state", "changed", "left_out", "error", "belongs_to"),
        *("actor_label", "created_at", "applied_at", "undone_label", "undone_at"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkChange]:
        """Leave out previews, which come to nothing unless they are applied."""
        changes: QuerySet[BulkChange] = super().get_queryset(request)
        return changes.exclude(state=BulkState.PREVIEWED).defer("selection")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_step(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_view_permission(request, obj)

    def step_buttons(self, obj: BulkChange) -> list[StepButton]:
        if obj.state not in (BulkState.APPLIED, BulkState.FAILED):
            return []
        return [StepButton("undo", "Undo", warning=UNDO_WARNING)]

    def take_step(self, request: HttpRequest, obj: BulkChange, name: str, **known: Any) -> None:
        undo_bulk_change(actor=request.user, change=obj)  # type: ignore[arg-type]

    @admin.display(description="change")
    def what(self, change: BulkChange) -> str:
        return str(change)

    @admin.display(description="rows changed")
    def changed(self, change: BulkChange) -> int:
        return int(change.summary["counts"]["changed"])

    @admin.display(description="left out")
    def left_out(self, change: BulkChange) -> str:
        groups = change.summary["refusals"]
        return "; ".join(f"{group['count']}: {group['reason']}" for group in groups) or "-"

    @admin.display(description="made by")
    def actor_label(self, change: BulkChange) -> str:
        return str(change.actor or "-")

    @admin.display(description="undone by")
    def undone_label(self, change: BulkChange) -> str:
        return str(change.undone_by or "-")

    @admin.display(description="organization")
    def belongs_to(self, change: BulkChange) -> str:
        return str(change.organization)
