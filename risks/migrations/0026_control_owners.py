"""Controls get an owner, and what follows from their identifier: section and place."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from openrisk.text.identifiers import natural_key, section_of

BATCH = 1000


def switch_triggers(state):
    """What is filled is nothing that people see: neither history nor stale in the cache.
    `migrate` sets the triggers right when it ends."""

    def switch(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE risks_control {state} TRIGGER USER")

    return switch


def fill_places(apps, schema_editor):
    Control = apps.get_model("risks", "Control")
    changed = []
    for control in Control.objects.only("identifier").iterator(chunk_size=BATCH):
        control.section = section_of(control.identifier)
        control.sort_key = natural_key(control.identifier)
        changed.append(control)
    Control.objects.bulk_update(changed, ["section", "sort_key"], batch_size=BATCH)


def add_text(name):
    field = models.TextField(default="", editable=False)
    return migrations.AddField("control", name, field, preserve_default=False)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("risks", "0025_status_by_priority"),
    ]

    operations = [
        migrations.AddField(
            "control",
            "owner",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        add_text("section"),
        add_text("sort_key"),
        migrations.RunPython(switch_triggers("DISABLE"), switch_triggers("ENABLE")),
        migrations.RunPython(fill_places, migrations.RunPython.noop),
        migrations.RunPython(switch_triggers("ENABLE"), switch_triggers("DISABLE")),
        migrations.AddIndex(
            "control",
            models.Index(
                fields=["organization", "framework", "sort_key", "id"], name="control_by_place"
            ),
        ),
        migrations.AddIndex(
            "control",
            models.Index(fields=["framework", "section", "status"], name="control_by_section"),
        ),
        migrations.AddIndex(
            "control", models.Index(fields=["owner", "organization"], name="control_owner")
        ),
    ]
