"""Asking a doctor by mail to approve a text, and writing down the answer."""

import logging
import secrets
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from articles import snapshots
from articles.addresses import absolute
from articles.drafts import Draft
from articles.models import Approval, AuditEntry, Snapshot
from articles.models.approval import token_hash

logger = logging.getLogger(__name__)

DEEDS = {
    Approval.Decision.APPROVED: AuditEntry.Deed.APPROVED,
    Approval.Decision.CHANGES: AuditEntry.Deed.ASKED_FOR_CHANGES,
}


def ask(approval: Approval, draft: Draft, *, by: User, expires_at: datetime) -> None:
    """Send the doctor of an approval that is not saved yet a link to exactly this draft.

    What the same address was asked before about this article and language is withdrawn when the mail has
    gone, so that nobody answers about a text that has moved on. Raises OSError when it could not be sent;
    then the link is closed. Of a process that dies meanwhile a link stays that works and that nobody has
    said to be mailed.
    """
    token = secrets.token_urlsafe()
    with transaction.atomic():
        approval.snapshot = snapshots.take(draft)
        approval.token_hash = token_hash(token)
        approval.asked_by, approval.expires_at = by, expires_at
        approval.save()
    with translation.override(approval.snapshot.language):
        subject, body = question(approval, token)
    try:
        EmailMessage(subject, body, to=[approval.email], reply_to=[by.email] if by.email else None).send()
    except OSError:
        revoke(approval)
        raise
    with transaction.atomic():
        now = timezone.now()
        Approval.objects.waiting().filter(pk=approval.pk).update(mailed_at=now)
        Approval.objects.waiting().exclude(pk=approval.pk).filter(
            snapshot__article=approval.snapshot.article,
            snapshot__language=approval.snapshot.language,
            email__iexact=approval.email,
        ).update(revoked_at=now)


def revoke(approval: Approval) -> bool:
    """Close the link; False when it was answered, withdrawn or out of time already."""
    return bool(Approval.objects.waiting().filter(pk=approval.pk).update(revoked_at=timezone.now()))


def decide(approval: Approval, decision: Approval.Decision, comment: str) -> bool:
    """Write down the answer and tell who asked; False when the link does not wait for one any more."""
    answer = {"decision": decision, "comment": comment, "decided_at": timezone.now()}
    with transaction.atomic():
        if not Approval.objects.waiting().filter(pk=approval.pk).update(**answer):
            return False
        approval.refresh_from_db()
        AuditEntry.objects.record(
            DEEDS[decision],
            approval.snapshot.article,
            language=approval.snapshot.language,
            name=approval.name,
            place=AuditEntry.Place.LINK,
            detail=comment,
        )
    if approval.asked_by.email:
        with translation.override(settings.LANGUAGE_CODE):
            subject, body = news(approval)
        try:
            EmailMessage(subject, body, to=[approval.asked_by.email]).send()
        except OSError:
            # The answer is kept all the same, and stands on the desk.
            logger.exception("The mail about approval %d could not be sent.", approval.pk)
    return True


def question(approval: Approval, token: str) -> tuple[str, str]:
    """Subject and body of the mail to the doctor, in the active language."""
    asked_by = approval.asked_by.get_full_name() or approval.asked_by.get_username()
    until = formats.date_format(timezone.localtime(approval.expires_at), "DATE_FORMAT")
    lines = [
        _("Dear %(name)s,") % {"name": approval.name},
        "",
        _("%(editor)s asks you to read a text for patients before %(clinic)s publishes it:")
        % {"editor": asked_by, "clinic": settings.CLINIC.name},
        "",
        f"“{title(approval.snapshot)}”",
        *(["", approval.message] if approval.message else []),
        "",
        _("Read it and answer here. You need no account:"),
        absolute(reverse("approval", args=[token])),
        "",
        _("The link is yours alone, so please do not pass it on. It works until %(day)s.") % {"day": until},
        "",
        *filter(None, [settings.CLINIC.name, *settings.CLINIC.address, settings.CLINIC.phone]),
    ]
    return _("Please read “%(title)s”") % {"title": title(approval.snapshot)}, "\n".join(lines)


def news(approval: Approval) -> tuple[str, str]:
    """Subject and body of the mail to who asked, in the active language."""
    names = {"name": on_one_line(approval.name), "title": title(approval.snapshot)}
    if approval.is_approved:
        subject = _("%(name)s has approved “%(title)s”") % names
    else:
        subject = _("%(name)s asks for changes in “%(title)s”") % names
    desk = reverse("admin:articles_article_publish", args=[approval.snapshot.article_id])
    lines = [
        subject,
        *(["", approval.comment] if approval.comment else []),
        "",
        absolute(desk),
    ]
    return subject, "\n".join(lines)


def title(snapshot: Snapshot) -> str:
    return on_one_line(snapshot.title)


def on_one_line(text: str) -> str:
    """As a mail's subject needs it."""
    return " ".join(text.split())
