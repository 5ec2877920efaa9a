"""The doctor finds what is broken, says what to do, and its exit code tells a script."""

import json
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from deployment.local.servers import free_port, valkey
from openrisk import demo
from openrisk.database.triggers import install_triggers
from openrisk.diagnosis import doctor, key_checks
from openrisk.diagnosis.check_result import CheckResult, CheckStatus
from tests.openrisk.caching import stores


def finding(subject: str) -> CheckResult:
    return next(found for found in doctor.run_checks() if found.subject == subject)


@pytest.mark.django_db
def test_a_sound_installation_has_no_failure() -> None:
    findings = list(doctor.run_checks())
    assert {found.subject for found in findings} >= {"database", "migrations", "history", "demo"}
    assert [found for found in findings if found.status is CheckStatus.FAILURE] == []


@pytest.mark.django_db
def test_a_demo_that_has_changed_is_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = demo.Demo("http://127.0.0.1:8000", demo.ORGANIZATION, demo.EMAIL, "password", "token")
    monkeypatch.setattr(demo, "read_demo", lambda: lost)
    assert finding("demo").status is CheckStatus.OK
    assert "was deleted" in finding("demo").detail


@pytest.mark.django_db
def test_a_missing_trigger_is_a_failure() -> None:
    on_table = " ON risks_risk" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER openrisk_ledger_risks_risk_update{on_table}")
    assert finding("history").status is CheckStatus.FAILURE
    assert "openrisk_ledger_risks_risk_update" in finding("history").detail


@pytest.mark.django_db
def test_a_missing_token_trigger_is_a_failure() -> None:
    assert finding("cache tokens").status is CheckStatus.OK
    on_table = " ON risks_asset" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER openrisk_token_risks_asset_delete{on_table}")
    assert finding("cache tokens").status is CheckStatus.FAILURE
    assert "openrisk_token_risks_asset_delete" in finding("cache tokens").detail


@pytest.mark.postgres
@pytest.mark.django_db
def test_triggers_that_tell_nobody_are_a_failure_where_push_relies_on_them(
    settings: Settings,
) -> None:
    settings.CACHE_CONSISTENCY = "push"
    assert "of another version" in finding("cache tokens").detail
    install_triggers(connection)
    assert finding("cache tokens").status is CheckStatus.OK


@pytest.mark.django_db
def test_a_missing_migration_is_a_failure_and_hides_what_depends_on_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts'")
    assert finding("migrations").advice == "Run `manage.py migrate`."
    assert "history" not in {found.subject for found in doctor.run_checks()}


def test_an_open_secret_key_is_a_failure(tmp_path: Path, settings: Settings) -> None:
    settings.VAR_DIR = tmp_path
    key = tmp_path / "secret_key"
    key.touch(0o644)
    assert key_checks.check_key_file("secret key").status is CheckStatus.FAILURE
    key.chmod(0o600)
    assert key_checks.check_key_file("secret key").status is CheckStatus.OK


Usage = namedtuple("Usage", "free")


@pytest.mark.parametrize(
    ("free", "status"),
    [
        (2 * 1024**3, CheckStatus.OK),
        (500 * 1024**2, CheckStatus.WARNING),
        (1024, CheckStatus.FAILURE),
    ],
)
def test_a_full_disk_is_said(
    free: int, status: CheckStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(free))
    assert doctor.check_disk().status is status


def test_no_cache_server_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert doctor.check_cache_server().status is CheckStatus.OK


def test_the_response_cache_says_what_keeps_it_and_how_sure_a_hit_is(settings: Settings) -> None:
    with stores.backend(settings, "memory"):
        assert doctor.check_response_cache().detail.startswith("memory, strict; no shared store")
    with stores.backend(settings, "redis", f"redis://127.0.0.1:{free_port()}/0"):
        assert doctor.check_response_cache().status is CheckStatus.WARNING


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}/0", "nonsense"])
def test_an_unreachable_cache_server_is_a_warning(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", url.format(port=free_port()))
    assert doctor.check_cache_server().status is CheckStatus.WARNING


def test_a_cache_server_that_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with valkey() as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        assert doctor.check_cache_server().detail.startswith("answers (version ")


def test_debug_is_a_warning(settings: Settings) -> None:
    settings.DEBUG = True
    assert doctor.check_debug().status is CheckStatus.WARNING


def run_doctor(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", "--format", "json"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "openrisk.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("sqlite:///{folder}/none.sqlite3", "Run `manage.py migrate`."),
        ("sqlite:///{folder}/broken.sqlite3", "Correct DATABASE_URL"),
        ("postgresql://nobody:wrong@127.0.0.1:{port}/none", "Start the database server"),
    ],
)
def test_an_unreachable_database_fails_the_command(tmp_path: Path, url: str, advice: str) -> None:
    (tmp_path / "broken.sqlite3").write_text("this is no database" * 100)
    result = run_doctor(
        DATABASE_URL=url.format(folder=tmp_path, port=free_port()), VAR_DIR=str(tmp_path)
    )
    last = json.loads(result.stdout)[-1]
    assert (result.returncode, last["subject"], last["status"]) == (1, "database", "failure")
    assert last["advice"].startswith(advice)
    assert not (tmp_path / "none.sqlite3").exists()


@pytest.mark.django_db
def test_the_command_writes_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["ok", "python"]
    assert any(line.split()[:2] == ["ok", "migrations"] for line in lines)


@pytest.mark.parametrize(
    ("given", "profile", "status"),
    [
        ("https://risk.example.org", "prod", CheckStatus.OK),
        ("", "dev", CheckStatus.OK),
        ("", "prod", CheckStatus.WARNING),
    ],
)
def test_an_address_for_links_is_asked_for_in_production(
    given: str,
    profile: str,
    status: CheckStatus,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITE_URL", given)
    settings.POOL_PROFILE = profile
    assert finding("site url").status is status
