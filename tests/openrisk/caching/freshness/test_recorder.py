"""A response that read what its view does not declare is served, counted, and not kept."""

import threading

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import RequestFactory
from django.utils import timezone

from openrisk.caching.decorators import declarations
from openrisk.caching.freshness import recorder
from openrisk.caching.freshness.recorder import recording, unrecorded
from openrisk.caching.freshness.registry import tracked_model
from openrisk.caching.freshness.sql_dependencies import CLOCK, UNREADABLE, WRITE
from risks.api.urls import router
from risks.models import Asset, Category, Risk
from tests.openrisk.caching.calls import (
    FRONT,
    MISS,
    call,
    counted,
    token,
)
from tests.openrisk.caching.sample_urls import DAY, SHARED, SampleViewSet
from tests.risks.factories import make_asset, make_one_of_each


def test_recordings_nest_and_bookkeeping_is_left_out(db):
    with recording() as outer:
        Asset.objects.count()
        with recording() as inner:
            Category.objects.count()
            timezone.now()
        with unrecorded():
            Asset.objects.update(name="x")
        Risk.objects.count()
    assert inner.dependencies == {"risks_category", CLOCK}
    assert outer.dependencies == {"risks_asset", "risks_category", "risks_risk", CLOCK}


def test_what_is_noted_within_counts_without(db):
    with recording() as outer, recording():
        timezone.now()
        recorder.record_dependencies({"(role)"})
    assert outer.dependencies == {CLOCK, "(role)"}


def test_recording_ends(db):
    with recording() as record:
        pass
    Asset.objects.count()
    assert record.dependencies == set()
    assert recorder.current_recording() is None


# --- Requests ---------------------------------------------------------------------------------
@pytest.fixture
def behave(monkeypatch):
    return lambda behaviour: monkeypatch.setattr(
        SampleViewSet, "behaviour", staticmethod(behaviour)
    )


def _in_sql(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


UNDECLARED = {
    "table": (lambda request: {"count": Category.objects.count()}, "risks_category"),
    "join": (
        lambda request: {"names": list(Asset.objects.values_list("risks__title"))},
        "risks_risk",
    ),
    "unreadable": (lambda request: {"count": _in_sql("SELECT 1 FROM cache_token")}, UNREADABLE),
    "write": (lambda request: {"count": Asset.objects.update(name="Mail")}, WRITE),
    "clock": (lambda request: {"now": str(timezone.now())}, CLOCK),
    "sql-clock": (
        lambda request: {"now": [str(row) for row in Asset.objects.values_list(Now())]},
        CLOCK,
    ),
}  # fmt: skip


@pytest.mark.urls("tests.openrisk.caching.sample_urls")
@pytest.mark.django_db(transaction=True)
def test_undeclared_reads_are_served_counted_and_not_kept(organization, viewer, behave):
    make_asset(organization)
    me = token(viewer, organization)
    call(SHARED, me)  # the day of last use is written
    outcome = {}
    for name, (behaviour, table) in UNDECLARED.items():
        behave(behaviour)
        labels = {"view": "sample-shared-list", "table": table}
        before = counted("undeclared_reads_total", **labels)
        replies = [call(f"{SHARED}?page={name}", me) for _ in range(2)]
        outcome[name] = (
            [reply.status for reply in replies],
            [reply.cache for reply in replies],
            counted("undeclared_reads_total", **labels) - before,
        )
    bypassed = ["BYPASS view"] * 2
    assert outcome == dict.fromkeys(UNDECLARED, ([200, 200], bypassed, 2))


@pytest.mark.urls("tests.openrisk.caching.sample_urls")
@pytest.mark.django_db(transaction=True)
def test_what_is_declared_is_kept(organization, viewer, behave):
    make_asset(organization)
    me = token(viewer, organization)
    behave(lambda request: {"names": list(Asset.objects.values_list("name", flat=True))})
    assert [call(SHARED, me).cache for _ in range(2)] == [MISS, FRONT]
    behave(lambda request: {"now": str(timezone.now())})
    assert [call(f"{DAY}?today=1", me).cache for _ in range(2)] == [MISS, FRONT]
    assert [call(DAY, me).cache for _ in range(2)] == ["BYPASS view"] * 2


@pytest.mark.urls("tests.openrisk.caching.sample_urls")
@pytest.mark.django_db(transaction=True)
def test_middleware_that_reads_another_table_counts(organization, viewer, behave, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.reads_categories"]
    from tests.openrisk.caching.calls import application  # noqa: PLC0415

    application.cache_clear()
    try:
        me = token(viewer, organization)
        assert [call(SHARED, me).cache for _ in range(2)] == ["BYPASS view"] * 2
    finally:
        application.cache_clear()


def reads_categories(get_response):
    def middleware(request):
        Category.objects.exists()
        return get_response(request)

    return middleware


# --- The real views ---------------------------------------------------------------------------
def _value(declared, row):
    kind = type(declared).__mro__[1].__name__ + type(declared).__name__
    if declared.lookup_expr == "isnull" or "Flag" in kind:
        return "true"
    if choices := dict(declared.extra.get("choices") or ()):
        return next(iter(choices))
    for part, value in (("UUID", row.pk), ("Number", 1), ("Time", "2030-01-01T00:00:00Z")):
        if part in kind:
            return value
    return "2030-01-01" if "Date" in kind else "1"


def _queries(viewset, row):
    """Every filter, order, search and way to page that the list offers."""
    for name, declared in viewset.filterset_class.base_filters.items():
        yield f"{name}={_value(declared, row)}"
    for order in viewset.orders:
        yield f"ordering=-{order}&cursor="
    yield from ("", "page=1&page_size=1", "cursor=")
    if viewset.searchable:
        yield from ("search=R-0001", "search=a", "search=nothing at all")


CACHED = {
    prefix: viewset for prefix, viewset, _ in router.registry if f"{prefix}-list" in declarations
}


def test_the_resources_with_most_readers_are_cached():
    catalogue = {"assets", "controls", "findings"}
    assert set(CACHED) == {"risks", "mitigations", "attachments", "custom-fields", *catalogue}


@pytest.mark.django_db(transaction=True)
def test_no_view_reads_what_it_does_not_declare(organization, manager):
    make_one_of_each(organization, manager)
    me = token(manager, organization)
    call("/api/v1/risks/?page_size=200", me)  # the day of last use is written
    before = counted("undeclared_reads_total")
    bypassed, asked = [], 0
    for prefix, viewset in CACHED.items():
        row = viewset.model.objects.first()
        urls = [f"/api/v1/{prefix}/?{query}" for query in _queries(viewset, row)]
        for url in [*urls, f"/api/v1/{prefix}/{row.pk}/"]:
            reply = call(url, me)
            asked += 1
            if reply.status != 200 or not reply.cache.startswith(("MISS", "HIT")):
                bypassed.append((url, reply.status, reply.cache))

    assert bypassed == []
    assert counted("undeclared_reads_total") == before
    assert asked > 200


def test_declared_tables_are_all_tracked():
    for declaration in declarations.values():
        for read in declaration.reads:
            assert tracked_model(read)


def test_requests_outside_the_api_are_not_recorded():
    seen = []
    middleware = recorder.RecorderMiddleware(
        lambda request: seen.append(recorder.current_recording())
    )
    middleware(RequestFactory().get("/admin/"))
    middleware(RequestFactory().get("/api/v1/risks/"))
    assert seen[0] is None
    assert seen[1] is not None


def test_threads_do_not_see_each_others_recordings(db):
    found = []
    with recording():
        thread = threading.Thread(target=lambda: found.append(recorder.current_recording()))
        thread.start()
        thread.join()
    assert found == [None]
