"""What administrators and operators may do to people, roles and tokens in the admin."""

import pytest
from django.utils import timezone

from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.members.service_accounts import create_service_account
from openrisk.accounts.models import ApiToken, Membership, Role, ServiceAccount, User
from tests.risks.admin.forms import filled, url

pytestmark = pytest.mark.both  # people are searched, filtered and deleted by nothing else

PASSWORD = "a long enough password"
USERS = "/admin/accounts/user/"
TOKENS = "/admin/accounts/apitoken/"
SERVICES = "/admin/accounts/serviceaccount/"
NEW = {"email": "New@example.com", "name": "New", "password": "Tr0ub4dor and 3", "again": ""}


def change(client, row, **changes):
    address = url(type(row), "change", row.pk)
    return client.post(address, filled(client.get(address), **changes))


@pytest.fixture
def shared(analyst, other_organization):
    """A person who belongs to another organization, too."""
    set_role(user=analyst, organization=other_organization, role=Role.ADMIN)
    return analyst


@pytest.fixture
def program(organization):
    return create_service_account(name="CI import", organization=organization, role=Role.ANALYST)


# --- accounts of people ---------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["", "add/", "{pk}/change/", "{pk}/password/", "{pk}/delete/"])
def test_accounts_are_not_for_administrators_of_an_organization(client, admin, analyst, page):
    client.force_login(admin)
    place = USERS + page.format(pk=analyst.pk)
    password = {"password1": "Tr0ub4dor and 3", "password2": "Tr0ub4dor and 3"}
    assert client.get(place).status_code == 403
    assert client.post(place, {**NEW, **password, "post": "yes"}).status_code == 403
    analyst.refresh_from_db()
    assert analyst.check_password(PASSWORD)


def test_operator_makes_an_account_whose_password_must_be_replaced(client, superuser):
    client.force_login(superuser)
    client.post(f"{USERS}add/", {**NEW, "again": NEW["password"]})
    user = User.objects.get(email="new@example.com")
    assert user.check_password(NEW["password"])
    assert user.password_change_required
    assert not user.memberships.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"again": "another"}, "passwords differ"),
        ({"password": "Sommer2026", "again": "Sommer2026"}, "too short"),
        ({"email": "ANALYST@acme.example.com"}, "already exists"),
        ({"email": "analyst@acme.example.te\u017ft"}, "xn--"),
    ],
)
def test_user_form_says_what_is_wrong(client, superuser, analyst, given, words):
    client.force_login(superuser)
    data = {**NEW, "again": NEW["password"], **given}
    assert words in client.post(f"{USERS}add/", data).content.decode()
    assert not User.objects.filter(name="New").exists()


def test_operator_sets_a_first_password_and_ends_tokens(client, superuser, analyst, organization):
    create_token(user=analyst, organization=organization)
    client.force_login(superuser)
    password = {"password1": "Tr0ub4dor and 3", "password2": "Tr0ub4dor and 3"}
    client.post(f"{USERS}{analyst.pk}/password/", password)
    analyst.refresh_from_db()
    assert analyst.check_password("Tr0ub4dor and 3")
    assert analyst.password_change_required
    assert not ApiToken.objects.exists()


def test_operator_changes_their_own_password_as_everybody(client, superuser):
    client.force_login(superuser)
    response = client.get(f"{USERS}{superuser.pk}/password/")
    assert response["Location"] == "/account/password/"


def test_deactivated_person_is_refused(client, superuser, manager):
    client.force_login(superuser)
    client.post(USERS, {"action": "deactivate", "_selected_action": [str(manager.pk)]})
    manager.refresh_from_db()
    assert not manager.is_active
    client.force_login(manager)
    assert client.get("/admin/").status_code == 302


def test_operators_do_not_deactivate_themselves(client, superuser):
    client.force_login(superuser)
    form = filled(client.get(url(User, "change", superuser.pk)))
    del form["is_active"]
    response = client.post(url(User, "change", superuser.pk), form)
    assert "cannot deactivate yourself" in response.content.decode()
    client.post(USERS, {"action": "deactivate", "_selected_action": [str(superuser.pk)]})
    superuser.refresh_from_db()
    assert superuser.is_active


@pytest.mark.parametrize("lookup", ["user__password__startswith", "user__is_superuser"])
def test_lists_answer_no_questions_about_hidden_columns(client, admin, lookup):
    client.force_login(admin)
    assert client.get(f"/admin/accounts/membership/?{lookup}=x").status_code == 400


# --- memberships ----------------------------------------------------------------------------------
def test_role_changes_and_ends_whatever_else_the_person_belongs_to(
    client, admin, shared, organization
):
    membership = shared.memberships.get(organization=organization)
    client.force_login(admin)
    change(client, membership, role="manager")
    membership.refresh_from_db()
    assert membership.role == Role.MANAGER
    client.post(url(Membership, "delete", membership.pk), {"post": "yes"})
    assert not shared.memberships.filter(organization=organization).exists()
    assert shared.memberships.count() == 1


def test_tokens_end_with_the_membership_and_do_not_come_back(
    client, api, admin, analyst, organization
):
    program = api(analyst)
    client.force_login(admin)
    client.post(url(Membership, "delete", analyst.memberships.get().pk), {"post": "yes"})
    set_role(user=analyst, organization=organization, role=Role.VIEWER)
    assert program.get("/api/v1/risks/").status_code == 401
    assert not ApiToken.objects.filter(user=analyst).exists()


def test_members_are_not_added_but_invited(client, admin, outsider, organization):
    client.force_login(admin)
    data = {"email": outsider.email, "organization": str(organization.pk), "role": "viewer"}
    assert client.post("/admin/accounts/membership/add/", data).status_code == 403
    assert not Membership.objects.filter(user=outsider, organization=organization).exists()


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


# --- service accounts and tokens ------------------------------------------------------------------
def test_service_account_has_a_role_and_no_password(client, admin, organization):
    client.force_login(admin)
    data = {"name": "CI import", "organization": str(organization.pk), "role": "analyst"}
    client.post(f"{SERVICES}add/", data)
    account = ServiceAccount.objects.get()
    assert (account.email, account.is_service) == ("ci-import@acme.service.invalid", True)
    assert not account.has_usable_password()
    assert account.memberships.get().role == Role.ANALYST
    again = client.post(f"{SERVICES}add/", data)
    assert "with this name already" in again.content.decode()


def test_service_account_whose_membership_was_removed_is_added_again(
    client, admin, organization, program
):
    program.memberships.get().delete()
    client.force_login(admin)
    data = {"name": "CI import", "organization": str(organization.pk), "role": "viewer"}
    client.post(f"{SERVICES}add/", data)
    assert ServiceAccount.objects.get().pk == program.pk
    assert program.memberships.get().role == Role.VIEWER


def test_service_account_is_no_administrator(client, admin, organization, program):
    client.force_login(admin)
    data = {"name": "Other", "organization": str(organization.pk), "role": "admin"}
    client.post(f"{SERVICES}add/", data)
    change(client, program.memberships.get(), role="admin")
    assert ServiceAccount.objects.count() == 1
    assert program.memberships.get().role == Role.ANALYST
    with pytest.raises(ValueError, match="administers no people"):
        set_role(user=program, organization=organization, role=Role.ADMIN)


def test_service_account_is_deactivated_by_its_organization_alone(client, admin, outsider, program):
    address = url(ServiceAccount, "change", program.pk)
    client.force_login(outsider)
    assert client.post(address, {"name": "CI"}).status_code in (302, 403)
    program.refresh_from_db()
    assert program.is_active
    client.force_login(admin)
    client.post(address, {"name": "CI"})
    program.refresh_from_db()
    assert not program.is_active


def test_token_of_a_service_account_is_shown_in_the_answer_alone(client, admin, program):
    client.force_login(admin)
    membership = program.memberships.get()
    data = {"membership": str(membership.pk), "name": "CI", "days": "30", "read_only": "on"}
    response = client.post(f"{TOKENS}add/", {**data, "allowed_networks": "127.0.0.0/8"})
    secret = response.context["secret"]
    token = ApiToken.objects.get()
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies.get("messages")
    assert (token.user, token.read_only, token.allowed_networks) == (program, True, ["127.0.0.0/8"])
    assert (token.expiry - timezone.now()).days <= 30
    assert secret not in client.get(TOKENS).content.decode()
    headers = {"Authorization": f"Token {secret}"}
    assert client.get("/api/v1/risks/", headers=headers).status_code == 200
    chosen = {"action": "delete_selected", "_selected_action": [token.pk], "post": "yes"}
    client.post(TOKENS, chosen)
    assert client.get("/api/v1/risks/", headers=headers).status_code == 401


@pytest.mark.parametrize("who", ["admin", "superuser"])
def test_no_token_of_a_person_is_made_for_them(client, request, analyst, outsider, who):
    client.force_login(request.getfixturevalue(who))
    for user in (analyst, outsider):
        data = {"membership": str(user.memberships.get().pk), "days": "30"}
        assert client.post(f"{TOKENS}add/", data).status_code == 200
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"allowed_networks": "everywhere"}, "Write e.g. 192.0.2.0/24."),
        ({"days": "400"}, "less than or equal to 366"),
        ({"membership": ""}, "required"),
    ],
)
def test_token_form_says_what_is_wrong(client, admin, program, given, words):
    client.force_login(admin)
    data = {"membership": str(program.memberships.get().pk), "days": "30", **given}
    assert words in client.post(f"{TOKENS}add/", data).content.decode()
    assert not ApiToken.objects.exists()


def test_administrator_sees_and_revokes_tokens_of_members(client, admin, analyst, organization):
    token, secret = create_token(user=analyst, organization=organization, name="Mine")
    client.force_login(admin)
    page = client.get(TOKENS).content.decode()
    assert token.token_key in page
    assert secret not in page
    chosen = {"action": "delete_selected", "_selected_action": [token.pk], "post": "yes"}
    client.post(TOKENS, chosen)
    assert not ApiToken.objects.exists()
