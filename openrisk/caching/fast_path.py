"""The fast path: answers before Django starts if principal, entry and versions are known and equal.

It learns from Django. With a response that `cached_view` has stored, Django leaves in the environ
which entry the request means; the fast path remembers that for the raw request and principal, with
the headers of the response. In any doubt Django runs: two credentials, an `Origin`, a range, a
method that is not GET.
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
RawRequest = tuple[str, ...]
RequestIdentity = tuple[bytes, RawRequest | None]  # credential; None if Django must answer

PREFIX = "/api/"
# All of a request that an answer may depend on, beside its principal.
RAW_REQUEST_KEYS = (
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
# With any of these Django answers.
DOUBTFUL_HEADERS = frozenset(
    {"HTTP_ORIGIN", "HTTP_RANGE", "HTTP_CACHE_CONTROL", "HTTP_PRAGMA", "HTTP_IF_MATCH"}
)
NO_BODY = ("", "0")  # values of CONTENT_LENGTH
# Headers of the response that are the same each time; all others are left out or made for each hit.
REMEMBERED_HEADERS = frozenset(
    {
        "allow",
        "content-security-policy",
        "content-type",
        "cross-origin-opener-policy",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
    }
)
LONGEST_REQUEST = 8192  # characters; longer ones are not remembered
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_SECRET = secrets.token_bytes(32)  # credentials are kept hashed, with a key that no one else has

# With the entries (three quarters), what this process keeps stays within the one budget.
known_principals: LocalStore[Principal] = LocalStore(settings.CACHE_MEMORY_BYTES // 16)
known_routes: LocalStore["KnownRoute"] = LocalStore(settings.CACHE_MEMORY_BYTES * 3 // 16)


@dataclass(slots=True)
class KnownRoute:
    """The entry that a raw request means, and the headers that go with it."""

    key: str
    headers: tuple[tuple[str, str], ...]
    name: str  # of the route, as metrics call it
    constant_headers: list[tuple[str, str]] = field(default_factory=list)
    constant_for: str = ""  # the ETag that `constant_headers` were made for

    def headers_for(self, entry: Entry) -> list[tuple[str, str]]:
        """The headers that stay the same until another entry has the key."""
        if self.constant_for != entry.etag:
            of_cache = [
                (name, value)
                for name, value in decorators.cache_headers(entry, "front", "hit")
                if name not in ("Age", "Cache-Status")
            ]
            self.constant_headers = [*self.headers, *of_cache, ("ETag", entry.etag)]
            self.constant_for = entry.etag
        return self.constant_headers


class FastPath:
    """A WSGI application that answers what it can and passes the rest to `application`."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        identity = identify_request(environ)
        if identity is None:
            return self.application(environ, start_response)
        if FAST_PATH_TRIED not in environ:
            candidate = find_candidate(environ, identity)
            if candidate is not None and is_fresh(candidate, environ):
                status, headers, body = render_hit(environ, candidate)
                start_response(status, headers)
                return [body]
        credential, raw_request = identity

        def start_and_learn(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if raw_request is not None and status.startswith("200 "):
                remember_answer(environ, headers, credential, raw_request)
            return start_response(status, headers, *rest)

        return self.application(environ, start_and_learn)


# --- Identifying --------------------------------------------------------------------------------
def identify_request(environ: Environ) -> RequestIdentity | None:
    """The credential and the raw request; None if the fast path may neither answer nor learn."""
    if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(PREFIX):
        return None
    credential = credential_of(environ)
    if credential is None or settings.CACHE_BACKEND == "none":
        return None
    has_body = environ.get("CONTENT_LENGTH", "0") not in NO_BODY
    if has_body or not environ.keys().isdisjoint(DOUBTFUL_HEADERS):
        return credential, None
    get = environ.get
    raw_request = tuple([get(name, "") for name in RAW_REQUEST_KEYS])
    if settings.TRUSTED_PROXIES:  # only from one of them do forwarded headers count
        raw_request = (*raw_request, get("REMOTE_ADDR", ""))
    return credential, raw_request


def credential_of(environ: Environ) -> bytes | None:
    """A hash of the one credential; None if there is none, or two of them, or any doubt."""
    token, cookies = environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_COOKIE", "")
    organization = environ.get("HTTP_X_ORGANIZATION")
    if settings.SESSION_COOKIE_NAME in cookies:
        session = find_session_key(cookies)
        return session_digest(session, organization) if session and not token else None
    if organization is not None:
        return None  # Django checks that it is the organization of the token
    return credential_digest(token) if token[:6].lower() == "token " else None


def find_session_key(cookies: str) -> str:
    """The session's key; empty unless its cookie is there once and as browsers send it.

    Django is more generous, with spaces for example: it may find another session than we would.
    """
    name = settings.SESSION_COOKIE_NAME + "="
    if cookies.count(settings.SESSION_COOKIE_NAME) != 1:
        return ""
    return next((part[len(name) :] for part in cookies.split("; ") if part.startswith(name)), "")


def session_digest(key: str, organization: str | None) -> bytes:
    """Of a session in the organization with this slug; None if the request names none."""
    # No header has a line break, so no token looks the same.
    suffix = "" if organization is None else f"\n{organization}"
    return credential_digest(f"\nsession {key}{suffix}")


def credential_digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=_SECRET).digest()


# --- Answering ----------------------------------------------------------------------------------
@dataclass(slots=True)
class Candidate:
    """An entry that answers the request, if it is still fresh."""

    principal: Principal
    route: KnownRoute
    entry: Entry
    now: float


def find_candidate(environ: Environ, identity: RequestIdentity) -> Candidate | None:
    credential, raw_request = identity
    principal = known_principals.get(credential)
    if raw_request is None or principal is None:
        return None
    now = time.time()
    if now >= principal.expires:
        return None
    if principal.networks and not is_within(principal.networks, environ):
        return None
    route = known_routes.get((principal.shared_scope, raw_request))
    route = route or known_routes.get((principal.own_scope, raw_request))
    if route is None:
        return None
    entry = lookup.local_entries.get(route.key)
    if entry is None or lookup.is_expired(entry, now):
        return None
    return Candidate(principal, route, entry, now)


def is_within(networks: tuple[str, ...], environ: Environ) -> bool:
    if settings.TRUSTED_PROXIES:
        return False  # Django finds out which address the client has
    try:
        address: Any = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(network) for network in networks)


def is_fresh(candidate: Candidate, environ: Environ) -> bool:
    principal, entry = candidate.principal, candidate.entry
    if notifications.is_current_without_query(principal, entry):
        return True
    count = notifications.current_count()
    try:
        versions = snapshots.read_versions(entry.snapshot, principal.snapshot)
    except SnapshotUnavailable:
        versions = {}
    return confirm_candidate(candidate, versions, count, environ)


def confirm_candidate(
    candidate: Candidate, versions: dict[str, str], count: int, environ: Environ
) -> bool:
    """Whether these versions confirm it; else they are left for Django, which answers instead.

    `count` is `notifications.current_count()` from before they were read.
    """
    principal, entry = candidate.principal, candidate.entry
    if EPOCH not in versions or not snapshots.is_current(principal.snapshot, versions):
        request_counter(entry.view, "stale").inc()
        return False
    environ[PRINCIPAL] = principal  # spares authentication the same question
    if not snapshots.is_current(entry.snapshot, versions):
        tags = (*principal.snapshot, *entry.snapshot)
        environ[VERSIONS_READ] = {tag: versions.get(tag, "") for tag in tags}
        request_counter(entry.view, "stale").inc()
        return False
    notifications.mark_confirmed(count, principal, entry)
    return True


@cache
def request_counter(view: str, outcome: str) -> Any:
    return metrics.requests.labels(view, "front", outcome)


def render_hit(environ: Environ, candidate: Candidate) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body of a hit that is fresh; it is counted as one."""
    entry, route = candidate.entry, candidate.route
    request_counter(entry.view, "hit").inc()
    environ[ROUTE] = route.name
    request_id = environ.get("HTTP_X_REQUEST_ID")
    if request_id is None or not _ACCEPTABLE_ID.fullmatch(request_id):
        request_id = os.urandom(16).hex()
    left = int(entry.expires - candidate.now)
    headers = [
        *route.headers_for(entry),
        ("Age", str(int(candidate.now - entry.created))),
        ("Cache-Status", f"openrisk; hit; ttl={left}; detail=front"),
        ("X-Request-ID", request_id),
    ]
    etags = environ.get("HTTP_IF_NONE_MATCH", "")
    if etags and (entry.etag in etags or etags == "*"):
        return "304 Not Modified", headers, b""
    headers.append(("Content-Length", str(len(entry.body))))
    return "200 OK", headers, entry.body


# --- Learning -----------------------------------------------------------------------------------
def remember_answer(
    environ: Environ, headers: list[tuple[str, str]], credential: bytes, raw_request: RawRequest
) -> None:
    """Remember which entry Django answered with, for the next request of the same kind."""
    principal, entry_to_remember = environ.get(PRINCIPAL), environ.get(ENTRY_TO_REMEMBER)
    length = sum(map(len, raw_request))
    if principal is None or entry_to_remember is None or length > LONGEST_REQUEST:
        return
    if principal.credential != credential:  # Django believed another one than we have read
        return
    if any(name.lower() == "set-cookie" for name, _ in headers):
        return
    key, is_own = entry_to_remember
    remembered = tuple(
        (name, value) for name, value in headers if name.lower() in REMEMBERED_HEADERS
    )
    scope = principal.own_scope if is_own else principal.shared_scope
    size = 800 + length + sum(len(name) + len(value) for name, value in remembered)
    known_routes.put(
        (scope, raw_request), KnownRoute(key, remembered, environ.get(ROUTE, "")), size
    )
    known_principals.put(credential, principal, 2000)
