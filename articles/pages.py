"""What an article's page shows, from an edition or from a draft: one template serves both."""

from collections.abc import Iterable
from typing import Any, TypedDict

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from articles.models import Edition, TreatmentLink
from articles.publishing import Draft
from references.languages import translated


class Alternate(TypedDict):
    """The same page in another language."""

    language: str
    name: str
    """The language's own name for itself."""
    url: str


def other_languages(language: str) -> list[str]:
    return [code for code, _name in settings.LANGUAGES if code != language]


def alternate(language: str, view_name: str, *args: object) -> Alternate:
    """The page of this URL name in another language."""
    with translation.override(language):
        url = reverse(view_name, args=args)
    return {
        "language": language,
        "name": translation.get_language_info(language)["name_local"].capitalize(),
        "url": url,
    }


def alternates_by_slug(instance: Any, language: str, view_name: str) -> list[Alternate]:
    """The page of a category or treatment in each other language it has a slug in."""
    slugs = {code: translated(instance, "slug", code) for code in other_languages(language)}
    return [alternate(code, view_name, slug) for code, slug in slugs.items() if slug]


def edition_page(edition: Edition) -> dict[str, Any]:
    """Template context of an edition loaded with `for_page()`. Costs one query, the citations."""
    return {
        **byline(edition),
        "citations": edition.citations.select_related("reference"),
        "treatments": treatment_links(edition.treatment_links),
        "related": [
            {"title": link["title"], "url": reverse("articles:detail", args=[link["slug"]])}
            for link in edition.related_links
        ],
        "alternates": [
            alternate(link["language"], "articles:detail", link["slug"]) for link in edition.alternate_links
        ],
    }


def draft_page(draft: Draft) -> dict[str, Any]:
    """Template context of a draft: what readers would see if it were published now."""
    language = draft.edition.language
    related = Edition.objects.current().in_language(language).filter(article__in=draft.related)
    return {
        **byline(draft.edition),
        "citations": draft.citations,
        "treatments": treatment_links(
            {
                "name": translated(treatment, "name", language),
                "slug": translated(treatment, "slug", language),
                "booking_url": translated(treatment, "booking_url", language),
            }
            for treatment in draft.treatments
        ),
        "related": [{"title": other.title, "url": other.get_absolute_url()} for other in related],
        "alternates": [],
    }


def byline(edition: Edition) -> dict[str, Any]:
    """The edition, its author's title and its category, in the edition's language."""
    category_name = category_slug = byline_title = ""
    if edition.author:
        byline_title = translated(edition.author, "title", edition.language)
    if edition.category:
        category_name = translated(edition.category, "name", edition.language)
        category_slug = translated(edition.category, "slug", edition.language)
    return {
        "edition": edition,
        "byline_title": byline_title,
        "category_link": category_name
        and category_slug
        and {"name": category_name, "url": reverse("articles:category", args=[category_slug])},
    }


def treatment_links(treatments: Iterable[TreatmentLink]) -> list[dict[str, str]]:
    """Name, page (empty without a slug) and booking address of each treatment with a name."""
    return [
        {
            "name": treatment["name"],
            "url": reverse("articles:treatment", args=[slug]) if (slug := treatment["slug"]) else "",
            "booking_url": treatment["booking_url"] or "",
        }
        for treatment in treatments
        if treatment["name"]
    ]
