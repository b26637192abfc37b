"""Manuscripts in Word's .docx, read by mammoth and then as plain text is.

Word says which paragraphs are headings, lists and tables; what is the byline, the abstract, the
reference list and a citation is decided by the code that reads plain text.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree.ElementTree import Element

import mammoth
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from articles.manuscripts import plain_text
from articles.manuscripts.language import likely_language
from articles.manuscripts.lines import WORDS, Block, Kind, kind_of
from articles.manuscripts.manuscript import (
    LeftOver,
    ListedReference,
    Manuscript,
    ManuscriptError,
    Problem,
    SentPicture,
    in_language,
    shortened,
)
from articles.manuscripts.reference_list import (
    NUMBERS,
    entry_from_text,
    key_of,
    names_a_work,
    names_one_work,
    reference_list,
)
from articles.manuscripts.word import markup
from articles.manuscripts.word.blocks import GUESSED, Item, List, Paragraph, Reader
from articles.manuscripts.word.inline import (
    CITED_NUMBERS,
    ID_PREFIX,
    TYPED_SUPERSCRIPT,
    Inline,
    Piece,
    Surroundings,
    text_of,
)
from articles.manuscripts.word.package import MAX_SIZE, is_package, read_package

__all__ = ["MAX_SIZE", "is_package", "parse"]

logger = logging.getLogger(__name__)

# Beside mammoth's own. List styles of a deeper level say so only in their names.
STYLES = "\n".join(
    [
        "p[style-name='Title'] => h1.title:fresh",
        *(f"p[style-name='heading {level}'] => h6:fresh" for level in (7, 8, 9)),
        "p[style-name^='toc '] => p.toc:fresh",
        "p[style-name='Quote'] => blockquote > p:fresh",
        "p[style-name='Intense Quote'] => blockquote > p:fresh",
        "p[style-name='List Bullet 2'] => ul|ol > li > ul > li:fresh",
        "p[style-name='List Bullet 3'] => ul|ol > li > ul|ol > li > ul > li:fresh",
        "p[style-name='List Number 2'] => ul|ol > li > ol > li:fresh",
        "p[style-name='List Number 3'] => ul|ol > li > ul|ol > li > ol > li:fresh",
    ]
)
# One picture may be shown any number of times.
MOST_PICTURES = 100
NOTE_HEADINGS = {"da": "Noter", "en": "Notes"}
# What mammoth says about decoration, and about what was said before.
NOT_WORTH_SAYING = re.compile(
    r"Unrecognised \w+ style|\w+ style with ID|An unrecognised element was ignored"
    r"|Image of type|Ignoring complex field|Could not find image file|unexpected non-|Unsupported break"
)
NUMBERED_ENTRY = re.compile(r"(?:\[[0-9]{1,3}\]|[0-9]{1,3}[.)])\s")
UNKNOWN_SYMBOL = re.compile(r"A w:sym element .* in font (?P<font>.+)")


@dataclass
class Pictures:
    """What mammoth is given for pictures: it keeps their data and puts a token in their place."""

    sent: list[SentPicture] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def keep(self, image: Any) -> dict[str, str]:
        alt = said_of_picture(image.alt_text or "")
        size = sum(len(picture.data) for picture in self.sent)
        if len(self.sent) == MOST_PICTURES or size > MAX_SIZE:
            self.messages.append(_("The file shows too many or too large pictures. Not all were looked at."))
            return {"src": ""}
        try:
            with image.open() as file:
                data = file.read()
        except (KeyError, ValueError):  # a file elsewhere, which is never read
            data = b""
        if not data:
            message = _("A picture (%(alt)s) is not in the file but only linked to. It was not fetched.")
            self.messages.append(message % {"alt": shortened(alt) or "?"})
            return {"src": ""}
        token = f"{{picture-{len(self.sent) + 1}}}"
        self.sent.append(SentPicture(token, data, image.content_type or "", alt))
        return {"src": token}


def parse(data: bytes, language: str = "") -> Manuscript:
    """Read a Word file. Raises ManuscriptError when it is none, or cannot be read safely."""
    package = read_package(data)
    unread = markup.prepare(package)
    pictures = Pictures()
    try:
        converted = mammoth.convert_to_html(
            package.rewritten(),
            convert_image=mammoth.images.img_element(pictures.keep),
            style_map=STYLES,
            id_prefix=ID_PREFIX,
            include_embedded_style_map=False,
            external_file_access=False,
        )
        root: Element = fromstring(f"<div>{converted.value}</div>", forbid_dtd=True)
    except Exception as error:  # whatever a library stumbles over in a malformed file
        logger.warning("A Word file could not be read: %r", error)
        raise ManuscriptError(
            _("The Word file is damaged. Open it in Word, save it again, and import that.")
        ) from error
    unread.messages += dict.fromkeys(pictures.messages)
    messages = (message.message for message in converted.messages)
    unread.messages += dict.fromkeys(said(message) for message in messages if is_worth_saying(message))
    return Conversion(list(root), language, unread, pictures.sent).manuscript()


@dataclass
class Conversion:
    """From mammoth's elements to the manuscript."""

    elements: list[Element]
    language: str
    unread: markup.Unread
    pictures: list[SentPicture]
    references: list[ListedReference] = field(default_factory=list)
    """Works that notes name."""

    def manuscript(self) -> Manuscript:
        notes = self.taken_notes()
        self.head_reference_list()
        text = " ".join("".join(element.itertext()) for element in self.elements)
        guessed = likely_language(text)
        language = self.language or guessed
        surroundings = Surroundings(cites_by_superscript=cites_by_superscript(self.elements))
        kept = self.read_notes(notes, surroundings)
        reader = Reader(surroundings)
        blocks = reader.read(self.elements)
        if not (self.pictures or any(block.text for block in blocks)):
            raise ManuscriptError(_("There is no text in the Word file."))
        title, blocks = with_title(blocks)
        reader.messages += bold_as_headings(blocks)
        blocks = with_levels(blocks)
        blocks = with_notes(blocks, kept, reader, language)
        left_over = [LeftOver(0, text) for text in self.unread.left_over]
        read = plain_text.read_blocks(title.text, blocks, language, left_over)
        listed = {key_of(reference) for reference in read.references}
        unplaced = [picture.token for picture in self.pictures if picture.token not in read.body]
        return replace(
            read,
            language=read.language or guessed,
            body="\n\n".join(filter(None, [read.body, *unplaced])),
            references=(*read.references, *(work for work in self.references if key_of(work) not in listed)),
            pictures=tuple(self.pictures),
            problems=self.problems(read.problems, reader.messages, [title, *blocks]),
        )

    def taken_notes(self) -> list[Element]:
        """The foot- and endnotes, which mammoth puts into a list at the end."""
        prefixes = (f"{ID_PREFIX}footnote-", f"{ID_PREFIX}endnote-")
        for element in reversed(self.elements):
            if element.tag == "ol" and any(item.get("id", "").startswith(prefixes) for item in element):
                self.elements.remove(element)
                return list(element)
        return []

    def head_reference_list(self) -> None:
        """Where numbered works stand at the end and nothing over them, that is the reference list."""
        texts = (" ".join("".join(element.itertext()).split()) for element in self.elements)
        if any(kind_of(text) is Kind.REFERENCES for text in texts):
            return
        at = len(self.elements)
        while at and is_listing_works(self.elements[at - 1]):
            at -= 1
        if at < len(self.elements):
            heading = Element("p")
            heading.text = "Referencer"
            self.elements.insert(at, heading)
            self.unread.messages.append(
                _("The numbered works at the end were taken for the reference list, which has no heading.")
            )

    def read_notes(self, notes: Iterable[Element], surroundings: Surroundings) -> list[list[Piece]]:
        """Notes that name a work become citations of it; the others are answered, to be kept."""
        kept: list[list[Piece]] = []
        for note in notes:
            for paragraph in note:
                for link in paragraph.findall("a"):
                    if link.get("href", "").startswith(
                        (f"#{ID_PREFIX}footnote-ref", f"#{ID_PREFIX}endnote-ref")
                    ):
                        link.text = ""  # the arrow back
            pieces = [piece for child in note for piece in (*Inline(surroundings).read(child), Piece(" "))]
            works = reference_list([entry_from_text(0, text_of(pieces))])
            if names_one_work(text_of(pieces)) and works.references:
                surroundings.notes[note.get("id", "")] = f"[{works.keys[0].markup}]" if works.keys[0] else ""
                self.references += works.references
            else:
                kept.append(pieces)
                surroundings.notes[note.get("id", "")] = f"(note {len(kept)})"
        if kept:
            self.unread.messages.append(
                _("Foot- and endnotes stand numbered at the end of the text, with (note 1) where they were.")
            )
        return kept

    def problems(
        self, read: Sequence[Problem], said: Iterable[tuple[int, str]], blocks: Iterable[Block]
    ) -> tuple[Problem, ...]:
        places = {block.line: shortened(block.text) for block in blocks}
        found = [*(Problem(0, message) for message in self.unread.messages), *read]
        found += [Problem(line, message) for line, message in said]
        return tuple(
            replace(problem, place="" if place in problem.message else place)
            for problem in sorted(set(found))
            for place in [places.get(problem.line, "")]
        )


def is_listing_works(element: Element) -> bool:
    """Whether it is an entry of a numbered list of works, or several."""
    entries = ["".join(item.itertext()).strip() for item in (element if element.tag == "ol" else [element])]
    is_numbered = element.tag == "ol" or bool(NUMBERED_ENTRY.match(entries[0]))
    return is_numbered and bool(entries) and all(map(names_a_work, entries))


def is_worth_saying(message: str) -> bool:
    return not NOT_WORTH_SAYING.match(message)


def said(message: str) -> str:
    """A message of mammoth's for an editor."""
    if match := UNKNOWN_SYMBOL.fullmatch(message):
        return _("A symbol of the font %(font)s is not known and was left out.") % {"font": match["font"]}
    return _("The program that reads Word files says: %(message)s") % {"message": message}


def said_of_picture(alt: str) -> str:
    """Word's alternative text without the sentence that says Word itself guessed it."""
    lines = (" ".join(line.split()) for line in alt.splitlines())
    by_itself = re.compile(
        r".*(?:automatically generated|automatisk genereret|genereret automatisk).*", re.IGNORECASE
    )
    return " ".join(line for line in lines if line and not by_itself.fullmatch(line))


def cites_by_superscript(elements: Iterable[Element]) -> bool:
    """Whether raised numbers are citations: there is a reference list, and no [3] before it."""
    raised = False
    for element in elements:
        text = "".join(element.itertext())
        if kind_of(" ".join(text.split())) is Kind.REFERENCES:
            return raised
        if NUMBERS.search(text):
            return False
        raised = raised or bool(TYPED_SUPERSCRIPT.search(text))
        raised = raised or any(
            CITED_NUMBERS.fullmatch("".join(sup.itertext())) for sup in element.iter("sup")
        )
    return False


def with_title(blocks: list[Block]) -> tuple[Block, list[Block]]:
    """The title, and the rest: Word's style for it, else a first heading 1, else the first line."""
    styled = (block for block in blocks if isinstance(block, Paragraph) and block.is_title)
    title: Block | None = next(styled, None)
    headings = [block for block in blocks if block.level == 1]
    if title is None and headings and WORDS[Kind.SECTION].fullmatch(headings[0].text.casefold()) is None:
        is_first = headings[0] is next(block for block in blocks if block.text)
        title = headings[0] if is_first or len(headings) == 1 else None
    if title is None:
        title = next((block for block in blocks if type(block) is Paragraph and block.text), None)
    if title is None or title.kind in {Kind.LABELLED, Kind.ABSTRACT, Kind.REFERENCES, Kind.ADDRESS}:
        raise ManuscriptError(
            _("No title was found in the Word file: give its first line the style “Title”.")
        )
    return title, [block for block in blocks if block is not title]


def bold_as_headings(blocks: Sequence[Block]) -> list[tuple[int, str]]:
    """What is said of short bold lines that are no headings in a file that has some."""
    if not any(block.level for block in blocks):
        return []
    message = _("The line is bold like a heading, but none in Word. It stayed bold text.")
    return [
        (block.line, message)
        for block in blocks
        if isinstance(block, Paragraph) and block.is_bold and not block.level and block.kind in GUESSED
    ]


def with_levels(blocks: list[Block]) -> list[Block]:
    """Headings from level 2 on. Where Word says which they are, no other line is taken for one."""
    blocks = [
        replace(block, level=0, is_title=False) if isinstance(block, Paragraph) and block.is_title else block
        for block in blocks
    ]
    levels = [block.level for block in blocks if block.level]
    if not levels:
        return blocks
    shift = 2 - min(levels)
    leveled: list[Block] = []
    for block in blocks:
        if block.level:
            kind = Kind.SHORT if block.kind in {Kind.LABELLED, Kind.BYLINE, Kind.ADDRESS} else block.kind
            leveled.append(replace(block, level=min(block.level + shift, 6), kind=kind))
        else:
            leveled.append(replace(block, kind=Kind.TEXT) if block.kind in GUESSED else block)
    return leveled


def with_notes(
    blocks: list[Block], notes: Sequence[list[Piece]], reader: Reader, language: str
) -> list[Block]:
    """The blocks with the notes before the reference list."""
    if not notes:
        return blocks
    items = tuple(Item(0, number, tuple(pieces)) for number, pieces in enumerate(notes, start=1))
    heading = in_language(NOTE_HEADINGS, language)
    text = " ".join(f"{item.number}. {text_of(item.pieces)}" for item in items)
    added = [
        Paragraph(next(reader.numbers), heading, Kind.SHORT, level=2, pieces=(Piece(heading),)),
        List(next(reader.numbers), text, Kind.TEXT, items=items),
    ]
    at = next((n for n, block in enumerate(blocks) if block.kind is Kind.REFERENCES), len(blocks))
    return [*blocks[:at], *added, *blocks[at:]]
