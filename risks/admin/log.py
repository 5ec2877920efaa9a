"""Changes and the score ledger, to read: only triggers of the database write them."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Role
from openrisk.admin.site import InfinitePaginator, ModelAdmin, RelatedFilter, site
from openrisk.database.labels import model_of_label
from risks.admin.display import level_badge
from risks.admin.history import describe_changes, model_label
from risks.history.recorded_models import recorded_models
from risks.models import Change, ChangeAction, ScoreChange


class ReadOnlyAdmin(ModelAdmin):
    change_role = None
    list_per_page = 100
    paginator = InfinitePaginator  # counting a history takes longer than showing a page of it
    actions = None

    def shows_history(self, request: HttpRequest) -> bool:
        return False


class ModelFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = sorted({recorded.label for recorded in recorded_models()})
        return [(label, _kind(label)) for label in labels]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(model=self.value()) if self.value() else None


def _kind(label: str) -> str:
    return model_label(label).capitalize()


@admin.register(Change, site=site)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("at", "who", "action", "kind", "fields_changed", "comment", "organization")
    list_select_related = ("actor",)
    list_filter = (ModelFilter, "action", ("organization", RelatedFilter))
    ordering = ("-id",)
    fields = ("at", "who", "action", "row", "difference", "comment", "request_id", "run_id")
    readonly_fields = ("who", "row", "difference")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Who became a member is for administrators to see."""
        allowed = get_access(request)
        changes = super().get_queryset(request)
        if allowed.superuser:
            return changes
        administered = allowed.organizations(Role.ADMIN)
        return changes.filter(~Q(model="accounts.membership") | Q(organization__in=administered))

    @admin.display(description="who", ordering=None)
    def who(self, change: Change) -> str:
        return str(change.actor) if change.actor else "System"

    def kind(self, change: Change) -> str:
        return _kind(change.model)

    @admin.display(description="fields")
    def fields_changed(self, change: Change) -> str:
        if change.action != ChangeAction.UPDATED:
            return "-"
        return ", ".join(change.changes)

    def row(self, change: Change) -> SafeString | str:
        """The changed row, where it is still there to look at."""
        model = model_of_label(change.model)
        found = model._default_manager.filter(pk=change.object_id).first()
        if found is None:
            return f"{_kind(change.model)} {change.object_id}, deleted"
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        try:
            return format_html('<a href="{}">{}</a>', reverse(name, args=[found.pk]), found)
        except NoReverseMatch:
            return str(found)  # it has no page of its own

    def difference(self, change: Change) -> SafeString:
        [told] = describe_changes([change])
        return format_html_join(
            "",
            "<div><b>{}</b>: {} → {}</div>",
            ((d.label, d.before, d.after) for d in told.differences),
        )


@admin.register(ScoreChange, site=site)
class ScoreChangeAdmin(ReadOnlyAdmin):
    list_display = ("at", "risk", "status", "level", "treatment", "deleted", "organization")
    list_select_related = ("risk",)
    list_filter = ("current_level", "status", ("organization", RelatedFilter))
    ordering = ("-id",)
    fields = ("at", "risk", "status", "level", "treatment", "next_review_at", "deleted")
    readonly_fields = ("risk", "level")

    @admin.display(description="level")
    def level(self, row: ScoreChange) -> SafeString:
        return level_badge(row.current_level, row.current_score)
