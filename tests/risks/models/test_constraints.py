"""What the database itself refuses, whatever program writes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models import F, Subquery
from django.utils import timezone

from dashboards.models import ChecklistDismissal, DocumentSettings, ReportSchedule
from marketplace.models import InstalledApp, InstalledPack, Review
from openrisk.accounts.models import Membership, Organization, Role, User
from risks.history.recorded_models import recorded_models
from risks.models import (
    Acceptance,
    ActionDependency,
    Asset,
    AssetDependency,
    Attachment,
    AttachmentLink,
    BillOfMaterials,
    BulkChange,
    Category,
    Comment,
    Control,
    CustomField,
    DefaultView,
    Finding,
    FindingRule,
    Framework,
    ImportSource,
    LikelihoodSuggestion,
    Mention,
    Mitigation,
    MitigationAction,
    ReferenceCounter,
    Risk,
    RiskAsset,
    RiskControl,
    RiskProposal,
    RiskRelation,
    RiskTag,
    SavedView,
    Watch,
)
from risks.services.workspace.relations import relate_risks
from risks.services.workspace.watches import start_watching
from tests.conftest import member
from tests.risks.factories import make_accepted_risk, make_one_of_each, make_risk

pytestmark = pytest.mark.django_db
RATING = {"likelihood": 3, "impact": 4, "score": 12, "level": "medium"}


def _rating(kind, **parts):
    return {f"{kind}_{part}": value for part, value in (RATING | parts).items()}


BROKEN_RATINGS = [
    {"likelihood": 7, "score": 28},
    {"likelihood": 0, "score": 0},
    {"impact": 7, "score": 21},
    {"score": 11},
    {"level": "awful"},
    {"level": ""},
    {"score": None},
    {"level": None},
    {"score": None, "level": None},
    {"likelihood": None},
    {"impact": None},
    {"likelihood": None, "impact": None},
    {"likelihood": None, "score": None},
    {"likelihood": None, "impact": 7, "score": None, "level": None},
    {"likelihood": 0, "impact": None, "score": None, "level": None},
]

# Constraint -> model and the values that break it. Each row below exists twice where it is unique.
CHECKS = {
    "bulk_change_kind_known": (BulkChange, {"kind": "colour"}),
    "bulk_change_state_known": (BulkChange, {"state": "lost"}),
    "comment_has_subject": (Comment, {"risk": None, "mitigation": None}),
    "comment_text_present": (Comment, {"text": ""}),
    "watch_has_one_subject": (Watch, {"risk": None}),
    "risk_title_present": (Risk, {"title": ""}),
    "risk_status_known": (Risk, {"status": "done"}),
    "risk_treatment_known": (Risk, {"treatment": "ignore"}),
    "risk_source_known": (Risk, {"source": "rumour"}),
    "risk_inherent_score_is_product": (Risk, _rating("inherent", score=11)),
    "risk_residual_score_is_product": (Risk, _rating("residual", score=11)),
    "risk_target_score_is_product": (Risk, _rating("target", score=11)),
    "acceptance_status_known": (Acceptance, {"status": "maybe"}),
    "acceptance_four_eyes": (Acceptance, {"approver": F("requester")}),
    "acceptance_justified": (Acceptance, {"justification": ""}),
    "mitigation_title_present": (Mitigation, {"title": ""}),
    "mitigation_status_known": (Mitigation, {"status": "maybe"}),
    "mitigation_priority_known": (Mitigation, {"priority": "urgent"}),
    "mitigation_cost_has_currency": (Mitigation, {"cost": 1, "currency": ""}),
    "mitigation_effectiveness_range": (Mitigation, {"effectiveness": 2}),
    "mitigation_validation_known": (Mitigation, {"validation": "maybe"}),
    "mitigation_four_eyes": (
        Mitigation,
        dict.fromkeys(("implemented_by", "validated_by"), Subquery(User.objects.values("pk")[:1])),
    ),
    "action_title_present": (MitigationAction, {"title": ""}),
    "action_no_self_loop": (ActionDependency, {"depends_on": F("action")}),
    "attachment_name_present": (Attachment, {"name": ""}),
    "attachment_link_has_one_target": (AttachmentLink, {"risk": None}),
    "saved_view_name_present": (SavedView, {"name": ""}),
    "asset_name_present": (Asset, {"name": ""}),
    "asset_type_known": (Asset, {"type": "thing"}),
    "asset_criticality_known": (Asset, {"criticality": "vital"}),
    "dependency_no_self_loop": (AssetDependency, {"target": F("asset")}),
    "dependency_kind_known": (AssetDependency, {"kind": "likes"}),
    "control_identifier_present": (Control, {"identifier": ""}),
    "control_status_known": (Control, {"status": "maybe"}),
    "finding_severity_known": (Finding, {"severity": "awful"}),
    "finding_state_known": (Finding, {"state": "maybe"}),
    "finding_cvss_range": (Finding, {"cvss": 11}),
    "finding_epss_range": (Finding, {"epss": 2}),
    "finding_decision_of_decided": (Finding, {"state": "open", "decision_reason": "Why"}),
    "finding_rule_severity_known": (FindingRule, {"minimum_severity": "awful"}),
    "finding_rule_criticality_known": (FindingRule, {"minimum_criticality": "vital"}),
    "finding_rule_ratings_range": (FindingRule, {"likelihood": 7}),
    "proposal_status_known": (RiskProposal, {"status": "maybe"}),
    "proposal_ratings_range": (RiskProposal, {"impact": 0}),
    "suggestion_status_known": (LikelihoodSuggestion, {"status": "maybe"}),
    "suggestion_ratings_range": (LikelihoodSuggestion, {"likelihood": 7}),
    "app_name_present": (InstalledApp, {"name": ""}),
    "app_state_known": (InstalledApp, {"state": "asleep"}),
    "app_mode_known": (InstalledApp, {"mode": "both"}),
    "review_rating_range": (Review, {"rating": 6}),
    "pack_status_known": (InstalledPack, {"status": "lost"}),
    "category_appetite_on_scale": (Category, {"appetite": 37}),
    "membership_role_known": (Membership, {"role": "owner"}),
    "risk_relation_no_self_loop": (RiskRelation, {"other": F("risk")}),
    "custom_field_kind_known": (CustomField, {"kind": "colour"}),
    "risk_relation_kind_known": (RiskRelation, {"kind": "likes"}),
    "report_dashboard_known": (ReportSchedule, {"dashboard": "other"}),
    "report_period_known": (ReportSchedule, {"period": "8d"}),
}


@pytest.fixture(scope="module")
def organization(standing):
    with standing():
        return Organization.objects.create(name="Acme", slug="acme")


@pytest.fixture(scope="module")
def analyst(standing, organization):
    with standing():
        return member(Role.ANALYST, organization)


@pytest.fixture(scope="module", autouse=True)
def one_of_each(standing, organization, analyst):
    with standing():
        risk = make_one_of_each(organization, analyst)
        other = make_risk(organization)
        of = {"organization": organization, "actor": None}
        relate_risks(risk=risk, other=other, kind="relates_to", **of)
        return risk


def _refused(write):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def _constraints(kind):
    return {
        constraint.name
        for recorded in recorded_models()
        for constraint in recorded.model._meta.constraints
        if isinstance(constraint, kind)
    }


# --- Checks -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", CHECKS)
def test_check_refuses_what_breaks_it(one_of_each, name):
    model, values = CHECKS[name]
    assert model.objects.exists()
    _refused(lambda: model.objects.update(**values))


def test_every_check_of_the_register_is_tested():
    assert _constraints(models.CheckConstraint) == set(CHECKS)


@pytest.mark.parametrize("kind", ["inherent", "residual", "target"])
def test_scores_are_whole_or_absent(one_of_each, kind):
    for broken in BROKEN_RATINGS:
        _refused(lambda broken=broken: Risk.objects.update(**_rating(kind, **broken)))


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"likelihood": None, "score": None, "level": None},
        {"impact": None, "score": None, "level": None},
        dict.fromkeys(RATING),
    ],
    ids=["assessed", "no likelihood", "no impact", "nothing"],
)
def test_whole_and_absent_scores_pass(one_of_each, parts):
    for kind in ("inherent", "residual", "target"):
        assert Risk.objects.update(**_rating(kind, **parts)) == 2


# --- Uniqueness -------------------------------------------------------------------------------
def _copy(model, **changes):
    row = model.objects.order_by("pk").first()
    row.pk = model._meta.pk.get_pk_value_on_save(model()) if changes.pop("new_id", True) else None
    row._state.adding = True
    for name, value in changes.items():
        setattr(row, name, value)
    return row


COPIES = {
    "risk_number_unique": (Risk, {"external_id": ""}),
    "risk_external_id_unique": (Risk, {"number": 99}),
    "risk_tag_name_unique": (RiskTag, {}),
    "risk_asset_unique": (RiskAsset, {}),
    "risk_control_unique": (RiskControl, {}),
    "risk_relation_pair_unique": (RiskRelation, {}),
    "acceptance_one_live": (Acceptance, {"status": "approved"}),
    "mitigation_number_unique": (Mitigation, {}),
    "action_dependency_unique": (ActionDependency, {}),
    "attachment_content_unique": (Attachment, {}),
    "attachment_link_unique": (AttachmentLink, {}),
    "asset_name_key_unique": (Asset, {"name": "erp", "external_id": ""}),
    "dependency_unique": (AssetDependency, {}),
    "category_name_unique": (Category, {}),
    "custom_field_key_unique": (CustomField, {"label": "Another"}),
    "custom_field_label_unique": (CustomField, {"key": "another"}),
    "framework_name_unique": (Framework, {}),
    "control_unique": (Control, {}),
    "finding_fingerprint_unique": (Finding, {}),
    "finding_rule_unique": (FindingRule, {}),
    "proposal_key_unique": (RiskProposal, {}),
    "suggestion_unique": (LikelihoodSuggestion, {}),
    "import_source_unique": (ImportSource, {}),
    "bill_of_materials_unique": (BillOfMaterials, {}),
    "saved_view_slug_unique": (SavedView, {}),
    "default_view_of_person": (DefaultView, {}),
    "default_view_of_organization": (DefaultView, {"user": None}),
    "app_name_unique": (InstalledApp, {"name": "TRIVY"}),
    "review_unique": (Review, {}),
    "pack_unique": (InstalledPack, {}),
    "counter_unique": (ReferenceCounter, {"new_id": False}),
    "membership_unique": (Membership, {}),
    "mention_unique": (Mention, {}),
    "watch_of_risk_unique": (Watch, {}),
    "checklist_dismissal_unique": (ChecklistDismissal, {}),
    "document_settings_unique": (DocumentSettings, {}),
}


@pytest.mark.parametrize("name", COPIES)
def test_no_row_stands_twice(one_of_each, name):
    model, changes = COPIES[name]
    copy = _copy(model, **changes)
    _refused(lambda: copy.save(force_insert=True))


def test_external_ids_of_assets_are_unique(one_of_each):
    _refused(lambda: Asset.objects.update(external_id="same"))


def test_addresses_of_users_are_unique_whatever_their_case(analyst):
    other = member(Role.VIEWER, analyst.memberships.get().organization)
    other.email = analyst.email.upper()
    _refused(other.save)


def test_mitigation_is_watched_once(one_of_each, analyst):
    mitigation = Mitigation.objects.get()
    start_watching(actor=analyst, mitigation=mitigation)
    watch = Watch(organization_id=mitigation.organization_id, mitigation=mitigation, user=analyst)
    _refused(watch.save)


def test_every_unique_constraint_is_tested():
    elsewhere = {"asset_external_id_unique", "watch_of_mitigation_unique"}
    tested = COPIES.keys() - {"counter_unique"} | elsewhere
    assert _constraints(models.UniqueConstraint) == tested


def test_ended_acceptances_may_be_many(organization, analyst, manager):
    risk = make_risk(organization, inherent_likelihood=1, inherent_impact=1)
    for _ in range(2):
        make_accepted_risk(analyst, manager, risk)
        Acceptance.objects.update(status="expired")
    later = timezone.now() + timedelta(days=1)
    assert Acceptance.objects.filter(risk=risk, expires_at__gt=later).count() == 2
