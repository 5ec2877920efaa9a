"""Answers to probes: live, ready, and the reasons why not."""

import asyncio
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from monitoring.health import probes
from monitoring.health.probes import HealthProbes, check_readiness


def probe(path, method="GET", host="10.0.0.9"):
    """The status and the body that a probe gets, whatever its host header."""
    started = []
    application = HealthProbes(lambda environ, start: [b"the application"])
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": host}
    body = b"".join(application(environ, lambda *given: started.append(given)))
    if not started:
        return None, body
    return int(started[0][0][:3]), json.loads(body)


def test_live_probe_needs_no_database():
    assert probe("/health/live") == (200, {"status": "ok"})


def test_other_paths_go_to_the_application():
    assert probe("/health") == (None, b"the application")


def test_probes_are_read_only():
    assert probe("/health/live", "POST")[0] == 405


@pytest.fixture
def own_probe(transactional_db, settings, tmp_path, monkeypatch):
    settings.DRAIN_FILE = tmp_path / "draining"
    monkeypatch.setattr(probes, "readiness_probe", probes.ReadinessProbe())


def test_complete_database_is_ready(own_probe):
    status, answer = probe("/health/ready/")
    assert (status, answer["status"], answer["database"]) == (200, "ready", "ok")


@pytest.mark.postgres
def test_read_only_database_is_not_ready(own_probe):
    url = os.environ["TEST_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as owner:
        name = connection.settings_dict["NAME"]
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        try:
            found = check_readiness()
        finally:
            owner.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert not found.is_ready
    assert "read-only" in found.database


def test_stopping_server_is_not_ready(own_probe, settings):
    settings.DRAIN_FILE.touch()
    status, answer = probe("/health/ready")
    assert (status, answer["status"]) == (503, "draining")


def test_missing_migration_is_reported(own_probe, monkeypatch):
    known = frozenset(MigrationRecorder.Migration.objects.values_list("app", "name"))
    monkeypatch.setattr(probes, "known_migrations", lambda: known | {("risks", "9999_future")})
    status, answer = probe("/health/ready")
    assert status == 503
    assert "risks.9999_future" in answer["migrations"]


def test_missing_trigger_is_reported(own_probe, monkeypatch):
    monkeypatch.setattr(probes.triggers, "missing_triggers", lambda *given: ["risks_risk_insert"])
    status, answer = probe("/health/ready")
    assert status == 503
    assert "risks_risk_insert" in answer["triggers"]


def test_hanging_database_times_out(own_probe, monkeypatch):
    monkeypatch.setattr(probes, "DATABASE_TIMEOUT", 0.01)
    monkeypatch.setattr(probes.DatabaseCheck, "run", lambda self: self.join)
    assert check_readiness().database == "It did not answer within 0.01 seconds."


def test_database_error_does_not_show_the_password(own_probe, monkeypatch):
    def gone(*arguments):
        raise OperationalError("password=secret")

    monkeypatch.setattr(probes, "check_migrations", gone)
    status, answer = probe("/health/ready")
    assert status == 503
    assert "secret" not in str(answer)


def test_without_its_cache_server_it_is_ready(own_probe, monkeypatch):
    class Gone:
        reachable = False

    monkeypatch.setattr(probes, "store_state", Gone)
    assert probe("/health/ready") == (200, {
        "status": "ready", "database": "ok", "migrations": "ok", "triggers": "ok",
        "cache": "degraded",
    })  # fmt: skip


def test_many_probes_ask_the_database_once(own_probe, monkeypatch):
    asked = []

    def migrations():
        asked.append(True)
        return ""

    monkeypatch.setattr(probes, "check_migrations", migrations)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: probe("/health/ready")[0], range(40)))
    assert (found, len(asked)) == ([200] * 40, 1)


def test_hanging_database_is_asked_by_one_thread(own_probe, monkeypatch):
    release, asked = threading.Event(), []

    def migrations():
        asked.append(True)
        release.wait(20)
        return ""

    monkeypatch.setattr(probes, "DATABASE_TIMEOUT", 0.01)
    monkeypatch.setattr(probes, "VALID_FOR", 0)
    monkeypatch.setattr(probes, "check_migrations", migrations)
    found = [check_readiness().database for _ in range(5)]
    release.set()
    probes.readiness_probe.database_check.join()
    assert len(asked) == 1
    assert set(found) == {"It did not answer within 0.01 seconds."}


def test_event_loop_answers_probes_too(own_probe):
    async def ask(path):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path}
        answers = await asyncio.gather(*(probes.answer_probe_async(environ) for _ in range(5)))
        return {answer and answer[0] for answer in answers}

    assert asyncio.run(ask("/health/ready")) == {"200 OK"}
    assert asyncio.run(ask("/health/live")) == {"200 OK"}
    assert asyncio.run(ask("/risks/")) == {None}
