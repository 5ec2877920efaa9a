"""Watches what a request asks the database, so that a forgotten dependency cannot be stored.

Every statement must resolve wholly to tables that the view declares. What cannot be read, any
write, and the clock where it is not declared, make the response one that is served but not kept.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

WRITE = "(write)"
UNREADABLE = "(unreadable)"
CLOCK = "(clock)"

# Together, since each may hold what looks like the beginning of another.
_TOKEN = re.compile(r"""('(?:[^']|'')*')|("[^"]*")|(--[^\n]*|/\*.*?\*/)""", re.S)
_WORD = re.compile(r'"([^"]+)"|([A-Za-z_][A-Za-z0-9_]*)')
_READS = re.compile(r"\s*\(?\s*(?:SELECT|WITH|VALUES)\b", re.I)
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|CALL|DO|LOCK)\b", re.I)
_SOURCE = re.compile(r'\b(?:FROM|JOIN)\s+(?:ONLY\s+|LATERAL\s+)?("[^"]+"|[A-Za-z_][\w.]*|\()', re.I)
_COMMA_JOIN = re.compile(r'\bFROM\s+[\w".]+(?:\s+(?:AS\s+)?[\w"]+)?\s*,', re.I)
_NAMED = re.compile(
    r'(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)("[^"]+"|\w+)\s*(?:\([^)]*\)\s*)?AS\s*\(', re.I
)
_CLOCK = re.compile(
    r"\b(?:now\s*\(|(?:clock|statement|transaction)_timestamp\s*\(|current_(?:time|date|timestamp)\b"
    r"|localtime(?:stamp)?\b|random\s*\(|pg_sleep"
    r"|(?:date|time|datetime|julianday|unixepoch)\s*\(\s*\))"
    r"|'(?:now|today|tomorrow|yesterday)'",  # SQLite's strftime(..., 'now'), PostgreSQL's casts
    re.I,
)


class Recording:
    """What one request has read so far: tables, and the words above for what has none."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        if not getattr(_active, "paused", False):
            self.seen |= tables_of(sql)
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


def current() -> Recording | None:
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


@lru_cache(maxsize=2048)
def tables_of(sql: str) -> frozenset[str]:
    """The tables that a statement reads; UNREADABLE or WRITE among them where it may do more."""
    text = _TOKEN.sub(lambda found: "''" if found[1] else found[2] or " ", str(sql))
    if not _READS.match(text) or _WRITES.search(_unquoted(text)):
        return frozenset({WRITE})
    known = known_tables()
    found = {quoted or bare for quoted, bare in _WORD.findall(text)} & known
    if _CLOCK.search(_TOKEN.sub(lambda found: found[1] or found[2] or " ", str(sql))):
        found.add(CLOCK)
    named = {name.strip('"') for name in _NAMED.findall(text)}
    sources = {source.strip('"') for source in _SOURCE.findall(text)} - {"("}
    if _COMMA_JOIN.search(text) or not sources <= known | named:
        found.add(UNREADABLE)
    return frozenset(found)


def _unquoted(text: str) -> str:
    """Without quoted names: a column may be called "update"."""
    return re.sub(r'"[^"]*"', '""', text)


@cache
def known_tables() -> frozenset[str]:
    return frozenset(m._meta.db_table for m in apps.get_models(include_auto_created=True))


_read_clock = timezone.now


def _now() -> Any:
    """`timezone.now()`, which tells the recording, if there is one, that the clock was read."""
    record = getattr(_active, "recording", None)
    if record is not None:
        record.seen.add(CLOCK)
    return _read_clock()
