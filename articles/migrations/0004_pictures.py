"""Pictures, and which editions show them.

What an edition showed stays what it was: a picture's files never change.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION picture_files_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the files of picture % never change', OLD.id USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER picture_files_are_immutable BEFORE UPDATE ON articles_picture
    FOR EACH ROW
    WHEN ((OLD.id, OLD.stem, OLD.width, OLD.height, OLD.widths)
        IS DISTINCT FROM (NEW.id, NEW.stem, NEW.width, NEW.height, NEW.widths))
    EXECUTE FUNCTION picture_files_are_immutable();

CREATE TRIGGER picture_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON articles_editionpicture
    FOR EACH ROW EXECUTE FUNCTION part_of_edition_is_immutable();
"""

BACKWARD = """
DROP TRIGGER picture_is_immutable ON articles_editionpicture;
DROP TRIGGER picture_files_are_immutable ON articles_picture;
DROP FUNCTION picture_files_are_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0003_audit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "alt",
                    models.CharField(
                        blank=True,
                        help_text="What it shows, for those who cannot see it. Without “picture of”.",
                        max_length=300,
                        verbose_name="description",
                    ),
                ),
                (
                    "alt_da",
                    models.CharField(
                        blank=True,
                        help_text="What it shows, for those who cannot see it. Without “picture of”.",
                        max_length=300,
                        null=True,
                        verbose_name="description",
                    ),
                ),
                (
                    "alt_en",
                    models.CharField(
                        blank=True,
                        help_text="What it shows, for those who cannot see it. Without “picture of”.",
                        max_length=300,
                        null=True,
                        verbose_name="description",
                    ),
                ),
                (
                    "credit",
                    models.CharField(
                        blank=True,
                        help_text="Who made it, as readers see it: Photo: …",
                        max_length=200,
                        verbose_name="credit",
                    ),
                ),
                (
                    "stem",
                    models.CharField(
                        editable=False, max_length=64, unique=True, verbose_name="name of its files"
                    ),
                ),
                ("width", models.PositiveIntegerField(editable=False, verbose_name="width")),
                ("height", models.PositiveIntegerField(editable=False, verbose_name="height")),
                (
                    "widths",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(),
                        editable=False,
                        size=None,
                        verbose_name="widths",
                    ),
                ),
                ("uploaded_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded at")),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "picture",
                "verbose_name_plural": "pictures",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="EditionPicture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="articles.edition"
                    ),
                ),
                (
                    "picture",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="articles.picture"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="edition",
            name="pictures",
            field=models.ManyToManyField(
                related_name="editions", through="articles.EditionPicture", to="articles.picture"
            ),
        ),
        migrations.AddConstraint(
            model_name="editionpicture",
            constraint=models.UniqueConstraint(
                fields=("edition", "picture"), name="picture_once_per_edition"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
