"""Citations in the form the U.S. National Library of Medicine prints them (Vancouver).

    Wastyk HC, Fragiadakis GK, Perelman D, et al. Gut-microbiota-targeted diets modulate human immune
    status. Cell. 2021 Aug 5;184(16):4137-4153.e14. doi: 10.1016/j.cell.2021.06.019.

Patrias K, Wendling D. Citing Medicine. 2nd ed. https://www.ncbi.nlm.nih.gov/books/NBK7256/
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Protocol, cast

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

NO_TITLE = "[Not Available]"

YEAR = re.compile(r"[0-9]{4}")
TAG = re.compile(r"<(/?)(i|em|b|sub|sup)>")
# "Wastyk HC", "van der Berg JHM", "King ML Jr", "Ivanov IuA"; whoever has no initials is an organisation.
PERSON = re.compile(r".+ (?:[^\W\d_a-z][aehu]?){1,4}(?: (?:Jr|Sr|[1-9](?:st|nd|rd|th)))?")


class Source(Protocol):
    """What a citation is made of. Empty is unknown: it is left out, with its punctuation."""

    @property
    def authors(self) -> Sequence[str]:
        """As PubMed prints them: "Wastyk HC"; organisations by their name."""

    @property
    def has_more_authors(self) -> bool:
        """Whether the record lists only the first authors."""

    @property
    def title(self) -> str:
        """May have <i>, <em>, <b>, <sub> and <sup>."""

    @property
    def vernacular_title(self) -> str: ...

    @property
    def journal(self) -> str:
        """NLM's abbreviation, without full stops: "Ugeskr Laeger"."""

    @property
    def published(self) -> str:
        """As PubMed prints it: "2021 Aug 5", "2018 May-Jun", "1979"."""

    @property
    def volume(self) -> str: ...

    @property
    def issue(self) -> str: ...

    @property
    def pages(self) -> str: ...

    @property
    def doi(self) -> str | None: ...

    @property
    def url(self) -> str: ...


class Book(Source, Protocol):
    """A book, a report or a guideline; with `book`, the title is that of a chapter in it."""

    @property
    def book(self) -> str: ...

    @property
    def edition(self) -> str:
        """As printed: "2nd ed."."""

    @property
    def place(self) -> str: ...

    @property
    def publisher(self) -> str: ...

    @property
    def editors(self) -> Sequence[str]:
        """Of the book, as authors are named."""


def citation_text(source: Source) -> str:
    """The citation as plain text."""
    title = title_of(source)
    if "<" in title:
        title = rendered_title(title)[0]
    before = authors_part(source)
    after = publication_part(source)
    return " ".join(filter(None, (before, sentence(title), after)))


def citation_html(source: Source) -> SafeString:
    """The citation as HTML: the title keeps its italics, bold, subscripts and superscripts."""
    return around_title(authors_part(source), source, publication_part(source))


def short_html(source: Source) -> SafeString:
    """`Wastyk HC, et al. Gut-microbiota-targeted diets modulate human immune status. Cell 2021.`"""
    are_more = source.has_more_authors or len(source.authors) > 1
    first = sentence(people(source.authors[:1], has_more=are_more)) if source.authors else ""
    year = YEAR.search(source.published)
    where = source.journal or getattr(source, "book", "") or getattr(source, "publisher", "")
    return around_title(first, source, sentence(" ".join(filter(None, (where, year and year[0])))))


def around_title(before: str, source: Source, after: str) -> SafeString:
    title = title_of(source)
    if "<" in title:
        text, html = rendered_title(title)
        # The full stop is decided by what readers see: the title may end with a tag.
        html += sentence(text)[len(text) :]
    else:
        html = escape(sentence(title))
    parts = (escape(before), html, escape(after))
    return mark_safe(" ".join(filter(None, parts)))  # noqa: S308 - escaped above


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends with a mark of its own."""
    return f"{text}." if text and text[-1] not in ".?!" else text


def authors_part(source: Source) -> str:
    """The authors; the editors of a book that has none."""
    if source.authors:
        return sentence(people(source.authors, has_more=source.has_more_authors))
    return "" if getattr(source, "book", "") else editors_part(source)


def editors_part(source: Source) -> str:
    """`Patrias K, Wendling D, editors.`"""
    editors: Sequence[str] = getattr(source, "editors", ())
    if not editors:
        return ""
    named = people(editors)
    role = ngettext("editor", "editors", len(editors))
    return f"{named}, {role}."


def people(names: Sequence[str], *, has_more: bool = False) -> str:
    """Persons are parted by commas, an organisation from its neighbour by a semicolon."""
    is_cut = has_more
    if len(names) + has_more > settings.CITATION_MOST_AUTHORS:
        names = names[: settings.CITATION_AUTHORS_OF_MORE]
        is_cut = True
    named = names[0]
    for name, previous in zip(names[1:], names, strict=False):
        are_persons = PERSON.fullmatch(name) and PERSON.fullmatch(previous)
        named += f"{',' if are_persons else ';'} {name}"
    return f"{named}, et al." if is_cut else named


def title_of(source: Source) -> str:
    """The title, as it stands before its full stop is settled.

    PubMed puts the translation of a title in square brackets, and "[Not Available]" or nothing where
    there is none; the title in its own language is then better.
    """
    if is_vernacular(source):
        return source.vernacular_title.strip()
    title = source.title.strip()
    if title.startswith("[") and title.endswith((".]", ".].")):
        return title.removesuffix(".").removesuffix(".]") + "]"
    return title


def is_vernacular(source: Source) -> bool:
    """Whether the title shown is the one in the work's own language, for want of another."""
    title = source.title.strip()
    return bool(source.vernacular_title) and (not title or title.startswith(NO_TITLE))


def rendered_title(title: str) -> tuple[str, str]:
    """The title as plain text and as HTML. A tag without its partner is a character like others."""
    texts, slashes, names = (TAG.split(title)[start::3] for start in range(3))
    opened: list[int] = []
    paired: set[int] = set()
    for index, (slash, name) in enumerate(zip(slashes, names, strict=True)):
        if not slash:
            opened.append(index)
        elif opened and names[opened[-1]] == name:
            paired |= {opened.pop(), index}
    plain = texts[0]
    html = escape(texts[0])
    for index, (slash, name, text) in enumerate(zip(slashes, names, texts[1:], strict=True)):
        tag = f"<{slash}{name}>"
        plain += text if index in paired else tag + text
        html += (tag if index in paired else escape(tag)) + escape(text)
    return plain, html


def publication_part(source: Source) -> str:
    """Everything after the title: where and when it was published."""
    if getattr(source, "publisher", "") or getattr(source, "book", ""):
        part = book_part(cast("Book", source))
    else:
        part = journal_part(source)
    if source.doi:
        return f"{part} doi: {source.doi}.".lstrip()
    if source.url:
        return " ".join([part, _("Available from:"), source.url]).lstrip()
    return part


def journal_part(source: Source) -> str:
    """`Cell. 2021 Aug 5;184(16):4137-4153.e14.`"""
    where = source.volume or ""
    if source.issue:
        where += f"({source.issue})"
    if source.pages:
        where += f":{source.pages}"
    when = source.published
    if when and where and where[0] != ":":
        when += ";"
    elif not when:
        where = where.lstrip(":")
    return f"{sentence(source.journal)} {sentence(when + where)}".strip()


def book_part(source: Book) -> str:
    """`In: Patrias K, editor. The book. 2nd ed. Copenhagen: The publisher; 2021. p. 12-34.`"""
    book = (editors_part(source), source.book) if source.book else ()
    imprint = ": ".join(filter(None, (source.place, source.publisher)))
    sentences = (
        book and " ".join(filter(None, (_("In:"), *book))),
        source.edition,
        "; ".join(filter(None, (imprint, source.published))),
        source.pages and f"p. {source.pages}",
    )
    return " ".join(sentence(text) for text in sentences if text)
