"""The register's values in words and colour, and what every page may need to say."""

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

WORDS = {
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
    """`{{ row.status|word:"status" }}`: what people call this value."""
    return WORDS[kind].get(str(value), str(value))


@register.inclusion_tag("risks/_level.html")
def level(value: str | None, score: int | None = None) -> dict[str, Any]:
    """A level in a word and its colour, with the score where there is one."""
    return {"level": value, "score": score}


@register.simple_tag
def request_id() -> str:
    """The id to report a failure with."""
    return current_request_id()
