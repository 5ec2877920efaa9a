"""What the log looks like: keyed, short, and silent where nothing happens."""

import json
import logging
import re
from collections import deque
from pathlib import Path

import pytest
import structlog
from django.db import OperationalError
from django_tasks_db.models import DBTaskResult
from granian.log import LogLevels, configure_logging

from monitoring.metrics import access_log, request_metrics
from openrisk import server
from openrisk.api.middleware.database_retry import ShortenDatabaseErrors
from openrisk.api.problems import DatabaseUnavailable
from openrisk.tasks import queue
from tests.openrisk.tasks import samples

SERVER_LOG = Path(server.__file__).with_name("log.json")
HEADERS = [("X-Cache", "HIT"), ("X-Request-ID", "an-id")]
ENVIRON = {"REQUEST_METHOD": "GET", request_metrics.ROUTE: "risk-list"}


@pytest.fixture
def lines(monkeypatch, settings, capsys):
    """Counts an answer as a thread of the server does; the lines that come of it."""
    settings.ACCESS_LOG = True
    sums = request_metrics.ThreadCounts()
    monkeypatch.setattr(request_metrics, "_threads", [sums])

    def count(status="200", headers=HEADERS):
        request_metrics.add_request(sums, ENVIRON, status, headers, 0.0000412)
        request_metrics.flush_counts()
        return capsys.readouterr().err.splitlines()

    return count


def test_a_request_is_a_line_with_its_route_status_time_and_id(lines):
    [line] = lines()
    assert line.partition(" ")[2] == (
        "level=info event=request route=risk-list method=GET status=200 cache=hit "
        "seconds=0.000041 request_id=an-id"
    )


def test_a_request_is_json_where_that_is_asked_for(lines, settings):
    settings.LOG_FORMAT = "json"
    [line] = lines(status="503")
    told = json.loads(line)
    assert (told["status"], told["route"], told["request_id"]) == (503, "risk-list", "an-id")


def test_no_request_is_a_line_unless_asked_for(lines, settings):
    settings.ACCESS_LOG = False
    assert lines() == []


def test_lines_of_several_threads_are_in_the_order_of_time(capsys, settings):
    queues = [deque([(at, "r", "GET", "200", "none", 0.1, "")]) for at in (2.0, 1.0)]
    access_log.write_lines(queues)
    stamps = [line.split()[0] for line in capsys.readouterr().err.splitlines()]
    assert stamps == sorted(stamps)
    assert len(stamps) == 2


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_the_web_servers_own_lines_are_keyed_as_ours(log_format, monkeypatch, capsys):
    monkeypatch.setenv("LOG_FORMAT", log_format)
    structlog.contextvars.clear_contextvars()  # of a request that this process has answered
    config = json.loads(SERVER_LOG.read_text())
    configure_logging(LogLevels.warning, config)
    log = logging.getLogger("_granian")
    log.warning("Killing worker-1")
    log.handlers.clear()
    line = capsys.readouterr().err
    if log_format == "json":
        assert json.loads(line)["event"] == "Killing worker-1"
    else:
        assert re.match(r'timestamp=\S+ level=warning event="Killing worker-1" pid=\d+$', line)


def test_a_request_that_the_database_did_not_answer_is_one_short_line():
    try:
        try:
            raise OperationalError("connection refused\n\tIs the server running?")
        except OperationalError as error:
            raise DatabaseUnavailable from error
    except DatabaseUnavailable as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("django.request", logging.ERROR, "", 1, "Failed", (), info)
    assert ShortenDatabaseErrors().filter(record)
    assert record.exc_info is None
    assert record.getMessage() == (
        "Not answered by the database: connection refused Is the server running?"
    )


def test_other_failures_keep_their_traceback():
    info = (ValueError, ValueError(), None)
    record = logging.LogRecord("django.request", logging.ERROR, "", 1, "Failed", (), info)
    ShortenDatabaseErrors().filter(record)
    assert record.exc_info == info


@pytest.mark.django_db
@pytest.mark.parametrize(("value", "level"), [(0, "debug"), (3, "info")])
def test_a_task_that_had_nothing_to_do_is_no_line_of_an_ordinary_log(monkeypatch, value, level):
    monkeypatch.setattr(type(samples.tick), "call", lambda self: value)
    samples.tick.enqueue()
    with structlog.testing.capture_logs() as captured:
        queue.run_claimed(claimed())
    assert {line["event"]: line["log_level"] for line in captured}["task_succeeded"] == level


def claimed() -> DBTaskResult:
    result = DBTaskResult.objects.get()
    result.claim("worker")
    return result
