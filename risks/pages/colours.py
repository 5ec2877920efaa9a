"""The colours of the organization's matrix, as a style sheet of custom properties."""

import re

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.models import Level, Matrix
from risks.services.matrix import matrix_of

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@require_safe
@member_required(Role.VIEWER)
def matrix_css(request: MemberRequest) -> HttpResponse:
    """Set the colours of the levels on `:root`; css/tokens.css has defaults for invalid ones."""
    matrix = matrix_of(request.membership.organization)
    rules = [
        f"--{level}: {colour}; --{level}-text: {text_colour_on(colour)};"
        for level in Level.values
        if (colour := valid_colour_of(matrix, level))
    ]
    response = HttpResponse(
        f":root {{ {' '.join(rules)} }}\n", content_type="text/css; charset=utf-8"
    )
    response["ETag"] = f'"{matrix.pk.hex}.{matrix.version}"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def valid_colour_of(matrix: Matrix, level: str) -> str:
    """Return #rrggbb, or an empty string if the stored text is not a colour."""
    colour = str(matrix.colours.get(level, ""))
    return colour if _COLOUR.fullmatch(colour) else ""


def text_colour_on(colour: str) -> str:
    """Black or white, the one with more contrast on `colour` (#rrggbb): 4.5 to 1 or more."""
    light = relative_luminance(colour)
    return "#000" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "#fff"


def relative_luminance(colour: str) -> float:
    """The luminance as WCAG 2.2 defines it, 0 to 1."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
