"""One language of a working copy as it was at a moment."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article


class Snapshot(models.Model):
    """The content that a link shows, whatever becomes of the draft. The database refuses to change it.

    Named by its content: the hash is what publishing makes of the same content.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="snapshots")
    language = models.CharField(_("language"), max_length=7, choices=settings.LANGUAGES)
    content_hash = models.CharField(_("content hash"), max_length=64)
    content = models.JSONField(_("content"))
    taken_at = models.DateTimeField(_("taken at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        constraints = [
            models.UniqueConstraint(
                name="one_snapshot_of_a_content", fields=["article", "language", "content_hash"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"

    @property
    def title(self) -> str:
        return str(self.content["title"])
