"""Sessions, the shared cache, and the list of sign-ins: rows are added, and let go after a year."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION sign_ins_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '365 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER sign_ins_are_only_added_to BEFORE UPDATE OR DELETE ON signing_in_signinentry
    FOR EACH ROW EXECUTE FUNCTION sign_ins_are_only_added();
"""

BACKWARD = """
DROP TRIGGER sign_ins_are_only_added_to ON signing_in_signinentry;
DROP FUNCTION sign_ins_are_only_added;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Remembered",
            fields=[
                ("cache_key", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("expires", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "signing_in_cache",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="session key"
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("account_id", models.BigIntegerField(db_index=True, null=True)),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SignInEntry",
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
                            ("signed_in", "signed in"),
                            ("signed_out", "signed out"),
                            ("failed", "wrong password"),
                            ("locked", "locked after too many tries"),
                            ("refused", "refused: the account is closed"),
                            ("factor_used", "used a second factor"),
                            ("factor_failed", "wrong second factor"),
                            ("factor_added", "added a second factor"),
                            ("factor_removed", "removed a second factor"),
                            ("codes_made", "made new recovery codes"),
                            ("factors_reset", "second factors taken away by a command on the server"),
                            ("password_changed", "changed the password"),
                            ("sessions_ended", "signed out everywhere by an administrator"),
                        ],
                        max_length=30,
                        verbose_name="deed",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name then")),
                ("detail", models.CharField(blank=True, max_length=100, verbose_name="detail")),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "sign-in",
                "verbose_name_plural": "sign-ins",
                "default_permissions": ("view",),
                "ordering": ("-at", "-id"),
                "indexes": [models.Index(fields=["-at", "-id"], name="sign_ins_newest_first")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
