"""Links that show a draft to somebody without an account."""

from datetime import UTC, datetime, timedelta
from typing import Self

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.models.snapshot import Snapshot

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def signer() -> signing.Signer:
    """Makes tokens: 256 bits that only who knows the site's secret can make.

    The address can be shown again at any time, and the database holds nothing to open a draft with.
    """
    return signing.Signer(sep=".", salt="articles.PreviewLink")


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    def of(self, article: Article) -> Self:
        """Those of an article, newest first, without the texts."""
        return (
            self.filter(snapshot__article=article)
            .order_by("-pk")
            .select_related("snapshot", "made_by")
            .defer("snapshot__content")
        )

    def by_token(self, token: str) -> Self:
        try:
            pk, made_at = map(int, signer().unsign(token).split("-"))
        except (signing.BadSignature, ValueError):
            return self.none()
        return self.filter(pk=pk, made_at=EPOCH + made_at * MICROSECOND)


class PreviewLink(models.Model):
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="preview_links")
    reader = models.CharField(_("for whom"), max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("made by"), on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        constraints = [
            models.CheckConstraint(
                name="preview_link_is_open_first", condition=Q(expires_at__gt=F("made_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot}: {self.reader}"

    def get_absolute_url(self) -> str:
        # The time too: after a restore, the number may be given once more, to a link for somebody else.
        made_at = (self.made_at - EPOCH) // MICROSECOND
        return reverse("preview", args=[signer().sign(f"{self.pk}-{made_at}")])

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_open(self) -> bool:
        return not self.revoked_at and not self.is_expired
