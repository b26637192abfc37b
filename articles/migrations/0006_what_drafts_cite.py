"""PostgreSQL keeps for each article which keys its drafts cite, by the syntax of references.citations."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# Groups are not looked for, only keys after "[@" and ";@" with what may end one behind them. So this may
# name more than citations.keys() does, and never less: tests/articles/test_cites.py compares the two.
FORWARD = r"""
CREATE FUNCTION cited_keys(language text, body text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT DISTINCT language || ':pmid:' || found[1] FROM regexp_matches(
        coalesce(body, ''),
        '[[;]\s*@\s*(?:pmid\s*:)?\s*([1-9][0-9]{0,7})\s*(?=\]|;\s*@)',
        'gi'
    ) AS found
    UNION
    SELECT DISTINCT language || ':doi:' || lower(found[1]) FROM regexp_matches(
        coalesce(body, ''),
        '[[;]\s*@\s*doi\s*:\s*(?:https?://(?:dx\.)?doi\.org/\s*|doi:\s*)?'
            '(10\.[0-9]{4,9}(?:\.[0-9]+)*/[-._;()/:<>&#a-z0-9]*[-_()/<>&#a-z0-9])\s*(?=\]|;\s*@)',
        'gi'
    ) AS found
);
"""

BACKWARD = "DROP FUNCTION cited_keys"


class Migration(migrations.Migration):
    dependencies = [("articles", "0005_findings")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddField(
            model_name="article",
            name="cites",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.Func(models.Value("da"), models.F("body_da"), function="cited_keys"),
                    models.Func(models.Value("en"), models.F("body_en"), function="cited_keys"),
                    arg_joiner=" || ",
                    template="%(expressions)s",
                ),
                output_field=django.contrib.postgres.fields.ArrayField(
                    base_field=models.TextField(), size=None
                ),
                serialize=False,
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=django.contrib.postgres.indexes.GinIndex(fields=["cites"], name="article_cites"),
        ),
    ]
