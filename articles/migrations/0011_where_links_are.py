import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0010_versions_and_presence"),
    ]

    operations = [
        migrations.AddField(
            model_name="linkcheck",
            name="articles",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, editable=False, size=None
            ),
        ),
    ]
