"""What probes are told."""

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


def test_a_process_lives_without_asking_anybody():
    assert probe("/health/live") == (200, {"status": "ok"})


def test_other_paths_are_the_applications():
    assert probe("/health") == (None, b"the application")


def test_probes_only_ask():
    assert probe("/health/live", "POST")[0] == 405


@pytest.fixture
def everywhere(transactional_db, settings, tmp_path, monkeypatch):
    settings.DRAIN_FILE = tmp_path / "draining"
    monkeypatch.setattr(probes, "readiness_probe", probes.ReadinessProbe())


def test_a_complete_database_is_ready(everywhere):
    status, told = probe("/health/ready/")
    assert (status, told["status"], told["database"]) == (200, "ready", "ok")


@pytest.mark.postgres
def test_a_database_that_cannot_be_written_to_is_not_ready(everywhere):
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


def test_a_server_that_is_about_to_stop_is_not_ready(everywhere, settings):
    settings.DRAIN_FILE.touch()
    status, told = probe("/health/ready")
    assert (status, told["status"]) == (503, "draining")


def test_a_missing_migration_is_told(everywhere, monkeypatch):
    known = frozenset(MigrationRecorder.Migration.objects.values_list("app", "name"))
    monkeypatch.setattr(probes, "known_migrations", lambda: known | {("risks", "9999_future")})
    status, told = probe("/health/ready")
    assert status == 503
    assert "risks.9999_future" in told["migrations"]


def test_a_missing_trigger_is_told(everywhere, monkeypatch):
    monkeypatch.setattr(probes.triggers, "missing_triggers", lambda *given: ["risks_risk_insert"])
    status, told = probe("/health/ready")
    assert status == 503
    assert "risks_risk_insert" in told["triggers"]


def test_a_database_that_hangs_is_given_up(everywhere, monkeypatch):
    monkeypatch.setattr(probes, "DATABASE_TIMEOUT", 0.01)
    monkeypatch.setattr(probes.DatabaseCheck, "run", lambda self: self.join)
    assert check_readiness().database == "It did not answer within 0.01 seconds."


def test_a_database_that_is_gone_is_told_without_its_password(everywhere, monkeypatch):
    def gone(*arguments):
        raise OperationalError("password=secret")

    monkeypatch.setattr(probes, "check_migrations", gone)
    status, told = probe("/health/ready")
    assert status == 503
    assert "secret" not in str(told)


def test_without_its_cache_server_it_is_ready(everywhere, monkeypatch):
    class Gone:
        reachable = False

    monkeypatch.setattr(probes, "store_state", Gone)
    assert probe("/health/ready") == (200, {
        "status": "ready", "database": "ok", "migrations": "ok", "triggers": "ok",
        "cache": "degraded",
    })  # fmt: skip


def test_however_many_ask_the_database_is_asked_once(everywhere, monkeypatch):
    asked = []

    def migrations():
        asked.append(True)
        return ""

    monkeypatch.setattr(probes, "check_migrations", migrations)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: probe("/health/ready")[0], range(40)))
    assert (found, len(asked)) == ([200] * 40, 1)


def test_while_the_database_hangs_no_more_threads_ask_it(everywhere, monkeypatch):
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


def test_a_loop_asks_by_a_thread(everywhere):
    async def ask(path):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path}
        answers = await asyncio.gather(*(probes.answer_probe_async(environ) for _ in range(5)))
        return {answer and answer[0] for answer in answers}

    assert asyncio.run(ask("/health/ready")) == {"200 OK"}
    assert asyncio.run(ask("/health/live")) == {"200 OK"}
    assert asyncio.run(ask("/risks/")) == {None}
