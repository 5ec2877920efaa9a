"""Checks of the connection: encrypted, writable, past a pooler, by the same clock."""

from datetime import timedelta
from ipaddress import ip_address

import psycopg
from django.conf import settings
from django.db import connection

from monitoring.health.probes import read_only_reason
from openrisk.database import clock
from openrisk.diagnosis.check_result import CheckResult, failure, ok, warning

TIMEOUT_SECONDS = 2
CLOCK_TOLERANCE = timedelta(seconds=5)
VERIFIED = {
    "verify-full": "verified",
    "verify-ca": "verified, but for the server's name",
}


def check_tls(direct: "psycopg.Connection[tuple[object, ...]]") -> CheckResult:
    """Whether others on the way can read or change what is sent to the server."""
    host = direct.info.host
    if not direct.pgconn.ssl_in_use:
        state = "no"
    else:
        mode = next(o.val for o in direct.pgconn.info if o.keyword == b"sslmode")
        state = VERIFIED.get((mode or b"").decode(), "not verified")
    if state.startswith("verified") or is_local(host) or settings.POOL_PROFILE != "prod":
        return ok("TLS", state)
    return warning(
        "TLS",
        f"{state}, to {host}",
        "Add ?sslmode=verify-full&sslrootcert=/path/ca.pem to DATABASE_URL.",
    )


def is_local(host: str) -> bool:
    """A socket, or this machine."""
    if host.startswith("/") or host in ("", "localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_writable() -> CheckResult:
    if reason := read_only_reason():
        return failure("writes", reason, "OpenRisk is not ready until it reaches the primary.")
    return ok("writes", "the database takes them")


def check_direct_address() -> CheckResult:
    """DATABASE_DIRECT_URL: without it the cache cannot ask what is fresh, and keeps nothing."""
    url = settings.DATABASE_DIRECT_URL
    if not url:
        return ok("direct address", "not configured (DATABASE_DIRECT_URL)")
    advice = "Correct DATABASE_DIRECT_URL: until then nothing is cached."
    try:
        with psycopg.connect(url, connect_timeout=TIMEOUT_SECONDS) as straight:
            theirs = straight.execute("SELECT current_database(), pg_postmaster_start_time()")
            direct = theirs.fetchone()
    except psycopg.Error as error:
        return failure("direct address", " ".join(str(error).split()), advice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), pg_postmaster_start_time()")
        ours = cursor.fetchone()
    if direct != ours:
        return failure("direct address", "is another database than DATABASE_URL", advice)
    return ok("direct address", "reaches the same database")


def check_clocks() -> CheckResult:
    difference = clock.clock_offset()
    seconds = round(difference.total_seconds(), 1)
    if abs(difference) <= CLOCK_TOLERANCE:
        return ok("clock", f"within {abs(seconds)} s of the database's")
    return warning(
        "clock",
        f"{abs(seconds)} s {'behind' if seconds > 0 else 'ahead of'} the database's",
        "Correct the clocks (NTP): leases of workers and retries go by this machine's.",
    )
