"""Pictures that stand in articles."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.images import ENCODINGS
from references.languages import in_any_language, translated

FOLDER = "pictures"


class Picture(models.Model):
    """An uploaded picture, encoded anew in several widths.

    Its files never change, which the database makes sure of (migration 0003): editions show them.
    What is written about it may change, and is part of an edition from its next publication on.
    """

    alt = models.CharField(
        _("description"),
        max_length=300,
        blank=True,
        help_text=_("What it shows, for those who cannot see it. Without “picture of”."),
    )
    credit = models.CharField(
        _("credit"), max_length=200, blank=True, help_text=_("Who made it, as readers see it: Photo: …")
    )
    stem = models.CharField(_("name of its files"), max_length=64, unique=True, editable=False)
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    widths = ArrayField(models.PositiveIntegerField(), verbose_name=_("widths"), editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("uploaded by"),
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ("-id",)

    def __str__(self) -> str:
        return in_any_language(self, "alt") or self.markup

    @property
    def markup(self) -> str:
        """As it stands in a text."""
        return f"![](picture:{self.pk})"

    def description(self, language: str) -> str:
        """What it shows, in exactly this language."""
        return translated(self, "alt", language)

    def file_name(self, width: int, extension: str) -> str:
        """Where the storage has it in one width and encoding."""
        return f"{FOLDER}/{self.stem}-{width}.{extension}"

    def url(self, width: int, extension: str) -> str:
        """The file's address, for good: it becomes part of editions.

        So it is not asked of the storage, which may be another one some day.
        """
        return f"{settings.MEDIA_URL}{self.file_name(width, extension)}"

    @property
    def file_names(self) -> list[str]:
        return [self.file_name(width, extension) for width in self.widths for extension in ENCODINGS]

    @property
    def thumbnail_url(self) -> str:
        return self.url(self.widths[0], "webp")
