"""The addresses of databases, read from the environment: what they say, and what they may not."""

from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from openrisk import env

BACKENDS = {  # both count statements and connections
    "postgresql": "django_prometheus.db.backends.postgresql",
    "sqlite3": "openrisk.database.sqlite3",
}
POSTGRES_SCHEMES = ("postgresql", "postgres")
_POSTGRES_EXAMPLE = "postgresql://user:password@host:5432/name"
_DJANGO_NAMES = {
    "dbname": "NAME",
    "user": "USER",
    "password": "PASSWORD",
    "host": "HOST",
    "port": "PORT",
}


def database_settings(name: str, default: str, *, needed: bool) -> dict[str, Any]:
    """Read the address of the database as Django's settings.

    What follows its `?` is libpq's (sslmode, target_session_attrs, ...) and goes into OPTIONS.
    """
    url = env.text(name)
    if needed and not url:
        raise ImproperlyConfigured(
            f"POOL_PROFILE=prod needs {name}{env.misspelling_hint(name)}: write "
            f"{_POSTGRES_EXAMPLE}, or leave POOL_PROFILE at dev for SQLite."
        )
    url = url or default
    scheme = url.partition("://")[0]
    if scheme in POSTGRES_SCHEMES:
        given = postgres_parameters(name, url)
        config = {
            "ENGINE": BACKENDS["postgresql"],
            **{setting: given.pop(word, "") for word, setting in _DJANGO_NAMES.items()},
            "OPTIONS": given,
        }
        if config["NAME"] or "service" in given:
            return config
    elif scheme == "sqlite" and "?" not in url:
        config = env.source.db_url_config(url)
        if config.get("NAME"):
            return config | {"ENGINE": BACKENDS["sqlite3"], "OPTIONS": {}}
    raise ImproperlyConfigured(
        f"{name} cannot be used: write {_POSTGRES_EXAMPLE}, with special characters "
        "percent-encoded, or sqlite:////path/to/file."
    )


def postgres_address(name: str) -> str:
    """The address of a PostgreSQL server, or "" where none is given."""
    if url := env.address(name, POSTGRES_SCHEMES, _POSTGRES_EXAMPLE):
        postgres_parameters(name, url)
    return url


def postgres_parameters(name: str, url: str) -> dict[str, Any]:
    """The parameters in an address, understood by libpq itself, which knows what it takes.

    It does so with a socket that is not there: parameters are looked at before it connects.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error as error:
        reason = _libpq_reason(str(error), url)
    else:
        nowhere = {"host": "/nonexistent", "hostaddr": "", "port": ""}
        attempt = pq.PGconn.connect_start(make_conninfo("", **given | nowhere).encode())
        reason = _libpq_reason(attempt.get_error_message(), url)
        attempt.finish()
        if reason.startswith("connection to server on socket"):  # the parameters are understood
            ports = str(given.get("port", "")).split(",")
            if all(not port or (port.isdigit() and 0 < int(port) < 65536) for port in ports):
                return given
            reason = f"invalid port {given.get('port')}"
    raise ImproperlyConfigured(
        f"{name} cannot be used: write {_POSTGRES_EXAMPLE}, with special characters "
        f"percent-encoded, and after a ? only parameters of libpq ({reason})."
    )


def _libpq_reason(message: str, url: str) -> str:
    """Its first line, unless that shows the address, which may hold a password."""
    line = message.strip().partition("\n")[0]
    return "libpq cannot read it" if url in line or "connection info string" in line else line
