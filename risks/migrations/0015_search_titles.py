"""Titles as a search looks for them, in an index: for short words, which have no trigrams, and for
titles that begin with what is looked for. Mitigations are searched from now on as risks are.

See 0010_folded_search for `openrisk_fold`. A row of an index may not be long, so a title is cut.
"""

from django.db import migrations

TITLES = {
    "risk": "title",
    "mitigation": "title",
    "asset": "name",
    "control": "identifier || chr(10) || title",
    "finding": "title",
}


def create_columns(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        "ALTER TABLE risks_mitigation ADD COLUMN search_text text "
        "GENERATED ALWAYS AS (openrisk_fold(title || chr(10) || description)) STORED"
    )
    schema_editor.execute(
        "CREATE INDEX mitigation_search ON risks_mitigation USING gin (search_text gin_trgm_ops)"
    )
    for name, title in TITLES.items():
        schema_editor.execute(
            f'ALTER TABLE risks_{name} ADD COLUMN search_title text COLLATE "C" '
            f"GENERATED ALWAYS AS (left(openrisk_fold({title}), 200)) STORED"
        )
        schema_editor.execute(
            f"CREATE INDEX {name}_by_search_title ON risks_{name} (organization_id, search_title) "
            "INCLUDE (id)"
        )


def drop_columns(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE risks_mitigation DROP COLUMN search_text")
        for name in TITLES:
            schema_editor.execute(f"ALTER TABLE risks_{name} DROP COLUMN search_title")


class Migration(migrations.Migration):
    dependencies = [("risks", "0014_name_keys")]
    operations = [migrations.RunPython(create_columns, drop_columns)]
