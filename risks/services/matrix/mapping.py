"""Mapping: what each likelihood and impact becomes when their number changes."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.accounts.models import Organization
from risks.models import (
    FindingRule,
    LikelihoodSuggestion,
    Matrix,
    ProposalStatus,
    Risk,
    RiskProposal,
    SuggestionStatus,
)
from risks.scoring import KINDS, convert_rating
from risks.services.matrix.checks import AXES, Cell, Levels
from risks.services.rows import field_error


@dataclass(frozen=True)
class RatingMap:
    """The new rating of each old one, from 1: `likelihood[4 - 1]` is what likelihood 4 becomes."""

    likelihood: tuple[int, ...]
    impact: tuple[int, ...]

    def cell(self, cell: Cell) -> Cell:
        """Return where the risks of a cell go."""
        return self.likelihood[cell[0] - 1], self.impact[cell[1] - 1]

    def rating(self, name: str, rating: int | None) -> int | None:
        """Return what a rating becomes, by the name of its field."""
        if rating is None:
            return None
        return (self.likelihood if name.endswith("likelihood") else self.impact)[rating - 1]

    @property
    def is_identity(self) -> bool:
        """Return whether every rating stays as it is."""
        return all(new == old for axis in AXES for old, new in enumerate(getattr(self, axis), 1))

    def as_json(self) -> dict[str, list[int]]:
        return {axis: list(getattr(self, axis)) for axis in AXES}


def identity_map(levels: Levels) -> RatingMap:
    """Return the map that leaves every rating as it is."""
    return RatingMap(*(tuple(range(1, size + 1)) for size in sizes_of(levels)))


def propose_map(matrix: Matrix, levels: Levels) -> RatingMap:
    """Return the map that keeps the ends, and what is between them in proportion."""
    old, new = sizes_of(matrix.levels), sizes_of(levels)
    return RatingMap(
        *(
            tuple(convert_rating(rating, size, new_size) for rating in range(1, size + 1))
            for size, new_size in zip(old, new, strict=True)
        )
    )


def read_map(matrix: Matrix, levels: Levels, mapping: Any) -> RatingMap:
    """Return the map of `mapping`, {"likelihood": [1, 2, 3, 4, 4], ...}; without it, no rating
    changes. An axis that is left out keeps its ratings.

    Raises where it does not lead onto the new scale, or turns the order of ratings around.
    """
    parts = []
    for axis, size, new_size in zip(AXES, sizes_of(matrix.levels), sizes_of(levels), strict=True):
        values = (mapping or {}).get(axis)
        if values is None:
            parts.append(tuple(range(1, size + 1)))
            continue
        is_on_scale = len(values) == size and all(1 <= value <= new_size for value in values)
        if not is_on_scale or list(values) != sorted(values):
            raise field_error(
                "mapping",
                _(
                    "Give for each of the %(size)s present ratings of %(axis)s a new one from 1 to "
                    "%(new_size)s. A higher rating must not become a lower one."
                )
                % {"size": size, "axis": axis_name(axis), "new_size": new_size},
            )
        parts.append(tuple(values))
    return RatingMap(*parts)


def axis_name(axis: str) -> str:
    return _("likelihood") if axis == "likelihood" else _("impact")


def sizes_of(levels: Levels) -> tuple[int, int]:
    """Return the number of likelihoods and of impacts."""
    return len(levels), len(levels[0])


def refuse_ratings_outside(
    organization: Organization, rating_map: RatingMap, levels: Levels
) -> None:
    """Raise where risks, rules, proposals or suggestions would be rated outside of a matrix."""
    sizes = dict(zip(AXES, sizes_of(levels), strict=True))
    outside = {
        axis: [old for old, new in enumerate(getattr(rating_map, axis), 1) if new > sizes[axis]]
        for axis in AXES
    }
    if not any(outside.values()):
        return
    risks = count_rated(organization, outside)
    others = count_others_rated(organization, outside)
    if not risks and not others:
        return
    found = [
        ngettext("%(count)s risk", "%(count)s risks", risks) % {"count": f"{risks:,}"}
        if risks
        else "",
        ngettext(
            "%(count)s rule, proposal or suggestion",
            "%(count)s rules, proposals or suggestions",
            others,
        )
        % {"count": f"{others:,}"}
        if others
        else "",
    ]
    raise field_error(
        "mapping",
        _(
            "Ratings outside of a matrix of %(likelihoods)s x %(impacts)s: %(found)s. Choose what "
            "these ratings become."
        )
        % {
            "likelihoods": sizes["likelihood"],
            "impacts": sizes["impact"],
            "found": ", ".join(filter(None, found)),
        },
    )


def count_rated(organization: Organization, ratings: dict[str, list[int]]) -> int:
    """Count the risks with one of these likelihoods or impacts, of any kind."""
    condition = Q()
    for kind in KINDS:
        for axis, values in ratings.items():
            condition |= Q(**{f"{kind}_{axis}__in": values})
    return Risk.objects.for_organization(organization).filter(condition).count()


def count_others_rated(organization: Organization, ratings: dict[str, list[int]]) -> int:
    """Count the rules, open proposals and open suggestions with one of these ratings."""
    condition = Q()
    for axis, values in ratings.items():
        condition |= Q(**{f"{axis}__in": values})
    rules = FindingRule.objects.for_organization(organization).filter(condition)
    proposals = RiskProposal.objects.for_organization(organization).filter(
        condition, status=ProposalStatus.PROPOSED
    )
    suggestions = LikelihoodSuggestion.objects.for_organization(organization).filter(
        status=SuggestionStatus.PROPOSED, likelihood__in=ratings["likelihood"]
    )
    return rules.count() + proposals.count() + suggestions.count()
