"""Checks what is configured, reachable and complete, and says what to do about what is not."""

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
from openrisk.diagnosis.check_result import CheckResult, CheckStatus, failure, ok, warning
from risks.history import roles

TIMEOUT_SECONDS = 2
PYTHON_VERSIONS = ((3, 11), (3, 13))
OLDEST_POSTGRES = 150000
LOW_DISK_BYTES = 1024**3
FULL_DISK_BYTES = 100 * 1024**2
IN_MEMORY = (":memory:", "file:")  # names of SQLite databases that are not files


def run_checks() -> Iterator[CheckResult]:
    """Every finding. What needs the database is left out when that cannot be reached."""
    yield check_python()
    yield check_configuration()
    yield check_debug()
    yield check_site_url()
    yield key_checks.check_key_file("secret key")
    yield key_checks.check_key_file("encryption key")
    yield from key_checks.check_addresses()
    yield check_disk()
    yield service_checks.check_temporary_folder()
    yield service_checks.check_attachments()
    yield check_cache_server()
    yield check_response_cache()
    yield service_checks.check_mail()
    yield service_checks.check_traces()
    yield from run_database_checks()


def run_database_checks() -> Iterator[CheckResult]:
    yield (found := check_database())
    if found.status is CheckStatus.FAILURE:
        return
    try:
        yield from run_table_checks()
    except DatabaseError as error:
        yield failure(
            "rights",
            " ".join(str(error).split()),
            "Give the role of DATABASE_URL what it lacks, or correct DATABASE_URL.",
        )


def run_table_checks() -> Iterator[CheckResult]:
    """Checks of what is in the tables, once they are all there."""
    if connection.vendor == "postgresql":
        with psycopg.connect(**connection.get_connection_params()) as direct:
            yield database_checks.check_tls(direct)
        yield database_checks.check_writable()
        yield database_checks.check_direct_address()
        yield database_checks.check_clocks()
    yield (migrations := check_migrations())
    if migrations.status is not CheckStatus.OK:
        return
    yield check_history_triggers()
    yield check_database_roles()
    yield check_cache_triggers()
    yield key_checks.check_same_keys()
    yield key_checks.check_stored_secrets()
    yield service_checks.check_tasks()
    yield service_checks.check_names()
    yield check_demo()


def check_python() -> CheckResult:
    detail = ".".join(map(str, sys.version_info[:3]))
    oldest, newest = PYTHON_VERSIONS
    if oldest <= sys.version_info[:2] <= newest:
        return ok("python", detail)
    return warning("python", detail, "OpenRisk is tested on Python 3.11 to 3.13.")


def check_configuration() -> CheckResult:
    try:
        problems = [message for message in checks.run_checks() if message.is_serious()]
    except Exception as error:  # noqa: BLE001  any module the checks import may raise anything
        detail = f"{type(error).__name__}: {error}"
        advice = "Run `manage.py check` for the traceback."
        return failure("configuration", detail, advice)
    if not problems:
        return ok("configuration", "the system checks pass")
    detail = "; ".join(f"{problem.id} {problem.msg}" for problem in problems)
    return failure("configuration", detail, "Run `manage.py check` for hints.")


def check_debug() -> CheckResult:
    if not settings.DEBUG:
        return ok("debug", "off")
    return warning(
        "debug",
        "on: errors show settings and code",
        "Unset DEBUG in production.",
    )


def check_site_url() -> CheckResult:
    if env.text("SITE_URL"):
        return ok("site url", settings.SITE_URL)
    detail = f"{settings.SITE_URL}, from HOST and PORT: links in messages open on this machine only"
    if settings.HOST == settings.LOCAL_HOST and settings.POOL_PROFILE == "dev":
        return ok("site url", detail)
    advice = "Set SITE_URL to the address that people use, e.g. https://risk.example.org."
    return warning("site url", detail, advice)


def check_disk() -> CheckResult:
    folder = settings.VAR_DIR
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1024**3:.1f} GiB free in {folder}"
    if not os.access(folder, os.W_OK):
        advice = f"Let the user who runs OpenRisk write to {folder}, or set VAR_DIR."
        return failure("disk", f"{folder} cannot be written to", advice)
    if free >= LOW_DISK_BYTES:
        return ok("disk", detail)
    status = CheckStatus.FAILURE if free < FULL_DISK_BYTES else CheckStatus.WARNING
    return CheckResult("disk", status, detail, "Free some space, or set VAR_DIR to a larger disk.")


def check_cache_server() -> CheckResult:
    url = env.text("REDIS_URL")
    if not url:
        return ok("cache server", "not configured (REDIS_URL)")
    try:
        client = redis.from_url(
            url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
        )
        server = client.info("server")
        version, mode = server["redis_version"], server.get("redis_mode", "standalone")
    except (redis.RedisError, ValueError) as error:
        return warning(
            "cache server",
            f"not reachable: {error}",
            "Start the server or correct REDIS_URL. Until then OpenRisk works, but slower.",
        )
    if mode != "standalone":
        return warning(
            "cache server",
            f"answers (version {version}), but as a {mode}",
            "Name a single server as REDIS_URL: Cluster and Sentinel are not supported.",
        )
    return ok("cache server", f"answers (version {version})")


def check_response_cache() -> CheckResult:
    """The cache of responses: what keeps them, and how sure a hit must be."""
    store = store_state()
    detail = f"{store.backend}, {settings.CACHE_CONSISTENCY}; {store.detail}"
    if store.reachable is not False:
        return ok("response cache", detail)
    return warning(
        "response cache",
        detail,
        "Start the server, correct REDIS_URL, or set CACHE_BACKEND=memory. Until then each process "
        "keeps its own entries: as exact, but slower.",
    )


def check_database() -> CheckResult:
    return check_sqlite() if connection.vendor == "sqlite" else check_postgres()


def check_sqlite() -> CheckResult:
    file = Path(connection.settings_dict["NAME"])
    if not file.exists() and not str(file).startswith(IN_MEMORY):
        return failure("database", f"{file} does not exist", "Run `manage.py migrate`.")
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA schema_version")
    except (Error, sqlite3.Error) as error:
        advice = "Correct DATABASE_URL, or restore the file from a backup."
        return failure("database", f"{file} cannot be read: {error}", advice)
    return ok("database", f"SQLite {sqlite3.sqlite_version}, {file}")


def check_postgres() -> CheckResult:
    """Connects directly: a connection pool would hide a wrong password behind its own timeout."""
    params = {**connection.get_connection_params(), "connect_timeout": TIMEOUT_SECONDS}
    address = f"{params.get('host', 'local socket')}:{params.get('port', 5432)}/{params['dbname']}"
    try:
        with psycopg.connect(**params) as direct:
            version = direct.info.server_version
    except psycopg.Error as error:
        advice = "Start the database server or correct DATABASE_URL."
        if "startup parameter" in str(error):
            advice = "DATABASE_URL is a pooler: give the server itself as DATABASE_DIRECT_URL."
        return failure("database", f"{address}: {' '.join(str(error).split())}", advice)
    detail = f"PostgreSQL {version // 10000}.{version % 10000}, {address}"
    if version < OLDEST_POSTGRES:
        return failure("database", detail, "Upgrade to PostgreSQL 15 or later.")
    for refusal in check_server(None, ["default"]):
        return failure("database", f"{detail}: {refusal.msg}", str(refusal.hint))
    return ok("database", detail)


def check_migrations() -> CheckResult:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return ok("migrations", "all applied")
    first = missing[0][0]
    detail = f"{len(missing)} not applied, first {first.app_label}.{first.name}"
    return failure("migrations", detail, "Run `manage.py migrate`.")


def check_history_triggers() -> CheckResult:
    missing = differing_triggers(connection, "history")
    if not missing:
        return ok("history", "all triggers installed")
    detail = f"{len(missing)} triggers missing, disabled or of another version, first {missing[0]}"
    advice = "Changes go unrecorded: run `manage.py migrate`, which installs them."
    return failure("history", detail, advice)


def check_database_roles() -> CheckResult:
    """Whether the application could change what is recorded about it."""
    if connection.vendor == "sqlite":
        detail = "SQLite has none: anyone who can write its file can rewrite history"
        return ok("database roles", detail)
    role = connection.settings_dict["USER"]
    if unreadable := roles.unreadable_tables():
        return failure(
            "database roles",
            f"{role} has no rights on {len(unreadable)} tables, first {unreadable[0]}",
            f"Run `manage.py database_roles {role}` as the owner of the tables.",
        )
    if ways := roles.ways_to_alter_history():
        return warning(
            "database roles",
            f"{role} can alter history: {', '.join(ways)}",
            "Let another role own the tables: see docs/operations.md, Two roles.",
        )
    return ok("database roles", f"{role} can read history, not alter it")


def check_cache_triggers() -> CheckResult:
    """Without its trigger, a write leaves cached responses as they are."""
    advice = "Cached responses may be stale: run `manage.py migrate`, which installs them."
    if missing := differing_triggers(connection, "cache"):
        detail = (
            f"{len(missing)} triggers missing, disabled or of another version, first {missing[0]}"
        )
        return failure("cache tokens", detail, advice)
    return ok("cache tokens", "all triggers installed")


def check_demo() -> CheckResult:
    found = demo.read_demo()
    if found is None:
        return ok("demo", "none")
    if problems := demo.find_outdated(found):  # a changed password is good news, not a fault
        return ok("demo", f"{found.email}: {' '.join(problems)}")
    return ok("demo", f"{found.email} (password and token in {demo.credentials_file()})")
