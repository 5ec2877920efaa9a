"""`App` becomes `InstalledApp`, and `run` of a run or of a change of a pack becomes `import_run`.

Tables and columns keep their names, so nodes of the version before go on working. The content type is
renamed by Django itself; permissions that people were given follow here.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def rename_permissions(apps: Any, schema_editor: Any) -> None:
    _rename(apps, "app", "installedapp")


def rename_permissions_back(apps: Any, schema_editor: Any) -> None:
    _rename(apps, "installedapp", "app")


def _rename(apps: Any, old: str, new: str) -> None:
    ours = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="marketplace"
    )
    for verb in ("add", "change", "delete", "view"):
        ours.filter(codename=f"{verb}_{old}").update(codename=f"{verb}_{new}")


def import_run(**options: Any) -> models.OneToOneField:
    return models.OneToOneField(
        db_column="run_id",
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        to="risks.importrun",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("marketplace", "0005_encrypt_addresses"),
        ("risks", "0006_standing_index"),
    ]

    operations = [
        migrations.AlterModelTable("app", "marketplace_app"),
        migrations.RenameModel("App", "InstalledApp"),
        migrations.AlterModelOptions(
            "installedapp", {"ordering": ("name", "id"), "verbose_name": "app"}
        ),
        migrations.AlterField(
            "syncrun", "run", import_run(editable=False, related_name="sync_run")
        ),
        migrations.RenameField("syncrun", "run", "import_run"),
        migrations.AlterField("packchange", "run", import_run(related_name="pack_change")),
        migrations.RenameField("packchange", "run", "import_run"),
        migrations.RunPython(rename_permissions, rename_permissions_back),
    ]
