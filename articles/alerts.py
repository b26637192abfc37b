"""Mail to editors when the standing of a work they cite has changed."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from articles import citing
from articles.models import Article, Edition
from references.models import Reference

# Found in order where nothing was known before: no news.
NO_NEWS = (Reference.Standing.UNCHECKED, Reference.Standing.GOOD)


def alert(changed: Iterable[tuple[Reference, str]]) -> int:
    """Mail the editors of every article that cites one of the works; answers with the mails sent.

    `changed` has each reference with its standing before. An article nobody with an address has
    touched cannot be mailed about; the desk shows it all the same.
    """
    sent = 0
    for reference, before in changed:
        if before == reference.standing or (before, reference.standing) == NO_NEWS:
            continue
        with translation.override(settings.LANGUAGE_CODE):
            subject, body = mail(reference, before)
        for editor in citing.editors(reference):
            sent += send_mail(subject, body, None, [editor.email])
    return sent


def mail(reference: Reference, before: str) -> tuple[str, str]:
    """Subject and body, in the active language."""
    standing = reference.get_standing_display()
    named = f"PubMed {reference.pmid}" if reference.pmid else reference.doi or reference.url
    subject = _("%(work)s: %(standing)s") % {"work": named, "standing": standing}
    online = Edition.objects.current().filter(citations__reference=reference).order_by("language", "pk")
    drafts = {article.pk: article for article, _language in citing.working_copies(reference)}
    lines = [
        str(reference),
        "",
        _("Before: %(standing)s") % {"standing": Reference.Standing(before).label},
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
    return str(settings.SITE_URL) + reverse("admin:articles_article_change", args=[article.pk])
