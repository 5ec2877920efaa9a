"""The pages of scheduled reports, under /o/<organization>/reports/."""

from django.urls import path

from dashboards.pages.reports import editing, listing, steps

urlpatterns = [
    path("", listing.report_list, name="reports"),
    path("new/", editing.new_report, name="report-new"),
    path("times/", editing.preview_times, name="report-times"),
    path("<uuid:pk>/", listing.report_page, name="report"),
    path("<uuid:pk>/edit/", editing.edit_report, name="report-edit"),
    path("<uuid:pk>/send/", steps.send_to_me, name="report-send"),
    path("<uuid:pk>/pause/", steps.change_pause, name="report-pause"),
    path("<uuid:pk>/delete/", steps.delete_report, name="report-delete"),
]
