"""Values of runs in words."""

from typing import Any

from django import template

from risks.text import shorten_text

register = template.Library()
LONGEST = 400


@register.filter
def said(value: Any) -> str:
    """A value of JSON, as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, "", []):
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return shorten_text(text, LONGEST)


@register.filter
def field(name: str) -> str:
    return name.replace("_", " ")
