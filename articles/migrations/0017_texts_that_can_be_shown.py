import markdownx.models
from django.db import migrations

import articles.converting


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0016_administrators_see_sign_ins"),
    ]

    operations = [
        migrations.AlterField(
            model_name="article",
            name="body",
            field=markdownx.models.MarkdownxField(
                blank=True,
                help_text="Markdown. Cite PubMed like this: [@pmid:34256014].",
                validators=[articles.converting.validate_text],
                verbose_name="text",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="body_da",
            field=markdownx.models.MarkdownxField(
                blank=True,
                help_text="Markdown. Cite PubMed like this: [@pmid:34256014].",
                null=True,
                validators=[articles.converting.validate_text],
                verbose_name="text",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="body_en",
            field=markdownx.models.MarkdownxField(
                blank=True,
                help_text="Markdown. Cite PubMed like this: [@pmid:34256014].",
                null=True,
                validators=[articles.converting.validate_text],
                verbose_name="text",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="seek_help",
            field=markdownx.models.MarkdownxField(
                blank=True,
                help_text=(
                    "Signs of danger, and whom to ring. A box before and after the text,"
                    " with the emergency numbers."
                ),
                validators=[articles.converting.validate_text],
                verbose_name="when to seek help",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="seek_help_da",
            field=markdownx.models.MarkdownxField(
                blank=True,
                help_text=(
                    "Signs of danger, and whom to ring. A box before and after the text,"
                    " with the emergency numbers."
                ),
                null=True,
                validators=[articles.converting.validate_text],
                verbose_name="when to seek help",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="seek_help_en",
            field=markdownx.models.MarkdownxField(
                blank=True,
                help_text=(
                    "Signs of danger, and whom to ring. A box before and after the text,"
                    " with the emergency numbers."
                ),
                null=True,
                validators=[articles.converting.validate_text],
                verbose_name="when to seek help",
            ),
        ),
    ]
