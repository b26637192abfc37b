"""The public site. It reads editions only."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles import caching, cards, listings, metadata, plain_text
from articles.absence import absent
from articles.addresses import absolute
from articles.listings import Listing
from articles.models import Article, Category, Edition, Treatment
from articles.origins import shown_elsewhere
from articles.pages import (
    address,
    alternate,
    alternates_by_slug,
    current_row,
    edition_for,
    made_of,
    other_languages,
    page_of,
)
from articles.paging import page_of as list_page_of
from references import exports
from references.languages import alphabetical, translated


@require_safe
def article_list(request: HttpRequest) -> HttpResponseBase:
    language = request.LANGUAGE_CODE
    context = {
        "categories": [
            {"name": translated(category, "name", language), "slug": slug}
            for category in Category.objects.with_current_editions(language)
            if (slug := translated(category, "slug", language))
        ],
        "alternates": [alternate(code, "articles:list") for code in other_languages(language)],
    }
    return edition_list(request, listings.blog(language), context)


@require_safe
def category_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    language = request.LANGUAGE_CODE
    listing = listings.of("category", slug, language)
    context = {
        "category_name": listing.name,
        "category_description": listing.description,
        "alternates": alternates_by_slug(listing.of, language, "articles:category"),
    }
    return edition_list(request, listing, context)


@require_safe
def treatment_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    language = request.LANGUAGE_CODE
    listing = listings.of("treatment", slug, language)
    context = {
        "treatment_name": listing.name,
        "treatment_summary": listing.description,
        "booking_url": translated(listing.of, "booking_url", language),
        "alternates": alternates_by_slug(listing.of, language, "articles:treatment"),
    }
    return edition_list(request, listing, context)


@require_safe
def treatment_list(request: HttpRequest) -> HttpResponseBase:
    """What the clinic offers, in alphabetical order."""
    language = request.LANGUAGE_CODE
    fields = ("name", "slug", "summary", "booking_url")
    offered = [
        {field: translated(treatment, field, language) for field in fields}
        for treatment in Treatment.objects.offered(language)
    ]
    for treatment in offered:
        treatment["url"] = address(language, "articles:treatment", treatment["slug"])
    context = {
        "treatments": sorted(offered, key=lambda treatment: alphabetical(treatment["name"])),
        "alternates": [alternate(code, "articles:treatments") for code in other_languages(language)],
        "head": metadata.of_page(
            _("Treatments"),
            _("The examinations and treatments that we offer, with articles about each, and where to book."),
            language,
            "articles:treatments",
        ),
    }
    return caching.answer(request, context, lambda: render(request, "articles/treatment_list.html", context))


@require_safe
def privacy(request: HttpRequest) -> HttpResponseBase:
    """What the site does with data about its readers. docs/privacy.md says what makes it true."""
    language = request.LANGUAGE_CODE
    description = _("You can read everything here without telling us who you are.")
    context = {
        "alternates": [alternate(code, "articles:privacy") for code in other_languages(language)],
        "head": metadata.of_page(_("Privacy"), description, language, "articles:privacy"),
    }
    return caching.answer(request, context, lambda: render(request, "articles/privacy.html", context))


@require_safe
def author_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An author's page, in each language the author has an article in."""
    language = request.LANGUAGE_CODE
    listing = listings.of("author", slug, language)
    context = {
        "author": listing.of,
        "byline_title": translated(listing.of, "title", language),
        "biography": listing.description,
        "alternates": [
            alternate(code, "articles:author", slug)
            for code in other_languages(language)
            if code in listing.paths
        ],
    }
    return edition_list(request, listing, context)


def edition_list(request: HttpRequest, listing: Listing, context: dict[str, Any]) -> HttpResponseBase:
    """What patients read of the list, newest first."""
    page = list_page_of(listing.current, request.GET)
    template = "article_list" if listing.kind == "list" else f"{listing.kind}_detail"

    def made() -> HttpResponse:
        shown = {**context, "page": page, "head": metadata.of_list(listing, page)}
        return render(request, f"articles/{template}.html", shown)

    return caching.answer(request, [listing.facts, context, page], made)


@require_safe
def article_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    row = current_row(request.LANGUAGE_CODE, slug)
    if row is None:
        return moved_or_missing(request, slug)

    def made() -> HttpResponse:
        page = page_of(row, request.LANGUAGE_CODE)
        context = {"article": page, "alternates": page.alternates, "head": metadata.of_article(page)}
        return render(request, "articles/article_detail.html", context)

    return caching.answer(request, made_of(row), made, until=row["until"])


@require_safe
def article_text(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An article as Markdown, with its reference list."""
    language = request.LANGUAGE_CODE
    row = current_row(language, slug)
    if row is None:
        return moved_or_missing(request, slug, ".md")
    source = plain_text.source(row["article_id"], language, row["number"])

    def made() -> HttpResponse:
        page = page_of(row, language)
        response = HttpResponse(plain_text.of(page, source), content_type="text/markdown; charset=utf-8")
        # Search engines are to show the page, not this.
        response["Link"] = f'<{absolute(page.path)}>; rel="canonical"'
        return response

    return caching.answer(request, [made_of(row), source], made, until=row["until"])


@require_safe
def article_card(request: HttpRequest, slug: str, digest: str) -> HttpResponseBase:
    """The picture that goes with a link to an article. Its address says what it shows, so it may be kept."""
    current = Edition.objects.current().in_language(request.LANGUAGE_CODE)
    edition = (
        current.filter(slug=slug)
        .select_related("author")
        .only("title", "slug", "language", "author__name")
        .first()
    )
    if edition is None:
        return moved_or_missing(request, slug, f"/card-{digest}.png")
    card = metadata.card_of(edition.title, edition.author.name if edition.author else "")
    if card.digest != digest:
        return caching.shared(redirect(metadata.card_address(edition.get_absolute_url(), card)))
    response = caching.answer(request, card, lambda: HttpResponse(cards.png(card), content_type="image/png"))
    shown_elsewhere(response)
    return caching.for_good(response)


@require_safe
def reference_file(request: HttpRequest, slug: str, extension: str) -> HttpResponseBase:
    """An article's reference list as a file for reference managers."""
    write = {"ris": exports.ris, "nbib": exports.nbib, "bib": exports.bibtex}.get(extension)
    if write is None:
        raise Http404
    current = Edition.objects.current().in_language(request.LANGUAGE_CODE)
    edition = current.filter(slug=slug).only("pk").first()
    if edition is None:
        return moved_or_missing(request, slug, f"/references.{extension}")
    cited = list(edition.references.order_by("citations__number"))

    def made() -> HttpResponse:
        kind = f"{exports.CONTENT_TYPES[extension]}; charset=utf-8"
        response = HttpResponse(write(cited), content_type=kind)
        name = f"{slug}.{extension}"
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        return response

    return caching.answer(request, cited, made)


def moved_or_missing(request: HttpRequest, slug: str, ending: str = "/") -> HttpResponseBase:
    """Lead an old address to its article, or say what became of it; else 404.

    The ending says as what it was asked for.
    """
    former = Edition.objects.ever_at(slug, request.LANGUAGE_CODE).first()
    if former is None:
        raise Http404
    current = list(former.article.editions.current())
    here = next((e for e in current if e.language == request.LANGUAGE_CODE), None)
    if here is None:
        return missing(request, former.article, current)
    # The slug of another language may become another article's own here: not permanent then.
    path = here.get_absolute_url().removesuffix("/") + ending
    # And a former one of this language may come back: nobody is to remember for good that it has moved.
    return caching.shared(redirect(path, permanent=former.language == request.LANGUAGE_CODE))


@require_safe
def permalink(request: HttpRequest, pk: int) -> HttpResponseBase:
    """An article by its number: in the reader's language, else in its original, else in any."""
    article = get_object_or_404(Article.objects.ever_published(), pk=pk)
    edition = edition_for(article, request.LANGUAGE_CODE)
    response = caching.shared(redirect(edition)) if edition else missing(request, article, [])
    patch_vary_headers(response, ["Accept-Language"])
    return response


def missing(request: HttpRequest, article: Article, elsewhere: Iterable[Edition]) -> HttpResponseBase:
    """The page for an article that has no edition in this language now."""
    page = absent(article, request.LANGUAGE_CODE, elsewhere)
    status = 410 if page.is_withdrawn else 404
    # Never 304, which would say that something is there (RFC 9110, 13.2.1).
    return caching.shared(
        render(request, "articles/article_missing.html", {"article": page}, status=status),
    )
