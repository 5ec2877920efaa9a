"""Take back the last change of the matrix, by what the history says of it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import User
from openrisk.database.statements import allow_long_statements
from openrisk.errors import Conflict
from risks import scoring
from risks.fields import RATINGS
from risks.history import recorded
from risks.history.reading import changes_of
from risks.models import Category, Change, ChangeAction, Matrix, Risk
from risks.services import rows
from risks.services.links import refresh_priority
from risks.services.matrix.changing import FIELDS, rescore_all, wait_for_writes
from risks.services.matrix.mapping import RatingMap, identity_map, propose_map, sizes_of

BATCH = 500
_WRITTEN = [
    *RATINGS,
    *(f"{kind}_{part}" for kind in scoring.KINDS for part in ("score", "level")),
    *(f"current_{part}" for part in ("likelihood", "impact", "score", "level")),
    "version",
    "updated_at",
]


def last_change(matrix: Matrix) -> Change | None:
    """Return the change that can be undone; None where the matrix is as it was made."""
    change = changes_of(matrix.pk).first()
    return change if change and change.action == ChangeAction.UPDATED else None


def undo_change(
    *, actor: User | None, matrix: Matrix, change_id: int, version: int | None = None
) -> Matrix:
    """Give the matrix the values from before its last change, and risks their ratings of then.

    A rating that someone has changed since stays; where the former matrix has no such rating, it
    is converted in proportion. Raises Conflict if the matrix was changed again.
    """
    with recorded(actor=actor, comment="Change of the matrix undone"):
        allow_long_statements()
        matrix = rows.lock_for_update(matrix, version)
        change = last_change(matrix)
        if change is None or change.pk != change_id:
            raise Conflict(_("The matrix was changed again since. Undo the later change first."))
        before = matrix.levels
        fields = {name: change.changes[name][0] for name in FIELDS if name in change.changes}
        levels = fields.get("levels", before)
        wait_for_writes(matrix.organization)
        rows.save_fields(matrix, fields)
        restore_appetites(matrix, change)
        rating_map = map_back(before, levels)
        rescore_all(matrix, before, rating_map)
        restore_ratings(matrix, change, rating_map)
    return matrix


def map_back(before: list[list[str]], levels: list[list[str]]) -> RatingMap:
    """Return the map for ratings that the history does not restore."""
    if all(new >= old for old, new in zip(sizes_of(before), sizes_of(levels), strict=True)):
        return identity_map(before)
    return propose_map(Matrix(levels=before), levels)


def restore_appetites(matrix: Matrix, change: Change) -> None:
    """Give categories their appetite from before, unless someone has changed it since."""
    changes = made_with(change, Category)
    by_id = {row.object_id: row.changes["appetite"] for row in changes if "appetite" in row.changes}
    categories = Category.objects.for_organization(matrix.organization).filter(pk__in=by_id)
    for category in categories.select_for_update():
        before, after = by_id[category.pk]
        if category.appetite == after:
            category.organization = matrix.organization
            rows.save_fields(category, {"appetite": before})


def made_with(change: Change, model: Any) -> Any:
    """Return the changes of rows of a model that were made in the same transaction."""
    return Change.objects.filter(
        organization=change.organization_id,
        id__gt=change.pk,  # the matrix is written first
        model=model._meta.label_lower,
        at=change.at,
    ).order_by("id")


def restore_ratings(matrix: Matrix, change: Change, rating_map: RatingMap) -> None:
    """Give risks the ratings that the change took from them, unless someone has rated them since.

    `rating_map` has been applied to what they were rated by then.
    """
    for batch in batches_of(change):
        restored = []
        for risk in Risk.objects.for_organization(matrix.organization).filter(pk__in=batch):
            former = {
                name: before
                for name, (before, after) in batch[risk.pk].items()
                if getattr(risk, name) == rating_map.rating(name, after)
            }
            if not any(getattr(risk, name) != value for name, value in former.items()):
                continue
            for name, value in former.items():
                setattr(risk, name, value)
            scoring.rescore(risk, matrix)
            risk.version += 1
            risk.updated_at = timezone.now()
            restored.append(risk)
        # An upsert of rows that exist and are locked, as importing writes them.
        Risk.objects.bulk_create(
            restored, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN
        )
        refresh_priority(matrix.organization, [risk.pk for risk in restored])


def batches_of(change: Change) -> Iterator[dict[UUID, dict[str, Any]]]:
    """Yield the ratings before and after by risk and field, for risks that the change re-rated."""
    batch: dict[UUID, dict[str, Any]] = {}
    rerated = made_with(change, Risk).filter(changes__has_any_keys=list(RATINGS))
    for object_id, changes in rerated.values_list("object_id", "changes").iterator(BATCH):
        batch[object_id] = {name: changes[name] for name in RATINGS if name in changes}
        if len(batch) == BATCH:
            yield batch
            batch = {}
    if batch:
        yield batch
