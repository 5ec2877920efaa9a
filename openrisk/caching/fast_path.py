"""The front: answers before Django starts, if principal, entry and tokens are all known and equal.

It learns from Django. A response that `cached_view` vouches for leaves here which entry the raw
request means for that principal, with the headers it was sent with. Any doubt, two credentials, an
`Origin`, a range, a method that is not GET, and Django runs.
"""

import hashlib
import ipaddress
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings

from openrisk.caching import decorators, lookup, metrics
from openrisk.caching.freshness import notifications, snapshots
from openrisk.caching.freshness.registry import EPOCH
from openrisk.caching.freshness.snapshots import SnapshotUnavailable
from openrisk.caching.principals import Principal
from openrisk.caching.storage.entry import Entry
from openrisk.caching.storage.local import LocalStore
from openrisk.request_state import (
    ENTRY_TO_REMEMBER,
    FAST_PATH_TRIED,
    PRINCIPAL,
    ROUTE,
    VERSIONS_READ,
)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
RequestIdentity = tuple[bytes, tuple[str, ...] | None]  # credential; None for what may not be known

PREFIX = "/api/"
# What of a request an answer may depend on, beside its principal.
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
DOUBTS = frozenset(
    {"HTTP_ORIGIN", "HTTP_RANGE", "HTTP_CACHE_CONTROL", "HTTP_PRAGMA", "HTTP_IF_MATCH"}
)
NONE = ("", "0")  # a body's length, where there is none
# Headers of the response that are the same each time; the others are made anew or left out.
KEPT = frozenset(
    {
        "allow",
        "content-security-policy",
        "content-type",
        "cross-origin-opener-policy",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "vary",
        "x-content-type-options",
        "x-frame-options",
    }
)
LONGEST = 8192  # characters of what is asked; longer ones are not remembered
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_SECRET = secrets.token_bytes(32)  # credentials are kept hashed, with a key nobody else has

# With the entries (three quarters), what this process keeps stays within the one budget.
known_principals: LocalStore[Principal] = LocalStore(settings.CACHE_MEMORY_BYTES // 16)
known_routes: LocalStore["KnownRoute"] = LocalStore(settings.CACHE_MEMORY_BYTES * 3 // 16)


@dataclass(slots=True)
class KnownRoute:
    """The entry that a raw request means, and the headers that go with it."""

    key: str
    headers: tuple[tuple[str, str], ...]
    name: str  # of the route, as metrics call it
    made_for: str = ""  # the ETag that `made` has
    made: list[tuple[str, str]] = field(default_factory=list)

    def prepared(self, entry: Entry) -> list[tuple[str, str]]:
        """The headers that stay the same until the entry is another."""
        if self.made_for != entry.etag:
            same = decorators.cache_headers(entry, "front", "hit")
            changing = ("Age", "Cache-Status")
            kept = [header for header in same if header[0] not in changing]
            self.made = [*self.headers, *kept, ("ETag", entry.etag)]
            self.made_for = entry.etag
        return self.made


class FastPath:
    """A WSGI application that answers what it can and asks `application` the rest."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        question = identify_request(environ)
        if question is None:
            return self.application(environ, start_response)
        if FAST_PATH_TRIED not in environ:
            hit = find_candidate(environ, question)
            if hit is not None and _is_fresh(hit, environ):
                status, headers, body = build_response(environ, hit)
                start_response(status, headers)
                return [body]
        return self._learn(environ, start_response, *question)

    def _learn(
        self, environ: Environ, start_response: StartResponse, credential: bytes, asked: Any
    ) -> Iterable[bytes]:
        """Django's answer; and what it says about the next request of the same kind."""

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if asked is not None and status.startswith("200 "):
                _remember(environ, headers, credential, asked)
            return start_response(status, headers, *rest)

        return self.application(environ, start)


def identify_request(environ: Environ) -> RequestIdentity | None:
    """Whose credential asks what, where the front may know or learn it."""
    if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(PREFIX):
        return None
    credential = credential_of(environ)
    if credential is None or settings.CACHE_BACKEND == "none":
        return None
    return credential, _asked(environ)


def credential_of(environ: Environ) -> bytes | None:
    """A hash of the one credential; None for none, for two of them, or for any doubt."""
    token, cookies = environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_COOKIE", "")
    organization = environ.get("HTTP_X_ORGANIZATION")
    if settings.SESSION_COOKIE_NAME in cookies:
        session = _session_of(cookies)
        return session_digest(session, organization) if session and not token else None
    if organization is not None:
        return None  # a token has an organization: whether it is this one, Django says
    return credential_digest(token) if token[:6].lower() == "token " else None


def session_digest(key: str, organization: str | None) -> bytes:
    """Of a session in the organization of this slug; None for the only one that there is."""
    # No header has a line break: nothing else looks the same.
    named = "" if organization is None else f"\n{organization}"
    return credential_digest(f"\nsession {key}{named}")


def credential_digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=_SECRET).digest()


def _session_of(cookies: str) -> str:
    """The session's key, where the cookie's name is there once and as browsers send it.

    Django is more generous, with spaces for one: it may find another session than we would.
    """
    name = settings.SESSION_COOKIE_NAME + "="
    if cookies.count(settings.SESSION_COOKIE_NAME) != 1:
        return ""
    return next((part[len(name) :] for part in cookies.split("; ") if part.startswith(name)), "")


def _asked(environ: Environ) -> tuple[str, ...] | None:
    """The raw request, where the front may know its answer."""
    if not environ.keys().isdisjoint(DOUBTS) or environ.get("CONTENT_LENGTH", "0") not in NONE:
        return None
    get = environ.get
    asked = tuple([get(name, "") for name in ASKED])
    # What is forwarded counts from a proxy of ours only.
    return (*asked, get("REMOTE_ADDR", "")) if settings.TRUSTED_PROXIES else asked


# --- Answering ----------------------------------------------------------------------------------
@dataclass(slots=True)
class Candidate:
    """What would answer a request, if it is still fresh."""

    principal: Principal
    route: KnownRoute
    entry: Entry
    now: float


def find_candidate(environ: Environ, question: RequestIdentity) -> Candidate | None:
    credential, asked = question
    principal = known_principals.get(credential)
    if asked is None or principal is None:
        return None
    now = time.time()
    if now >= principal.expires or (
        principal.networks and not _is_within(principal.networks, environ)
    ):
        return None
    route = known_routes.get((principal.shared_scope, asked)) or known_routes.get(
        (principal.own_scope, asked)
    )
    if route is None:
        return None
    entry = lookup.local_entries.get(route.key)
    if entry is None or lookup.is_expired(entry, now):
        return None
    return Candidate(principal, route, entry, now)


@cache
def _counter(view: str, result: str) -> Any:
    return metrics.requests.labels(view, "front", result)


def _is_within(networks: tuple[str, ...], environ: Environ) -> bool:
    if settings.TRUSTED_PROXIES:
        return False  # who the client is, Django says
    try:
        address: Any = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(network) for network in networks)


def _is_fresh(hit: Candidate, environ: Environ) -> bool:
    if notifications.is_current_without_query(hit.principal, hit.entry):
        return True
    count = notifications.current_count()
    try:
        found = snapshots.read_versions(hit.entry.snapshot, hit.principal.snapshot)
    except SnapshotUnavailable:
        found = {}
    return confirm_candidate(hit, found, count, environ)


def confirm_candidate(hit: Candidate, found: dict[str, str], count: int, environ: Environ) -> bool:
    """Whether the tokens that were found say so; else they are left for who answers instead.

    `count` was taken from `push` before they were asked for.
    """
    principal, entry = hit.principal, hit.entry
    if EPOCH not in found or not snapshots.is_current(principal.snapshot, found):
        _counter(entry.view, "stale").inc()
        return False
    environ[PRINCIPAL] = principal  # spares authentication the same question
    if not snapshots.is_current(entry.snapshot, found):
        environ[VERSIONS_READ] = {
            tag: found.get(tag, "") for tag in (*principal.snapshot, *entry.snapshot)
        }
        _counter(entry.view, "stale").inc()
        return False
    notifications.mark_confirmed(count, principal, entry)
    return True


def build_response(environ: Environ, hit: Candidate) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body of a hit that is fresh; it is counted as one."""
    entry = hit.entry
    _counter(entry.view, "hit").inc()
    environ[ROUTE] = hit.route.name
    given = environ.get("HTTP_X_REQUEST_ID")
    if given is None or not _ACCEPTABLE_ID.fullmatch(given):
        given = os.urandom(16).hex()
    headers = [
        *hit.route.prepared(entry),
        ("Age", str(int(hit.now - entry.created))),
        ("Cache-Status", f"openrisk; hit; ttl={int(entry.expires - hit.now)}; detail=front"),
        ("X-Request-ID", given),
    ]
    has = environ.get("HTTP_IF_NONE_MATCH", "")
    if has and (entry.etag in has or has == "*"):
        return "304 Not Modified", headers, b""
    headers.append(("Content-Length", str(len(entry.body))))
    return "200 OK", headers, entry.body


# --- Learning -----------------------------------------------------------------------------------
def _remember(
    environ: Environ,
    headers: list[tuple[str, str]],
    credential: bytes,
    asked: tuple[str, ...],
) -> None:
    principal, learned = environ.get(PRINCIPAL), environ.get(ENTRY_TO_REMEMBER)
    if principal is None or learned is None or sum(map(len, asked)) > LONGEST:
        return
    if principal.credential != credential:  # Django has believed another one than we have read
        return
    names = {name.lower() for name, _ in headers}
    if "set-cookie" in names:
        return
    key, own = learned
    kept = tuple((n, v) for n, v in headers if n.lower() in KEPT - {"vary"})
    scope = principal.own_scope if own else principal.shared_scope
    size = 800 + sum(map(len, asked)) + sum(len(n) + len(v) for n, v in kept)
    known_routes.put((scope, asked), KnownRoute(key, kept, environ.get(ROUTE, "")), size)
    known_principals.put(credential, principal, 2000)
