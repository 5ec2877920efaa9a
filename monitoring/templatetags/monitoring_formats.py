"""Template filters of the monitoring pages: shares, times and sizes as people read them."""

from django import template
from django.template.defaultfilters import filesizeformat

from openrisk.caching.inspection.statistics import ViewFigures

register = template.Library()
NOTHING = "\N{EN DASH}"


@register.filter
def format_percent(share: float | None) -> str:
    """Format a share from 0 to 1. Only a full share is 100 %: 0.9999 is 99.9 %."""
    if share is None:
        return NOTHING
    return f"{100 * (min(share, 0.999) if share < 1 else 1):.1f} %"


@register.filter
def format_milliseconds(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds * 1000:,.1f} ms"


@register.filter
def format_size(figures: ViewFigures) -> str:
    """Format the bytes that this process keeps for a view."""
    return filesizeformat(figures.bytes) if figures.entries else NOTHING


@register.filter
def format_duration(value: float) -> str:
    """Format a time span in a fitting unit: 42 s, 5 min, 2 h."""
    for size, unit in ((3600, "h"), (60, "min")):
        if value >= size:
            return f"{value / size:.1f} {unit}".replace(".0 ", " ")
    return f"{value:.0f} s"
