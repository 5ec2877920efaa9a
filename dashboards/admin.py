"""Scheduled reports in Django admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from dashboards.models import ChecklistDismissal, DocumentSettings, ReportSchedule
from dashboards.pages.reports.forms import (
    FIRST_OF_MONTH,
    FREQUENCIES,
    TimingFields,
    initial_words,
)
from dashboards.schedules import editing
from dashboards.schedules.timing import Timing
from dashboards.start import checklist
from openrisk.accounts.models import Role
from openrisk.admin.site import LinesField, RelatedFilter, UnfoldAdminSelectWidget, site
from risks.admin.base import RegisterAdmin
from risks.admin.forms import RegisterForm


class ReportScheduleForm(TimingFields, RegisterForm):
    """The row with its times as the pages ask for them."""

    frequency = forms.ChoiceField(
        label=_("When"), choices=FREQUENCIES, widget=UnfoldAdminSelectWidget
    )
    recipients = LinesField(
        help_text="E-mail addresses of members, one per line. Administrators may enter other "
        "addresses. Recipients see each other's addresses."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        timing = FIRST_OF_MONTH if self.instance._state.adding else self.instance.timing
        self.initial.update(initial_words(timing))

    def clean(self) -> dict[str, Any]:
        self.timing = self.clean_timing()
        return super().clean()

    def stored_timing(self) -> Timing | None:
        return None if self.instance._state.adding else self.instance.timing

    def row_fields(self) -> set[str]:
        return super().row_fields() - set(TimingFields.base_fields)

    def values(self) -> dict[str, Any]:
        return super().values() | self.timing_values()

    def changes(self) -> dict[str, Any]:
        stored = self.stored_timing()
        return super().changes() | (self.timing_values() if self.timing != stored else {})


@admin.register(ReportSchedule, site=site)
class ReportScheduleAdmin(RegisterAdmin):
    form = ReportScheduleForm
    create = staticmethod(editing.create_schedule)
    update = staticmethod(editing.update_schedule)
    list_display = (
        "__str__",
        "when_in_words",
        "active",
        "next_run_at",
        "last_sent_at",
        "organization",
    )
    list_select_related = ("board",)
    search_fields = ("board__name", "author__name", "author__email")
    list_filter = ("active", ("organization", RelatedFilter))
    readonly_fields = (
        *RegisterAdmin.readonly_fields,
        *("author", "next_run_at", "last_sent_at", "last_recipients", "last_error"),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "board" and field is not None:
            field.queryset = field.queryset.filter(Q(shared=True) | Q(owner=request.user))
        return field

    def sections(self, obj: ReportSchedule | None) -> list[Any]:
        fields = ["dashboard", "board", "recipients", *TimingFields.base_fields, "period", "active"]
        results = ["author", "next_run_at", "last_sent_at", "last_recipients", "last_error"]
        return [(None, {"fields": [*fields, *(results if obj else [])]})]


@admin.register(DocumentSettings, site=site)
class DocumentSettingsAdmin(RegisterAdmin):
    """The logo is uploaded on the page of the settings, which checks it."""

    change_role = Role.ADMIN
    list_display = ("organization", "confidentiality", "updated_at")
    list_filter = (("organization", RelatedFilter),)
    search_fields = ("organization__name", "confidentiality")
    readonly_fields = (*RegisterAdmin.readonly_fields, "logo_digest")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def sections(self, obj: DocumentSettings | None) -> list[Any]:
        return [(None, {"fields": ["confidentiality", "logo_digest"]})]


@admin.register(ChecklistDismissal, site=site)
class ChecklistDismissalAdmin(RegisterAdmin):
    """Deleting the row shows the checklist again."""

    list_display = ("organization", "dismissed_by", "created_at")
    list_select_related = ("dismissed_by",)
    list_filter = (("organization", RelatedFilter),)
    search_fields = ("organization__name",)
    readonly_fields = ("belongs_to", "dismissed_by", "created_at")
    delete = staticmethod(checklist.show_again)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": self.readonly_fields})]
