"""Typed reads of the environment that fail loudly.

django-environ parses URLs and reads `NAME_FILE` (a file holding the value, for mounted secrets).
Its booleans and integers accept nonsense or fail without naming the variable, so those are read
here: a value that cannot be understood stops the start with a sentence that says what to write.
"""

import os
import re
import secrets
import tempfile
from difflib import get_close_matches
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

source = environ.FileAwareEnv()

known: set[str] = set()  # names that were asked for
SHORTEST_KEY = 32
SHORTEST_PASSWORD = 16
# Where a key that is being replaced stays readable.
OLD_KEYS = {
    "SECRET_KEY": "SECRET_KEY_FALLBACKS",
    "ENCRYPTION_KEY": "ENCRYPTION_KEYS, behind the new one",
    "ENCRYPTION_KEYS": "ENCRYPTION_KEYS, behind the new one",
}
SIMILAR = 0.88  # from which two names look like the same one

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_NAME = r"[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9_])?"
_HOST = re.compile(rf"\.?{_NAME}(\.{_NAME})*|\[[0-9A-Fa-f:.]+\]")
_ORIGIN = re.compile(rf"https?://(\*\.)?({_NAME}(\.{_NAME})*|\[[0-9A-Fa-f:.]+\])(:\d+)?")


def text(name: str, default: str = "") -> str:
    """The value as it stands: django-environ would take one that begins with $ for a reference.

    From the file in NAME_FILE where that is set; a mounted file ends in a line break.
    """
    known.add(name)
    file = f"{name}_FILE"
    if file not in os.environ:
        return source.ENVIRON.get(name, default).strip()
    if os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"{name} and {file} are both set: remove one of them.")
    try:
        value = Path(os.environ[file]).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{file} cannot be read ({error}): name a readable file, or set {name}."
        ) from None
    if not value:
        raise ImproperlyConfigured(
            f"{file} names an empty file: write the value into it, or remove {file}."
        )
    return value


def key(name: str, value: str) -> str:
    """A key that is long enough not to be guessed."""
    if len(value) < SHORTEST_KEY:
        raise ImproperlyConfigured(
            f"{name} has {len(value)} characters: write at least {SHORTEST_KEY} random ones, such "
            "as `python3 -c 'import secrets; print(secrets.token_urlsafe(50))'` prints, and put "
            f"the old one, where it was in use, into {OLD_KEYS[name]}."
        )
    return value


def keys(name: str) -> list[str]:
    """A comma-separated list of keys; none where it is not set.

    The first is in use, and must be long enough; the others are being replaced.
    """
    values = words(name, [])
    return [key(name, values[0]), *values[1:]] if values else []


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list; blanks are dropped."""
    raw = text(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else default


def networks(name: str) -> list[str]:
    """A comma-separated list of addresses and networks such as 10.0.0.0/8."""
    values = words(name, [])
    for value in values:
        try:
            ip_network(value)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: {value!r} is not a network: write an address such as 10.0.0.7, or a "
                "network such as 10.0.0.0/8."
            ) from None
    return values


def hosts(name: str, default: list[str]) -> list[str]:
    """A comma-separated list of host names and addresses; `.example.org` means all below it."""
    values = words(name, default)
    for value in values:
        if not _HOST.fullmatch(value):
            raise ImproperlyConfigured(
                f"{name}: {value!r} is not a host: write a name such as risk.example.org, without "
                "scheme, port or path, or .example.org for all names below it."
            )
    return values


def origin(name: str) -> str:
    """An origin such as https://risk.example.org, or "" where none is given."""
    value = text(name).removesuffix("/")
    if value and ("*" in value or not _is_origin(value)):
        raise ImproperlyConfigured(
            f"{name}={value!r} is not the address of a site: write scheme, host and port if it is "
            "not the usual one, such as https://risk.example.org."
        )
    return value


def _is_origin(value: str) -> bool:
    """Whether it is scheme, host and perhaps a port that exists."""
    port = value.rpartition(":")[2]
    return bool(_ORIGIN.fullmatch(value)) and not (port.isdigit() and int(port) > 65535)


def origins(name: str) -> list[str]:
    """A comma-separated list of origins such as https://risk.example.org."""
    values = words(name, [])
    for value in values:
        if not _is_origin(value):
            raise ImproperlyConfigured(
                f"{name}: {value!r} is not an origin: write scheme and host, such as "
                "https://risk.example.org, without a path."
            )
    return values


def slugs(name: str) -> list[str]:
    """A comma-separated list of short names, as organizations have them."""
    values = words(name, [])
    for value in values:
        if not re.fullmatch(r"[-a-z0-9_]+", value):
            raise ImproperlyConfigured(
                f"{name}: {value!r} is not a short name: write small letters, digits and hyphens, "
                "as in the address of the organization's pages."
            )
    return values


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
            f"{name}={raw!r} is not a whole number: write one from {minimum} to {maximum}."
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
        _ = parts.port  # raises where that is not a number
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


def require_temporary_folder(fallback: Path) -> None:
    """Use `fallback` as the temporary folder on a read-only system without /tmp."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        fallback.mkdir(mode=0o700, exist_ok=True)
        tempfile.tempdir = os.environ["TMPDIR"] = str(fallback)  # SQLite reads the second


def secret(name: str, file: Path) -> str:
    """The value of `name`, or else the content of `file`, generated once with mode 0600."""
    if value := text(name):
        return key(name, value)
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


def misspelling_hint(name: str) -> str:
    """A hint where the environment has a name that looks like it."""
    similar = get_close_matches(name, os.environ.keys() - known, 1, SIMILAR)
    return f" (there is {similar[0]}: misspelt?)" if similar else ""


def misspelt() -> dict[str, str]:
    """Names in the environment that no one asks for, with the setting that each looks like."""
    names = known | {f"{name}_FILE" for name in known}
    pairs = (
        (name, get_close_matches(name, names, 1, SIMILAR)) for name in os.environ.keys() - names
    )
    return {name: similar[0] for name, similar in sorted(pairs) if similar}


def email(name: str, default: str) -> dict[str, Any]:
    """Read the address of the mail server as Django's settings."""
    url = text(name, default) or default
    try:
        return source.email_url_config(url)
    except (ValueError, KeyError, environ.ImproperlyConfigured):
        raise ImproperlyConfigured(
            f"{name} cannot be used: write smtp+tls://user:password@host:587, with special "
            "characters percent-encoded."
        ) from None


def mailbox(name: str, default: str) -> str:
    """An address of e-mail, with or without a name before it."""
    value = text(name, default) or default
    address = parseaddr(value)[1]
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise ImproperlyConfigured(
            f"{name}={value!r} is not an e-mail address: write openrisk@example.org or "
            "OpenRisk <openrisk@example.org>."
        )
    return value


def password(name: str) -> str:
    """The secret that a program sends to be trusted, or ""."""
    value = text(name)
    if value and len(value) < SHORTEST_PASSWORD:
        raise ImproperlyConfigured(
            f"{name} has {len(value)} characters: write at least {SHORTEST_PASSWORD} random ones."
        )
    return value


def response_cache(backend: str, redis_url: str) -> dict[str, dict[str, Any]]:
    """The alias of the shared store of responses; none for a cache within each process.

    Redis is asked briefly and once: a cache that makes people wait is worse than none. Bytes pass
    through as they are, since django-redis would unpickle them before they could be checked.
    """
    if backend in ("memory", "none"):
        return {}
    if backend != "redis":
        if "." not in backend:
            raise ImproperlyConfigured(
                f"CACHE_BACKEND={backend!r} is unknown: write redis, memory, none, or the dotted "
                "path of a cache backend."
            )
        try:
            import_string(backend)
        except ImportError as error:
            raise ImproperlyConfigured(
                f"CACHE_BACKEND={backend!r} cannot be imported ({error}): install it or correct "
                "the path."
            ) from None
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
            "characters percent-encoded; Sentinel and Cluster are not supported."
        ) from None
    options = {
        "SERIALIZER": "openrisk.caching.storage.shared.BytesSerializer",
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
