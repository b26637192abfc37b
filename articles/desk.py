"""The editors' pages beside the admin's own: live preview, preview, publish, withdraw, editions.

ArticleAdmin mounts them; it has checked that the user may be there, and gives the admin's context.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles import publishing
from articles.forms import LanguagesForm, PublishForm
from articles.models import Article, Edition
from articles.pages import ArticlePage, cited_works, draft_page, edition_page, with_retractions
from articles.publishing import Draft, NotPublishable
from references import watching
from references.citations import Key
from references.models import Check, Reference
from references.works import list_html

LOOK_UP_PATIENCE = 4.0  # seconds

# As they begin a line; within a sentence Danish writes them small.
LANGUAGE_NAMES = {code: capfirst(name) for code, name in settings.LANGUAGES}


class EditorRequest(HttpRequest):
    """A request of somebody who has signed in."""

    user: User


@dataclass(frozen=True)
class LanguageState:
    """Where one language of an article stands."""

    code: str
    name: str
    live: Edition | None
    scheduled: Edition | None
    draft: Draft

    @property
    def is_unchanged(self) -> bool:
        return self.live is not None and self.live.content_hash == self.draft.edition.content_hash


def language_states(article: Article) -> list[LanguageState]:
    """Every language in which something is written or published, the original first."""
    live = {edition.language: edition for edition in article.editions.current()}
    scheduled = {edition.language: edition for edition in article.editions.scheduled()}
    return [
        LanguageState(
            code=code,
            name=str(LANGUAGE_NAMES[code]),
            live=live.get(code),
            scheduled=scheduled.get(code),
            draft=publishing.compile(article, code),
        )
        for code in article.languages
        if article.has_text_in(code) or code in live or code in scheduled
    ]


def render_text(request: HttpRequest) -> HttpResponse:
    """The text beside the editor, as readers would see it. Answers a POST of `text`, `language`."""
    language = request.POST.get("language", "")
    if language not in LANGUAGE_NAMES or "text" not in request.POST:
        return HttpResponseBadRequest(_("Send the text and its language."))
    rendered, citations = publishing.render_text(request.POST["text"], language)
    with translation.override(language):
        cited = cited_works(citations)
        html, references = with_retractions(rendered.html, cited), list_html(cited)
        context = {"html": html, "references": references, "problems": rendered.problems}
        return render(request, "admin/articles/article/text_preview.html", context)


def patience() -> float:
    """How long a request waits for PubMed, in seconds."""
    return min(float(settings.PUBMED_TIMEOUT), LOOK_UP_PATIENCE)


def look_up(request: HttpRequest, keys: Iterable[Key]) -> None:
    """Look up what was cited for the first time, and say what is wrong with it."""
    new = Reference.objects.cited_by(keys).filter(checked_at__isnull=True)
    for checked in watching.check(new, patience=patience()):
        reference = checked.reference
        if checked.check.outcome == Check.Outcome.COULD_NOT_ASK:
            text = _("%(work)s could not be checked now and stays unchecked. It will be tried again.")
        elif reference.standing == Reference.Standing.NOT_FOUND:
            text = _("%(work)s was not found. Compare the number with PubMed.")
        elif reference.agreement == Reference.Agreement.ANOTHER_PAPER:
            text = _("%(work)s is another paper than the one described: %(title)s")
        elif reference.standing in {Reference.Standing.RETRACTED, Reference.Standing.CONCERN}:
            text = _("%(work)s: %(standing)s. %(title)s")
        else:
            continue
        named = {
            "work": reference.keys[0],
            "title": reference.title,
            "standing": reference.get_standing_display(),
        }
        messages.warning(request, text % named)


def preview(request: HttpRequest, article: Article, _context: dict[str, Any], language: str) -> HttpResponse:
    """One language of the working copy on the public page."""
    if not article.has_text_in(language):
        messages.warning(
            request,
            _("Nothing is written in %(language)s yet.") % {"language": dict(settings.LANGUAGES)[language]},
        )
        return redirect("admin:articles_article_change", article.pk)
    note = _("Preview of your draft. Readers do not see it.")
    back_url = reverse("admin:articles_article_change", args=[article.pk])
    with translation.override(language):
        page = draft_page(publishing.compile(article, language))
        return public_page(request, page, note, back_url)


def edition(
    request: HttpRequest, article: Article, _context: dict[str, Any], language: str, number: int
) -> HttpResponse:
    """An edition on the public page, whether or not it is in force."""
    found = get_object_or_404(article.editions.in_language(language), number=number)
    note = _("Edition %(number)d – %(state)s") % {"number": number, "state": found.state}
    back_url = reverse("admin:articles_article_editions", args=[article.pk])
    with translation.override(language):
        return public_page(request, edition_page(found), note, back_url)


def public_page(request: HttpRequest, page: ArticlePage, note: str, back_url: str) -> HttpResponse:
    """The page as patients see it, under a line that says what it is and leads back to the desk."""
    context = {"article": page, "note": note, "back_url": back_url}
    return render(request, "articles/article_detail.html", context)


def editions(request: HttpRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    """What was published, when, by whom."""
    published = article.editions.select_related("published_by").defer("body", "html", "outline")
    context |= {"editions": published.order_by("-id"), "tab": "editions", "title": _("Editions")}
    return render(request, "admin/articles/article/editions.html", context)


def publish(request: EditorRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    states = language_states(article)
    codes = [state.code for state in states]
    form = PublishForm(submitted(request), languages=codes, initial={"languages": codes})
    if form.is_valid() and publish_languages(request, article, form):
        return redirect("admin:articles_article_editions", article.pk)
    context |= {"form": form, "states": states, "tab": "publish", "title": _("Publish")}
    return render(request, "admin/articles/article/publish.html", context)


def publish_languages(request: EditorRequest, article: Article, form: PublishForm) -> bool:
    """Publish the chosen languages, all or none; what is in the way becomes an error of the form."""
    known = set(article.editions.values_list("pk", flat=True))
    published = []
    language = ""
    try:
        with transaction.atomic():
            for language in form.cleaned_data["languages"]:
                at = form.cleaned_data["at"]
                published.append(publishing.publish(article, language, by=request.user, at=at))
    except NotPublishable as error:
        for reason in error.reasons:
            form.add_error("languages", f"{LANGUAGE_NAMES[language]}: {reason}")
        return False
    for edition in published:
        report(request, article, outcome(edition, is_new=edition.pk not in known))
    return True


def outcome(edition: Edition, *, is_new: bool) -> str:
    """What publishing did, for the editor."""
    if not is_new:
        text = _("%(language)s: readers see exactly this text already. Nothing was published.")
    elif edition.is_scheduled:
        text = _("%(language)s: edition %(number)d comes online on %(moment)s.")
    else:
        text = _("%(language)s: edition %(number)d is online.")
    return text % {
        "language": LANGUAGE_NAMES[edition.language],
        "number": edition.number,
        "moment": formats.date_format(timezone.localtime(edition.validity.lower), "DATETIME_FORMAT"),
    }


def withdraw(request: EditorRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    states = [state for state in language_states(article) if state.live or state.scheduled]
    form = LanguagesForm(submitted(request), languages=[state.code for state in states])
    if form.is_valid():
        with transaction.atomic():
            for language in form.cleaned_data["languages"]:
                publishing.withdraw(article, language)
        for language in form.cleaned_data["languages"]:
            report(
                request,
                article,
                _("%(language)s: the article is offline.") % {"language": LANGUAGE_NAMES[language]},
            )
        return redirect("admin:articles_article_editions", article.pk)
    context |= {"form": form, "states": states, "tab": "withdraw", "title": _("Withdraw")}
    return render(request, "admin/articles/article/withdraw.html", context)


def report(request: EditorRequest, article: Article, text: str) -> None:
    """Tell the editor, and write it into the article's history."""
    messages.success(request, text)
    LogEntry.objects.log_actions(request.user.pk, [article], CHANGE, change_message=text, single_object=True)


def submitted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; an empty form that was sent is one, too."""
    return request.POST if request.method == "POST" else None
