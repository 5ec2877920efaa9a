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
from openrisk.caching.freshness import tag_versions
from openrisk.caching.inspection.statistics import store_state
from openrisk.database.checks import check_server
from openrisk.diagnosis import database, secrets, services
from openrisk.diagnosis.finding import Finding, Status, failure, warning
from risks.history import roles, triggers

TIMEOUT_SECONDS = 2
PYTHON_VERSIONS = ((3, 11), (3, 13))
OLDEST_POSTGRES = 150000
LOW_DISK_BYTES = 1024**3
FULL_DISK_BYTES = 100 * 1024**2
IN_MEMORY = (":memory:", "file:")  # a SQLite database that is no file by this name


def examine() -> Iterator[Finding]:
    """Every finding. What needs the database is left out when that cannot be reached."""
    yield _python()
    yield _configuration()
    yield _debug()
    yield _site_url()
    yield secrets.key_file("secret key")
    yield secrets.key_file("encryption key")
    yield from secrets.addresses()
    yield _disk()
    yield services.temporary_folder()
    yield _cache()
    yield _responses()
    yield services.mail()
    yield services.traces()
    yield from _of_database()


def _of_database() -> Iterator[Finding]:
    yield (found := _database())
    if found.status is Status.FAILURE:
        return
    try:
        yield from _of_rows()
    except DatabaseError as error:
        yield failure(
            "rights",
            " ".join(str(error).split()),
            "Give the role of DATABASE_URL what it lacks, or correct DATABASE_URL.",
        )


def _of_rows() -> Iterator[Finding]:
    """What is asked of the tables, once they are all there."""
    if connection.vendor == "postgresql":
        with psycopg.connect(**connection.get_connection_params()) as direct:
            yield database.tls(direct)
        yield database.writable()
        yield database.direct()
        yield database.clocks()
    yield (migrations := _migrations())
    if migrations.status is not Status.OK:
        return
    yield _triggers()
    yield _roles()
    yield _tokens()
    yield secrets.same_keys()
    yield secrets.stored_secrets()
    yield services.tasks()
    yield services.names()
    yield _demo()


def _python() -> Finding:
    detail = ".".join(map(str, sys.version_info[:3]))
    oldest, newest = PYTHON_VERSIONS
    if oldest <= sys.version_info[:2] <= newest:
        return Finding("python", Status.OK, detail)
    return Finding("python", Status.WARNING, detail, "OpenRisk is tested on Python 3.11 to 3.13.")


def _configuration() -> Finding:
    try:
        problems = [message for message in checks.run_checks() if message.is_serious()]
    except Exception as error:  # noqa: BLE001  any module the checks import may raise anything
        detail = f"{type(error).__name__}: {error}"
        advice = "Run `manage.py check` for the traceback."
        return Finding("configuration", Status.FAILURE, detail, advice)
    if not problems:
        return Finding("configuration", Status.OK, "the system checks pass")
    detail = "; ".join(f"{problem.id} {problem.msg}" for problem in problems)
    return Finding("configuration", Status.FAILURE, detail, "Run `manage.py check` for hints.")


def _debug() -> Finding:
    if not settings.DEBUG:
        return Finding("debug", Status.OK, "off")
    return Finding(
        "debug", Status.WARNING, "on: errors show settings and code", "Unset DEBUG in production."
    )


def _site_url() -> Finding:
    if env.text("SITE_URL"):
        return Finding("site url", Status.OK, settings.SITE_URL)
    detail = f"{settings.SITE_URL}, from HOST and PORT: links in messages open on this machine only"
    if settings.HOST == settings.LOCAL_HOST and settings.POOL_PROFILE == "dev":
        return Finding("site url", Status.OK, detail)
    advice = "Set SITE_URL to the address that people use, e.g. https://risk.example.org."
    return Finding("site url", Status.WARNING, detail, advice)


def _disk() -> Finding:
    folder = settings.VAR_DIR
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1024**3:.1f} GiB free in {folder}"
    if not os.access(folder, os.W_OK):
        advice = f"Let the user who runs OpenRisk write to {folder}, or set VAR_DIR."
        return Finding("disk", Status.FAILURE, f"{folder} cannot be written to", advice)
    if free >= LOW_DISK_BYTES:
        return Finding("disk", Status.OK, detail)
    status = Status.FAILURE if free < FULL_DISK_BYTES else Status.WARNING
    return Finding("disk", status, detail, "Free some space, or set VAR_DIR to a larger disk.")


def _cache() -> Finding:
    url = env.text("REDIS_URL")
    if not url:
        return Finding("cache server", Status.OK, "not configured (REDIS_URL)")
    try:
        client = redis.from_url(
            url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
        )
        server = client.info("server")
        version, mode = server["redis_version"], server.get("redis_mode", "standalone")
    except (redis.RedisError, ValueError) as error:
        return Finding(
            "cache server",
            Status.WARNING,
            f"not reachable: {error}",
            "Start the server or correct REDIS_URL. Until then OpenRisk works, but slower.",
        )
    if mode != "standalone":
        return warning(
            "cache server",
            f"answers (version {version}), but as a {mode}",
            "Name a single server as REDIS_URL: Cluster and Sentinel are not supported.",
        )
    return Finding("cache server", Status.OK, f"answers (version {version})")


def _responses() -> Finding:
    """The cache of responses: what keeps them, and how sure a hit must be."""
    store = store_state()
    detail = f"{store.backend}, {settings.CACHE_CONSISTENCY}; {store.detail}"
    if store.reachable is not False:
        return Finding("response cache", Status.OK, detail)
    return Finding(
        "response cache",
        Status.WARNING,
        detail,
        "Start the server, correct REDIS_URL, or set CACHE_BACKEND=memory. Until then each process "
        "keeps its own entries: as exact, but slower.",
    )


def _database() -> Finding:
    return _sqlite() if connection.vendor == "sqlite" else _postgres()


def _sqlite() -> Finding:
    file = Path(connection.settings_dict["NAME"])
    if not file.exists() and not str(file).startswith(IN_MEMORY):
        return Finding(
            "database", Status.FAILURE, f"{file} does not exist", "Run `manage.py migrate`."
        )
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA schema_version")
    except (Error, sqlite3.Error) as error:
        advice = "Correct DATABASE_URL, or restore the file from a backup."
        return Finding("database", Status.FAILURE, f"{file} cannot be read: {error}", advice)
    return Finding("database", Status.OK, f"SQLite {sqlite3.sqlite_version}, {file}")


def _postgres() -> Finding:
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
        return Finding(
            "database", Status.FAILURE, f"{place}: {' '.join(str(error).split())}", advice
        )
    detail = f"PostgreSQL {version // 10000}.{version % 10000}, {place}"
    if version < OLDEST_POSTGRES:
        return Finding("database", Status.FAILURE, detail, "Upgrade to PostgreSQL 15 or later.")
    for refusal in check_server(None, ["default"]):
        return Finding("database", Status.FAILURE, f"{detail}: {refusal.msg}", str(refusal.hint))
    return Finding("database", Status.OK, detail)


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return Finding("migrations", Status.OK, "all applied")
    first = missing[0][0]
    detail = f"{len(missing)} not applied, first {first.app_label}.{first.name}"
    return Finding("migrations", Status.FAILURE, detail, "Run `manage.py migrate`.")


def _triggers() -> Finding:
    missing = triggers.differing(connection)
    if not missing:
        return Finding("history", Status.OK, "all triggers installed")
    detail = f"{len(missing)} triggers missing, disabled or of another version, first {missing[0]}"
    advice = "Changes go unrecorded: run `manage.py migrate`, which installs them."
    return Finding("history", Status.FAILURE, detail, advice)


def _roles() -> Finding:
    """Whether the application could change what is recorded about it."""
    if connection.vendor == "sqlite":
        detail = "SQLite has none: anyone who can write its file can rewrite history"
        return Finding("database roles", Status.OK, detail)
    role = connection.settings_dict["USER"]
    if unreadable := roles.unreadable_tables():
        return Finding(
            "database roles",
            Status.FAILURE,
            f"{role} has no rights on {len(unreadable)} tables, first {unreadable[0]}",
            f"Run `manage.py database_roles {role}` as the owner of the tables.",
        )
    if ways := roles.ways_to_alter_history():
        return Finding(
            "database roles",
            Status.WARNING,
            f"{role} can alter history: {', '.join(ways)}",
            "Let another role own the tables: see docs/operations.md, Two roles.",
        )
    return Finding("database roles", Status.OK, f"{role} can read history, not alter it")


def _tokens() -> Finding:
    """Without its trigger, a write leaves cached responses as they are."""
    advice = "Cached responses may be stale: run `manage.py migrate`, which installs them."
    if missing := tag_versions.differing(connection):
        detail = (
            f"{len(missing)} triggers missing, disabled or of another version, first {missing[0]}"
        )
        return Finding("cache tokens", Status.FAILURE, detail, advice)
    return Finding("cache tokens", Status.OK, "all triggers installed")


def _demo() -> Finding:
    found = demo.read()
    if found is None:
        return Finding("demo", Status.OK, "none")
    if problems := demo.outdated(found):  # a changed password is good news, not a fault
        return Finding("demo", Status.OK, f"{found.email}: {' '.join(problems)}")
    return Finding("demo", Status.OK, f"{found.email} (password and token in {demo.path()})")
