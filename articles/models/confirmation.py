"""That a translation still says what its original says now."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.edition import Edition


class TranslationConfirmation(models.Model):
    """Somebody compared an edition with a newer edition of the original: it is right as it is.

    The database takes new rows only, and only of two languages of one article: see migration 0009.
    """

    translation = models.ForeignKey(
        Edition, on_delete=models.PROTECT, related_name="confirmations", verbose_name=_("translation")
    )
    original = models.ForeignKey(
        Edition, on_delete=models.PROTECT, related_name="confirmed", verbose_name=_("original")
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("confirmed by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("confirmed translation")
        verbose_name_plural = _("confirmed translations")
        constraints = [
            models.CheckConstraint(name="nothing_translates_itself", condition=~Q(original=F("translation"))),
        ]

    def __str__(self) -> str:
        return f"{self.translation} ← {self.original}"
