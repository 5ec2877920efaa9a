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
        # Over a request that it sees is secure, Django sends the same by itself.
        if self._is_behind_tls(request):
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        cache_control = response.get("Cache-Control", "")
        if "Content-Disposition" in response and (not cache_control or "private" in cache_control):
            response["Cache-Control"] = "private, no-store"
        elif not cache_control:
            response["Cache-Control"] = "private, no-cache"
        if "private" in response["Cache-Control"]:
            patch_vary_headers(response, CREDENTIALS)
        return response

    def _is_behind_tls(self, request: HttpRequest) -> bool:
        """By its address, where no proxy is named that could say how the request came."""
        if settings.TRUSTED_PROXIES or request.headers.get("X-Forwarded-Proto") == "http":
            return False
        return request.META.get("HTTP_HOST", "") in self.tls_hosts
