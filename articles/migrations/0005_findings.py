"""What publishing is held up by: links that do not answer, and errors that somebody published in spite of.

An override belongs to its edition as citations do: see migration 0002.
"""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER override_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON articles_override
    FOR EACH ROW EXECUTE FUNCTION part_of_edition_is_immutable();
"""

BACKWARD = "DROP TRIGGER override_is_immutable ON articles_override;"


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0004_pictures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LinkCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.URLField(max_length=1000, unique=True, verbose_name="address")),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status")),
                (
                    "trouble",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("gone", "there is no such page"),
                            ("server_error", "the server reports an error"),
                            ("refused", "the page is refused"),
                            ("no_such_host", "there is no such site"),
                            ("unreachable", "no connection"),
                            ("insecure", "no secure connection"),
                            ("timeout", "no answer in time"),
                            ("redirects", "it is redirected too often"),
                            ("not_public", "it is not an address on the internet"),
                        ],
                        max_length=20,
                        verbose_name="trouble",
                    ),
                ),
                ("checked_at", models.DateTimeField(null=True, verbose_name="checked at")),
                ("failing_since", models.DateTimeField(null=True, verbose_name="failing since")),
            ],
            options={
                "verbose_name": "link check",
                "verbose_name_plural": "link checks",
            },
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.contrib.postgres.functions.TransactionNow(),
                        editable=False,
                        verbose_name="at",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "findings",
                    models.JSONField(
                        help_text="Each with its name and its sentence.", verbose_name="findings"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        help_text="Empty when a command did it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "edition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="override",
                        to="articles.edition",
                        verbose_name="edition",
                    ),
                ),
            ],
            options={
                "verbose_name": "override",
                "verbose_name_plural": "overrides",
                "permissions": [("override_findings", "Can publish in spite of errors")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="override_has_a_reason"
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
