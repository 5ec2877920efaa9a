"""The full-text index behind `RiskQuerySet.search` on PostgreSQL; SQLite searches without one."""

from django.db import migrations

from risks.querysets import SEARCHED_FIELDS

DOCUMENT = " || ' ' || ".join(f'"{field}"' for field in SEARCHED_FIELDS)


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX risk_search ON risks_risk "
            f"USING gin (to_tsvector('simple', {DOCUMENT}))"
        )


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX risk_search")


class Migration(migrations.Migration):
    dependencies = [("risks", "0001_initial")]
    operations = [migrations.RunPython(create_index, drop_index)]
