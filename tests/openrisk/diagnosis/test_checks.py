"""What the doctor took for healthy and was not."""

import tempfile
from collections import namedtuple
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from deployment.local.servers import free_port, valkey
from marketplace.models import InstalledApp
from openrisk import env
from openrisk.database import clock
from openrisk.diagnosis import database_checks, doctor, key_checks, service_checks
from openrisk.diagnosis.check_result import CheckResult, CheckStatus
from openrisk.tasks.models import Schedule
from tests.marketplace.conformance import installed


def subjects() -> dict[str, CheckResult]:
    return {found.subject: found for found in doctor.run_checks()}


@pytest.mark.django_db
def test_everything_is_looked_at() -> None:
    looked_at = {
        "encryption key",
        "temporary",
        "attachments",
        "mail",
        "traces",
        "keys",
        "stored secrets",
        "tasks",
    }
    of_postgres = {"TLS", "writes", "direct address", "clock"}
    assert subjects().keys() >= looked_at
    assert (subjects().keys() >= of_postgres) is (connection.vendor == "postgresql")


# --- Files ------------------------------------------------------------------------------------
def test_attachments_need_a_folder_that_can_be_written_to(attachments_folder) -> None:
    assert service_checks.check_attachments().status is CheckStatus.FAILURE  # not there
    attachments_folder.mkdir()
    assert service_checks.check_attachments().status is CheckStatus.OK


def test_another_storage_for_attachments_is_named(settings: Settings) -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "attachments": memory}
    assert service_checks.check_attachments().detail == "in InMemoryStorage"


# --- Secrets ----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_secrets_of_another_key_are_a_failure(organization, admin, settings: Settings) -> None:
    installed(organization, "trivy", admin)
    InstalledApp.objects.update(secrets="gAAAA-of-another-key")
    found = key_checks.check_stored_secrets()
    assert found.status is CheckStatus.FAILURE
    assert "ENCRYPTION_KEYS" in found.advice


@pytest.mark.parametrize("subject", ["secret key", "encryption key"])
def test_a_key_that_others_can_read_is_a_failure(tmp_path, settings: Settings, subject) -> None:
    settings.VAR_DIR = tmp_path
    (tmp_path / subject.replace(" ", "_")).touch(0o644)
    assert key_checks.check_key_file(subject).status is CheckStatus.FAILURE


def test_cookies_and_hosts_of_production(settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE, settings.ALLOWED_HOSTS = False, ["localhost"]
    assert list(key_checks.check_addresses()) == []
    settings.POOL_PROFILE = "prod"
    assert [found.subject for found in key_checks.check_addresses()] == ["cookies", "hosts"]
    settings.SESSION_COOKIE_SECURE, settings.ALLOWED_HOSTS = True, ["risk.example.org"]
    assert list(key_checks.check_addresses()) == []


# --- Services ---------------------------------------------------------------------------------
def test_no_writable_temporary_folder_is_a_failure(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert service_checks.check_temporary_folder().status is CheckStatus.FAILURE


def test_a_read_only_system_writes_into_var_dir(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TMPDIR", tempfile.gettempdir())  # it is written, and put back afterwards
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/none"])
    env.require_temporary_folder(tmp_path / "tmp")
    with tempfile.NamedTemporaryFile() as file:
        assert file.name.startswith(str(tmp_path / "tmp"))


def test_a_mail_server_that_does_not_answer_is_a_warning(settings: Settings) -> None:
    assert service_checks.check_mail().status is CheckStatus.OK
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    assert service_checks.check_mail().status is CheckStatus.WARNING


def test_a_collector_that_does_not_answer_is_a_warning(settings: Settings) -> None:
    settings.TRACES_ENDPOINT = f"http://127.0.0.1:{free_port()}"
    assert service_checks.check_traces().status is CheckStatus.WARNING


@pytest.mark.django_db
def test_failed_tasks_are_a_warning() -> None:
    assert service_checks.check_tasks().status is CheckStatus.OK
    task = {"task_path": "x", "args_kwargs": {"args": [], "kwargs": {}}, "worker_ids": ["w"]}
    DBTaskResult.objects.create(status="FAILED", finished_at=timezone.now(), **task)
    assert "1 failed" in service_checks.check_tasks().detail


@pytest.mark.django_db
def test_schedules_that_no_worker_enqueues_are_a_warning() -> None:
    Schedule.objects.create(
        name="tasks.prune", cron="23 3 * * *", next_run_at=timezone.now() - timedelta(hours=1)
    )
    found = service_checks.check_tasks()
    assert (found.status, "0 workers" in found.detail) == (CheckStatus.WARNING, True)


@pytest.mark.django_db
def test_names_that_nothing_knows_are_a_warning(monkeypatch, settings: Settings) -> None:
    assert service_checks.check_names().status is CheckStatus.OK
    settings.METRICS_ORGANIZATIONS = ["nosuch"]
    assert "nosuch" in service_checks.check_names().detail
    monkeypatch.setenv("WORKRS", "4")
    assert "WORKRS (for WORKERS?)" in service_checks.check_names().detail


@pytest.mark.parametrize("mode", ["cluster", "sentinel"])
def test_a_cluster_is_not_taken_for_a_cache_server(monkeypatch, mode) -> None:
    with valkey() as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        info = {"redis_version": "8", "redis_mode": mode}
        monkeypatch.setattr("redis.Redis.info", lambda self, section: info)
        assert doctor.check_cache_server().status is CheckStatus.WARNING


# --- Database ---------------------------------------------------------------------------------
@pytest.mark.postgres
@pytest.mark.django_db
def test_a_clock_that_differs_is_a_warning(monkeypatch) -> None:
    monkeypatch.setattr(clock, "clock_offset", lambda: timedelta(hours=-1))
    assert database_checks.check_clocks().status is CheckStatus.WARNING
    assert "ahead of the database's" in database_checks.check_clocks().detail


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_database_that_takes_no_writes_is_a_failure() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    assert database_checks.check_writable().status is CheckStatus.FAILURE


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_wrong_direct_address_is_a_failure(settings: Settings) -> None:
    settings.DATABASE_DIRECT_URL = f"postgresql://u:p@127.0.0.1:{free_port()}/n"
    assert "nothing is cached" in database_checks.check_direct_address().advice
    given = connection.get_connection_params()
    names = {name: given[name] for name in ("host", "port", "user", "password")}
    settings.DATABASE_DIRECT_URL = psycopg.conninfo.make_conninfo(**names, dbname="postgres")
    assert database_checks.check_direct_address().detail == "is another database than DATABASE_URL"
    settings.DATABASE_DIRECT_URL = psycopg.conninfo.make_conninfo(**names, dbname=given["dbname"])
    assert database_checks.check_direct_address().status is CheckStatus.OK


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_role_without_rights_is_a_failure_and_no_traceback(monkeypatch) -> None:
    def refused() -> CheckResult:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM pg_authid")
        raise AssertionError

    monkeypatch.setattr(doctor, "check_migrations", refused)
    found = subjects()["rights"]
    assert (found.status, "permission denied" in found.detail) == (CheckStatus.FAILURE, True)


Wire = namedtuple("Wire", "ssl_in_use info")
Option = namedtuple("Option", "keyword val")
Info = namedtuple("Info", "host")
Direct = namedtuple("Direct", "pgconn info")


@pytest.mark.parametrize(
    ("encrypted", "mode", "host", "state", "status"),
    [
        (False, b"prefer", "db.example.org", "no", CheckStatus.WARNING),
        (False, b"prefer", "127.0.0.1", "no", CheckStatus.OK),
        (False, b"prefer", "/run/postgresql", "no", CheckStatus.OK),
        (True, b"require", "10.0.0.7", "not verified", CheckStatus.WARNING),
        (True, b"verify-ca", "db", "verified, but for the server's name", CheckStatus.OK),
        (True, b"verify-full", "db", "verified", CheckStatus.OK),
    ],
)
def test_tls_is_verified_or_not_or_none(
    settings: Settings, encrypted, mode, host, state, status
) -> None:
    settings.POOL_PROFILE = "prod"
    direct = Direct(Wire(encrypted, [Option(b"sslmode", mode)]), Info(host))
    found = database_checks.check_tls(direct)
    assert (found.status, found.detail.startswith(state)) == (status, True)


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_tests_own_server_has_no_tls() -> None:
    with psycopg.connect(**connection.get_connection_params()) as direct:
        assert database_checks.check_tls(direct).detail == "no"
