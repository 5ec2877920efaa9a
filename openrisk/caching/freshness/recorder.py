"""Watches what a request asks the database, so that a forgotten dependency cannot be stored.

Every statement must resolve wholly to tables that the view declares. What cannot be read, any
write, and the clock where it is not declared, make the response one that is served but not kept.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from openrisk.caching.freshness.sql_dependencies import CLOCK, dependencies_of


class Recording:
    """What one request has read so far, as `statements` says it."""

    def __init__(self) -> None:
        self.dependencies: set[str] = set()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        if not getattr(_active, "paused", False):
            self.dependencies |= dependencies_of(sql)
        return execute(sql, params, *rest)


_active = threading.local()


@contextmanager
def recording() -> Iterator[Recording]:
    """Record the statements of this thread on the default connection, and its looks at the clock.

    Django's function is replaced with the first recording, not before: `makemigrations` would
    take the other one for a changed default.
    """
    timezone.now = _now
    outer = getattr(_active, "recording", None)
    record = Recording()
    _active.recording = record
    try:
        with connection.execute_wrapper(record):
            yield record
    finally:
        _active.recording = outer
        if outer is not None:  # statements reach both by themselves, what is noted does not
            outer.dependencies |= record.dependencies


def record_dependency(word: str) -> None:
    """Something that is no statement was looked at."""
    if record := current_recording():
        record.dependencies.add(word)


def current_recording() -> Recording | None:
    """What has been recorded since the request began."""
    return getattr(_active, "recording", None)


@contextmanager
def unrecorded() -> Iterator[None]:
    """For bookkeeping that no cached response shows, such as the day of a token's last use."""
    _active.paused = True
    try:
        yield
    finally:
        _active.paused = False


class RecorderMiddleware:
    """Records from the beginning of each request to the API: what runs before a view counts too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        with recording():
            return self.get_response(request)


_read_clock = timezone.now


def _now() -> Any:
    """`timezone.now()`, which tells the recording, if there is one, that the clock was read."""
    record_dependency(CLOCK)
    return _read_clock()
