"""An edition is what patients were told. The database refuses to change it, whoever asks.

Two things may happen to an edition: its end may be set while that end still lies ahead, and one that
has not begun may be cancelled (an empty range). What belongs to it comes with it, in the transaction
that makes it, and stays.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION edition_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'edition % is never deleted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - 'validity' <> to_jsonb(OLD) - 'validity' THEN
        RAISE EXCEPTION 'edition % never changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF isempty(OLD.validity) OR upper(OLD.validity) <= clock_timestamp() THEN
        RAISE EXCEPTION 'edition % is over', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF isempty(NEW.validity) THEN
        -- A minute of grace for two clocks that differ.
        IF lower(OLD.validity) < clock_timestamp() - interval '1 minute' THEN
            RAISE EXCEPTION 'edition % has been in force', OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF lower(NEW.validity) <> lower(OLD.validity)
        OR upper(NEW.validity) < clock_timestamp() - interval '1 minute'
    THEN
        RAISE EXCEPTION 'the past of edition % never changes', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER edition_is_immutable BEFORE UPDATE OR DELETE ON articles_edition
    FOR EACH ROW EXECUTE FUNCTION edition_is_immutable();

CREATE FUNCTION part_of_edition_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what belongs to edition % never changes', OLD.edition_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM articles_edition
        WHERE id = NEW.edition_id AND created_at <> transaction_timestamp()
    ) THEN
        RAISE EXCEPTION 'nothing is added to edition % later', NEW.edition_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER citation_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON articles_citation
    FOR EACH ROW EXECUTE FUNCTION part_of_edition_is_immutable();
CREATE TRIGGER treatment_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON articles_editiontreatment
    FOR EACH ROW EXECUTE FUNCTION part_of_edition_is_immutable();
CREATE TRIGGER related_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON articles_editionrelated
    FOR EACH ROW EXECUTE FUNCTION part_of_edition_is_immutable();
"""

BACKWARD = """
DROP TRIGGER related_is_immutable ON articles_editionrelated;
DROP TRIGGER treatment_is_immutable ON articles_editiontreatment;
DROP TRIGGER citation_is_immutable ON articles_citation;
DROP FUNCTION part_of_edition_is_immutable;
DROP TRIGGER edition_is_immutable ON articles_edition;
DROP FUNCTION edition_is_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_articles_and_editions")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
