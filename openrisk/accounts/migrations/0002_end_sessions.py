"""Ends the sessions that were stored under the keys that browsers hold: they are digests from now on."""

from django.db import migrations


def end_sessions(apps, schema_editor):
    apps.get_model("sessions", "Session").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("sessions", "0001_initial"),
    ]
    operations = [migrations.RunPython(end_sessions, migrations.RunPython.noop)]
