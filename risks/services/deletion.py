"""What goes when rows are deleted, counted by the database instead of loaded."""

from typing import Any

from django.db.models import CASCADE, QuerySet


def what_goes(objs: Any) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
    """As `ModelAdmin.get_deleted_objects`: names, counts, permissions lacking, protected rows.

    No permission is lacking: whoever may delete a row may delete what is part of it.
    """
    chosen = list(objs)
    model = type(chosen[0])
    counts = {str(model._meta.verbose_name_plural): len(chosen)}
    _count(model._default_manager.filter(pk__in=[obj.pk for obj in chosen]), counts)
    return [str(obj) for obj in chosen], counts, set(), []


def _count(rows: QuerySet[Any], counts: dict[str, int]) -> None:
    for relation in rows.model._meta.related_objects:
        if relation.on_delete is not CASCADE:
            continue
        parts = relation.related_model._default_manager.filter(
            **{f"{relation.field.name}__in": rows.order_by().values("pk")}
        )
        if number := parts.count():
            name = str(relation.related_model._meta.verbose_name_plural)
            counts[name] = counts.get(name, 0) + number
            _count(parts, counts)
