"""The triggers that write history, for the installer in `openrisk.database.triggers`.

PostgreSQL has one statement-level trigger per event with transition tables, so a statement that
changes 100,000 rows costs one set-based insert. SQLite has row triggers. Both are generated from
`recorded_models`.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

from openrisk.database.triggers import Trigger, TriggerSet
from risks.history import triggers_postgresql, triggers_sqlite
from risks.history.recorded_models import interval_tables, recorded_models


class HistoryTriggers(TriggerSet):
    purpose = "history"

    def required_tables(self) -> set[str]:
        return {recorded.table for recorded in recorded_models()}

    def build(self, connection: BaseDatabaseWrapper) -> list[Trigger]:
        dialect = triggers_postgresql if connection.vendor == "postgresql" else triggers_sqlite
        triggers: list[Trigger] = []
        for recorded in recorded_models():
            triggers += dialect.change_triggers(recorded)
        for intervals in interval_tables():
            triggers += dialect.interval_triggers(intervals)
        return triggers

    def prepare(self, connection: BaseDatabaseWrapper) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(triggers_sqlite.CREATE_CONTEXT_TABLE)
