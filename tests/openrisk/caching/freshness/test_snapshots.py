"""What tokens some tags have, as of a moment after the question."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import structlog
from django.db import connection

from deployment.local.calibration import patience
from deployment.local.servers import free_port
from monitoring.health import probes
from openrisk.caching.freshness import snapshots, tag_versions
from openrisk.caching.freshness.registry import EPOCH
from openrisk.caching.freshness.snapshots import (
    PostgresSource,
    SnapshotBatcher,
    SnapshotUnavailable,
    is_current,
)
from tests.openrisk.caching.calls import BYPASS, FRONT, MISS, RISKS, call, token, warm
from tests.openrisk.caching.tags import execute
from tests.openrisk.caching.tags import tokens as all_tokens


@pytest.mark.parametrize(
    ("snapshot", "found", "equal"),
    [
        ({}, {}, True),
        ({"a": "1"}, {"a": "1", "b": "2"}, True),
        ({"a": "1"}, {"a": "2"}, False),
        ({"a": "1"}, {}, False),
        ({"a": ""}, {}, True),
        ({"a": ""}, {"a": "0"}, False),
        ({"a": "1", "b": "2"}, {"a": "2", "b": "1"}, False),
    ],
    ids=str,
)
def test_snapshots_are_compared_tag_by_tag(snapshot, found, equal):
    assert is_current(snapshot, found) is equal


@pytest.mark.django_db(transaction=True)
def test_snapshot_has_every_tag_that_was_asked_for():
    tag_versions.bump(["risks.risk:*"])
    snapshot = snapshots.take_snapshot(["risks.risk:*", "never:touched", EPOCH])
    epoch, _, _server = snapshot.pop(EPOCH).partition("@")
    assert epoch == all_tokens()[EPOCH]
    assert snapshot == {"risks.risk:*": all_tokens()["risks.risk:*"], "never:touched": ""}
    tag_versions.bump(["risks.risk:*"])
    assert not is_current(snapshot, snapshots.take_snapshot(snapshot))


@pytest.mark.django_db(transaction=True)
def test_without_epoch_nothing_is_cached(organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)
    execute("DELETE FROM cache_token WHERE tag = %s", EPOCH)
    without = [call(RISKS, me) for _ in range(2)]
    tag_versions.bump([EPOCH])
    assert [(reply.status, reply.cache.split()[0]) for reply in without] == [(200, BYPASS)] * 2
    assert [call(RISKS, me).cache for _ in range(2)] == [MISS, FRONT]


@pytest.mark.django_db(transaction=True)
def test_new_epoch_makes_everything_stale(organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)
    tag_versions.bump([EPOCH])
    assert call(RISKS, me).cache == MISS


@pytest.mark.django_db(transaction=True)
def test_without_snapshots_answers_come_from_the_view(organization, viewer, monkeypatch):
    me = token(viewer, organization)
    warm(RISKS, me)

    def unavailable(*tags):
        raise SnapshotUnavailable("no answer")

    monkeypatch.setattr(snapshots, "read_versions", unavailable)
    reply = call(RISKS, me)
    assert (reply.status, reply.cache.split()[0]) == (200, BYPASS)
    monkeypatch.undo()
    assert call(RISKS, me).cache == FRONT


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_missing_table_is_unavailable_on_sqlite(db):
    execute("ALTER TABLE cache_token RENAME TO hidden")
    with pytest.raises(SnapshotUnavailable):
        snapshots.take_snapshot([EPOCH])


# --- One query for all who wait ---------------------------------------------------------------
class Source:
    """Answers when the test says so; counts the questions."""

    def __init__(self, error=None):
        self.asked = []
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.error = error
        self.closed = 0

    def query(self, tags):
        self.asked.append(set(tags))
        self.begun.release()
        self.go.acquire(timeout=patience(20))
        if self.error:
            raise self.error
        return {tag: str(len(self.asked)) for tag in tags}

    def close(self):
        self.closed += 1


def _waiting(group):
    return len(group._next.tags) if group._next else 0


@pytest.mark.parametrize(
    "error", [None, psycopg.OperationalError("gone"), TimeoutError()], ids=["found", "lost", "late"]
)
def test_who_comes_meanwhile_shares_the_next_query(monkeypatch, error):
    monkeypatch.setattr(snapshots, "TIMEOUT", patience(20))
    source = Source(error)
    group = SnapshotBatcher(source)
    with ThreadPoolExecutor(11) as pool:
        first = pool.submit(group.read, [["first"]])
        source.begun.acquire(timeout=patience(20))
        others = [pool.submit(group.read, [[f"tag{number}"]]) for number in range(10)]
        while _waiting(group) < 10:
            threading.Event().wait(0.001)
        source.go.release(2)
        outcomes = [future.exception() or future.result() for future in (first, *others)]
    assert source.asked == [{"first"}, {f"tag{number}" for number in range(10)}]
    if error:
        assert all(isinstance(outcome, SnapshotUnavailable) for outcome in outcomes)
        assert source.closed == 2
    else:
        assert [outcome[f"tag{number}"] for number, outcome in enumerate(outcomes[1:])] == [
            "2"
        ] * 10


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_wrong_direct_address_is_logged_once_a_minute(settings, monkeypatch, tmp_path):
    """It turned the cache off without a word."""
    settings.DATABASE_DIRECT_URL = f"postgresql://u:p@127.0.0.1:{free_port()}/n"
    settings.DRAIN_FILE = tmp_path / "draining"  # other tests stop a server, which leaves one
    group = SnapshotBatcher(PostgresSource(connection))
    monkeypatch.setattr(snapshots, "_current", group)
    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            with pytest.raises(SnapshotUnavailable):
                group.read([[EPOCH]])
    assert [(line["event"], line["setting"]) for line in lines] == [
        ("cache_not_used", "DATABASE_DIRECT_URL")
    ]
    assert snapshots.is_failing()
    monkeypatch.setattr(
        probes, "readiness_probe", probes.ReadinessProbe()
    )  # the other keeps its answer a second
    assert probes.check_readiness().cache == "degraded"
    settings.DATABASE_DIRECT_URL = ""
    assert EPOCH in group.read([[EPOCH]])
    assert not snapshots.is_failing()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_connection_that_was_ended_is_replaced():
    source = PostgresSource(connection)
    group = SnapshotBatcher(source)
    try:
        assert EPOCH in group.read([[EPOCH]])
        execute("SELECT pg_terminate_backend(%s, 10000)", source.connection.info.backend_pid)
        with pytest.raises(SnapshotUnavailable):
            group.read([[EPOCH]])
        assert EPOCH in group.read([[EPOCH]])
        source.closes_at = 0
        old = source.connection
        assert EPOCH in group.read([[EPOCH]])
        assert old.closed
    finally:
        group.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_slow_database_is_unavailable_and_the_connection_not_used_again(monkeypatch):
    monkeypatch.setattr(snapshots, "TIMEOUT", 0.05)
    source = PostgresSource(connection)
    group = SnapshotBatcher(source)
    with snapshots.open_connection(connection, "test") as other, other.transaction():
        other.execute("LOCK TABLE cache_token IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SnapshotUnavailable):
            group.read([[EPOCH]])
    assert source.connection is None
    monkeypatch.undo()
    assert EPOCH in group.read([[EPOCH]])
    group.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_snapshots_see_only_what_is_committed(organization):
    before = snapshots.take_snapshot(["risks.asset:*"])
    with snapshots.open_connection(connection, "test") as other, other.transaction():
        other.execute("INSERT INTO cache_token VALUES ('risks.asset:*', 1)")
        assert snapshots.take_snapshot(["risks.asset:*"]) == before
    assert snapshots.take_snapshot(["risks.asset:*"]) != before


def test_connections_are_not_shared_with_a_forked_process(monkeypatch):
    mine = snapshots.current_batcher()
    assert snapshots.current_batcher() is mine
    monkeypatch.setattr(mine, "pid", -1)
    assert snapshots.current_batcher() is not mine
