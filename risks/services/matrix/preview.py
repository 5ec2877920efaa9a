"""Preview of a matrix: which risks would move, and which categories would be above appetite."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from openrisk.accounts.models import Organization
from risks.models import Level, Matrix, Risk
from risks.scoring import score
from risks.services.matrix.changing import new_appetite
from risks.services.matrix.checks import Cell, Levels, check_levels, level_of
from risks.services.matrix.mapping import (
    RatingMap,
    read_map,
    refuse_ratings_outside,
    sizes_of,
)
from risks.services.matrix.reading import matrix_of
from risks.services.matrix.rescoring import (
    affected_condition,
    cell_condition,
    moved_cells,
    new_level_of,
)

MOST_SHOWN = 20  # risks by name


@dataclass(frozen=True)
class MovedRisk:
    """A risk whose current level would change."""

    risk: Risk
    score: int | None
    level: str


@dataclass(frozen=True)
class CategoryAppetite:
    """A category with an appetite, and its open risks above it, now and with the new matrix."""

    name: str
    appetite: int
    new_appetite: int
    above: int
    new_above: int


@dataclass(frozen=True)
class MatrixPreview:
    """The changes that a matrix would bring. `levels` are (level, risks now, risks then)."""

    rated: int
    changed: int
    moves: list[dict[str, Any]]
    levels: list[tuple[Level, int, int]]
    risks: list[MovedRisk]
    categories: list[CategoryAppetite] = field(default_factory=list)

    @property
    def above(self) -> int:
        """The number of categories with a risk above appetite now."""
        return sum(category.above > 0 for category in self.categories)

    @property
    def new_above(self) -> int:
        return sum(category.new_above > 0 for category in self.categories)


def preview_levels(
    organization: Organization, levels: Levels, mapping: dict[str, list[int]] | None = None
) -> dict[str, Any]:
    """Count the risks whose current level would change with `levels`, by old and new level."""
    matrix, rating_map = prepare(organization, levels, mapping)
    return count_moves(count_by_cell(organization), matrix.levels, levels, rating_map)


def preview_matrix(
    organization: Organization,
    levels: Levels,
    mapping: dict[str, list[int]] | None = None,
    *,
    convert_appetites: bool = False,
) -> MatrixPreview:
    """Return what `levels` would change: six queries at most, whatever the number of risks."""
    matrix, rating_map = prepare(organization, levels, mapping)
    before, counts = matrix.levels, count_by_cell(organization)
    moves = count_moves(counts, before, levels, rating_map)
    now: dict[str, int] = dict.fromkeys(Level.values, 0)
    then = dict(now)
    for cell, count in counts.items():
        now[level_of(before, cell)] += count
        then[new_level_of(levels, rating_map.cell(cell)) or level_of(before, cell)] += count
    is_resized = sizes_of(before) != sizes_of(levels) or not rating_map.is_identity
    affected = affected_condition(before, levels, rating_map)
    risks = Risk.objects.for_organization(organization)
    return MatrixPreview(
        rated=risks.filter(affected).count() if affected else 0,
        **moves,
        levels=[(level, now[level.value], then[level.value]) for level in Level],
        risks=first_moved(organization, before, levels, rating_map) if moves["changed"] else [],
        categories=compare_appetites(
            organization, before, levels, rating_map, convert=convert_appetites
        )
        if is_resized
        else [],
    )


def prepare(
    organization: Organization, levels: Levels, mapping: dict[str, list[int]] | None
) -> tuple[Matrix, RatingMap]:
    """Return the matrix and the map; raise where `update_matrix` would."""
    check_levels(levels)
    matrix = matrix_of(organization)
    rating_map = read_map(matrix, levels, mapping)
    refuse_ratings_outside(organization, rating_map, levels)
    return matrix, rating_map


def count_by_cell(organization: Organization) -> dict[Cell, int]:
    """Count the risks by their current likelihood and impact. One query."""
    counts = (
        Risk.objects.for_organization(organization)
        .filter(current_score__isnull=False)
        .order_by()
        .values_list("current_likelihood", "current_impact")
        .annotate(count=Count("pk"))
    )
    return {(likelihood, impact): count for likelihood, impact, count in counts}


def count_moves(
    counts: dict[Cell, int], before: Levels, levels: Levels, rating_map: RatingMap
) -> dict[str, Any]:
    """Return how many risks go from which level to which."""
    moves: dict[tuple[str, str], int] = {}
    for cell, count in counts.items():
        old = level_of(before, cell)
        new = new_level_of(levels, rating_map.cell(cell)) or old
        if old != new:
            moves[old, new] = moves.get((old, new), 0) + count
    return {
        "changed": sum(moves.values()),
        "moves": [
            {"from": old, "to": new, "count": count} for (old, new), count in sorted(moves.items())
        ],
    }


def first_moved(
    organization: Organization, before: Levels, levels: Levels, rating_map: RatingMap
) -> list[MovedRisk]:
    """Return the risks of the highest priority whose current level would change."""
    moved = Q()
    for cell in moved_cells(before, levels, rating_map):
        moved |= cell_condition("current", cell)
    risks = Risk.objects.for_organization(organization).filter(moved)
    shown = []
    for risk in risks.order_by("-priority", "-number")[:MOST_SHOWN]:
        new = rating_map.cell((risk.current_likelihood, risk.current_impact))
        shown.append(MovedRisk(risk, score(*new), level_of(levels, new)))
    return shown


def compare_appetites(
    organization: Organization,
    before: Levels,
    levels: Levels,
    rating_map: RatingMap,
    *,
    convert: bool,
) -> list[CategoryAppetite]:
    """Return each category with an appetite; those that change sides come first."""
    counts = (
        Risk.objects.for_organization(organization)
        .open()
        .filter(category__appetite__isnull=False, current_score__isnull=False)
        .order_by()
        .values_list("category__name", "category__appetite", "current_likelihood", "current_impact")
        .annotate(count=Count("pk"))
    )
    above: dict[tuple[str, int], list[int]] = {}
    for name, appetite, likelihood, impact, count in counts:
        numbers = above.setdefault((name, appetite), [0, 0])
        new_likelihood, new_impact = rating_map.cell((likelihood, impact))
        highest = new_appetite(appetite, before, levels, convert=convert)
        numbers[0] += count * (likelihood * impact > appetite)
        numbers[1] += count * (new_likelihood * new_impact > highest)
    categories = [
        CategoryAppetite(
            name, appetite, new_appetite(appetite, before, levels, convert=convert), now, then
        )
        for (name, appetite), (now, then) in above.items()
    ]
    return sorted(categories, key=lambda row: (row.above == row.new_above, row.name.casefold()))
