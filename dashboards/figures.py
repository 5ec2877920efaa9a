"""The figures of the register, each with its one definition, computed by the database."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from openrisk.accounts.models import Organization
from risks.models import Risk
from risks.querysets import RISK_ORDERS

TOP_RISKS = 5


@dataclass(frozen=True)
class OpenRisks:
    """How many risks are open (neither draft nor closed), by their current rating.

    `by_cell` counts (likelihood, impact), `by_level` the stored levels; `not_assessed` the rest.
    """

    total: int = 0
    not_assessed: int = 0
    by_level: Counter[str] = field(default_factory=Counter)
    by_cell: Counter[tuple[int, int]] = field(default_factory=Counter)


def open_risks(organization: Organization) -> OpenRisks:
    """One query: at most one row for each cell and level."""
    rated = ("current_level", "current_likelihood", "current_impact")
    counts = Risk.objects.for_organization(organization).open().order_by().values_list(*rated)
    by_level: Counter[str] = Counter()
    by_cell: Counter[tuple[int, int]] = Counter()
    not_assessed = 0
    for level, likelihood, impact, count in counts.annotate(count=Count("pk")):
        if level is None:
            not_assessed += count
        else:
            by_level[level] += count
            by_cell[likelihood, impact] += count
    return OpenRisks(not_assessed + by_level.total(), not_assessed, by_level, by_cell)


def reviews_overdue(organization: Organization) -> int:
    """Open risks whose planned review has passed."""
    return Risk.objects.for_organization(organization).review_overdue().count()


def top_risks(organization: Organization) -> list[dict[str, Any]]:
    """The open risks of the highest priority; those not assessed have none."""
    assessed = Risk.objects.for_organization(organization).open().filter(priority__isnull=False)
    fields = ("reference", "title", "status", "current_level", "current_score", "priority")
    order = RISK_ORDERS["priority"].desc()  # type: ignore[attr-defined]  # an indexed expression
    return list(assessed.order_by(order, "-id").values(*fields)[:TOP_RISKS])


def is_empty(organization: Organization) -> bool:
    """Nothing is in the register, not even a draft."""
    return not Risk.objects.for_organization(organization).exists()
