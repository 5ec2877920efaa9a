"""Search finds the words inside of hosts, paths and CVE numbers; scores are whole or absent."""

from django.db import migrations, models
from django.db.models import F, Q

GLUE = "-+./:@~<>&?=_"
DOCUMENT = "title || ' ' || description || ' ' || owner_name || ' ' || external_id"
LEVELS = ["low", "medium", "high", "critical"]


def _index(document):
    def create(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("DROP INDEX risk_search")
            schema_editor.execute(
                "CREATE INDEX risk_search ON risks_risk "
                f"USING gin (to_tsvector('simple', {document}))"
            )

    return create


def _whole_or_absent(kind):
    parts = [f"{kind}_{part}" for part in ("likelihood", "impact", "score", "level")]
    likelihood, impact, total, level = parts
    assessed = Q(**{f"{part}__isnull": False for part in parts}) & Q(
        **{
            f"{likelihood}__range": (1, 5),
            f"{impact}__range": (1, 5),
            total: F(likelihood) * F(impact),
            f"{level}__in": LEVELS,
        }
    )
    partial = Q(**{f"{total}__isnull": True, f"{level}__isnull": True}) & (
        Q(**{f"{likelihood}__isnull": True}) | Q(**{f"{impact}__isnull": True})
    )
    ranges = (Q(**{f"{likelihood}__isnull": True}) | Q(**{f"{likelihood}__range": (1, 5)})) & (
        Q(**{f"{impact}__isnull": True}) | Q(**{f"{impact}__range": (1, 5)})
    )
    name = f"risk_{kind}_score_is_product"
    return [
        migrations.RemoveConstraint(model_name="risk", name=name),
        migrations.AddConstraint(
            model_name="risk",
            constraint=models.CheckConstraint(condition=assessed | (partial & ranges), name=name),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("risks", "0005_filter_indexes")]
    operations = [
        migrations.RunPython(
            _index(f"translate({DOCUMENT}, '{GLUE}', '{' ' * len(GLUE)}')"), _index(DOCUMENT)
        ),
        *_whole_or_absent("inherent"),
        *_whole_or_absent("residual"),
        *_whole_or_absent("target"),
    ]
