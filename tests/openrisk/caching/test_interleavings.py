"""The orders of events that break other caches, each made to happen: real connections, no sleep.

A reader is held at a point of its request until what is to happen meanwhile has happened.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from threading import Event
from typing import Any
from wsgiref.headers import Headers

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.test import RequestFactory

from deployment.local.calibration import patience
from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.api.middleware.database_retry import RetrySafeRequestOnce
from openrisk.caching import decorators, lookup, single_flight
from openrisk.caching.fast_path import FastPath
from openrisk.caching.freshness import tag_versions
from risks.models import Risk
from tests.risks.factories import make_risk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

PATIENCE = patience(10)  # seconds; only a failing test waits so long
LIST = "/api/v1/risks/"


@dataclass(frozen=True)
class Answer:
    status: int
    cache: str
    body: Any

    @property
    def titles(self) -> set[str]:
        return {row["title"] for row in self.body["results"]}


class Pause:
    """Holds who passes it first, until released."""

    def __init__(self) -> None:
        self.reached, self._released = Event(), Event()
        self._taken = False

    def hold(self) -> None:
        if not self._taken:
            self._taken = True
            self.reached.set()
            assert self._released.wait(PATIENCE), "nobody released who waits here"

    def await_reached(self) -> None:
        assert self.reached.wait(PATIENCE), "nobody came to this point"

    def release(self) -> None:
        self._released.set()


@pytest.fixture
def threads() -> Iterator[Callable[..., Future[Any]]]:
    """`threads(function, ...)` runs it in a thread with database connections of its own."""
    with ThreadPoolExecutor(4) as pool:

        def run(function: Callable[..., Any], *arguments: Any) -> Any:
            try:
                return function(*arguments)
            finally:
                connection.close()

        yield lambda function, *arguments: pool.submit(run, function, *arguments)


@pytest.fixture
def token(viewer: User, organization: Organization) -> str:
    return create_token(user=viewer, organization=organization)[1]


@pytest.fixture
def risk(organization: Organization) -> Risk:
    return make_risk(organization, title="old")


application = FastPath(RetrySafeRequestOnce(WSGIHandler()))


def ask(token: str, path: str = LIST) -> Answer:
    """One request through the whole application, as the server would pass it."""
    environ = RequestFactory().get(path, headers={"Authorization": f"Token {token}"}).environ
    started: list[Any] = []
    response: Any = application(environ, lambda *given: started.append(given))
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    status, headers = started[-1][:2]
    return Answer(int(status[:3]), Headers(headers).get("X-Cache", ""), json.loads(body))


def write(risk: Risk, title: str) -> None:
    """As raw SQL would: only the trigger tells of it."""
    Risk.objects.filter(pk=risk.pk).update(title=title)


def after(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Pause:
    """Holds the first one who has carried out `module.<name>`."""
    pause, original = Pause(), getattr(module, name)

    @wraps(original)
    def held(*arguments: Any) -> Any:
        result = original(*arguments)
        pause.hold()
        return result

    monkeypatch.setattr(module, name, held)
    return pause


def before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Pause:
    """Holds the first one who is about to carry out `module.<name>`."""
    pause, original = Pause(), getattr(module, name)

    @wraps(original)
    def held(*arguments: Any) -> Any:
        pause.hold()
        return original(*arguments)

    monkeypatch.setattr(module, name, held)
    return pause


def test_compute_begins_before_the_commit_and_stores_after_it(monkeypatch, threads, token, risk):
    """The race of every delete-on-save: the old value is put where the new one was just deleted."""
    rows_read = after(monkeypatch, decorators, "render_response")
    slow = threads(ask, token)
    rows_read.await_reached()
    write(risk, "new")
    rows_read.release()
    assert slow.result(PATIENCE).titles == {"old"}  # it began before the commit
    answer = ask(token)
    assert (answer.titles, answer.cache) == ({"new"}, "MISS")


def test_commit_falls_between_snapshot_and_rows(monkeypatch, threads, token, risk):
    """New rows under an old snapshot: dropped unused, never the other way round."""
    snapshot_taken = after(monkeypatch, lookup, "take_lookup_snapshot")
    slow = threads(ask, token)
    snapshot_taken.await_reached()
    write(risk, "new")
    snapshot_taken.release()
    assert slow.result(PATIENCE).titles == {"new"}
    assert ask(token).titles == {"new"}


def test_read_between_commit_and_on_commit(threads, token, risk):
    assert ask(token).titles == {"old"}
    committed = Pause()

    def save() -> None:
        with transaction.atomic():
            transaction.on_commit(committed.hold)  # before the hook of the save below
            row = Risk.objects.get(pk=risk.pk)
            row.title = "new"
            row.save()

    writer = threads(save)
    committed.await_reached()
    answer = ask(token)
    committed.release()
    writer.result(PATIENCE)
    assert (answer.titles, answer.cache) == ({"new"}, "MISS")


def test_writer_rolls_back_after_a_reader_computed(threads, token, risk):
    written = Pause()

    def regret() -> None:
        with transaction.atomic():
            write(risk, "never")
            written.hold()
            transaction.set_rollback(True)

    writer = threads(regret)
    written.await_reached()
    during = ask(token)
    written.release()
    writer.result(PATIENCE)
    after_it = ask(token)
    assert (during.titles, during.cache) == ({"old"}, "MISS")
    # It left no trace: what was computed meanwhile is still exact.
    assert (after_it.titles, after_it.cache) == ({"old"}, "HIT")


def test_two_writers_commit_in_the_other_order_around_a_reader(threads, token, risk, organization):
    """The first token is written first and committed last: a highest number would hide it."""
    other = make_risk(organization, title="other old")
    written = Pause()

    def first() -> None:
        with transaction.atomic():
            write(risk, "new")
            written.hold()

    slow = threads(first)
    written.await_reached()
    threads(write, other, "other new").result(PATIENCE)
    between = ask(token)
    written.release()
    slow.result(PATIENCE)
    answer = ask(token)
    assert between.titles == {"old", "other new"}
    assert (answer.titles, answer.cache) == ({"new", "other new"}, "MISS")


def test_second_writer_commits_while_the_first_ones_rows_are_read(
    monkeypatch, threads, token, risk
):
    rows_read = after(monkeypatch, decorators, "render_response")
    write(risk, "first")
    slow = threads(ask, token)
    rows_read.await_reached()
    write(risk, "second")
    write(risk, "first")  # the same rows again, but another state of the database
    rows_read.release()
    assert slow.result(PATIENCE).titles == {"first"}
    write(risk, "third")
    assert ask(token).titles == {"third"}


def test_follower_began_after_the_leaders_snapshot(monkeypatch, threads, token, risk, flights):
    """A shared flight must not carry a read back to before its own beginning."""
    rows_read = after(monkeypatch, decorators, "render_response")
    leader = threads(ask, token)
    rows_read.await_reached()
    write(risk, "new")
    follower = follows(flights, threads, token)
    rows_read.release()
    assert leader.result(PATIENCE).titles == {"old"}
    assert follower.result(PATIENCE).titles == {"new"}


def test_follower_shares_what_is_still_fresh(monkeypatch, threads, token, risk, flights):
    rows_read = after(monkeypatch, decorators, "render_response")
    leader = threads(ask, token)
    rows_read.await_reached()
    follower = follows(flights, threads, token)
    rows_read.release()
    assert leader.result(PATIENCE).cache == "MISS"
    answer = follower.result(PATIENCE)
    assert (answer.titles, answer.cache) == ({"old"}, "HIT")


class Flights(dict[str, Event]):
    """Flights under way, and whether anybody waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self.joined = Event()

    def get(self, key: str, default: Any = None) -> Any:
        leader = super().get(key, default)
        if leader is not None:
            self.joined.set()
        return leader


@pytest.fixture
def flights(monkeypatch: pytest.MonkeyPatch) -> Flights:
    flights = Flights()
    monkeypatch.setattr(single_flight, "_flights", flights)
    monkeypatch.setattr(lookup, "PATIENCE", PATIENCE)  # a slow machine is no reason to give up
    return flights


def follows(flights: Flights, threads: Any, token: str) -> Future[Answer]:
    """A second reader of the same, once it waits for the first."""
    follower = threads(ask, token)
    assert flights.joined.wait(PATIENCE), "the second reader did not wait for the first"
    return follower


def test_compaction_during_a_read(monkeypatch, threads, token, risk):
    """Fewer rows, the same tokens: what is computed meanwhile stays exact, and is kept."""
    for number in range(5):
        write(risk, f"old {number}")
    rows_read = after(monkeypatch, decorators, "render_response")
    slow = threads(ask, token)
    rows_read.await_reached()
    assert threads(tag_versions.compact).result(PATIENCE) > 0
    rows_read.release()
    assert slow.result(PATIENCE).cache == "MISS"
    answer = ask(token)
    assert (answer.titles, answer.cache) == ({"old 4"}, "HIT")


def test_writer_commits_within_a_compaction(threads, token, risk):
    """The compaction deletes and adds up what it saw; the writer's token is not among it."""
    write(risk, "old 1")
    assert ask(token).titles == {"old 1"}
    compacted = Pause()

    def compact() -> None:
        with transaction.atomic():
            tag_versions.compact()
            compacted.hold()

    slow = threads(compact)
    compacted.await_reached()
    write(risk, "new")
    before_it = ask(token)
    compacted.release()
    slow.result(PATIENCE)
    after_it = ask(token)
    assert (before_it.titles, before_it.cache) == ({"new"}, "MISS")
    assert (after_it.titles, after_it.cache) == ({"new"}, "HIT")


@pytest.mark.parametrize("change", ["removed", "other role", "deactivated"])
def test_identity_changes_between_authentication_and_the_views_snapshot(
    monkeypatch, threads, token, risk, viewer, organization, change
):
    """Rows read before the snapshot: the answer may go out, but nobody may ever get it again."""
    authenticated = before(monkeypatch, lookup, "take_lookup_snapshot")
    slow = threads(ask, token)
    authenticated.await_reached()
    if change == "removed":
        Membership.objects.filter(user=viewer).delete()
    elif change == "deactivated":
        User.objects.filter(pk=viewer.pk).update(is_active=False)
    else:
        set_role(user=viewer, organization=organization, role=Role.ADMIN)
    authenticated.release()
    answer = slow.result(PATIENCE)
    assert (answer.status, answer.cache) == (200, "BYPASS")
    assert len(lookup.local_entries) == 0
    assert ask(token).status == (200 if change == "other role" else 401)


def test_identity_changes_between_two_hits(token, risk, viewer):
    """A hit needs the principal's tokens as much as the rows'."""
    ask(token)
    assert ask(token).cache == "HIT"
    Membership.objects.filter(user=viewer).delete()
    assert ask(token).status == 401
