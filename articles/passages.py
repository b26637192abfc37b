"""What stands in a rendered text: its paragraphs, headings, links and pictures."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = HEADINGS | {
    *("p", "blockquote", "pre", "table", "figure", "figcaption", "hr", "div"),
    *("ul", "ol", "li", "dl", "dt", "dd"),
}
CELLS = frozenset({"td", "th", "tr", "caption"})


@dataclass
class Passage:
    """A paragraph, heading, list item or whole table. `text` is plain and without citations."""

    tag: str
    text: str = ""
    is_cited: bool = False

    @property
    def level(self) -> int:
        """Of a heading; 0 for everything else."""
        return int(self.tag[1]) if self.tag in HEADINGS else 0


@dataclass
class Link:
    href: str
    text: str = ""


@dataclass(frozen=True)
class Picture:
    src: str
    alt: str


@dataclass
class Content:
    passages: list[Passage] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    """Without those of citations."""
    pictures: list[Picture] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    @property
    def prose(self) -> Iterator[Passage]:
        """What is read as sentences."""
        return (
            passage for passage in self.passages if not passage.level and passage.tag not in ("table", "pre")
        )


def read(html: str) -> Content:
    """Read HTML as articles.markdown makes it."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    reader.begin("p")  # what stood last is complete
    return reader.content


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.content = Content()
        self.passage = Passage("p")
        self.link: Link | None = None
        self.is_in_citation = False
        self.is_in_table = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if anchor := attributes.get("id"):
            self.content.ids.add(anchor)
        if tag == "span" and attributes.get("class") == "citation":
            self.is_in_citation = self.passage.is_cited = True
            self.passage.text = self.passage.text.rstrip()  # "placebo [3]." is quoted as "placebo."
        elif tag == "a" and not self.is_in_citation:
            self.link = Link(attributes.get("href", ""))
            self.content.links.append(self.link)
        elif tag == "img":
            self.content.pictures.append(Picture(attributes.get("src", ""), attributes.get("alt", "")))
        elif tag in CELLS or tag == "br":
            self.passage.text += " "
        elif tag in BLOCKS and not self.is_in_table:
            self.begin(tag)
            self.is_in_table = tag == "table"

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self.is_in_citation = False
        elif tag == "a":
            self.link = None if not self.is_in_citation else self.link
        elif tag in BLOCKS and (not self.is_in_table or tag == "table"):
            self.is_in_table = False
            self.begin("p")

    def handle_data(self, data: str) -> None:
        if self.is_in_citation:
            return
        self.passage.text += data
        if self.link is not None:
            self.link.text += data

    def begin(self, tag: str) -> None:
        """Begin a passage; the one before it is kept if anything stands in it."""
        self.passage.text = " ".join(self.passage.text.split())
        if self.passage.text:
            self.content.passages.append(self.passage)
        # A paragraph in a list item is the item.
        is_same = tag == "p" and self.passage.tag in ("li", "dd", "blockquote") and not self.passage.text
        self.passage = Passage(self.passage.tag if is_same else tag)
