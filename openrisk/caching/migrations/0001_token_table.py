"""The table of tokens, which is no model's: each database keeps it in the shape that suits it."""

from django.db import migrations

from openrisk.caching.freshness import triggers_postgresql
from openrisk.caching.freshness import triggers_sqlite


def create(apps, schema_editor):
    dialect = {"postgresql": triggers_postgresql, "sqlite": triggers_sqlite}
    with schema_editor.connection.cursor() as cursor:
        for statement in dialect[schema_editor.connection.vendor].CREATE_TABLE.split(";"):
            if statement.strip():
                cursor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE cache_token")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunPython(create, drop)]
