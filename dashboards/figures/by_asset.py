"""Open risks by asset, straight from the ledger to the links.

The ORM knows no way from one to the other but through the risk, whose rows would be read for
nothing. What stood when is still said by the scope alone.
"""

from typing import Any
from uuid import UUID

from django.db import connection

from dashboards.scope import Scope
from risks.models import Asset, Level, RiskAsset

_MEASURES = ", ".join(
    (
        "COUNT(*) AS count",
        "COALESCE(SUM(stood.current_score), 0) AS exposure",
        "MAX(stood.current_score) AS highest",
        "COUNT(*) FILTER (WHERE stood.current_level IS NULL) AS not_assessed",
        *(
            f"COUNT(*) FILTER (WHERE stood.current_level = '{level}') AS {level}"
            for level in Level.values
        ),
    )
)


def by_asset(scope: Scope, limit: int) -> list[dict[str, Any]]:
    """Key, label and measures of each asset, as `ranking.breakdown` has them of other groups."""
    standing = scope.risks().open().order_by()
    inner, params = standing.values(
        "risk_id", "current_score", "current_level"
    ).query.sql_with_params()
    sql = f"""
        SELECT asset.id AS key, asset.name AS label, found.*
        FROM (
            SELECT link.asset_id, {_MEASURES}
            FROM {RiskAsset._meta.db_table} link
            JOIN ({inner}) stood ON stood.risk_id = link.risk_id
            GROUP BY link.asset_id
        ) found
        JOIN {Asset._meta.db_table} asset ON asset.id = found.asset_id
        ORDER BY found.exposure DESC, found.count DESC, asset.name, asset.id
        LIMIT {int(limit)}
    """  # noqa: S608  names of our own tables, and SQL that the ORM wrote
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        del row["asset_id"]
        row["key"] = row["key"] if isinstance(row["key"], UUID) else UUID(row["key"])
    return rows
