"""The history triggers of SQLite."""

from django.db import models

from openrisk.database.triggers import Trigger
from risks.history.tracked import LEDGERS, TRACKED, Ledger, RecordedModel

EVENTS = ("insert", "update", "delete")
ENABLED_TRIGGERS = (
    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'openrisk_%'"
)

PREPARE = """
CREATE TABLE IF NOT EXISTS openrisk_history_context (
    actor_id char(32), comment text, request_id text, run_id char(32), at text
);
"""

_MOMENT = (
    "coalesce((SELECT at FROM openrisk_history_context), strftime('%Y-%m-%d %H:%M:%f', 'now'))"
)
_SAID = f"""{_MOMENT},
        (SELECT actor_id FROM openrisk_history_context),
        coalesce((SELECT comment FROM openrisk_history_context), ''),
        coalesce((SELECT request_id FROM openrisk_history_context), ''),
        (SELECT run_id FROM openrisk_history_context)"""
_INSERT_CHANGE = """INSERT INTO risks_change (organization_id, model, object_id, action, at,
        actor_id, comment, request_id, run_id, changes)"""


def _value(row: str, field: models.Field) -> str:
    """The column as SQLite's JSON functions should write it."""
    column = f'{row}."{field.column}"'
    if isinstance(field, models.JSONField):
        return f"json({column})"
    if isinstance(field, models.BooleanField):
        return f"json(CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"
    return column


def _pair(event: str, field: models.Field) -> str:
    """A row (key, before, after) where the field changed, or is filled in a new or gone row."""
    before = _value("OLD", field) if event != "insert" else "NULL"
    after = _value("NEW", field) if event != "delete" else "NULL"
    if event == "update":
        changed = f'OLD."{field.column}" IS NOT NEW."{field.column}"'
    else:
        column = f'{"NEW" if event == "insert" else "OLD"}."{field.column}"'
        changed = f"{column} IS NOT NULL AND {column} NOT IN ('', '{{}}', '[]')"
    pair = f"json_array({before}, {after})"
    return f"SELECT '{field.column}' AS key, {pair} AS pair WHERE {changed}"


def _change_body(event: str, tracked: RecordedModel) -> str:
    row = "OLD" if event == "delete" else "NEW"
    action = {"insert": "created", "update": "updated", "delete": "deleted"}[event]
    pairs = "\n        UNION ALL ".join(_pair(event, field) for field in tracked.fields)
    having = "HAVING count(*) > 0" if event == "update" else ""
    return f"""{_INSERT_CHANGE}
    SELECT {row}.organization_id, '{tracked.label}', {row}.id, '{action}',
        {_SAID},
        json_group_object(key, json(pair))
    FROM ({pairs}) {having};"""


def _link_body(event: str, tracked: RecordedModel) -> str:
    row = "OLD" if event == "delete" else "NEW"
    before = f"OLD.{tracked.value}" if event != "insert" else "NULL"
    after = f"NEW.{tracked.value}" if event != "delete" else "NULL"
    return f"""{_INSERT_CHANGE}
    SELECT {row}.organization_id, '{tracked.label}', {row}.{tracked.of}_id, 'updated',
        {_SAID},
        json_object('{tracked.field}', json_array({before}, {after}));"""


def _trigger(table: str, name: str, event: str, body: str, *, when: str = "") -> Trigger:
    definition = f"AFTER {event.upper()} ON {table} FOR EACH ROW {when}\nBEGIN\n    {body}\nEND"
    return Trigger(name, table, definition)


def change_triggers(tracked: RecordedModel) -> list[Trigger]:
    table = tracked.model_class._meta.db_table
    body = _link_body if tracked.of else _change_body
    return [
        _trigger(table, _change_name(table, event), event, body(event, tracked)) for event in EVENTS
    ]


def ledger_triggers(ledger: Ledger) -> list[Trigger]:
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in ledger.fields)
    return [
        _trigger(
            ledger.table,
            _ledger_name(ledger, event),
            event,
            _ledger_body(ledger, event),
            when=f"WHEN {changed}" if event == "update" else "",
        )
        for event in EVENTS
    ]


def _ledger_body(ledger: Ledger, event: str) -> str:
    """Ends the row that stood until now and adds the one that stands from now on."""
    gone = event == "delete"
    row = "OLD" if gone else "NEW"
    table, values = ledger.ledger_table, ", ".join(f"{row}.{column}" for column in ledger.fields)
    before = f"FROM {table} WHERE {ledger.of} = {row}.id ORDER BY id DESC LIMIT 1"
    return f"""UPDATE {table} SET until = {_MOMENT}
    WHERE {ledger.of} = {row}.id AND until IS NULL;
    INSERT INTO {table} (organization_id, {ledger.of}, at, until, deleted, begun, status_since,
        {", ".join(ledger.fields)})
    SELECT {row}.organization_id, {row}.id, {_MOMENT}, {_MOMENT if gone else "NULL"}, {int(gone)},
        coalesce((SELECT begun {before}), {_MOMENT}),
        coalesce((SELECT CASE status WHEN {row}.status THEN status_since END {before}), {_MOMENT}),
        {values};"""


def _change_name(table: str, event: str) -> str:
    return f"openrisk_{table}_{event}"


def _ledger_name(ledger: Ledger, event: str) -> str:
    return f"openrisk_ledger_{ledger.table}_{event}"


def trigger_names() -> set[str]:
    tables = [tracked.model_class._meta.db_table for tracked in TRACKED]
    return {_change_name(table, event) for table in tables for event in EVENTS} | {
        _ledger_name(ledger, event) for ledger in LEDGERS for event in EVENTS
    }
