"""Headers that keep what is answered between the browser and this server."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponse]
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope",
        "magnetometer", "microphone", "midi", "payment", "usb",
    )
)  # fmt: skip
CREDENTIALS = ("Authorization", "Cookie", "X-Organization")


class PrivacyHeadersMiddleware:
    """Strict-Transport-Security over TLS, Permissions-Policy, Cache-Control where no view said it.

    Downloads are not stored by any cache: they would stay on the disk of a shared computer.
    Pages are kept, but not shown again without asking (`no-cache`): with `no-store` the browser's
    "back" would reload them, and what was typed into a form would be gone.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        origins = map(urlsplit, settings.CSRF_TRUSTED_ORIGINS)
        self.tls_hosts = {origin.netloc for origin in origins if origin.scheme == "https"}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = PERMISSIONS
        # Over a request that it sees is secure, Django sends the same by itself. Here the address
        # decides, where no proxy is trusted to say how the request came.
        says_http = request.headers.get("X-Forwarded-Proto") == "http"
        is_tls_host = request.META.get("HTTP_HOST", "") in self.tls_hosts
        if is_tls_host and not says_http and not settings.TRUSTED_PROXIES:
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        cache_control = response.get("Cache-Control", "")
        if "Content-Disposition" in response and (not cache_control or "private" in cache_control):
            response["Cache-Control"] = "private, no-store"
        elif not cache_control:
            response["Cache-Control"] = "private, no-cache"
        if "private" in response["Cache-Control"]:
            patch_vary_headers(response, CREDENTIALS)
        return response
