"""What stands in a page's head for search engines, for other sites that link to it, and for feed readers.

Every address is made from SITE_URL: a request's Host header has no say in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles import cards, structured
from articles.addresses import absolute
from articles.cards import Card
from articles.listings import Listing
from articles.pages import ArticlePage, address
from articles.paging import Page

LONGEST_DESCRIPTION = 160
# Open Graph wants a territory beside the language; a language that is not here is not named there.
LOCALES = {"da": "da_DK", "en": "en_GB"}

# Of Open Graph: its name and content.
Property = tuple[str, str]


@dataclass(frozen=True)
class Head:
    """`html` is what base.html puts into the head."""

    description: str
    html: SafeString


def of_article(page: ArticlePage) -> Head:
    """The head of an article that is online."""
    card = card_of(page.title, page.author["name"] if page.author else "")
    picture = card_address(page.path, card)
    paths = {page.language: page.path} | {other["language"]: other["url"] for other in page.alternates}
    canonical = absolute(page.path)
    description = shortened(page.abstract or page.title)
    properties = [
        ("og:type", "article"),
        *shared(page.title, description, canonical, page.language, paths),
        ("og:image", picture),
        ("og:image:width", str(cards.WIDTH)),
        ("og:image:height", str(cards.HEIGHT)),
        ("og:image:alt", f"{page.title} – {settings.CLINIC.name}"),
        ("article:published_time", structured.moment(page.first_since)),
        ("article:modified_time", structured.moment(page.since)),
        ("article:author", absolute(page.author["url"]) if page.author else ""),
        ("article:section", page.category["name"] if page.category else ""),
    ]
    blog = address(page.language, "articles:list")
    html = [
        link("canonical", canonical),
        *alternates(paths, first=page.original_language),
        link("alternate", f"{canonical.removesuffix('/')}.md", type="text/markdown"),
        *feeds(blog, _("Blog")),
        link("alternate", oembed_address(canonical), type="application/json+oembed"),
        *metas(properties),
        '<meta name="twitter:card" content="summary_large_image">',
        structured.script(structured.article(page, picture)),
    ]
    return Head(description, joined(html))


def of_list(listing: Listing, page: Page) -> Head:
    """The head of a page of a list. Only its first page has others for the same in other languages."""
    canonical = absolute(f"{listing.path}{page.own}")
    is_first, is_read = not page.own, listing.language in listing.paths
    paths = listing.paths if is_first and is_read else {}
    description = shortened(listing.description or listing.name)
    properties = [
        ("og:type", "profile" if listing.kind == "author" else "website"),
        *shared(listing.name, description, canonical, listing.language, paths),
    ]
    html = [
        link("canonical", canonical),
        *alternates(paths, first=settings.LANGUAGE_CODE),
        *feeds(listing.path, listing.name),
        *metas(properties),
        structured.script(structured.listing(listing, page.editions, canonical)),
    ]
    return Head(description, joined(html))


def of_page(name: str, description: str, language: str, view_name: str) -> Head:
    """The head of a page that is there in every language, such as that of all treatments."""
    paths = {code: address(code, view_name) for code, _name in settings.LANGUAGES}
    canonical, description = absolute(paths[language]), shortened(description)
    properties = [("og:type", "website"), *shared(name, description, canonical, language, paths)]
    html = [
        link("canonical", canonical),
        *alternates(paths, first=settings.LANGUAGE_CODE),
        *metas(properties),
    ]
    return Head(description, joined(html))


def shared(title: str, description: str, url: str, language: str, paths: Mapping[str, str]) -> list[Property]:
    """What Open Graph says of every page. https://ogp.me/"""
    return [
        ("og:site_name", settings.CLINIC.name),
        ("og:title", title),
        ("og:description", description),
        ("og:url", url),
        ("og:locale", LOCALES.get(language, "")),
        *(("og:locale:alternate", LOCALES.get(code, "")) for code in paths if code != language),
    ]


def alternates(paths: Mapping[str, str], first: str) -> Iterator[str]:
    """The page in each of its languages, itself too, and the one for readers of any other language."""
    for language, path in hreflang(paths, first):
        yield link("alternate", absolute(path), hreflang=language)


def hreflang(paths: Mapping[str, str], first: str) -> Iterator[tuple[str, str]]:
    """Language and path of each page that says the same, in one order on all of them.

    For other readers: the page in its first language, else in the site's, else in any.
    """
    ordered = [code for code, _name in settings.LANGUAGES if code in paths]
    yield from ((code, paths[code]) for code in ordered)
    default = next((code for code in (first, settings.LANGUAGE_CODE, *ordered) if code in paths), None)
    if default:
        yield "x-default", paths[default]


def feeds(path: str, name: str) -> Iterator[str]:
    title = f"{settings.CLINIC.name}: {name}"
    yield link("alternate", absolute(f"{path}feed/"), type="application/atom+xml", title=title)
    yield link("alternate", absolute(f"{path}feed.json"), type="application/feed+json", title=title)


def oembed_address(url: str) -> str:
    """Where sites that show links as cards ask about a page. https://oembed.com"""
    return f"{absolute(address(settings.LANGUAGE_CODE, 'oembed'))}?{urlencode({'url': url})}"


def metas(properties: list[Property]) -> Iterator[str]:
    for name, content in properties:
        if content:
            yield f'<meta property="{name}" content="{escape(content)}">'


def link(rel: str, href: str, **attributes: str) -> str:
    more = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f'<link rel="{rel}"{more} href="{escape(href)}">'


def joined(parts: Iterable[str]) -> SafeString:
    return mark_safe("\n".join(parts))  # noqa: S308 - escaped above


def shortened(text: str) -> str:
    """On one line, and no longer than what search engines show."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_DESCRIPTION else f"{line[: LONGEST_DESCRIPTION - 1].rstrip()}…"


def card_of(title: str, author: str) -> Card:
    """The picture for an article, in the clinic's colours."""
    return Card(title, author, settings.CLINIC.name, **settings.CLINIC.palette("light"))


def card_address(path: str, card: Card) -> str:
    """Where the picture is for as long as it shows what it shows."""
    return absolute(f"{path}card-{card.digest}.png")
