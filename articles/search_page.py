"""The page that patients search on."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles import caching, metadata, searching
from articles.models import Category, Treatment
from articles.pages import Alternate, alternate, other_languages
from references.characters import without_hidden
from references.languages import translated

# Parts a word that was copied from a page.
SOFT_HYPHEN = "\u00ad"


@require_safe
def article_search(request: HttpRequest) -> HttpResponseBase:
    language = request.LANGUAGE_CODE
    query = without_hidden(request.GET.get("q", "")).replace(SOFT_HYPHEN, "").strip()
    query = query[: searching.MOST_CHARACTERS]
    categories, treatments = named(Category.objects.all(), language), named(Treatment.objects.all(), language)
    category = chosen(categories, request.GET.get("category"))
    treatment = chosen(treatments, request.GET.get("treatment"))
    page = page_number(request.GET.get("page", "1"))
    found = searching.search(query, language, searching.Selection(category, treatment, page))
    if page > 1 and not found.editions:
        raise Http404
    context = {
        "query": query,
        "found": found,
        "page": page,
        "previous": page - 1,
        "next": page + 1,
        "categories": options(categories, found.categories, category),
        "treatments": options(treatments, found.treatments, treatment),
        "is_narrowed": category is not None or treatment is not None,
        "alternates": [with_query(alternate(c, "articles:search"), query) for c in other_languages(language)],
    }
    if not request.GET:
        description = _("Search our articles about illness, investigation and treatment.")
        context["head"] = metadata.of_page(_("Search"), description, language, "articles:search")
    if not found.count:
        context |= instead(query, language, categories)
    response = caching.answer(request, context, lambda: render(request, "articles/search.html", context))
    return caching.unshared(response) if request.GET else response


def named(rows: Iterable[Category | Treatment], language: str) -> list[dict[str, Any]]:
    """Those that have a page in the language."""
    both = ((row.pk, translated(row, "name", language), translated(row, "slug", language)) for row in rows)
    return [{"pk": pk, "name": name, "slug": slug} for pk, name, slug in both if name and slug]


def chosen(rows: list[dict[str, Any]], slug: str | None) -> int | None:
    """The key of the one with the slug. An address with another one chooses nothing."""
    return next((row["pk"] for row in rows if row["slug"] == slug), None)


def options(rows: list[dict[str, Any]], counts: dict[int, int], chosen: int | None) -> list[dict[str, Any]]:
    """Those with something in them, and the one that is chosen."""
    return [
        {**row, "count": counts.get(row["pk"], 0), "is_chosen": row["pk"] == chosen}
        for row in rows
        if row["pk"] in counts or row["pk"] == chosen
    ]


def page_number(text: str) -> int:
    """Raises Http404 for what is no number of a page."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text)):
        raise Http404
    return int(text)


def with_query(page: Alternate, query: str) -> Alternate:
    return {**page, "url": f"{page['url']}?{urlencode({'q': query})}"} if query else page


def instead(query: str, language: str, categories: list[dict[str, Any]]) -> dict[str, Any]:
    """What to offer somebody who has found nothing."""
    words, nearest = searching.suggestions(query, language)
    offered = set(Category.objects.with_current_editions(language).values_list("pk", flat=True))
    return {
        "words": words,
        "nearest": nearest,
        "topics": [category for category in categories if category["pk"] in offered],
    }
