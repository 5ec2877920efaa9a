"""Names of categories, assets, frameworks and tags that differ by case, composition, width or blanks
are one from now on.

Tags that were written in several ways get the way that most risks have. Rows that stood twice stay
apart, with a number behind the key of all but the oldest: a person decides which one to keep.
"""

from collections import Counter, defaultdict

from django.db import migrations, models

from openrisk.text.names import KEPT_APART, name_key

NAMED = {"category": ("name",), "asset": ("name",), "framework": ("name", "edition")}
TABLES = (*NAMED, "risktag")
BATCH = 1000


def unite_tags(apps, schema_editor):
    RiskTag = apps.get_model("risks", "RiskTag")
    counts = RiskTag.objects.values_list("organization", "name").annotate(models.Count("pk"))
    spellings = defaultdict(Counter)
    for organization, name, count in counts.order_by("name"):
        spellings[organization, name_key(name)][name] = count
    for (organization, _), names in spellings.items():
        tags = RiskTag.objects.filter(organization=organization)
        [(usual, _), *others] = names.most_common()
        for other, _ in others:
            has_usual = tags.filter(name=usual).values("risk")
            tags.filter(name=other, risk__in=has_usual).delete()
            tags.filter(name=other).update(name=usual)


def switch_triggers(state):
    """A key is nothing that people see: filling it is neither history nor stale in the cache.
    `migrate` sets the triggers right when it ends."""

    def switch(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for name in TABLES:
                schema_editor.execute(f"ALTER TABLE risks_{name} {state} TRIGGER USER")

    return switch


def fill_keys(apps, schema_editor):
    RiskTag = apps.get_model("risks", "RiskTag")
    for name in RiskTag.objects.order_by().values_list("name", flat=True).distinct():
        RiskTag.objects.filter(name=name).update(name_key=name_key(name))
    for model, columns in NAMED.items():
        rows = apps.get_model("risks", model).objects.only("organization", *columns)
        taken = Counter()
        changed = []
        for row in rows.order_by("created_at", "pk"):
            key = name_key(" ".join(getattr(row, column) for column in columns))
            taken[row.organization_id, key] += 1
            number = taken[row.organization_id, key]
            row.name_key = key if number == 1 else f"{key}{KEPT_APART}{number}"
            changed.append(row)
        rows.model.objects.bulk_update(changed, ["name_key"], batch_size=BATCH)


def add_key(model):
    return migrations.AddField(
        model, "name_key", models.TextField(default="", editable=False), preserve_default=False
    )


class Migration(migrations.Migration):
    dependencies = [("risks", "0013_vulnerability_facts")]

    operations = [
        migrations.RunPython(unite_tags, migrations.RunPython.noop),
        migrations.RemoveConstraint("asset", "asset_name_unique"),
        migrations.RemoveConstraint("category", "category_unique"),
        migrations.RemoveConstraint("framework", "framework_unique"),
        migrations.RemoveConstraint("risktag", "risk_tag_unique"),
        migrations.RemoveIndex("risktag", "risk_tag_name"),
        *map(add_key, TABLES),
        migrations.RunPython(switch_triggers("DISABLE"), switch_triggers("ENABLE")),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
        migrations.RunPython(switch_triggers("ENABLE"), switch_triggers("DISABLE")),
        migrations.AddIndex(
            "risktag",
            models.Index(
                fields=["organization", "name_key", "name", "risk"], name="risk_tag_key"
            ),
        ),
        migrations.AddConstraint(
            "asset",
            models.UniqueConstraint(
                fields=("organization", "name_key"),
                name="asset_name_key_unique",
                violation_error_message="An asset of this name exists already.",
            ),
        ),
        migrations.AddConstraint(
            "category",
            models.UniqueConstraint(
                fields=("organization", "name_key"),
                name="category_name_unique",
                violation_error_message="A category of this name exists already.",
            ),
        ),
        migrations.AddConstraint(
            "framework",
            models.UniqueConstraint(
                fields=("organization", "name_key"),
                name="framework_name_unique",
                violation_error_message="This framework exists already in this edition.",
            ),
        ),
        migrations.AddConstraint(
            "risktag",
            models.UniqueConstraint(fields=("risk", "name_key"), name="risk_tag_name_unique"),
        ),
    ]
