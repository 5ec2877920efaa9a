"""Users, roles, memberships and tokens."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.accounts.credentials.passwords import set_first_password
from openrisk.accounts.credentials.tokens import TokenRefused, create_token
from openrisk.accounts.members.memberships import membership_of, set_role
from openrisk.accounts.models import (
    ApiToken,
    Membership,
    Organization,
    Role,
    User,
)

PASSWORD = "a long enough password"


# --- Users and roles --------------------------------------------------------------------------
@pytest.mark.parametrize("role", Role)
def test_each_role_includes_the_ones_before_it(role):
    ranks = ["viewer", "analyst", "manager", "admin"]
    included = [other for other in ranks if role.includes(other)]
    assert included == ranks[: ranks.index(role) + 1]


def test_unknown_role_is_no_role():
    with pytest.raises(ValueError, match="owner"):
        Role.ADMIN.includes("owner")


def test_address_is_stored_in_one_spelling(analyst):
    person = User.objects.create_user(" Ada@Example.COM ", PASSWORD)
    assert person.email == "ada@example.com"
    assert User.objects.get(email="ADA@example.com") == person


@pytest.mark.parametrize("address", ["v\u0131ewer@x.test", "a@x.te\u017ft", "\uff41@x.test"])
def test_address_that_looks_like_another_is_refused(db, address):
    with pytest.raises(ValueError, match="ASCII"):
        User.objects.create_user(address, PASSWORD)
    with pytest.raises(ValidationError, match="xn--"):
        User(email=address, password="x").full_clean()


def test_user_needs_an_address(db):
    with pytest.raises(ValueError, match="needs an e-mail address"):
        User.objects.create_user("", PASSWORD)


def test_address_is_one_whatever_its_case(analyst):
    assert User.objects.get_by_natural_key(analyst.email.upper()) == analyst
    with pytest.raises(ValidationError, match="already"):
        User(email=analyst.email.upper(), password="x").full_clean()


@pytest.mark.parametrize(
    ("fixture", "enters"),
    [("viewer", False), ("analyst", False), ("manager", True), ("admin", True)],
)
def test_managers_and_admins_enter_the_admin(request, fixture, enters):
    assert request.getfixturevalue(fixture).is_staff is enters


def test_inactive_manager_does_not_enter_the_admin(manager, superuser):
    manager.is_active = False
    assert (manager.is_staff, superuser.is_staff) == (False, True)


def test_names_fall_back_to_the_address(db):
    assert str(User(email="a@example.com")) == "a@example.com"
    assert User(email="a@example.com", name="Ada Example").get_short_name() == "Ada"


# --- Memberships ------------------------------------------------------------------------------
def test_role_is_set_once_and_changed_afterwards(analyst, organization):
    set_role(user=analyst, organization=organization, role="manager")
    assert Membership.objects.get(user=analyst).role == Role.MANAGER
    with pytest.raises(ValueError, match="owner"):
        set_role(user=analyst, organization=organization, role="owner")


def test_membership_is_the_first_unless_an_organization_is_named(
    analyst, organization, other_organization
):
    set_role(user=analyst, organization=other_organization, role=Role.VIEWER)
    assert membership_of(analyst, None).organization == organization
    assert membership_of(analyst, other_organization).role == Role.VIEWER


def test_nobody_is_a_member_elsewhere(analyst, other_organization):
    assert membership_of(analyst, other_organization) is None


def test_superuser_acts_as_administrator_without_a_membership(superuser, organization):
    membership = membership_of(superuser, organization)
    assert (membership.role, membership.organization) == (Role.ADMIN, organization)
    assert not Membership.objects.exists()


def test_superuser_with_a_membership_has_that_role(superuser, organization):
    set_role(user=superuser, organization=organization, role=Role.VIEWER)
    assert membership_of(superuser, organization).role == Role.VIEWER


def test_superuser_without_any_organization_has_none(superuser):
    assert membership_of(superuser, None) is None


def test_organizations_are_scoped(analyst, organization, other_organization, superuser):
    assert list(Organization.objects.for_user(analyst)) == [organization]
    assert Organization.objects.for_user(superuser).count() == 2


# --- Tokens -----------------------------------------------------------------------------------
def test_token_is_stored_as_a_hash_and_expires(analyst, organization):
    token, secret = create_token(user=analyst, organization=organization)
    assert secret.startswith("or_")
    assert secret not in str(ApiToken.objects.values().get())
    assert timedelta(days=89) < token.expiry - timezone.now() <= timedelta(days=90)


def test_token_may_live_shorter(analyst, organization):
    token, _ = create_token(user=analyst, organization=organization, lifetime=timedelta(hours=1))
    assert token.expiry - timezone.now() <= timedelta(hours=1)


def test_token_is_for_members_only(analyst, other_organization):
    with pytest.raises(ValueError, match="is not a member of globex: invite them first"):
        create_token(user=analyst, organization=other_organization)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("network", ["192.0.2.1/24", "300.0.0.0/8", "office", ""])
def test_malformed_network_is_refused(analyst, organization, network):
    with pytest.raises(ValueError, match=r"does not appear|has host bits"):
        create_token(user=analyst, organization=organization, allowed_networks=[network])
    assert not ApiToken.objects.exists()


# --- Tokens made with tokens --------------------------------------------------------------------
@pytest.fixture
def parent(analyst, organization):
    return create_token(
        user=analyst,
        organization=organization,
        allowed_networks=["192.0.2.0/24"],
        lifetime=timedelta(hours=12),
    )[0]


def test_child_is_as_narrow_as_its_parent_unless_narrower(analyst, organization, parent):
    child, _ = create_token(user=analyst, organization=organization, parent=parent)
    assert child.allowed_networks == ["192.0.2.0/24"]
    assert child.expiry <= parent.expiry
    narrow, _ = create_token(
        user=analyst,
        organization=organization,
        parent=child,
        allowed_networks=["192.0.2.7/32"],
        lifetime=timedelta(hours=1),
        read_only=True,
    )
    again, _ = create_token(user=analyst, organization=organization, parent=narrow)
    assert (again.allowed_networks, again.read_only) == (["192.0.2.7/32"], True)
    assert again.expiry <= narrow.expiry < child.expiry


@pytest.mark.parametrize(
    ("wider", "field"),
    [
        ({"allowed_networks": ["192.0.0.0/16"]}, "allowed_networks"),
        ({"allowed_networks": ["192.0.2.0/25", "2001:db8::/32"]}, "allowed_networks"),
        ({"lifetime": timedelta(days=1)}, "days"),
    ],
)
def test_wider_child_is_refused(analyst, organization, parent, wider, field):
    with pytest.raises(TokenRefused, match="he token you use") as refusal:
        create_token(user=analyst, organization=organization, parent=parent, **wider)
    assert refusal.value.field == field
    assert ApiToken.objects.count() == 1


def test_children_end_with_their_parent(analyst, organization, parent):
    child, _ = create_token(user=analyst, organization=organization, parent=parent)
    create_token(user=analyst, organization=organization, parent=child)
    create_token(user=analyst, organization=organization, name="another")
    ApiToken.objects.filter(pk=parent.pk).revoke()
    assert ApiToken.objects.get().name == "another"
    with pytest.raises(TokenRefused, match="revoked"):
        create_token(user=analyst, organization=organization, parent=parent)


def test_new_password_ends_tokens_on_every_path(analyst, organization, parent):
    analyst.set_password("another long password")
    analyst.save()
    assert not ApiToken.objects.exists()


def test_hash_that_is_only_made_stronger_ends_no_token(analyst, organization, parent, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert analyst.check_password(PASSWORD)
    assert User.objects.get(pk=analyst.pk).password.startswith("pbkdf2_sha1")
    assert ApiToken.objects.exists()


def test_token_for_whom_has_to_choose_a_password_is_refused(analyst, organization):
    set_first_password(analyst, "another long password")
    with pytest.raises(TokenRefused, match="choose a password first"):
        create_token(user=analyst, organization=organization)
