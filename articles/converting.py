"""Markdown to HTML as Python-Markdown makes it, not yet sanitised, in bounded time.

Some texts take Python-Markdown time by the square of their length: brackets that nobody closes, headings
without blank lines between them. What it reads again and again is counted while it works, and a text that
makes it read far more than any article does is refused. The count depends on the text alone, not on the
machine, so a text that one process accepts is accepted by every other one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.extensions.def_list import DefListExtension
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension, TableProcessor
from markdown.inlinepatterns import LinkInlineProcessor, ReferenceInlineProcessor

# Characters. Twenty times a long article.
LONGEST_TEXT = 120_000
# Of the box about when to seek help.
LONGEST_BOX = 10_000
# Lists and quotations in each other.
DEEPEST = 20
MOST_COLUMNS = 100
# Characters read again: a long article takes some ten thousand, a second a few million.
MOST_EFFORT = 5_000_000
# Blocks are read by regular expressions, brackets character by character.
BLOCKS_ARE_FASTER = 2
# What a cell of a table takes, compared with a character; what is emphasised, a tag; and a link, which is
# looked for among the site's addresses, too.
CELL = 50
MARK = 200
LINK = 1_000

TAG_BEGINS = re.compile(r"<[a-zA-Z/!?]")


class TooComplexError(Exception):
    """The text would take too long to convert. Its text is a sentence for the editor."""


@dataclass
class Effort:
    """How many characters have been read, again and again, for one text."""

    spent: float = 0

    def spend(self, characters: float) -> None:
        self.spent += characters
        if self.spent > MOST_EFFORT:
            raise TooComplexError(too_complex())


@dataclass
class Bounds(Extension):
    """Has Python-Markdown count what it does. Comes after the extensions whose work it counts."""

    effort: Effort

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        effort = self.effort
        md.parser.blockprocessors.register(BlockCounter(md.parser, effort), "bounds", 1000)
        md.parser.blockprocessors.register(BoundedTables(md.parser, effort), "table", 75)
        for pattern in md.inlinePatterns:
            pattern.handleMatch = partial(counted_match, pattern.handleMatch, effort)  # type: ignore[method-assign]
            if isinstance(pattern, LinkInlineProcessor):
                for name, cost in (("getText", 0), ("getLink", LINK)):
                    setattr(pattern, name, partial(counted, getattr(pattern, name), effort, cost))
            if isinstance(pattern, ReferenceInlineProcessor):
                pattern.evalId = partial(counted_id, pattern.evalId, effort)  # type: ignore[method-assign]
                pattern.makeTag = partial(counted_tag, pattern.makeTag, effort)  # type: ignore[method-assign]


class BlockCounter(BlockProcessor):
    """Sees each block before the others do, processes none."""

    def __init__(self, parser: Any, effort: Effort) -> None:
        super().__init__(parser)
        self.effort = effort

    def test(self, parent: Element, block: str) -> bool:
        self.effort.spend(len(block) / BLOCKS_ARE_FASTER)
        if len(self.parser.state) > DEEPEST:
            raise TooComplexError(too_deep())
        return False


class BoundedTables(TableProcessor):
    """Tables that a page can show. Every row has as many cells as the first, written or not."""

    def __init__(self, parser: Any, effort: Effort) -> None:
        super().__init__(parser, {"use_align_attribute": True})
        self.effort = effort

    def test(self, parent: Element, block: str) -> bool:
        return most_columns(block) <= MOST_COLUMNS and super().test(parent, block)

    def run(self, parent: Element, blocks: list[str]) -> None:
        self.effort.spend(CELL * most_columns(blocks[0]) * blocks[0].count("\n"))
        super().run(parent, blocks)


def most_columns(block: str) -> int:
    return max(line.count("|") for line in block.split("\n")) + 1


def counted_match(handle: Callable[..., Any], effort: Effort, *match: Any) -> Any:
    """What a mark within a line becomes."""
    effort.spend(MARK)
    return handle(*match)


def counted(read: Callable[[str, int], Any], effort: Effort, cost: int, data: str, index: int) -> Any:
    """A part of a link, with the characters that were read for it counted, found or not."""
    *found, end, is_there = read(data, index)
    effort.spend(end - index + cost * is_there)
    return (*found, end, is_there)


def counted_id(read: Callable[[str, int, str], Any], effort: Effort, data: str, index: int, text: str) -> Any:
    """The same of what a link refers to, which is read to the end where its bracket is not closed."""
    *found, end, is_there = read(data, index, text)
    effort.spend(end - index if is_there or "[" not in data[index : index + 2] else len(data) - index)
    return (*found, end, is_there)


def counted_tag(
    make: Callable[[str, str, str], Element], effort: Effort, href: str, title: str, text: str
) -> Element:
    """A link to an address that stands in the text once, and in the HTML wherever it is referred to."""
    effort.spend(len(href) + len(title or "") + LINK)
    return make(href, title, text)


def refuse_long(text: str) -> None:
    """Raise TooComplexError for what is no article."""
    if len(text) > LONGEST_TEXT:
        raise TooComplexError(too_long())


def to_html(text: str, *more: Extension) -> str:
    """The HTML of a text. Raises TooComplexError."""
    effort = Effort()
    # A tag that nobody closes is read to the end of the text, and so is the next one.
    last = text.rfind(">")
    effort.spend(
        sum(len(text) - tag.start() for tag in TAG_BEGINS.finditer(text, last + 1)) / BLOCKS_ARE_FASTER
    )
    extensions = [DefListExtension(), SaneListExtension(), TableExtension(), *more, Bounds(effort)]
    try:
        return Markdown(extensions=extensions, output_format="html").convert(text)
    except RecursionError:
        raise TooComplexError(too_deep()) from None


def too_complex() -> str:
    return _(
        "The text cannot be shown: somewhere in it there are very many links, brackets or marks, or headings"
        " or lines without a blank line between them. Look for what was pasted in by mistake."
    )


def too_long() -> str:
    return _(
        "The text has more than %(most)s characters, far more than an article. Look for what was pasted in by"
        " mistake, or make several articles of it."
    ) % {"most": number_format(LONGEST_TEXT, force_grouping=True)}


def box_too_long() -> str:
    return _(
        "“When to seek help” has more than %(most)s characters. Keep what is urgent, and move the rest to the"
        " text."
    ) % {"most": number_format(LONGEST_BOX, force_grouping=True)}


def too_deep() -> str:
    return _(
        "The text cannot be shown: lists or quotations stand inside one another, more than %(most)d levels"
        " deep. Move the innermost ones further out."
    ) % {"most": DEEPEST}


def validate_text(text: str) -> None:
    """Refuse a text in Markdown that the site would not show."""
    try:
        refuse_long(text)
        to_html(text)
    except TooComplexError as refusal:
        raise ValidationError(str(refusal), code="too_complex") from None
