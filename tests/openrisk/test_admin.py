"""Who enters the admin, and that no page of it shows another organization's rows."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from dashboards.services import create_schedule
from marketplace.models import InstalledPack, SyncRun, TrustedPublisher
from marketplace.services import installations
from marketplace.services.reviews import create_review
from openrisk.accounts.models import ApiToken, Membership, Organization, Role, User
from openrisk.accounts.services import create_token, set_role
from openrisk.admin_site import RelatedFilter, Scoped, site
from risks.imports import registers
from risks.models import Change, LikelihoodSuggestion, ScoreChange
from risks.services import assets, findings
from tests.conftest import member
from tests.risks import factories
from tests.risks.forms import filled, said

SECRET = "Foreign secret"
# All but those of the whole installation, which superusers alone see.
OF_ORGANIZATIONS = [model for model, admin in site._registry.items() if isinstance(admin, Scoped)]
MODELS = sorted(OF_ORGANIZATIONS, key=lambda model: model._meta.label)
labels = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
PASSWORD = "a long enough password"


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def fill(organization, word, person):
    """One row of every registered model in the organization, each named `word`."""
    category = factories.make_category(organization, word)
    asset = factories.make_asset(organization, word, owner=person)
    target = factories.make_asset(organization, f"{word} target")
    dependency = assets.add_dependency(actor=person, asset=asset, target=target)
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
    findings.propose_risks(actor=person, organization=organization)
    finding.refresh_from_db()
    run = registers.upload(
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
    found = {
        type(row): row for row in (*rows, report, dependency, finding.proposal, run, token, person)
    }
    of = {"organization": organization}
    app = installations.install(actor=person, connector="trivy", name=word, **of)
    for made in (
        app,
        SyncRun.objects.create(app=app, mode="preview", error=word, **of),
        create_review(actor=person, connector="trivy", rating=4, text=word, **of),
        InstalledPack.objects.create(pack="example", name=word, **of),
        LikelihoodSuggestion.objects.create(risk=risk, key=word, present=2, likelihood=5, **of),
    ):
        found[type(made)] = made
    found[Organization] = organization
    found[type(organization.matrix)] = organization.matrix
    found[Membership] = person.memberships.get()
    found[Change] = Change.objects.filter(organization=organization).first()
    found[ScoreChange] = ScoreChange.objects.filter(organization=organization).first()
    return found


@pytest.fixture
def foreign(other_organization):
    other_organization.name = SECRET
    other_organization.save()
    person = member(Role.ADMIN, other_organization, "foreign-secret")
    return fill(other_organization, SECRET, person)


@pytest.fixture
def own(organization, admin):
    return fill(organization, "Mine", admin)


def leaks(response):
    text = response.content.decode().lower()
    return SECRET.lower() in text or "foreign-secret" in text


# --- entering ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "enters"),
    [(Role.VIEWER, False), (Role.ANALYST, False), (Role.MANAGER, True), (Role.ADMIN, True)],
)
def test_managers_and_administrators_enter(client, organization, role, enters):
    client.force_login(member(role, organization))
    response = client.get(reverse("admin:index"), follow=True)
    assert response.status_code == (200 if enters else 403)


def test_superuser_without_membership_enters(client, superuser):
    client.force_login(superuser)
    assert client.get(reverse("admin:index")).status_code == 200


def test_strangers_log_in_where_everybody_does(client, db):
    response = client.get(reverse("admin:risks_risk_changelist"), follow=True)
    assert response.redirect_chain[-1][0] == "/login/?next=/admin/risks/risk/"
    response = client.post("/admin/login/", {"username": "a@example.com", "password": "guess"})
    assert response.status_code == 302


def test_what_nobody_may_do_in_any_organization_is_refused(client, manager):
    client.force_login(manager)
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403
    assert client.get(reverse("admin:risks_risk_changelist")).status_code == 200


def test_publishers_are_trusted_by_superusers_alone(client, admin, superuser):
    place = url(TrustedPublisher, "add")
    client.force_login(admin)
    assert client.get(place).status_code == 403
    client.force_login(superuser)
    client.post(place, {"name": "We", "key": "abc"})
    assert TrustedPublisher.objects.get().name == "We"


# --- scope ------------------------------------------------------------------------------------
@labels
@pytest.mark.parametrize("role", [pytest.param("manager", marks=pytest.mark.once), "admin"])
def test_no_page_shows_rows_of_another_organization(request, client, own, foreign, model, role):
    client.force_login(request.getfixturevalue(role))
    if client.get(url(model, "changelist")).status_code == 403:
        assert (role, model._meta.app_label) == ("manager", "accounts")
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


# --- accounts ---------------------------------------------------------------------------------
USERS = "/admin/accounts/user/"
NEW = {"email": "new@example.com", "name": "New", "password": "Tr0ub4dor and 3", "again": ""}


def change(client, row, **changes):
    address = url(type(row), "change", row.pk)
    return client.post(address, filled(client.get(address), **changes))


@pytest.fixture
def shared(analyst, other_organization):
    """A person who belongs to somebody else's organization, too."""
    set_role(user=analyst, organization=other_organization, role=Role.ADMIN)
    return analyst


def test_new_user_has_a_password_and_a_role(client, admin, organization):
    client.force_login(admin)
    role = {"organization": str(organization.pk), "role": "analyst"}
    client.post(f"{USERS}add/", {**NEW, "again": NEW["password"], **role})
    user = User.objects.get(email=NEW["email"])
    assert user.check_password(NEW["password"])
    assert user.memberships.get().role == Role.ANALYST


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"again": "another"}, "passwords differ"),
        ({"password": "short", "again": "short"}, "too short"),
        ({"email": "ANALYST@acme.example.com"}, "exists already"),
        ({"organization": ""}, "required"),
    ],
)
def test_user_form_says_what_is_wrong(client, admin, analyst, organization, given, words):
    client.force_login(admin)
    role = {"organization": str(organization.pk), "role": "viewer"}
    data = {**NEW, "again": NEW["password"], **role, **given}
    assert words in client.post(f"{USERS}add/", data).content.decode()
    assert not User.objects.filter(name="New").exists()


def test_user_cannot_be_added_to_another_organization(client, admin, other_organization):
    client.force_login(admin)
    role = {"organization": str(other_organization.pk), "role": "admin"}
    response = client.post(f"{USERS}add/", {**NEW, "again": NEW["password"], **role})
    assert "Select a valid choice" in response.content.decode()


def test_administrator_changes_people_of_their_own_organization(client, admin, analyst):
    client.force_login(admin)
    change(client, analyst, name="Renamed", is_superuser="on", **{"memberships-0-role": "viewer"})
    analyst.refresh_from_db()
    assert (analyst.name, analyst.is_superuser) == ("Renamed", False)
    assert analyst.memberships.get().role == Role.VIEWER


def test_person_of_another_organization_too_is_not_for_one_administrator(client, admin, shared):
    client.force_login(admin)
    address = url(User, "change", shared.pk)
    assert client.get(address).status_code == 200
    assert client.post(address, {"email": "mine@example.com"}).status_code == 403
    password = {"password1": "Tr0ub4dor and 3", "password2": "Tr0ub4dor and 3"}
    assert client.post(f"{USERS}{shared.pk}/password/", password).status_code == 403
    shared.refresh_from_db()
    assert shared.check_password(PASSWORD)


def test_superuser_is_not_for_an_administrator(client, admin, superuser, organization):
    set_role(user=superuser, organization=organization, role=Role.VIEWER)
    client.force_login(admin)
    post = {"action": "deactivate", "_selected_action": [str(superuser.pk)]}
    client.post(USERS, post)
    superuser.refresh_from_db()
    assert superuser.is_active
    assert client.post(url(User, "change", superuser.pk), {"name": "x"}).status_code == 403


def test_deactivated_person_is_refused(client, admin, manager):
    client.force_login(admin)
    client.post(USERS, {"action": "deactivate", "_selected_action": [str(manager.pk)]})
    manager.refresh_from_db()
    assert not manager.is_active
    client.force_login(manager)
    assert client.get("/admin/").status_code == 302


def test_nobody_deactivates_themselves(client, admin):
    client.force_login(admin)
    form = filled(client.get(url(User, "change", admin.pk)))
    del form["is_active"]
    response = client.post(url(User, "change", admin.pk), form)
    assert "cannot deactivate yourself" in response.content.decode()
    client.post(USERS, {"action": "deactivate", "_selected_action": [str(admin.pk)]})
    admin.refresh_from_db()
    assert admin.is_active


def test_password_is_set_by_an_administrator(client, admin, analyst):
    client.force_login(admin)
    password = {"password1": "Tr0ub4dor and 3", "password2": "Tr0ub4dor and 3"}
    client.post(f"{USERS}{analyst.pk}/password/", password)
    analyst.refresh_from_db()
    assert analyst.check_password("Tr0ub4dor and 3")


@pytest.mark.parametrize("lookup", ["password__startswith", "memberships__organization__name"])
def test_lists_answer_no_questions_about_hidden_columns(client, admin, lookup):
    client.force_login(admin)
    assert client.get(f"{USERS}?{lookup}=x").status_code == 400


def test_person_joins_by_their_email(client, admin, outsider, organization):
    client.force_login(admin)
    data = {"email": outsider.email.upper(), "organization": str(organization.pk), "role": "viewer"}
    client.post("/admin/accounts/membership/add/", data)
    made = Membership.objects.get(user=outsider, organization=organization)
    assert made.role == Role.VIEWER
    assert Change.objects.get(object_id=made.pk).actor == admin
    again = client.post("/admin/accounts/membership/add/", data)
    assert "is a member already" in again.content.decode()


def test_unknown_email_cannot_join(client, admin, organization):
    client.force_login(admin)
    data = {"email": "x@example.com", "organization": str(organization.pk), "role": "viewer"}
    response = client.post("/admin/accounts/membership/add/", data)
    assert "Nobody has this e-mail yet" in response.content.decode()


def test_nobody_joins_another_organization(client, admin, analyst, other_organization):
    client.force_login(admin)
    data = {"email": analyst.email, "organization": str(other_organization.pk), "role": "viewer"}
    client.post("/admin/accounts/membership/add/", data)
    assert not Membership.objects.filter(organization=other_organization).exists()


def test_role_changes_and_ends(client, admin, shared, organization):
    membership = shared.memberships.get(organization=organization)
    client.force_login(admin)
    change(client, membership, role="manager")
    membership.refresh_from_db()
    assert membership.role == Role.MANAGER
    client.post(url(Membership, "delete", membership.pk), {"post": "yes"})
    assert not shared.memberships.filter(organization=organization).exists()


def test_organization_page_changes_roles_but_not_the_slug(client, admin, analyst, organization):
    client.force_login(admin)
    membership = analyst.memberships.get()
    index = [m.user for m in organization.memberships.order_by("user__email")].index(analyst)
    change(client, organization, name="New", slug="new", **{f"memberships-{index}-role": "viewer"})
    organization.refresh_from_db()
    membership.refresh_from_db()
    assert (organization.name, organization.slug, membership.role) == ("New", "acme", Role.VIEWER)


def test_only_superusers_make_organizations(client, admin, superuser):
    for user, status in ((admin, 403), (superuser, 302)):
        client.force_login(user)
        made = client.post("/admin/accounts/organization/add/", {"name": "New", "slug": "new"})
        assert made.status_code == status


def test_token_is_shown_once_and_revoked(client, api, admin, analyst):
    client.force_login(admin)
    membership = analyst.memberships.get()
    data = {"membership": str(membership.pk), "name": "CI", "days": "30", "read_only": "on"}
    data["allowed_networks"] = "127.0.0.0/8"
    response = client.post("/admin/accounts/apitoken/add/", data)
    secret = said(response).split()[-1]
    token = ApiToken.objects.get()
    assert (token.user, token.read_only, token.allowed_networks) == (analyst, True, ["127.0.0.0/8"])
    assert token.expiry - timezone.now() < timedelta(days=31)
    pages = [client.get("/admin/accounts/apitoken/").content.decode() for _ in range(2)]
    assert [secret in page for page in pages] == [True, False]
    headers = {"Authorization": f"Token {secret}"}
    assert client.get("/api/v1/risks/", headers=headers).status_code == 200
    chosen = {"action": "delete_selected", "_selected_action": [token.pk], "post": "yes"}
    client.post("/admin/accounts/apitoken/", chosen)
    assert client.get("/api/v1/risks/", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"allowed_networks": "everywhere"}, "Write e.g. 192.0.2.0/24."),
        ({"days": "400"}, "less than or equal to 366"),
        ({"membership": ""}, "required"),
    ],
)
def test_token_form_says_what_is_wrong(client, admin, given, words):
    client.force_login(admin)
    data = {"membership": str(admin.memberships.get().pk), "days": "30", **given}
    assert words in client.post("/admin/accounts/apitoken/add/", data).content.decode()
    assert not ApiToken.objects.exists()


def test_no_token_for_a_superuser_or_another_organization(client, admin, outsider, superuser):
    set_role(user=superuser, organization=admin.memberships.get().organization, role=Role.VIEWER)
    client.force_login(admin)
    for user in (outsider, superuser):
        data = {"membership": str(user.memberships.get().pk), "days": "30"}
        client.post("/admin/accounts/apitoken/add/", data)
    assert not ApiToken.objects.exists()


def test_history_of_accounts_is_for_superusers(client, admin, analyst, superuser):
    for user, status in ((admin, 403), (superuser, 200)):
        client.force_login(user)
        assert client.get(url(User, "history", analyst.pk)).status_code == status
