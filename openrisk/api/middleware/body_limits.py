"""The limits of `openrisk.server.limits` for other servers than ours, which has refused before.

A server that reads bodies while Django runs must not let them be written anywhere first.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from openrisk.api.problems import drain_body, is_api, problem_response
from openrisk.server.limits import limit_for

LENGTH_REQUIRED = "The body came in parts, which this server does not read. Send a Content-Length."


class BodyLimitMiddleware:
    """Refuses a body by its headers: 413 where it is too large, 411 where its length is unknown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limit = limit_for(request.path)
        if request.headers.get("Transfer-Encoding"):
            return _refusal(request, 411, LENGTH_REQUIRED)
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit.size:
            drain_body(request)
            return _refusal(request, 413, limit.sentence)
        return self.get_response(request)


def _refusal(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    if is_api(request):
        return problem_response(status, detail)
    return HttpResponse(f"<h1>OpenRisk</h1><p>{detail}</p>", status=status)


class FileUploadHandler(TemporaryFileUploadHandler):
    """Takes files where files are expected, and refuses them unread elsewhere."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.request and not limit_for(self.request.path).takes_files:
            raise RequestDataTooBig("This address takes no files.")
        super().new_file(*args, **kwargs)
