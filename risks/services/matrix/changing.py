"""Change the matrix: every risk follows, in the same transaction."""

from math import prod
from typing import Any

from openrisk.accounts.models import Organization, User
from openrisk.database.statements import allow_long_statements
from risks.history import recorded
from risks.models import Category, Matrix, Risk
from risks.services import rows
from risks.services.matrix.checks import Levels, check_fields
from risks.services.matrix.mapping import RatingMap, read_map, refuse_ratings_outside, sizes_of
from risks.services.matrix.rescoring import map_other_ratings, rescore_risks

FIELDS = (
    "levels",
    *("likelihood_labels", "impact_labels", "likelihood_descriptions", "impact_descriptions"),
    *("level_descriptions", "colours"),
)


def update_matrix(
    *,
    actor: User | None,
    instance: Matrix,
    version: int | None = None,
    mapping: dict[str, list[int]] | None = None,
    convert_appetites: bool = False,
    **fields: Any,
) -> Matrix:
    """Change the matrix, and give every risk its rating, score and level by it, set-based.

    `mapping` has the new rating of each present one, by "likelihood" and "impact"; it is needed
    where something is rated outside of a smaller matrix. `convert_appetites` keeps the share of
    the highest score that each category may have; without it, appetites stay as they are, at most
    the highest score.
    """
    with recorded(actor=actor, comment="Matrix changed"):
        matrix = rows.lock_for_update(instance, version)
        check_fields(matrix, fields)
        before = matrix.levels
        levels = fields.get("levels", before)
        rating_map = read_map(matrix, levels, mapping)
        is_rescored = levels != before or not rating_map.is_identity
        if is_rescored:
            allow_long_statements()
            wait_for_writes(matrix.organization)
            refuse_ratings_outside(matrix.organization, rating_map, levels)
        rows.save_fields(matrix, fields)
        if is_rescored:
            rescore_all(matrix, before, rating_map)
            if sizes_of(before) != sizes_of(levels):
                change_appetites(matrix, before, convert=convert_appetites)
    return matrix


def rescore_all(matrix: Matrix, before: Levels, rating_map: RatingMap) -> None:
    """Bring everything that is rated to the matrix, from the levels `before`."""
    rescore_risks(matrix.organization, before, matrix.levels, rating_map)
    map_other_ratings(matrix.organization, rating_map)


def wait_for_writes(organization: Organization) -> None:
    """Let writes under way finish, which took their levels from the old matrix; hold up new ones.

    A new risk first takes a number and a change first locks its risk, so both are locked here.
    """
    rows.allocate_numbers(organization, "R", 0)
    list(Risk.objects.for_organization(organization).select_for_update().values_list("pk"))


def change_appetites(matrix: Matrix, before: Levels, *, convert: bool) -> None:
    """Bring the appetites of categories to the scores of the matrix."""
    categories = Category.objects.for_organization(matrix.organization).exclude(appetite=None)
    for category in categories.select_for_update():
        assert category.appetite is not None  # noqa: S101  as the query asks
        appetite = new_appetite(category.appetite, before, matrix.levels, convert=convert)
        if appetite != category.appetite:
            category.organization = matrix.organization
            rows.save_fields(category, {"appetite": appetite})


def new_appetite(appetite: int, before: Levels, levels: Levels, *, convert: bool) -> int:
    """Return the appetite for another matrix: the same share of its highest score, rounded down,
    or the same score."""
    highest, new_highest = (prod(sizes_of(matrix)) for matrix in (before, levels))
    return max(1, appetite * new_highest // highest) if convert else min(appetite, new_highest)
