"""A paragraph of mammoth's HTML in pieces: what the author wrote, and the Markdown around it."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from articles.manuscripts.escaping import escaped_inline
from articles.manuscripts.manuscript import shortened
from articles.manuscripts.reference_list import DASH, NUMBERS, ReferenceList
from references import citations
from references.characters import without_hidden

# Before the names that mammoth gives to notes, so that no bookmark of an author's is one.
ID_PREFIX = "word-"

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
TYPED_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹](?:[⁰¹²³⁴⁵⁶⁷⁸⁹⁻, ]*[⁰¹²³⁴⁵⁶⁷⁸⁹])?")
CITED_NUMBERS = re.compile(rf"\s*\d{{1,3}}(?:\s*[,;{DASH}]\s*\d{{1,3}})*\s*")
# What has a power: a number that is no year, or a unit.
RAISED = re.compile(
    r"(?<![\d.,])(?!(?:19|20)\d\d$)\d[\d.,]*$|(?<!\w)(?:[kcdmµ]?m|s|x|y|n|ft)$|[\d\s](?:[kcdmµ]?m)$"
)
SENTENCE_MARKS = re.compile(r"[.,;:]+$")
DOI = re.compile(r"https?://(?:dx\.)?doi\.org/10\.\S+")
LINKABLE = re.compile(r"(?:https?://|mailto:|tel:|/(?![/\\]))", re.IGNORECASE)
NUMBERS_ONLY = re.compile(rf"\[?{CITED_NUMBERS.pattern}\]?")
MARKS = {"strong": "**", "em": "*"}


class Piece(NamedTuple):
    """`text` is what is read there; `markdown` how it is written, None for the text itself."""

    text: str
    markdown: str | None = None


@dataclass
class Surroundings:
    """What a paragraph's words may refer to, and what is said about them."""

    notes: dict[str, str] = field(default_factory=dict)
    """What stands for a note, by its id."""
    cites_by_superscript: bool = False
    messages: list[str] = field(default_factory=list)


def text_of(pieces: Iterable[Piece]) -> str:
    """What is read, on one line."""
    return " ".join("".join(piece.text for piece in pieces).split())


def written(pieces: Iterable[Piece], line: int, works: ReferenceList, literal: Callable[[str], str]) -> str:
    """The pieces as Markdown on one line, with keyed citations."""
    parts: list[str] = []
    for piece in joined(pieces):
        if piece.markdown is None:
            parts.append(works.keyed(piece.text, line, NUMBERS, literal))
        else:
            parts.append(piece.markdown)
    return re.sub(" {2,}", " ", "".join(parts)).strip()


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring pieces of text as one, with single blanks, none at the ends."""
    found: list[Piece] = []
    for piece in pieces:
        if piece.markdown is None and found and found[-1].markdown is None:
            found[-1] = Piece(found[-1].text + piece.text)
        else:
            found.append(piece)
    return [Piece(re.sub(r"[ \t\n]+", " ", p.text)) if p.markdown is None else p for p in found]


def lines_of(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """The pieces between line breaks."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece == BREAK:
            lines.append([])
        else:
            lines[-1].append(piece)
    return lines


BREAK = Piece(" ", "<br>")


@dataclass
class Inline:
    """Reads what stands within one paragraph."""

    surroundings: Surroundings
    is_emphasised: bool = False

    def read(self, element: Element) -> list[Piece]:
        pieces: list[Piece] = []
        self.add_text(pieces, element.text or "")
        for child in element:
            self.add(pieces, child)
            self.add_text(pieces, child.tail or "")
        return pieces

    def add_text(self, pieces: list[Piece], text: str) -> None:
        # Macs write å as an a and a ring.
        text = unicodedata.normalize("NFC", without_hidden(text))
        text = text.replace("\u00ad", "")  # where a word may be divided; the page's own business
        done = 0
        if self.surroundings.cites_by_superscript:
            for match in TYPED_SUPERSCRIPT.finditer(text):
                pieces.append(Piece(text[done : match.start()]))
                if not self.add_citation(pieces, match[0].translate(SUPERSCRIPTS)):
                    pieces.append(Piece(match[0]))
                done = match.end()
        if done < len(text):
            pieces.append(Piece(text[done:]))

    def add(self, pieces: list[Piece], element: Element) -> None:
        match element.tag:
            case "strong" | "em":
                self.add_emphasised(pieces, element)
            case "sup":
                self.add_superscript(pieces, element)
            case "sub":
                pieces += [Piece("", "<sub>"), *self.read(element), Piece("", "</sub>")]
            case "a":
                self.add_link(pieces, element)
            case "br":
                pieces.append(BREAK)
            case "img":
                pieces.append(Piece("", element.get("src", "")))
            case "s":
                struck = self.read(element)
                message = _("“%(text)s” is struck through in the file. It was kept as ordinary text.")
                self.surroundings.messages.append(message % {"text": shortened(text_of(struck))})
                pieces += struck
            case "input":
                pieces.append(Piece("☑" if element.get("checked") else "☐"))
            case _:
                pieces += self.read(element)

    def add_emphasised(self, pieces: list[Piece], element: Element) -> None:
        """Bold or italic. Asterisks touch the words they are for, and no other asterisks."""
        inner = Inline(self.surroundings, is_emphasised=True).read(element)
        words = joined(inner)
        text = "".join(piece.text for piece in words)
        if not text.strip():
            pieces += inner
            return
        before = after = ""
        if words[0].markdown is None:
            before = " " if words[0].text.startswith(" ") else ""
            words[0] = Piece(words[0].text.lstrip())
        if words[-1].markdown is None:
            after = " " if words[-1].text.endswith(" ") else ""
            words[-1] = Piece(words[-1].text.rstrip())
        touches = not before and bool(pieces) and (pieces[-1].markdown or "").endswith("*")
        is_simple = not (touches or self.is_emphasised or any("*" in (p.markdown or "") for p in words))
        mark, tag = MARKS[element.tag], element.tag
        opening, closing = (mark, mark) if is_simple else (f"<{tag}>", f"</{tag}>")
        emphasised = [Piece("", opening), *words, Piece("", closing)]
        pieces += [*([Piece(before)] * bool(before)), *emphasised, *([Piece(after)] * bool(after))]

    def add_superscript(self, pieces: list[Piece], element: Element) -> None:
        link = element.find("a")
        if link is not None and (note := self.note(link)):
            add_to_words(pieces, note)
            return
        inner = self.read(element)
        text = text_of(inner)
        if NUMBERS.fullmatch(text):
            pieces.append(Piece(text))
        elif not (self.surroundings.cites_by_superscript and self.add_citation(pieces, text)):
            pieces += [Piece("", "<sup>"), *inner, Piece("", "</sup>")]

    def add_citation(self, pieces: list[Piece], numbers: str) -> bool:
        """Add [3, 4] for a raised 3,4, unless it is a power."""
        before = "".join(piece.text for piece in pieces[-20:])[-20:]
        if not CITED_NUMBERS.fullmatch(numbers):
            return False
        if RAISED.search(before):
            message = _("The raised “%(number)s” after “%(text)s” was not taken for a citation.")
            values = {"number": numbers.strip(), "text": before.strip()}
            if before[-1:].isdigit():
                self.surroundings.messages.append(message % values)
            return False
        add_to_words(pieces, f"[{numbers.strip()}]")
        return True

    def note(self, link: Element) -> str | None:
        return self.surroundings.notes.get(link.get("href", "").removeprefix("#"))

    def add_link(self, pieces: list[Piece], element: Element) -> None:
        address = element.get("href", "").strip()
        inner = self.read(element)
        text = text_of(inner)
        if not address or address.startswith("#") or NUMBERS_ONLY.fullmatch(text):
            pieces += inner
        elif not LINKABLE.match(address):
            message = _(
                "The link “%(text)s” leads to %(address)s, where no reader can go. It was kept as text."
            )
            values = {"text": shortened(text), "address": shortened(address)}
            self.surroundings.messages.append(message % values)
            pieces += inner
        elif text:
            pieces += [Piece("", "["), *map(in_link, joined(inner)), Piece("", f"]({safe_address(address)})")]
            pieces += named_work(address, text)


def add_to_words(pieces: list[Piece], text: str) -> None:
    """Add what belongs to the words before it: after a blank, and before their full stop."""
    marks = ""
    if pieces and pieces[-1].markdown is None and (match := SENTENCE_MARKS.search(pieces[-1].text)):
        marks = match[0]
        pieces[-1] = Piece(pieces[-1].text[: match.start()])
    before = "".join(piece.text for piece in pieces[-20:])
    blank = " " if before and not before.endswith((" ", "(")) else ""
    pieces.append(Piece(f"{blank}{text}{marks}"))


def in_link(piece: Piece) -> Piece:
    """Text in the words of a link, where a bracket would end them and nothing is cited."""
    if piece.markdown is None:
        return Piece(piece.text, escaped_inline(piece.text).replace("]", r"\]"))
    return piece


def safe_address(address: str) -> str:
    return quote(address, safe="!#$%&'*+,/:;=?@~-._")


def named_work(address: str, text: str) -> list[Piece]:
    """The PubMed ID or DOI in a link's address, for an entry of a reference list to be known by."""
    if match := citations.PUBMED_ADDRESS.match(address):
        return [] if match[1] in text else [Piece(f" PMID: {match[1]}", "")]
    if DOI.match(address) and "10." not in text:
        return [Piece(f" {address}", "")]
    return []
