"""OpenRisk with a view that takes half a second, one that takes no time, and figures of its memory.

`/api/v1/bench/slow/` and `/api/v1/bench/page/` are cached like any other view; `/state` says how
often the first computed and what the process keeps.
"""

import json
import time
from collections.abc import Iterable
from typing import Any

from openrisk.wsgi import application as openrisk

# isort: split
# Django is ready from here on.
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk import urls as project
from openrisk.api.viewsets import OrganizationViewSet
from openrisk.caching import fast_path, lookup
from openrisk.caching.decorators import cached_view
from openrisk.caching.storage.local import LocalStore
from risks.api.filters import CategoryFilterSet
from risks.api.serializers.risks import CategorySerializer
from risks.models import Category

SECONDS = 0.5
computes: list[float] = []


class SlowViewSet(OrganizationViewSet):
    model = Category
    serializer_class = CategorySerializer
    filterset_class = CategoryFilterSet

    @cached_view("bench", ttl=300, reads=(Category,))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        computes.append(time.time())
        time.sleep(SECONDS)
        return Response({"results": []})


class PageViewSet(SlowViewSet):
    """A kilobyte a page, as many pages as are asked for."""

    @cached_view("bench-page", ttl=3600, reads=(Category,))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response({"results": [{"page": request.query_params["page"], "text": "." * 1_000}]})


project.urlpatterns[:0] = [
    path("api/v1/bench/slow/", SlowViewSet.as_view({"get": "list"})),
    path("api/v1/bench/page/", PageViewSet.as_view({"get": "list"})),
]


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/state":
        return openrisk(environ, start_response)
    body = json.dumps(state()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def state() -> dict[str, int]:
    kept: dict[str, LocalStore[Any]] = {
        "entries": lookup.local_entries,
        "routes": fast_path.known_routes,
        "callers": fast_path.known_principals,
    }
    return {
        "computes": len(computes),
        **{name: len(memory) for name, memory in kept.items()},
        "bytes": sum(memory.size for memory in kept.values()),
        "budget": sum(memory.budget for memory in kept.values()),
    }
