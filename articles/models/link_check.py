"""What the last look at a page of another site said."""

from datetime import timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CHECK_EVERY = timedelta(days=7)
CHECK_FAILING_EVERY = timedelta(days=1)


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    def failing(self) -> Self:
        return self.filter(failing_since__isnull=False)

    def oldest_first(self) -> Self:
        return self.order_by(F("checked_at").asc(nulls_first=True), "pk")

    def due(self) -> Self:
        """Never looked at; or not for seven days, or for one where it did not answer."""
        now = timezone.now()
        never = Q(checked_at__isnull=True)
        week_ago = Q(checked_at__lt=now - CHECK_EVERY)
        day_ago = Q(failing_since__isnull=False, checked_at__lt=now - CHECK_FAILING_EVERY)
        return self.filter(never | week_ago | day_ago)


class LinkCheck(models.Model):
    """An address outside that a text links to. Kept by articles.links."""

    class Trouble(models.TextChoices):
        GONE = "gone", _("there is no such page")
        SERVER_ERROR = "server_error", _("the server reports an error")
        REFUSED = "refused", _("the page is refused")
        NO_SUCH_HOST = "no_such_host", _("there is no such site")
        UNREACHABLE = "unreachable", _("no connection")
        INSECURE = "insecure", _("no secure connection")
        TIMEOUT = "timeout", _("no answer in time")
        REDIRECTS = "redirects", _("it is redirected too often")
        NOT_PUBLIC = "not_public", _("it is not an address on the internet")

    url = models.URLField(_("address"), max_length=1000, unique=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    trouble = models.CharField(_("trouble"), max_length=20, choices=Trouble, blank=True)
    checked_at = models.DateTimeField(_("checked at"), null=True)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    # Numbers of the articles that link to it, online or in their draft.
    articles = ArrayField(models.BigIntegerField(), default=list, editable=False)

    objects = LinkCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("link check")
        verbose_name_plural = _("link checks")

    def __str__(self) -> str:
        return self.url

    @property
    def reason(self) -> str:
        """Why it is failing, for editors."""
        said = self.get_trouble_display()
        return f"{said}, HTTP {self.status}" if self.status else said
