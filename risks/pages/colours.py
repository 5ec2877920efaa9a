"""The colours of the organization's matrix: as a style sheet of custom properties, and judged."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
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
    red, green, blue = linear_channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear_channels(colour: str) -> list[float]:
    """Return red, green and blue of #rrggbb in proportion to light, 0 to 1."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]


# --- Judging colours ----------------------------------------------------------------------------
ENOUGH_CONTRAST = 4.5  # of text, WCAG 2.2 AA
LOOK_ALIKE = 20  # distance in CIELAB below which two areas are hard to tell apart


@dataclass(frozen=True)
class ColourReport:
    """The text colour that a level gets, and its contrast."""

    level: Level
    text: str  # of the text: "black" or "white"
    contrast: float

    @property
    def is_enough(self) -> bool:
        return self.contrast >= ENOUGH_CONTRAST


def describe_colours(colours: Mapping[str, str]) -> dict[str, list[object]]:
    """Return a report for each valid colour, and warnings about neighbours that look alike."""
    valid = {level: colours[level] for level in Level if _COLOUR.fullmatch(colours.get(level, ""))}
    reports: list[object] = []
    for level, colour in valid.items():
        is_dark_text = text_colour_on(colour) == "#000"
        contrast = contrast_of(colour, "#000000" if is_dark_text else "#ffffff")
        reports.append(ColourReport(level, _("black") if is_dark_text else _("white"), contrast))
    warnings: list[object] = [
        _("%(first)s and %(second)s look alike. Choose colours that differ more.")
        % {"first": first.label, "second": second.label}
        for first, second in pairwise(valid)
        if distance(valid[first], valid[second]) < LOOK_ALIKE
    ]
    return {"reports": reports, "warnings": warnings}


def contrast_of(first: str, second: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, 1 to 21."""
    dark, light = sorted(map(relative_luminance, (first, second)))
    return (light + 0.05) / (dark + 0.05)


def distance(first: str, second: str) -> float:
    """Return how different two colours look: the distance in CIELAB, some 2 if hardly at all."""
    return float(
        sum((a - b) ** 2 for a, b in zip(to_lab(first), to_lab(second), strict=True)) ** 0.5
    )


def to_lab(colour: str) -> tuple[float, float, float]:
    """Return the colour in CIELAB for daylight (D65)."""
    red, green, blue = linear_channels(colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (
        value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116
        for value in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
