"""Deleted items in the admin: they are restored, or deleted for good, by the same services."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Role
from openrisk.admin.refusals import REFUSALS, refusal_sentence
from openrisk.admin.site import RelatedFilter, site
from risks.admin.bulk import apply_to_all, bulk_action_page
from risks.admin.history import ReadOnlyAdmin
from risks.models import DeletedItem
from risks.services.deletion import describe_deleted_parts
from risks.services.workspace import deleted_items


@admin.register(DeletedItem, site=site)
class DeletedItemAdmin(ReadOnlyAdmin):
    list_display = (
        *("label", "kind_name", "parts_in_words", "deleted_at", "deleted_by", "expires_at"),
        "organization",
    )
    list_select_related = ("deleted_by",)
    list_filter = ("kind", ("organization", RelatedFilter))
    search_fields = ("label",)
    ordering = ("-deleted_at", "-id")
    fields = (
        *("label", "kind_name", "parts_in_words", "deleted_at", "deleted_by", "expires_at"),
        "batch",
    )
    readonly_fields = ("kind_name", "parts_in_words")
    actions: Any = ("restore_selected", "delete_selected_for_good")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what was restored, and what only another person saw."""
        seen = Q(is_private=False) | Q(deleted_by=request.user.pk)
        return super().get_queryset(request).waiting(timezone.now()).filter(seen)

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_name(self, item: DeletedItem) -> str:
        return item.kind_label

    @admin.display(description=gettext_lazy("deleted with it"))
    def parts_in_words(self, item: DeletedItem) -> str:
        return describe_deleted_parts(item) or "-"

    def has_administer_permission(self, request: HttpRequest) -> bool:
        """Return whether the person administers an organization."""
        return bool(self.administered(request))

    def administered(self, request: HttpRequest) -> Any:
        return get_access(request).organizations(Role.ADMIN)

    @admin.action(description=gettext_lazy("Restore"), permissions=["view"])
    def restore_selected(self, request: HttpRequest, queryset: Any) -> None:
        restored = 0
        for item in queryset.order_by("deleted_at", "pk"):
            try:
                restoration = deleted_items.restore_item(actor=request.user, item=item)  # type: ignore[arg-type]
            except REFUSALS as refusal:
                self.message_user(
                    request, f"{item.label}: {refusal_sentence(refusal)}", messages.ERROR
                )
                continue
            restored += 1
            for note in restoration.notes:
                self.message_user(request, f"{item.label}: {note}", messages.WARNING)
        if restored:
            text = ngettext("Restored %s item.", "Restored %s items.", restored) % restored
            self.message_user(request, text, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Delete for good"), permissions=["administer"])
    def delete_selected_for_good(self, request: HttpRequest, queryset: Any) -> Any:
        def delete(item: DeletedItem) -> None:
            deleted_items.delete_for_good(actor=request.user, item=item)  # type: ignore[arg-type]

        return bulk_action_page(
            self,
            request,
            queryset.filter(organization__in=self.administered(request)),
            title=lambda number: _("Delete for good: this cannot be undone"),
            form=forms.Form,
            apply=lambda items, answers: apply_to_all(
                self, request, items, delete, "deleted for good"
            ),
        )
