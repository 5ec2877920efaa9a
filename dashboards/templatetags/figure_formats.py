"""Figures as people read them."""

from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

MINUS = "\N{MINUS SIGN}"


@register.filter
def format_figure(value: float | None) -> str:
    """`1,234`, `7.9`, or that nobody has measured it."""
    return "not measured" if value is None else f"{value:,}"


@register.filter
def format_change(value: float | None) -> str:
    """With its sign, or nothing where nothing changed or nobody knows."""
    if not value:
        return ""
    return f"{'+' if value > 0 else MINUS}{abs(value):,}"


@register.filter
def day_rows(days: list[dict[str, Any]], names: str) -> SafeString:
    """A row of a table for each day: its date, and what it has under `names`.

    `{{ days|day_rows:"open,done" }}`. A year of days in a template takes longer than all the rest
    of the page.
    """
    columns = names.split(",")
    row = '<tr><th scope="row">{}</th>' + '<td class="numeric">{}</td>' * len(columns) + "</tr>"
    return format_html_join(
        "\n", row, ((day["date"], *(day[name] for name in columns)) for day in days)
    )
