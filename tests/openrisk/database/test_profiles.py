"""Pool profiles: what each process may open, and that nobody waits for ever."""

import ast
import os
import stat
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from django.conf import settings as configured
from django.db import connection
from django.db.utils import OperationalError

from deployment.local.calibration import patience
from openrisk.database import checks
from openrisk.database.profiles import BACKGROUND, PROFILES, Demand, fitting_threads
from openrisk.database.statements import allow_long_statements

ROOT = configured.BASE_DIR
UNREACHABLE = "postgresql://openrisk:secret@127.0.0.1:9/openrisk"


def django(code, **environment):
    """Run code in a process of its own, with these settings."""
    return python(f"import django; django.setup()\n{code}", **environment)


def python(code, **environment):
    """The same without the apps: for what the settings alone say."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "openrisk.settings", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience(20),
    )


@pytest.mark.parametrize(
    ("profile", "age", "budget"), [("dev", 600, 10), ("staging", 1800, 50), ("prod", 3600, 100)]
)
def test_a_profile_sets_how_long_connections_live(profile, age, budget):
    code = (
        "from django.conf import settings as s\n"
        "print(s.DATABASES['default']['CONN_MAX_AGE'], s.DATABASE_BUDGET, s.THREADS)"
    )
    told = python(code, DATABASE_URL=UNREACHABLE, POOL_PROFILE=profile)
    threads = 2 if profile == "dev" else 4
    assert told.stdout.split() == [str(age), str(budget), str(threads)]


def test_an_unknown_profile_stops_the_start():
    told = django("", POOL_PROFILE="huge")
    assert told.returncode != 0
    assert "POOL_PROFILE='huge' is unknown: write dev or staging or prod" in told.stderr


def test_a_pool_takes_the_place_of_persistent_connections():
    code = (
        "from django.conf import settings as s\n"
        "d = s.DATABASES['default']; print(d['CONN_MAX_AGE'], d['OPTIONS']['pool']['max_size'])"
    )
    told = python(code, DATABASE_URL=UNREACHABLE, DATABASE_POOL="1", POOL_PROFILE="prod")
    assert told.stdout.split() == ["0", "25"]


@pytest.mark.parametrize(
    ("pooled", "pushed", "total"), [(False, False, 2 * 9 + 4), (False, True, 2 * 10 + 4)]
)
def test_the_arithmetic_of_connections(pooled, pushed, total):
    wanted = Demand(PROFILES["prod"], workers=2, threads=8, pooled=pooled, pushed=pushed)
    assert wanted.total == total


def test_a_pool_is_no_larger_than_its_maximum():
    wanted = Demand(PROFILES["dev"], workers=1, threads=40, pooled=True, pushed=False)
    assert wanted.total == 10 + 1 + 4


@pytest.mark.parametrize(("budget", "threads"), [(100, 4), (10, 2), (9, 1), (4, 1)])
def test_threads_fit_the_budget(budget, threads):
    assert fitting_threads(workers=2, budget=budget, pushed=False) == threads


def test_more_connections_than_the_budget_do_not_start(settings):
    settings.DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
    settings.WORKERS, settings.THREADS, settings.DATABASE_BUDGET = 4, 8, 20
    errors = checks.check_budget(None)
    assert [error.id for error in errors] == ["openrisk.database.E001"]
    assert "are 40; the budget" in errors[0].msg
    settings.DATABASE_BUDGET = 40
    assert checks.check_budget(None) == []


def test_sqlite_has_no_budget(settings):
    settings.DATABASES["default"]["ENGINE"] = "django.db.backends.sqlite3"
    settings.DATABASE_BUDGET = 1
    assert checks.check_budget(None) == []


def test_an_unreachable_pool_is_told_in_seconds():
    began = time.monotonic()
    code = "from django.db import connection\nconnection.cursor()"
    told = django(code, DATABASE_URL=UNREACHABLE, DATABASE_POOL="1")
    assert "OperationalError" in told.stderr
    assert time.monotonic() - began < patience(10)


def test_a_server_that_does_not_answer_is_no_error_of_the_configuration():
    code = "from django.core.management import call_command as c; c('check', databases=['default'])"
    told = django(code, DATABASE_URL=UNREACHABLE)
    assert told.returncode == 0, told.stderr
    assert "(openrisk.database.W001) The database cannot be used: " in told.stderr


@pytest.mark.parametrize("pooled", ["0", "1"])
@pytest.mark.parametrize("command", ["migrate --verbosity=0", "serve --migrate"])
def test_a_command_without_its_database_ends_with_a_sentence(command, pooled, tmp_path):
    ended = subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        env={**os.environ, "VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "openrisk.settings"}
        | {"DATABASE_URL": UNREACHABLE, "DATABASE_POOL": pooled},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience(20),
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert "Start its server, or correct DATABASE_URL." in ended.stderr
    assert "secret" not in ended.stderr


@pytest.mark.django_db
def test_a_database_that_answers_is_usable():
    assert checks.connection_error() == ""
    assert checks.check_answers(None, ["default"]) == []


# --- On PostgreSQL ----------------------------------------------------------------------------
@pytest.mark.postgres
@pytest.mark.django_db
def test_more_connections_than_the_server_allows_do_not_start(settings):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int"
        )
        allowed = cursor.fetchone()[0] - checks.RESERVE
    settings.WORKERS, settings.CACHE_CONSISTENCY = 1, "strict"
    settings.THREADS = allowed - BACKGROUND - 1
    assert checks.connection_demand().total == allowed
    assert checks.check_server(None, ["default"]) == []
    settings.THREADS += 1
    (error,) = checks.check_server(None, ["default"])
    assert (error.id, f"{allowed + 1} connections" in error.msg) == ("openrisk.database.E002", True)
    assert checks.check_server(None) == []  # nobody asked for checks of a database
    settings.DATABASE_DIRECT_URL = "postgresql://host/name"
    assert checks.check_server(None, ["default"]) == []


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
    ],
)
def test_what_is_wrong_with_the_address_is_said(monkeypatch, wrong, said):
    changed = connection.get_connection_params() | wrong
    monkeypatch.setattr(connection, "get_connection_params", lambda: changed)
    (warning,) = checks.check_answers(None, ["default"])
    assert said in warning.msg
    assert "correct DATABASE_URL" in warning.hint


@pytest.mark.postgres
@pytest.mark.django_db
def test_an_import_may_take_longer_than_a_request(settings):
    settings.DATABASE_TIMEOUTS = True
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        allow_long_statements()
        cursor.execute("SELECT pg_sleep(0.1), current_setting('statement_timeout')")
        assert cursor.fetchone()[1] == "10min"


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_ended():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(5)")


@pytest.mark.postgres
def test_who_finds_the_pool_empty_is_turned_away(transactional_db):
    """Each thread of a process would take one; the pool has two."""
    from psycopg_pool import ConnectionPool, PoolTimeout  # noqa: PLC0415

    parameters = connection.get_connection_params()
    url = psycopg.conninfo.make_conninfo(
        **{
            k: parameters[k]
            for k in ("host", "port", "user", "password", "dbname")
            if parameters.get(k)
        }
    )
    pool = ConnectionPool(url, min_size=1, max_size=2, timeout=0.2, open=True)
    release = threading.Event()

    def hold():
        with pool.connection():
            release.wait(patience(20))

    threads = [threading.Thread(target=hold) for _ in range(2)]
    for thread in threads:
        thread.start()
    while pool.get_stats().get("pool_available", 1) or pool.get_stats()["pool_size"] < 2:
        time.sleep(0.01)
    with pytest.raises(PoolTimeout):
        pool.getconn()
    assert issubclass(PoolTimeout, psycopg.OperationalError)  # which the API answers with 503
    release.set()
    for thread in threads:
        thread.join()
    pool.close()


# --- The SQLite file ----------------------------------------------------------------------------
@pytest.mark.parametrize("before", [None, 0o644])
def test_sqlite_file_is_for_its_owner_alone(tmp_path, before):
    file = tmp_path / "openrisk.sqlite3"
    if before:
        file.touch()
        file.chmod(before)
    code = (
        "from django.db import connection as c; c.cursor().execute('CREATE TABLE x (y)');"
        f"from pathlib import Path; files = Path({str(tmp_path)!r}).glob('*.sqlite3*');"
        "print({file.name: file.stat().st_mode & 0o777 for file in files})"
    )
    result = django(code, DATABASE_URL=f"sqlite:///{file}", VAR_DIR=str(tmp_path / "var"))
    assert result.returncode == 0, result.stderr
    names = ("openrisk.sqlite3", "openrisk.sqlite3-shm", "openrisk.sqlite3-wal")
    assert ast.literal_eval(result.stdout) == dict.fromkeys(names, 0o600)
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
