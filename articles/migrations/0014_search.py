"""What patients' search needs: each edition's words by weight, the words there are, and synonyms.

The columns `search` and `about` are generated, so they are filled for every edition there is, come with
every new one and change as little as the edition does.
"""

from importlib import import_module
from typing import Any

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.contrib.postgres.validators
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION search_configuration(language text) RETURNS regconfig
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE split_part(language, '-', 1)
        WHEN 'da' THEN 'pg_catalog.danish'::regconfig
        WHEN 'de' THEN 'pg_catalog.german'::regconfig
        WHEN 'en' THEN 'pg_catalog.english'::regconfig
        WHEN 'es' THEN 'pg_catalog.spanish'::regconfig
        WHEN 'fi' THEN 'pg_catalog.finnish'::regconfig
        WHEN 'fr' THEN 'pg_catalog.french'::regconfig
        WHEN 'nb' THEN 'pg_catalog.norwegian'::regconfig
        WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig
        WHEN 'sv' THEN 'pg_catalog.swedish'::regconfig
        ELSE 'pg_catalog.simple'::regconfig
    END;
END;

-- An edition's HTML without tags and citation markers. What parts words or only parts of one is told by tag.
CREATE FUNCTION plain_text(html text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT replace(replace(replace(replace(replace(
        regexp_replace(regexp_replace(regexp_replace(
            html, '\\s*?<span class="citation">.*?</span>', '', 'g'),
            '</?(a|abbr|b|cite|code|em|i|span|strong|sub|sup)( [^>]*)?>', '', 'g'),
            '<[^>]*>', ' ', 'g'),
        '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&amp;', '&');
END;

-- The parser would take "mave/tarm" for the path of a file. A vector holds a megabyte at most.
CREATE FUNCTION search_text(text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT left(translate(text, '/', ' '), 400000);
END;

CREATE FUNCTION edition_about(language text, title text, outline jsonb, abstract text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT setweight(to_tsvector(search_configuration(language), search_text(title)), 'A')
        || setweight(to_tsvector(search_configuration(language),
            search_text(jsonb_path_query_array(outline, '$[*].title')::text)), 'B')
        || setweight(to_tsvector(search_configuration(language), search_text(abstract)), 'C');
END;

CREATE FUNCTION edition_search(
    language text, title text, outline jsonb, abstract text, seek_help_html text, html text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT edition_about(language, title, outline, abstract)
        || to_tsvector(search_configuration(language),
            search_text(plain_text(seek_help_html || ' ' || html)));
END;

-- Its words as they are written, those that are long enough to be misspelt.
CREATE FUNCTION edition_words(title text, abstract text, seek_help_html text, html text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT word
    FROM unnest(tsvector_to_array(to_tsvector('pg_catalog.simple'::regconfig,
        search_text(concat_ws(' ', title, abstract, plain_text(seek_help_html || ' ' || html)))))) AS word
    WHERE length(word) BETWEEN 4 AND 40 AND word !~ '[0-9.@_-]';
END;
"""
NO_FUNCTIONS = """
DROP FUNCTION edition_words;
DROP FUNCTION edition_search;
DROP FUNCTION edition_about;
DROP FUNCTION search_text;
DROP FUNCTION plain_text;
DROP FUNCTION search_configuration;
"""

# As in 0002, but for `search` and `about`: before an update a generated column is not there yet.
TRIGGER = """
CREATE OR REPLACE FUNCTION edition_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'edition % is never deleted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - KEPT <> to_jsonb(OLD) - KEPT THEN
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
"""

# In order, so that two who publish at once wait for each other and not both.
LEARN = """
INSERT INTO articles_searchword (language, word)
SELECT DISTINCT language, word
FROM articles_edition, edition_words(title, abstract, seek_help_html, html) AS word
ORDER BY language, word;

CREATE FUNCTION words_are_learnt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO articles_searchword (language, word)
    SELECT NEW.language, word
    FROM edition_words(NEW.title, NEW.abstract, NEW.seek_help_html, NEW.html) AS word
    ORDER BY word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER words_are_learnt AFTER INSERT ON articles_edition
    FOR EACH ROW EXECUTE FUNCTION words_are_learnt();
"""
# Thresholds are part of the function: the operators that use the index know no other.
SIMILAR = """
CREATE FUNCTION similar_words(language text, asked text) RETURNS TABLE (word text, likeness real)
LANGUAGE sql STABLE
SET pg_trgm.similarity_threshold = 0.25 SET pg_trgm.word_similarity_threshold = 0.4
AS $$
    SELECT known.word, greatest(similarity(known.word, $2), 0.9 * word_similarity($2, known.word))::real
    FROM articles_searchword AS known
    WHERE known.language = $1 AND (known.word % $2 OR $2 <% known.word)
    ORDER BY 2 DESC, length(known.word), known.word
    LIMIT 8
$$;
"""
FORGET = """
DROP FUNCTION similar_words;
DROP TRIGGER words_are_learnt ON articles_edition;
DROP FUNCTION words_are_learnt;
"""

ROLES = {
    "Writer": ["view"],
    "Editor": ["view", "add", "change", "delete"],
    "Administrator": ["view", "add", "change", "delete"],
}


def allow_synonyms(apps: Any, schema_editor: Any) -> None:
    """Give the roles that are still called so what they may do with synonyms."""
    permission = import_module("articles.migrations.0012_roles").permission
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for group in groups.filter(name__in=ROLES):
        granted = [permission(apps, schema_editor, "articles.synonym", deed) for deed in ROLES[group.name]]
        group.permissions.add(*granted)


class Migration(migrations.Migration):
    dependencies = [("articles", "0013_seek_help_and_author_details")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(
            TRIGGER.replace("KEPT", "'{validity,search,about}'::text[]"),
            TRIGGER.replace("KEPT", "'validity'"),
        ),
        migrations.AddField(
            model_name="edition",
            name="search",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    "language",
                    "title",
                    "outline",
                    "abstract",
                    "seek_help_html",
                    "html",
                    function="edition_search",
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
                serialize=False,
            ),
        ),
        migrations.AddField(
            model_name="edition",
            name="about",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func("language", "title", "outline", "abstract", function="edition_about"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
                serialize=False,
            ),
        ),
        # Beside the row's small columns, not away with the texts: it is read of every row that matches.
        migrations.RunSQL(
            "ALTER TABLE articles_edition ALTER COLUMN about SET STORAGE MAIN", migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            model_name="edition",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="edition_search"),
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("da", "Danish"), ("en", "English")], max_length=7),
                ),
                ("word", models.CharField(max_length=40)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word"], name="search_word_similar", opclasses=["gin_trgm_ops"]
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("language", "word"), name="unique_search_word")
                ],
            },
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("da", "Danish"), ("en", "English")],
                        max_length=7,
                        verbose_name="language",
                    ),
                ),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        help_text="Separated by commas: colonoscopy, bowel camera test.",
                        size=20,
                        validators=[django.contrib.postgres.validators.ArrayMinLengthValidator(2)],
                        verbose_name="words of one meaning",
                    ),
                ),
            ],
            options={
                "verbose_name": "synonyms",
                "verbose_name_plural": "synonyms",
                "ordering": ("language", "words"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("words__len__gte", 2)), name="synonyms_are_two_or_more"
                    )
                ],
            },
        ),
        migrations.RunSQL(LEARN + SIMILAR, FORGET),
        migrations.RunPython(allow_synonyms, migrations.RunPython.noop),
    ]
