"""The limit on failed logins."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from openrisk.accounts.credentials.devices import COOKIE, remember_device
from openrisk.accounts.credentials.login import LoginRefused, check_password
from openrisk.accounts.credentials.login_limits import (
    FAILURE_WINDOW,
    FAILURES_PER_ADDRESS,
    FAILURES_PER_DEVICE,
    FAILURES_PER_EMAIL,
    forget_old_failures,
    network_of,
)
from openrisk.accounts.models import AccountEvent, LoginFailure, User

PASSWORD = "a long enough password"


def _login(email, password=PASSWORD, address="192.0.2.1", device=""):
    request = RequestFactory().post("/", REMOTE_ADDR=address)
    request.COOKIES[COOKIE] = device
    return check_password(request=request, email=email, password=password)


def device_of(*people):
    """The cookie of a device that these people have logged in on."""
    request, response = RequestFactory().get("/"), HttpResponse()
    for person in people:
        remember_device(request, response, person)
        request.COOKIES[COOKIE] = response.cookies[COOKIE].value
    return response.cookies[COOKIE].value


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


# --- One spelling, one count ----------------------------------------------------------------------
@pytest.mark.parametrize("spelling", ["v\u0131ewer@x.test", "viewer@x.te\u017ft"])
def test_other_letters_do_not_log_in(db, spelling):
    User.objects.create_user("viewer@x.test", PASSWORD)
    with pytest.raises(LoginRefused):
        _login(spelling)
    assert _login("VIEWER@X.test").email == "viewer@x.test"


def test_spellings_share_their_tries(db):
    User.objects.create_user("viewers@x.test", PASSWORD)
    spellings = ("viewers@x.test", "VIEWERS@x.test", "viewer\u017f@x.test", "viewers@x.te\u017ft")
    for number in range(FAILURES_PER_EMAIL):
        with pytest.raises(LoginRefused):
            _login(spellings[number % 4], "wrong", f"192.0.2.{number}")
    for spelling in spellings:
        with pytest.raises(LoginRefused, match="Too many"):
            _login(spelling, address="198.51.100.1")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("", "0.0.0.0"),  # noqa: S104
    ],
)
def test_address_is_counted_by_what_a_customer_has(address, network):
    assert network_of(address) == network


def test_addresses_of_one_ipv6_network_are_one(analyst):
    for number in range(FAILURES_PER_ADDRESS):
        with pytest.raises(LoginRefused):
            _login(f"{number}@example.com", "wrong", f"2001:db8::{number + 1:x}")
    with pytest.raises(LoginRefused, match="Too many"):
        _login(analyst.email, address="2001:db8::ffff")
    assert _login(analyst.email, address="2001:db8:0:1::1") == analyst


# --- Known devices --------------------------------------------------------------------------------
def test_owner_enters_from_a_known_device_while_strangers_guess(analyst):
    device = device_of(analyst)
    _fail(FAILURES_PER_EMAIL, analyst.email, ("198.51.100.1",))
    with pytest.raises(LoginRefused, match="Too many"):
        _login(analyst.email)
    assert _login(analyst.email, device=device) == analyst
    with pytest.raises(LoginRefused, match="Too many"):
        _login(analyst.email, address="198.51.100.1")  # their tries are not given back


def test_colleague_enters_from_a_known_device_behind_the_same_address(analyst):
    device = device_of(analyst)
    for number in range(FAILURES_PER_ADDRESS):
        LoginFailure.objects.create(email=f"{number}@example.com", address="192.0.2.1")
    assert _login(analyst.email, device=device) == analyst


def test_device_has_a_limit_of_its_own(analyst):
    device = device_of(analyst)
    for _ in range(FAILURES_PER_DEVICE):
        with pytest.raises(LoginRefused, match="do not match"):
            _login(analyst.email, "wrong", device=device)
    with pytest.raises(LoginRefused, match="Too many"):
        _login(analyst.email, device=device)
    assert _login(analyst.email) == analyst


def test_device_is_known_for_whom_has_logged_in_there(analyst, viewer):
    _fail(FAILURES_PER_EMAIL, analyst.email)
    for device in (device_of(viewer), device_of(analyst)[:-1], "junk"):
        with pytest.raises(LoginRefused, match="Too many"):
            _login(analyst.email, device=device)
    assert _login(analyst.email, device=device_of(analyst, viewer)) == analyst


def test_login_page_makes_the_device_known(client, analyst, settings):
    client.post("/login/", {"email": analyst.email, "password": PASSWORD})
    cookie = client.cookies[COOKIE]
    assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax")
    assert analyst.email not in cookie.value
    client.post("/logout/")
    _fail(FAILURES_PER_EMAIL, analyst.email)
    response = client.post("/login/", {"email": analyst.email, "password": PASSWORD})
    assert response.status_code == 302


# --- At the same time -----------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_limit_holds_for_tries_at_the_same_time(viewer, monkeypatch):
    """All begin before any of them is refused: as many as the limit get to see a password."""
    tried, outcomes, start = [], [], threading.Barrier(24)
    monkeypatch.setattr(
        "openrisk.accounts.credentials.login.authenticate", lambda *a, **k: tried.append(1)
    )

    def guess():
        start.wait(30)
        try:
            _login(viewer.email, "wrong")
        except LoginRefused as refusal:
            outcomes.append(refusal.retry_after)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(tried), outcomes.count(None)) == (FAILURES_PER_EMAIL, FAILURES_PER_EMAIL)
    assert len(outcomes) == 24
    assert AccountEvent.objects.filter(kind="sign_in_limited").count() == 1


def test_reached_limit_is_in_the_history_once(analyst):
    _fail(FAILURES_PER_EMAIL + 3, analyst.email)
    event = AccountEvent.objects.get(kind="sign_in_limited")
    assert (event.person, event.email) == (analyst, analyst.email)
