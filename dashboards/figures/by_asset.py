"""Open risks by asset, straight from the ledger to the links.

The ORM knows no way from one to the other but through the risk, whose rows would be read for
nothing. What stood when is still said by the scope alone.
"""

from typing import Any
from uuid import UUID

from django.db import connection

from dashboards.figures.scope import Scope
from risks.models import Asset, Level, RiskAsset

_PER_LEVEL = ", ".join(
    f"COALESCE(SUM(count) FILTER (WHERE level = '{level}'), 0) AS {level}" for level in Level.values
)


def by_asset(scope: Scope, limit: int) -> list[dict[str, Any]]:
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
