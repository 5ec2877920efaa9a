"""The cache's triggers on SQLite: for each changed row, one upsert a tag."""

from openrisk.caching.freshness.registry import TrackedModel
from openrisk.database.triggers import Trigger

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS cache_token (tag text PRIMARY KEY NOT NULL, token integer NOT NULL)
WITHOUT ROWID;
"""
EVENTS = ("insert", "update", "delete")


UPSERT = "ON CONFLICT (tag) DO UPDATE SET token = random()"  # INSERT OR REPLACE would delete first
BUMP = f"INSERT INTO cache_token (tag, token) VALUES (%s, random()) {UPSERT}"


def build_triggers(tracked: TrackedModel) -> list[Trigger]:
    """The triggers of one model."""
    when = ""
    if tracked.ignored_columns:
        changed = " OR ".join(
            f'OLD."{column}" IS NOT NEW."{column}"' for column in tracked.versioned_columns
        )
        when = f"WHEN {changed}"
    return [
        Trigger(
            f"openrisk_token_{tracked.trigger_suffix}_{event}",
            tracked.table,
            f'AFTER {event.upper()} ON "{tracked.table}" FOR EACH ROW '
            f"{when if event == 'update' else ''} BEGIN {bump_statements(tracked, event)} END",
        )
        for event in EVENTS
    ]


def bump_statements(tracked: TrackedModel, event: str) -> str:
    """One statement a tag. A row that moves gives new versions to the tags of both sides."""
    columns = [(tracked.organization_column, ":")]
    if tracked.row_key:
        columns.append((tracked.row_key, "#"))
    side = "NEW" if event == "insert" else "OLD"
    statements = [
        f"INSERT INTO cache_token (tag, token) VALUES "
        f"({tag_expression(tracked, side, column, sign)}, random()) {UPSERT};"
        for column, sign in columns
    ]
    if event == "update":
        statements += [
            f"INSERT INTO cache_token (tag, token) "
            f"SELECT {tag_expression(tracked, 'NEW', column, sign)}, random() "
            f'WHERE OLD."{column}" IS NOT NEW."{column}" {UPSERT};'
            for column, sign in columns
            if column
        ]
    return " ".join(statements)


def tag_expression(tracked: TrackedModel, side: str, column: str | None, sign: str) -> str:
    everything = f"'{tracked.label}{sign}*'"
    if column is None:
        return everything
    return f"coalesce('{tracked.label}{sign}' || {side}.\"{column}\", {everything})"
