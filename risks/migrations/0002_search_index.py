"""The full-text index behind `RiskQuerySet.search` on PostgreSQL; SQLite searches without one.

It finds the words inside of hosts, paths and CVE numbers: what glues them counts as a space.
"""

from django.db import migrations

GLUE = "-+./:@~<>&?=_"
TEXT = "title || ' ' || description || ' ' || owner_name || ' ' || external_id"
DOCUMENT = f"translate({TEXT}, '{GLUE}', '{' ' * len(GLUE)}')"


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE INDEX risk_search ON risks_risk USING gin (to_tsvector('simple', {DOCUMENT}))"
        )


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX risk_search")


class Migration(migrations.Migration):
    dependencies = [("risks", "0001_initial")]
    operations = [migrations.RunPython(create_index, drop_index)]
