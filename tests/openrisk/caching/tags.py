"""What the table of tokens says, read on the test's own connection: within its transaction too."""

from collections.abc import Callable

from django.db import connection, models

from openrisk.caching.freshness.registry import tags_changed_by


def tokens() -> dict[str, str]:
    """Every tag's token."""
    token = "bit_xor(token)" if connection.vendor == "postgresql" else "max(token)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tag, CAST({token} AS text) FROM cache_token GROUP BY tag")  # noqa: S608
        return dict(cursor.fetchall())


def moved_by(action: Callable[[], object]) -> set[str]:
    """The tags that got another token."""
    before = tokens()
    action()
    after = tokens()
    return {tag for tag in before.keys() | after.keys() if before.get(tag) != after.get(tag)}


def tags_of(*instances: models.Model) -> set[str]:
    """What a change of these rows has to touch."""
    return set().union(*map(tags_changed_by, instances))


def execute(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
