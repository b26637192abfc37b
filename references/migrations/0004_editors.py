from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("references", "0003_turns"),
    ]

    operations = [
        migrations.AddField(
            model_name="reference",
            name="editors",
            field=models.JSONField(blank=True, default=list, verbose_name="editors of the book"),
        ),
    ]
