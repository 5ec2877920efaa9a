"""A deployment that could open more connections than it may does not start.

One whose database cannot be used does, and says so: the server may come later.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError, connection

from openrisk.database.profiles import Demand

RESERVE = 5  # for people who look why nothing goes on any more, and for the exporter
ALLOWED = """
    SELECT sum(coalesce(current_setting(name, true), '0')::int * sign)
    FROM (VALUES ('max_connections', 1), ('superuser_reserved_connections', -1),
                 ('reserved_connections', -1)) AS s (name, sign)
"""


@register()
def check_budget(app_configs: Any, **kwargs: Any) -> list[Error]:
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"]:
        return []
    demand = connection_demand()
    if demand.total <= settings.DATABASE_BUDGET:
        return []
    return [
        Error(
            f"{settings.WORKERS} processes of {demand.of_a_process} connections and "
            f"{demand.total - settings.WORKERS * demand.of_a_process} in the background are "
            f"{demand.total}; the budget of the profile {settings.POOL_PROFILE} is "
            f"{settings.DATABASE_BUDGET}.",
            hint="Lower WORKERS or THREADS, or raise DATABASE_BUDGET if the server allows it.",
            id="openrisk.database.E001",
        )
    ]


@register(Tags.database)
def check_answers(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A warning only: requests are answered with 503 until the server comes, and then by it."""
    if "default" not in (databases or ()) or not (reason := connection_error()):
        return []
    return [
        CheckWarning(
            f"The database cannot be used: {reason}.",
            hint="Start its server, or correct DATABASE_URL. `manage.py doctor` looks again.",
            id="openrisk.database.W001",
        )
    ]


def connection_error() -> str:
    """The reason why the database cannot be connected to, in one line; "" where it can.

    Directly: a pool would hide a wrong password behind its own timeout.
    """
    try:
        if connection.vendor == "postgresql":
            psycopg.connect(**connection.get_connection_params()).close()
        else:
            connection.ensure_connection()
    except (psycopg.Error, DatabaseError) as error:
        return " ".join(str(error).split()).removesuffix(".")
    return ""


@register(Tags.database)
def check_server(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[Error]:
    """Compare with what the server allows: for migrate, serve, doctor, `check --database default`.

    A server that does not answer is not an error here. With DATABASE_DIRECT_URL it is the pooler's
    business.
    """
    if "default" not in (databases or ()) or connection.vendor != "postgresql":
        return []
    if settings.DATABASE_DIRECT_URL:
        return []
    try:
        with psycopg.connect(**connection.get_connection_params()) as direct:
            row = direct.execute(ALLOWED).fetchone()
    except psycopg.Error:
        return []
    allowed = (row[0] if row else 0) - RESERVE
    demand = connection_demand().total
    if demand <= allowed:
        return []
    return [
        Error(
            f"{demand} connections could be opened; the server allows {allowed + RESERVE} to "
            f"ordinary roles, of which {RESERVE} are kept for administrators and exporters.",
            hint="Lower WORKERS or THREADS, or raise max_connections of the server.",
            id="openrisk.database.E002",
        )
    ]


def connection_demand() -> Demand:
    """Of this deployment, as it is configured."""
    return Demand(
        profile=settings.DATABASE_PROFILE,
        workers=settings.WORKERS,
        threads=settings.THREADS,
        pooled=settings.DATABASE_POOL,
        pushed=settings.CACHE_CONSISTENCY == "push",
    )
