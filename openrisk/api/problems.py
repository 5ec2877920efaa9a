"""Errors as `application/problem+json` (RFC 9457), everywhere under /api/."""

import errno
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import Error as DatabaseError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import Error, ErrorResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from openrisk.api.middleware import database_retry
from openrisk.api.renderers import to_json
from openrisk.errors import Conflict, DomainError, FileTooLarge, InvalidParameters, StaleVersion
from openrisk.telemetry.request_ids import current_request_id

CONTENT_TYPE = "application/problem+json"
READ_AWAY = 100 * 1024 * 1024
READ_AWAY_PIECE = 256 * 1024


# The HTTP status of each refusal of the domain.
DOMAIN_STATUS = {
    Conflict: status.HTTP_409_CONFLICT,
    StaleVersion: status.HTTP_412_PRECONDITION_FAILED,
    FileTooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
}


class DomainProblem(exceptions.APIException):
    """A refusal of the domain, as the API answers it."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(str(error), error.code)
        self.status_code = next(
            code for kind, code in DOMAIN_STATUS.items() if isinstance(error, kind)
        )
        reasons = {"reasons": list(error.reasons)} if isinstance(error, Conflict) else {}
        self.extensions = {**reasons, **error.details}


class PreconditionRequired(exceptions.APIException):
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "version_required"
    default_detail = "Say which version you saw: send If-Match with its ETag, or a version."


class BodyTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = (
        f"A body has at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2} MB. "
        "Send it in several requests."
    )


class TooManyLogins(exceptions.APIException):
    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "too_many_logins"

    def __init__(self, detail: str, wait: int) -> None:
        super().__init__(detail)
        self.wait = wait


class DatabaseUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "database_unavailable"
    default_detail = "The database does not answer. Try again in a moment."

    wait = 1  # seconds, for Retry-After


class StorageFull(exceptions.APIException):
    status_code = status.HTTP_507_INSUFFICIENT_STORAGE
    default_code = "storage_full"
    default_detail = "The server's disk is full. Tell your operator; nothing was changed."


class UnknownParameter(exceptions.ValidationError):
    """A query parameter that the endpoint does not have, or a value it cannot use."""

    default_code = "parameter"


class ProblemFormatter(ExceptionFormatter):
    def get_errors(self) -> list[Error]:
        return list(flatten_errors(self.exc.detail))

    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        first = error_response.errors[0]
        body = build_problem(self.exc.status_code, first.detail, code=first.code)
        if isinstance(self.exc, exceptions.ValidationError):
            count = len(error_response.errors)
            body["detail"] = f"{count} error{'s' * (count != 1)} in the request, see errors."
            body["code"] = "invalid"
            location = "parameter" if isinstance(self.exc, UnknownParameter) else "pointer"
            body["errors"] = [
                {
                    location: _locate(error.attr, location),
                    "code": error.code,
                    "detail": error.detail,
                }
                for error in error_response.errors
            ]
        # What RFC 9457 calls extension members: details for programs.
        return body | getattr(self.exc, "extensions", {})


def flatten_errors(detail: Any, path: tuple[str, ...] = ()) -> list[Error]:
    """Flatten DRF's nested details; list items carry their index in the path."""
    if isinstance(detail, dict):
        return [
            error
            for key, value in detail.items()
            for error in flatten_errors(value, (*path, str(key)))
        ]
    if isinstance(detail, list):
        errors = []
        for index, item in enumerate(detail):
            below = path if isinstance(item, str) else (*path, str(index))
            errors += flatten_errors(item, below)
        return errors
    return [Error(getattr(detail, "code", "invalid"), str(detail), "/".join(path))]


def _locate(attr: str | None, kind: str) -> str:
    path = (attr or "").removesuffix("non_field_errors").strip("/")
    return path if kind == "parameter" else f"/{path}" if path else ""


class ProblemHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, InvalidParameters):
            exc = UnknownParameter(exc.errors)
        elif isinstance(exc, DomainError):
            exc = DomainProblem(exc)
        elif isinstance(exc, DjangoValidationError):
            exc = exceptions.ValidationError(as_serializer_error(exc))
        elif isinstance(exc, PermissionDenied):
            exc = exceptions.PermissionDenied(str(exc) or None)
        elif isinstance(exc, RequestDataTooBig):
            exc = BodyTooLarge()
        elif isinstance(exc, SuspiciousOperation):
            exc = exceptions.ParseError(f"{exc} Send a smaller or simpler request.")
        elif isinstance(exc, DatabaseError):
            exc = self.convert_database_error(exc)
        return super().convert_known_exceptions(exc)

    def convert_database_error(self, exc: DatabaseError) -> Exception:
        if database_retry.is_too_large(exc):
            return exceptions.ValidationError(
                "A text is more than the database can index. Shorten it."
            )
        if isinstance(exc, ProtectedError):
            reason = "Other rows still need this one. Remove or change those first."
            return DomainProblem(Conflict(reason))
        if isinstance(exc, IntegrityError):
            # Serializers and services check first; this is the race that only the database sees.
            reason = "Another change at the same moment conflicts. Read again and repeat."
            return DomainProblem(Conflict(reason))
        if not database_retry.is_lost(exc):
            return exc
        if request := self.context.get("request"):
            database_retry.mark_lost(request, exc)
        return DatabaseUnavailable(database_retry.describe_loss(exc))

    def convert_unhandled_exceptions(self, exc: Exception) -> exceptions.APIException:
        if isinstance(exc, exceptions.APIException):
            return exc
        if isinstance(exc, OSError) and exc.errno in (errno.ENOSPC, errno.EDQUOT):
            return StorageFull()
        return exceptions.APIException(
            f"Something went wrong. Report the request id {current_request_id()} to your operator."
        )

    def get_response(self, exc: exceptions.APIException, data: Any) -> Response:
        response = super().get_response(exc, data)
        response.content_type = CONTENT_TYPE
        request = self.context["request"]
        if request and exc.status_code == status.HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            drain_body(request._request)
        return response


def drain_body(request: HttpRequest) -> None:
    """Take in what is left of a body, up to READ_AWAY bytes, and forget it.

    The server closes a connection whose body was not read, and a client that is still sending then
    reports a broken pipe instead of our answer. One that asks before it sends need not send.
    """
    if request.headers.get("Expect"):
        return
    left = READ_AWAY
    with suppress(OSError):  # the client has gone
        while left > 0 and (piece := request.read(READ_AWAY_PIECE)):
            left -= len(piece)


def problem_for(error: Exception) -> dict[str, Any]:
    """The problem body that `error` would be answered with."""
    handler = ProblemHandler(error, {})  # type: ignore[typeddict-item]
    return handler.format_exception(
        handler.convert_unhandled_exceptions(handler.convert_known_exceptions(error))
    )


def build_problem(status_code: int, detail: str, *, code: str = "") -> dict[str, Any]:
    """The body of one problem; `code` is for programs, `detail` for people."""
    status_name = HTTPStatus(status_code)
    return {
        "type": "about:blank",
        "title": status_name.phrase,
        "status": status_code,
        "detail": detail,
        "code": code or status_name.name.lower(),
        "request_id": current_request_id(),
    }


def problem_response(code: int, detail: str) -> HttpResponse:
    """A problem outside of any DRF view (no route, a refused host, a failure in middleware)."""
    return HttpResponse(
        to_json(build_problem(code, detail)), status=code, content_type=CONTENT_TYPE
    )


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
