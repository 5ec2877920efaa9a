"""Rows that are deleted with others, counted by the database instead of loaded."""

from collections import Counter
from typing import Any

from django.db.models import CASCADE, Model, QuerySet

from risks.models import RiskAsset, RiskControl, RiskTag

LINKS = (RiskTag, RiskAsset, RiskControl)  # for people a part of the risk


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
