"""A read whose database connection was lost is repeated once; a write never is."""

from io import BytesIO

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import RequestFactory

from openrisk.api.middleware import database_retry
from openrisk.api.middleware.database_retry import RetrySafeRequestOnce
from openrisk.request_state import DATABASE_LOST
from risks.models import Risk
from tests.openrisk.caching.calls import RISKS, call, token
from tests.risks.factories import make_risk

FACTORY = RequestFactory()


class Answer:
    """Stands in for Django: fails as often as it is told to."""

    def __init__(self, failures):
        self.failures = failures
        self.seen = []
        self.closed = 0

    def __call__(self, environ, start_response):
        self.seen.append(dict(environ))
        environ["left"] = "behind"
        failed = len(self.seen) <= self.failures
        if failed:
            environ[DATABASE_LOST] = True
        start_response("503 Service Unavailable" if failed else "200 OK", [])
        return self

    def __iter__(self):
        return iter([b"body"])

    def close(self):
        self.closed += 1


def _ask(application, method):
    started = []
    environ = {"REQUEST_METHOD": method, "wsgi.input": BytesIO()}
    RetrySafeRequestOnce(application)(environ, lambda *given: started.append(given[0]))
    return started


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_lost_read_is_repeated_from_the_beginning(method):
    answer = Answer(1)
    assert _ask(answer, method) == ["200 OK"]
    assert answer.seen[0] == answer.seen[1]
    assert answer.closed == 1


@pytest.mark.parametrize(("failures", "asked"), [(0, 1), (2, 2)], ids=["fine", "lost-twice"])
def test_read_is_repeated_once_and_only_when_lost(failures, asked):
    answer = Answer(failures)
    [status] = _ask(answer, "GET")
    assert len(answer.seen) == asked
    assert status == ("200 OK" if not failures else "503 Service Unavailable")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_write_is_never_repeated(method):
    answer = Answer(1)
    assert _ask(answer, method) == ["503 Service Unavailable"]
    assert len(answer.seen) == 1


@pytest.mark.parametrize(
    ("error", "noted"),
    [(OperationalError(), True), (InterfaceError(), True), (ValueError(), False)],
    ids=["operational", "interface", "other"],
)
def test_failures_of_the_database_are_noted(error, noted):
    request = FACTORY.get("/")
    try:
        raise error
    except type(error):
        database_retry.mark_lost_by_exception(None, request=request)
    assert database_retry.is_marked_lost(request) is noted


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_reader_does_not_notice_that_the_server_ended_its_connection(organization, analyst):
    make_risk(organization, title="Flood")
    me = token(analyst, organization)
    call(RISKS, me)
    for query in ("page=1", "page_size=7"):
        _end_connection()
        reply = call(f"{RISKS}?{query}", me)
        assert (reply.status, reply.titles) == (200, ["Flood"])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_writer_is_told_to_try_again(organization, analyst):
    me = token(analyst, organization)
    call(RISKS, me)
    _end_connection()
    reply = call(RISKS, me, "POST", body={"title": "Flood"})
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert not Risk.objects.exists()
    assert call(RISKS, me, "POST", body={"title": "Flood"}).status == 201


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_standby_is_told_and_left(organization, analyst):
    """Connections live for an hour: every write failed on one to a standby, as a 500."""
    me = token(analyst, organization)
    call(RISKS, me)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    reply = call(RISKS, me, "POST", body={"title": "Flood"})
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert "cannot be written to" in reply.json()["detail"]
    assert call(RISKS, me, "POST", body={"title": "Flood"}).status == 201


def _end_connection():
    """As a server that restarts does, right after the health check of the next request."""
    from openrisk.caching.freshness import snapshots  # noqa: PLC0415

    connection.health_check_enabled = False  # until it connects again
    pid = connection.connection.info.backend_pid
    with snapshots.open_connection(connection, "test") as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
