"""Links from other sites, such as booking pages, to pages of ours: do they lead where they should?

Nobody is asked over the network: our own program answers as it would answer a reader.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Literal
from urllib.parse import unquote_to_bytes, urljoin, urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponseBase

from articles.addresses import own_host
from references.characters import OVERLONG_REFERENCE

FILES = (settings.STATIC_URL, settings.MEDIA_URL)
MOST_REDIRECTS = 5
# Of a page that ends none of its elements, only so many are looked through for the one that ends.
DEEPEST = 200
# Where an address stands in HTML.
ATTRIBUTES = ("href", "src", "data-src", "action")
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
IS_HTML = re.compile(r"<(?:!doctype|html|head|body|a|p|div|iframe|section|ul|li)\b", re.IGNORECASE)
INCLUDE = re.compile(r"#\s*include\s+virtual\s*=\s*[\"']([^\"']+)")
ADDRESS = re.compile(r"(?:https?:/|(?<![^\s\"',;|<(]))/[^\s\"',;|<>)\]]+", re.IGNORECASE)
BLOG = re.compile(
    rf"/(?:(?:{'|'.join(code for code, _name in settings.LANGUAGES)})/blog|blog|a/\d+|oembed)(?:/|$)"
)
PERMALINK = re.compile(r"/a/\d+/?$")
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    line: int
    url: str
    """As it stands there."""
    language: str = ""
    """What the page says its reader gets: by hreflang, else the language of the words around it."""


@dataclass(frozen=True)
class Outcome:
    """Where a link leads. Fine when there is no trouble."""

    trouble: Literal["", "dead", "redirected", "wrong language"] = ""
    detail: str = ""
    is_permalink: bool = False


# What a file says


def links_in(data: bytes) -> Iterator[Link]:
    """The links of a saved page, or of a list of addresses, whatever else stands on its lines."""
    text = decoded(data)
    if IS_HTML.search(text):
        yield from links_of_page(text)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        for match in ADDRESS.finditer("" if line.lstrip().startswith("#") else line):
            yield Link(number, match[0].rstrip(".:!?"))


def decoded(data: bytes) -> str:
    """The text: UTF-16 if it looks like it, else UTF-8, else as the page says, else as old Windows wrote."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:1000]:
        return data.decode("utf-16-le", "replace")
    said = CHARSET.search(data[:4096])
    for encoding in ("utf-8-sig", said[1].decode("ascii", "replace") if said else "", "cp1252"):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return data.decode("utf-8", "replace")


def links_of_page(html: str) -> list[Link]:
    # What does not end holds no link, and the parser would look for its end again and again.
    comments_end = html.rfind("-->") + 1
    html = html[:comments_end] + html[comments_end:].replace("<!--", "")
    page = Page()
    page.feed(OVERLONG_REFERENCE.sub("", html[: html.rfind(">") + 1]))
    page.close()
    return [Link(link.line, urljoined(page.base, link.url), link.language) for link in page.links]


def urljoined(base: str, url: str) -> str:
    try:
        return urljoin(base, url) if base else url
    except ValueError:
        return url


class Page(HTMLParser):
    """A page's links, and the language of the words around each. Whatever is broken is passed over."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.base = ""
        self.open: list[tuple[str, str]] = []
        """Elements that have not ended, each with the language of its words."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value.strip() for name, value in attrs if value}
        language = said.get("lang") or said.get("xml:lang") or (self.open[-1][1] if self.open else "")
        if tag == "base":
            self.base = self.base or said.get("href", "")
        elif tag != "link" or "alternate" in said.get("rel", "").lower():
            # Of links in the head, those to translations and feeds only: not to styles and icons.
            self.links += [
                Link(self.getpos()[0], said[name], said.get("hreflang", language))
                for name in ATTRIBUTES
                if said.get(name)
            ]
        if tag not in VOID:
            self.open.append((tag, language))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.open) - 1, max(len(self.open) - DEEPEST, 0) - 1, -1):
            if self.open[place][0] == tag:
                del self.open[place:]
                return

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """`<![…` as browsers read it: the parser's own way may end in an exception."""
        return self.parse_bogus_comment(i, report)

    def handle_comment(self, data: str) -> None:
        if include := INCLUDE.search(data):
            self.links.append(Link(self.getpos()[0], include[1], self.open[-1][1] if self.open else ""))


# What our site says


@dataclass
class Inspector:
    """Asks our own program. `hosts` are other names that links to us may have."""

    hosts: Iterable[str] = ()
    handler: WSGIHandler = field(default_factory=WSGIHandler)
    answers: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    """Of each path and language: pages repeat their links."""

    def is_ours(self, url: str) -> bool:
        """Whether it leads to a host of ours or, where it names none, to the blog's part of one."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if parts.scheme not in ("", "http", "https"):
            return False
        if not parts.netloc:
            return bool(BLOG.match(path_of(url)))
        # Files are the web server's, which is not asked.
        return self.is_our_host(parts.netloc) and not parts.path.startswith(FILES)

    def is_our_host(self, netloc: str) -> bool:
        host = netloc.rpartition("@")[2].lower().removesuffix(":443").removesuffix(":80")
        return host in {name.lower() for name in (own_host(), *self.hosts)}

    def inspect(self, link: Link) -> Outcome:
        language = link.language.lower().partition("-")[0]
        key = (path_of(link.url), language if language in dict(settings.LANGUAGES) else "")
        if key not in self.answers:
            self.answers[key] = self.look(*key)
        return self.answers[key]

    def look(self, path: str, expected: str) -> Outcome:
        """Follow the path as a reader of the expected language would."""
        response, here, is_moved, steps = self.get(path, expected), path, False, 0
        while (location := response.headers.get("Location")) and steps < MOST_REDIRECTS:
            if (host := urlsplit(location).netloc) and not self.is_our_host(host):
                return Outcome("redirected", location)
            # An address without a language leads to the reader's: it is meant to.
            is_moved = is_moved or bool(language_of(here))
            here = path_of(location)
            response, steps = self.get(here, expected), steps + 1
        if response.status_code >= 300:
            reason = "no end of redirects" if location else str(response.status_code)
            return Outcome("dead", f"{reason}, by way of {here}" if steps else reason)
        if is_moved:
            return Outcome("redirected", here)
        language = language_of(path)
        if expected and language and language != expected:
            return Outcome("wrong language", f"leads to {language}, expected is {expected}")
        return Outcome(is_permalink=bool(PERMALINK.match(path)))

    def get(self, path: str, language: str) -> HttpResponseBase:
        name, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "PATH_INFO": unquote_to_bytes(name).decode("latin-1"),
            "QUERY_STRING": query,
            "HTTP_HOST": own_host(),
            "HTTP_ACCEPT_LANGUAGE": language,
            "wsgi.url_scheme": "https",  # or the answer would be to come again by it
        }
        setup_testing_defaults(environ)
        response: HttpResponseBase = self.handler.get_response(WSGIRequest(environ))
        return response


def path_of(url: str) -> str:
    """From the root of the site, with the query if there is one."""
    parts = urlsplit(urljoin("http://ours/", url))
    return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def language_of(path: str) -> str:
    """The language that a path of ours names; empty for one that leads to the reader's."""
    first = path.split("/")[1]
    return first if first in dict(settings.LANGUAGES) else ""
