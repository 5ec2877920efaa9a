"""Told by the database what changes; unheard of, the process asks it again."""

from types import SimpleNamespace

import pytest
from django.db import connection

from openrisk.caching.freshness import notifications, snapshots, tag_versions
from openrisk.caching.freshness.notifications import ChangeLog, NotificationListener
from openrisk.caching.freshness.registry import EPOCH
from openrisk.database.triggers import install_triggers
from risks.models import Asset
from tests.openrisk.caching.calls import ASSETS, FRONT, call, token, warm
from tests.openrisk.caching.tags import tags_of
from tests.risks.factories import make_asset

TAG, OTHER = "risks.asset:a", "risks.asset:b"


# --- What has been heard ----------------------------------------------------------------------
@pytest.fixture
def held():
    return SimpleNamespace(snapshot={EPOCH: "1", TAG: "2"}, confirmed=1)


def test_change_of_a_tag_concerns_what_depends_on_it(held):
    changes = ChangeLog()
    assert changes.is_unchanged(held)
    changes.record_change([OTHER])
    assert changes.is_unchanged(held)
    changes.record_change([TAG])
    assert not changes.is_unchanged(held)
    notifications.mark_confirmed(changes.count, held)
    assert changes.is_unchanged(held)


def test_what_was_never_confirmed_is_not_believed():
    assert not ChangeLog().is_unchanged(SimpleNamespace(snapshot={TAG: "1"}, confirmed=0))


def test_everything_changes_together(held):
    changes = ChangeLog()
    changes.record_change_of_everything()
    assert not changes.is_unchanged(held)


def test_too_many_tags_count_as_everything(held, monkeypatch):
    monkeypatch.setattr(notifications, "MOST_TAGS", 10)
    changes = ChangeLog()
    changes.record_change([str(number) for number in range(11)])
    assert not changes.is_unchanged(held)
    assert changes.changed == {}


def test_confirmation_never_goes_back(held):
    held.confirmed = 7
    notifications.mark_confirmed(3, held)
    assert held.confirmed == 7


class Interleaved(ChangeLog):
    """A hit looks on at every step of noting."""

    probe = None

    def __setattr__(self, name, value):
        if self.probe:
            self.is_unchanged(self.probe)
        super().__setattr__(name, value)


class InterleavedTags(dict):
    def __init__(self, changes):
        self.changes = changes

    def __setitem__(self, tag, count):
        self.changes.is_unchanged(self.changes.probe)
        super().__setitem__(tag, count)
        self.changes.is_unchanged(self.changes.probe)


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(lambda changes: changes.record_change([OTHER, TAG]), id="tags"),
        pytest.param(lambda changes: changes.record_change_of_everything(), id="everything"),
    ],
)
def test_hit_at_the_same_moment_does_not_take_the_change_for_seen(held, note):
    changes = Interleaved()
    changes.changed = InterleavedTags(changes)
    changes.probe = held
    note(changes)
    assert not changes.is_unchanged(held)


def test_strict_uses_no_notices(held):
    assert not notifications.is_current_without_query(held)
    assert notifications.current_count() == 0


# --- With PostgreSQL --------------------------------------------------------------------------
@pytest.fixture
def pushed(transactional_db, settings, monkeypatch):
    """A listener driven by the test: it has no thread of its own. Lends `sync()`."""
    settings.CACHE_CONSISTENCY = "push"
    monkeypatch.setattr(notifications, "LEASE", 60.0)
    install_triggers(connection)
    listener = NotificationListener()
    listener._open_connection()
    monkeypatch.setattr(notifications, "_current", listener)
    listener.sync = lambda: _sync(listener)
    listener.sync()
    yield listener
    listener._close_lost("The test has ended.")
    settings.CACHE_CONSISTENCY = "strict"
    install_triggers(connection)


def _sync(listener):
    """Messages keep their order: with our own beat, all before it have been heard."""
    with listener.mutex:
        listener.lease_until = 0.0
        listener._send_beat()
    for _ in range(1000):
        if listener.drain():
            return
        snapshots.is_readable(listener._wire, 0.02)
    raise AssertionError("The listener does not hear itself.")


@pytest.mark.postgres
def test_every_way_to_write_is_heard(pushed, organization):
    asset = make_asset(organization)
    held = SimpleNamespace(snapshot=dict.fromkeys(tags_of(asset), ""), confirmed=0)
    unheard = []
    for write in (
        lambda: Asset.objects.update(name="a"),
        lambda: tag_versions.bump([min(tags_of(asset))]),
        lambda: Asset.objects.all().delete(),
        lambda: tag_versions.invalidate_everything(connection),
    ):
        pushed.sync()
        notifications.mark_confirmed(notifications.current_count(), held)
        held.snapshot[EPOCH] = ""
        assert notifications.is_current_without_query(held)
        write()
        pushed.sync()
        if notifications.is_current_without_query(held):
            unheard.append(write)
    assert unheard == []


@pytest.mark.postgres
def test_hits_need_no_query_until_something_changes(pushed, organization, viewer, monkeypatch):
    asset = make_asset(organization, "Mail")
    me = token(viewer, organization)
    warm(ASSETS, me)
    pushed.sync()
    call(ASSETS, me)  # confirms what was pushed meanwhile
    asked = []
    fresh = snapshots.read_versions
    monkeypatch.setattr(
        snapshots, "read_versions", lambda *tags: asked.append(tags) or fresh(*tags)
    )
    assert call(ASSETS, me).cache == FRONT
    assert asked == []
    Asset.objects.filter(pk=asset.pk).update(name="ERP")
    pushed.sync()
    assert call(ASSETS, me).titles == ["ERP"]
    assert asked


@pytest.mark.postgres
def test_own_write_is_seen_before_the_news_arrives(pushed, organization, viewer, monkeypatch):
    asset = make_asset(organization, "Mail")
    me = token(viewer, organization)
    warm(ASSETS, me)
    monkeypatch.setattr(pushed, "_receive_pending", lambda: None)  # the news is late
    asset.name = "ERP"
    asset.save()
    assert call(ASSETS, me).titles == ["ERP"]
    assert pushed.drain()


@pytest.mark.postgres
@pytest.mark.parametrize("loss", ["lease", "connection", "closed-by-server"])
def test_who_hears_nothing_asks_again(pushed, organization, viewer, monkeypatch, loss):
    asset = make_asset(organization, "Mail")
    me = token(viewer, organization)
    warm(ASSETS, me)
    if loss == "lease":
        monkeypatch.setattr(pushed, "_receive_pending", lambda: None)
        pushed.lease_until = 0.0
    elif loss == "connection":
        pushed._close_lost("The server is gone.")
    else:
        pid = pushed._connection.info.backend_pid
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    Asset.objects.filter(pk=asset.pk).update(name="ERP")
    assert call(ASSETS, me).titles == ["ERP"]
    assert call(ASSETS, me).cache == FRONT
    assert not pushed.drain()
