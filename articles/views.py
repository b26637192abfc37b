"""The public site. It reads editions only."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles import cards, listings, metadata, plain_text
from articles.absence import absent
from articles.addresses import absolute
from articles.listings import Listing
from articles.models import Article, Category, Edition, Treatment
from articles.pages import address, alternate, alternates_by_slug, current_page, edition_for, other_languages
from articles.paging import page_of
from references import exports
from references.languages import alphabetical, translated

FOR_GOOD = 365 * 24 * 60 * 60  # seconds


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
    return edition_list(request, listings.blog(language), context)


@require_safe
def category_detail(request: HttpRequest, slug: str) -> HttpResponse:
    language = request.LANGUAGE_CODE
    listing = listings.of("category", slug, language)
    context = {
        "category_name": listing.name,
        "category_description": listing.description,
        "alternates": alternates_by_slug(listing.of, language, "articles:category"),
    }
    return edition_list(request, listing, context)


@require_safe
def treatment_detail(request: HttpRequest, slug: str) -> HttpResponse:
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
def treatment_list(request: HttpRequest) -> HttpResponse:
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
    return render(request, "articles/treatment_list.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What the site does with data about its readers. docs/privacy.md says what makes it true."""
    language = request.LANGUAGE_CODE
    description = _("You can read everything here without telling us who you are.")
    context = {
        "alternates": [alternate(code, "articles:privacy") for code in other_languages(language)],
        "head": metadata.of_page(_("Privacy"), description, language, "articles:privacy"),
    }
    return render(request, "articles/privacy.html", context)


@require_safe
def author_detail(request: HttpRequest, slug: str) -> HttpResponse:
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


def edition_list(request: HttpRequest, listing: Listing, context: dict[str, Any]) -> HttpResponse:
    """What patients read of the list, newest first."""
    page = page_of(listing.current, request.GET)
    template = "article_list" if listing.kind == "list" else f"{listing.kind}_detail"
    head = metadata.of_list(listing, page)
    return render(request, f"articles/{template}.html", {**context, "page": page, "head": head})


@require_safe
def article_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = current_page(request.LANGUAGE_CODE, slug)
    if page is None:
        return moved_or_missing(request, slug)
    context = {"article": page, "alternates": page.alternates, "head": metadata.of_article(page)}
    return render(request, "articles/article_detail.html", context)


@require_safe
def article_text(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An article as Markdown, with its reference list."""
    page = current_page(request.LANGUAGE_CODE, slug)
    if page is None:
        return moved_or_missing(request, slug, ".md")
    response = HttpResponse(plain_text.of(page), content_type="text/markdown; charset=utf-8")
    # Search engines are to show the page, not this.
    response["Link"] = f'<{absolute(page.path)}>; rel="canonical"'
    return response


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
        return redirect(metadata.card_address(edition.get_absolute_url(), card))
    response = HttpResponse(cards.png(card), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={FOR_GOOD}, immutable"
    return response


@require_safe
def reference_file(request: HttpRequest, slug: str, extension: str) -> HttpResponseBase:
    """An article's reference list as a file for reference managers."""
    write = {"ris": exports.ris, "nbib": exports.nbib, "bib": exports.bibtex}.get(extension)
    if write is None:
        raise Http404
    edition = Edition.objects.current().in_language(request.LANGUAGE_CODE).filter(slug=slug).first()
    if edition is None:
        return moved_or_missing(request, slug, f"/references.{extension}")
    content = write(edition.references.order_by("citations__number"))
    response = HttpResponse(content, content_type=f"{exports.CONTENT_TYPES[extension]}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.{extension}"'
    return response


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
    return redirect(path, permanent=former.language == request.LANGUAGE_CODE)


@require_safe
def permalink(request: HttpRequest, pk: int) -> HttpResponseBase:
    """An article by its number: in the reader's language, else in its original, else in any."""
    article = get_object_or_404(Article.objects.ever_published(), pk=pk)
    edition = edition_for(article, request.LANGUAGE_CODE)
    response = redirect(edition) if edition else missing(request, article, [])
    patch_vary_headers(response, ["Accept-Language"])
    return response


def missing(request: HttpRequest, article: Article, elsewhere: Iterable[Edition]) -> HttpResponse:
    """The page for an article that has no edition in this language now."""
    page = absent(article, request.LANGUAGE_CODE, elsewhere)
    status = 410 if page.is_withdrawn else 404
    return render(request, "articles/article_missing.html", {"article": page}, status=status)
