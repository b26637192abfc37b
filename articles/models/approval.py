"""What doctors were asked to approve, and what they decided."""

import hashlib
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.models.catalogue import Author
from articles.models.snapshot import Snapshot


def token_hash(token: str) -> str:
    """What is kept of a link's token: no way back, and no salt needed for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def by_token(self, token: str) -> Self:
        return self.filter(token_hash=token_hash(token))

    def waiting(self) -> Self:
        """Asked, not answered, and the link still works. Oldest first."""
        is_open = Q(decided_at=None, revoked_at=None, expires_at__gt=timezone.now())
        return self.filter(is_open).order_by("asked_at", "pk")

    def of(self, article: Article) -> Self:
        """All that were asked about an article, newest first, without the texts."""
        return (
            self.filter(snapshot__article=article)
            .order_by("-pk")
            .select_related("snapshot", "doctor", "asked_by")
            .defer("snapshot__content")
        )

    def latest_decision(self, article: Article, language: str, content_hash: str) -> "Approval | None":
        """The last word about exactly this content, if there is one."""
        exactly = {"snapshot__language": language, "snapshot__content_hash": content_hash}
        return self.of(article).filter(decided_at__isnull=False, **exactly).order_by("-decided_at").first()


class Approval(models.Model):
    """A question to a doctor about one content, and the answer.

    It is stored before the mail goes, so that no mail has a link that leads nowhere. The answer is
    written once; nothing else changes and nothing is deleted: see migrations 0009 and 0018.
    """

    class Decision(models.TextChoices):
        APPROVED = "approved", _("approved")
        CHANGES = "changes", _("asks for changes")

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="approvals")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    doctor = models.ForeignKey(
        Author,
        verbose_name=_("doctor"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="approvals",
    )
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail address"))
    message = models.TextField(_("message"), blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("asked by"), on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now, editable=False)
    mailed_at = models.DateTimeField(_("mailed at"), null=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(
                name="decision_has_a_time",
                condition=Q(decision="", decided_at=None) | ~Q(decision="") & Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="decision_is_one_there_is", condition=Q(decision__in=["", "approved", "changes"])
            ),
            models.CheckConstraint(
                name="decided_while_open",
                condition=Q(decided_at=None) | Q(revoked_at=None, decided_at__lte=F("expires_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot}: {self.name}"

    @property
    def is_approved(self) -> bool:
        return self.decision == self.Decision.APPROVED

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_waiting(self) -> bool:
        return not self.decided_at and not self.revoked_at and not self.is_expired
