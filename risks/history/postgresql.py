"""The history triggers of PostgreSQL (15 and later)."""

from openrisk.database.triggers import Function, Trigger
from risks.history.tracked import LEDGERS, TRACKED, Ledger, RecordedModel

EVENTS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}
ACTIONS = {"insert": "created", "update": "updated", "delete": "deleted"}

ENABLED_TRIGGERS = (
    "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'openrisk_%' AND tgenabled <> 'D'"
)

_CONTEXT = """
    said jsonb := coalesce(nullif(current_setting('openrisk.history', true), ''), '{}')::jsonb;
    moment timestamptz := coalesce((nullif(said->>'at', '')::timestamp AT TIME ZONE 'UTC'), now());
"""


def _rows(event: str) -> str:
    """Pairs of rows as JSON: `b` before, `a` after.

    OFFSET 0 keeps the planner from writing to_jsonb() in place of every `a` and `b`: a row would be
    converted once for each of its columns.
    """
    pairs = {
        "insert": "SELECT NULL::jsonb AS b, to_jsonb(n) AS a FROM new_rows n",
        "update": "SELECT to_jsonb(o) AS b, to_jsonb(n) AS a FROM old_rows o "
        "JOIN new_rows n USING (id)",
        "delete": "SELECT to_jsonb(o) AS b, NULL::jsonb AS a FROM old_rows o",
    }
    return f"{pairs[event]} OFFSET 0"


def _told(event: str) -> str:
    """The changed fields of one pair; those that are filled, where only one side exists."""
    whole, before, after, told = {
        "insert": ("a", "'null'::jsonb", "value", "value NOT IN ('null', '\"\"', '{}', '[]')"),
        "delete": ("b", "value", "'null'::jsonb", "value NOT IN ('null', '\"\"', '{}', '[]')"),
        "update": ("a", "b->key", "value", "value IS DISTINCT FROM b->key"),
    }[event]
    pair = f"jsonb_build_array({before}, {after})"
    return f"""
        SELECT coalesce(jsonb_object_agg(key, {pair}), '{{}}') AS changes
        FROM jsonb_each({whole}) WHERE {told} AND key <> ALL (silent)"""


def _change_function(event: str) -> Function:
    """Writes down which fields changed. Its arguments: the label, and the silent columns.

    Rows are created and deleted without empty fields.
    """
    body = f"""
DECLARE
    {_CONTEXT}
    silent text[] := string_to_array(TG_ARGV[1], ',');
BEGIN
    INSERT INTO risks_change (organization_id, model, object_id, action, at, actor_id, comment,
                              request_id, run_id, changes)
    SELECT (coalesce(a, b)->>'organization_id')::uuid, TG_ARGV[0], (coalesce(a, b)->>'id')::uuid,
           '{ACTIONS[event]}', moment, (said->>'actor_id')::uuid, coalesce(said->>'comment', ''),
           coalesce(said->>'request_id', ''), (said->>'run_id')::uuid, d.changes
    FROM ({_rows(event)}) pair
    CROSS JOIN LATERAL ({_told(event)}) d
    WHERE d.changes <> '{{}}' OR '{ACTIONS[event]}' <> 'updated';
    RETURN NULL;
END """
    return Function(f"openrisk_change_{event}", body)


def _link_function(event: str) -> Function:
    """Writes down that a row gained or lost another.

    Further arguments: the column of the row it hangs on, the name shown and the column told.
    """
    body = f"""
DECLARE
    {_CONTEXT}
BEGIN
    INSERT INTO risks_change (organization_id, model, object_id, action, at, actor_id, comment,
                              request_id, run_id, changes)
    SELECT (coalesce(a, b)->>'organization_id')::uuid, TG_ARGV[0],
           (coalesce(a, b)->>TG_ARGV[2])::uuid, 'updated', moment, (said->>'actor_id')::uuid,
           coalesce(said->>'comment', ''), coalesce(said->>'request_id', ''),
           (said->>'run_id')::uuid,
           jsonb_build_object(TG_ARGV[3], jsonb_build_array(b->TG_ARGV[4], a->TG_ARGV[4]))
    FROM ({_rows(event)}) pair
    WHERE b IS DISTINCT FROM a;
    RETURN NULL;
END """
    return Function(f"openrisk_link_{event}", body)


def _trigger(table: str, name: str, event: str, function: Function, arguments: str) -> Trigger:
    definition = (
        f"AFTER {event.upper()} ON {table} {EVENTS[event]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function.name}({arguments})"
    )
    return Trigger(name, table, definition, function)


def change_triggers(tracked: RecordedModel) -> list[Trigger]:
    table = tracked.model_class._meta.db_table
    function = _link_function if tracked.of else _change_function
    silent = ",".join(sorted(tracked.silent | {"id", "organization_id"}))
    link = [f"{tracked.of}_id", tracked.field, tracked.value] if tracked.of else []
    arguments = ", ".join(f"'{argument}'" for argument in (tracked.label, silent, *link))
    return [
        _trigger(table, _change_name(table, event), event, function(event), arguments)
        for event in EVENTS
    ]


def ledger_triggers(ledger: Ledger) -> list[Trigger]:
    return [
        _trigger(
            ledger.table, _ledger_name(ledger, event), event, _ledger_function(ledger, event), ""
        )
        for event in EVENTS
    ]


def _ledger_function(ledger: Ledger, event: str) -> Function:
    """Ends the row that stood until now and adds the one that stands from now on."""
    new, old = (", ".join(f"{row}.{column}" for column in ledger.fields) for row in ("r", "o"))
    changed = {
        "insert": "SELECT * FROM new_rows",
        "delete": "SELECT * FROM old_rows",
        "update": "SELECT r.* FROM new_rows r JOIN old_rows o USING (id) "
        f"WHERE ({new}) IS DISTINCT FROM ({old})",
    }[event]
    gone = event == "delete"
    body = f"""
DECLARE
    {_CONTEXT}
BEGIN
    WITH changed AS ({changed}), ended AS (
        UPDATE {ledger.ledger_table} l SET until = moment FROM changed
        WHERE l.{ledger.of} = changed.id AND l.until IS NULL
        RETURNING l.{ledger.of} AS id, l.begun, l.status, l.status_since
    )
    INSERT INTO {ledger.ledger_table} (organization_id, {ledger.of}, at, until, deleted, begun,
                                       status_since, {", ".join(ledger.fields)})
    SELECT r.organization_id, r.id, moment, {"moment" if gone else "NULL"}, {str(gone).lower()},
           coalesce(e.begun, moment),
           CASE WHEN e.status = r.status THEN e.status_since ELSE moment END, {new}
    FROM changed r LEFT JOIN ended e ON e.id = r.id;
    RETURN NULL;
END """
    return Function(_ledger_name(ledger, event), body)


def _change_name(table: str, event: str) -> str:
    return f"openrisk_{table}_{event}"


def _ledger_name(ledger: Ledger, event: str) -> str:
    return f"openrisk_ledger_{ledger.table}_{event}"


def trigger_names() -> set[str]:
    tables = [tracked.model_class._meta.db_table for tracked in TRACKED]
    return {_change_name(table, event) for table in tables for event in EVENTS} | {
        _ledger_name(ledger, event) for ledger in LEDGERS for event in EVENTS
    }
