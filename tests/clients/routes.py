"""Every GET route of the committed schema, with parameters of rows that exist."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone

from marketplace.models import Delivery, InstalledPack, Review, SyncRun
from marketplace.packs import installation
from monitoring.models import Alert
from openrisk.accounts.models import Organization, User
from risks.models import (
    Acceptance,
    Attachment,
    BulkChange,
    Comment,
    CustomField,
    DeletedItem,
    Finding,
    FindingRule,
    Framework,
    ImportSource,
    LikelihoodSuggestion,
    MitigationAction,
    RiskProposal,
    SavedView,
    Watch,
)
from risks.registers import upload as registers
from risks.services.workspace.relations import relate_risks
from tests.risks.factories import make_one_of_each, make_risk

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
# What some routes do not answer without.
NEEDED = {
    "by": "asset",
    "q": "Ransomware",
    "since": (timezone.now() - timedelta(days=1)).date().isoformat(),
}


@dataclass(frozen=True)
class Route:
    """One GET operation: `path` holds values for its placeholders, `query` for what it needs."""

    template: str
    operation: dict[str, Any]
    path: dict[str, Any]
    query: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.operation["operationId"]

    @property
    def url(self) -> str:
        return self.template.format(**self.path)


def schema() -> dict[str, Any]:
    return json.loads(SCHEMA.read_text())


def seed(organization: Organization, person: User) -> dict[str, Any]:
    """At least one row behind every route: an id, or a slug, by the beginning of the path."""
    risk = make_one_of_each(organization, person)
    bare = make_risk(organization, title="Bare")  # whatever may be null is null somewhere
    relation = relate_risks(
        actor=person, organization=organization, risk=risk, other=bare, kind="causes"
    )
    upload = registers.upload_register(
        actor=person,
        organization=organization,
        file=BytesIO(b"title,likelihood\nTheft,3\n"),
        file_name="register.csv",
    )
    change = installation.preview_pack(
        actor=person,
        organization=organization,
        pack=installation.shipped_pack("openrisk.starter-risks"),
    )
    run = SyncRun.objects.get(organization=organization)
    alert = Alert.objects.create(
        fingerprint="1", name="Down", labels={}, starts_at=timezone.now(), seen_at=timezone.now()
    )
    of = {"organization": organization}
    return {
        "acceptances": Acceptance.objects.get(**of),
        "actions": MitigationAction.objects.filter(**of).first(),
        "assets": risk.assets.get(),
        "attachments": Attachment.objects.get(**of),
        "categories": risk.category,
        "comments": Comment.objects.get(**of),
        "controls": risk.controls.get(),
        "custom-fields": CustomField.objects.get(**of),
        "deleted-items": DeletedItem.objects.filter(**of).first(),
        "finding-rules": FindingRule.objects.get(**of),
        "findings": Finding.objects.get(**of),
        "frameworks": Framework.objects.get(**of),
        "import-sources": ImportSource.objects.get(**of),
        "imports": upload,
        "likelihood-suggestions": LikelihoodSuggestion.objects.get(**of),
        "marketplace/apps": run.app,
        "marketplace/connectors": "trivy",
        "marketplace/deliveries": Delivery.objects.get(**of),
        "marketplace/pack-changes": change,
        "marketplace/packs": InstalledPack.objects.filter(**of).first(),
        "marketplace/reviews": Review.objects.get(**of),
        "marketplace/runs": run,
        "mitigations": risk.mitigations.get(),
        "monitoring/alerts": alert,
        "risk-changes": BulkChange.objects.filter(**of).first(),
        "risk-proposals": RiskProposal.objects.get(**of),
        "risk-relations": relation,
        "risks": risk,
        "saved-views": SavedView.objects.filter(**of).first(),
        "watches": Watch.objects.filter(**of).first(),
    }


def routes(rows: dict[str, Any]) -> list[Route]:
    return [
        _route(template, methods["get"], rows)
        for template, methods in schema()["paths"].items()
        if "get" in methods
    ]


def _route(template: str, operation: dict[str, Any], rows: dict[str, Any]) -> Route:
    path, query = {}, {}
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] == "path":
            resource = template.removeprefix("/api/v1/").partition("/{")[0]
            path[name] = str(getattr(rows[resource], "pk", rows[resource]))
        elif parameter.get("required"):
            query[name] = NEEDED[name]
    return Route(template, operation, path, query)
