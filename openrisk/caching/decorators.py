"""`@cached_view`, beside the query that it spares, and `get_or_compute` for what is no view."""

import math
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

from openrisk.caching import metrics
from openrisk.caching.freshness import recorder
from openrisk.caching.freshness.registry import Read, model_and_group, tags_for_reads, tracked_model
from openrisk.caching.freshness.sql_dependencies import CLOCK, ROLE, table_of
from openrisk.caching.keys import code_version, digest, key_parts
from openrisk.caching.lookup import (
    CacheLookup,
    LookupResult,
    NotStorable,
    RenderedResponse,
    find_or_compute,
)
from openrisk.caching.principals import Principal, principal_of
from openrisk.caching.storage.entry import Entry
from openrisk.request_state import BYPASS_CACHE, ENTRY_TO_REMEMBER, VERSIONS_READ

CLOCKS = {"minute": "%Y-%m-%dT%H:%M", "day": "%Y-%m-%d"}
JSON = "application/json"

Clock = str | Mapping[str, str] | None


def per_organization(principal: Principal) -> tuple[str, ...]:
    """Shared by all members, whatever their role. What asks it is not kept."""
    return (str(principal.organization_id),)


def per_user(principal: Principal) -> tuple[str, ...]:
    return principal.own_scope


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a view has declared; `clock` a bucket, or the parameters that bring one in."""

    view: str
    ttl: float
    reads: tuple[Read, ...]
    scope: Callable[[Principal], tuple[str, ...]]
    clock: Clock = None

    @property
    def models_read(self) -> list[type[models.Model]]:
        return [model_and_group(read)[0] for read in self.reads]

    @property
    def tables(self) -> frozenset[str]:
        """As the recorder says it; `table.column` for each column of a part."""
        return _recorded(self.reads)


declarations: dict[str, Declaration] = {}


def cached_view(
    name: str,
    *,
    ttl: float,
    reads: Iterable[Read],
    scope: Callable[[Principal], tuple[str, ...]] = per_organization,
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
        action = {"retrieve": "detail"}.get(method.__name__, method.__name__.replace("_", "-"))
        usual = _declare(Declaration(f"{name}-{action}", ttl, declared, scope, clock))
        # A search costs what a list does not, so it counts as a view of its own.
        search = action == "list" and _declare(replace(usual, view=f"{name}-search"))

        def declared_for(request: Request) -> Declaration:
            return search if search and request.query_params.get("search") else usual

        @wraps(method)
        def cached(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            def compute() -> Any:
                return method(self, request, *args, **kwargs)

            declaration = declared_for(request)
            if bypass_reason(self, request):
                return mark_bypassed(compute(), declaration.view)
            lookup = build_lookup(request, declaration, kwargs.get("pk"))
            try:
                answer = find_or_compute(lookup, lambda: _rendered(self, request, compute()))
            except NotStorable as other:
                return mark_bypassed(other.response, declaration.view)
            return _response(request, declaration, answer)

        cached.declared_for = declared_for  # type: ignore[attr-defined]  # for declaration_of
        return cached

    return decorate


def declaration_of(view: Any, request: Request) -> Declaration | None:
    """What the action that `request` means has declared; None if it is not cached."""
    method = getattr(view, view.action or "", None)
    declared_for = getattr(method, "declared_for", None)
    return declared_for(request) if declared_for else None


def _recorded(reads: Iterable[Read]) -> frozenset[str]:
    return frozenset[str]().union(*(tracked_model(read).dependencies for read in reads))


def _declare(declaration: Declaration) -> Declaration:
    metrics.declare_view(declaration.view)
    declarations[declaration.view] = declaration
    return declaration


# --- What is lookup ---------------------------------------------------------------------------
def bypass_reason(view: Any, request: Request) -> str:
    """Why this request must not be answered from the cache, or fill it; empty where it may."""
    checks = (
        (settings.CACHE_BACKEND == "none", "CACHE_BACKEND is none"),
        (BYPASS_CACHE in request.META, "this request asks to be computed"),
        (
            principal_of(request._request) is None,
            "no exact principal: nobody, or a superuser at large",
        ),
        (request.method != "GET", "only GET is cached"),
        (request.accepted_renderer.media_type != JSON, "only plain JSON is cached"),
        (
            not set(request.query_params) <= view.query_names(),
            "it has parameters that the view does not know",
        ),
        (
            any(len(given) > 1 for _, given in request.query_params.lists()),
            "a parameter is given twice",
        ),
        (connection.in_atomic_block, "within a transaction one sees what nobody else does yet"),
    )
    return next((reason for refuses, reason in checks if refuses), "")


def build_lookup(request: Request, declaration: Declaration, row: Any) -> CacheLookup:
    """Where the answer to a request that is not refused belongs."""
    principal = principal_of(request._request)
    assert principal is not None  # noqa: S101  refused without one
    parameters = request.query_params.dict()
    bucket = _bucket(declaration.clock, parameters)
    moment, expires = _moment(bucket)
    parts = key_parts(
        request._request,
        view=declaration.view,
        scope=declaration.scope(principal),
        parameters=parameters,
        moment=moment,
    )
    tags = principal.shared_tags | tags_for_reads(declaration.reads, principal.organization_id, row)
    snapshot = request._request.META.get(VERSIONS_READ, {})
    return CacheLookup(
        key=digest(*(value for _, value in parts)),
        parts=parts,
        view=declaration.view,
        tags=tags,
        snapshot=snapshot if tags | principal.snapshot.keys() <= snapshot.keys() else {},
        tables=declaration.tables,
        ttl=declaration.ttl,
        expires=expires,
        principal=principal,
        allowed=_allowed(declaration, bucket),
        request=_description(request._request, principal),
        read_before=_read_before(),
        revalidate="no-cache" in request.headers.get("Cache-Control", ""),
        began=time.time(),
    )


def _read_before() -> frozenset[str]:
    record = recorder.current_recording()
    return frozenset(record.dependencies) if record else frozenset()


def _allowed(declaration: Declaration, bucket: str | None) -> frozenset[str]:
    """What the response may depend on, since its key does."""
    words = {CLOCK: bucket is not None, ROLE: declaration.scope is per_user}
    return frozenset(word for word, allowed in words.items() if allowed)


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


def _description(request: HttpRequest, principal: Principal) -> dict[str, str]:
    """Enough to ask the same again, for `cache_verify`."""
    return {
        "path": request.get_full_path(),
        "host": request.get_host(),
        "scheme": str(request.scheme),
        "user": str(principal.user_id),
        "organization": str(principal.organization_id),
    }


# --- HTTP ---------------------------------------------------------------------------------------
def _rendered(view: Any, request: Request, response: Any) -> RenderedResponse:
    """The bytes of a 200. Raises NotStorable for anything else."""
    if not isinstance(response, Response) or response.status_code != 200 or response.cookies:
        raise NotStorable(response)
    response.accepted_renderer = request.accepted_renderer
    response.accepted_media_type = request.accepted_media_type
    response.renderer_context = view.get_renderer_context()  # type: ignore[attr-defined]
    body = response.render().content
    principal = principal_of(request._request)
    scope = str(principal.organization_id) if principal else ""
    return body, response["Content-Type"], response.get("ETag") or f'"0.{digest(scope, body)[:20]}"'


def _response(request: Request, declaration: Declaration, answer: LookupResult) -> HttpResponse:
    entry = answer.entry
    metrics.requests.labels(entry.view, answer.layer, answer.result).inc()
    response = HttpResponse(entry.body, content_type=entry.content_type)
    response["ETag"] = entry.etag
    for name, value in cache_headers(entry, answer.layer, answer.result):
        response[name] = value
    if answer.result != "bypass":
        request._request.META[ENTRY_TO_REMEMBER] = (entry.key, declaration.scope is per_user)
    return response


VARY = "Authorization, Cookie, X-Organization, Accept, Accept-Language, Accept-Encoding"


def cache_headers(entry: Entry, layer: str, result: str) -> list[tuple[str, str]]:
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


def mark_bypassed(response: Any, view: str) -> Any:
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
    reads: Iterable[Read],
    organization_id: UUID,
    ttl: float,
    clock: str | None = None,
) -> Any:
    """The JSON value of `compute()`, decimals as text, kept while what it `reads` is unchanged.

    `key` names the value within the organization. Same promises as a cached view, if `compute`
    itself reads all that it uses; `clock` as there.
    """
    declared = tuple(reads)
    tables = _recorded(declared)
    of_these = {table_of(one) for one in tables}
    view = "value"
    moment, expires = _moment(clock)
    lookup = CacheLookup(
        key=digest("value", code_version(), key, organization_id, moment),
        view=view,
        tags=frozenset(tags_for_reads(declared, organization_id)),
        tables=tables,
        ttl=ttl,
        expires=expires,
        principal=None,
        allowed=frozenset({CLOCK} if clock else ()),
        request={},
        read_before=frozenset(one for one in _read_before() if table_of(one) in of_these),
    )
    if (
        record := recorder.current_recording()
    ):  # a hit asks nothing, and depends on them all the same
        record.dependencies |= tables
        record.dependencies |= lookup.allowed
    if settings.CACHE_BACKEND == "none" or connection.in_atomic_block:
        return compute()
    answer = find_or_compute(lookup, lambda: (orjson.dumps(compute(), default=str), JSON, ""))
    metrics.requests.labels(view, answer.layer, answer.result).inc()
    return orjson.loads(answer.entry.body)
