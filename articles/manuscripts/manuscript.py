"""What reading a manuscript gives, whatever its form."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from articles.manuscripts.escaping import escaped
from references.characters import without_hidden

MAX_TITLE = 200
LONGEST_QUOTE = 60

# Over what had no place, in the manuscript's own language: it becomes part of the text.
LEFT_OVER_HEADINGS = {"da": "Ikke placeret", "en": "Not placed"}

# Control characters other than tab and newline, among them Word's line (0B) and page (0C) breaks,
# and Unicode's line separators: spaces within a line.
CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160), 0x2028, 0x2029], " ")
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


class ManuscriptError(Exception):
    """The manuscript cannot be read; says why in one sentence."""


@dataclass(frozen=True, order=True)
class Problem:
    """`line` is 0 for what concerns the whole file. `place` is how its paragraph begins, in files that
    have no lines a person can count.
    """

    line: int
    message: str
    place: str = ""

    @property
    def sentence(self) -> str:
        if self.place:
            return _("At “%(place)s”: %(message)s") % {"place": self.place, "message": self.message}
        if self.line:
            return _("Line %(line)d: %(message)s") % {"line": self.line, "message": self.message}
        return self.message


@dataclass(frozen=True)
class LeftOver:
    """Text that has no place of its own in an article."""

    line: int
    text: str


@dataclass(frozen=True)
class ListedReference:
    """An entry of the author's reference list; it has a PubMed ID, a DOI (in lower case) or both."""

    pmid: int | None
    doi: str
    claimed: str
    """What the author wrote of the work, without its number."""
    line: int


@dataclass(frozen=True)
class SentPicture:
    """A picture of the file. Its token stands in the body, where no text of an author can look like it."""

    token: str
    data: bytes
    content_type: str
    """As the file says; not checked."""
    alt: str


@dataclass(frozen=True)
class Manuscript:
    title: str
    language: str = ""
    slug: str = ""
    translation_of: str = ""
    author: str = ""
    author_title: str = ""
    published_on: date | None = None
    category: str = ""
    abstract: str = ""
    """Plain text; paragraphs are parted by an empty line."""
    seek_help: str = ""
    """Markdown without citations."""
    body: str = ""
    """Markdown with keyed citations."""
    treatments: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    """Slugs or titles of other articles, as the author wrote them."""
    references: tuple[ListedReference, ...] = ()
    pictures: tuple[SentPicture, ...] = ()
    problems: tuple[Problem, ...] = ()
    """In order of their lines."""


def normal_text(text: str) -> str:
    """Newlines as \\n, no byte order mark, no control characters, å in one piece, not an a and a ring."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").translate(CONTROLS)
    return unicodedata.normalize("NFC", without_hidden(text))


def checked_title(title: str) -> str:
    """Raises ManuscriptError when it is too long to be one."""
    if len(title) > MAX_TITLE:
        raise ManuscriptError(
            _("The title has %(length)d characters; at most %(most)d are possible.")
            % {"length": len(title), "most": MAX_TITLE}
        )
    return title


def shortened(text: str) -> str:
    """What a message quotes of a text."""
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def same_words(one: str, other: str) -> bool:
    """Equal but for case, spacing and the kind of dash."""
    return comparable(one) == comparable(other)


def comparable(text: str) -> str:
    return re.sub(r"\s*-\s*", "-", " ".join(text.casefold().translate(DASHES).split()))


def with_left_overs(body: list[str], left_over: Iterable[LeftOver], language: str) -> str:
    """The body's Markdown, what had no place at its end under a heading."""
    blocks = [escaped(rest.text) for rest in sorted(left_over, key=lambda rest: rest.line)]
    if blocks:
        blocks.insert(0, f"## {in_language(LEFT_OVER_HEADINGS, language)}")
    return "\n\n".join(body + blocks)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """What becomes part of a text, in its language; in English where there is none."""
    return texts.get(language.partition("-")[0], texts["en"])
