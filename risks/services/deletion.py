"""Rows that are deleted with others, counted by the database instead of loaded, and what a member
who is removed leaves behind."""

from collections import Counter
from typing import Any

from django.db.models import CASCADE, Model, QuerySet

from openrisk.accounts.models import Membership
from openrisk.links import page_url
from risks.models import Asset, Mitigation, Risk, RiskAsset, RiskControl, RiskTag
from risks.text import count_text

LINKS = (RiskTag, RiskAsset, RiskControl)  # for people a part of the risk
MOST_NAMED = 10
PARTS: tuple[tuple[str, Any, str, str, str], ...] = (
    ("Owns", Risk, "owner", "risk", "reference"),
    ("Is assigned", Risk, "assignee", "risk", "reference"),
    ("Reviews", Risk, "reviewer", "risk", "reference"),
    ("Owns", Mitigation, "owner", "mitigation", "reference"),
    ("Owns", Asset, "owner", "asset", "name"),
)


def deletion_summary(objs: Any) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
    """Return, as `ModelAdmin.get_deleted_objects`: names, counts, missing permissions, protected.

    No permission is missing: a person who may delete a row may delete its parts.
    """
    chosen = list(objs)
    counts: Counter[str] = Counter({str(type(chosen[0])._meta.verbose_name_plural): len(chosen)})
    for model, number in count_parts(chosen).items():
        counts[str(model._meta.verbose_name_plural)] += number
    return [str(obj) for obj in chosen], dict(counts), set(), []


def describe_parts(obj: Model) -> str:
    """Return the rows deleted with `obj`: "2 mitigations, 1 acceptance"; "" without any."""
    return ", ".join(
        f"{number} {model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural}"
        for model, number in count_parts([obj]).items()
        if model not in LINKS
    )


def count_parts(objs: list[Any]) -> dict[type[Model], int]:
    """Return the number of rows deleted with these objects, by model."""
    counts: Counter[type[Model]] = Counter()

    def count_related(rows: QuerySet[Any]) -> None:
        for relation in rows.model._meta.related_objects:
            if relation.on_delete is not CASCADE:
                continue
            parts = relation.related_model._default_manager.filter(
                **{f"{relation.field.name}__in": rows.order_by().values("pk")}
            )
            if number := parts.count():
                counts[relation.related_model] += number
                count_related(parts)

    model = type(objs[0])
    count_related(model._default_manager.filter(pk__in=[obj.pk for obj in objs]))
    return counts


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
