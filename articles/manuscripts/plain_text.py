"""Manuscripts in plain text, as copied from a web page or saved from a word processor.

The first line is the title. The byline, lines with a label ("Author: …", "Forfatter: …") and the
abstract become the article's data; the rest is its text, in which lines.py tells the headings.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from django.utils.translation import gettext as _

from articles.manuscripts.dates import read_date
from articles.manuscripts.lines import (
    ADDRESS,
    LABELLED,
    Block,
    Kind,
    blocks_of,
    is_heading,
)
from articles.manuscripts.manuscript import (
    LeftOver,
    Manuscript,
    ManuscriptError,
    Problem,
    checked_title,
    same_words,
    shortened,
    with_left_overs,
)
from articles.manuscripts.reference_list import (
    Entry,
    begins_entry,
    entry_from_text,
    is_marked,
    names_a_work,
    not_citable,
    reference_list,
)
from articles.manuscripts.sentences import cross_links, treatments_named

LABELS = {"forfatter": "author", "dato": "date", "kategori": "category"}
# A dash when there is one, else the first comma.
BETWEEN_NAME_AND_TITLE = re.compile(r" [\u2014\u2013-] | *,(?!.* [\u2014\u2013-] )")
BETWEEN_LABELS = re.compile(r" [\u00b7\u2022|] ")
ENDS_LIST = {
    *(Kind.LABELLED, Kind.ABSTRACT, Kind.REFERENCES, Kind.SECTION, Kind.TREATMENT, Kind.CLOSING),
}


@dataclass
class Reading:
    """A manuscript while its blocks are read, from first to last."""

    title: str
    language: str = ""
    slug: str = ""
    byline: tuple[int, str] = (0, "")
    """The line and what stood there of the author and their title."""
    published_on: date | None = None
    category: str = ""
    abstract: list[Block] = field(default_factory=list)
    body: list[tuple[int, Block]] = field(default_factory=list)
    """With the level of a heading, 0 for a paragraph."""
    closing: list[Block] = field(default_factory=list)
    """What follows the reference list and points to more: the end of the body."""
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_over: list[LeftOver] = field(default_factory=list)
    section: Kind | None = None
    """What opened the section being read."""
    treatments: list[str] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    level: int = 1
    """Of the last heading without a number; the title has 1."""
    place: Literal["body", "abstract", "closing", "nowhere"] = "body"
    """Where a paragraph belongs."""

    def leave(self, line: int, text: str) -> None:
        """Keep text that has no place, and say so."""
        message = _("“%(text)s” could not be placed; it was kept at the end of the text.")
        self.problems.append(Problem(line, message % {"text": shortened(text)}))
        self.left_over.append(LeftOver(line, text))

    def read_from(self, blocks: Sequence[Block], position: int) -> int:
        """Read the block at this position, with its list if it opens one; the next one's position."""
        block = blocks[position]
        following = position + 1
        is_in_head = self.place == "body" and not (self.body or self.abstract)
        match block.kind:
            case Kind.REFERENCES:
                return self.read_list(blocks, following)
            case Kind.LABELLED:
                self.read_labelled(block)
            case Kind.ABSTRACT if not self.abstract:
                self.place = "abstract"
            case Kind.BYLINE if is_in_head:
                self.read_author(block.line, block.text.partition(" ")[2])
            case Kind.ADDRESS if is_in_head and not self.slug:
                self.read_address(block)
            case Kind.CLOSING if self.place == "nowhere":
                self.place = "closing"
                self.closing.append(block)
            case _ if is_in_head and same_words(block.text, self.title):
                pass
            case _ if is_heading(blocks, position):
                self.read_heading(block)
            case _:
                self.read_paragraph(block)
        return following

    def read_heading(self, block: Block) -> None:
        self.place = "body"
        if block.level:
            self.level, self.section = block.level, block.kind
            self.body.append((block.level, block))
            return
        if block.kind is Kind.NUMBERED:
            self.body.append((self.level + 1, block))
            return
        is_within = block.kind is Kind.SHORT and self.section is Kind.QUESTION
        self.level = 3 if is_within else 2
        self.section = Kind.QUESTION if is_within else block.kind
        self.body.append((self.level, block))

    def read_paragraph(self, block: Block) -> None:
        if block.kind is Kind.PICTURE:
            self.body.append((0, block))
            return
        match self.place:
            case "body":
                self.body.append((0, block))
                if self.section is Kind.TREATMENT:
                    self.treatments += treatments_named(block.text)
                self.related += cross_links(block.text)
            case "abstract":
                self.abstract.append(block)
            case "closing":
                self.closing.append(block)
            case "nowhere":
                self.leave(block.line, block.text)

    def read_address(self, block: Block) -> None:
        if match := ADDRESS.fullmatch(block.text):
            self.language = (match["language"] or "").lower()
            self.slug = match["slug"]

    def read_labelled(self, block: Block) -> None:
        """A line of data, or several on one line: "Author: … · Date: …"."""
        match = LABELLED.fullmatch(block.text)
        if match and label_of(match) not in LABELS.values():
            if self.abstract:
                self.read_paragraph(block)
            else:
                self.abstract.append(replace(block, text=match["value"]))
            return
        for part in BETWEEN_LABELS.split(block.text):
            match = LABELLED.fullmatch(part)
            if not match or not self.read_value(block.line, label_of(match), match["value"]):
                self.leave(block.line, part)

    def read_value(self, line: int, label: str, value: str) -> bool:
        """Whether the value is taken: the article has none yet, or the same."""
        match label:
            case "author":
                self.read_author(line, value)
                return True
            case "date":
                written = read_date(value)
                self.published_on = self.published_on or written
                return written is not None and written == self.published_on
            case "category":
                self.category = self.category or value
                return same_words(value, self.category)
        return False

    def read_author(self, line: int, value: str) -> None:
        """The last one counts; one before it that said something else is kept."""
        before_line, before = self.byline
        if before and "".join(name_and_title(before)) != "".join(name_and_title(value)):
            self.leave(before_line, before)
        self.byline = (line, value)

    def read_list(self, blocks: Sequence[Block], start: int) -> int:
        """Read the reference list that begins here; the position after it.

        Entries begin with a bullet, a number or a PubMed ID; what stands between them is kept. In a
        list where they do not, every line up to the last with a PubMed ID or DOI is an entry.
        """
        self.place = "nowhere"
        end = start
        while end < len(blocks) and not ends_list(blocks, end):
            end += 1
        are_marked = any(begins_entry(block.text) for block in blocks[start:end])
        belongs = begins_entry if are_marked else names_a_work
        while end > start and not belongs(blocks[end - 1].text):
            end -= 1
        if end == start:
            line = blocks[start - 1].line
            self.problems.append(Problem(line, _("The reference list has no entries.")))
        for block in blocks[start:end]:
            if belongs(block.text) or not (are_marked or block.text.endswith(":")):
                self.entries.append(entry_from_text(block.line, block.text))
            else:
                self.leave(block.line, block.text)
        return end


def parse(text: str, language: str) -> Manuscript:
    title, *blocks = blocks_of(text)
    if title.kind in (Kind.LABELLED, Kind.ABSTRACT, Kind.REFERENCES, Kind.ADDRESS):
        raise ManuscriptError(
            _("The first line has to be the title, but it is “%(text)s”.") % {"text": shortened(title.text)}
        )
    return read_blocks(title.text, blocks, language)


def read_blocks(
    title: str, blocks: Sequence[Block], language: str, left_over: Iterable[LeftOver] = ()
) -> Manuscript:
    """The manuscript that a title and the blocks after it are."""
    reading = Reading(checked_title(title), left_over=list(left_over))
    position = 0
    while position < len(blocks):
        position = reading.read_from(blocks, position)
    return manuscript(reading, language)


def manuscript(reading: Reading, language: str) -> Manuscript:
    works = reference_list(reading.entries)
    body = [block.heading(level, works) if level else block.markdown(works) for level, block in reading.body]
    body += [block.markdown(works) for block in reading.closing]
    in_abstract = [problem for block in reading.abstract for problem in not_citable(block.text, block.line)]
    left_over = reading.left_over + works.left_over
    problems = reading.problems + in_abstract + works.problems + works.never_cited()
    author, author_title = name_and_title(reading.byline[1])
    return Manuscript(
        title=reading.title,
        language=reading.language,
        slug=reading.slug,
        author=author,
        author_title=author_title,
        published_on=reading.published_on,
        category=reading.category,
        abstract="\n\n".join(block.text for block in reading.abstract),
        body=with_left_overs(body, left_over, reading.language or language),
        treatments=tuple(dict.fromkeys(reading.treatments)),
        related=tuple(dict.fromkeys(reading.related)),
        references=tuple(works.references),
        problems=tuple(sorted(set(problems))),
    )


def ends_list(blocks: Sequence[Block], position: int) -> bool:
    """Whether a reference list cannot go on to this block."""
    block = blocks[position]
    if block.level:
        return True
    if names_a_work(block.text) or is_marked(block.text):
        return False
    is_question = block.kind is Kind.QUESTION and is_heading(blocks, position)
    return block.kind in ENDS_LIST or is_question


def label_of(match: re.Match[str]) -> str:
    label = match["label"].lower()
    return LABELS.get(label, label)


def name_and_title(byline: str) -> tuple[str, str]:
    """ "Dr. A. Example — Surgeon, PhD" or "Dr. A. Example, Surgeon, PhD" in two."""
    name, _mark, title = BETWEEN_NAME_AND_TITLE.sub("\0", byline, count=1).partition("\0")
    return name.strip(), title.strip()
