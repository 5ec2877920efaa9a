"""Apps, runs, packs, reviews and publishers in Django admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from marketplace import tasks
from marketplace.installations import lifecycle, reviews
from marketplace.models import (
    AppState,
    InstalledApp,
    InstalledPack,
    PackStatus,
    Review,
    SyncRun,
    TrustedPublisher,
)
from marketplace.packs import installation
from marketplace.registry import available_connectors
from marketplace.sync import runs
from openrisk.accounts.models import Role
from openrisk.admin.site import FilteredModelAdmin, RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.admin.steps import StepAdmin, StepButton


class OrganizationAdministratorAdmin(RegisterAdmin):
    """Administrators of the organization may change rows; others may look."""

    change_role = Role.ADMIN
    actions: tuple[Any, ...] = ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(InstalledApp, site=site)
class AppAdmin(OrganizationAdministratorAdmin):
    """The configuration with its secrets is entered on the app's own page, by its schema."""

    create = staticmethod(lifecycle.install_app)
    update = staticmethod(lifecycle.configure_app)
    list_display = ("name", "connector", "state", "next_run_at", "organization")
    list_filter = ("state", "connector", ("organization", RelatedFilter))
    search_fields = ("name", "connector")
    derived = (
        *("state", "reason", "settings", "tested_at", "test_queued_at"),
        *("enabled_at", "next_run_at"),
    )
    readonly_fields = (*RegisterAdmin.readonly_fields, *derived)

    def sections(self, obj: InstalledApp | None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ["connector", "name"]})]
        return [(None, {"fields": ["connector", "name", "cron", "mode", *self.derived]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ("connector", "name") if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "connector":
            choices = [(c.slug, c.name) for c in available_connectors().values()]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def step_buttons(self, obj: InstalledApp) -> list[StepButton]:
        if obj.state == AppState.UNINSTALLED:
            return []
        unready = [] if obj.tested_at else ["test it first"]
        working = [] if obj.enabled_at else ["it is not enabled"]
        empty = obj.state == AppState.NOT_CONFIGURED
        return [
            StepButton("test", "Test", ["configure it first, on its page"] if empty else []),
            StepButton("enable", "Enable", unready),
            StepButton("disable", "Disable", working),
            StepButton("uninstall", "Uninstall", warning=lifecycle.UNINSTALL_WARNING),
        ]

    def take_step(self, request: HttpRequest, obj: InstalledApp, name: str, **known: Any) -> None:
        action = {
            "test": tasks.enqueue_test,
            "enable": lifecycle.enable_app,
            "disable": lifecycle.disable_app,
            "uninstall": lifecycle.uninstall_app,
        }[name]
        action(actor=request.user, app=obj)  # type: ignore[operator, arg-type]
        if name == "test":
            message = "A worker tests the app. Reload this page to see what came of it."
            self.message_user(request, message)


class ReadOnlyPackAdmin(OrganizationAdministratorAdmin):
    """Rows that only services write: shown here with buttons for what can be done."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def sections(self, obj: Any) -> list[Any]:
        return [(None, {"fields": self.shown_fields})]

    shown_fields: tuple[str, ...] = ()


@admin.register(SyncRun, site=site)
class SyncRunAdmin(StepAdmin):
    change_role = None
    step_comment = False
    actions = None
    shown_fields = (
        *("app", "status", "mode", "actor", "schedule", "file_name", "items", "counts"),
        *("failure", "error", "attempts", "log", "started_at", "finished_at"),
    )
    list_display = ("app", "status", "mode", "created_at", "finished_at", "organization")
    search_fields = ("app__name", "file_name")
    list_select_related = ("app",)
    list_filter = ("status", "mode", ("organization", RelatedFilter))
    ordering = ("-created_at", "-id")
    fields = (*shown_fields, "belongs_to", "created_at")
    readonly_fields = fields

    def may_step(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_view_permission(request, obj)

    @admin.display(description="organization")
    def belongs_to(self, run: SyncRun) -> str:
        return str(run.organization)

    def shows_history(self, request: HttpRequest) -> bool:
        return False

    def step_buttons(self, obj: SyncRun) -> list[StepButton]:
        if obj.status in ("previewed", "quarantined"):
            return [StepButton("apply", "Import now", warning=runs.APPLY_WARNING)]
        undo = StepButton("undo", "Undo", warning=runs.UNDO_WARNING)
        return [undo] if obj.status == "applied" else []

    def take_step(self, request: HttpRequest, obj: SyncRun, name: str, **known: Any) -> None:
        action = runs.apply_run if name == "apply" else runs.undo_run
        action(actor=request.user, sync_run=obj)  # type: ignore[arg-type]


@admin.register(InstalledPack, site=site)
class InstalledPackAdmin(ReadOnlyPackAdmin):
    shown_fields = ("pack", "name", "pack_version", "publisher", "licence", "trust", "status")
    list_display = ("name", "pack_version", "publisher", "trust", "status", "organization")
    search_fields = ("name", "pack")
    list_filter = ("status", "trust", ("organization", RelatedFilter))
    readonly_fields = (*RegisterAdmin.readonly_fields, *shown_fields)

    def step_buttons(self, obj: InstalledPack) -> list[StepButton]:
        steps = []
        if installation.applied_changes(obj).exists():
            steps.append(
                StepButton("roll_back", "Roll back", warning=installation.ROLL_BACK_WARNING)
            )
        if obj.status == PackStatus.INSTALLED:
            steps.append(
                StepButton("uninstall", "Uninstall", warning=installation.UNINSTALL_WARNING)
            )
        return steps

    def take_step(self, request: HttpRequest, obj: InstalledPack, name: str, **known: Any) -> None:
        action = installation.roll_back_pack if name == "roll_back" else installation.uninstall_pack
        action(actor=request.user, installed=obj)  # type: ignore[arg-type]


@admin.register(Review, site=site)
class ReviewAdmin(OrganizationAdministratorAdmin):
    change_role = Role.ANALYST
    create = staticmethod(reviews.create_review)
    update = staticmethod(reviews.update_review)
    fields = ("connector", "rating", "text")
    list_display = ("connector", "rating", "author", "created_at", "organization")
    search_fields = ("connector", "text")
    list_select_related = ("author",)
    list_filter = ("connector", ("organization", RelatedFilter))


@admin.register(TrustedPublisher, site=site)
class TrustedPublisherAdmin(FilteredModelAdmin):
    """Publishers that the whole installation trusts: for superusers."""

    list_display = ("name", "key", "added_at")
    search_fields = ("name",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_view_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission
