"""Middleware for every request: its id, the real client behind a trusted proxy, the CSP."""

import ipaddress
import re
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from openrisk.api.parsers import NULL_CHARACTER
from openrisk.api.problems import is_api, problem_response
from openrisk.request_state import ROUTE
from openrisk.telemetry.request_ids import set_request_id

GetResponse = Callable[[HttpRequest], HttpResponse]
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'{admin_styles}; "
    "script-src 'self'{admin_scripts}; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


class RequestIdMiddleware:
    """Takes `X-Request-ID` or makes one, for logs, history and the response."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE_ID.fullmatch(given) else str(uuid.uuid4())
        set_request_id(request_id)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            set_request_id("")
        if request.resolver_match is not None:  # names are the code's, so there are only so many
            request.META[ROUTE] = request.resolver_match.view_name or "unnamed"
        response["X-Request-ID"] = request_id
        return response


class TrustedProxyMiddleware:
    """Believes `X-Forwarded-For` and `-Proto` from the addresses in TRUSTED_PROXIES only."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.networks = [ipaddress.ip_network(proxy) for proxy in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.networks and self._is_trusted(request.META.get("REMOTE_ADDR", "")):
            if client := self._client(request.headers.get("X-Forwarded-For", "")):
                request.META["REMOTE_ADDR"] = client
            if request.headers.get("X-Forwarded-Proto") == "https":
                request.META["wsgi.url_scheme"] = "https"
        return self.get_response(request)

    def _client(self, forwarded: str) -> str | None:
        """The last address that is not one of our proxies: those before it may be invented."""
        for address in reversed([part.strip() for part in forwarded.split(",")]):
            if not self._is_trusted(address):
                return address if _is_address(address) else None
        return None

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(
            ipaddress.ip_address(address) in network for network in self.networks
        )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class NullCharacterMiddleware:
    """Refuses null characters in addresses and forms, which no database and no name can hold.

    JSON is looked into by its parser.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return self._refuse(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        """A form has been read by now: its token was looked for."""
        if is_api(request) or request.method != "POST":
            return None
        texts = (text for name, values in request.POST.lists() for text in (name, *values))
        return self._refuse(request) if any("\0" in str(text) for text in texts) else None

    def _refuse(self, request: HttpRequest) -> HttpResponse:
        if is_api(request):
            return problem_response(400, NULL_CHARACTER)
        return defaults.bad_request(request, BadRequest(NULL_CHARACTER))


class ContentSecurityPolicyMiddleware:
    """No script and no style from within a page, and no evaluated text, but in the admin.

    There Alpine, which unfold is made with, evaluates the expressions in its templates; they hold
    no data of users. Its build without evaluation takes no statements, which the templates have.
    Styles stand within its pages: colours of the theme, and widths that a script has measured. Its
    scripts are all files, so an injected one is refused here too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Content-Security-Policy" in response:  # a download has a stricter one
            return response
        is_admin = request.path.startswith("/admin/")
        response["Content-Security-Policy"] = _POLICY.format(
            admin_styles=" 'unsafe-inline'" if is_admin else "",
            admin_scripts=" 'unsafe-eval'" if is_admin else "",
        )
        return response
