"""The history triggers of PostgreSQL (15 and later)."""

from openrisk.database.triggers import Function, Trigger
from risks.history.recorded_models import IntervalTable, RecordedModel

EVENTS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}
ACTIONS = {"insert": "created", "update": "updated", "delete": "deleted"}

_CONTEXT = """
    said jsonb := coalesce(nullif(current_setting('openrisk.history', true), ''), '{}')::jsonb;
    moment timestamptz := coalesce((nullif(said->>'at', '')::timestamp AT TIME ZONE 'UTC'), now());
"""


def select_rows(event: str) -> str:
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


def select_changes(event: str) -> str:
    """The changed fields of one pair; those that are filled, where only one side exists."""
    whole, before, after, is_recorded = {
        "insert": ("a", "'null'::jsonb", "value", "value NOT IN ('null', '\"\"', '{}', '[]')"),
        "delete": ("b", "value", "'null'::jsonb", "value NOT IN ('null', '\"\"', '{}', '[]')"),
        "update": ("a", "b->key", "value", "value IS DISTINCT FROM b->key"),
    }[event]
    pair = f"jsonb_build_array({before}, {after})"
    return f"""
        SELECT coalesce(jsonb_object_agg(key, {pair}), '{{}}') AS changes
        FROM jsonb_each({whole}) WHERE {is_recorded} AND key <> ALL (silent)"""


def change_function(event: str) -> Function:
    """Records the fields that changed. Its arguments: the label, and the ignored columns.

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
    FROM ({select_rows(event)}) pair
    CROSS JOIN LATERAL ({select_changes(event)}) d
    WHERE d.changes <> '{{}}' OR '{ACTIONS[event]}' <> 'updated';
    RETURN NULL;
END """
    return Function(f"openrisk_change_{event}", body)


def link_function(event: str) -> Function:
    """Writes down that a row gained or lost another.

    Further arguments: the column of the parent row, the name shown, the column of the value.
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
    FROM ({select_rows(event)}) pair
    WHERE b IS DISTINCT FROM a AND coalesce(a, b)->>TG_ARGV[2] IS NOT NULL;
    RETURN NULL;
END """
    return Function(f"openrisk_link_{event}", body)


def build_trigger(table: str, name: str, event: str, function: Function, arguments: str) -> Trigger:
    definition = (
        f"AFTER {event.upper()} ON {table} {EVENTS[event]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function.name}({arguments})"
    )
    return Trigger(name, table, definition, function)


def change_triggers(recorded: RecordedModel) -> list[Trigger]:
    table, link = recorded.table, recorded.link
    function = link_function if link else change_function
    ignored = ",".join(sorted(recorded.ignored_fields | {"id", "organization_id"}))
    arguments = [recorded.label, ignored]
    if link:
        arguments += [f"{link.parent}_id", link.shown_as, link.value_column]
    quoted = ", ".join(f"'{argument}'" for argument in arguments)
    return [
        build_trigger(table, f"{recorded.trigger_prefix}_{event}", event, function(event), quoted)
        for event in EVENTS
    ]


def interval_triggers(intervals: IntervalTable) -> list[Trigger]:
    triggers = []
    for event in EVENTS:
        function = interval_function(intervals, event)
        triggers.append(build_trigger(intervals.table, function.name, event, function, ""))
    return triggers


def interval_function(intervals: IntervalTable, event: str) -> Function:
    """Ends the interval that lasted until now and adds the one that begins.

    A restored row goes on where it was deleted: it came to be, and took on its status, then.
    """
    new, old = (", ".join(f"{row}.{column}" for column in intervals.columns) for row in ("r", "o"))
    changed = {
        "insert": "SELECT * FROM new_rows",
        "delete": "SELECT * FROM old_rows",
        "update": "SELECT r.* FROM new_rows r JOIN old_rows o USING (id) "
        f"WHERE ({new}) IS DISTINCT FROM ({old})",
    }[event]
    is_gone = event == "delete"
    table, key = intervals.interval_table, intervals.row_column
    before = f"""
        UPDATE {table} l SET until = moment FROM changed
        WHERE l.{key} = changed.id AND l.until IS NULL
        RETURNING l.{key} AS id, l.begun, l.status, l.status_since
    """
    if event == "insert":  # of a row that was deleted, and is restored, the last interval
        before = f"""
        SELECT l.* FROM changed CROSS JOIN LATERAL (
            SELECT {key} AS id, begun, status, status_since FROM {table}
            WHERE {key} = changed.id ORDER BY {table}.id DESC LIMIT 1
        ) l
    """
    body = f"""
DECLARE
    {_CONTEXT}
BEGIN
    WITH changed AS ({changed}), ended AS ({before})
    INSERT INTO {table} (organization_id, {key}, at, until, deleted, begun,
                                       status_since, {", ".join(intervals.columns)})
    SELECT r.organization_id, r.id, moment, {"moment" if is_gone else "NULL"}, {str(is_gone).lower()},
           coalesce(e.begun, moment),
           CASE WHEN e.status = r.status THEN e.status_since ELSE moment END, {new}
    FROM changed r LEFT JOIN ended e ON e.id = r.id;
    RETURN NULL;
END """  # noqa: E501
    return Function(f"openrisk_ledger_{intervals.table}_{event}", body)
