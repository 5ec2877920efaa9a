"""The history triggers of PostgreSQL (15 and later)."""

from risks.history.tracked import LEDGER_FIELDS, TRACKED, Tracked

EVENTS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}

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


def _function(event: str) -> str:
    """The functions behind every trigger of one event.

    Their arguments: the label, the silent columns, and for a link the column of the row it hangs
    on, the name shown and the column told. Rows are created and deleted without empty fields.
    """
    action = {"insert": "created", "update": "updated", "delete": "deleted"}[event]
    return f"""
CREATE OR REPLACE FUNCTION openrisk_change_{event}() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    {_CONTEXT}
    silent text[] := string_to_array(TG_ARGV[1], ',');
BEGIN
    INSERT INTO risks_change (organization_id, model, object_id, action, at, actor_id, comment,
                              request_id, run_id, changes)
    SELECT (coalesce(a, b)->>'organization_id')::uuid, TG_ARGV[0], (coalesce(a, b)->>'id')::uuid,
           '{action}', moment, (said->>'actor_id')::uuid, coalesce(said->>'comment', ''),
           coalesce(said->>'request_id', ''), (said->>'run_id')::uuid, d.changes
    FROM ({_rows(event)}) pair
    CROSS JOIN LATERAL ({_told(event)}) d
    WHERE d.changes <> '{{}}' OR '{action}' <> 'updated';
    RETURN NULL;
END $body$;

CREATE OR REPLACE FUNCTION openrisk_link_{event}() RETURNS trigger LANGUAGE plpgsql AS $body$
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
END $body$;
"""


def _ledger_function(event: str) -> str:
    columns = ", ".join(LEDGER_FIELDS)
    rows = {
        "insert": "new_rows r",
        "delete": "old_rows r",
        "update": "new_rows r JOIN old_rows o USING (id) WHERE ("
        + ", ".join(f"r.{column}" for column in LEDGER_FIELDS)
        + ") IS DISTINCT FROM ("
        + ", ".join(f"o.{column}" for column in LEDGER_FIELDS)
        + ")",
    }[event]
    values = ", ".join(f"r.{column}" for column in LEDGER_FIELDS)
    return f"""
CREATE OR REPLACE FUNCTION openrisk_ledger_{event}() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    {_CONTEXT}
BEGIN
    INSERT INTO risks_scorechange (organization_id, risk_id, at, deleted, {columns})
    SELECT r.organization_id, {"id" if event == "update" else "r.id"}, moment,
           {str(event == "delete").lower()}, {values}
    FROM {rows};
    RETURN NULL;
END $body$;
"""


PREPARE = "".join(_function(event) + _ledger_function(event) for event in EVENTS)


def _create(table: str, name: str, event: str, call: str) -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {name} AFTER {event.upper()} ON {table} {EVENTS[event]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {call}"
    )


def change_triggers(tracked: Tracked) -> list[str]:
    table = tracked.model_class._meta.db_table
    kind = "link" if tracked.of else "change"
    silent = ",".join(sorted(tracked.silent | {"id", "organization_id"}))
    link = [f"{tracked.of}_id", tracked.field, tracked.value] if tracked.of else []
    arguments = ", ".join(f"'{argument}'" for argument in (tracked.label, silent, *link))
    return [
        _create(table, _change_name(table, event), event, f"openrisk_{kind}_{event}({arguments})")
        for event in EVENTS
    ]


def ledger_triggers() -> list[str]:
    return [
        _create("risks_risk", f"openrisk_ledger_{event}", event, f"openrisk_ledger_{event}()")
        for event in EVENTS
    ]


def _change_name(table: str, event: str) -> str:
    return f"openrisk_{table}_{event}"


def trigger_names() -> set[str]:
    tables = [tracked.model_class._meta.db_table for tracked in TRACKED]
    return {_change_name(table, event) for table in tables for event in EVENTS} | {
        f"openrisk_ledger_{event}" for event in EVENTS
    }
