"""Who did what to the pages patients read."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article


class AuditEntryManager(models.Manager["AuditEntry"]):
    def record(self, deed: str, article: Article, **fields: object) -> None:
        self.create(deed=deed, article=article, subject=str(article), **fields)


class AuditEntry(models.Model):
    """A deed that changed what patients read, or that allowed it. Rows are added, never changed."""

    class Deed(models.TextChoices):
        PUBLISHED = "published", _("published")
        SCHEDULED = "scheduled", _("scheduled")
        UNSCHEDULED = "unscheduled", _("took a scheduled edition back")
        WITHDREW = "withdrew", _("withdrew")
        RESTORED = "restored", _("restored")
        APPROVED = "approved", _("approved")
        ASKED_FOR_CHANGES = "asked_for_changes", _("asked for changes")
        OVERRODE = "overrode", _("published in spite of findings")

    class Place(models.TextChoices):
        """Where it was done."""

        ADMIN = "admin", _("the admin")
        COMMAND = "command", _("a command on the server")
        LINK = "link", _("a link sent by e-mail")

    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)
    deed = models.CharField(_("deed"), max_length=30, choices=Deed)
    place = models.CharField(_("from where"), max_length=20, choices=Place)
    # Somebody without an account is in `name` alone; an account may be renamed, what it was called stays.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    # A draft may be deleted; what was done to it was done.
    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    subject = models.CharField(_("title then"), max_length=200)
    language = models.CharField(_("language"), max_length=7, choices=settings.LANGUAGES)
    number = models.PositiveIntegerField(_("edition"), null=True)
    detail = models.TextField(_("detail"), blank=True)

    objects = AuditEntryManager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit list")
        ordering = ("-at", "-id")
        indexes = [models.Index(fields=["-at", "-id"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.get_deed_display()}: {self.subject}"
