"""The look of pages that a person chose: cookies, which the server reads without a query."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from openrisk.pages.menu import build_menu, section_of
from openrisk.pages.settings.sections import build_settings_menu

LASTS = 365 * 24 * 3600  # seconds
# Each with its values; the first is the one without a cookie.
CHOICES = {
    "theme": ("system", "light", "dark"),
    "density": ("comfortable", "compact"),
    "side-bar": ("expanded", "collapsed"),
}


def shell_of_page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `display`, the chosen looks by name, and the menus of bar and settings."""
    display = {
        name.replace("-", "_"): chosen if chosen in values else values[0]
        for name, values in CHOICES.items()
        for chosen in [request.COOKIES.get(f"openrisk_{name}")]
    }
    return {
        "display": display,
        "menu": lambda: build_menu(request),
        "section": lambda: section_of(request),
        "settings_menu": lambda: build_settings_menu(request),
    }


@require_POST
def choose_display(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen and go back to the page; a script does the same without a request."""
    destination = request.headers.get("Referer", "")
    is_safe = url_has_allowed_host_and_scheme(destination, {request.get_host()})
    response = HttpResponseRedirect(destination if is_safe else "/")
    for name, values in CHOICES.items():
        if request.POST.get(name) in values:
            response.set_cookie(
                f"openrisk_{name}",
                request.POST[name],
                max_age=LASTS,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
    return response
