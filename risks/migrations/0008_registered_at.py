"""History intervals call it `registered_at` when their object came to be.

The column stays `begun`, as do its rows and its index: nothing is changed in the database.
"""

from django.db import migrations, models

INTERVALS = ("scorechange", "mitigationchange", "controlchange")
INDEX = "score_change_begun"


class Migration(migrations.Migration):
    dependencies = [("risks", "0007_acceptance_basis")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("scorechange", INDEX),
                *(
                    migrations.RenameField(model, "begun", "registered_at")
                    for model in INTERVALS
                ),
                *(
                    migrations.AlterField(
                        model, "registered_at", models.DateTimeField(db_column="begun")
                    )
                    for model in INTERVALS
                ),
                migrations.AddIndex(
                    "scorechange",
                    models.Index(
                        condition=models.Q(until=None),
                        fields=["organization", "registered_at", "risk"],
                        name=INDEX,
                    ),
                ),
            ],
        )
    ]
