"""Which risks, and which parts of the register, weigh most."""

from typing import Any

from django.db.models import CharField, Count, F, Max, Q, Sum, Value
from django.db.models.functions import Coalesce, NullIf

from dashboards.figures.by_asset import by_asset
from dashboards.figures.scope import Scope
from dashboards.figures.totals import OPEN
from risks.models import Level, ScoreChange, Status, Treatment

MOST_RISKS = 100
OWNER = Coalesce(NullIf("owner__name", Value("")), "owner__email", output_field=CharField())
MOST_GROUPS = 500


def top_risks(scope: Scope, limit: int) -> dict[str, Any]:
    """The open risks of the highest priority; those not assessed have none. Two queries.

    Title and owner's name are today's. A risk that is gone since has none.
    """
    order = ("-priority", "-current_score", "-risk_id")
    assessed = scope.risks().open().filter(priority__isnull=False)
    # Found before anything is joined: names are needed of the few, not of all that are sorted.
    highest = list(assessed.order_by(*order).values_list("pk", flat=True)[:limit])
    if not highest:
        scope.explain_empty()
    rows = (
        ScoreChange.objects.filter(pk__in=highest)
        .order_by(*order)
        .values(
            "status",
            "priority",
            "treatment",
            risk_key=F("risk"),
            reference=F("risk__reference"),
            title=F("risk__title"),
            level=F("current_level"),
            score=F("current_score"),
            category_name=F("category__name"),
            owner_name=Coalesce(OWNER, "risk__owner_name", output_field=CharField()),
        )
    )
    return {"as_of": scope.day, "results": [{"id": row.pop("risk_key"), **row} for row in rows]}


# --- Breakdown -----------------------------------------------------------------------------------
BREAKDOWNS = {
    # what it is called in a query: the key and the label of a group
    "category": ("category", F("category__name")),
    "owner": ("owner", OWNER),
    "status": ("status", F("status")),
    "treatment": ("treatment", F("treatment")),
}
GROUPINGS = ("category", "owner", "asset", "status", "treatment")
WORDS: dict[str, dict[str, str]] = {
    "status": dict(Status.choices),
    "treatment": {**dict(Treatment.choices), "": "Not decided"},
}


def breakdown(scope: Scope, by: str) -> dict[str, Any]:
    """Open risks by one of GROUPINGS, the largest exposure first, at most MOST_GROUPS.

    By asset, a risk counts for each asset that it is linked to today.
    """
    limit = MOST_GROUPS + 1
    found = by_asset(scope, limit) if by == "asset" else _grouped(scope, by, limit)
    if not found:
        scope.explain_empty()
    return {
        "as_of": scope.day,
        "by": by,
        "more": len(found) > MOST_GROUPS,
        "results": _described(scope, by, found[:MOST_GROUPS]),
    }


def _grouped(scope: Scope, by: str, limit: int) -> list[dict[str, Any]]:
    key, label = BREAKDOWNS[by]
    groups = (
        scope.risks()
        .open()
        .order_by()
        .values(key=F(key), label=label)
        .annotate(
            count=Count("pk"),
            exposure=Sum("current_score", default=0),
            highest=Max("current_score"),
            not_assessed=Count("pk", filter=Q(current_level=None)),
            **{level.value: Count("pk", filter=Q(current_level=level)) for level in Level},
        )
        .order_by("-exposure", "-count", "label", "key")
    )
    return list(groups[:limit])


def _described(scope: Scope, by: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the list that each opens. Its address is put together once: there may be hundreds."""
    words = WORDS.get(by, {})
    opens, without = (scope.url(OPEN | {name: "@"}) for name in (by, f"{by}__isnull"))

    def url(key: Any) -> str | None:
        if opens is None or without is None or key == "":  # no list can be asked for what is empty
            return None
        return without.replace("%40", "true") if key is None else opens.replace("%40", str(key))

    return [
        {
            **row,
            "key": row["key"] if row["key"] is None or by in WORDS else str(row["key"]),
            "label": words.get(row["key"]) or row["label"] or f"No {by}",
            "url": url(row["key"]),
        }
        for row in found
    ]
