"""The index that keeps a risk from standing twice carries what is added up of those that stand.

So risks by asset are counted from two indexes in the same order, without looking at a row. Django's
constraints with INCLUDE columns do not exist on SQLite at all, so it knows the constraint without.
"""

from typing import Any

from django.db import migrations

NAME = "score_change_one_stands"
CARRIED = "INCLUDE (organization_id, status, current_level, current_score)"


def _make(carried: str) -> Any:
    def make(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX {NAME}")
            schema_editor.execute(
                f"CREATE UNIQUE INDEX {NAME} ON risks_scorechange (risk_id) {carried} "
                "WHERE until IS NULL"
            )

    return make


class Migration(migrations.Migration):
    dependencies = [("risks", "0005_connectors")]

    operations = [migrations.RunPython(_make(CARRIED), _make(""))]
