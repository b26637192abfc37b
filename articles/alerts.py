"""Mail to editors when the standing of a work they cite has changed."""

from dataclasses import dataclass
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from articles import citing
from articles.addresses import absolute, message_id
from articles.models import Article, Edition
from references.models import Check, Reference

# Found in order where nothing was known before: no news.
NO_NEWS = (Reference.Standing.UNCHECKED, Reference.Standing.GOOD)


@dataclass
class Sent:
    """Mails that were sent, and those the mail server did not take."""

    mails: int = 0
    failed: int = 0


def tell() -> Sent:
    """Mail the editors of every article that cites a work whose standing changed, each change once.

    A change for which not one mail could be sent is told the next time. An article nobody with an
    address has touched cannot be mailed about; the desk shows it all the same.
    """
    sent = Sent()
    for pk in Check.objects.untold().values_list("pk", flat=True):
        with transaction.atomic():
            # Locked: another process may be at it.
            row = Check.objects.untold().select_for_update(skip_locked=True).filter(pk=pk).first()
            if row is not None and tell_of(row, sent):
                row.told_at = timezone.now()
                row.save(update_fields=["told_at"])
    return sent


def tell_of(check: Check, sent: Sent) -> bool:
    """Whether the change has been told, or there is nobody to tell."""
    if (check.standing_before, check.standing) == NO_NEWS:
        return True
    with translation.override(settings.LANGUAGE_CODE):
        subject, body = mail(check)
    editors = citing.editors(check.reference)
    failed = 0
    for editor in editors:
        try:
            # The time too: after a restore, the number of this look may be given once more.
            named = message_id("check", check.pk, f"{check.at:%Y%m%d%H%M%S}", editor.pk)
            EmailMessage(subject, body, to=[editor.email], headers={"Message-ID": named}).send()
        except (SMTPException, OSError):
            failed += 1
    sent.mails += len(editors) - failed
    sent.failed += failed
    return failed == 0 or failed < len(editors)


def mail(check: Check) -> tuple[str, str]:
    """Subject and body, in the active language."""
    reference, standing = check.reference, check.get_standing_display()
    named = f"PubMed {reference.pmid}" if reference.pmid else reference.doi or reference.url
    subject = _("%(work)s: %(standing)s") % {"work": named, "standing": standing}
    online = Edition.objects.current().filter(citations__reference=reference).order_by("language", "pk")
    drafts = {article.pk: article for article, _language in citing.working_copies(reference)}
    lines = [
        str(reference),
        "",
        _("Before: %(standing)s") % {"standing": check.get_standing_before_display()},
        _("Now: %(standing)s") % {"standing": standing},
        *filter(None, [reference.notice, reference.notice_url]),
        "",
        _("Cited online in:"),
        *(f"- {edition.title} ({edition.language}): {desk_address(edition.article)}" for edition in online),
        "",
        _("Cited in drafts:"),
        *(f"- {article}: {desk_address(article)}" for article in drafts.values()),
    ]
    return subject, "\n".join(lines)


def desk_address(article: Article) -> str:
    return absolute(reverse("admin:articles_article_change", args=[article.pk]))
