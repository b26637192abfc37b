"""What search knows of words: which ones there are, and which mean the same."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.validators import ArrayMinLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SearchWord(models.Model):
    """A word that stands in an edition, old or new: what a misspelt word is compared with.

    The database adds those of a new edition: see migration 0014.
    """

    language = models.CharField(max_length=7, choices=settings.LANGUAGES)
    word = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(name="unique_search_word", fields=["language", "word"])]
        indexes = [GinIndex(name="search_word_similar", fields=["word"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.word


class Synonym(models.Model):
    """Words and phrases of one meaning: who searches for one of them finds the others too."""

    language = models.CharField(_("language"), max_length=7, choices=settings.LANGUAGES)
    words = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("words of one meaning"),
        size=20,
        validators=[ArrayMinLengthValidator(2)],
        help_text=_("Separated by commas: colonoscopy, bowel camera test."),
    )

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ("language", "words")
        constraints = [
            models.CheckConstraint(name="synonyms_are_two_or_more", condition=Q(words__len__gte=2))
        ]

    def __str__(self) -> str:
        return " = ".join(self.words)
