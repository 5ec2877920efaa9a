"""What goes when rows are deleted, counted by the database instead of loaded."""

from collections import Counter
from typing import Any

from django.db.models import CASCADE, Model, QuerySet

from risks.models import RiskAsset, RiskControl, RiskTag

LINKS = (RiskTag, RiskAsset, RiskControl)  # a part of the risk for people


def deletion_summary(objs: Any) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
    """As `ModelAdmin.get_deleted_objects`: names, counts, permissions lacking, protected rows.

    No permission is lacking: whoever may delete a row may delete what is part of it.
    """
    chosen = list(objs)
    counts: Counter[str] = Counter({str(type(chosen[0])._meta.verbose_name_plural): len(chosen)})
    for model, number in count_parts(chosen).items():
        counts[str(model._meta.verbose_name_plural)] += number
    return [str(obj) for obj in chosen], dict(counts), set(), []


def describe_parts(obj: Model) -> str:
    """What goes with `obj`: "2 mitigations, 1 acceptance"; empty where nothing does."""
    return ", ".join(
        f"{number} {model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural}"
        for model, number in count_parts([obj]).items()
        if model not in LINKS
    )


def count_parts(objs: list[Any]) -> dict[type[Model], int]:
    """How many rows of which model are deleted with these."""
    counts: dict[type[Model], int] = {}
    model = type(objs[0])
    _count(model._default_manager.filter(pk__in=[obj.pk for obj in objs]), counts)
    return counts


def _count(rows: QuerySet[Any], counts: dict[type[Model], int]) -> None:
    for relation in rows.model._meta.related_objects:
        if relation.on_delete is not CASCADE:
            continue
        parts = relation.related_model._default_manager.filter(
            **{f"{relation.field.name}__in": rows.order_by().values("pk")}
        )
        if number := parts.count():
            counts[relation.related_model] = counts.get(relation.related_model, 0) + number
            _count(parts, counts)
