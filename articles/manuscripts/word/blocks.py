"""mammoth's HTML as the blocks that plain text has, too, with lists, tables and quotations."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from articles.manuscripts.escaping import escaped_heading, escaped_inline, escaped_opening
from articles.manuscripts.lines import Block, Kind, kind_of
from articles.manuscripts.manuscript import ManuscriptError, shortened
from articles.manuscripts.reference_list import ReferenceList, begins_entry
from articles.manuscripts.word.inline import (
    BREAK,
    ID_PREFIX,
    Inline,
    Piece,
    Surroundings,
    lines_of,
    text_of,
    written,
)
from articles.manuscripts.word.numbering import NUMBER

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
DATA = {Kind.LABELLED, Kind.BYLINE, Kind.ADDRESS, Kind.ABSTRACT, Kind.REFERENCES}
GUESSED = {Kind.QUESTION, Kind.NUMBERED, Kind.SHORT}

# Of all tables together.
MOST_CELLS = 10_000
BOLD = {"**", "<strong>", "</strong>"}
EMPHASIS = {*BOLD, "*", "<em>", "</em>"}

Pieces = list[Piece]


@dataclass(frozen=True)
class Paragraph(Block):
    pieces: tuple[Piece, ...] = ()
    is_title: bool = False

    @property
    def is_bold(self) -> bool:
        """As a whole."""
        marks = [piece.markdown for piece in self.pieces if piece.text.strip() or piece.markdown]
        return marks[:1] == marks[-1:] == ["**"] and marks.count("**") == 2

    def heading(self, level: int, works: ReferenceList) -> str:
        pieces = tuple(piece for piece in self.pieces if piece.markdown not in BOLD)  # headings are
        return f"{'#' * level} {written(pieces, self.line, works, escaped_heading)}"

    def inline(self, works: ReferenceList, literal: Callable[[str], str]) -> str:
        return written(self.pieces, self.line, works, literal)


@dataclass(frozen=True)
class Quotation(Paragraph):
    def markdown(self, works: ReferenceList) -> str:
        return f"> {super().markdown(works)}"


@dataclass(frozen=True)
class Item:
    depth: int
    number: int | None
    """None with a bullet."""
    pieces: tuple[Piece, ...]

    @property
    def is_numbered(self) -> bool:
        return self.number is not None

    @property
    def marker(self) -> str:
        return f"{self.number}." if self.is_numbered else "-"


@dataclass(frozen=True)
class List(Block):
    items: tuple[Item, ...] = ()
    is_apart: bool = False
    """From another right before it, which Markdown would join with it."""

    def markdown(self, works: ReferenceList) -> str:
        lines: list[str] = ["<!-- -->", ""] * self.is_apart
        above: dict[int, Item] = {}
        is_parted = False
        for item in self.items:
            before = above.get(item.depth)
            is_other = item.depth > 0 and before is not None and before.is_numbered != item.is_numbered
            # After an empty line Markdown needs one, too, to come back out of an inner list.
            if is_other or (is_parted and max(above) > item.depth):
                lines.append("")
                is_parted = True
            above = {depth: other for depth, other in above.items() if depth < item.depth} | {
                item.depth: item
            }
            words = escaped_opening(written(item.pieces, self.line, works, escaped_inline))
            lines.append(f"{' ' * 4 * item.depth}{item.marker} {words}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Table(Block):
    rows: tuple[tuple[tuple[Piece, ...], ...], ...] = ()
    """As many cells in each; the first has the headings."""

    def markdown(self, works: ReferenceList) -> str:
        first, *rest = [self.row(cells, works) for cells in self.rows]
        rule = "|" + " --- |" * len(self.rows[0])
        return "\n".join([first, rule, *rest])

    def row(self, cells: Iterable[tuple[Piece, ...]], works: ReferenceList) -> str:
        texts = (written(pieces, self.line, works, escaped_inline).replace("|", r"\|") for pieces in cells)
        return f"| {' | '.join(texts)} |"


@dataclass
class Reader:
    """Reads the elements of a document one after the other."""

    surroundings: Surroundings
    messages: list[tuple[int, str]] = field(default_factory=list)
    """With the line of the block they are about."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    is_in_reference_list: bool = False
    cells: int = 0
    """Of the tables so far."""

    def read(self, elements: Iterable[Element]) -> list[Block]:
        blocks: list[Block] = []
        for element in elements:
            for block in self.blocks(element):
                self.messages += [(block.line, message) for message in self.surroundings.messages]
                self.surroundings.messages.clear()
                self.note_section(block)
                blocks.append(block)
        return blocks

    def note_section(self, block: Block) -> None:
        if block.kind is Kind.REFERENCES:
            self.is_in_reference_list = True
        elif block.level:
            self.is_in_reference_list = False

    def blocks(self, element: Element) -> Iterator[Block]:
        match element.tag:
            case "ul" | "ol":
                yield from self.listed(element)
            case "table":
                yield from self.tabled(element)
            case "blockquote":
                for child in element:
                    yield from self.paragraphs(self.pieces(child), Quotation)
            case "img" if not element.get("src"):
                pass
            case "img":
                yield self.paragraph([Piece("", element.get("src", ""))])
            case "p" if element.get("class") == "toc":
                self.surroundings.messages.append(
                    _("The table of contents was left out: the page makes its own.")
                )
            case tag:
                yield from self.paragraphs(
                    self.pieces(element), level=HEADINGS.get(tag, 0), is_title=element.get("class") == "title"
                )

    def pieces(self, element: Element) -> Pieces:
        return Inline(self.surroundings).read(element)

    def paragraphs(
        self, pieces: Pieces, kind: type[Paragraph] = Paragraph, *, level: int = 0, is_title: bool = False
    ) -> Iterator[Paragraph]:
        """A paragraph, its pictures after it; or each of its lines, where a line says something."""
        pictures = [piece for piece in pieces if is_picture(piece)]
        lines = lines_of(piece for piece in pieces if not is_picture(piece))
        texts = [text_of(line) for line in lines]
        if not level and any(map(self.stands_alone, texts)):
            # Bold may begin in one line and end in another.
            lines = [[piece for piece in line if piece.markdown not in EMPHASIS] for line in lines]
        else:
            lines = [[piece for piece in pieces if not is_picture(piece)]]
        for line in lines:
            if text_of(line):
                yield self.paragraph(line, kind, level=level, is_title=is_title)
        for picture in pictures:
            yield self.paragraph([picture])

    def stands_alone(self, text: str) -> bool:
        return kind_of(text) in DATA or (self.is_in_reference_list and begins_entry(text))

    def paragraph(
        self, pieces: Pieces, kind: type[Paragraph] = Paragraph, *, level: int = 0, is_title: bool = False
    ) -> Paragraph:
        text = text_of(pieces)
        if level:
            pieces = [Piece(" ") if p == BREAK else p for p in pieces]
        what = Kind.TEXT if kind is Quotation else kind_of(text) if text else Kind.PICTURE
        return kind(next(self.numbers), text, what, level, tuple(pieces), is_title)

    def listed(self, element: Element) -> Iterator[Block]:
        """A list as one block; in the reference list each of its entries."""
        items = list(self.items(element, 0))
        if self.is_in_reference_list:
            for item in items:
                text = f"{item.marker} {text_of(item.pieces)}"
                yield Paragraph(next(self.numbers), text, Kind.TEXT, pieces=item.pieces)
            return
        for n, part in enumerate(consecutive(items)):
            text = " ".join(f"{item.marker} {text_of(item.pieces)}" for item in part)
            yield List(next(self.numbers), text, Kind.TEXT, items=tuple(part), is_apart=n > 0)

    def items(self, element: Element, depth: int) -> Iterator[Item]:
        number = 0
        for child in element:
            inner = [grandchild for grandchild in child if grandchild.tag in {"ul", "ol"}]
            words = Element("li")
            words.text = child.text
            words.extend(grandchild for grandchild in child if grandchild.tag not in {"ul", "ol"})
            pieces = self.pieces(words)
            has_words = bool(text_of(pieces)) or any(map(is_picture, pieces))
            if has_words:
                said = number_of(words)
                if depth and number and said not in {None, number + 1}:
                    message = _(
                        "The list within a list at “%(text)s” has other numbers in Word: compare them."
                    )
                    self.surroundings.messages.append(message % {"text": shortened(text_of(pieces))})
                number = number + 1 if said is None else said
                yield Item(depth, number if element.tag == "ol" else None, tuple(pieces))
            for nested in inner:
                yield from self.items(nested, depth + has_words)

    def tabled(self, element: Element) -> Iterator[Block]:
        rows = self.rows(element)
        if self.is_in_reference_list:
            for row in rows:
                number, *rest = map(text_of, row)
                text = " ".join(
                    [f"{number.rstrip('.')}." if number.rstrip(".").isdecimal() else number, *rest]
                )
                yield Paragraph(next(self.numbers), text, Kind.TEXT, pieces=(Piece(text),))
        elif len(rows) == 1 and len(rows[0]) == 1:
            # A frame around text.
            cell = next(element.iter("td"), None)
            if cell is None:
                cell = next(element.iter("th"))
            yield from self.read(cell)
        elif rows:
            text = " ".join(" | ".join(map(text_of, row)) for row in rows)
            table = tuple(tuple(map(tuple, row)) for row in rows)
            yield Table(next(self.numbers), text, Kind.TEXT, rows=table)

    def rows(self, element: Element) -> list[list[Pieces]]:
        """The cells of each row, as many in each: what spans several stands in the first of them."""
        grid: dict[tuple[int, int], Pieces] = {}
        width = height = 0
        for y, row in enumerate(rows_of(element)):
            x = 0
            for cell in row:
                x = next(free for free in count(x) if (free, y) not in grid)
                across, down = (max(int(cell.get(span, "1")), 1) for span in ("colspan", "rowspan"))
                if across > 1 or down > 1:
                    message = _("The table has merged cells: their text stands in the first of them.")
                    self.surroundings.messages.append(message)
                width, height = max(width, x + across), y + 1
                if self.cells + width * height > MOST_CELLS or across * down > MOST_CELLS:
                    raise ManuscriptError(
                        _(
                            "The tables of the Word file are larger than an article can show."
                            " Make them smaller, or take them out."
                        )
                    )
                grid |= {(x + dx, y + dy): [] for dx in range(across) for dy in range(down)}
                grid[x, y] = self.cell(cell)
        self.cells += width * height
        rows = [[grid.get((x, y), []) for x in range(width)] for y in range(height)]
        return [row for row in rows if any(row)]

    def cell(self, element: Element) -> Pieces:
        """Everything in a cell on one line."""
        lines: list[Pieces] = []
        for child in element:
            if child.tag in {"ul", "ol"}:
                for item in self.items(child, 0):
                    marker = "•" if item.number is None else item.marker
                    lines.append([Piece(f"{marker} ", f"{marker} "), *item.pieces])
            elif child.tag == "table":
                message = _("A table stands in a cell of another: its rows became lines.")
                self.surroundings.messages.append(message)
                for row in self.rows(child):
                    cells = [[Piece(" – "), *pieces] for pieces in row]
                    lines.append([piece for pieces in cells for piece in pieces][1:])
            else:
                lines.append(self.pieces(child))
        lines = [line for line in lines if text_of(line) or any(map(is_picture, line))]
        return [piece for line in lines for piece in (BREAK, *line)][1:]


def number_of(item: Element) -> int | None:
    """The number that Word gives to an item; of one that is nested, its own."""
    prefix = f"{ID_PREFIX}{NUMBER}"
    numbers = (
        a.get("id", "").removeprefix(prefix) for a in item.iter("a") if a.get("id", "").startswith(prefix)
    )
    return next((int(number) for number in numbers if re.fullmatch("[0-9]{1,7}", number)), None)


def consecutive(items: Iterable[Item]) -> list[list[Item]]:
    """The items of a list in parts within which the outer numbers follow each other."""
    parts: list[list[Item]] = []
    last: int | None = None
    for item in items:
        is_next = item.depth > 0 or item.number is None or last is None or item.number == last + 1
        if not (parts and is_next):
            parts.append([])
        parts[-1].append(item)
        last = last if item.depth else item.number
    return parts


def rows_of(table: Element) -> Iterator[Element]:
    for child in table:
        yield from rows_of(child) if child.tag in {"thead", "tbody"} else [child]


def is_picture(piece: Piece) -> bool:
    return piece.markdown is not None and piece.markdown.startswith("{picture-")
