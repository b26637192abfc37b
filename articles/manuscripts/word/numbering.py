"""The numbers that Word gives the paragraphs of its lists.

mammoth says which paragraphs are of a list, not which list, nor their numbers.
"""

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from django.utils.translation import gettext as _

from articles.manuscripts.manuscript import shortened
from articles.manuscripts.word.names import WORD, attribute, name, text_of
from articles.manuscripts.word.package import Package

# Before a paragraph's number, in the name of a bookmark, which mammoth keeps. Word's own have no hyphen.
NUMBER = "number-"
DEEPEST_LEVEL = 8
LONGEST_CHAIN = 20


@dataclass(frozen=True)
class Level:
    """How one level of a list is numbered."""

    list_id: str
    """Of the abstract list: all that are made from it go on counting together."""
    start: int
    restarts: int | None
    """At which start another list made from the same begins anew; None where it goes on."""
    format: str
    pattern: str
    """Such as "%1." """

    def is_as_in_markdown(self, depth: int) -> bool:
        is_plain = re.fullmatch(rf"[(\[]?%{depth + 1}[.)\]:]?\s*", self.pattern)
        return self.format == "decimal" and bool(is_plain)


@dataclass(frozen=True)
class Style:
    """What a style of paragraphs says of lists."""

    name: str
    based_on: str
    list_id: str
    depth: str

    @classmethod
    def of(cls, element: Element) -> "Style":
        return cls(
            value(element, "w:name").lower(),
            value(element, "w:basedOn"),
            value(element, "w:pPr", "w:numPr", "w:numId"),
            value(element, "w:pPr", "w:numPr", "w:ilvl"),
        )


@dataclass
class Numbering:
    """What Word's parts say of lists. Each is looked up once, however often a file uses it."""

    lists: dict[str, Element] = field(default_factory=dict)
    """w:num by its id."""
    abstract: dict[str, Element] = field(default_factory=dict)
    styles: dict[str, Style] = field(default_factory=dict)
    default_style: str = ""
    known_depths: dict[tuple[str, str], str] = field(default_factory=dict)
    known_levels: dict[tuple[str, int], Level | None] = field(default_factory=dict)

    @classmethod
    def of(cls, package: Package) -> "Numbering":
        found = cls()
        for root in package.roots("w:numbering"):
            found.lists |= {attribute(e, "w:numId"): e for e in root if name(e) == "w:num"}
            found.abstract |= {attribute(e, "w:abstractNumId"): e for e in root if name(e) == "w:abstractNum"}
        for root in package.roots("w:styles"):
            for style in (e for e in root if name(e) == "w:style"):
                style_id = attribute(style, "w:styleId")
                found.styles[style_id] = Style.of(style)
                if attribute(style, "w:type") == "paragraph" and attribute(style, "w:default") == "1":
                    found.default_style = style_id
        return found

    def style_of(self, paragraph: Element) -> str:
        return value(paragraph, "w:pPr", "w:pStyle") or self.default_style

    def chain(self, style_id: str) -> dict[str, Style]:
        """A style and those it is based on, by their ids."""
        chain: dict[str, Style] = {}
        while style_id in self.styles and style_id not in chain and len(chain) < LONGEST_CHAIN:
            chain[style_id] = self.styles[style_id]
            style_id = chain[style_id].based_on
        return chain

    def place(self, paragraph: Element) -> tuple[str, int] | None:
        """The id of the list a paragraph is of, and the level in it."""
        style_id = self.style_of(paragraph)
        chain = self.chain(style_id).values()
        own = value(paragraph, "w:pPr", "w:numPr", "w:numId")
        list_id = own or next((style.list_id for style in chain if style.list_id), "")
        if list_id not in self.lists:  # 0 takes a paragraph out of its list
            return None
        own_depth = value(paragraph, "w:pPr", "w:numPr", "w:ilvl")
        said = own_depth or next((style.depth for style in chain if style.depth), "")
        return list_id, min(number(said or self.depth_of_style(list_id, style_id)) or 0, DEEPEST_LEVEL)

    def depth_of_style(self, list_id: str, style_id: str) -> str:
        """The level of the list that is meant for the style."""
        key = (list_id, style_id)
        if key not in self.known_depths:
            styles = self.chain(style_id)
            meant = (depth for depth, e in self.levels(list_id).items() if value(e, "w:pStyle") in styles)
            self.known_depths[key] = next(meant, "0")
        return self.known_depths[key]

    def levels(self, list_id: str) -> dict[str, Element]:
        """The levels of a list by their depth, also where a style holds them."""
        for _step in range(LONGEST_CHAIN):
            abstract = self.abstract.get(value(self.lists.get(list_id), "w:abstractNumId"))
            if abstract is None:
                return {}
            link = self.styles.get(value(abstract, "w:numStyleLink"))
            if link is None or not link.list_id:
                return {attribute(e, "w:ilvl"): e for e in abstract if name(e) == "w:lvl"}
            list_id = link.list_id
        return {}

    def level(self, list_id: str, depth: int) -> Level | None:
        key = (list_id, depth)
        if key not in self.known_levels:
            self.known_levels[key] = self.read_level(list_id, depth)
        return self.known_levels[key]

    def read_level(self, list_id: str, depth: int) -> Level | None:
        overrides = (e for e in self.lists[list_id] if name(e) == "w:lvlOverride")
        override = next((e for e in overrides if attribute(e, "w:ilvl") == str(depth)), None)
        said = child(override, "w:lvl")
        if said is None:
            said = self.levels(list_id).get(str(depth))
        if said is None:
            return None
        start = number(value(said, "w:start"))
        return Level(
            value(self.lists[list_id], "w:abstractNumId"),
            1 if start is None else start,
            number(value(override, "w:startOverride")),
            value(said, "w:numFmt") or "decimal",
            value(said, "w:lvlText"),
        )

    def is_heading(self, paragraph: Element) -> bool:
        called = [style.name for style in self.chain(self.style_of(paragraph)).values()]
        return any(style.startswith("heading ") or style == "title" for style in called)


def child(element: Element | None, wanted: str) -> Element | None:
    return None if element is None else next((e for e in element if name(e) == wanted), None)


def value(element: Element | None, *path: str) -> str:
    """What the element at the end of a path of names says; "" where there is none."""
    for step in path:
        element = child(element, step)
    return "" if element is None else attribute(element, "w:val")


def number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def write_numbers(package: Package) -> list[str]:
    """Write the number of each numbered paragraph before it, and which list it is of where only its
    style says so. Answers with what Markdown cannot show.
    """
    numbering = Numbering.of(package)
    counted: dict[str, dict[int, int]] = {}
    begun: set[tuple[str, int]] = set()
    said: dict[object, str] = {}
    for paragraph in [e for root in package.roots("w:document") for e in root.iter() if name(e) == "w:p"]:
        place = numbering.place(paragraph)
        level = numbering.level(*place) if place else None
        if place is None or level is None or level.format in {"bullet", "none"}:
            continue
        list_id, depth = place
        numbers = counted.setdefault(level.list_id, {})
        # A list that begins anew does so where it is first used.
        is_new = level.restarts is not None and (list_id, depth) not in begun
        begun.add((list_id, depth))
        first = level.restarts if level.restarts is not None and is_new else level.start
        numbers[depth] = numbers[depth] + 1 if depth in numbers and not is_new else first
        for deeper in [other for other in numbers if other > depth]:
            del numbers[deeper]
        if numbering.is_heading(paragraph):
            said["headings"] = _("Word numbers the headings. Their numbers were left out.")
            continue
        if not level.is_as_in_markdown(depth):
            message = _(
                "The list at “%(text)s” has letters or other marks in Word, and numbers here: compare "
                "what refers to them."
            )
            said.setdefault((level.list_id, depth), message % {"text": shortened(text_of(paragraph))})
        write_number(paragraph, numbers[depth], list_id, depth)
    return list(said.values())


def write_number(paragraph: Element, shown: int, list_id: str, depth: int) -> None:
    properties = child(paragraph, "w:pPr")
    if properties is None:
        properties = Element(f"{{{WORD}}}pPr")
        paragraph.insert(0, properties)
    for old in [e for e in properties if name(e) == "w:numPr"]:
        properties.remove(old)
    numbered = SubElement(properties, f"{{{WORD}}}numPr")
    for tag, text in (("ilvl", str(depth)), ("numId", list_id)):
        SubElement(numbered, f"{{{WORD}}}{tag}").set(f"{{{WORD}}}val", text)
    bookmark = Element(f"{{{WORD}}}bookmarkStart")
    bookmark.set(f"{{{WORD}}}name", f"{NUMBER}{shown}")
    paragraph.insert(list(paragraph).index(properties) + 1, bookmark)
