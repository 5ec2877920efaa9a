"""The token triggers of SQLite: for each row, one upsert a tag."""

from openrisk.caching.tracked import Tracked

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS cache_token (tag text PRIMARY KEY NOT NULL, token integer NOT NULL)
WITHOUT ROWID;
"""
PRESENT = (
    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'openrisk\\_token\\_%' "
    "ESCAPE '\\'"
)
EVENTS = ("insert", "update", "delete")


def leave(tag: str) -> str:
    """Gives the tag (an SQL expression) a new token. Not INSERT OR REPLACE: that deletes first."""
    return (
        f"INSERT INTO cache_token (tag, token) VALUES ({tag}, random()) "
        "ON CONFLICT (tag) DO UPDATE SET token = random();"
    )


LEAVE = leave("%s").rstrip(";")


def statements(tracked: Tracked) -> list[str]:
    """What installs the triggers of one model, in order."""
    result = []
    for event in EVENTS:
        name = _name(tracked, event)
        body = " ".join(leave(tag) for tag in _tags(tracked, event))
        result.append(
            f"DROP TRIGGER IF EXISTS {name};"
            f'CREATE TRIGGER {name} AFTER {event.upper()} ON "{tracked.table}" FOR EACH ROW '
            f"{_when(tracked, event)} BEGIN {body} END;"
        )
    return result


def names(tracked: Tracked) -> set[str]:
    return {_name(tracked, event) for event in EVENTS}


def _name(tracked: Tracked, event: str) -> str:
    return f"openrisk_token_{tracked.table}_{event}"


def _tags(tracked: Tracked, event: str) -> list[str]:
    sides = {"insert": ["NEW"], "delete": ["OLD"], "update": ["OLD", "NEW"]}[event]
    tags = []
    for side in sides:
        if tracked.organization:
            owner = f"'{tracked.label}:' || {side}.\"{tracked.organization}\""
            tags.append(f"coalesce({owner}, '{tracked.label}:*')")
        else:
            tags.append(f"'{tracked.label}:*'")
        if tracked.rows:
            tags.append(
                f"coalesce('{tracked.label}#' || {side}.\"{tracked.rows}\", '{tracked.label}#*')"
            )
    return list(dict.fromkeys(tags))


def _when(tracked: Tracked, event: str) -> str:
    if event != "update" or not tracked.silent:
        return ""
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in tracked.told)
    return f"WHEN {changed}"
