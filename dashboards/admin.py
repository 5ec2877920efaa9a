"""Scheduled reports in Django admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from dashboards import services
from dashboards.models import ReportSchedule
from openrisk.admin_site import LinesField, RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.admin.forms import RegisterForm


class ReportScheduleForm(RegisterForm):
    recipients = LinesField(help_text="E-mail addresses, one a line. Each sees the others.")


@admin.register(ReportSchedule, site=site)
class ReportScheduleAdmin(RegisterAdmin):
    form = ReportScheduleForm
    create = staticmethod(services.create_schedule)
    update = staticmethod(services.update_schedule)
    list_display = ("__str__", "cron", "active", "next_run_at", "last_sent_at", "organization")
    list_select_related = ("board",)
    list_filter = ("active", ("organization", RelatedFilter))
    readonly_fields = (
        *RegisterAdmin.readonly_fields,
        *("next_run_at", "last_sent_at", "last_error"),
    )

    def sections(self, obj: ReportSchedule | None) -> list[Any]:
        fields = ["dashboard", "board", "recipients", "cron", "period", "active"]
        seen = ["next_run_at", "last_sent_at", "last_error"] if obj else []
        return [(None, {"fields": [*fields, *seen]})]

    def shows_history(self, request: HttpRequest) -> bool:
        return False
