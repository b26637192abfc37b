"""What administrators do with an account is on the list of sign-ins. The table stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signing_in", "0002_closed_accounts_have_no_sessions"),
    ]

    operations = [
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
