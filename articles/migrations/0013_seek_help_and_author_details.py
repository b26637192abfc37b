"""When readers are to seek help, which stored editions do not say; what authors are known by."""

import markdownx.models
from django.db import migrations, models

import articles.orcid

SEEK_HELP = {
    "blank": True,
    "help_text": (
        "Signs of danger, and whom to ring. A box before and after the text, with the emergency numbers."
    ),
    "verbose_name": "when to seek help",
}


class Migration(migrations.Migration):
    dependencies = [("articles", "0012_roles")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="seek_help",
            field=markdownx.models.MarkdownxField(**SEEK_HELP),
        ),
        migrations.AddField(
            model_name="article",
            name="seek_help_da",
            field=markdownx.models.MarkdownxField(null=True, **SEEK_HELP),
        ),
        migrations.AddField(
            model_name="article",
            name="seek_help_en",
            field=markdownx.models.MarkdownxField(null=True, **SEEK_HELP),
        ),
        migrations.AddField(
            model_name="edition",
            name="seek_help",
            field=models.TextField(blank=True, default="", verbose_name="when to seek help"),
        ),
        migrations.AddField(
            model_name="edition",
            name="seek_help_html",
            field=models.TextField(blank=True, default="", verbose_name="when to seek help, as HTML"),
        ),
        migrations.AddField(
            model_name="author",
            name="authorisation",
            field=models.CharField(
                blank=True,
                help_text="In the register of the Danish Patient Safety Authority, for example 0ABC1.",
                max_length=20,
                verbose_name="authorisation number",
            ),
        ),
        migrations.AddField(
            model_name="author",
            name="orcid",
            field=models.CharField(
                blank=True,
                help_text="For example 0000-0002-1825-0097.",
                max_length=19,
                validators=[articles.orcid.validate_orcid],
                verbose_name="ORCID iD",
            ),
        ),
        migrations.AddField(
            model_name="author",
            name="portrait",
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name="photo"),
        ),
        migrations.AddIndex(
            model_name="edition",
            index=models.Index(
                models.F("language"),
                models.F("category"),
                models.OrderBy(models.F("published_on"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="edition_newest_of_category",
            ),
        ),
    ]
