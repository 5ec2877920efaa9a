"""The project's routes, and cached views whose body is what the test says."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from openrisk.caching.decorators import cached_view, per_user
from openrisk.urls import handler400, handler500
from openrisk.urls import urlpatterns as project
from risks.models import Asset

__all__ = ["handler400", "handler500"]
SHARED, OWN, DAY = "/api/sample/shared/", "/api/sample/own/", "/api/sample/day/"


class SampleViewSet(ViewSet):
    """`behaviour(request)` returns the data, or a whole response."""

    behaviour: Callable[[Request], Any] = staticmethod(lambda request: {})

    def query_names(self) -> set[str]:
        return {"page", "today"}

    def _answer(self, request: Request) -> Response | HttpResponseBase:
        result = type(self).behaviour(request)
        return result if isinstance(result, HttpResponseBase) else Response(result)

    @cached_view("sample-shared", ttl=60, reads=(Asset,))
    def list(self, request: Request) -> Any:
        return self._answer(request)

    @cached_view("sample-own", ttl=60, reads=(Asset,), scope=per_user)
    def own(self, request: Request) -> Any:
        return self._answer(request)

    @cached_view("sample-day", ttl=60, reads=(Asset,), clock={"today": "day"})
    def day(self, request: Request) -> Any:
        return self._answer(request)


urlpatterns = [
    *(
        path(url.removeprefix("/"), SampleViewSet.as_view({"get": action, "head": action}))
        for url, action in ((SHARED, "list"), (OWN, "own"), (DAY, "day"))
    ),
    *project,
]
