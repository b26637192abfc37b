"""The newest articles of a list for feed readers: Atom (RFC 4287) and JSON Feed 1.1 (jsonfeed.org).

An entry has the abstract and leads to the page: a copy in a feed reader would neither be corrected nor
withdrawn, and warns of no study that is retracted afterwards.
"""

from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import linebreaks
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from articles import caching, listings, metadata
from articles.addresses import absolute
from articles.listings import Kind, Listing
from articles.models import Edition, first_online
from articles.origins import readable_by_origins
from articles.pages import address, path_of_edition
from articles.structured import moment
from references.characters import visible
from references.languages import translated

LENGTH = 20
# Of a feed in which there is nothing yet.
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def shown(language: str, kind: Kind, slug: str) -> tuple[Listing, list[Edition]]:
    """The list, and the newest of it. Two queries. Raises Http404."""
    listing = listings.blog(language) if kind == "list" else listings.of(kind, slug, language)
    newest = listing.current.for_list().newest_first().annotate(first_since=first_online())
    return listing, list(newest[:LENGTH])


@require_safe
def atom(request: HttpRequest, kind: Kind = "list", slug: str = "") -> HttpResponseBase:
    listing, editions = shown(request.LANGUAGE_CODE, kind, slug)
    return caching.answer(request, [listing.facts, editions], lambda: atom_feed(listing, editions))


def atom_feed(listing: Listing, editions: list[Edition]) -> HttpResponse:
    feed = Atom(
        title=title(listing),
        link=absolute(listing.path),
        description=None,
        subtitle=listing.description,
        language=listing.language,
        author_name=settings.CLINIC.name,
        author_link=absolute("/"),
        feed_url=absolute(f"{listing.path}feed/"),
        paths=listing.paths,
    )
    for edition in editions:
        author, category = edition.author, edition.category
        feed.add_item(
            title=edition.title,
            link=absolute(path_of_edition(edition)),
            description=linebreaks(edition.abstract, autoescape=True),
            unique_id=identity(edition),
            pubdate=first_since(edition),
            updateddate=edition.validity.lower,
            author_name=author.name if author else None,
            author_link=author_page(edition) if author else None,
            categories=[translated(category, "name", edition.language)] if category else [],
        )
    response = HttpResponse(content_type=Atom.content_type)
    feed.write(response, "utf-8")
    return response


@readable_by_origins
@require_safe
def json_feed(request: HttpRequest, kind: Kind = "list", slug: str = "") -> HttpResponseBase:
    listing, editions = shown(request.LANGUAGE_CODE, kind, slug)
    return caching.answer(request, [listing.facts, editions], lambda: json_of(listing, editions))


def json_of(listing: Listing, editions: list[Edition]) -> HttpResponse:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title(listing),
        "home_page_url": absolute(listing.path),
        "feed_url": absolute(f"{listing.path}feed.json"),
        "description": listing.description,
        "language": listing.language,
        "authors": [{"name": settings.CLINIC.name, "url": absolute("/")}],
        "items": [item(edition) for edition in editions],
    }
    options = {"ensure_ascii": False, "separators": (",", ":")}
    return JsonResponse(
        visible(without_empty(feed)),
        json_dumps_params=options,
        content_type="application/feed+json; charset=utf-8",
    )


class Atom(Atom1Feed):
    """With the same feed in other languages, and a date of its own when it is empty."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**visible(about))

    def add_item(self, title: str, link: str, description: str, *args: Any, **entry: Any) -> None:
        super().add_item(*visible([title, link, description, *args]), **visible(entry))

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        for language, path in self.feed["paths"].items():
            if language != self.feed["language"]:
                feed = {"href": absolute(f"{path}feed/"), "hreflang": language}
                handler.addQuickElement(
                    "link", "", {"rel": "alternate", "type": "application/atom+xml", **feed}
                )

    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=NEVER)


def title(listing: Listing) -> str:
    return f"{settings.CLINIC.name}: {listing.name}"


def item(edition: Edition) -> dict[str, Any]:
    """An entry of a JSON feed."""
    author, category = edition.author, edition.category
    card = metadata.card_of(edition.title, author.name if author else "")
    return without_empty(
        {
            "id": identity(edition),
            "url": absolute(path_of_edition(edition)),
            "title": edition.title,
            # Required, although it is the abstract alone.
            "content_text": edition.abstract or edition.title,
            "image": metadata.card_address(path_of_edition(edition), card),
            "date_published": moment(first_since(edition)),
            "date_modified": moment(edition.validity.lower),
            "authors": [{"name": author.name, "url": author_page(edition)}] if author else [],
            "tags": [name] if category and (name := translated(category, "name", edition.language)) else [],
            "language": edition.language,
        }
    )


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value or name == "items"}


def identity(edition: Edition) -> str:
    """What an entry is known by for good, whatever becomes of its title, slug and text.

    The permalink, which has one article for all languages, with the language.
    """
    return f"{absolute(reverse('permalink', args=[edition.article_id]))}#{edition.language}"


def first_since(edition: Edition) -> datetime:
    return cast("datetime", edition.first_since)  # type: ignore[attr-defined] # annotated in shown()


def author_page(edition: Edition) -> str:
    return (
        absolute(address(edition.language, "articles:author", edition.author.slug)) if edition.author else ""
    )
