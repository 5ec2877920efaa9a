"""The parts that a person has in a register, for those who take the person out of it."""

from typing import Any

from openrisk.accounts.models import Membership
from openrisk.links import page_url
from risks.models import Asset, Mitigation, Risk
from risks.text import count_text

MOST_NAMED = 10
PARTS: tuple[tuple[str, Any, str, str, str], ...] = (
    ("Owns", Risk, "owner", "risk", "reference"),
    ("Is assigned", Risk, "assignee", "risk", "reference"),
    ("Reviews", Risk, "reviewer", "risk", "reference"),
    ("Owns", Mitigation, "owner", "mitigation", "reference"),
    ("Owns", Asset, "owner", "asset", "name"),
)


def describe_responsibilities(membership: Membership) -> list[str]:
    """Return "Owns 2 risks: R-0001, R-0002" and the like, and what becomes of them; [] for none."""
    organization = membership.organization
    sentences = []
    for verb, model, role, noun, column in PARTS:
        rows = model.objects.for_organization(organization).filter(**{role: membership.user})
        names = list(rows.order_by(column).values_list(column, flat=True)[:MOST_NAMED])
        if names:
            count = rows.count()
            more = " ..." if count > MOST_NAMED else ""
            sentences.append(f"{verb} {count_text(count, noun)}: {', '.join(names)}{more}")
    if sentences:
        address = page_url("risk-list", organization.slug)
        sentences.append(
            "All of these keep the name, marked as no longer a member, and managers get the "
            f"reminders. Hand them over, before or after: {address}?former_member=true"
        )
    return sentences
