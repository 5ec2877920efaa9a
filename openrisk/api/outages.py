"""When the database goes away in the middle of a request: read again once, else say so."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest

LOST = (OperationalError, InterfaceError)
NOTED = "openrisk.database_lost"  # in the WSGI environ
SAFE = ("GET", "HEAD")


def note(request: HttpRequest) -> None:
    """This request failed because the database did not answer."""
    request.META[NOTED] = True


def is_noted(request: HttpRequest) -> bool:
    return NOTED in request.META


def connect() -> None:
    got_request_exception.connect(_on_exception, dispatch_uid="openrisk.api.outages")


def _on_exception(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """For what the API's own handler does not see: middleware, pages, the admin."""
    if request is not None and isinstance(sys.exc_info()[1], LOST):
        note(request)


class ReadOnceMore:
    """A WSGI application that repeats a safe request whose database connection was lost.

    Django opens a new connection for the next request, so a server that restarted or moved costs
    its readers nothing. A write is not repeated: it may have been committed.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in SAFE:
            return self.application(environ, start_response)
        started: list[tuple[Any, ...]] = []
        before = dict(environ)
        response: Any = self.application(environ, lambda *given: started.append(given))
        if environ.get(NOTED):
            response.close()
            environ.clear()
            environ.update(before)
            response = self.application(environ, lambda *given: started.append(given))
        start_response(*started[-1])
        return response
