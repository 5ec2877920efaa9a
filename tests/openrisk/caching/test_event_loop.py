"""The fast path on an event loop answers as the one in a thread does, without waiting there."""

import asyncio
import threading

import psycopg
import pytest
import structlog

from deployment.local.servers import free_port
from openrisk.caching.event_loop import EventLoopFastPath
from openrisk.caching.freshness import snapshots, tag_versions
from openrisk.caching.freshness.event_loop_snapshots import batch_on_loop
from openrisk.caching.freshness.registry import EPOCH
from openrisk.caching.freshness.snapshots import SnapshotUnavailable
from openrisk.request_state import FAST_PATH_TRIED
from tests.openrisk.caching.calls import RISKS, token, warm
from tests.openrisk.caching.tags import execute

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def environ_of(credential, path=RISKS):
    own = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
    }
    return own | credential


def on_loop(work):
    """The result of `work(front)`, which runs on a loop of its own."""

    async def working():
        tried = EventLoopFastPath()
        tried.start(asyncio.get_running_loop())
        try:
            return await work(tried)
        finally:
            snapshots.close_connection()

    return asyncio.run(working())


def test_a_hit_is_answered_on_the_loop(organization, viewer):
    me = token(viewer, organization)
    expected = warm(RISKS, me)

    async def ask(tried):
        return await tried.answer(environ_of(me))

    status, headers, body = on_loop(ask)
    assert (status, body) == ("200 OK", expected.body)
    assert dict(headers)["ETag"] == expected.headers["ETag"]


def test_later_writes_are_left_to_django_with_the_versions_read(organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)

    async def ask(tried):
        before = await tried.answer(environ_of(me))
        await asyncio.to_thread(tag_versions.bump, ["risks.risk:*"])
        await asyncio.to_thread(
            execute, "UPDATE cache_token SET token = token + 1 WHERE tag <> %s", EPOCH
        )
        environ = environ_of(me)
        return before, await tried.answer(environ), environ

    before, after, environ = on_loop(ask)
    assert before is not None
    assert after is None
    assert FAST_PATH_TRIED in environ


def test_requests_unknown_to_the_fast_path_are_left_to_django(organization, viewer):
    me = token(viewer, organization)

    async def ask(tried):
        return await tried.answer(environ_of(me)), await tried.answer(environ_of({}))

    assert on_loop(ask) == (None, None)


def test_many_requests_at_once_share_queries(organization, viewer, monkeypatch):
    me = token(viewer, organization)
    warm(RISKS, me)
    sent = []
    send = snapshots.PostgresSource.send

    def counted(source, tags):
        sent.append(tags)
        return send(source, tags)

    monkeypatch.setattr(snapshots.PostgresSource, "send", counted)

    async def ask(tried):
        await tried.answer(environ_of(me))
        sent.clear()
        answers = await asyncio.gather(*(tried.answer(environ_of(me)) for _ in range(50)))
        return [answer[0] for answer in answers]

    assert on_loop(ask) == ["200 OK"] * 50
    assert len(sent) <= 2


def test_threads_ask_on_the_same_connection():
    async def both():
        group = batch_on_loop(asyncio.get_running_loop())
        soon = group.read_async([[EPOCH]])
        return await asyncio.gather(soon, asyncio.to_thread(snapshots.read_versions, [EPOCH]))

    first, second = asyncio.run(both())
    snapshots.close_connection()
    assert first[EPOCH] == second[EPOCH]


def test_a_connection_that_breaks_is_opened_again():
    async def after_a_break():
        group = batch_on_loop(asyncio.get_running_loop())
        await group.read_async([[EPOCH]])
        own = group.source.connection.info.backend_pid
        await asyncio.to_thread(execute, "SELECT pg_terminate_backend(%s)", own)
        while True:  # what was under way when it broke is not answered
            try:
                return await group.read_async([[EPOCH]])
            except SnapshotUnavailable:
                continue

    assert EPOCH in asyncio.run(after_a_break())
    snapshots.close_connection()


def test_a_connection_that_breaks_while_no_one_asks_is_no_failure():
    async def after_a_break():
        group = batch_on_loop(asyncio.get_running_loop())
        await group.read_async([[EPOCH]])
        own = group.source.connection.info.backend_pid
        await asyncio.to_thread(execute, "SELECT pg_terminate_backend(%s)", own)
        while group.source.connection is not None:
            await asyncio.sleep(0.01)
        return snapshots.is_failing()

    assert not asyncio.run(after_a_break())
    snapshots.close_connection()


def test_a_database_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(snapshots, "TIMEOUT", 0.05)
    release = threading.Event()

    def never(source):
        release.wait(20)
        raise psycopg.OperationalError

    monkeypatch.setattr(snapshots.PostgresSource, "open", never)

    async def ask():
        group = batch_on_loop(asyncio.get_running_loop())
        with pytest.raises(SnapshotUnavailable, match="in time"):
            await group.read_async([[EPOCH]])
        release.set()

    asyncio.run(ask())
    snapshots.close_connection()


def test_a_wrong_direct_address_is_told(settings, monkeypatch):
    """The loop asks without the thread that told so."""
    settings.DATABASE_DIRECT_URL = f"postgresql://u:p@127.0.0.1:{free_port()}/n"

    async def ask():
        group = batch_on_loop(asyncio.get_running_loop())
        with pytest.raises(SnapshotUnavailable):
            await group.read_async([[EPOCH]])
        failed = snapshots.is_failing()
        settings.DATABASE_DIRECT_URL = ""
        await group.read_async([[EPOCH]])
        return failed

    with structlog.testing.capture_logs() as lines:
        assert asyncio.run(ask())
    assert [(line["event"], line["setting"]) for line in lines] == [
        ("cache_not_used", "DATABASE_DIRECT_URL")
    ]
    assert not snapshots.is_failing()
    snapshots.close_connection()


def test_one_connection_is_opened_however_many_give_up(monkeypatch):
    """A thread for each would leave none for readiness, which uses the same ones."""
    monkeypatch.setattr(snapshots, "TIMEOUT", 0.02)
    opens = snapshots.PostgresSource.open
    release, asked = threading.Event(), []

    def slow(source):
        asked.append(source)
        release.wait(20)
        monkeypatch.setattr(snapshots, "TIMEOUT", 20)
        return opens(source)

    monkeypatch.setattr(snapshots.PostgresSource, "open", slow)

    async def ask():
        group = batch_on_loop(asyncio.get_running_loop())
        for _ in range(5):
            with pytest.raises(SnapshotUnavailable):
                await group.read_async([[EPOCH]])
        monkeypatch.setattr(snapshots, "TIMEOUT", 20)
        last = asyncio.ensure_future(group.read_async([[EPOCH]]))
        release.set()
        return await last

    assert EPOCH in asyncio.run(ask())
    assert len(asked) == 1
    snapshots.close_connection()
