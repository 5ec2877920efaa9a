"""Records what a request reads, so that a response with a forgotten dependency is not stored.

Each statement must resolve wholly to tables that the view declares. A statement that cannot be
understood, a write, and the clock where it is not declared, make a response that is sent but not
stored. `sql_dependencies` has the names of all of these.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from openrisk.caching.freshness.sql_dependencies import CLOCK, dependencies_of


class Recording:
    """The dependencies of one request so far; called with each of its statements."""

    def __init__(self) -> None:
        self.dependencies: set[str] = set()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        if not getattr(_active, "paused", False):
            self.dependencies |= dependencies_of(sql)
        return execute(sql, params, *rest)


_active = threading.local()


@contextmanager
def recording() -> Iterator[Recording]:
    """Record this thread's statements on the default connection, and its reads of the clock."""
    patch_clock()
    outer = getattr(_active, "recording", None)
    record = Recording()
    _active.recording = record
    try:
        with connection.execute_wrapper(record):
            yield record
    finally:
        _active.recording = outer
        if outer is not None:  # statements reach both by themselves, other dependencies do not
            outer.dependencies |= record.dependencies


@contextmanager
def unrecorded() -> Iterator[None]:
    """For bookkeeping that no cached response shows, such as the day of a token's last use."""
    _active.paused = True
    try:
        yield
    finally:
        _active.paused = False


def record_dependencies(dependencies: Iterable[str]) -> None:
    """Record something that no statement shows."""
    if record := current_recording():
        record.dependencies |= set(dependencies)


def recorded_dependencies() -> frozenset[str]:
    """All that was recorded since the request began."""
    record = current_recording()
    return frozenset(record.dependencies) if record else frozenset()


def current_recording() -> Recording | None:
    return getattr(_active, "recording", None)


class RecorderMiddleware:
    """Records from the beginning of each request to the API: what runs before a view counts too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        with recording():
            return self.get_response(request)


# --- The clock ----------------------------------------------------------------------------------
_read_clock = timezone.now


def patch_clock() -> None:
    """Replace Django's `timezone.now`, for the whole process: the recorder must see each read.

    A function of ours that views are asked to call would miss exactly the view that forgets it,
    and the reads of libraries; hooks of the interpreter (sys.setprofile) cost each call of any
    function. It is done with the first recording and not at import: `makemigrations` would take
    the other function for a changed default. Decision 28 has the alternatives.
    """
    timezone.now = _recorded_now


def _recorded_now() -> Any:
    record_dependencies({CLOCK})
    return _read_clock()
