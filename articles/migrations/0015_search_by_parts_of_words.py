"""What is searched is parted into words as queries are: "covid-19" is "covid" and "19"."""

from django.db import migrations

# PostgreSQL's parser would have "-19", a negative number, "h.pylori", a host, and "+45"; and a word with
# soft hyphens, or with rings and dots that are characters of their own, would be several.
SEARCH_TEXT = """
CREATE OR REPLACE FUNCTION search_text(text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT left(translate(
        normalize(text, NFC), '/.+@~_-' || U&'\\2010\\2011\\2212\\00AD\\200B', repeat(' ', 10)
    ), 400000);
END;
"""
FORMER_SEARCH_TEXT = """
CREATE OR REPLACE FUNCTION search_text(text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT left(translate(text, '/', ' '), 400000);
END;
"""
# Made anew, for PostgreSQL before 17 cannot be told to compute a generated column again. In one command, so
# that the rows are written once, with `about` beside their small columns.
ANEW = """
ALTER TABLE articles_edition
    DROP COLUMN search,
    DROP COLUMN about,
    ADD COLUMN search tsvector
        GENERATED ALWAYS AS (edition_search(language, title, outline, abstract, seek_help_html, html)) STORED,
    ADD COLUMN about tsvector
        GENERATED ALWAYS AS (edition_about(language, title, outline, abstract)) STORED,
    ALTER COLUMN about SET STORAGE MAIN;
CREATE INDEX edition_search ON articles_edition USING gin (search);

INSERT INTO articles_searchword (language, word)
SELECT DISTINCT language, word
FROM articles_edition, edition_words(title, abstract, seek_help_html, html) AS word
ORDER BY language, word
ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0014_search")]

    operations = [migrations.RunSQL(SEARCH_TEXT + ANEW, FORMER_SEARCH_TEXT + ANEW)]
