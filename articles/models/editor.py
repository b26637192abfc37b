"""What an editor has chosen for himself."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class EditorSettingsQuerySet(models.QuerySet["EditorSettings"]):
    def wanting_worklist(self) -> Self:
        """Those who are to get the weekly mail, as long as they work here and have an address."""
        staff = self.filter(user__is_active=True, user__is_staff=True).exclude(user__email="")
        return staff.filter(wants_worklist=True)


class EditorSettings(models.Model):
    """Choices of a person who signs in. Without a row, nothing was chosen."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="editor_settings",
    )
    wants_worklist = models.BooleanField(_("wants the worklist by mail"), default=False)
    # Accounts have no language; the one the person reads the desk in when asking for the mail.
    language = models.CharField(
        _("language"), max_length=7, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    worklist_sent_on = models.DateField(_("worklist sent on"), null=True, blank=True)

    objects = EditorSettingsQuerySet.as_manager()

    class Meta:
        verbose_name = _("settings of an editor")
        verbose_name_plural = _("settings of editors")

    def __str__(self) -> str:
        return str(self.user)
