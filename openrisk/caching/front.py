"""The front: answers before Django starts, if caller, entry and tokens are all known and equal.

It learns from Django. A response that `cached_view` vouches for leaves here which entry the raw
request means for that caller, with the headers it was sent with. Any doubt, two credentials, an
`Origin`, a range, a method that is not GET, and Django runs.
"""

import hashlib
import ipaddress
import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from openrisk.caching import metrics, push, stamps, views
from openrisk.caching.callers import ENVIRON, Caller
from openrisk.caching.entries import Entry
from openrisk.caching.memory import Memory
from openrisk.caching.stamps import StampUnavailable
from openrisk.caching.tracked import EPOCH

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

PREFIX = "/api/"
# What of a request an answer may depend on, beside its caller.
ASKED = (
    "PATH_INFO",
    "QUERY_STRING",
    "SCRIPT_NAME",
    "wsgi.url_scheme",
    "HTTP_HOST",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
)
# With any of these Django decides.
DOUBTS = ("HTTP_ORIGIN", "HTTP_RANGE", "HTTP_CACHE_CONTROL", "HTTP_PRAGMA", "HTTP_IF_MATCH")
# Headers of the response that are the same each time; the others are made anew or left out.
KEPT = frozenset(
    {
        "allow",
        "content-security-policy",
        "content-type",
        "cross-origin-opener-policy",
        "referrer-policy",
        "vary",
        "x-content-type-options",
        "x-frame-options",
    }
)
LONGEST = 8192  # characters of what is asked; longer ones are not remembered
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_SECRET = secrets.token_bytes(32)  # credentials are kept hashed, with a key nobody else has

callers: Memory[Caller] = Memory(8 * 2**20)
routes: Memory["Route"] = Memory(settings.CACHE_MEMORY_BYTES // 4)


@dataclass(frozen=True, slots=True)
class Route:
    """The entry that a raw request means, and the headers that go with it."""

    key: str
    headers: tuple[tuple[str, str], ...]


class Front:
    """A WSGI application that answers what it can and asks `application` the rest."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(PREFIX):
            return self.application(environ, start_response)
        credential = credential_of(environ)
        if credential is None or settings.CACHE_BACKEND == "none":
            return self.application(environ, start_response)
        asked = _asked(environ)
        if asked is not None:
            caller = callers.get(credential)
            if caller is not None and (body := _answer(environ, start_response, caller, asked)):
                return body
        return self._learn(environ, start_response, credential, asked)

    def _learn(
        self, environ: Environ, start_response: StartResponse, credential: bytes, asked: Any
    ) -> Iterable[bytes]:
        """Django's answer; and what it says about the next request of the same kind."""

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if asked is not None and status.startswith("200 "):
                _remember(environ, headers, credential, asked)
            return start_response(status, headers, *rest)

        return self.application(environ, start)


def credential_of(environ: Environ) -> bytes | None:
    """A hash of the one credential; None for none, or for two of them."""
    token = environ.get("HTTP_AUTHORIZATION", "")
    session = _session_of(environ.get("HTTP_COOKIE", ""))
    if bool(token) == bool(session):
        return None
    return credential_digest(token or f"session {session}")


def credential_digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=_SECRET).digest()


def _session_of(cookies: str) -> str:
    """The session's key. A cookie sent twice is a doubt, as if it were another credential."""
    name = settings.SESSION_COOKIE_NAME + "="
    if cookies.count(name) != 1:
        return ""
    return next((part[len(name) :] for part in cookies.split("; ") if part.startswith(name)), "")


def _asked(environ: Environ) -> tuple[str, ...] | None:
    """The raw request, where the front may know its answer."""
    if any(name in environ for name in DOUBTS) or environ.get("CONTENT_LENGTH") not in (
        None,
        "",
        "0",
    ):
        return None
    asked = tuple(environ.get(name, "") for name in ASKED)
    return asked if sum(map(len, asked)) <= LONGEST else None


# --- Answering ----------------------------------------------------------------------------------
def _answer(
    environ: Environ, start_response: StartResponse, caller: Caller, asked: tuple[str, ...]
) -> list[bytes] | None:
    now = time.time()
    if not _admits(caller, environ, now):
        return None
    route = routes.get((caller.shared_scope, asked)) or routes.get((caller.own_scope, asked))
    entry = views.memory.get(route.key) if route else None
    if route is None or entry is None:
        return None
    if not _is_fresh(caller, entry, environ):
        metrics.requests.labels(entry.view, "front", "stale").inc()
        return None
    metrics.requests.labels(entry.view, "front", "hit").inc()
    return _send(environ, start_response, route, entry)


def _admits(caller: Caller, environ: Environ, now: float) -> bool:
    """What authentication would check beside the rows that the tokens cover."""
    if caller.expires is not None and now >= caller.expires:
        return False
    if caller.used_on is not None and caller.used_on != time.strftime("%Y-%m-%d", time.gmtime(now)):
        return False  # Django records the day of the last use
    if not caller.networks:
        return True
    if settings.TRUSTED_PROXIES:
        return False  # who the client is, Django says
    try:
        address: Any = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(network) for network in caller.networks)


def _is_fresh(caller: Caller, entry: Entry, environ: Environ) -> bool:
    if views.is_expired(entry):
        return False
    if push.vouches_for(caller, entry):
        return True
    try:
        count = push.count()
        stamp = stamps.read(entry.stamp.keys() | caller.stamp.keys())
    except StampUnavailable:
        return False
    if not stamp[EPOCH]:
        return False
    is_caller, is_entry = (stamps.is_equal(old, stamp) for old in (caller.stamp, entry.stamp))
    if is_caller:
        environ[ENVIRON] = caller  # spares authentication the same question
    if is_caller and is_entry:
        push.confirm(count, caller, entry)
    return is_caller and is_entry


def _send(
    environ: Environ, start_response: StartResponse, route: Route, entry: Entry
) -> list[bytes]:
    given = environ.get("HTTP_X_REQUEST_ID", "")
    request_id = given if given and _ACCEPTABLE_ID.fullmatch(given) else str(uuid.uuid4())
    headers = [
        *route.headers,
        *views.headers(entry, "front", "hit"),
        ("ETag", entry.etag),
        ("X-Request-ID", request_id),
    ]
    if entry.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
        start_response("304 Not Modified", headers)
        return [b""]
    headers.append(("Content-Length", str(len(entry.body))))
    start_response("200 OK", headers)
    return [entry.body]


# --- Learning -----------------------------------------------------------------------------------
def _remember(
    environ: Environ,
    headers: list[tuple[str, str]],
    credential: bytes,
    asked: tuple[str, ...],
) -> None:
    caller, learned = environ.get(ENVIRON), environ.get(views.LEARN)
    if caller is None or learned is None:
        return
    names = {name.lower() for name, _ in headers}
    if "set-cookie" in names:
        return
    key, own = learned
    kept = tuple((n, v) for n, v in headers if n.lower() in KEPT - {"vary"})
    scope = caller.own_scope if own else caller.shared_scope
    size = 500 + sum(map(len, asked)) + sum(len(n) + len(v) for n, v in kept)
    routes.put((scope, asked), Route(key, kept), size)
    callers.put(credential, caller, 2000)
