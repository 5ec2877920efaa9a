"""Every form of a page: its address, what is sent, and the service that refuses it.

`test_forms.py` goes through the table. "{asset}" and the like in an address are filled in there.
"""

from datetime import timedelta

from django.utils import timezone

from risks.models import Matrix
from risks.pages.settings.matrix_fields import initial_values

SOON = str(timezone.now().date() + timedelta(days=9))
RISK = "/o/acme/risks/R-0001/"
MITIGATION = "/o/acme/treatment/M-0001/"
RISKS = "risks.services.risks"
COMMENTS = "risks.services.workspace.comments"
ACCEPTANCES = "risks.services.acceptances"
MITIGATIONS = "risks.services.mitigations"
ATTACHMENTS = "risks.services.workspace.attachments"
FILE = "/o/acme/files/{attachment}/"
INSTALLATIONS = "marketplace.installations.lifecycle"
VIEWS = "risks.services.workspace.saved_views"
QUICK_EDIT = {"treatment": "mitigate", "version": 2}
CONTROLS = "/o/acme/controls/"
ASSETS = "/o/acme/assets/"
ASSET_FIELDS = {"name": "x", "type": "other", "criticality": "low"}
CONTROL_FIELDS = {"framework": "", "identifier": "x", "title": "x", "status": "implemented"}
TRIAGE = "risks.services.triage"
BOARD = {"name": "Ours", "version": 1, "action": "save"}
REPORT = {
    "frequency": "daily",
    "at": "07:00",
    "period": "30d",
    "people": "manager@acme.example.com",
}
APP = "/o/acme/marketplace/apps/{app}/"

# Form, address, what is sent, the service that refuses.
CASES = [
    ("UploadRegisterForm", "/o/acme/imports/new/", {}, "risks.pages.imports.listing.upload_import"),
    (
        "ReadingForm",
        "/o/acme/imports/{import_run}/reading/",
        {"encoding": "utf-8", "shown": '{"fields": [], "texts": []}'},
        "risks.pages.imports.steps.read_import_again",
    ),
    ("RiskForm", "/o/acme/risks/new/", {"title": "x", "status": "draft"}, f"{RISKS}.create_risk"),
    ("RiskForm", f"{RISK}edit/", {"title": "x", "version": 2}, f"{RISKS}.update_risk"),
    (
        "FirstMitigationForm",
        "/o/acme/risks/new/",
        {"title": "x", "status": "draft", "mitigation-title": "x"},
        "risks.pages.risk.editing.create_mitigation",
    ),
    (
        "CopiedMitigationsForm",
        "/o/acme/risks/new/?copy=R-0001",
        {"title": "x", "status": "draft"},
        "risks.pages.risk.editing.copy_mitigations",
    ),
    ("RateForm", f"{RISK}rating/", {"kind": "target", "version": 2}, f"{RISKS}.update_risk"),
    ("LinksForm", f"{RISK}links/", {"version": 2}, f"{RISKS}.update_risk"),
    ("CommentForm", f"{RISK}comments/", {"comment": "x"}, f"{COMMENTS}.post_comment"),
    (
        "CommentForm",
        RISK + "comments/{comment}/",
        {"comment": "x", "version": 1},
        f"{COMMENTS}.edit_comment",
    ),
    ("QuickEditForm", f"{RISK}quick/treatment/", QUICK_EDIT, f"{RISKS}.update_risk"),
    ("SavedViewForm", "/o/acme/risks/views/new/", {"name": "x"}, f"{VIEWS}.create_view"),
    (
        "RelationForm",
        f"{RISK}relations/",
        {"kind": "causes", "other": "R-0002"},
        "risks.services.workspace.relations.relate_risks",
    ),
    ("StepForm", f"{RISK}review/", {"version": 2}, f"{RISKS}.mark_reviewed"),
    ("StepForm", f"{RISK}transitions/", {"to": "treatment_planned"}, f"{RISKS}.take_transition"),
    (
        "AcceptanceForm",
        "/o/acme/risks/R-0002/acceptances/",
        {"justification": "x", "expires_on": SOON},
        f"{ACCEPTANCES}.request_acceptance",
    ),
    (
        "StepForm",
        RISK + "acceptances/{acceptance}/",
        {"decision": "reject", "version": 1},
        f"{ACCEPTANCES}.decide_acceptance",
    ),
    (
        "SuggestionForm",
        RISK + "suggestions/{suggestion}/",
        {"decision": "dismiss"},
        "risks.services.proposals.dismiss_suggestion",
    ),
    (
        "MitigationForm",
        f"{RISK}mitigations/new/",
        {"title": "x", "priority": "low"},
        f"{MITIGATIONS}.create_mitigation",
    ),
    (
        "MitigationForm",
        f"{MITIGATION}edit/",
        {"title": "x", "priority": "low", "version": 1},
        f"{MITIGATIONS}.update_mitigation",
    ),
    (
        "StepForm",
        f"{MITIGATION}status/",
        {"to": "in_progress", "version": 1},
        f"{MITIGATIONS}.set_status",
    ),
    (
        "ValidationForm",
        f"{MITIGATION}validation/",
        {"effective": "yes", "version": 1},
        f"{MITIGATIONS}.validate_mitigation",
    ),
    (
        "MitigationActionForm",
        f"{MITIGATION}actions/",
        {"title": "x"},
        f"{MITIGATIONS}.create_action",
    ),
    (
        "MitigationActionForm",
        MITIGATION + "actions/{action}/edit/",
        {"title": "x", "version": 1},
        f"{MITIGATIONS}.update_action",
    ),
    (
        "DoneForm",
        "/o/acme/treatment/actions/{action}/done/",
        {"done": "yes", "version": 1},
        f"{MITIGATIONS}.update_action",
    ),
    (
        "FindingDecisionForm",
        "/o/acme/findings/{finding}/accept/",
        {"reason": "x", "until": SOON, "version": 1},
        f"{TRIAGE}.decisions.decide_finding",
    ),
    (
        "AttachForm",
        "/o/acme/findings/{finding}/attach/",
        {"risk": "R-0001", "version": 1},
        f"{TRIAGE}.risks_of_findings.attach_finding",
    ),
    (
        "RiskOfFindingsForm",
        "/o/acme/findings/{finding}/risk/",
        {"title": "x", "inherent_likelihood": 2, "inherent_impact": 2, "version": 1},
        f"{TRIAGE}.risks_of_findings.make_risk_of",
    ),
    (
        "RuleForm",
        "/o/acme/findings/rules/new/",
        {
            "name": "x",
            "minimum_severity": "high",
            "minimum_criticality": "low",
            "inherent_likelihood": 2,
            "inherent_impact": 2,
        },
        f"{TRIAGE}.rules.create_rule",
    ),
    (
        "BulkForm",
        "/o/acme/risks/bulk/?kind=treatment",
        {"references": "R-0001", "value": "avoid", "comment": ""},
        "risks.services.bulk_changes.lifecycle.preview_change",
    ),
    (
        "ConsentForm",
        "/o/acme/risks/changes/{bulk_change}/apply/",
        {"digest": "x"},
        "risks.services.bulk_changes.lifecycle.begin_change",
    ),
    (
        "AttachmentUploadForm",
        "/o/acme/files/add/",
        {},
        f"{ATTACHMENTS}.upload_attachment",
    ),
    (
        "AttachmentForm",
        FILE,
        {"name": "x", "version": 1},
        f"{ATTACHMENTS}.update_attachment",
    ),
    (
        "AttachmentLinkForm",
        f"{FILE}risks/",
        {"risks": "R-0001"},
        f"{ATTACHMENTS}.link_attachment",
    ),
    (
        "ControlForm",
        f"{CONTROLS}new/",
        CONTROL_FIELDS,
        "risks.pages.controls.editing.create_control",
    ),
    (
        "ControlForm",
        CONTROLS + "{control}/edit/",
        {**CONTROL_FIELDS, "version": 1},
        "risks.pages.controls.editing.update_control",
    ),
    ("FrameworkForm", f"{CONTROLS}frameworks/new/", {"name": "x"}, "risks.services.rows.create"),
    (
        "ControlStatusForm",
        CONTROLS + "{control}/status/",
        {"status": "implemented", "version": 1},
        "risks.pages.controls.control.update_control",
    ),
    (
        "StatementForm",
        f"{CONTROLS}statement/",
        {},
        "risks.pages.controls.files.preview_statements",
    ),
    (
        "ControlRisksForm",
        CONTROLS + "{control}/risks/",
        {"risks": "R-0001"},
        "risks.pages.controls.control.link_control",
    ),
    ("EditAssetForm", f"{ASSETS}new/", ASSET_FIELDS, "risks.services.rows.create"),
    (
        "EditAssetForm",
        ASSETS + "{asset}/edit/",
        {**ASSET_FIELDS, "version": 1},
        "risks.services.catalogue.update_asset",
    ),
    (
        "MergeAssetsForm",
        ASSETS + "merge/?keep={asset}&merge={other_asset}",
        {"field-name": "kept", "comment": ""},
        "risks.services.bulk_changes.lifecycle.preview_change",
    ),
    ("AssetFileForm", f"{ASSETS}import/", {}, "risks.import_runs.lifecycle.start_run"),
    (
        "DependencyForm",
        ASSETS + "{asset}/dependencies/",
        {"direction": "runs_on", "other": "ERP"},
        "risks.services.catalogue.add_dependency",
    ),
    (
        "DecisionForm",
        "/o/acme/queues/acceptances/{acceptance}/",
        {"decision": "reject", "version": 1, "seen_risk": 2},
        f"{ACCEPTANCES}.decide_acceptance",
    ),
    (
        "PostponeForm",
        "/o/acme/queues/reviews/{review}/",
        {"decision": "review", "version": 1},
        f"{RISKS}.mark_reviewed",
    ),
    (
        "CorrectionForm",
        "/o/acme/acceptances/{acceptance}/",
        {"justification": "x", "expires_on": SOON, "version": 1},
        f"{ACCEPTANCES}.correct_acceptance",
    ),
    (
        "NameForm",
        "/o/acme/dashboards/new/",
        {"name": "x"},
        "dashboards.boards.editing.create_board",
    ),
    ("BoardForm", "/o/acme/dashboards/ours/edit/", BOARD, "dashboards.boards.editing.update_board"),
    (
        "ScheduledReportForm",
        "/o/acme/reports/new/",
        REPORT,
        "dashboards.schedules.editing.create_schedule",
    ),
    (
        "ScheduledReportForm",
        "/o/acme/reports/{report}/edit/",
        {**REPORT, "period": "90d", "version": 1},
        "dashboards.schedules.editing.update_schedule",
    ),
    (
        "DocumentSettingsForm",
        "/o/acme/settings/documents/",
        {"confidentiality": "x", "version": 1},
        "dashboards.pages.reports.document_settings.update_settings",
    ),
    (
        "InstallForm",
        "/o/acme/marketplace/connectors/webhook/",
        {"name": "x"},
        f"{INSTALLATIONS}.install_app",
    ),
    ("ConfigurationForm", f"{APP}configure/", {"x": "y"}, f"{INSTALLATIONS}.configure_app"),
    (
        "ScheduleForm",
        f"{APP}schedule/",
        {"cron": "", "mode": "apply"},
        f"{INSTALLATIONS}.configure_app",
    ),
    ("SyncForm", f"{APP}sync/", {"mode": "preview"}, "marketplace.sync.runs.queue_run"),
    (
        "EditCategoryForm",
        "/o/acme/settings/categories/new/",
        {"name": "x"},
        "risks.services.rows.create",
    ),
    (
        "MergeForm",
        "/o/acme/settings/categories/{category}/merge/",
        {},
        "risks.services.bulk_changes.lifecycle.preview_change",
    ),
    (
        "DefinitionForm",
        "/o/acme/settings/fields/new/",
        {"label": "x", "kind": "text"},
        "risks.custom_fields.services.create_field",
    ),
    (
        "ColumnToFieldForm",
        "/o/acme/settings/fields/imported/field/?column=Cost",
        {"label": "x", "kind": "text"},
        "risks.custom_fields.services.create_field",
    ),
    (
        "TagsForm",
        "/o/acme/settings/tags/",
        {"tag": "x", "step": "remove"},
        "risks.services.bulk_changes.lifecycle.preview_change",
    ),
    (
        "MatrixForm",
        "/o/acme/settings/matrix/",
        {**initial_values(Matrix()), "version": 1, "step": "preview"},
        "risks.pages.settings.matrix.preview_matrix",
    ),
    (
        "PackForm",
        "/o/acme/marketplace/packs/preview/",
        {},
        "marketplace.packs.installation.open_uploaded_pack",
    ),
]
