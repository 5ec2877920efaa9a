"""Requests to the application in a user's place, in this process: for the commands of the cache."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost, PermissionDenied
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, get_resolver, resolve, reverse
from django.urls.resolvers import URLResolver
from rest_framework.exceptions import APIException

from openrisk.caching.decorators import (
    Declaration,
    build_lookup,
    bypass_reason,
    declaration_of,
)
from openrisk.caching.lookup import CacheLookup
from openrisk.caching.principals import ImpersonatedUser, principal_directory
from openrisk.request_state import BYPASS_CACHE, IMPERSONATED_USER


class BadUrl(ValueError):
    """The URL cannot be requested; the message says what to write."""


def default_base_url() -> str:
    """The address of `manage.py serve` on its own machine, for URLs that name no host."""
    return f"http://127.0.0.1:{settings.PORT}/"


def build_request(url: str, base: str) -> WSGIRequest:
    """A GET of `url`, which may be relative to `base`. Raises BadUrl."""
    try:
        parts = urlsplit(urljoin(base, url))
        port = parts.port
    except ValueError as error:
        raise BadUrl(f"{url!r} is not a valid URL: {error}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadUrl(
            f"{url!r} is not a valid URL. Write http://host/path, or a path such as /api/v1/risks/"
        )
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(port or {"http": 80, "https": 443}[parts.scheme]),
        "HTTP_HOST": parts.netloc,
        "HTTP_ACCEPT": "application/json",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(),
    }
    return WSGIRequest(environ)


# --- Sending ------------------------------------------------------------------------------------
class ImpersonatingHandler(BaseHandler):
    """Django with all its middleware, for requests whose user is named and not authenticated."""

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        principal_directory().impersonate(request, request.META[IMPERSONATED_USER])
        return super().resolve_request(request)


@cache
def impersonating_handler() -> ImpersonatingHandler:
    handler = ImpersonatingHandler()
    handler.load_middleware()
    return handler


def send_request(
    request: WSGIRequest, user: ImpersonatedUser, *, bypass: bool = False
) -> HttpResponseBase:
    """The response to `request`; with `bypass` it is computed and not stored."""
    request.META[IMPERSONATED_USER] = user
    if bypass:
        request.META[BYPASS_CACHE] = True
    return impersonating_handler().get_response(request)


# --- Locating -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class LocatedRequest:
    """The cached view that a request reaches; its `lookup`, or the `reason` why there is none."""

    view: str = ""
    reason: str = ""
    lookup: CacheLookup | None = None


class NotCached(Exception):
    """The request does not reach a cached view; the message says why."""


def locate_request(request: WSGIRequest, user: ImpersonatedUser) -> LocatedRequest:
    """Do everything that happens before a view runs, and not the view. Reads none of its rows."""
    try:
        view, declaration = find_cached_view(request, user)
    except NotCached as why:
        return LocatedRequest(reason=str(why))
    if reason := bypass_reason(view, view.request):
        return LocatedRequest(declaration.view, reason)
    lookup = build_lookup(view.request, declaration, view.kwargs.get("pk"))
    return LocatedRequest(declaration.view, lookup=lookup)


def find_cached_view(request: WSGIRequest, user: ImpersonatedUser) -> tuple[Any, Declaration]:
    """The view set that has accepted the request, and its declaration. Raises NotCached."""
    try:
        request.get_host()
        principal_directory().impersonate(request, user)
        view = build_view(request, resolve(request.path_info))
        declaration = declaration_of(view, view.request) if view else None
        if declaration is None:
            raise NotCached("this view caches nothing")
        view.initial(view.request, *view.args, **view.kwargs)
    except Resolver404:
        raise NotCached(f"there is no {request.path}") from None
    except DisallowedHost:
        host = request.META["HTTP_HOST"]
        raise NotCached(f"ALLOWED_HOSTS does not allow the host {host}") from None
    except (APIException, Http404, PermissionDenied) as refusal:
        raise NotCached(f"the view refuses: {refusal}") from None
    return view, declaration


def build_view(request: WSGIRequest, match: ResolverMatch) -> Any:
    """The view set as its own `as_view` sets it up; None if the route has another kind of view."""
    view_class = getattr(match.func, "cls", None)
    actions = getattr(match.func, "actions", None)
    if view_class is None or not actions:
        return None
    view = view_class(**match.func.initkwargs)  # type: ignore[attr-defined]
    view.action_map = actions
    view.args, view.kwargs = match.args, match.kwargs
    view.request = view.initialize_request(request, *match.args, **match.kwargs)
    view.headers = view.default_response_headers
    return view


# --- Cached lists -------------------------------------------------------------------------------
def cached_list_paths() -> list[str]:
    return sorted(reverse(name) for name in cached_list_names(get_resolver()))


def cached_list_names(resolver: URLResolver) -> set[str]:
    names: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            names |= cached_list_names(pattern)
            continue
        actions = getattr(pattern.callback, "actions", None) or {}
        list_method = getattr(getattr(pattern.callback, "cls", None), "list", None)
        if actions.get("get") == "list" and hasattr(list_method, "declared_for"):
            names.add(str(pattern.name))
    return names
