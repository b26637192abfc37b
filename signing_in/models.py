from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Session(AbstractBaseSession):
    """A session that says whose it is, so that all of an account's can be ended."""

    account_id = models.BigIntegerField(null=True, db_index=True)

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()


class Remembered(models.Model):
    """A row of the cache that all processes share, written by Django's DatabaseCache."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "signing_in_cache"
        default_permissions = ()

    def __str__(self) -> str:
        return self.cache_key


class SignInEntryQuerySet(models.QuerySet["SignInEntry"]):
    def over(self) -> Self:
        """Those the database lets go: migration 0001 has the same year."""
        return self.filter(at__lt=Now() - timedelta(days=365))

    def record(self, deed: str, user: User | None, detail: str = "") -> None:
        name = user.get_username() if user else ""
        self.create(deed=deed, user_id=user.pk if user else None, name=name, detail=detail)


class SignInEntry(models.Model):
    """Something that happened at the door. Never changed; the database keeps each for a year.

    It holds no address, and of a failure not what was typed: that may be a password in the wrong field.
    """

    class Deed(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        SIGNED_OUT = "signed_out", _("signed out")
        FAILED = "failed", _("wrong password")
        LOCKED = "locked", _("locked after too many tries")
        REFUSED = "refused", _("refused: the account is closed")
        FACTOR_USED = "factor_used", _("used a second factor")
        FACTOR_FAILED = "factor_failed", _("wrong second factor")
        FACTOR_ADDED = "factor_added", _("added a second factor")
        FACTOR_REMOVED = "factor_removed", _("removed a second factor")
        CODES_MADE = "codes_made", _("made new recovery codes")
        FACTORS_RESET = "factors_reset", _("second factor reset")
        PASSWORD_CHANGED = "password_changed", _("password changed")
        LINK_SENT = "link_sent", _("was sent a link to choose a password")
        EMAIL_CHANGED = "email_changed", _("e-mail address changed")
        SESSIONS_ENDED = "sessions_ended", _("signed out everywhere")

    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)
    deed = models.CharField(_("deed"), max_length=30, choices=Deed)
    # Nobody, when the account does not exist. An account may be deleted; what was done was done.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    name = models.CharField(_("name then"), max_length=150, blank=True)
    detail = models.CharField(_("detail"), max_length=100, blank=True)

    objects = SignInEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        default_permissions = ("view",)
        ordering = ("-at", "-id")
        indexes = [models.Index(fields=["-at", "-id"], name="sign_ins_newest_first")]

    def __str__(self) -> str:
        return f"{self.get_deed_display()}: {self.name or '–'}"
