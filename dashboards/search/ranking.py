"""The best rows of a query: chosen and ordered by the database, in time that does not grow with the
rows that match."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, TextField, Value, When, Window
from django.db.models.functions import Concat
from django.db.models.lookups import Contains, Exact, StartsWith
from django.utils import timezone

from dashboards.search.query import SearchQuery
from openrisk.text.folding import FoldedLines

MOST_COUNTED = 1_000  # rows that are compared with each other
RECENTLY = timedelta(days=30)
BEGINS, LAST_TIER = 1, 4


@dataclass(frozen=True)
class RankedRows:
    """The first rows, and the number of all that match, at most MOST_COUNTED.

    `tier` says how well the first one fits, as `title_tier` does.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0
    has_more_than_total: bool = False
    tier: int = LAST_TIER


def rank_rows(
    matching: Any,
    query: SearchQuery,
    *,
    title: FoldedLines,
    columns: dict[str, Any],
    limit: int,
    mine: Q | None = None,
    recent: str = "",
) -> RankedRows:
    """Return the best of `matching`, as dicts of `columns`.

    First the rows whose title is what is looked for, then those that begin with it, those with
    words that begin so, those with the words inside, and those that have them elsewhere. Among
    equals, what is `mine` and changed lately goes first, then what changed last (`recent`).
    """
    candidates = matching.order_by().values("pk")[: MOST_COUNTED + 1]
    order = [f"-{recent}", "pk"] if recent else ["pk"]
    ranked = (
        matching.model._default_manager.filter(pk__in=candidates)
        .annotate(
            search_tier=title_tier(query, title),
            search_mine=recently_mine(mine, recent),
            search_total=Window(Count("pk")),
        )
        .order_by("search_tier", "search_mine", *order)
        .values("pk", "search_total", "search_tier", **columns)[:limit]
    )
    rows = list(ranked)
    total = rows[0]["search_total"] if rows else 0
    if total <= MOST_COUNTED:
        return RankedRows(rows, total, tier=rows[0]["search_tier"] if rows else LAST_TIER)
    # Not all of them were compared: those whose title begins with it are looked for by themselves.
    first = matching.filter(StartsWith(title, query.phrase)).order_by(title, "pk")
    best = list(first.values("pk", **columns)[:limit])
    known = {row["pk"] for row in best}
    tier = BEGINS if best else rows[0]["search_tier"]
    best += [row for row in rows if row["pk"] not in known]
    return RankedRows(best[:limit], MOST_COUNTED, has_more_than_total=True, tier=tier)


def title_tier(query: SearchQuery, title: FoldedLines) -> Case:
    """Return the expression for how well the title fits: 0 is best."""
    beginnings = Concat(Value(" "), title, output_field=TextField())
    tiers = (
        Q(Exact(title, query.phrase)),
        Q(StartsWith(title, query.phrase)),
        Q(*(Contains(beginnings, f" {word}") for word in query.words)),
        Q(*(Contains(title, word) for word in query.words)),
    )
    cases = [When(condition, then=Value(tier)) for tier, condition in enumerate(tiers)]
    return Case(*cases, default=Value(len(tiers)), output_field=IntegerField())


def recently_mine(mine: Q | None, recent: str) -> Any:
    """Return the expression for 0 if the row is mine and changed lately, else 1."""
    if mine is None or not recent:
        return Value(1)
    condition = mine & Q(**{f"{recent}__gte": timezone.now() - RECENTLY})
    return Case(When(condition, then=Value(0)), default=Value(1), output_field=IntegerField())
