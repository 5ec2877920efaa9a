"""`@cached_view`, beside the query that it spares, and `get_or_compute` for values of pages."""

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
from django.http import HttpResponse
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
    """The scope of a response that all members share, whatever their role."""
    return (str(principal.organization_id),)


def per_user(principal: Principal) -> tuple[str, ...]:
    """The scope of a response that depends on who asks, or on their role."""
    return principal.own_scope


@dataclass(frozen=True, slots=True)
class Declaration:
    """The arguments of `cached_view`, for one of the names that metrics know it by."""

    view: str
    ttl: float
    reads: tuple[Read, ...]
    scope: Callable[[Principal], tuple[str, ...]]
    clock: Clock = None

    @property
    def models_read(self) -> list[type[models.Model]]:
        return [model_and_group(read)[0] for read in self.reads]


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
    declared_reads = tuple(reads)

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        action = {"retrieve": "detail"}.get(method.__name__, method.__name__.replace("_", "-"))
        usual = register_declaration(
            Declaration(f"{name}-{action}", ttl, declared_reads, scope, clock)
        )
        # A search costs what a list does not, so it counts as a view of its own.
        search = usual
        if action == "list":
            search = register_declaration(replace(usual, view=f"{name}-search"))

        def declared_for(request: Request) -> Declaration:
            return search if request.query_params.get("search") else usual

        @wraps(method)
        def answer_cached(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            def run_view() -> Any:
                return method(self, request, *args, **kwargs)

            declaration = declared_for(request)
            if bypass_reason(self, request):
                return mark_bypassed(run_view(), declaration.view)
            lookup = build_lookup(request, declaration, kwargs.get("pk"))
            try:
                result = find_or_compute(lookup, lambda: render_response(self, request, run_view()))
            except NotStorable as unusual:
                return mark_bypassed(unusual.response, declaration.view)
            return build_response(request, declaration, result)

        answer_cached.declared_for = declared_for  # type: ignore[attr-defined]  # declaration_of
        return answer_cached

    return decorate


def register_declaration(declaration: Declaration) -> Declaration:
    metrics.declare_view(declaration.view)
    declarations[declaration.view] = declaration
    return declaration


def declaration_of(view: Any, request: Request) -> Declaration | None:
    """The declaration of the action that answers `request`; None if it is not cached."""
    method = getattr(view, view.action or "", None)
    declared_for = getattr(method, "declared_for", None)
    return declared_for(request) if declared_for else None


# --- Looking up ---------------------------------------------------------------------------------
def bypass_reason(view: Any, request: Request) -> str:
    """Reason why this request is neither answered from the cache nor stored, or an empty string."""
    checks = (
        (settings.CACHE_BACKEND == "none", "CACHE_BACKEND is none"),
        (BYPASS_CACHE in request.META, "this request asks to be computed"),
        (
            principal_of(request._request) is None,
            "the cache is not certain who asks: no one, or a superuser without a membership",
        ),
        (request.method != "GET", "only GET is cached"),
        (request.accepted_renderer.media_type != JSON, "only plain JSON is cached"),
        (
            not set(request.query_params) <= view.query_names(),
            "it has parameters that the view does not know",
        ),
        (
            any(len(values) > 1 for _, values in request.query_params.lists()),
            "a parameter is given twice",
        ),
        (connection.in_atomic_block, "it runs within a transaction, which sees its own changes"),
    )
    return next((reason for applies, reason in checks if applies), "")


def build_lookup(request: Request, declaration: Declaration, row: Any) -> CacheLookup:
    """Everything that finding or computing the response needs. There is no bypass_reason()."""
    principal = principal_of(request._request)
    assert principal is not None  # noqa: S101  else there were a reason to bypass
    parameters = request.query_params.dict()
    clock = declaration.clock
    if isinstance(clock, Mapping):
        clock = next((bucket for name, bucket in clock.items() if name in parameters), None)
    moment, expires = read_clock_bucket(clock)
    # The response may depend on these, since its key does.
    allowed = {CLOCK: clock is not None, ROLE: declaration.scope is per_user}
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
        declared=declared_dependencies(declaration.reads)
        | {word for word, is_allowed in allowed.items() if is_allowed},
        ttl=declaration.ttl,
        expires=expires,
        principal=principal,
        # Enough to ask the same again, for `cache_verify`.
        request={
            "path": request.get_full_path(),
            "host": request.get_host(),
            "scheme": str(request.scheme),
            "user": str(principal.user_id),
            "organization": str(principal.organization_id),
        },
        read_before=recorder.recorded_dependencies(),
        revalidate="no-cache" in request.headers.get("Cache-Control", ""),
        began=time.time(),
    )


def declared_dependencies(reads: Iterable[Read]) -> frozenset[str]:
    """As the recorder names them; `table.column` for each column of a group."""
    return frozenset[str]().union(*(tracked_model(read).dependencies for read in reads))


def read_clock_bucket(bucket: str | None) -> tuple[str, float]:
    """The current minute or day as it stands in the key, and when it ends (seconds since 1970)."""
    if bucket is None:
        return "", math.inf
    now = time.time()
    seconds = {"minute": 60, "day": 86_400}[bucket]
    text = datetime.fromtimestamp(now, UTC).strftime(CLOCKS[bucket])
    return text, (now // seconds + 1) * seconds


# --- HTTP ---------------------------------------------------------------------------------------
def render_response(view: Any, request: Request, response: Any) -> RenderedResponse:
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


def build_response(
    request: Request, declaration: Declaration, result: LookupResult
) -> HttpResponse:
    entry = result.entry
    metrics.requests.labels(entry.view, result.layer, result.outcome).inc()
    response = HttpResponse(entry.body, content_type=entry.content_type)
    response["ETag"] = entry.etag
    for name, value in cache_headers(entry, result.layer, result.outcome):
        response[name] = value
    if result.outcome != "bypass":
        is_own = declaration.scope is per_user
        request._request.META[ENTRY_TO_REMEMBER] = (entry.key, is_own)
    return response


VARY = "Authorization, Cookie, X-Organization, Accept, Accept-Language, Accept-Encoding"


def cache_headers(entry: Entry, layer: str, outcome: str) -> list[tuple[str, str]]:
    """The headers of a cached answer: where it is from, and that other caches may not keep it.

    Hits of the fast path have the same, see `fast_path.KnownRoute`.
    """
    age = max(0, int(time.time() - entry.created))
    left = max(0, int(entry.expires - time.time()))
    status = f"hit; ttl={left}" if outcome == "hit" else f"fwd={outcome}"
    return [
        ("X-Cache", outcome.upper()),
        ("Cache-Status", f"openrisk; {status}; detail={layer}"),
        ("Age", str(age)),
        ("Server-Timing", f"compute;dur={entry.cost * 1000 * (outcome != 'hit'):.1f}"),
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


# --- Values -------------------------------------------------------------------------------------
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
    declared_reads = tuple(reads)
    declared = declared_dependencies(declared_reads)
    tables = {table_of(dependency) for dependency in declared}
    if clock:
        declared |= {CLOCK}
    moment, expires = read_clock_bucket(clock)
    lookup = CacheLookup(
        key=digest("value", code_version(), key, organization_id, moment),
        view="value",
        tags=frozenset(tags_for_reads(declared_reads, organization_id)),
        declared=declared,
        ttl=ttl,
        expires=expires,
        principal=None,
        request={},
        read_before=frozenset(
            read for read in recorder.recorded_dependencies() if table_of(read) in tables
        ),
    )
    # A hit reads nothing, and the page around it depends on all of it all the same.
    recorder.record_dependencies(declared)
    if settings.CACHE_BACKEND == "none" or connection.in_atomic_block:
        return compute()
    result = find_or_compute(lookup, lambda: (orjson.dumps(compute(), default=str), JSON, ""))
    metrics.requests.labels(lookup.view, result.layer, result.outcome).inc()
    return orjson.loads(result.entry.body)
