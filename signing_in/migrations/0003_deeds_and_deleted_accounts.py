"""A deleted account has no sessions either; and the list of sign-ins knows what administrators do."""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION deleted_accounts_have_no_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM signing_in_session WHERE account_id = OLD.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER deleted_accounts_have_no_sessions AFTER DELETE ON auth_user
    FOR EACH ROW EXECUTE FUNCTION deleted_accounts_have_no_sessions();
"""

BACKWARD = """
DROP TRIGGER deleted_accounts_have_no_sessions ON auth_user;
DROP FUNCTION deleted_accounts_have_no_sessions;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("signing_in", "0002_closed_accounts_have_no_sessions"),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        # Former addresses, which nothing reads any more: the present one is in the account.
        migrations.RunSQL("DELETE FROM account_emailaddress", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="signinentry",
            name="deed",
            field=models.CharField(
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
                    ("factors_reset", "second factor reset"),
                    ("password_changed", "password changed"),
                    ("link_sent", "was sent a link to choose a password"),
                    ("email_changed", "e-mail address changed"),
                    ("sessions_ended", "signed out everywhere"),
                ],
                max_length=30,
                verbose_name="deed",
            ),
        ),
    ]
