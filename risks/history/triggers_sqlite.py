"""The history triggers of SQLite."""

from django.db import models

from openrisk.database.triggers import Trigger
from risks.history.recorded_models import IntervalTable, RecordedModel

EVENTS = ("insert", "update", "delete")
CREATE_CONTEXT_TABLE = """
CREATE TABLE IF NOT EXISTS openrisk_history_context (
    actor_id char(32), comment text, request_id text, run_id char(32), at text
);
"""

_MOMENT = (
    "coalesce((SELECT at FROM openrisk_history_context), strftime('%Y-%m-%d %H:%M:%f', 'now'))"
)
_CONTEXT_VALUES = f"""{_MOMENT},
        (SELECT actor_id FROM openrisk_history_context),
        coalesce((SELECT comment FROM openrisk_history_context), ''),
        coalesce((SELECT request_id FROM openrisk_history_context), ''),
        (SELECT run_id FROM openrisk_history_context)"""
_INSERT_CHANGE = """INSERT INTO risks_change (organization_id, model, object_id, action, at,
        actor_id, comment, request_id, run_id, changes)"""


def json_value(row: str, field: models.Field) -> str:
    """The column as SQLite's JSON functions should write it."""
    column = f'{row}."{field.column}"'
    if isinstance(field, models.JSONField):
        return f"json({column})"
    if isinstance(field, models.BooleanField):
        return f"json(CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"
    return column


def select_pair(event: str, field: models.Field) -> str:
    """A row (key, before, after) where the field changed, or is filled in a new or gone row."""
    before = json_value("OLD", field) if event != "insert" else "NULL"
    after = json_value("NEW", field) if event != "delete" else "NULL"
    if event == "update":
        changed = f'OLD."{field.column}" IS NOT NEW."{field.column}"'
    else:
        column = f'{"NEW" if event == "insert" else "OLD"}."{field.column}"'
        changed = f"{column} IS NOT NULL AND {column} NOT IN ('', '{{}}', '[]')"
    pair = f"json_array({before}, {after})"
    return f"SELECT '{field.column}' AS key, {pair} AS pair WHERE {changed}"


def change_body(event: str, recorded: RecordedModel) -> str:
    row = "OLD" if event == "delete" else "NEW"
    action = {"insert": "created", "update": "updated", "delete": "deleted"}[event]
    pairs = "\n        UNION ALL ".join(select_pair(event, field) for field in recorded.fields)
    having = "HAVING count(*) > 0" if event == "update" else ""
    return f"""{_INSERT_CHANGE}
    SELECT {row}.organization_id, '{recorded.label}', {row}.id, '{action}',
        {_CONTEXT_VALUES},
        json_group_object(key, json(pair))
    FROM ({pairs}) {having};"""


def link_body(event: str, recorded: RecordedModel) -> str:
    link = recorded.link
    assert link is not None  # noqa: S101  change_triggers() asks for links only
    row = "OLD" if event == "delete" else "NEW"
    before = f"OLD.{link.value_column}" if event != "insert" else "NULL"
    after = f"NEW.{link.value_column}" if event != "delete" else "NULL"
    return f"""{_INSERT_CHANGE}
    SELECT {row}.organization_id, '{recorded.label}', {row}.{link.parent}_id, 'updated',
        {_CONTEXT_VALUES},
        json_object('{link.shown_as}', json_array({before}, {after}));"""


def build_trigger(table: str, name: str, event: str, body: str, *, when: str = "") -> Trigger:
    definition = f"AFTER {event.upper()} ON {table} FOR EACH ROW {when}\nBEGIN\n    {body}\nEND"
    return Trigger(name, table, definition)


def change_triggers(recorded: RecordedModel) -> list[Trigger]:
    table = recorded.table
    body = link_body if recorded.link else change_body
    return [
        build_trigger(
            table,
            f"{recorded.trigger_prefix}_{event}",
            event,
            body(event, recorded),
            when=has_parent(event, recorded),
        )
        for event in EVENTS
    ]


def has_parent(event: str, recorded: RecordedModel) -> str:
    """The condition on a row that may be an entry in the history of one of several parents."""
    if recorded.link is None or not recorded.is_one_of_several:
        return ""
    row = "OLD" if event == "delete" else "NEW"
    return f"WHEN {row}.{recorded.link.parent}_id IS NOT NULL"


def interval_triggers(intervals: IntervalTable) -> list[Trigger]:
    table = intervals.table
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in intervals.columns)
    return [
        build_trigger(
            table,
            f"openrisk_ledger_{table}_{event}",
            event,
            interval_body(intervals, event),
            when=f"WHEN {changed}" if event == "update" else "",
        )
        for event in EVENTS
    ]


def interval_body(intervals: IntervalTable, event: str) -> str:
    """Ends the interval that lasted until now and adds the one that begins."""
    is_gone = event == "delete"
    row = "OLD" if is_gone else "NEW"
    table, key = intervals.interval_table, intervals.row_column
    values = ", ".join(f"{row}.{column}" for column in intervals.columns)
    before = f"FROM {table} WHERE {key} = {row}.id ORDER BY id DESC LIMIT 1"
    return f"""UPDATE {table} SET until = {_MOMENT}
    WHERE {key} = {row}.id AND until IS NULL;
    INSERT INTO {table} (organization_id, {key}, at, until, deleted, begun, status_since,
        {", ".join(intervals.columns)})
    SELECT {row}.organization_id, {row}.id, {_MOMENT}, {_MOMENT if is_gone else "NULL"}, {int(is_gone)},
        coalesce((SELECT begun {before}), {_MOMENT}),
        coalesce((SELECT CASE status WHEN {row}.status THEN status_since END {before}), {_MOMENT}),
        {values};"""  # noqa: E501
