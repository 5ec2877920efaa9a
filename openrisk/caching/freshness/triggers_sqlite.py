"""The token triggers of SQLite: for each row, one upsert a tag."""

from openrisk.caching.freshness.registry import TrackedModel
from openrisk.database.triggers import Trigger

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS cache_token (tag text PRIMARY KEY NOT NULL, token integer NOT NULL)
WITHOUT ROWID;
"""
EVENTS = ("insert", "update", "delete")


def leave(tag: str) -> str:
    """Gives the tag (an SQL expression) a new token. Not INSERT OR REPLACE: that deletes first."""
    return (
        f"INSERT INTO cache_token (tag, token) VALUES ({tag}, random()) "
        "ON CONFLICT (tag) DO UPDATE SET token = random();"
    )


def leave_if(tag: str, condition: str) -> str:
    return (
        f"INSERT INTO cache_token (tag, token) SELECT {tag}, random() WHERE {condition} "
        "ON CONFLICT (tag) DO UPDATE SET token = random();"
    )


LEAVE = leave("%s").rstrip(";")


def build_triggers(tracked: TrackedModel) -> list[Trigger]:
    """Those of one model."""
    return [
        Trigger(
            f"openrisk_token_{tracked.trigger_suffix}_{event}",
            tracked.table,
            f'AFTER {event.upper()} ON "{tracked.table}" FOR EACH ROW {_when(tracked, event)} '
            f"BEGIN {' '.join(_left(tracked, event))} END",
        )
        for event in EVENTS
    ]


def _left(tracked: TrackedModel, event: str) -> list[str]:
    """What the trigger does, a statement a tag. A row that moves leaves tokens on both sides."""
    side = "NEW" if event == "insert" else "OLD"
    result = [leave(_tag(tracked, side, column, sign)) for column, sign in _columns(tracked)]
    if event == "update":
        result += [
            leave_if(_tag(tracked, "NEW", column, sign), f'OLD."{column}" IS NOT NEW."{column}"')
            for column, sign in _columns(tracked)
            if column
        ]
    return result


def _columns(tracked: TrackedModel) -> list[tuple[str | None, str]]:
    rows = [(tracked.row_key, "#")] if tracked.row_key else []
    return [(tracked.organization_column, ":"), *rows]


def _tag(tracked: TrackedModel, side: str, column: str | None, sign: str) -> str:
    everything = f"'{tracked.label}{sign}*'"
    if column is None:
        return everything
    return f"coalesce('{tracked.label}{sign}' || {side}.\"{column}\", {everything})"


def _when(tracked: TrackedModel, event: str) -> str:
    if event != "update" or not tracked.ignored_columns:
        return ""
    changed = " OR ".join(
        f'OLD."{column}" IS NOT NEW."{column}"' for column in tracked.versioned_columns
    )
    return f"WHEN {changed}"
