"""What was decided, and about what, is never rewritten, whoever asks.

A confirmation is added and stays. A snapshot is never changed. An approval is answered or revoked once,
and never deleted.
"""

from django.db import migrations

FORWARD = """
CREATE TRIGGER snapshot_never_changes BEFORE UPDATE ON articles_snapshot
    FOR EACH ROW EXECUTE FUNCTION rows_are_only_added();
CREATE TRIGGER confirmation_never_changes BEFORE UPDATE OR DELETE ON articles_translationconfirmation
    FOR EACH ROW EXECUTE FUNCTION rows_are_only_added();

CREATE FUNCTION confirmation_is_of_one_article() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM articles_edition translation JOIN articles_edition original USING (article_id)
        WHERE translation.id = NEW.translation_id AND original.id = NEW.original_id
            AND translation.language <> original.language
    ) THEN
        RAISE EXCEPTION 'a translation and its original are two languages of one article'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER confirmation_is_of_one_article BEFORE INSERT ON articles_translationconfirmation
    FOR EACH ROW EXECUTE FUNCTION confirmation_is_of_one_article();

CREATE FUNCTION approval_is_answered_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answer text[] := ARRAY['decision', 'comment', 'decided_at', 'revoked_at'];
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

CREATE TRIGGER approval_is_answered_once BEFORE UPDATE OR DELETE ON articles_approval
    FOR EACH ROW EXECUTE FUNCTION approval_is_answered_once();
"""

BACKWARD = """
DROP TRIGGER approval_is_answered_once ON articles_approval;
DROP FUNCTION approval_is_answered_once;
DROP TRIGGER confirmation_is_of_one_article ON articles_translationconfirmation;
DROP FUNCTION confirmation_is_of_one_article;
DROP TRIGGER confirmation_never_changes ON articles_translationconfirmation;
DROP TRIGGER snapshot_never_changes ON articles_snapshot;
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0008_reviews_translations_links")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
