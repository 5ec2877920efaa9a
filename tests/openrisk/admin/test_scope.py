"""No page of the admin shows another organization's rows."""

from io import BytesIO

import pytest
from django.test import RequestFactory

from dashboards.models import ChecklistDismissal, DocumentSettings
from dashboards.schedules.editing import create_schedule
from marketplace.installations import lifecycle
from marketplace.installations.reviews import create_review
from marketplace.models import InstalledPack, SyncRun
from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members import invitations
from openrisk.accounts.members.service_accounts import create_service_account
from openrisk.accounts.models import (
    AccountEvent,
    Invitation,
    Membership,
    Organization,
    Role,
    ServiceAccount,
    User,
)
from openrisk.admin.site import RelatedFilter, Scoped, site
from risks.models import Change, ImportSource, LikelihoodSuggestion, ScoreChange
from risks.registers import upload
from risks.services import catalogue, proposals
from risks.services.rows import delete
from risks.services.workspace import relations, saved_views
from risks.services.workspace.watches import start_watching
from tests.conftest import member
from tests.risks import factories
from tests.risks.admin.forms import url

SECRET = "Foreign secret"
# All but those of the whole installation, which superusers alone see.
OF_ORGANIZATIONS = [model for model, admin in site._registry.items() if isinstance(admin, Scoped)]
MODELS = sorted(OF_ORGANIZATIONS, key=lambda model: model._meta.label)
labels = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
pytestmark = [pytest.mark.both, pytest.mark.django_db]


def fill(organization, word, person):
    """One row of every registered model in the organization, each named `word`."""
    category = factories.make_category(organization, word)
    asset = factories.make_asset(organization, word, owner=person)
    target = factories.make_asset(organization, f"{word} target")
    dependency = catalogue.add_dependency(actor=person, asset=asset, target=target)
    framework = factories.make_framework(organization, word)
    control = factories.make_control(framework, title=word)
    risk = factories.make_risk(
        organization, title=word, category=category, owner=person, assets=[asset], tags=[word]
    )
    mitigation = factories.make_mitigation(risk, title=word, owner=person)
    factories.make_action(mitigation, word)
    acceptance = factories.make_acceptance(person, risk, justification=word)
    rule = factories.make_finding_rule(organization, name=word)
    finding = factories.make_finding(organization, f"CVE of {word}", title=word, asset=asset)
    proposals.propose_risks(actor=person, organization=organization)
    finding.refresh_from_db()
    run = upload.upload_register(
        actor=person,
        organization=organization,
        file=BytesIO(f"Title\n{word}\n".encode()),
        file_name=f"{word}.csv",
    )
    token, _ = create_token(user=person, organization=organization, name=word)
    report = create_schedule(
        actor=person,
        organization=organization,
        recipients=[f"{word.replace(' ', '-')}@example.com"],
        cron="0 7 * * 1",
    )
    rows = (category, asset, framework, control, risk, mitigation, acceptance, rule, finding)
    others = (report, dependency, finding.proposal, run, token, person)
    found = {type(row): row for row in (*rows, *others)}
    of = {"organization": organization}
    app = lifecycle.install_app(actor=person, connector="trivy", name=word, **of)
    for made in (
        app,
        SyncRun.objects.create(app=app, mode="preview", error=word, **of),
        create_review(actor=person, connector="trivy", rating=4, text=word, **of),
        InstalledPack.objects.create(pack="example", name=word, **of),
        ImportSource.objects.create(name=word, **of),
        LikelihoodSuggestion.objects.create(risk=risk, key=word, present=2, likelihood=5, **of),
        ChecklistDismissal.objects.create(dismissed_by=person, **of),
        DocumentSettings.objects.create(confidentiality=word, **of),
        *workspace_rows(risk, word, person),
    ):
        found[type(made)] = made
    found[Organization] = organization
    found[type(organization.matrix)] = organization.matrix
    found[Membership] = person.memberships.get()
    found[Invitation] = invitations.create_invitation(
        address=f"{word.replace(' ', '-')}@example.com", role=Role.VIEWER, actor=person, **of
    )
    program = create_service_account(name=word, role=Role.VIEWER, **of)
    found[ServiceAccount] = ServiceAccount.objects.get(pk=program.pk)
    found[AccountEvent] = AccountEvent.objects.filter(organization=organization).first()
    found[Change] = Change.objects.filter(organization=organization).first()
    found[ScoreChange] = ScoreChange.objects.filter(organization=organization).first()
    return found


def workspace_rows(risk, word, person):
    """Rows that people make around a risk, one of each kind."""
    organization = risk.organization
    of = {"actor": person, "organization": organization}
    other = factories.make_risk(organization, title=word)
    return (
        saved_views.create_view(name=word, query={}, shared=True, **of),
        factories.make_bulk_change(risk, comment=word),
        relations.relate_risks(risk=risk, other=other, kind="causes", **of),
        delete(actor=person, instance=factories.make_category(organization, f"{word} gone")),
        factories.make_attachment(organization, name=word),
        factories.make_comment(risk, person, word),
        factories.make_custom_field(organization, word),
        start_watching(actor=person, risk=risk),
    )


@pytest.fixture(scope="module")
def organization(standing):
    with standing():
        return Organization.objects.create(name="Acme", slug="acme")


@pytest.fixture(scope="module")
def admin(standing, organization):
    with standing():
        return member(Role.ADMIN, organization)


@pytest.fixture(scope="module", autouse=True)
def own(standing, organization, admin):
    with standing():
        return fill(organization, "Mine", admin)


@pytest.fixture(scope="module", autouse=True)
def foreign(standing):
    with standing():
        organization = Organization.objects.create(name=SECRET, slug="globex")
        person = member(Role.ADMIN, organization, "foreign-secret")
        return fill(organization, SECRET, person)


def leaks(response):
    text = response.content.decode().lower()
    return SECRET.lower() in text or "foreign-secret" in text


@labels
@pytest.mark.parametrize("role", [pytest.param("manager", marks=pytest.mark.once), "admin"])
def test_no_page_shows_rows_of_another_organization(request, client, own, foreign, model, role):
    client.force_login(request.getfixturevalue(role))
    if client.get(url(model, "changelist")).status_code == 403:
        assert model is User or (role, model._meta.app_label) == ("manager", "accounts")
        return
    row = own[model]
    pages = [
        url(model, "changelist"),
        f"{url(model, 'changelist')}?q=secret",
        url(model, "add"),
        url(model, "change", row.pk),
        url(model, "delete", row.pk),
        url(model, "history", row.pk),
    ]
    if ("organization", RelatedFilter) in site._registry[model].list_filter:
        pages.append(f"{pages[0]}?organization__id__exact={foreign[Organization].pk}")
    for page in pages:
        response = client.get(page)
        assert response.status_code in (200, 302, 403), page
        assert not leaks(response), page


@labels
@pytest.mark.once
def test_rows_of_another_organization_do_not_exist(client, admin, superuser, own, foreign, model):
    row = foreign[model]
    client.force_login(superuser)
    assert leaks(client.get(url(model, "changelist"))), "a superuser sees them"
    client.force_login(admin)
    for name in ("change", "delete", "history"):
        address = url(model, name, row.pk)
        for response in (client.get(address), client.post(address, {"post": "yes"})):
            assert response.status_code in (302, 403, 404)
            assert not leaks(response)
    for name in site._registry[model].get_actions(request_of(admin)):
        chosen = {"action": name, "_selected_action": str(row.pk), "apply": "yes", "post": "yes"}
        assert not leaks(client.post(url(model, "changelist"), {**chosen, "to": "closed"}))
    assert model._default_manager.filter(pk=row.pk).exists()


def request_of(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("risk", "assets"),
        ("risk", "controls"),
        ("mitigation", "risk"),
        ("finding", "risk"),
        ("control", "parent"),
    ],
)
def test_autocomplete_finds_rows_of_the_one_organization(
    client, superuser, own, foreign, organization, model, field
):
    client.force_login(superuser)
    asked = {"app_label": "risks", "model_name": model, "field_name": field, "term": ""}
    both = client.get("/admin/autocomplete/", {**asked, "organization": str(organization.pk)})
    assert "Mine" in both.content.decode()
    assert not leaks(both)
