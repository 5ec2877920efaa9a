"""Open risks grouped by category, owner, asset, status or treatment."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Max, Q, Sum, Value

from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import OPEN_FILTER
from risks.models import Asset, Level, RiskAsset, Status, Treatment
from risks.querysets import person_label

MOST_GROUPS = 500
# The key and the label of a group. By asset it is another query, see group_by_asset.
GROUP_COLUMNS = {
    "category": ("category", F("category__name")),
    "owner": ("owner", person_label("owner")),
    "status": ("status", F("status")),
    "treatment": ("treatment", F("treatment")),
}
GROUPINGS = ("category", "owner", "asset", "status", "treatment")
CHOICE_LABELS: dict[str, dict[str, Any]] = {
    "status": dict(Status.choices),
    "treatment": {**dict(Treatment.choices), "": "Not decided"},
}


def compute_breakdown(scope: FigureScope, by: str) -> dict[str, Any]:
    """Return open risks by one of GROUPINGS, the largest exposure first, at most MOST_GROUPS.

    By asset, a risk counts for each asset that it is linked to today.
    """
    group = group_by_asset if by == "asset" else group_by_column
    groups = group(scope, by, MOST_GROUPS + 1)
    if not groups:
        scope.check_parameters()
    labels = CHOICE_LABELS.get(by, {})
    # The addresses are put together once and filled in: there may be hundreds of them.
    one_key, no_key = (scope.list_url(OPEN_FILTER | {name: "@"}) for name in (by, f"{by}__isnull"))
    results = []
    for row in groups[:MOST_GROUPS]:
        key = row["key"]
        url = one_key and one_key.replace("%40", str(key))
        if key is None:
            url = no_key and no_key.replace("%40", "true")
        elif key == "":  # no list can be filtered by an empty value
            url = None
        results.append(
            {
                **row,
                "key": key if key is None or by in CHOICE_LABELS else str(key),
                "label": labels.get(key) or row["label"] or f"No {by}",
                "url": url,
            }
        )
    return {"as_of": scope.day, "by": by, "more": len(groups) > MOST_GROUPS, "results": results}


def group_by_column(scope: FigureScope, by: str, limit: int) -> list[dict[str, Any]]:
    key, label = GROUP_COLUMNS[by]
    groups = scope.risks().open().order_by().values(key=F(key), label=label)
    groups = groups.annotate(
        count=Count("*"),
        exposure=Sum("current_score", default=0),
        highest=Max("current_score"),
        not_assessed=Count(Value(1), filter=Q(current_level=None)),
        **{level.value: Count(Value(1), filter=Q(current_level=level)) for level in Level},
    )
    return list(groups.order_by("-exposure", "-count", "label", "key")[:limit])


def group_by_asset(scope: FigureScope, by: str, limit: int) -> list[dict[str, Any]]:
    """Return the same for assets, joining the ledger to the links directly.

    The ORM would join them by way of the risk, whose rows would be read for nothing.
    """
    risks = scope.risks().open().order_by()
    valid_risks, params = risks.values(
        "risk_id", "current_score", "current_level"
    ).query.sql_with_params()
    per_level = ", ".join(
        f"COALESCE(SUM(count) FILTER (WHERE level = '{level}'), 0) AS {level}"
        for level in Level.values
    )
    # By asset and level first, which leaves few groups to add up.
    sql = f"""
        SELECT asset.id AS key, asset.name AS label, sums.*
        FROM (
            SELECT asset_id, SUM(count) AS count, COALESCE(SUM(exposure), 0) AS exposure,
                MAX(highest) AS highest,
                COALESCE(SUM(count) FILTER (WHERE level IS NULL), 0) AS not_assessed,
                {per_level}
            FROM (
                SELECT link.asset_id AS asset_id, risk.current_level AS level, COUNT(*) AS count,
                    SUM(risk.current_score) AS exposure, MAX(risk.current_score) AS highest
                FROM {RiskAsset._meta.db_table} link
                JOIN ({valid_risks}) risk ON risk.risk_id = link.risk_id
                GROUP BY link.asset_id, risk.current_level
            ) levels
            GROUP BY asset_id
        ) sums
        JOIN {Asset._meta.db_table} asset ON asset.id = sums.asset_id
        ORDER BY sums.exposure DESC, sums.count DESC, asset.name, asset.id
        LIMIT {int(limit)}
    """  # noqa: S608  names of our own tables, and SQL that the ORM wrote
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    groups = []
    for row in rows:
        key, label, _ = row.pop("key"), row.pop("label"), row.pop("asset_id")
        # SQLite has no UUIDs, and PostgreSQL adds numbers up to decimals.
        sums = {name: None if value is None else int(value) for name, value in row.items()}
        groups.append({"key": key if isinstance(key, UUID) else UUID(key), "label": label, **sums})
    return groups
