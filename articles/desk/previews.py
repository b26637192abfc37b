"""What readers would see: while an editor writes, of a draft, of an edition."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from articles import drafts
from articles.desk import LANGUAGE_NAMES
from articles.models import Article
from articles.pages import ArticlePage, cited_works, draft_page, edition_page, with_retractions
from references.works import list_html


def render_text(request: HttpRequest) -> HttpResponse:
    """The text beside the editor, as readers would see it. Answers a POST of `text`, `language`."""
    language = request.POST.get("language", "")
    if language not in LANGUAGE_NAMES or "text" not in request.POST:
        return HttpResponseBadRequest(_("Send the text and its language."))
    rendered, citations = drafts.render_text(request.POST["text"], language)
    with translation.override(language):
        cited = cited_works(citations)
        html, references = with_retractions(rendered.html, cited), list_html(cited)
        context = {"html": html, "references": references, "problems": rendered.problems}
        return render(request, "admin/articles/article/text_preview.html", context)


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
        page = draft_page(drafts.compile(article, language))
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
