"""Who enters the admin, and what they may do there to people, roles and tokens."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.models import TrustedPublisher
from openrisk.accounts.models import ApiToken, Membership, Role, User
from openrisk.accounts.services import set_role
from risks.models import Change
from tests.conftest import member
from tests.risks.forms import filled, said, url

PASSWORD = "a long enough password"


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
