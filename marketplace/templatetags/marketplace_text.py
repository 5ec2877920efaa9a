"""Filters that show the values of runs."""

from typing import Any

from django import template

from risks.text import shorten_text

register = template.Library()
MAX_LENGTH = 400


@register.filter
def display_value(value: Any) -> str:
    """A JSON value as text for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, "", []):
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return shorten_text(text, MAX_LENGTH)


@register.filter
def field_label(name: str) -> str:
    return name.replace("_", " ")
