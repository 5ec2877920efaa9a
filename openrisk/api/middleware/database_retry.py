"""Retries a safe request once when its database connection is lost; else the answer is 503."""

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from psycopg import errors

from openrisk.request_state import DATABASE_LOST

LOST_ERRORS = (OperationalError, InterfaceError)
SAFE = ("GET", "HEAD")


def is_lost(error: BaseException | None) -> bool:
    """Whether the database did not answer, or cannot be written to, so that asking again helps."""
    return (isinstance(error, LOST_ERRORS) and not is_too_large(error)) or _is_read_only(error)


def is_too_large(error: BaseException | None) -> bool:
    """Class 54 of PostgreSQL's errors, e.g. a text with more words than its search index takes."""
    return str(getattr(error and error.__cause__, "sqlstate", "") or "").startswith("54")


def lost_cause(error: BaseException | None) -> BaseException | None:
    """The database error behind an error that is answered with 503; None for any other."""
    while error is not None and not is_lost(error):
        error = error.__cause__ or error.__context__
    return error


def _is_read_only(error: BaseException | None) -> bool:
    """On a standby, which took the place of the primary or was taken for it."""
    return isinstance(getattr(error, "__cause__", None), errors.ReadOnlySqlTransaction)


def describe_loss(error: BaseException | None) -> str:
    """A sentence for people."""
    if isinstance(getattr(error, "__cause__", None), errors.LockNotAvailable):
        return "Something else is writing this, and takes long. Try again in a moment."
    if _is_read_only(error):
        return "The database cannot be written to at the moment. Try again in a moment."
    return "The database does not answer. Try again in a moment."


def mark_lost(request: HttpRequest, error: BaseException | None = None) -> None:
    """This request failed because of the database.

    A connection to a standby is not used again: the next one finds the primary.
    """
    request.META[DATABASE_LOST] = describe_loss(error)
    if _is_read_only(error) and not connection.in_atomic_block:
        if connection.connection is not None:
            connection.connection.close()  # or a pool would hand it to the next request
        connection.close()


def is_marked_lost(request: HttpRequest) -> bool:
    return DATABASE_LOST in request.META


def connect_signals() -> None:
    got_request_exception.connect(
        mark_lost_by_exception, dispatch_uid="openrisk.api.middleware.database_retry"
    )


def mark_lost_by_exception(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """For what the API's own handler does not see: middleware, pages, the admin."""
    error = sys.exc_info()[1]
    if request is not None and is_lost(error):
        mark_lost(request, error)


class RetrySafeRequestOnce:
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
        if environ.get(DATABASE_LOST):
            response.close()
            environ.clear()
            environ.update(before)
            response = self.application(environ, lambda *given: started.append(given))
        start_response(*started[-1])
        return response


class ShortenDatabaseErrors(logging.Filter):
    """A request that the database did not answer is one short line of the log, no traceback.

    The code is not at fault, and there may be thousands.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if cause := lost_cause(error):
            line = " ".join(str(cause).split())[:200] or type(cause).__name__
            record.msg, record.args = "Not answered by the database: %s", (line,)
            record.exc_info = record.exc_text = None
        return True
