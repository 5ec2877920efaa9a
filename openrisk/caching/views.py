"""`@cached_view`, beside the query that it spares, and `get_or_compute` for what is no view."""

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.caching import metrics, push, recorder, stamps
from openrisk.caching.callers import Caller, caller_of
from openrisk.caching.entries import Entry
from openrisk.caching.keys import digest, response_key
from openrisk.caching.memory import Memory
from openrisk.caching.single_flight import flight
from openrisk.caching.stamps import Stamp, StampUnavailable
from openrisk.caching.store import shared
from openrisk.caching.tracked import EPOCH, Read, Row, tags_read, tracked

PATIENCE = 2.0  # seconds that one waits for another's compute
LOCK_SECONDS = 10  # after which a lock of a process that died no longer counts
JITTER = 0.1  # of the TTL: entries made together do not expire together
CLOCKS = {"minute": "%Y-%m-%dT%H:%M", "day": "%Y-%m-%d"}
LEARN = "openrisk.cache.learn"  # in the WSGI environ: what the front may remember
JSON = "application/json"

memory: Memory[Entry] = Memory(settings.CACHE_MEMORY_BYTES * 3 // 4)
Clock = str | Mapping[str, str] | None


def per_organization(caller: Caller) -> tuple[str, ...]:
    """Shared by all who have the same rights in the organization."""
    return caller.shared_scope


def per_user(caller: Caller) -> tuple[str, ...]:
    return caller.own_scope


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a view has declared; `clock` a bucket, or the parameters that bring one in."""

    view: str
    ttl: float
    reads: tuple[Read, ...]
    scope: Callable[[Caller], tuple[str, ...]]
    clock: Clock = None

    @property
    def tables(self) -> frozenset[str]:
        models_read = (read.model if isinstance(read, Row) else read for read in self.reads)
        return frozenset(tracked(model).table for model in models_read)


@dataclass(frozen=True, slots=True)
class Sought:
    """One request's place in the cache."""

    key: str
    view: str
    tags: frozenset[str]
    tables: frozenset[str]
    ttl: float
    expires: float  # at the latest: the end of the clock's bucket
    caller: Caller | None
    reads_clock: bool
    request: dict[str, str]
    revalidate: bool = False  # `Cache-Control: no-cache`: nothing from before this request
    began: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    entry: Entry
    layer: str
    result: str


declarations: dict[str, Declaration] = {}


def cached_view(
    name: str,
    *,
    ttl: float,
    reads: Iterable[type[models.Model] | Row],
    scope: Callable[[Caller], tuple[str, ...]] = per_organization,
    clock: Clock = None,
) -> Callable[[Any], Any]:
    """Cache a read action of a view set: exact while all that it `reads` is unchanged.

    `name` is the resource: metrics call its actions `<name>-list`, `-search` and `-detail`. `ttl`
    is in seconds. The view set says by `query_names()` which parameters it knows; with any other
    the view itself answers. `clock` is "minute" or "day" for a view that depends on the time, or a
    mapping of the query parameters that make it depend on it.
    """
    declared = tuple(reads)

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        action = {"retrieve": "detail"}.get(method.__name__, method.__name__)
        usual = _declare(Declaration(f"{name}-{action}", ttl, declared, scope, clock))
        # A search costs what a list does not, so it counts as a view of its own.
        search = action == "list" and _declare(replace(usual, view=f"{name}-search"))

        @wraps(method)
        def cached(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            def compute() -> Any:
                return method(self, request, *args, **kwargs)

            declaration = search if search and request.query_params.get("search") else usual
            sought = _sought(self, request, declaration, kwargs.get("pk"))
            if sought is None:
                return _bypassed(compute(), declaration.view)
            try:
                answer = find(sought, lambda: _rendered(self, request, compute()))
            except NotStorable as other:
                return _bypassed(other.response, declaration.view)
            return _response(request, declaration, answer)

        return cached

    return decorate


def _declare(declaration: Declaration) -> Declaration:
    metrics.declare(declaration.view)
    declarations[declaration.view] = declaration
    return declaration


# --- What is sought ---------------------------------------------------------------------------
def _sought(view: Any, request: Request, declaration: Declaration, row: Any) -> Sought | None:
    """None where this request must not be answered from the cache, or fill it."""
    caller = caller_of(request._request)
    parameters = request.query_params.dict()
    if (
        settings.CACHE_BACKEND == "none"
        or caller is None
        or request.method != "GET"
        or request.accepted_renderer.media_type != JSON
        or not set(parameters) <= view.query_names()
        or connection.in_atomic_block
    ):
        return None
    bucket = _bucket(declaration.clock, parameters)
    moment, expires = _moment(bucket)
    scope = declaration.scope(caller)
    return Sought(
        key=response_key(
            request._request,
            view=declaration.view,
            scope=scope,
            parameters=parameters,
            moment=moment,
        ),
        view=declaration.view,
        tags=frozenset(tags_read(declaration.reads, caller.organization_id, row)),
        tables=declaration.tables,
        ttl=declaration.ttl,
        expires=expires,
        caller=caller,
        reads_clock=bucket is not None,
        request=_description(request._request, caller),
        revalidate="no-cache" in request.headers.get("Cache-Control", ""),
        began=time.time(),
    )


def _bucket(clock: Clock, parameters: Mapping[str, str]) -> str | None:
    if isinstance(clock, Mapping):
        return next((bucket for name, bucket in clock.items() if name in parameters), None)
    return clock


def _moment(bucket: str | None) -> tuple[str, float]:
    """The clock's bucket as it stands in the key, and when it ends (seconds since 1970)."""
    if bucket is None:
        return "", math.inf
    now = time.time()
    seconds = {"minute": 60, "day": 86_400}[bucket]
    text = datetime.fromtimestamp(now, UTC).strftime(CLOCKS[bucket])
    return text, (now // seconds + 1) * seconds


def _description(request: HttpRequest, caller: Caller) -> dict[str, str]:
    """Enough to ask the same again, for `cache_verify`."""
    return {
        "path": request.get_full_path(),
        "host": request.get_host(),
        "scheme": str(request.scheme),
        "user": str(caller.user_id),
        "organization": str(caller.organization_id),
    }


def forget(tags: Iterable[str]) -> None:
    """Do not believe what depends on `tags` before the database has been asked again."""
    push.changed(tags)


# --- Finding it, or computing it once ------------------------------------------------------------
class NotStorable(Exception):
    """The view answered something that is not kept; `response` is what it answered."""

    def __init__(self, response: Any) -> None:
        super().__init__("not kept")
        self.response = response


Computed = tuple[bytes, str, str]  # body, content type, ETag


def find(sought: Sought, compute: Callable[[], Computed]) -> Answer:
    """An exact answer, from memory, the shared store, somebody's compute, or one's own."""
    deadline = time.monotonic() + PATIENCE
    while True:
        stamp = _stamp(sought)
        if answer := _kept(sought, stamp):
            return answer
        with flight(sought.key, max(0.0, deadline - time.monotonic())) as computes:
            if computes and _alone(sought, deadline):
                return _computed(sought, stamp, compute)


def _stamp(sought: Sought) -> Stamp:
    """Tokens from before any row is read. Empty when nobody can say: then nothing is kept."""
    tags = sought.tags | (sought.caller.stamp.keys() if sought.caller else set())
    try:
        stamp = stamps.read(tags)
    except StampUnavailable:
        return {}
    return stamp if stamp[EPOCH] else {}


def _kept(sought: Sought, stamp: Stamp) -> Answer | None:
    if not stamp:
        return None
    entry = memory.get(sought.key)
    if entry is not None and _is_valid(entry, sought, stamp):
        return Answer(entry, "memory", "hit")
    store = shared()
    entry = store.get(sought.key) if store else None
    if entry is not None and _is_valid(entry, sought, stamp):
        memory.put(entry.key, entry, entry.size)
        return Answer(entry, "store", "hit")
    return None


def _is_valid(entry: Entry, sought: Sought, stamp: Stamp) -> bool:
    if sought.revalidate and entry.created < sought.began:
        return False
    return not is_expired(entry, time.time()) and stamps.is_equal(entry.stamp, stamp)


def is_expired(entry: Entry, now: float) -> bool:
    """Over, or about to be: the dearer a response, the earlier somebody computes it anew.

    XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention).
    """
    if now + 25 * entry.cost < entry.expires:
        return False  # the draw below is never as long as that
    early = -entry.cost * math.log(random.random() or 1e-9)  # noqa: S311  no secret
    return now + early >= entry.expires


def _alone(sought: Sought, deadline: float) -> bool:
    """Whether no other process computes the same; if one does, wait a little for its answer."""
    store = shared()
    if store is None or store.lock(sought.key, LOCK_SECONDS):
        return True
    if time.monotonic() >= deadline:
        return True
    time.sleep(0.01)
    return False


def _computed(sought: Sought, stamp: Stamp, compute: Callable[[], Computed]) -> Answer:
    store = shared()
    started = time.perf_counter()
    try:
        with recorder.recording() as record:
            body, content_type, etag = compute()
        cost = time.perf_counter() - started
        metrics.compute_seconds.labels(sought.view).observe(cost)
        now = time.time()
        ttl = sought.ttl * (1 - JITTER * random.random())  # noqa: S311  no secret
        entry = Entry(
            key=sought.key,
            view=sought.view,
            stamp={tag: stamp[tag] for tag in sought.tags} if stamp else {},
            created=now,
            expires=min(now + ttl, sought.expires),
            cost=cost,
            content_type=content_type,
            etag=etag,
            request=sought.request,
            body=body,
        )
        if not stamp or not _is_covered(sought, stamp, record):
            return Answer(entry, "view", "bypass")
        memory.put(entry.key, entry, entry.size)
        if store:
            store.put(entry)
        return Answer(entry, "view", "miss")
    finally:
        if store:
            store.unlock(sought.key)


def _is_covered(sought: Sought, stamp: Stamp, record: recorder.Recording) -> bool:
    """Whether all that was read is declared, and what was read before the stamp is unchanged."""
    caller = sought.caller
    if caller is not None and not stamps.is_equal(caller.stamp, stamp):
        return False
    allowed = sought.tables | (caller.tables if caller else frozenset())
    clock = {recorder.CLOCK} if sought.reads_clock else set()
    before = recorder.current()
    # Authentication reads the clock to refuse what has expired; so does every hit.
    undeclared = (record.seen - allowed - clock) | (
        (before.seen if before else set()) - allowed - {recorder.CLOCK}
    )
    for table in undeclared:
        metrics.undeclared_reads.labels(sought.view, table).inc()
    return not undeclared and not connection.in_atomic_block


# --- HTTP ---------------------------------------------------------------------------------------
def _rendered(view: Any, request: Request, response: Any) -> Computed:
    """The bytes of a 200. Raises NotStorable for anything else."""
    if not isinstance(response, Response) or response.status_code != 200 or response.cookies:
        raise NotStorable(response)
    response.accepted_renderer = request.accepted_renderer
    response.accepted_media_type = request.accepted_media_type
    response.renderer_context = view.get_renderer_context()  # type: ignore[attr-defined]
    body = response.render().content
    caller = caller_of(request._request)
    scope = str(caller.organization_id) if caller else ""
    return body, response["Content-Type"], response.get("ETag") or f'"0.{digest(scope, body)[:20]}"'


def _response(request: Request, declaration: Declaration, answer: Answer) -> HttpResponse:
    entry = answer.entry
    metrics.requests.labels(entry.view, answer.layer, answer.result).inc()
    response = HttpResponse(entry.body, content_type=entry.content_type)
    response["ETag"] = entry.etag
    for name, value in headers(entry, answer.layer, answer.result):
        response[name] = value
    if answer.result != "bypass":
        request._request.META[LEARN] = (entry.key, declaration.scope is per_user)
    return response


VARY = "Authorization, Cookie, Accept, Accept-Language, Accept-Encoding"


def headers(entry: Entry, layer: str, result: str) -> list[tuple[str, str]]:
    """What is said anew with each answer, and what keeps other caches from believing it."""
    age = max(0, int(time.time() - entry.created))
    left = max(0, int(entry.expires - time.time()))
    said = f"hit; ttl={left}" if result == "hit" else f"fwd={result}"
    return [
        ("X-Cache", result.upper()),
        ("Cache-Status", f"openrisk; {said}; detail={layer}"),
        ("Age", str(age)),
        ("Server-Timing", f"compute;dur={entry.cost * 1000 * (result != 'hit'):.1f}"),
        ("Cache-Control", "private, no-cache"),
        ("Vary", VARY),
    ]


def _bypassed(response: Any, view: str) -> Any:
    if response.status_code == 200:
        metrics.requests.labels(view, "view", "bypass").inc()
        response["X-Cache"] = "BYPASS"
        response["Cache-Status"] = "openrisk; fwd=bypass"
    response["Cache-Control"] = "private, no-cache"
    return response


# --- What is no view --------------------------------------------------------------------------
def get_or_compute(
    key: str,
    compute: Callable[[], Any],
    *,
    reads: Iterable[type[models.Model]],
    organization_id: UUID,
    ttl: float,
) -> Any:
    """The JSON value of `compute()`, kept while what it `reads` of the organization is unchanged.

    `key` names the value within the organization. Same promises as a cached view.
    """
    declared = tuple(reads)
    view = "value"
    sought = Sought(
        key=digest("value", key, organization_id),
        view=view,
        tags=frozenset(tags_read(declared, organization_id)),
        tables=frozenset(tracked(model).table for model in declared),
        ttl=ttl,
        expires=math.inf,
        caller=None,
        reads_clock=False,
        request={},
    )
    if settings.CACHE_BACKEND == "none" or connection.in_atomic_block:
        return compute()
    answer = find(sought, lambda: (orjson.dumps(compute()), JSON, ""))
    metrics.requests.labels(view, answer.layer, answer.result).inc()
    return orjson.loads(answer.entry.body)
