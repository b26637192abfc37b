"""Markdown to the HTML patients read: sanitised, headings with ids, an outline, numbered citations."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from itertools import count
from typing import TypedDict

import nh3
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles import figures
from articles.converting import TooComplexError, refuse_long, to_html
from articles.figures import PictureProblem, Places
from articles.models import Picture
from articles.slugs import make_slug
from references import citations
from references.characters import OVERLONG_REFERENCE, without_hidden
from references.citations import Group, Key, Problem

CLEANER = nh3.Cleaner(
    tags={
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code"),
        *(
            "ul",
            "ol",
            "li",
            "dl",
            "dt",
            "dd",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        ),
        *(
            "a",
            "em",
            "strong",
            "b",
            "i",
            "sub",
            "sup",
            "abbr",
            "cite",
            "img",
            "figure",
            "figcaption",
        ),
    },
    # No id and no class: those are ours, so no text can take the place of a part of the page.
    attributes={
        "a": {"href", "title", "lang"},
        "abbr": {"title"},
        "blockquote": {"lang"},
        "em": {"lang"},
        "i": {"lang"},
        "img": {"src", "alt", "title", "width", "height"},
        "ol": {"start"},
        "p": {"lang"},
        "td": {"align", "colspan", "rowspan"},
        "th": {"align", "colspan", "rowspan", "scope"},
    },
    attribute_filter=lambda tag, name, value: value if is_allowed(tag, name, value) else None,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,  # the site's Referrer-Policy says it once, for every link
)
# What may stand on a page twice and beside the text: nothing that is numbered, wide or a picture.
SHORT_CLEANER = nh3.Cleaner(
    tags={
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "ul", "ol", "li"),
        *("a", "em", "strong", "b", "i", "sub", "sup", "abbr"),
    },
    attributes={"a": {"href", "title", "lang"}, "abbr": {"title"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)
# Valid for what CLEANER returns: attributes quoted, tags closed.
HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
ALIGNED_CELL = re.compile(r'(<t[dh][^>]*?) align="(left|center|right)"')
MARKER = re.compile(r'<span class="citation">.*?</span>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
# A comment to browsers; Python's parser asks for more than that.
MARKED_SECTION = re.compile(r"<!\[[^>]*>?")

# Ids the article's page itself uses, and those of citations.
PAGE_ID = re.compile(r"(?:cite|ref)-\d.*|main|outline|references|related|treatments|changes")


class Heading(TypedDict):
    """An entry of the outline; `level` is 2 or 3."""

    level: int
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class TextProblem:
    """Why a text as a whole is not converted, in a sentence for the editor."""

    message: str


@dataclass(frozen=True)
class Rendered:
    """A rendered text. `cited` has each work's key in order of its number, with how often it is cited."""

    html: SafeString
    outline: list[Heading]
    cited: dict[Key, int]
    pictures: tuple[Picture, ...]
    problems: tuple[Problem | PictureProblem | TextProblem, ...]


def render(text: str, works: Mapping[Key, Key], pictures: Mapping[int, Picture] = {}) -> Rendered:
    """Render an article's Markdown in the active language.

    `works` gives a key's work by the key that stands for it, so that a PubMed ID and a DOI of one
    work share a number; a key that is not in it stands for itself. `pictures` has those the text
    mentions, by number. A text that would take too long is shown as it was typed.
    """
    try:
        return converted(text, works, pictures)
    except TooComplexError as refusal:
        return Rendered(as_typed(text), [], {}, (), (TextProblem(str(refusal)),))


def converted(text: str, works: Mapping[Key, Key], pictures: Mapping[int, Picture]) -> Rendered:
    """Raises TooComplexError."""
    refuse_long(text)
    text = without_hidden(text)
    protected = citations.protect(text)
    numbers: dict[Key, int] = {}
    cited: dict[Key, int] = {}

    def marker(group: Group) -> str:
        named = dict.fromkeys(works.get(key, key) for key in group.keys)
        for work in named:
            numbers.setdefault(work, len(numbers) + 1)
            cited[work] = cited.get(work, 0) + 1
        return citations.marker_html([(numbers[work], cited[work]) for work in named])

    places = Places()
    html = sanitise(to_html(protected.text, places))
    # Before the citations: a caption may hold one.
    pictured = figures.restore(html, text, places, pictures)
    html = citations.restore(pictured.html, protected, marker)
    html, outline = with_outline(html)
    return Rendered(
        html=mark_safe(with_scrolling_tables(html)),  # noqa: S308 - sanitised above
        outline=outline,
        cited=cited,
        pictures=pictured.shown,
        problems=(*protected.problems, *pictured.problems),
    )


def render_short(text: str) -> SafeString:
    """Render a short text in Markdown without ids; its headings are those of a part of the page.

    One that would take too long is shown as it was typed.
    """
    try:
        refuse_long(text)
        html = cleaned(to_html(without_hidden(text)), SHORT_CLEANER)
    except TooComplexError:
        return as_typed(text)
    return mark_safe(HEADING.sub(r"<h3>\2</h3>", html))  # noqa: S308 - sanitised above


def as_typed(text: str) -> SafeString:
    """A text without any markup, in its paragraphs."""
    return mark_safe(linebreaks(without_hidden(text), autoescape=True))  # noqa: S308 - escaped


def sanitise(html: str) -> str:
    """Keep what the allow-list names; everything else, scripts and styles above all, is removed."""
    return ALIGNED_CELL.sub(r'\1 class="\2"', cleaned(html, CLEANER))


def cleaned(html: str, cleaner: nh3.Cleaner) -> str:
    """Without hidden characters, and judged without them: `javascript:` with one in its middle is a path."""
    html = cleaner.clean(html)
    visible = without_hidden(html)
    return html if visible == html else cleaner.clean(visible)


def dropped(text: str, cleaner: nh3.Cleaner = CLEANER) -> list[str]:
    """What the cleaner takes out of a text, each once: `script`; of a tag that stays, `a href`.

    A comment is none of it: who writes one wants it unseen.
    """
    try:
        html = to_html(citations.protect(text).text, Places())
    except TooComplexError:
        return []  # it stands as it was typed
    before, after = Marks(html).found, Marks(cleaner.clean(html)).found
    lost = before - after
    return [mark for mark in lost if mark.partition(" ")[0] not in lost or " " not in mark]


class Marks(HTMLParser):
    """Counts the tags of HTML, and which attributes they have."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.feed(MARKED_SECTION.sub("", OVERLONG_REFERENCE.sub("", html)))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.found.update({f"{tag} {name}" for name, _value in attrs})


def is_allowed(tag: str, name: str, value: str) -> bool:
    match tag, name:
        case "img", "src":
            return is_own_address(value)
        case "td" | "th", "align":
            return value in ("left", "center", "right")
        case "ol", "start":
            return re.fullmatch(r"-?[0-9]{1,9}", value) is not None
    return True


def is_own_address(address: str) -> bool:
    """Whether a reader's browser asks nobody but this site for it."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


def with_outline(html: str) -> tuple[str, list[Heading]]:
    """Give headings ids, and list those of the two upper levels.

    The page's title is its h1: a text that uses level 1 itself is moved down by one.
    """
    shift = 1 if "<h1>" in html else 0
    outline: list[Heading] = []
    taken: set[str] = set()
    further: dict[str, Iterator[int]] = {}

    def anchored(match: re.Match[str]) -> str:
        level = min(int(match[1]) + shift, 6)
        title = TAG.sub("", MARKER.sub("", match[2])).strip()
        slug = make_slug(title) or "section"
        if PAGE_ID.fullmatch(slug):
            slug = f"{slug}-section"
        anchor = slug
        while anchor in taken:
            anchor = f"{slug}-{next(further.setdefault(slug, count(2)))}"
        taken.add(anchor)
        if level <= 3:
            outline.append({"level": level, "id": anchor, "title": unescape(title)})
        return f'<h{level} id="{anchor}">{match[2]}</h{level}>'

    return HEADING.sub(anchored, html), outline


def with_scrolling_tables(html: str) -> str:
    """Let a wide table scroll by itself on a phone, by keyboard too."""
    numbers = count(1)

    def opening(_match: re.Match[str]) -> str:
        name = _("Table %(number)d") % {"number": next(numbers)}
        return format_html('<div class="table" role="region" tabindex="0" aria-label="{}"><table>', name)

    return re.sub("<table>", opening, html).replace("</table>", "</table></div>")
