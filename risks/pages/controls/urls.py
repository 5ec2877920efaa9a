"""The pages of controls, under /o/<organization>/controls/."""

from django.urls import path

from risks.models import BulkSubject
from risks.pages.bulk_changes.changes import bulk_change
from risks.pages.controls import control, control_list, coverage, editing, files

urlpatterns = [
    path("", control_list.control_list, name="controls"),
    path("export/", files.export_controls, name="controls-export"),
    path("statement/", files.upload_statement, name="controls-statement"),
    path("coverage/", coverage.coverage_page, name="coverage"),
    path("coverage/export/", coverage.export_coverage, name="coverage-export"),
    path("bulk/", bulk_change, {"subject": BulkSubject.CONTROL}, name="controls-bulk"),
    path("new/", editing.new_control, name="control-new"),
    path("frameworks/new/", editing.new_framework, name="framework-new"),
    path("frameworks/<uuid:pk>/edit/", editing.edit_framework, name="framework-edit"),
    path("frameworks/<uuid:pk>/delete/", editing.delete_framework, name="framework-delete"),
    path("<uuid:pk>/", control.control_page, name="control"),
    path("<uuid:pk>/status/", control.change_status, name="control-status"),
    path("<uuid:pk>/risks/", control.add_risks, name="control-risks"),
    path("<uuid:pk>/risks/<uuid:risk>/remove/", control.remove_risk, name="control-risk-remove"),
    path("<uuid:pk>/edit/", editing.edit_control, name="control-edit"),
    path("<uuid:pk>/delete/", editing.delete_control, name="control-delete"),
]
