"""Users, roles, memberships, tokens and the limit on failed logins."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import timezone

from openrisk.accounts.models import (
    ApiToken,
    LoginFailure,
    Membership,
    Organization,
    Role,
    User,
)
from openrisk.accounts.services import (
    FAILURE_WINDOW,
    FAILURES_PER_ADDRESS,
    FAILURES_PER_EMAIL,
    LoginRefused,
    check_password,
    create_token,
    forget_old_failures,
    membership_of,
    set_role,
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
    with pytest.raises(ValueError, match="is no member of globex: add a membership first"):
        create_token(user=analyst, organization=other_organization)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("network", ["192.0.2.1/24", "300.0.0.0/8", "office", ""])
def test_malformed_network_is_refused(analyst, organization, network):
    with pytest.raises(ValueError, match=r"does not appear|has host bits"):
        create_token(user=analyst, organization=organization, allowed_networks=[network])
    assert not ApiToken.objects.exists()


# --- Failed logins ----------------------------------------------------------------------------
def _login(email, password=PASSWORD, address="192.0.2.1"):
    request = RequestFactory().post("/", REMOTE_ADDR=address)
    return check_password(request=request, email=email, password=password)


def _fail(times, email, addresses=("192.0.2.1",)):
    for number in range(times):
        with pytest.raises(LoginRefused):
            _login(email, "wrong", addresses[number % len(addresses)])


def test_login_ignores_case_and_space_of_the_address(analyst):
    assert _login(f"  {analyst.email.upper()} ") == analyst


@pytest.mark.parametrize(
    ("email", "password"),
    [("{email}", "wrong"), ("nobody@example.com", PASSWORD), ("{email}", ""), ("", "")],
)
def test_wrong_login_does_not_say_what_was_wrong(analyst, email, password):
    with pytest.raises(LoginRefused, match="do not match an active account") as refusal:
        _login(email.format(email=analyst.email), password)
    assert refusal.value.retry_after is None
    assert LoginFailure.objects.count() == 1


def test_inactive_person_does_not_log_in(analyst):
    User.objects.update(is_active=False)
    with pytest.raises(LoginRefused):
        _login(analyst.email)


def test_too_many_failures_lock_the_address_even_for_the_right_password(analyst):
    _fail(FAILURES_PER_EMAIL, analyst.email, ("192.0.2.1", "198.51.100.1"))
    with pytest.raises(LoginRefused, match="Wait 15 minutes") as refusal:
        _login(analyst.email.upper(), address="203.0.113.1")
    assert refusal.value.retry_after == 900


def test_one_failure_less_locks_nobody(analyst):
    _fail(FAILURES_PER_EMAIL - 1, analyst.email)
    assert _login(analyst.email) == analyst


def test_refused_tries_do_not_prolong_the_lock(analyst, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    _fail(FAILURES_PER_EMAIL, analyst.email)
    time_machine.shift(FAILURE_WINDOW - timedelta(seconds=1))
    _fail(3, analyst.email)
    time_machine.shift(timedelta(seconds=2))
    assert _login(analyst.email) == analyst


def test_lock_of_one_person_leaves_the_others(analyst, viewer):
    _fail(FAILURES_PER_EMAIL, analyst.email)
    assert _login(viewer.email) == viewer


def test_many_names_from_one_network_address_lock_it(analyst):
    for number in range(FAILURES_PER_ADDRESS):
        LoginFailure.objects.create(email=f"{number}@example.com", address="192.0.2.1")
    with pytest.raises(LoginRefused, match="Too many"):
        _login(analyst.email)
    assert _login(analyst.email, address="198.51.100.1") == analyst


def test_success_forgets_the_failures_of_that_person(analyst, viewer):
    _fail(2, analyst.email)
    _fail(1, viewer.email)
    _login(analyst.email)
    assert LoginFailure.objects.get().email == viewer.email


def test_old_failures_are_forgotten(analyst, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    _fail(1, analyst.email)
    time_machine.shift(FAILURE_WINDOW)
    _fail(1, "nobody@example.com")
    assert forget_old_failures() == 1
    assert LoginFailure.objects.get().email == "nobody@example.com"


@pytest.mark.parametrize("email", ["x" * 300 + "@example.com", "%", "' OR 1=1 --"])
def test_hostile_address_is_a_refused_login(analyst, email):
    with pytest.raises(LoginRefused):
        _login(email)
