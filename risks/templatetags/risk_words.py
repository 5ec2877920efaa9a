"""Tags and filters of templates: labels of values, levels in colour, the id of the request."""

from decimal import Decimal
from typing import Any

from django import template

from openrisk.telemetry.request_ids import current_request_id
from risks.models import (
    AcceptanceStatus,
    ControlStatus,
    Criticality,
    FindingState,
    Level,
    MitigationStatus,
    Severity,
    Status,
    Treatment,
)

register = template.Library()

LABELS = {
    kind: {str(value): str(label) for value, label in choices.choices}
    for kind, choices in (
        ("status", Status),
        ("treatment", Treatment),
        ("level", Level),
        ("criticality", Criticality),
        ("control", ControlStatus),
        ("severity", Severity),
        ("finding", FindingState),
        ("mitigation", MitigationStatus),
        ("acceptance", AcceptanceStatus),
    )
}


@register.filter
def choice_label(value: Any, kind: str) -> str:
    """Return the label of a value: `{{ row.status|choice_label:"status" }}`."""
    return LABELS[kind].get(str(value), str(value))


@register.filter
def number(value: int) -> str:
    """Return a whole number as people read it: 1,214."""
    return f"{value:,}"


@register.filter
def amount(value: Decimal) -> str:
    """Return an amount of money as people write it: 50,900 or 12.50."""
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


@register.inclusion_tag("risks/_level.html")
def level(value: str | None, score: int | None = None) -> dict[str, Any]:
    """The label of a level in its colour, with the score if there is one."""
    return {"level": value, "score": score}


@register.simple_tag
def request_id() -> str:
    """The id of this request, for reports of failures."""
    return current_request_id()
