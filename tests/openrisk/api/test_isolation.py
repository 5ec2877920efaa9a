"""No route shows or changes another organization's rows."""

import itertools
from datetime import timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from marketplace.installations import lifecycle
from marketplace.installations.reviews import create_review
from marketplace.models import Delivery, InstalledPack, PackChange, SyncRun
from openrisk.accounts.models import Organization, Role
from risks.custom_fields.services import create_field
from risks.models import (
    Asset,
    Category,
    FindingRule,
    Framework,
    ImportSource,
    LikelihoodSuggestion,
    Risk,
)
from risks.services import acceptances, catalogue, findings, mitigations, proposals, risks
from risks.services.bulk_changes import lifecycle as lifecycle_of_bulk
from risks.services.rows import create, delete
from risks.services.workspace import attachments, comments, watches
from risks.services.workspace.relations import relate_risks
from risks.services.workspace.saved_views import create_view
from tests.conftest import member
from tests.risks.files.content import upload

# Routes that have no id of another organization to ask for: logging in, one's own tokens, the
# matrix, the settings of documents, the catalogue of connectors; alerts, which are nobody's and for
# superusers; and imports, whose own tests do the same.
WITHOUT_FOREIGN_ROWS = (
    "api-login",
    "api-logout",
    "tokens",
    "matrix",
    "document-settings",
    "imports",
    "connectors",
    "alerts",
)


# What some routes do not answer without.
SINCE = {"since": timezone.now().date() - timedelta(days=1)}
NEEDED = {
    "dashboards-breakdown": {"by": "asset"},
    "dashboards-breakdown-export": {"by": "asset"},
    "dashboards-movement": SINCE,
    "dashboards-movement-export": SINCE,
    "search-rows": {"q": "foreign secret"},
}


def api_routes():
    """(name, has an id) of every route under /api/v1/."""

    def walk(patterns, prefix=""):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern) and path.startswith("api/v1/"):
                yield pattern.name, tuple(pattern.pattern.converters)

    routes = set(walk(get_resolver().url_patterns))
    return sorted(route for route in routes if not route[0].startswith(WITHOUT_FOREIGN_ROWS))


@pytest.fixture(scope="module")
def other_organization(standing):
    with standing():
        return Organization.objects.create(name="Globex", slug="globex")


@pytest.fixture(scope="module")
def outsider(standing, other_organization):
    with standing():
        return member(Role.ADMIN, other_organization)


@pytest.fixture(scope="module", autouse=True)
def foreign(standing, other_organization, outsider):
    """One row of every resource, in the other organization. No test changes them."""
    with standing():
        return one_of_each(other_organization, outsider)


def one_of_each(other_organization, outsider):
    owner = {"actor": outsider, "organization": other_organization}
    category = create(Category, name="Foreign secret", **owner)
    asset = create(Asset, name="Foreign secret", **owner)
    target = create(Asset, name="Foreign secret target", **owner)
    framework = create(Framework, name="Foreign secret", **owner)
    control = catalogue.create_control(
        framework=framework, identifier="X", title="Foreign secret", **owner
    )
    risk = risks.create_risk(title="Foreign secret", category=category, assets=[asset], **owner)
    mitigation = mitigations.create_mitigation(
        risk=risk, title="Foreign secret", actions=["Foreign secret"], **owner
    )
    acceptance = acceptances.request_acceptance(
        actor=outsider,
        risk=risk,
        justification="Foreign secret",
        expires_at=timezone.now() + timedelta(days=30),
    )
    rule = create(FindingRule, name="Foreign secret", likelihood=4, impact=4, **owner)
    finding = findings.create_finding(
        tool="scanner", rule="CVE-2024-0001", title="Foreign secret", severity="critical", **owner
    )
    proposals.propose_risks(**owner)
    finding.refresh_from_db()
    of = {"organization": other_organization}
    suggestion = LikelihoodSuggestion.objects.create(
        risk=risk, key="Foreign secret", present=2, likelihood=5, **of
    )
    return {
        "risks": risk,
        "categories": category,
        "assets": asset,
        "dependency": catalogue.add_dependency(actor=outsider, asset=asset, target=target),
        "frameworks": framework,
        "controls": control,
        "mitigations": mitigation,
        "actions": mitigation.actions.get(),
        "acceptances": acceptance,
        "finding-rules": rule,
        "import-sources": create(ImportSource, name="Foreign secret", **owner),
        "findings": finding,
        "risk-proposals": finding.proposal,
        "likelihood-suggestions": suggestion,
        **one_of_each_in_the_marketplace(**owner),
        **one_of_each_in_the_workspace(risk, **owner),
    }


def one_of_each_in_the_marketplace(**owner):
    of = {"organization": owner["organization"]}
    app = lifecycle.install_app(connector="trivy", name="Foreign secret", **owner)
    run = SyncRun.objects.create(app=app, mode="preview", error="Foreign secret", **of)
    delivery = Delivery.objects.create(
        app=app, event="1", type="Foreign secret", at=timezone.now(), content={}, **of
    )
    pack = InstalledPack.objects.create(pack="foreign", name="Foreign secret", **of)
    change = PackChange.objects.create(
        installed=pack, pack_version="Foreign secret", contents=[], **of
    )
    return {
        "apps": app,
        "runs": run,
        "deliveries": delivery,
        "reviews": create_review(connector="trivy", rating=4, text="Foreign secret", **owner),
        "packs": pack,
        "pack-changes": change,
    }


def one_of_each_in_the_workspace(risk, **owner):
    """Rows that people make around a risk."""
    attachment = attachments.upload_attachment(
        file=upload(name="Foreign secret"), target=risk, **owner
    ).attachment
    other = risks.create_risk(title="Foreign secret", **owner)
    gone = create(Category, name="Foreign secret gone", **owner)
    actor = owner["actor"]
    return {
        "attachments": attachment,
        "attachment-link": attachment.links.get(),
        "custom-fields": create_field(label="Foreign secret", kind="text", **owner),
        "comments": comments.post_comment(actor=actor, risk=risk, text="Foreign secret"),
        "deleted-items": delete(instance=gone, actor=actor),
        "risk-changes": lifecycle_of_bulk.preview_change(
            kind="treatment", value="avoid", rows=Risk.objects.filter(pk=risk.pk), **owner
        ),
        "risk-relations": relate_risks(risk=risk, other=other, kind="causes", **owner),
        "saved-views": create_view(name="Foreign secret", query={}, shared=True, **owner),
        "watches": watches.start_watching(actor=actor, risk=risk),
    }


def row_of(name, foreign):
    resource = max((key for key in foreign if name.startswith(key)), key=len, default=None)
    assert resource, f"The route {name} is new: add a foreign row for it to this test."
    return foreign[resource]


@pytest.mark.parametrize(("name", "arguments"), api_routes(), ids=str)
def test_foreign_rows_do_not_exist(api, admin, foreign, name, arguments):
    client = api(admin)
    if not arguments:
        response = client.get(reverse(name), NEEDED.get(name))
        body = b"".join(response) if response.streaming else response.content
        assert b"Foreign secret" not in body
        assert response.status_code in (200, 405)
        return
    row = row_of(name, foreign)
    inner = {"dependency": foreign["dependency"], "link": foreign["attachment-link"]}
    kwargs = {name: inner.get(name, row).pk for name in arguments}
    url = reverse(name, kwargs=kwargs)
    for method in ("get", "post", "patch", "delete"):
        response = getattr(client, method)(url, {"version": 1} if method != "get" else None)
        assert response.status_code in (404, 405), (method, response.content)
        assert b"Foreign secret" not in response.content


@pytest.mark.parametrize(
    ("url", "field", "resource"),
    [
        ("/api/v1/risks/", "category", "categories"),
        ("/api/v1/risks/", "assets", "assets"),
        ("/api/v1/risks/", "controls", "controls"),
        ("/api/v1/mitigations/", "risk", "risks"),
        ("/api/v1/acceptances/", "risk", "risks"),
        ("/api/v1/actions/", "mitigation", "mitigations"),
        ("/api/v1/controls/", "framework", "frameworks"),
        ("/api/v1/findings/", "asset", "assets"),
        ("/api/v1/attachments/", "risk", "risks"),
        ("/api/v1/attachments/", "action", "actions"),
        ("/api/v1/comments/", "risk", "risks"),
        ("/api/v1/comments/", "mitigation", "mitigations"),
        ("/api/v1/watches/", "risk", "risks"),
    ],
)
def test_foreign_ids_in_a_body_do_not_exist(api, admin, foreign, url, field, resource):
    value = str(foreign[resource].pk)
    many = field in ("assets", "controls")
    kind = "multipart" if "attachments" in url else "json"
    response = api(admin).post(url, {field: [value] if many else value}, format=kind)
    errors = {error["pointer"]: error["code"] for error in response.json()["errors"]}
    assert response.status_code == 400
    assert errors[f"/{field}/0" if many else f"/{field}"] == "does_not_exist"


def test_foreign_people_cannot_own_a_risk(api, admin, outsider):
    response = api(admin).post("/api/v1/risks/", {"title": "Mine", "owner": str(outsider.pk)})
    assert response.status_code == 400
    assert "member" in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("role", "method", "allowed"),
    [
        (role, method, role.includes(needed))
        for role, (method, needed) in itertools.product(
            Role,
            [("get", Role.VIEWER), ("patch", Role.ANALYST), ("delete", Role.MANAGER)],
        )
    ],
)
def test_each_role_may_what_the_table_says(request, api, organization, role, method, allowed):
    user = request.getfixturevalue(role.value)
    risk = risks.create_risk(actor=None, organization=organization, title="Theft")
    body = {"title": "New"} if method == "patch" else None
    response = getattr(api(user), method)(f"/api/v1/risks/{risk.pk}/", body)
    assert (response.status_code < 300) is allowed
    assert allowed or response.status_code == 403


def test_read_only_token_cannot_write(api, admin):
    response = api(admin, read_only=True).post("/api/v1/risks/", {"title": "x"})
    assert response.status_code == 403
    assert "read-only" in response.json()["detail"]
