"""Rows for tests, made through the services as everything else is. The actor is the system."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from dashboards.models import ChecklistDismissal, DocumentSettings
from dashboards.schedules.editing import create_schedule
from marketplace.installations import lifecycle
from marketplace.installations.reviews import create_review
from marketplace.models import Delivery, InstalledApp, InstalledPack, PackChange, SyncRun
from openrisk.accounts.models import Organization, User
from openrisk.database.ids import uuid7
from risks.custom_fields import services as custom_fields
from risks.models import (
    Acceptance,
    Asset,
    Attachment,
    BillOfMaterials,
    BulkChange,
    BulkState,
    Category,
    Comment,
    Control,
    CustomField,
    DefaultView,
    DeletedItem,
    Finding,
    FindingRule,
    Framework,
    ImportSource,
    LikelihoodSuggestion,
    Mitigation,
    MitigationAction,
    Risk,
)
from risks.services import (
    acceptances,
    catalogue,
    findings,
    mitigations,
    proposals,
    risks,
    rows,
)
from risks.services.bulk_changes import lifecycle as lifecycle_of_bulk
from risks.services.workspace import attachments, comments, saved_views, watches
from tests.risks.files.content import PDF, upload


def make_risk(organization: Organization, **fields: Any) -> Risk:
    return risks.create_risk(
        actor=None, organization=organization, **{"title": "Ransomware", **fields}
    )


def make_assessed_risk(organization: Organization, **fields: Any) -> Risk:
    """In the state `assessed`, with an inherent rating of 4 x 5."""
    rating = {"inherent_likelihood": 4, "inherent_impact": 5}
    risk = make_risk(organization, **{**rating, **fields})
    return risks.take_transition(actor=None, risk=risk, to="assessed")


def make_risk_in_treatment(organization: Organization, **fields: Any) -> Risk:
    """In the state `in_treatment`, with one mitigation without actions."""
    risk = make_assessed_risk(organization, **fields)
    make_mitigation(risk)
    for to in ("treatment_planned", "in_treatment"):
        risk = risks.take_transition(actor=None, risk=risk, to=to)
    return risk


def make_accepted_risk(requester: User, approver: User, risk: Risk) -> Acceptance:
    """Accept `risk` for 30 days; returns the approved acceptance."""
    acceptance = make_acceptance(requester, risk)
    return acceptances.decide_acceptance(actor=approver, acceptance=acceptance, approve=True)


def make_acceptance(requester: User, risk: Risk, **fields: Any) -> Acceptance:
    return acceptances.request_acceptance(
        actor=requester,
        risk=risk,
        **{
            "justification": "Cheaper than any remedy",
            "expires_at": timezone.now() + timedelta(days=30),
            **fields,
        },
    )


def make_mitigation(risk: Risk, **fields: Any) -> Mitigation:
    return mitigations.create_mitigation(
        actor=None,
        organization=risk.organization,
        risk=risk,
        **{"title": "Offline backups", **fields},
    )


def make_action(
    mitigation: Mitigation, title: str = "Buy tapes", **fields: Any
) -> MitigationAction:
    return mitigations.create_action(actor=None, mitigation=mitigation, title=title, **fields)


def make_asset(organization: Organization, name: str = "ERP", **fields: Any) -> Asset:
    return rows.create(Asset, actor=None, organization=organization, name=name, **fields)


def make_category(organization: Organization, name: str = "Cyber") -> Category:
    return rows.create(Category, actor=None, organization=organization, name=name)


def make_framework(organization: Organization, name: str = "ISO 27001") -> Framework:
    return rows.create(Framework, actor=None, organization=organization, name=name)


def make_control(framework: Framework, identifier: str = "A.8.13", **fields: Any) -> Control:
    return catalogue.create_control(
        actor=None,
        organization=framework.organization,
        framework=framework,
        identifier=identifier,
        **{"title": "Backups", **fields},
    )


def make_attachment(
    organization: Organization, content: bytes = PDF, name: str = "policy.pdf", **fields: Any
) -> Attachment:
    fields = {"actor": None, **fields}
    file = upload(content, name)
    made = attachments.upload_attachment(organization=organization, file=file, **fields)
    return made.attachment


def make_finding(
    organization: Organization, rule: str = "CVE-2021-44228", **fields: Any
) -> Finding:
    return findings.create_finding(
        actor=None,
        organization=organization,
        rule=rule,
        **{"tool": "scanner", "title": "Remote code execution", "severity": "critical", **fields},
    )


def make_finding_rule(organization: Organization, **fields: Any) -> FindingRule:
    return rows.create(
        FindingRule,
        actor=None,
        organization=organization,
        **{"name": "Critical", "likelihood": 5, "impact": 4, **fields},
    )


def make_comment(subject: Risk | Mitigation, author: User, text: str = "Seen") -> Comment:
    name = "risk" if isinstance(subject, Risk) else "mitigation"
    return comments.post_comment(actor=author, text=text, **{name: subject})


def make_custom_field(
    organization: Organization, label: str = "Region", **fields: Any
) -> CustomField:
    """A choice of two regions, unless `fields` say otherwise."""
    values = {"kind": "choice", "options": ["North", "South"], **fields}
    return custom_fields.create_field(actor=None, organization=organization, label=label, **values)


def make_one_of_each(organization: Organization, requester: User) -> Risk:
    """A risk with one of everything that hangs on it, and two assets of which one needs the other.

    It has a finding with its rule and its proposal too, and a mitigation with two actions. A
    category was deleted.
    """
    risk = make_risk(
        organization,
        assets=[make_asset(organization)],
        controls=[make_control(make_framework(organization))],
        tags=["it"],
        external_id="R-001",
        category=make_category(organization),
    )
    make_acceptance(requester, risk)
    make_attachment(organization, target=risk)
    mitigation = make_mitigation(risk)
    make_action(mitigation, "Write tapes", depends_on=[make_action(mitigation)])
    server = make_asset(organization, "Server", external_id="host-1")
    catalogue.add_dependency(actor=None, asset=risk.assets.get(), target=server)
    make_finding(organization)
    make_finding_rule(organization)
    proposals.propose_risks(actor=None, organization=organization)
    LikelihoodSuggestion.objects.create(
        organization=organization, risk=risk, key="CVE-2021-44228", present=2, likelihood=5
    )
    ImportSource.objects.create(organization=organization, name="register")
    make_bulk_change(risk)
    BillOfMaterials.objects.create(organization=organization, asset=server, seen_at=timezone.now())
    view = saved_views.create_view(
        actor=requester, organization=organization, name="Open", query={"open": "true"}
    )
    saved_views.set_default(actor=requester, view=view)
    other = saved_views.create_view(
        actor=requester, organization=organization, name="All", query={}
    )
    DefaultView.objects.create(organization=organization, view=other)
    make_comment(mitigation, requester, f"Ask @{requester.email}")
    watches.start_watching(actor=requester, risk=risk)
    make_custom_field(organization)
    make_bulk_change(risk, comment="Handed over")
    ChecklistDismissal.objects.create(organization=organization, dismissed_by=requester)
    DocumentSettings.objects.create(organization=organization, confidentiality="Internal")
    make_installed(organization)
    make_deleted_item(organization)
    create_schedule(
        actor=None, organization=organization, recipients=["a@example.org"], cron="0 7 * * 1"
    )
    return risk


def make_bulk_change(risk: Risk, **fields: Any) -> BulkChange:
    """A change that says it was applied; the risk stays as it is."""
    change = lifecycle_of_bulk.preview_change(
        actor=None,
        organization=risk.organization,
        kind="treatment",
        value="avoid",
        rows=Risk.objects.filter(pk=risk.pk),
        **fields,
    )
    BulkChange.objects.filter(pk=change.pk).update(state=BulkState.APPLIED)
    return change


def make_deleted_item(organization: Organization) -> DeletedItem:
    """An item as a deletion leaves it, without rows."""
    now = timezone.now()
    return DeletedItem.objects.create(
        organization=organization,
        kind="risks.category",
        object_id=uuid7(),
        label="Gone",
        deleted_at=now,
        expires_at=now + timedelta(days=90),
    )


def make_installed(organization: Organization) -> InstalledApp:
    """An app with a run, a message and a review, and a pack."""
    app = lifecycle.install_app(actor=None, organization=organization, connector="trivy")
    SyncRun.objects.create(organization=organization, app=app, mode="preview")
    Delivery.objects.create(
        organization=organization, app=app, event="1", type="test", at=timezone.now(), content={}
    )
    create_review(actor=None, organization=organization, connector="trivy", rating=4)
    pack = InstalledPack.objects.create(organization=organization, pack="example", name="Example")
    PackChange.objects.create(
        organization=organization, installed=pack, pack_version="1.0.0", contents=[]
    )
    return app
