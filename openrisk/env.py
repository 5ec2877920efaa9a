"""Typed reads of the environment that fail loudly.

django-environ parses URLs and reads `NAME_FILE` (a file holding the value, for mounted secrets).
Its booleans and integers accept nonsense or fail without naming the variable, so those are read
here: a value that cannot be understood stops the start with a sentence that says what to write.
"""

import os
import secrets
import tempfile
import warnings
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

source = environ.FileAwareEnv()

BACKENDS = {  # both count statements and connections
    "postgresql": "django_prometheus.db.backends.postgresql",
    "sqlite3": "openrisk.database.sqlite3",
}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The value as it stands: django-environ would take one that begins with $ for a reference."""
    try:
        return source.ENVIRON.get(name, default).strip()  # a mounted file ends in a line break
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE cannot be read ({error}): name a readable file, or set {name}."
        ) from None


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list; blanks are dropped."""
    raw = text(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else default


def networks(name: str) -> list[str]:
    """A comma-separated list of networks such as 10.0.0.0/8."""
    found = words(name, [])
    for text_of_one in found:
        try:
            ip_network(text_of_one)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: {text_of_one!r} is no network: write one such as 10.0.0.0/8."
            ) from None
    return found


def flag(name: str, default: bool = False) -> bool:
    raw = text(name, "1" if default else "0").strip().lower()
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} is neither true nor false: write 1 or 0.")


def integer(name: str, default: int, *, minimum: int = 1, maximum: int = 65535) -> int:
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name}={raw!r} is no whole number: write one from {minimum} to {maximum}."
        ) from None
    if not minimum <= value <= maximum:
        raise ImproperlyConfigured(
            f"{name}={value} is out of range: write one from {minimum} to {maximum}."
        )
    return value


def choice(name: str, options: tuple[str, ...]) -> str:
    """One of `options`; the first is the default."""
    value = text(name, options[0])
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r} is unknown: write {' or '.join(options)}.")
    return value


def address(name: str, schemes: tuple[str, ...], example: str) -> str:
    """An address with one of the schemes, or "" where none is given."""
    value = text(name)
    if value and not _is_address(value, schemes):
        raise ImproperlyConfigured(f"{name} cannot be used: write an address such as {example}.")
    return value


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    """Whether it has one of the schemes and says where to: a host, or what stands for one."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where that is no number
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname or "host=" in parts.query)


def folder(name: str, default: Path) -> Path:
    """A folder, made with mode 0700 where there is none: it holds what others may not read."""
    path = Path(text(name, str(default)))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}={str(path)!r} cannot be made ({error.strerror}): name a folder that its owner "
            "may write to."
        ) from None
    return path


def secret(name: str, file: Path) -> str:
    """The value of `name`, or else the content of `file`, generated once with mode 0600."""
    if value := text(name):
        return value
    try:
        return file.read_text().strip() if file.exists() else _generate_secret(file)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} can be neither read from nor written to {file} ({error.strerror}): free some "
            f"space there, make it readable for its owner, or set {name}."
        ) from None


def _generate_secret(file: Path) -> str:
    """Write a new secret so that two processes starting together end up with the same one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    draft = Path(name)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, file)  # fails if the other process was first; its secret then counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file.read_text().strip()


def database(default: str) -> dict[str, Any]:
    """What DATABASE_URL says."""
    try:
        with warnings.catch_warnings(action="ignore"):  # it is said below
            found = source.db_url("DATABASE_URL", default=default)
    except (ValueError, environ.ImproperlyConfigured):
        found = {}
    engine = str(found.get("ENGINE", "")).removeprefix("django.db.backends.")
    if engine not in BACKENDS or not found.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be used: write postgresql://user:password@host:5432/name, with "
            "special characters percent-encoded, or sqlite:////path/to/file."
        )
    return found | {"ENGINE": BACKENDS[engine]}


def email(default: str) -> dict[str, Any]:
    """What EMAIL_URL says, as Django's settings."""
    try:
        return source.email_url("EMAIL_URL", default=default)
    except (ValueError, environ.ImproperlyConfigured):
        raise ImproperlyConfigured(
            "EMAIL_URL cannot be used: write smtp+tls://user:password@host:587, with special "
            "characters percent-encoded."
        ) from None


def response_cache(backend: str, redis_url: str) -> dict[str, dict[str, Any]]:
    """The alias of the shared store of responses; none for a cache within each process.

    Redis is asked briefly and once: a cache that makes people wait is worse than none. Bytes pass
    through as they are, since django-redis would unpickle them before anybody could check them.
    """
    if backend in ("memory", "none"):
        return {}
    if backend != "redis":
        if "." not in backend:
            raise ImproperlyConfigured(
                f"CACHE_BACKEND={backend!r} is unknown: write redis, memory, none, or the dotted "
                "path of a cache backend."
            )
        return {"responses": {"BACKEND": backend, "KEY_PREFIX": "openrisk"}}
    if not redis_url:
        raise ImproperlyConfigured(
            "CACHE_BACKEND=redis needs REDIS_URL: write redis://host:6379/0, "
            "or CACHE_BACKEND=memory."
        )
    try:
        ConnectionPool.from_url(redis_url)  # connects only when it is used
    except ValueError:
        raise ImproperlyConfigured(
            "REDIS_URL cannot be used: write redis://:password@host:6379/0, with special "
            "characters percent-encoded."
        ) from None
    options = {
        "SERIALIZER": "openrisk.caching.store.BytesSerializer",
        "SOCKET_CONNECT_TIMEOUT": 0.1,
        "SOCKET_TIMEOUT": 0.1,
        "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0), "max_connections": 64},
    }
    return {
        "responses": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": redis_url,
            "KEY_PREFIX": "openrisk",
            "OPTIONS": options,
        }
    }
