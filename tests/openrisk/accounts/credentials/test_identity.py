"""A right that is taken away is gone with the very next request, however warm the cache is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from openrisk.accounts.credentials import identity
from openrisk.accounts.credentials.sessions import SessionStore
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import ApiToken, Membership, Organization, Role, User
from openrisk.caching.freshness import snapshots
from tests.openrisk.caching import calls
from tests.openrisk.caching.calls import FRONT, MEMORY, RISKS, call, session, token, warm
from tests.risks.factories import make_risk

committed = pytest.mark.django_db(transaction=True)


def _logged_out(credential):
    assert call("/api/v1/auth/logout/", credential, "POST").status == 204


def _password(credential):
    user = User.objects.get()
    user.set_password("another long password")
    user.save()


TAKEN_AWAY = {
    "token-revoked": (token, lambda credential: ApiToken.objects.all().delete()),
    "token-logged-out": (token, _logged_out),
    "token-expires": (token, lambda c: ApiToken.objects.update(expiry=timezone.now())),
    "token-elsewhere": (token, lambda c: ApiToken.objects.update(allowed_networks=["::1/128"])),
    "token-other-digest": (token, lambda c: ApiToken.objects.update(digest="0" * 128)),
    "token-membership": (token, lambda c: Membership.objects.all().delete()),
    "token-deactivated": (token, lambda c: User.objects.update(is_active=False)),
    "token-user-deleted": (token, lambda c: User.objects.all().delete()),
    "session-deleted": (session, lambda c: Session.objects.all().delete()),
    "session-expires": (session, lambda c: Session.objects.update(expire_date=timezone.now())),
    "session-password": (session, _password),
    "session-membership": (session, lambda c: Membership.objects.all().delete()),
    "session-deactivated": (session, lambda c: User.objects.update(is_active=False)),
}  # fmt: skip


def _credential(make, user, organization):
    return make(user, organization) if make is token else make(user)


@committed
@pytest.mark.parametrize("name", TAKEN_AWAY)
def test_what_is_taken_away_is_gone_at_once(organization, viewer, name):
    make, take_away = TAKEN_AWAY[name]
    credential = _credential(make, viewer, organization)
    warm(RISKS, credential)
    take_away(credential)
    replies = [call(RISKS, credential) for _ in range(2)]
    assert {reply.status for reply in replies} <= {401, 403}
    assert not any("X-Cache" in reply.headers for reply in replies)


@committed
@pytest.mark.parametrize("make", [token, session], ids=["token", "session"])
def test_changed_rights_count_at_once(organization, other_organization, viewer, make):
    make_risk(organization, title="Ours")
    make_risk(other_organization, title="Theirs")
    credential = _credential(make, viewer, organization)
    warm(RISKS, credential)
    imports = "/api/v1/imports/"
    assert call(imports, credential).status == 403
    set_role(user=viewer, organization=organization, role=Role.ANALYST)
    assert (call(RISKS, credential).cache, call(imports, credential).status) != (FRONT, 403)
    assert call(imports, credential).status == 200
    warm(RISKS, credential)
    set_role(user=viewer, organization=organization, role=Role.VIEWER)
    assert call(RISKS, credential).status == 200
    assert call(imports, credential).status == 403
    Membership.objects.update(organization=other_organization)
    reply = call(RISKS, credential)
    assert (reply.status, reply.status == 200 and reply.titles) == (
        (401, False) if make is token else (200, ["Theirs"])
    )


@committed
def test_read_only_and_networks_count_as_they_are_now(organization, analyst):
    me = token(analyst, organization)
    warm(RISKS, me)
    assert call(RISKS, me, "POST", body={"title": "Flood"}).status == 201
    ApiToken.objects.update(read_only=True)
    assert call(RISKS, me, "POST", body={"title": "Drought"}).status == 403
    assert warm(RISKS, me).titles == ["Flood"]
    ApiToken.objects.update(allowed_networks=["192.0.2.0/24"])
    warm(RISKS, me, REMOTE_ADDR="192.0.2.7")
    found = {
        address: call(RISKS, me, REMOTE_ADDR=address).status
        for address in ("192.0.2.9", "::ffff:192.0.2.9", "192.0.3.1", "", "nonsense")
    }
    assert list(found.values()) == [200, 200, 401, 401, 401]


@committed
def test_organization_that_goes_takes_its_callers_along(organization, viewer):
    me, browser = token(viewer, organization), session(viewer)
    for credential in (me, browser):
        warm(RISKS, credential)
    Organization.objects.all().delete()
    assert call(RISKS, me).status == 401
    assert call(RISKS, browser).status in (401, 403)


@committed
@pytest.mark.parametrize("make", [token, session], ids=["token", "session"])
def test_end_comes_by_the_clock_too(organization, viewer, time_machine, make):
    credential = _credential(make, viewer, organization)
    end = datetime(2030, 1, 1, 12, tzinfo=UTC)
    time_machine.move_to(end - timedelta(seconds=2), tick=False)
    ApiToken.objects.update(expiry=end)
    Session.objects.update(expire_date=end)
    assert warm(RISKS, credential).status == 200
    time_machine.move_to(end, tick=False)
    assert call(RISKS, credential).status in (401, 403)


@committed
def test_day_of_last_use_is_recorded_once_a_day(organization, viewer, time_machine):
    time_machine.move_to("2030-05-31 23:59:50Z", tick=False)
    me = token(viewer, organization)
    ApiToken.objects.update(expiry=None)
    with CaptureQueriesContext(connection) as queries:
        for _ in range(4):
            call(RISKS, me)
    assert _updates(queries) == 1
    assert str(ApiToken.objects.get().last_used_on) == "2030-05-31"
    assert call(RISKS, me).cache == FRONT
    time_machine.move_to("2030-06-01 00:00:01Z", tick=False)
    with CaptureQueriesContext(connection) as queries:
        seen = [call(RISKS, me).cache for _ in range(3)]
    assert (_updates(queries), seen) == (1, [MEMORY, FRONT, FRONT])
    assert str(ApiToken.objects.get().last_used_on) == "2030-06-01"


def _updates(queries):
    return sum("UPDATE" in query["sql"] for query in queries)


@committed
def test_hits_leave_the_orm_alone(organization, viewer):
    """Not even authentication asks: the tokens say that its rows are unchanged."""
    for credential in (token(viewer, organization), session(viewer)):
        warm(RISKS, credential)
        with CaptureQueriesContext(connection) as queries:
            assert call(RISKS, credential).cache == FRONT
            assert call(f"{RISKS}?x", credential).status == 400
        tables = [query["sql"] for query in queries]
        assert not any("accounts_apitoken" in sql for sql in tables)


@committed
def test_rows_that_change_while_they_are_read_are_read_again(organization, viewer, monkeypatch):
    """A token read after the change must not vouch for rows from before it."""
    make_risk(organization)
    me = token(viewer, organization)
    read, changes = snapshots.take_snapshot, []

    def late(tags):
        if not changes:
            changes.append(1)
            set_role(user=viewer, organization=organization, role=Role.MANAGER)
        return read(tags)

    monkeypatch.setattr(identity.snapshots, "take_snapshot", late)
    call(RISKS, me)
    [caller] = identity.fast_path.known_principals.values()
    assert caller.rights == ("manager",)
    assert changes


@committed
def test_other_sessions_of_the_same_person_stay(organization, viewer):
    mine, other = session(viewer), session(viewer)
    for credential in (mine, other):
        warm(RISKS, credential)
    SessionStore(mine["HTTP_COOKIE"].partition("=")[2]).delete()
    assert call(RISKS, mine).status in (401, 403)
    assert call(RISKS, other).cache == FRONT


# --- Pages --------------------------------------------------------------------------------------
PAGE = "/o/acme/risks/"


@committed
@pytest.mark.parametrize("name", [name for name in TAKEN_AWAY if name.startswith("session")])
def test_page_is_shut_at_once_to_whom_something_was_taken_away(organization, viewer, name):
    _, take_away = TAKEN_AWAY[name]
    credential = session(viewer)
    assert [call(PAGE, credential).status for _ in range(2)] == [200, 200]
    take_away(credential)
    reply = call(PAGE, credential)
    assert reply.status == (404 if name == "session-membership" else 302)


@committed
def test_page_knows_whose_session_it_is_without_reading_its_rows(organization, viewer):
    credential, page = session(viewer), "/o/acme/dashboards/analyst/"
    first = call(page, credential)
    with CaptureQueriesContext(connection) as captured:
        again = call(page, credential)
    tables = ("accounts_user", "accounts_membership", "django_session")
    statements = [query["sql"] for query in captured]
    beginnings = tuple(f'SELECT "{table}"' for table in tables)
    asked = [sql for sql in statements if sql.startswith(beginnings)]
    assert (asked, len(statements) > 2) == ([], True)
    assert viewer.email.encode() in again.body
    assert "Cookie" in again.headers["Vary"]
    assert again.headers["Vary"] == first.headers["Vary"]


@committed
def test_page_of_an_organization_never_becomes_that_of_another(
    organization, other_organization, viewer
):
    credential = session(viewer)
    make_risk(other_organization, title="Of the other")
    assert b"Of the other" not in call(PAGE, credential).body
    Membership.objects.update(organization=other_organization)
    reply = call(PAGE, credential)
    assert (reply.status, b"Of the other" in reply.body) == (404, False)
    assert b"Of the other" in call("/o/globex/risks/", credential).body


# --- Sessions in several organizations ----------------------------------------------------------
@pytest.fixture
def both(organization, other_organization, viewer):
    """A session of a member of both, with the header for each by slug."""
    set_role(user=viewer, organization=other_organization, role=Role.ANALYST)
    make_risk(organization, title="Ours")
    make_risk(other_organization, title="Theirs")
    credential = session(viewer)
    return {slug: credential | {"HTTP_X_ORGANIZATION": slug} for slug in ("acme", "globex")}


@committed
def test_session_is_answered_for_the_organization_of_the_header(both):
    titles = {"acme": ["Ours"], "globex": ["Theirs"]}
    for slug in ("acme", "globex", "acme", "globex", "globex", "acme"):
        reply = call(RISKS, both[slug])
        assert (slug, reply.titles) == (slug, titles[slug])
    replies = {slug: warm(RISKS, credential) for slug, credential in both.items()}
    assert [reply.cache for reply in replies.values()] == [FRONT, FRONT]
    assert {slug: reply.titles for slug, reply in replies.items()} == titles
    assert "X-Organization" in replies["acme"].headers["Vary"]


@committed
def test_session_of_several_organizations_must_name_one(both, viewer, organization):
    warm(RISKS, both["acme"])
    unnamed = {"HTTP_COOKIE": both["acme"]["HTTP_COOKIE"]}
    reply = call(RISKS, unnamed)
    assert (reply.status, b"X-Organization" in reply.body) == (400, True)
    assert call(RISKS, unnamed | {"HTTP_X_ORGANIZATION": "no-such"}).status == 403
    Membership.objects.filter(organization=organization).delete()
    assert call(RISKS, both["acme"]).status == 403
    assert warm(RISKS, unnamed).titles == ["Theirs"]


@committed
def test_second_membership_ends_what_was_known_without_a_name(
    organization, other_organization, viewer
):
    credential = session(viewer)
    assert warm(RISKS, credential).cache == FRONT
    set_role(user=viewer, organization=other_organization, role=Role.VIEWER)
    assert call(RISKS, credential).status == 400


@committed
def test_slug_is_read_again_when_it_changes_hands(both, organization, other_organization):
    warm(RISKS, both["acme"])
    Organization.objects.filter(pk=organization.pk).update(slug="old")
    Organization.objects.filter(pk=other_organization.pk).update(slug="acme")
    assert call(RISKS, both["acme"]).titles == ["Theirs"]


@committed
def test_token_is_refused_for_another_organization(organization, other_organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)
    assert call(RISKS, me | {"HTTP_X_ORGANIZATION": "globex"}).status == 400
    assert call(RISKS, me | {"HTTP_X_ORGANIZATION": "acme"}).status == 200


@committed
def test_session_beside_a_token_is_not_the_tokens(organization, viewer, outsider, settings):
    """Whoever looks at the session's user first leaves a caller that the token must not be."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.looks_at_the_user"]
    calls.application.cache_clear()
    make_risk(organization, title="Ours")
    try:
        both = token(viewer, organization) | session(outsider)
        assert [call(RISKS, both).titles for _ in range(2)] == [["Ours"]] * 2
    finally:
        calls.application.cache_clear()


def looks_at_the_user(get_response):
    def middleware(request):
        assert request.user.is_authenticated
        return get_response(request)

    return middleware


def _both(mine, theirs):
    """Two cookies of which Django believes the second, and a browser would send the first."""
    return f"{mine}; {theirs.replace('=', ' =', 1)}"


ODD_COOKIES = {
    "twice": lambda cookie: f"{cookie}; {cookie}",
    "no-space": lambda cookie: f"a=b;{cookie}",
    "other-before": lambda cookie: f"x{cookie.partition('=')[0]}=1; {cookie}",
    "space": lambda cookie: cookie.replace("=", " =", 1),
}


@committed
@pytest.mark.parametrize("odd", ODD_COOKIES)
def test_another_scheme_is_no_credential_that_is_learned(organization, viewer, odd):
    """A password of a proxy, shared by many, beside a session that only Django finds."""
    make_risk(organization, title="Ours")
    basic = {"HTTP_AUTHORIZATION": "Basic c2hhcmVk"}
    cookie = session(viewer)["HTTP_COOKIE"]
    for _ in range(3):
        call(RISKS, basic | {"HTTP_COOKIE": ODD_COOKIES[odd](cookie)})
    assert call(RISKS, basic).status in (401, 403)


@committed
def test_cookie_that_only_django_believes_is_not_learned_for_another(
    organization, viewer, outsider, other_organization
):
    make_risk(organization, title="Ours")
    make_risk(other_organization, title="Theirs")
    mine, theirs = (session(one)["HTTP_COOKIE"] for one in (viewer, outsider))
    for _ in range(3):
        call(RISKS, {"HTTP_COOKIE": _both(mine, theirs)})
    assert warm(RISKS, {"HTTP_COOKIE": mine}).titles == ["Ours"]
    assert call(RISKS, {"HTTP_COOKIE": _both(mine, theirs)}).titles == ["Theirs"]


@committed
def test_user_of_a_session_does_not_bring_an_old_login_back(organization, viewer):
    credential = session(viewer)
    call(PAGE, credential)
    later = timezone.now() + timedelta(hours=1)
    User.objects.update(last_login=later)
    rows = identity.fast_path.known_principals.get(
        identity.fast_path.session_digest(credential["HTTP_COOKIE"].partition("=")[2], "acme")
    ).rows
    user = identity.user_of(rows)
    user.name = "New"
    user.save()
    assert User.objects.values_list("name", "last_login").get() == ("New", later)


@committed
def test_without_a_stamp_rows_are_read_once_and_nobody_waits_twice(
    organization, viewer, monkeypatch
):
    credential = session(viewer)
    call(PAGE, credential)
    asked = []

    def unavailable(*tags):
        asked.append(tags)
        raise snapshots.SnapshotUnavailable

    monkeypatch.setattr(snapshots, "read_versions", unavailable)
    assert call(PAGE, credential).status == 200
    assert len(asked) == 1
