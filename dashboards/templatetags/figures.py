"""Figures as people read them."""

from typing import Any

from django import template

register = template.Library()

MINUS = "\N{MINUS SIGN}"


@register.filter
def figure(value: float | None) -> str:
    """`1,234`, `7.9`, or that nobody has measured it."""
    return "not measured" if value is None else f"{value:,}"


@register.filter
def change(value: float | None) -> str:
    """With its sign, or nothing where nothing changed or nobody knows."""
    if not value:
        return ""
    return f"{'+' if value > 0 else MINUS}{abs(value):,}"


@register.filter
def at(row: dict[str, Any], name: str) -> Any:
    """`{{ row|at:name }}`"""
    return row[name]
