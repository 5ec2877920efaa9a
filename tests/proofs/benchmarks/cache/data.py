"""The databases under test, filled by set-based SQL: no ORM, no signals.

openrisk    one organization with 1,000 risks (`large`), 20 with 50 each (`small`)
tracked     a copy of it, whose triggers do not notify: as installed for `strict`
untracked   a copy of it without token triggers
million     a copy of it, with as many risks in `large` as were asked for
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

LARGE, SMALL, SMALL_ORGANIZATIONS = 1_000, 50, 20
COPIES = ("tracked", "untracked", "million")

CATEGORIES = """
INSERT INTO risks_category (id, organization_id, version, created_at, updated_at, name, description)
SELECT gen_random_uuid(), %(organization)s, 1, now(), now(), name, ''
FROM unnest(ARRAY['Operational', 'Legal', 'Financial', 'Security']) name
"""
# The same from one number on, whatever the table holds.
RISKS = """
INSERT INTO risks_risk (
    id, organization_id, version, created_at, updated_at, number, reference, title, description,
    category_id, status, owner_name, treatment, source, source_name, external_id, extra,
    inherent_likelihood, inherent_impact, inherent_score, inherent_level,
    current_likelihood, current_impact, current_score, current_level
)
SELECT gen_random_uuid(), %(organization)s, 1, moment, moment, n,
    'R-' || CASE WHEN n < 10000 THEN lpad(n::text, 4, '0') ELSE n::text END,
    'Supplier ' || n || ' cannot deliver', 'A supplier of part ' || n || ' stops delivering. '
    'Stock lasts for ' || n %% 30 || ' days; then production stands still.',
    categories[1 + n %% 4], 'assessed', 'Head of procurement', 'mitigate', 'manual', '', '', '{}',
    likelihood, impact, likelihood * impact, level, likelihood, impact, likelihood * impact, level
FROM generate_series(%(first)s::int, %(last)s::int) n
CROSS JOIN LATERAL (SELECT 1 + n %% 5 AS likelihood, 1 + n / 5 %% 5 AS impact) rating
CROSS JOIN LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 second' AS moment) at
CROSS JOIN LATERAL (SELECT CASE WHEN likelihood * impact >= 15 THEN 'critical'
    WHEN likelihood * impact >= 10 THEN 'high' WHEN likelihood * impact >= 5 THEN 'medium'
    ELSE 'low' END AS level) band
CROSS JOIN (SELECT array_agg(id ORDER BY name) AS categories FROM risks_category
    WHERE organization_id = %(organization)s) known
"""
TAGS = """
INSERT INTO risks_risktag (id, organization_id, risk_id, name)
SELECT gen_random_uuid(), organization_id, id, name
FROM risks_risk CROSS JOIN unnest(ARRAY['supplier', 'production']) name
WHERE organization_id = %(organization)s
"""


@dataclass(frozen=True)
class Owner:
    """An organization, with a token of its one manager and the ids of its risks."""

    id: str
    authorization: str
    risks: tuple[str, ...]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": self.authorization}


@dataclass(frozen=True)
class Rows:
    large: Owner
    small: tuple[Owner, ...]


def fill() -> Rows:
    """Fill the default database of Django, which has been migrated."""
    return Rows(
        large=_organization("large", LARGE),
        small=tuple(_organization(f"small-{n}", SMALL) for n in range(SMALL_ORGANIZATIONS)),
    )


def _organization(slug: str, risks: int) -> Owner:
    from django.db import connection

    from openrisk.accounts.credentials.tokens import create_token
    from openrisk.accounts.members.memberships import set_role
    from openrisk.accounts.models import Organization, Role, User

    organization = Organization.objects.create(name=slug, slug=slug)
    user = User.objects.create(email=f"{slug}@example.org", name=slug)
    set_role(user=user, organization=organization, role=Role.MANAGER)
    token, secret = create_token(user=user, organization=organization)
    # Written at a day's first use, which is not what is measured.
    type(token).objects.filter(pk=token.pk).update(last_used_on=datetime.now(UTC).date())
    given: dict[str, Any] = {"organization": organization.pk, "first": 1, "last": risks}
    with connection.cursor() as cursor:
        for statement in (CATEGORIES, RISKS, TAGS):
            cursor.execute(statement, given)
        cursor.execute(
            "SELECT id FROM risks_risk WHERE organization_id = %s ORDER BY number DESC",
            [organization.pk],
        )
        ids = tuple(str(row[0]) for row in cursor.fetchall())
    return Owner(str(organization.pk), f"Token {secret}", ids)


def copy(url: str, name: str) -> str:
    """A copy of the database at `url`, which nobody may be connected to; the copy's URL."""
    base, _, source = url.rpartition("/")
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(command.format(sql.Identifier(name), sql.Identifier(source)))
    return f"{base}/{name}"


def untrack(url: str) -> None:
    """Drop the token triggers of the database at `url`."""
    with psycopg.connect(url) as connection:
        for name, table in connection.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger "
            "WHERE tgname LIKE 'openrisk\\_token\\_%'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name} ON {table}")


def grow(url: str, organization: Owner, rows: int) -> None:
    """Give `organization` as many risks as `rows`, in the database at `url`."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '256MB'")
        with _quiet_triggers(connection), _indexes_afterwards(connection):
            given = {"organization": organization.id, "first": LARGE + 1, "last": rows}
            connection.execute(RISKS, given)
        connection.execute("VACUUM ANALYZE risks_risk")


@contextmanager
def _quiet_triggers(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """No history and no tokens of a million rows that nobody has changed."""
    names = connection.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'risks_risk'::regclass "
        "AND NOT tgisinternal AND tgenabled = 'A'"
    ).fetchall()
    connection.execute("ALTER TABLE risks_risk DISABLE TRIGGER USER")
    yield
    connection.execute("ALTER TABLE risks_risk ENABLE TRIGGER USER")
    for (name,) in names:
        connection.execute(f"ALTER TABLE risks_risk ENABLE ALWAYS TRIGGER {name}")


@contextmanager
def _indexes_afterwards(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Building indexes at the end takes a fraction of keeping thirty of them up to date."""
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'risks_risk' "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    yield
    for _, definition in indexes:
        connection.execute(definition)
