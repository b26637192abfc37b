"""Checks know whether editors were told. Of those until now they were."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("references", "0004_editors")]

    operations = [
        migrations.AddField(
            model_name="check",
            name="told_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL("UPDATE references_check SET told_at = at", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(
                condition=models.Q(told_at__isnull=True) & ~models.Q(standing=models.F("standing_before")),
                fields=["at", "id"],
                name="check_untold",
            ),
        ),
    ]
