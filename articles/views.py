"""The public site. It reads editions only."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from articles.models import Article, Author, Category, Edition, EditionQuerySet, Treatment
from articles.pages import alternate, alternates_by_slug, current_page, edition_for, other_languages
from articles.paging import page_of
from references import exports
from references.languages import localized, translated


@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    language = request.LANGUAGE_CODE
    context = {
        "categories": [
            {"name": translated(category, "name", language), "slug": slug}
            for category in Category.objects.with_current_editions(language)
            if (slug := translated(category, "slug", language))
        ],
        "alternates": [alternate(code, "articles:list") for code in other_languages(language)],
    }
    return edition_list(request, "article_list", Edition.objects.all(), context)


@require_safe
def category_detail(request: HttpRequest, slug: str) -> HttpResponse:
    language = request.LANGUAGE_CODE
    category = get_object_or_404(Category, **{localized("slug", language): slug})
    context = {
        "category_name": translated(category, "name", language),
        "category_description": translated(category, "description", language),
        "alternates": alternates_by_slug(category, language, "articles:category"),
    }
    return edition_list(request, "category_detail", category.editions.all(), context)


@require_safe
def treatment_detail(request: HttpRequest, slug: str) -> HttpResponse:
    language = request.LANGUAGE_CODE
    treatment = get_object_or_404(Treatment, **{localized("slug", language): slug})
    context = {
        "treatment_name": translated(treatment, "name", language),
        "treatment_summary": translated(treatment, "summary", language),
        "booking_url": translated(treatment, "booking_url", language),
        "alternates": alternates_by_slug(treatment, language, "articles:treatment"),
    }
    return edition_list(request, "treatment_detail", treatment.editions.all(), context)


@require_safe
def author_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """An author's page, in each language the author has an article in."""
    language = request.LANGUAGE_CODE
    author = get_object_or_404(Author, slug=slug)
    languages = set(author.editions.current().values_list("language", flat=True))
    if language not in languages:
        raise Http404
    context = {
        "author": author,
        "byline_title": translated(author, "title", language),
        "biography": translated(author, "biography", language),
        "alternates": [
            alternate(code, "articles:author", slug)
            for code in other_languages(language)
            if code in languages
        ],
    }
    return edition_list(request, "author_detail", author.editions.all(), context)


def edition_list(
    request: HttpRequest, template: str, editions: EditionQuerySet, context: dict[str, Any]
) -> HttpResponse:
    """Those of the editions that patients read in the page's language, newest first."""
    current = editions.current().in_language(request.LANGUAGE_CODE)
    page = page_of(current, request.GET)
    return render(request, f"articles/{template}.html", {**context, "page": page})


@require_safe
def article_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = current_page(request.LANGUAGE_CODE, slug)
    if page is None:
        return moved_or_missing(request, slug)
    return render(request, "articles/article_detail.html", {"article": page, "alternates": page.alternates})


@require_safe
def reference_file(request: HttpRequest, slug: str, extension: str) -> HttpResponse:
    """An article's reference list as a file for reference managers."""
    edition = get_object_or_404(Edition.objects.current().in_language(request.LANGUAGE_CODE), slug=slug)
    write = {"ris": exports.ris, "nbib": exports.nbib, "bib": exports.bibtex}.get(extension)
    if write is None:
        raise Http404
    content = write(edition.references.order_by("citations__number"))
    response = HttpResponse(content, content_type=f"{exports.CONTENT_TYPES[extension]}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.{extension}"'
    return response


def moved_or_missing(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Lead an old address to its article, or name the languages that have it; else 404."""
    former = Edition.objects.ever_at(slug, request.LANGUAGE_CODE).first()
    if former is None:
        raise Http404
    current = list(former.article.editions.current())
    here = next((e for e in current if e.language == request.LANGUAGE_CODE), None)
    if here is None:
        return missing(request, current)
    # The slug of another language may become another article's own here: not permanent then.
    return redirect(here, permanent=former.language == request.LANGUAGE_CODE)


@require_safe
def permalink(request: HttpRequest, pk: int) -> HttpResponseBase:
    """An article by its number: in the reader's language, else in its original, else in any."""
    article = get_object_or_404(Article.objects.ever_published(), pk=pk)
    edition = edition_for(article, request.LANGUAGE_CODE)
    response = redirect(edition) if edition else missing(request, [])
    patch_vary_headers(response, ["Accept-Language"])
    return response


def missing(request: HttpRequest, elsewhere: Iterable[Edition]) -> HttpResponse:
    """The page for an article that has no edition in this language now."""
    links = [
        {"title": edition.title, **alternate(edition.language, "articles:detail", edition.slug)}
        for edition in elsewhere
    ]
    return render(request, "articles/article_missing.html", {"links": links}, status=404)
