"""Relations of risks in the admin: found, and removed. They are added on the page of a risk."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Role
from openrisk.admin.site import RelatedFilter, site
from risks.admin.bulk import apply_to_all, bulk_action_page
from risks.admin.history import ReadOnlyAdmin
from risks.models import RiskRelation
from risks.services.workspace import relations


@admin.register(RiskRelation, site=site)
class RiskRelationAdmin(ReadOnlyAdmin):
    fields = ("risk", "kind", "other", "created_at")
    list_display = ("risk", "kind", "other", "created_at", "organization")
    list_display_links = ("kind",)
    list_select_related = ("risk", "other")
    list_filter = ("kind", ("organization", RelatedFilter))
    search_fields = ("risk__title", "other__title", "risk__reference", "other__reference")
    ordering = ("-created_at", "-id")
    actions: Any = ("remove_selected",)

    def has_write_permission(self, request: HttpRequest) -> bool:
        return get_access(request).has_role(Role.MANAGER, None)

    @admin.action(description=gettext_lazy("Remove"), permissions=["write"])
    def remove_selected(self, request: HttpRequest, queryset: Any) -> Any:
        def remove(relation: RiskRelation) -> None:
            relations.remove_relation(actor=request.user, instance=relation)  # type: ignore[arg-type]

        return bulk_action_page(
            self,
            request,
            queryset.select_related("risk", "other"),
            title=lambda number: _("Remove relations"),
            form=forms.Form,
            apply=lambda rows, answers: apply_to_all(self, request, rows, remove, "removed"),
        )
