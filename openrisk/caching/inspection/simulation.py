"""Asks the application in somebody's place, in this process: for the commands of the cache."""

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
from django.urls.resolvers import URLPattern, URLResolver
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
    """The URL cannot be asked; the message says what to write."""


def default_base_url() -> str:
    """Where `manage.py serve` answers on its own machine: the host of URLs that name none."""
    return f"http://127.0.0.1:{settings.PORT}/"


def build_request(url: str, base: str) -> WSGIRequest:
    """A GET of `url`, which may be relative to `base`. Raises BadUrl."""
    try:
        parts = urlsplit(urljoin(base, url))
        port = parts.port
    except ValueError as error:
        raise BadUrl(f"{url!r} is no URL: {error}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadUrl(f"{url!r} is no URL: write http://host/path, or a path such as /api/v1/risks/")
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


# --- Asking -------------------------------------------------------------------------------------
class _Application(BaseHandler):
    """Django with all its middleware; whom the request is from is said, not proven."""

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        principal_directory().impersonate(request, request.META[IMPERSONATED_USER])
        return super().resolve_request(request)


@cache
def _application() -> _Application:
    application = _Application()
    application.load_middleware()
    return application


def send_request(
    request: WSGIRequest, person: ImpersonatedUser, *, bypass: bool = False
) -> HttpResponseBase:
    """The answer to `request`, computed anew and not stored with `bypass`."""
    request.META[IMPERSONATED_USER] = person
    if bypass:
        request.META[BYPASS_CACHE] = True
    return _application().get_response(request)


# --- Where it belongs ---------------------------------------------------------------------------
@dataclass(frozen=True)
class LocatedRequest:
    """What a request means to the cache: `lookup`, or the `reason` why it has no place there."""

    view: str = ""
    reason: str = ""
    lookup: CacheLookup | None = None


class _Nowhere(Exception):
    """The request does not reach a cached view; the message says why."""


def locate_request(request: WSGIRequest, person: ImpersonatedUser) -> LocatedRequest:
    """Everything that happens before a view runs, and not the view. Reads no row of its data."""
    try:
        view, declaration = _located(request, person)
    except _Nowhere as why:
        return LocatedRequest(reason=str(why))
    if reason := bypass_reason(view, view.request):
        return LocatedRequest(declaration.view, reason)
    return LocatedRequest(
        declaration.view, lookup=build_lookup(view.request, declaration, view.kwargs.get("pk"))
    )


def _located(request: WSGIRequest, person: ImpersonatedUser) -> tuple[Any, Declaration]:
    try:
        request.get_host()
        principal_directory().impersonate(request, person)
        view = _view(request, resolve(request.path_info))
        declaration = declaration_of(view, view.request) if view else None
        if declaration is None:
            raise _Nowhere("this view caches nothing")
        view.initial(view.request, *view.args, **view.kwargs)
    except Resolver404:
        raise _Nowhere(f"there is no {request.path}") from None
    except DisallowedHost:
        host = request.META["HTTP_HOST"]
        raise _Nowhere(f"ALLOWED_HOSTS does not allow the host {host}") from None
    except (APIException, Http404, PermissionDenied) as refused:
        raise _Nowhere(f"the view refuses: {refused}") from None
    return view, declaration


def _view(request: WSGIRequest, match: ResolverMatch) -> Any:
    """The view set as its own `as_view` sets it up; None where the route has another kind."""
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


# --- What there is ------------------------------------------------------------------------------
def cached_list_paths() -> list[str]:
    """The paths of all cached lists."""
    return sorted(reverse(name) for name in _list_names(get_resolver()))


def _list_names(resolver: URLResolver) -> set[str]:
    names: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            names |= _list_names(pattern)
        elif _is_cached_list(pattern):
            names.add(str(pattern.name))
    return names


def _is_cached_list(pattern: URLPattern) -> bool:
    action = getattr(pattern.callback, "actions", None) or {}
    view_class = getattr(pattern.callback, "cls", None)
    return action.get("get") == "list" and hasattr(
        getattr(view_class, "list", None), "declared_for"
    )
