"""Open risks grouped by category, owner, asset, status or treatment."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Count, F, Max, Q, Sum, Value
from django.db.models.functions import Coalesce, NullIf

from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import OPEN_FILTER
from risks.models import Asset, Level, RiskAsset, Status, Treatment

OWNER_NAME = Coalesce(NullIf("owner__name", Value("")), "owner__email", output_field=CharField())
MOST_GROUPS = 500


# --- Breakdown -----------------------------------------------------------------------------------
BREAKDOWNS = {
    # what it is called in a query: the key and the label of a group
    "category": ("category", F("category__name")),
    "owner": ("owner", OWNER_NAME),
    "status": ("status", F("status")),
    "treatment": ("treatment", F("treatment")),
}
GROUPINGS = ("category", "owner", "asset", "status", "treatment")
WORDS: dict[str, dict[str, str]] = {
    "status": dict(Status.choices),
    "treatment": {**dict(Treatment.choices), "": "Not decided"},
}


def compute_breakdown(scope: FigureScope, by: str) -> dict[str, Any]:
    """Open risks by one of GROUPINGS, the largest exposure first, at most MOST_GROUPS.

    By asset, a risk counts for each asset that it is linked to today.
    """
    limit = MOST_GROUPS + 1
    found = group_by_asset(scope, limit) if by == "asset" else _grouped(scope, by, limit)
    if not found:
        scope.explain_empty()
    return {
        "as_of": scope.day,
        "by": by,
        "more": len(found) > MOST_GROUPS,
        "results": _described(scope, by, found[:MOST_GROUPS]),
    }


def _grouped(scope: FigureScope, by: str, limit: int) -> list[dict[str, Any]]:
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


def _described(scope: FigureScope, by: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the list that each opens. Its address is put together once: there may be hundreds."""
    words = WORDS.get(by, {})
    opens, without = (scope.url(OPEN_FILTER | {name: "@"}) for name in (by, f"{by}__isnull"))

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


_PER_LEVEL = ", ".join(
    f"COALESCE(SUM(count) FILTER (WHERE level = '{level}'), 0) AS {level}" for level in Level.values
)


def group_by_asset(scope: FigureScope, limit: int) -> list[dict[str, Any]]:
    """Key, label and measures of each asset, as `ranking.breakdown` has them of other groups."""
    standing = scope.risks().open().order_by()
    inner, params = standing.values(
        "risk_id", "current_score", "current_level"
    ).query.sql_with_params()
    # By asset and level first, which leaves few groups to measure.
    sql = f"""
        SELECT asset.id AS key, asset.name AS label, found.*
        FROM (
            SELECT asset_id, SUM(count) AS count, COALESCE(SUM(exposure), 0) AS exposure,
                MAX(highest) AS highest,
                COALESCE(SUM(count) FILTER (WHERE level IS NULL), 0) AS not_assessed,
                {_PER_LEVEL}
            FROM (
                SELECT link.asset_id AS asset_id, stood.current_level AS level, COUNT(*) AS count,
                    SUM(stood.current_score) AS exposure, MAX(stood.current_score) AS highest
                FROM {RiskAsset._meta.db_table} link
                JOIN ({inner}) stood ON stood.risk_id = link.risk_id
                GROUP BY link.asset_id, stood.current_level
            ) levels
            GROUP BY asset_id
        ) found
        JOIN {Asset._meta.db_table} asset ON asset.id = found.asset_id
        ORDER BY found.exposure DESC, found.count DESC, asset.name, asset.id
        LIMIT {int(limit)}
    """  # noqa: S608  names of our own tables, and SQL that the ORM wrote
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [_plain(row) for row in rows]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """SQLite has no UUIDs, and PostgreSQL adds numbers up to decimals."""
    key, label = row.pop("key"), row.pop("label")
    del row["asset_id"]
    numbers = {name: None if value is None else int(value) for name, value in row.items()}
    return {"key": key if isinstance(key, UUID) else UUID(key), "label": label, **numbers}
