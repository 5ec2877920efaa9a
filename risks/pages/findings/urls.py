"""The pages of findings, under /o/<organization>/findings/."""

from django.urls import path

from risks.models import BulkSubject
from risks.pages.bulk_changes.changes import bulk_change
from risks.pages.findings import finding, finding_list, rules, steps

urlpatterns = [
    path("", finding_list.finding_list, name="finding-list"),
    path("export/", finding_list.export_findings, name="finding-export"),
    path("filters/<slug:name>/", finding_list.choose_values, name="finding-filter"),
    path("rules/", rules.rule_list, name="finding-rules"),
    path("rules/new/", rules.new_rule, name="finding-rule-new"),
    path("rules/propose/", rules.propose_now, name="finding-rules-propose"),
    path("rules/<uuid:pk>/", rules.edit_rule, name="finding-rule"),
    path("rules/<uuid:pk>/delete/", rules.delete_rule, name="finding-rule-delete"),
    path("bulk/", bulk_change, {"subject": BulkSubject.FINDING}, name="finding-bulk"),
    path("<uuid:pk>/", finding.finding_page, name="finding-page"),
    path("<uuid:pk>/menu/", finding.finding_menu, name="finding-menu"),
    path("<uuid:pk>/accept/", steps.accept_finding, name="finding-accept"),
    path("<uuid:pk>/false-positive/", steps.reject_finding, name="finding-false-positive"),
    path("<uuid:pk>/reopen/", steps.reopen_finding, name="finding-reopen"),
    path("<uuid:pk>/attach/", steps.attach_finding, name="finding-attach"),
    path("<uuid:pk>/detach/", steps.detach_finding, name="finding-detach"),
    path("<uuid:pk>/risk/", steps.make_risk, name="finding-make-risk"),
]
