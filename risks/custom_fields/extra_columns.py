"""Columns that imports kept on risks, with how many values each has and some of them."""

from dataclasses import dataclass

from django.db import connection

from openrisk.accounts.models import Organization

MOST_COLUMNS = 500


@dataclass(frozen=True)
class ExtraColumn:
    name: str
    count: int
    samples: list[str]


def list_extra_columns(organization: Organization) -> list[ExtraColumn]:
    """Return the columns, those with most values first; two values of each are samples."""
    if connection.vendor == "postgresql":
        source = "risks_risk AS risk, jsonb_each_text(risk.extra) AS entry (name, text)"
        name, text, pk = "entry.name", "entry.text", str(organization.pk)
    else:
        source = "risks_risk AS risk, json_each(risk.extra) AS entry"
        name, text, pk = "entry.key", "entry.value", organization.pk.hex
    statement = (
        f"SELECT {name}, COUNT(*), MIN(SUBSTR({text}, 1, 80)), MAX(SUBSTR({text}, 1, 80)) "  # noqa: S608
        f"FROM {source} WHERE risk.organization_id = %s AND {text} <> '' "
        f"GROUP BY {name} ORDER BY COUNT(*) DESC, {name} LIMIT {MOST_COLUMNS}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [pk])
        rows = cursor.fetchall()
    return [
        ExtraColumn(name, count, list(dict.fromkeys([str(least), str(most)])))
        for name, count, least, most in rows
    ]
