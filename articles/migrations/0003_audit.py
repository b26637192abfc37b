"""The audit list: who published, withdrew, approved, overrode. Rows are added, never changed."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION rows_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE ON articles_auditentry
    FOR EACH ROW EXECUTE FUNCTION rows_are_only_added();
"""

BACKWARD = """
DROP TRIGGER audit_is_only_added_to ON articles_auditentry;
DROP FUNCTION rows_are_only_added;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0002_editions_never_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
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
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="at",
                    ),
                ),
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("published", "published"),
                            ("scheduled", "scheduled"),
                            ("unscheduled", "took a scheduled edition back"),
                            ("withdrew", "withdrew"),
                            ("restored", "restored"),
                            ("approved", "approved"),
                            ("asked_for_changes", "asked for changes"),
                            ("overrode", "published in spite of findings"),
                        ],
                        max_length=30,
                        verbose_name="deed",
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        choices=[
                            ("admin", "the admin"),
                            ("command", "a command on the server"),
                            ("link", "a link sent by e-mail"),
                        ],
                        max_length=20,
                        verbose_name="from where",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                ("subject", models.CharField(max_length=200, verbose_name="title then")),
                (
                    "language",
                    models.CharField(
                        choices=[("da", "Danish"), ("en", "English")], max_length=7, verbose_name="language"
                    ),
                ),
                ("number", models.PositiveIntegerField(null=True, verbose_name="edition")),
                ("detail", models.TextField(blank=True, verbose_name="detail")),
                (
                    "article",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit list",
                "ordering": ("-at", "-id"),
                "indexes": [models.Index(fields=["-at", "-id"], name="audit_newest_first")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
