"""Risks written by set when the matrix changes: ratings, scores, levels and priorities."""

from decimal import Decimal
from typing import Any

from django.db.models import (
    Avg,
    Case,
    DecimalField,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Round
from django.utils import timezone

from openrisk.accounts.models import Organization
from risks.models import (
    FindingRule,
    LikelihoodSuggestion,
    ProposalStatus,
    Risk,
    RiskAsset,
    RiskProposal,
    SuggestionStatus,
)
from risks.scoring import CRITICALITY_FACTORS, KINDS
from risks.services.matrix.checks import AXES, Cell, Levels, cells_of, level_of
from risks.services.matrix.mapping import RatingMap

ALL_KINDS = (*KINDS, "current")


def rescore_risks(
    organization: Organization, before: Levels, levels: Levels, rating_map: RatingMap
) -> int:
    """Give risks their new ratings, scores and levels with one statement; return their number.

    Only risks that change are written.
    """
    affected = affected_condition(before, levels, rating_map)
    if not affected:
        return 0
    updates: dict[str, Any] = {
        f"{kind}_level": level_expression(kind, before, levels, rating_map) for kind in ALL_KINDS
    }
    if not rating_map.is_identity:
        for kind in ALL_KINDS:
            ratings = [rating_expression(f"{kind}_{axis}", axis, rating_map) for axis in AXES]
            updates |= {
                f"{kind}_{axis}": rating for axis, rating in zip(AXES, ratings, strict=True)
            }
            updates[f"{kind}_score"] = ratings[0] * ratings[1]
        updates["priority"] = Round(
            updates["current_score"] * mean_criticality(),
            2,
            output_field=Risk._meta.get_field("priority"),
        )
    risks = Risk.objects.for_organization(organization).filter(affected)
    return risks.update(**updates, version=F("version") + 1, updated_at=timezone.now())


def affected_condition(before: Levels, levels: Levels, rating_map: RatingMap) -> Q:
    """Return the condition that a risk gets another rating or level; empty if none does."""
    changed = moved_cells(before, levels, rating_map)
    condition = Q()
    for kind in ALL_KINDS:
        for axis in AXES:
            ratings = [old for old, new in enumerate(getattr(rating_map, axis), 1) if new != old]
            if ratings:
                condition |= Q(**{f"{kind}_{axis}__in": ratings})
        for cell in changed:
            condition |= cell_condition(kind, cell)
    return condition


def moved_cells(before: Levels, levels: Levels, rating_map: RatingMap) -> list[Cell]:
    """Return the cells of the present matrix whose risks get another level."""
    return [
        cell
        for cell in cells_of(before)
        if new_level_of(levels, rating_map.cell(cell)) not in (None, level_of(before, cell))
    ]


def new_level_of(levels: Levels, cell: Cell) -> str | None:
    """Return the level of a cell; None outside of the matrix, where no risk may be."""
    if cell[0] > len(levels) or cell[1] > len(levels[0]):
        return None
    return level_of(levels, cell)


def cell_condition(kind: str, cell: Cell) -> Q:
    """Return the condition that a score is in a cell."""
    return Q(**{f"{kind}_likelihood": cell[0], f"{kind}_impact": cell[1]})


def level_expression(kind: str, before: Levels, levels: Levels, rating_map: RatingMap) -> Case:
    """Return the expression for the level of a score, null where it is not assessed."""
    whens = (
        When(cell_condition(kind, cell), then=Value(level))
        for cell in cells_of(before)
        if (level := new_level_of(levels, rating_map.cell(cell)))
    )
    return Case(*whens, default=Value(None))


def rating_expression(column: str, axis: str, rating_map: RatingMap) -> Case:
    """Return the expression for the new rating in a column."""
    whens = (
        When(**{column: old}, then=Value(new))
        for old, new in enumerate(getattr(rating_map, axis), 1)
    )
    return Case(*whens, default=Value(None), output_field=IntegerField())


def mean_criticality() -> Any:
    """Return the expression for the mean factor of a risk's assets; see `scoring.priority`."""
    factors = Case(
        *(
            When(asset__criticality=criticality, then=Value(factor))
            for criticality, factor in CRITICALITY_FACTORS.items()
        ),
        output_field=DecimalField(),
    )
    links = RiskAsset.objects.filter(risk=OuterRef("pk")).order_by().values("risk")
    mean = Subquery(links.annotate(mean=Avg(factors)).values("mean"), output_field=DecimalField())
    return Coalesce(mean, Value(Decimal(1)), output_field=DecimalField())


def map_other_ratings(organization: Organization, rating_map: RatingMap) -> None:
    """Map the ratings of rules, and of proposals and suggestions that no one has decided on."""
    if rating_map.is_identity:
        return
    likelihood = rating_expression("likelihood", "likelihood", rating_map)
    ratings: dict[str, Any] = {
        "likelihood": likelihood,
        "impact": rating_expression("impact", "impact", rating_map),
    }
    written = {"version": F("version") + 1, "updated_at": timezone.now()}
    FindingRule.objects.for_organization(organization).update(**ratings, **written)
    proposals = RiskProposal.objects.for_organization(organization)
    proposals.filter(status=ProposalStatus.PROPOSED).update(**ratings, **written)
    suggestions = LikelihoodSuggestion.objects.for_organization(organization)
    suggestions.filter(status=SuggestionStatus.PROPOSED).update(
        likelihood=likelihood,
        present=rating_expression("present", "likelihood", rating_map),
        **written,
    )
