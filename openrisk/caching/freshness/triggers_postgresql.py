"""The cache's triggers on PostgreSQL (15 and later).

Statement-level, with transition tables: one insert a statement, with a new random number for each
distinct tag. The rows of a tag are only ever added; its version is the xor of them all, so writers
never wait for each other and compaction does not change it.
"""

from openrisk.caching.freshness.registry import EPOCH, MANY_ROWS, TrackedModel, tracked_models
from openrisk.database.triggers import Function, Trigger

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS cache_token (tag text COLLATE "C" NOT NULL, token bigint NOT NULL);
CREATE INDEX IF NOT EXISTS cache_token_tag ON cache_token (tag) INCLUDE (token);
"""
# All in one value: taking a result apart costs more than finding it. The epoch is also the
# server's: one that takes over may lack commits that someone has seen.
READ_VERSIONS = f"""
SELECT string_agg(tag || ' ' || token || CASE tag WHEN '{EPOCH}'
    THEN '@' || extract(epoch FROM pg_postmaster_start_time()) ELSE '' END, ' ') FROM (
    SELECT tag, bit_xor(token) AS token FROM cache_token WHERE tag = ANY($1::text[]) GROUP BY tag
) tokens
"""
RANDOM = "hashtextextended(gen_random_uuid()::text, 0)"
BUMP = f"INSERT INTO cache_token (tag, token) SELECT tag, {RANDOM} FROM unnest(%s::text[]) tag"
# Deletes no more than it adds up, so two of these at once, or a writer between, change no xor.
COMPACT = """
WITH gone AS (
    DELETE FROM cache_token WHERE tag IN (
        SELECT tag FROM cache_token GROUP BY tag HAVING count(*) > 1
    ) RETURNING tag, token
) INSERT INTO cache_token (tag, token) SELECT tag, bit_xor(token) FROM gone GROUP BY tag
"""
WITHOUT_NOTIFY = (
    "SELECT proname FROM pg_proc WHERE proname = ANY(%s) AND prosrc NOT LIKE '%%pg_notify%%' "
    "AND pronamespace = current_schema()::regnamespace ORDER BY proname"
)
CHANNEL = "openrisk_cache"

_CHANGED = {
    "insert": "SELECT {owner} AS owner, {row} AS named FROM new_rows",
    "delete": "SELECT {owner} AS owner, {row} AS named FROM old_rows",
    # A row that moves between organizations counts for both.
    "update": "SELECT {owner} AS owner, {row} AS named FROM old_rows "
    "UNION ALL SELECT {owner}, {row} FROM new_rows",
}
_EVENTS = (*_CHANGED, "truncate")
_TRANSITIONS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
}


def build_triggers(tracked: TrackedModel, *, notify: bool) -> list[Trigger]:
    """The triggers of one model. They fire also while a replication role or a restore writes."""
    result = []
    for event in _EVENTS:
        name = trigger_name(tracked, event)
        definition = (
            f"AFTER {event.upper()} ON {quote_name(tracked.table)} {_TRANSITIONS.get(event, '')} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        function = Function(name, function_body(tracked, event, notify=notify))
        result.append(Trigger(name, tracked.table, definition, function, always=True))
    return result


def function_names() -> list[str]:
    """The functions of all triggers, which have the names of these."""
    names = (trigger_name(tracked, event) for tracked in tracked_models() for event in _EVENTS)
    return sorted(names)


def trigger_name(tracked: TrackedModel, event: str) -> str:
    return f"openrisk_token_{tracked.trigger_suffix}_{event}"


def quote_name(name: str) -> str:
    return f'"{name}"'


def function_body(tracked: TrackedModel, event: str, *, notify: bool) -> str:
    """The schema (`%1$I`) is known only to the database."""
    insert = (
        f"INSERT INTO %1$I.cache_token (tag, token) SELECT tag, {RANDOM} "
        f"FROM ({select_tags(tracked, event)}) tags WHERE tag IS NOT NULL"
    )
    if notify:
        insert = (
            f"WITH left_behind AS ({insert} RETURNING tag) "
            f"SELECT count(pg_notify('{CHANNEL}', tag)) INTO notified FROM left_behind"
        )
    return f"DECLARE notified bigint; BEGIN {insert}; RETURN NULL; END"


def select_tags(tracked: TrackedModel, event: str) -> str:
    label = tracked.label
    if event == "truncate":
        return f"SELECT tag FROM (VALUES ('{label}:*'), ('{label}#*')) t(tag)"
    owner = f"'{label}:' || owner::text" if tracked.organization_column else "NULL"
    parts = [f"SELECT DISTINCT coalesce({owner}, '{label}:*') AS tag FROM changed"]
    if tracked.row_key:
        parts.append(
            f"SELECT CASE WHEN (SELECT count(DISTINCT named) FROM changed) > {MANY_ROWS} "
            f"THEN '{label}#*' "
            f"ELSE '{label}#' || encode(sha256(convert_to(named::text, 'UTF8')), 'hex') END "
            "FROM changed"
        )
    return f"WITH changed AS ({select_changed(tracked, event)}) {' UNION '.join(parts)}"


def select_changed(tracked: TrackedModel, event: str) -> str:
    owner = quote_name(tracked.organization_column) if tracked.organization_column else "NULL"
    row = quote_name(tracked.row_key) if tracked.row_key else "NULL"
    if event != "update" or not tracked.ignored_columns:
        return _CHANGED[event].format(owner=owner, row=row)
    before, after = (
        ", ".join(f"{side}.{quote_name(column)}" for column in tracked.versioned_columns)
        for side in ("o", "n")
    )
    key = quote_name(tracked.primary_key_column)

    def columns_of(side: str) -> str:
        return ", ".join(name if name == "NULL" else f"{side}.{name}" for name in (owner, row))

    return (
        "SELECT u.owner, u.named FROM old_rows o "
        f"FULL JOIN new_rows n ON o.{key} = n.{key} "
        f"CROSS JOIN LATERAL (VALUES ({columns_of('o')}), ({columns_of('n')})) u(owner, named) "
        f"WHERE ({before}) IS DISTINCT FROM ({after})"
    )
