"""A question to a doctor is stored before the mail with its link goes, so it says whether it went."""

from django.db import migrations, models

FUNCTION = """
CREATE OR REPLACE FUNCTION approval_is_answered_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answer text[] := ARRAY[{columns}];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'approval % is never deleted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.decided_at IS NOT NULL OR OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'approval % is settled', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - answer <> to_jsonb(OLD) - answer THEN
        RAISE EXCEPTION 'what approval % asks never changes', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
"""
ANSWER = "'decision', 'comment', 'decided_at', 'revoked_at'"

# Those from before were stored after their mail.
MAILED = """
ALTER TABLE articles_approval DISABLE TRIGGER approval_is_answered_once;
UPDATE articles_approval SET mailed_at = asked_at;
ALTER TABLE articles_approval ENABLE TRIGGER approval_is_answered_once;
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0017_texts_that_can_be_shown")]

    operations = [
        migrations.AddField(
            "approval",
            "mailed_at",
            models.DateTimeField(editable=False, null=True, verbose_name="mailed at"),
        ),
        migrations.RunSQL(MAILED, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTION.format(columns=f"{ANSWER}, 'mailed_at'"), FUNCTION.format(columns=ANSWER)),
    ]
