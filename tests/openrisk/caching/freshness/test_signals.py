"""What Django's own writes tell on commit: once, with the tags, and nothing after a rollback."""

from contextlib import contextmanager, suppress

import pytest
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from openrisk.caching.freshness import signals
from openrisk.caching.freshness.registry import tracked_models
from openrisk.caching.freshness.signals import cache_invalidated
from risks.models import Asset, Category
from tests.openrisk.caching.calls import ASSETS, FRONT, MISS, call, counted, token, warm
from tests.openrisk.caching.tags import tags_of
from tests.risks.factories import make_asset


@contextmanager
def heard():
    told = []

    def receive(sender, tags, models, **kwargs):
        told.append((tags, models))

    cache_invalidated.connect(receive)
    try:
        yield told
    finally:
        cache_invalidated.disconnect(receive)


class Undone(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_commits_are_reported_and_rollbacks_are_not(organization):
    before = counted("invalidations_total", model="risks.category")
    with heard() as told:
        row = Category.objects.create(organization=organization, name="Cyber")
        assert told == [(tags_of(row), {"risks.category"})]
        with suppress(Undone), transaction.atomic():
            row.save()
            raise Undone
        assert len(told) == 1
        with transaction.atomic():
            row.save()
            assert len(told) == 1
        assert len(told) == 2
        row.delete()
        assert len(told) == 3
    assert counted("invalidations_total", model="risks.category") == before + 3


@pytest.mark.django_db(transaction=True)
def test_answers_are_exact_without_signals(organization, viewer, monkeypatch):
    asset = make_asset(organization, "Mail")
    me = token(viewer, organization)
    warm(ASSETS, me)
    monkeypatch.setattr(signals, "report_on_commit", lambda *given: None)
    asset.name = "ERP"
    asset.save()
    reply = call(ASSETS, me)
    assert (reply.cache, reply.titles) == (MISS, ["ERP"])
    assert call(ASSETS, me).cache == FRONT


@pytest.mark.django_db(transaction=True)
def test_receiver_that_fails_does_not_undo_the_write(organization):
    def fail(sender, **kwargs):
        raise ZeroDivisionError

    cache_invalidated.connect(fail)
    try:
        with transaction.atomic():
            make_asset(organization)
    finally:
        cache_invalidated.disconnect(fail)
    assert Asset.objects.count() == 1


def test_every_tracked_model_is_connected_once():
    for signal in (post_save, post_delete):
        receivers = [key for key, *_ in signal.receivers if "cache" in str(key[0])]
        assert len(receivers) == len(set(receivers)) == len({one.model for one in tracked_models()})
