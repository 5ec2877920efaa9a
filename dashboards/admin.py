"""Scheduled reports in Django admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from dashboards.models import ChecklistDismissal, ReportSchedule
from dashboards.schedules import editing
from dashboards.start import checklist
from openrisk.admin.site import LinesField, RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.admin.forms import RegisterForm


class ReportScheduleForm(RegisterForm):
    recipients = LinesField(
        help_text="E-mail addresses of members, one per line. Administrators may enter other "
        "addresses. Recipients see each other's addresses."
    )


@admin.register(ReportSchedule, site=site)
class ReportScheduleAdmin(RegisterAdmin):
    form = ReportScheduleForm
    create = staticmethod(editing.create_schedule)
    update = staticmethod(editing.update_schedule)
    list_display = ("__str__", "cron", "active", "next_run_at", "last_sent_at", "organization")
    list_select_related = ("board",)
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
        fields = ["dashboard", "board", "recipients", "cron", "period", "active"]
        results = ["author", "next_run_at", "last_sent_at", "last_recipients", "last_error"]
        return [(None, {"fields": [*fields, *(results if obj else [])]})]


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
