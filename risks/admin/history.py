"""The history in the admin: the page of one row, the list of all changes, and the score ledger.

All of it is for reading only: triggers of the database write the history.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Role
from openrisk.admin.site import InfinitePaginator, ModelAdmin, RelatedFilter, site
from openrisk.database.labels import model_of_label
from risks.admin.display import level_badge
from risks.history.descriptions import find_column
from risks.history.entries import COLUMNS, HistoryEntry, describe_actions, load_history
from risks.history.reading import normalize_changes
from risks.history.recorded_models import recorded_models
from risks.history.sentences import Subject
from risks.models import Change, ChangeAction, ScoreChange


def model_label(label: str) -> str:
    """The name of one row of a model, e.g. "risk" for risks.risk."""
    return str(model_of_label(label)._meta.verbose_name)


def render_history(
    model_admin: Any, request: HttpRequest, obj: Any, ids: Iterable[Any]
) -> HttpResponse:
    """Render the actions on the rows with these ids, which make up the history of `obj`."""
    before = request.GET.get("before", "")
    main = Subject(f"the {model_admin.opts.verbose_name}", is_main=True)
    history = load_history(
        {**dict.fromkeys(ids), obj.pk: main},
        int(before) if before.isdecimal() and len(before) <= 18 else None,
    )
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"History of {obj}",
        "history": history,
        "before": before,
        "object": obj,
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, model_admin.object_history_template, context)


def describe_change(change: Change) -> HistoryEntry | None:
    """Describe one change, once; None where it says nothing to a person."""
    described: Any = change
    if not hasattr(described, "_entries"):
        row = {name: getattr(change, name) for name in COLUMNS}
        described._entries = describe_actions([row], {})
    return next(iter(described._entries), None)


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
        return [(label, model_label(label).capitalize()) for label in labels]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(model=self.value()) if self.value() else None


@admin.register(Change, site=site)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = (
        *("at", "actor_label", "action", "kind_label", "changed_fields", "comment"),
        "organization",
    )
    list_select_related = ("actor",)
    list_filter = (ModelFilter, "action", ("organization", RelatedFilter))
    ordering = ("-id",)
    fields = (
        *("at", "sentence", "actor_label", "action", "row_link", "field_changes", "comment"),
        *("request_id", "run_id"),
    )
    readonly_fields = ("sentence", "actor_label", "row_link", "field_changes")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out changes of members, except for administrators."""
        allowed = get_access(request)
        changes = super().get_queryset(request)
        if allowed.superuser:
            return changes
        administered = allowed.organizations(Role.ADMIN)
        return changes.filter(~Q(model="accounts.membership") | Q(organization__in=administered))

    @admin.display(description="who", ordering=None)
    def actor_label(self, change: Change) -> str:
        return str(change.actor) if change.actor else "System"

    @admin.display(description="kind")
    def kind_label(self, change: Change) -> str:
        return model_label(change.model).capitalize()

    @admin.display(description="fields")
    def changed_fields(self, change: Change) -> str:
        if change.action != ChangeAction.UPDATED:
            return "-"
        names = normalize_changes(change.model, change.changes)
        return ", ".join(find_column(change.model, name)[0] for name in names)

    @admin.display(description="change")
    def sentence(self, change: Change) -> str:
        entry = describe_change(change)
        return f"{entry.actor} {entry.source} {entry.sentence}" if entry else "-"

    @admin.display(description="row")
    def row_link(self, change: Change) -> SafeString | str:
        """A link to the changed row, if it still exists and has a page."""
        model = model_of_label(change.model)
        row = model._default_manager.filter(pk=change.object_id).first()
        if row is None:
            return f"{self.kind_label(change)} {change.object_id}, deleted"
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        try:
            return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), row)
        except NoReverseMatch:
            return str(row)

    @admin.display(description="difference")
    def field_changes(self, change: Change) -> SafeString:
        entry = describe_change(change)
        fields = entry.changes[0].fields if entry and entry.changes else []
        return format_html_join(
            "",
            "<div><b>{}</b>: {} → {}</div>",
            ((field.label, field.before or "-", field.after or "-") for field in fields),
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
    def level(self, score_change: ScoreChange) -> SafeString:
        return level_badge(score_change.current_level, score_change.current_score)
