"""Each row of a ledger says until when it stood; mitigations get a ledger; categories an appetite."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

INTERVALS = """
UPDATE risks_scorechange SET until = s.until, begun = s.begun, status_since = s.status_since
FROM (
    SELECT id, begun, CASE WHEN deleted THEN at ELSE next END AS until,
        max(changed) OVER (PARTITION BY risk_id ORDER BY id) AS status_since
    FROM (
        SELECT id, risk_id, at, deleted, lead(at) OVER w AS next, first_value(at) OVER w AS begun,
            CASE WHEN lag(status) OVER w = status THEN NULL ELSE at END AS changed
        FROM risks_scorechange WINDOW w AS (PARTITION BY risk_id ORDER BY id)
    ) steps
) s WHERE risks_scorechange.id = s.id
"""
# What the assets of a risk were in the past is not known here: without any, the factor is 1.
PRIORITIES = """
UPDATE risks_scorechange SET priority = CASE WHEN until IS NULL
    THEN (SELECT priority FROM risks_risk r WHERE r.id = risk_id) ELSE current_score END
"""
# How these stood before is told by their changes only: their ledgers begin with how they stand.
MITIGATIONS = """
INSERT INTO risks_mitigationchange (organization_id, mitigation_id, risk_id, at, begun,
    status_since, status, due_date, owner_id, deleted)
SELECT organization_id, id, risk_id, created_at, created_at, created_at, status, due_date, owner_id,
    false FROM risks_mitigation
"""
CONTROLS = """
INSERT INTO risks_controlchange (organization_id, control_id, framework_id, at, begun, status_since,
    status, deleted)
SELECT organization_id, id, framework_id, created_at, created_at, created_at, status, false
FROM risks_control
"""


def drop_old_triggers(apps, schema_editor):
    """Those of today, named after their tables, are made after migrating."""
    for event in ("insert", "update", "delete"):
        table = " ON risks_risk" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS openrisk_ledger_{event}{table}")


def kept(to):
    return models.ForeignKey(
        to=to,
        on_delete=django.db.models.deletion.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )



class Migration(migrations.Migration):
    dependencies = [
        ("risks", "0003_link_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(drop_old_triggers, migrations.RunPython.noop),
        migrations.AddField(
            "category",
            "appetite",
            models.PositiveSmallIntegerField(
                null=True,
                blank=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(25),
                ],
                help_text="The highest current score that is acceptable here, 1 to 25; empty for none set.",
            ),
        ),
        migrations.AddConstraint(
            "category",
            models.CheckConstraint(
                condition=models.Q(("appetite", None), ("appetite__range", (1, 25)), _connector="OR"),
                name="category_appetite_on_scale",
            ),
        ),
        migrations.RemoveIndex("scorechange", "score_change_at"),
        migrations.AddField("scorechange", "until", models.DateTimeField(null=True)),
        migrations.AddField("scorechange", "begun", models.DateTimeField(null=True)),
        migrations.AddField("scorechange", "status_since", models.DateTimeField(null=True)),
        migrations.AddField(
            "scorechange", "priority", models.DecimalField(max_digits=5, decimal_places=2, null=True)
        ),
        migrations.RunSQL([INTERVALS, PRIORITIES], migrations.RunSQL.noop),
        migrations.AlterField("scorechange", "begun", models.DateTimeField()),
        migrations.AlterField("scorechange", "status_since", models.DateTimeField()),
        migrations.AddIndex(
            "scorechange",
            models.Index(
                fields=["organization", "at", "until", "status", "current_level", "current_score"],
                name="score_change_at",
            ),
        ),
        migrations.AddIndex(
            "scorechange",
            models.Index(
                fields=["organization", "priority", "current_score", "risk"],
                condition=models.Q(("until", None)),
                name="score_change_top",
            ),
        ),
        migrations.AddIndex(
            "scorechange",
            models.Index(
                fields=["organization", "begun", "risk"],
                condition=models.Q(("until", None)),
                name="score_change_begun",
            ),
        ),
        migrations.AddIndex(
            "scorechange",
            models.Index(
                fields=["organization", "status", "status_since", "risk"],
                condition=models.Q(("until", None)),
                name="score_change_status_since",
            ),
        ),
        migrations.AddConstraint(
            "scorechange",
            models.UniqueConstraint(
                fields=["risk"], condition=models.Q(("until", None)), name="score_change_one_stands"
            ),
        ),
        migrations.CreateModel(
            "MitigationChange",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                ("organization", kept("accounts.organization")),
                ("mitigation", kept("risks.mitigation")),
                ("risk", kept("risks.risk")),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("begun", models.DateTimeField()),
                ("status_since", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        max_length=12,
                        choices=[
                            ("planned", "Planned"),
                            ("in_progress", "In progress"),
                            ("review", "In review"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                    ),
                ),
                ("due_date", models.DateField(null=True)),
                ("owner", kept(settings.AUTH_USER_MODEL)),
                ("deleted", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["mitigation", "id"], name="mitigation_change_of"),
                    models.Index(
                        fields=["organization", "at", "until", "status", "due_date"],
                        name="mitigation_change_at",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["mitigation"],
                        condition=models.Q(("until", None)),
                        name="mitigation_change_one_stands",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "ControlChange",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                ("organization", kept("accounts.organization")),
                ("control", kept("risks.control")),
                ("framework", kept("risks.framework")),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("begun", models.DateTimeField()),
                ("status_since", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        max_length=20,
                        choices=[
                            ("not_implemented", "Not implemented"),
                            ("in_progress", "In progress"),
                            ("implemented", "Implemented"),
                            ("not_applicable", "Not applicable"),
                        ],
                    ),
                ),
                ("deleted", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["control", "id"], name="control_change_of"),
                    models.Index(fields=["organization", "at"], name="control_change_at"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["control"],
                        condition=models.Q(("until", None)),
                        name="control_change_one_stands",
                    )
                ],
            },
        ),
        migrations.RunSQL([MITIGATIONS, CONTROLS], migrations.RunSQL.noop),
    ]
