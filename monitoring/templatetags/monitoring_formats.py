"""Figures of the cache as people read them."""

from django import template
from django.template.defaultfilters import filesizeformat

from openrisk.caching.inspection.statistics import ViewFigures

register = template.Library()
NONE = "\N{EN DASH}"


@register.filter
def format_percent(share: float | None) -> str:
    """A share from 0 to 1; only what is all of it is 100 %."""
    if share is None:
        return NONE
    return f"{100 * (min(share, 0.999) if share < 1 else 1):.1f} %"


@register.filter
def format_milliseconds(seconds: float | None) -> str:
    return NONE if seconds is None else f"{seconds * 1000:,.1f} ms"


@register.filter
def format_size(figures: ViewFigures) -> str:
    """The bytes that this process keeps for a view."""
    return filesizeformat(figures.bytes) if figures.entries else NONE


@register.filter
def format_duration(value: float) -> str:
    """A time span, in its own unit: 42 s, 5 min, 2 h."""
    for size, unit in ((3600, "h"), (60, "min")):
        if value >= size:
            return f"{value / size:.1f} {unit}".replace(".0 ", " ")
    return f"{value:.0f} s"
