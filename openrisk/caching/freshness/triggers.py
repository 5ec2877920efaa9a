"""The triggers that give tags new versions, for the installer in `openrisk.database.triggers`."""

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from openrisk.caching.freshness import tag_versions, triggers_postgresql, triggers_sqlite
from openrisk.caching.freshness.registry import EPOCH, tracked_models
from openrisk.database.triggers import Trigger, TriggerSet


class CacheTriggers(TriggerSet):
    """Installing one of them makes everything stale: writes before it were not noticed."""

    purpose = "cache"

    def required_tables(self) -> set[str]:
        return {tag_versions.TABLE}

    def build(self, connection: BaseDatabaseWrapper) -> list[Trigger]:
        triggers: list[Trigger] = []
        for tracked in tracked_models():
            if connection.vendor == "sqlite":
                triggers += triggers_sqlite.build_triggers(tracked)
            else:
                notify = settings.CACHE_CONSISTENCY == "push"
                triggers += triggers_postgresql.build_triggers(tracked, notify=notify)
        return triggers

    def prepare(self, connection: BaseDatabaseWrapper) -> None:
        tag_versions.ensure_epoch(connection)

    def after_change(self, connection: BaseDatabaseWrapper) -> None:
        tag_versions.bump([EPOCH], connection)


def triggers_without_notify(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that do not notify; each of them makes CACHE_CONSISTENCY=push stale."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(triggers_postgresql.WITHOUT_NOTIFY, [triggers_postgresql.function_names()])
        return [row[0] for row in cursor.fetchall()]
