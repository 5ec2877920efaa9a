"""What is configured, reachable and complete, and what to do about what is not."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, Error, connection
from django.db.migrations.executor import MigrationExecutor

from openrisk import demo, env
from openrisk.caching.inspection.statistics import store_state
from openrisk.database.checks import check_server
from openrisk.database.triggers import differing_triggers
from openrisk.diagnosis import database_checks, key_checks, service_checks
from openrisk.diagnosis.check_result import CheckResult, CheckStatus, failure, warning
from risks.history import roles

TIMEOUT_SECONDS = 2
PYTHON_VERSIONS = ((3, 11), (3, 13))
OLDEST_POSTGRES = 150000
LOW_DISK_BYTES = 1024**3
FULL_DISK_BYTES = 100 * 1024**2
IN_MEMORY = (":memory:", "file:")  # a SQLite database that is no file by this name


def run_checks() -> Iterator[CheckResult]:
    """Every finding. What needs the database is left out when that cannot be reached."""
    yield _python()
    yield _configuration()
    yield _debug()
    yield _site_url()
    yield key_checks.key_file("secret key")
    yield key_checks.key_file("encryption key")
    yield from key_checks.addresses()
    yield _disk()
    yield service_checks.temporary_folder()
    yield _cache()
    yield _responses()
    yield service_checks.mail()
    yield service_checks.traces()
    yield from _of_database()


def _of_database() -> Iterator[CheckResult]:
    yield (found := _database())
    if found.status is CheckStatus.FAILURE:
        return
    try:
        yield from _of_rows()
    except DatabaseError as error:
        yield failure(
            "rights",
            " ".join(str(error).split()),
            "Give the role of DATABASE_URL what it lacks, or correct DATABASE_URL.",
        )


def _of_rows() -> Iterator[CheckResult]:
    """What is asked of the tables, once they are all there."""
    if connection.vendor == "postgresql":
        with psycopg.connect(**connection.get_connection_params()) as direct:
            yield database_checks.tls(direct)
        yield database_checks.writable()
        yield database_checks.direct()
        yield database_checks.clocks()
    yield (migrations := _migrations())
    if migrations.status is not CheckStatus.OK:
        return
    yield _triggers()
    yield _roles()
    yield _tokens()
    yield key_checks.same_keys()
    yield key_checks.stored_secrets()
    yield service_checks.tasks()
    yield service_checks.names()
    yield _demo()


def _python() -> CheckResult:
    detail = ".".join(map(str, sys.version_info[:3]))
    oldest, newest = PYTHON_VERSIONS
    if oldest <= sys.version_info[:2] <= newest:
        return CheckResult("python", CheckStatus.OK, detail)
    return CheckResult(
        "python", CheckStatus.WARNING, detail, "OpenRisk is tested on Python 3.11 to 3.13."
    )


def _configuration() -> CheckResult:
    try:
        problems = [message for message in checks.run_checks() if message.is_serious()]
    except Exception as error:  # noqa: BLE001  any module the checks import may raise anything
        detail = f"{type(error).__name__}: {error}"
        advice = "Run `manage.py check` for the traceback."
        return CheckResult("configuration", CheckStatus.FAILURE, detail, advice)
    if not problems:
        return CheckResult("configuration", CheckStatus.OK, "the system checks pass")
    detail = "; ".join(f"{problem.id} {problem.msg}" for problem in problems)
    return CheckResult(
        "configuration", CheckStatus.FAILURE, detail, "Run `manage.py check` for hints."
    )


def _debug() -> CheckResult:
    if not settings.DEBUG:
        return CheckResult("debug", CheckStatus.OK, "off")
    return CheckResult(
        "debug",
        CheckStatus.WARNING,
        "on: errors show settings and code",
        "Unset DEBUG in production.",
    )


def _site_url() -> CheckResult:
    if env.text("SITE_URL"):
        return CheckResult("site url", CheckStatus.OK, settings.SITE_URL)
    detail = f"{settings.SITE_URL}, from HOST and PORT: links in messages open on this machine only"
    if settings.HOST == settings.LOCAL_HOST and settings.POOL_PROFILE == "dev":
        return CheckResult("site url", CheckStatus.OK, detail)
    advice = "Set SITE_URL to the address that people use, e.g. https://risk.example.org."
    return CheckResult("site url", CheckStatus.WARNING, detail, advice)


def _disk() -> CheckResult:
    folder = settings.VAR_DIR
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1024**3:.1f} GiB free in {folder}"
    if not os.access(folder, os.W_OK):
        advice = f"Let the user who runs OpenRisk write to {folder}, or set VAR_DIR."
        return CheckResult("disk", CheckStatus.FAILURE, f"{folder} cannot be written to", advice)
    if free >= LOW_DISK_BYTES:
        return CheckResult("disk", CheckStatus.OK, detail)
    status = CheckStatus.FAILURE if free < FULL_DISK_BYTES else CheckStatus.WARNING
    return CheckResult("disk", status, detail, "Free some space, or set VAR_DIR to a larger disk.")


def _cache() -> CheckResult:
    url = env.text("REDIS_URL")
    if not url:
        return CheckResult("cache server", CheckStatus.OK, "not configured (REDIS_URL)")
    try:
        client = redis.from_url(
            url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
        )
        server = client.info("server")
        version, mode = server["redis_version"], server.get("redis_mode", "standalone")
    except (redis.RedisError, ValueError) as error:
        return CheckResult(
            "cache server",
            CheckStatus.WARNING,
            f"not reachable: {error}",
            "Start the server or correct REDIS_URL. Until then OpenRisk works, but slower.",
        )
    if mode != "standalone":
        return warning(
            "cache server",
            f"answers (version {version}), but as a {mode}",
            "Name a single server as REDIS_URL: Cluster and Sentinel are not supported.",
        )
    return CheckResult("cache server", CheckStatus.OK, f"answers (version {version})")


def _responses() -> CheckResult:
    """The cache of responses: what keeps them, and how sure a hit must be."""
    store = store_state()
    detail = f"{store.backend}, {settings.CACHE_CONSISTENCY}; {store.detail}"
    if store.reachable is not False:
        return CheckResult("response cache", CheckStatus.OK, detail)
    return CheckResult(
        "response cache",
        CheckStatus.WARNING,
        detail,
        "Start the server, correct REDIS_URL, or set CACHE_BACKEND=memory. Until then each process "
        "keeps its own entries: as exact, but slower.",
    )


def _database() -> CheckResult:
    return _sqlite() if connection.vendor == "sqlite" else _postgres()


def _sqlite() -> CheckResult:
    file = Path(connection.settings_dict["NAME"])
    if not file.exists() and not str(file).startswith(IN_MEMORY):
        return CheckResult(
            "database", CheckStatus.FAILURE, f"{file} does not exist", "Run `manage.py migrate`."
        )
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA schema_version")
    except (Error, sqlite3.Error) as error:
        advice = "Correct DATABASE_URL, or restore the file from a backup."
        return CheckResult(
            "database", CheckStatus.FAILURE, f"{file} cannot be read: {error}", advice
        )
    return CheckResult("database", CheckStatus.OK, f"SQLite {sqlite3.sqlite_version}, {file}")


def _postgres() -> CheckResult:
    """Connects directly: a connection pool would hide a wrong password behind its own timeout."""
    params = {**connection.get_connection_params(), "connect_timeout": TIMEOUT_SECONDS}
    place = f"{params.get('host', 'local socket')}:{params.get('port', 5432)}/{params['dbname']}"
    try:
        with psycopg.connect(**params) as direct:
            version = direct.info.server_version
    except psycopg.Error as error:
        advice = "Start the database server or correct DATABASE_URL."
        if "startup parameter" in str(error):
            advice = "DATABASE_URL is a pooler: give the server itself as DATABASE_DIRECT_URL."
        return CheckResult(
            "database", CheckStatus.FAILURE, f"{place}: {' '.join(str(error).split())}", advice
        )
    detail = f"PostgreSQL {version // 10000}.{version % 10000}, {place}"
    if version < OLDEST_POSTGRES:
        return CheckResult(
            "database", CheckStatus.FAILURE, detail, "Upgrade to PostgreSQL 15 or later."
        )
    for refusal in check_server(None, ["default"]):
        return CheckResult(
            "database", CheckStatus.FAILURE, f"{detail}: {refusal.msg}", str(refusal.hint)
        )
    return CheckResult("database", CheckStatus.OK, detail)


def _migrations() -> CheckResult:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return CheckResult("migrations", CheckStatus.OK, "all applied")
    first = missing[0][0]
    detail = f"{len(missing)} not applied, first {first.app_label}.{first.name}"
    return CheckResult("migrations", CheckStatus.FAILURE, detail, "Run `manage.py migrate`.")


def _triggers() -> CheckResult:
    missing = differing_triggers(connection, "history")
    if not missing:
        return CheckResult("history", CheckStatus.OK, "all triggers installed")
    detail = f"{len(missing)} triggers missing, disabled or of another version, first {missing[0]}"
    advice = "Changes go unrecorded: run `manage.py migrate`, which installs them."
    return CheckResult("history", CheckStatus.FAILURE, detail, advice)


def _roles() -> CheckResult:
    """Whether the application could change what is recorded about it."""
    if connection.vendor == "sqlite":
        detail = "SQLite has none: anyone who can write its file can rewrite history"
        return CheckResult("database roles", CheckStatus.OK, detail)
    role = connection.settings_dict["USER"]
    if unreadable := roles.unreadable_tables():
        return CheckResult(
            "database roles",
            CheckStatus.FAILURE,
            f"{role} has no rights on {len(unreadable)} tables, first {unreadable[0]}",
            f"Run `manage.py database_roles {role}` as the owner of the tables.",
        )
    if ways := roles.ways_to_alter_history():
        return CheckResult(
            "database roles",
            CheckStatus.WARNING,
            f"{role} can alter history: {', '.join(ways)}",
            "Let another role own the tables: see docs/operations.md, Two roles.",
        )
    return CheckResult("database roles", CheckStatus.OK, f"{role} can read history, not alter it")


def _tokens() -> CheckResult:
    """Without its trigger, a write leaves cached responses as they are."""
    advice = "Cached responses may be stale: run `manage.py migrate`, which installs them."
    if missing := differing_triggers(connection, "cache"):
        detail = (
            f"{len(missing)} triggers missing, disabled or of another version, first {missing[0]}"
        )
        return CheckResult("cache tokens", CheckStatus.FAILURE, detail, advice)
    return CheckResult("cache tokens", CheckStatus.OK, "all triggers installed")


def _demo() -> CheckResult:
    found = demo.read_demo()
    if found is None:
        return CheckResult("demo", CheckStatus.OK, "none")
    if problems := demo.find_outdated(found):  # a changed password is good news, not a fault
        return CheckResult("demo", CheckStatus.OK, f"{found.email}: {' '.join(problems)}")
    return CheckResult(
        "demo", CheckStatus.OK, f"{found.email} (password and token in {demo.credentials_file()})"
    )
