"""An account that is closed, by whatever way, has no session that would be good again when it is opened."""

from django.conf import settings
from django.db import migrations

FORWARD = """
CREATE FUNCTION closed_accounts_have_no_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM signing_in_session WHERE account_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER closed_accounts_have_no_sessions AFTER UPDATE OF is_active, is_staff ON auth_user
    FOR EACH ROW WHEN (NOT (NEW.is_active AND NEW.is_staff))
    EXECUTE FUNCTION closed_accounts_have_no_sessions();
"""

BACKWARD = """
DROP TRIGGER closed_accounts_have_no_sessions ON auth_user;
DROP FUNCTION closed_accounts_have_no_sessions;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("signing_in", "0001_sessions_and_sign_ins"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
