"""Showing a draft to people without an account: asking a doctor to approve it, links to read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from articles import approving, drafts, preflight, snapshots
from articles.addresses import absolute
from articles.desk import LANGUAGE_NAMES, EditorRequest, number, report
from articles.forms import AskForm, PreviewLinkForm
from articles.models import Approval, Article, PreviewLink


@dataclass(frozen=True)
class Shown:
    """A draft that was shown to somebody: a row of the page."""

    link: Approval | PreviewLink
    who: str
    at: datetime
    by: User
    is_open: bool
    state: str
    """Of the doctor's answer, or why the link is not open."""
    closes: str
    """The name of the button that closes it."""
    address: str = ""
    """Only a mail has the address of a question to a doctor."""

    @classmethod
    def of_approval(cls, asked: Approval) -> Self:
        state, is_open = approval_state(asked), asked.is_waiting
        return cls(asked, asked.name, asked.asked_at, asked.asked_by, is_open, state, "_revoke_approval")

    @classmethod
    def of_link(cls, link: PreviewLink) -> Self:
        state = _("Closed") if link.revoked_at else _("Expired") if link.is_expired else ""
        address = absolute(link.get_absolute_url())
        made = link.made_at, link.made_by
        return cls(link, link.reader, *made, link.is_open, state, "_revoke_link", address)


def share(request: EditorRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    languages = [(code, str(LANGUAGE_NAMES[code])) for code in article.languages if article.has_text_in(code)]
    data = request.POST
    # An approval counts when the article is published: to ask for one is part of that.
    may_ask = request.user.has_perm("articles.publish_article")
    if {"_ask", "_revoke_approval"} & data.keys() and not may_ask:
        raise PermissionDenied
    ask_form = AskForm(
        data if "_ask" in data else None,
        prefix="ask",
        languages=languages,
        initial={"doctor": article.reviewer, "email": last_address(article)},
    )
    link_form = PreviewLinkForm(data if "_link" in data else None, prefix="link", languages=languages)
    if is_done(request, article, ask_form, link_form):
        return redirect("admin:articles_article_share", article.pk)
    context |= {
        "may_ask": may_ask,
        "ask_form": ask_form,
        "link_form": link_form,
        "approvals": [Shown.of_approval(approval) for approval in Approval.objects.of(article)],
        "links": [Shown.of_link(link) for link in PreviewLink.objects.of(article)],
        "languages": languages,
        "tab": "share",
        "title": _("Share"),
    }
    return render(request, "admin/articles/article/share.html", context)


def is_done(request: EditorRequest, article: Article, ask_form: AskForm, link_form: PreviewLinkForm) -> bool:
    """Do what the button that was pressed says; False when none was, or there is something to mend."""
    if {"_revoke_approval", "_revoke_link"} & request.POST.keys():
        revoke(request, article)
        return True
    if link_form.is_valid():
        make_link(request, article, link_form)
        return True
    return ask_form.is_valid() and ask(request, article, ask_form)


def last_address(article: Article) -> str:
    """Where the article's reviewer was asked last, about any article."""
    asked = Approval.objects.filter(doctor=article.reviewer_id).order_by("-pk")
    return (asked.values_list("email", flat=True).first() or "") if article.reviewer_id else ""


def ask(request: EditorRequest, article: Article, form: AskForm) -> bool:
    """Mail the doctor; when that is not possible, say why on the form."""
    draft = drafts.compile(article, form.cleaned_data["language"])
    # That it is not approved is why it is asked about.
    never = [
        finding.sentence
        for finding in preflight.findings(draft)
        if finding.is_error and not finding.can_be_accepted and finding.name != "approval_missing"
    ]
    if never:
        form.add_error("language", never)
        return False
    approval = form.save(commit=False)
    try:
        approving.ask(approval, draft, by=request.user, expires_at=form.expires_at)
    except OSError:
        form.add_error(None, _("The mail could not be sent, so nobody was asked. Try again later."))
        return False
    asked = {"name": approval.name, "email": approval.email, "title": approval.snapshot.title}
    report(request, article, _("%(name)s (%(email)s) was asked to approve “%(title)s”.") % asked)
    return True


def make_link(request: EditorRequest, article: Article, form: PreviewLinkForm) -> None:
    link = form.save(commit=False)
    link.snapshot = snapshots.take(drafts.compile(article, form.cleaned_data["language"]))
    link.made_by, link.expires_at = request.user, form.expires_at
    link.save()
    report(request, article, _("The link to “%(title)s” is made.") % {"title": link.snapshot.title})


def revoke(request: EditorRequest, article: Article) -> None:
    """Close the approval or link of the button that was pressed."""
    data = request.POST
    if "_revoke_approval" in data:
        approval = get_object_or_404(Approval.objects.of(article), pk=number(data["_revoke_approval"]))
        if not approving.revoke(approval):
            messages.warning(request, _("That link is closed already."))
            return
        name = approval.name
    else:
        link = get_object_or_404(PreviewLink.objects.of(article), pk=number(data["_revoke_link"]))
        if not PreviewLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
            messages.warning(request, _("That link is closed already."))
            return
        name = link.reader or _("somebody")
    report(request, article, _("The link for %(name)s is closed.") % {"name": name})


def approval_state(approval: Approval) -> str:
    """Where a question to a doctor stands, as a phrase for editors."""
    if approval.decided_at:
        return approval.get_decision_display()
    if approval.revoked_at:
        return _("link closed") if approval.mailed_at else _("the mail could not be sent")
    if approval.is_expired:
        return _("no answer, link expired")
    if not approval.mailed_at:
        return _("not known whether the mail was sent: ask once more")
    return _("waiting for an answer")
