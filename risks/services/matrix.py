"""The matrix, and re-banding the register when it changes."""

from typing import Any

from django.db.models import Case, Count, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from risks.history import recorded
from risks.models import Level, Matrix, Risk
from risks.scoring import KINDS, SCALE
from risks.services import rows

CELLS = [(likelihood, impact) for likelihood in SCALE for impact in SCALE]


def matrix_of(organization: Organization) -> Matrix:
    """Return the organization's matrix, read once per instance; created when first needed."""
    try:
        return organization.matrix
    except Matrix.DoesNotExist:
        return Matrix.objects.get_or_create(organization=organization)[0]


def update_matrix(
    *, actor: User | None, instance: Matrix, version: int | None = None, **fields: Any
) -> Matrix:
    """Change the matrix and re-band every risk in the same transaction, set-based."""
    check_fields(fields)
    with recorded(actor=actor, comment="Matrix changed"):
        matrix = rows.lock_for_update(instance, version)
        wait_for_writes(matrix.organization)
        before = matrix.levels
        rows.save_fields(matrix, fields)
        changed = [
            cell for cell in CELLS if level_of(before, cell) != level_of(matrix.levels, cell)
        ]
        if changed:
            reband_risks(matrix, changed)
    return matrix


def wait_for_writes(organization: Organization) -> None:
    """Let writes under way finish, which took their levels from the old matrix; hold up new ones.

    A new risk first takes a number and a change first locks its risk, so both are locked here.
    """
    rows.allocate_numbers(organization, "R", 0)
    list(Risk.objects.for_organization(organization).select_for_update().values_list("pk"))


def preview_levels(organization: Organization, levels: list[list[str]]) -> dict[str, Any]:
    """Count the risks whose current level would change with `levels`, by old and new level."""
    check_fields({"levels": levels})
    matrix = matrix_of(organization)
    counts = (
        Risk.objects.for_organization(organization)
        .filter(current_score__isnull=False)
        .order_by()
        .values_list("current_likelihood", "current_impact")
        .annotate(count=Count("pk"))
    )
    moves: dict[tuple[str, str], int] = {}
    for likelihood, impact, count in counts:
        before, after = (level_of(grid, (likelihood, impact)) for grid in (matrix.levels, levels))
        if before != after:
            moves[before, after] = moves.get((before, after), 0) + count
    return {
        "changed": sum(moves.values()),
        "moves": [
            {"from": before, "to": after, "count": count}
            for (before, after), count in sorted(moves.items())
        ],
    }


def level_of(levels: list[list[str]], cell: tuple[int, int]) -> str:
    """Return the level of a cell (likelihood, impact)."""
    return levels[cell[0] - 1][cell[1] - 1]


def reband_risks(matrix: Matrix, changed: list[tuple[int, int]]) -> None:
    """Give the risks in changed cells their new levels, with one statement."""
    kinds = (*KINDS, "current")
    affected = Q()
    for kind in kinds:
        for cell in changed:
            affected |= cell_condition(kind, cell)
    Risk.objects.for_organization(matrix.organization).filter(affected).update(
        **{f"{kind}_level": level_expression(kind, matrix) for kind in kinds},
        version=F("version") + 1,
        updated_at=timezone.now(),
    )


def cell_condition(kind: str, cell: tuple[int, int]) -> Q:
    """Return the condition that a score is in a cell."""
    return Q(**{f"{kind}_likelihood": cell[0], f"{kind}_impact": cell[1]})


def level_expression(kind: str, matrix: Matrix) -> Case:
    """Return the expression for the level of a score, null where it is not assessed."""
    whens = (
        When(cell_condition(kind, cell), then=Value(level_of(matrix.levels, cell)))
        for cell in CELLS
    )
    return Case(*whens, default=Value(None))


def check_fields(fields: dict[str, Any]) -> None:
    """Raise where levels, labels or colours are incomplete."""
    if "levels" in fields:
        check_levels(fields["levels"])
    for name in ("likelihood_labels", "impact_labels"):
        if name in fields:
            labels = fields[name]
            full = isinstance(labels, list) and len(labels) == len(SCALE)
            if not full or not all(isinstance(label, str) and label for label in labels):
                raise rows.field_error(name, _("Give five texts, from the lowest to the highest."))
    if "colours" in fields and set(fields["colours"] or ()) != set(Level.values):
        raise rows.field_error(
            "colours",
            _("Give a colour for each of %(levels)s.") % {"levels": ", ".join(Level.values)},
        )


def check_levels(levels: Any) -> None:
    """Raise where levels are not five rows of five that only rise."""
    square = isinstance(levels, list) and len(levels) == len(SCALE)
    if not square or any(not isinstance(row, list) or len(row) != len(SCALE) for row in levels):
        raise rows.field_error(
            "levels", _("Give five rows (likelihood 1 to 5) of five levels each.")
        )
    ranks = {level: rank for rank, level in enumerate(Level.values)}
    if any(not isinstance(level, str) or level not in ranks for row in levels for level in row):
        raise rows.field_error(
            "levels", _("Each level is one of %(levels)s.") % {"levels": ", ".join(Level.values)}
        )
    for likelihood, impact in CELLS:
        for lower in ((likelihood - 1, impact), (likelihood, impact - 1)):
            if (
                min(lower)
                and ranks[level_of(levels, lower)] > ranks[level_of(levels, (likelihood, impact))]
            ):
                raise rows.field_error(
                    "levels",
                    _(
                        "Likelihood %(likelihood)s, impact %(impact)s has a lower level than a "
                        "cell with a lower rating. Levels may only rise."
                    )
                    % {"likelihood": likelihood, "impact": impact},
                )
