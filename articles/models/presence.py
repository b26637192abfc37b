"""Who has an article open."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article

FORGOTTEN_AFTER = timedelta(seconds=60)


class PresenceQuerySet(models.QuerySet["Presence"]):
    def fresh(self) -> Self:
        """Those whose form has been heard of lately."""
        return self.filter(seen_at__gt=timezone.now() - FORGOTTEN_AFTER)

    def stale(self) -> Self:
        return self.filter(seen_at__lte=timezone.now() - FORGOTTEN_AFTER)


class Presence(models.Model):
    """A person with an article's form open. It locks nothing, and ends by itself."""

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="presences"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    opened_at = models.DateTimeField(_("opened at"))
    seen_at = models.DateTimeField(_("seen at"))
    wrote_at = models.DateTimeField(_("wrote at"), null=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        ordering = ("opened_at",)
        constraints = [
            models.UniqueConstraint(name="one_presence_per_article_and_user", fields=["article", "user"]),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.article}"
