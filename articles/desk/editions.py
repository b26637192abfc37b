"""The editions there are: read one, compare it, restore it, take a scheduled one back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from articles import drafts, publishing
from articles.desk import LANGUAGE_NAMES, EditorRequest, report
from articles.desk.changes import Content, changes
from articles.models import Article, Edition
from articles.publishing import NotPublishable


def editions(request: HttpRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    """What was published, when, by whom."""
    published = article.editions.select_related("published_by", "override").without_texts()
    context |= {"editions": published.order_by("-id"), "tab": "editions", "title": _("Editions")}
    return render(request, "admin/articles/article/editions.html", context)


def compare(
    request: HttpRequest, article: Article, context: dict[str, Any], language: str, number: int
) -> HttpResponse:
    """What an edition changed, and what the draft would change of it."""
    edition = edition_of(article, language, number)
    before = article.editions.in_language(language).filter(number__lt=number).order_by("-number").first()
    content = Content.of(edition)
    draft = Content.of_draft(drafts.compile(article, language))
    context |= {
        "edition": edition,
        "before": before,
        "changed": changes(Content.of(before), content) if before else [],
        "changed_since": changes(content, draft),
        "tab": "editions",
        "title": _("Edition %(number)d") % {"number": number},
    }
    return render(request, "admin/articles/article/compare_edition.html", context)


def restore(
    request: EditorRequest, article: Article, _context: dict[str, Any], language: str, number: int
) -> HttpResponse:
    """Copy the edition's text into the draft. What the draft said until now is in its history."""
    publishing.restore(edition_of(article, language, number), by=request.user)
    text = _("%(language)s: the draft has the text of edition %(number)d. Publish it for readers to see.")
    report(request, article, text % {"language": LANGUAGE_NAMES[language], "number": number})
    return redirect("admin:articles_article_change", article.pk)


def unschedule(
    request: EditorRequest, article: Article, _context: dict[str, Any], language: str, number: int
) -> HttpResponse:
    take_back(request, article, edition_of(article, language, number))
    return redirect("admin:articles_article_editions", article.pk)


def take_back(request: EditorRequest, article: Article, edition: Edition) -> None:
    """Take back a scheduled edition, and say whether that was possible."""
    named = {"language": LANGUAGE_NAMES[edition.language], "number": edition.number}
    try:
        is_taken_back = publishing.unschedule(edition, by=request.user)
    except NotPublishable as error:
        messages.error(request, str(error))
        return
    if is_taken_back:
        report(request, article, _("%(language)s: edition %(number)d will not come online.") % named)
    else:
        text = _("%(language)s: edition %(number)d was not scheduled any more. Nothing was changed.")
        messages.warning(request, text % named)


def edition_of(article: Article, language: str, number: int) -> Edition:
    return get_object_or_404(article.editions.in_language(language), number=number)
