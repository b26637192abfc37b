"""What each line of a plain-text manuscript is, in English and Danish.

A line is a paragraph or a heading; where text is broken at a fixed width, empty lines part them.
Of headings, plain text says nothing, so it is decided like this:

- A known word (Introduction, Conclusion, Investigation and treatment …, Reference list and the
  Danish ones) is a section heading, level 2.
- Any other heading has at most 90 characters, no citation, no small first letter and none of
  . : ; , ! at its end, and text or a numbered heading follows.
- A question is a section heading, level 2.
- A numbered heading ("1. …") is one level below the unnumbered heading before it. Numbered lines
  that follow each other are a list.
- Other headings are level 3 in a section that a question opened, until the next question or known
  word, and level 2 elsewhere.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from articles.manuscripts.escaping import escaped_heading, escaped_inline, escaped_opening
from articles.manuscripts.reference_list import NUMBERS, ReferenceList, begins_entry

LONGEST_HEADING = 90
# Longer lines are text, whatever they begin with.
LONGEST_LABELLED = 300


class Kind(Enum):
    TEXT = auto()
    BYLINE = auto()
    ADDRESS = auto()
    LABELLED = auto()
    ABSTRACT = auto()
    REFERENCES = auto()
    CLOSING = auto()
    SECTION = auto()
    TREATMENT = auto()
    PICTURE = auto()
    # By themselves these only look like headings: see `is_heading`.
    QUESTION = auto()
    NUMBERED = auto()
    SHORT = auto()


# Matched against a whole line in small letters, without a colon at its end.
ABSTRACT = "abstract|resumé|resume"
WORDS = {
    Kind.ABSTRACT: re.compile(ABSTRACT),
    Kind.REFERENCES: re.compile(
        r"(?:\d{1,2}[.)]? )?"
        r"(?:references|reference list|bibliography|literature(?: list| cited)?|works cited|sources"
        r"|referencer|referenceliste|litteratur(?:liste|henvisninger)?|kilder|kildeliste)"
        r"(?: \((?:pubmed|pubmed[- ]based|pubmed-baseret|baseret på pubmed)\))?"
    ),
    Kind.SECTION: re.compile(
        "introduction|background|methods|results|discussion|conclusion|summary"
        "|indledning|introduktion|baggrund|metode|resultater|diskussion|konklusion|sammenfatning"
    ),
}
SHORT_WORDS = {
    Kind.TREATMENT: re.compile(
        r"(?:investigation and treatment|(?:undersøgelse|udredning) og behandling)\b.*"
    ),
    Kind.CLOSING: re.compile(r"(?:more (?:on|about) this topic|mere om (?:dette emne|emnet))\b.*"),
}
LABELLED = re.compile(
    rf"(?P<label>author|forfatter|date|dato|category|kategori|{ABSTRACT}) ?: ?(?P<value>\S.*)",
    re.IGNORECASE,
)
ADDRESS = re.compile(
    r"(?:Content from|Indhold fra):? "
    r"/(?:(?P<language>[a-z]{2}(?:-[a-z]{2,8})?)/)?blog/(?P<slug>[-\w]+)/?",
    re.IGNORECASE,
)
BYLINE = re.compile(r"(?:By|Af) (?P<author>[A-ZÆØÅ].{1,150}(?: [\u2014\u2013-] .{1,100}|[^.?!:\s]))")
SHAPES = {Kind.LABELLED: LABELLED, Kind.ADDRESS: ADDRESS, Kind.BYLINE: BYLINE}
SHORT_SHAPES = {
    Kind.NUMBERED: re.compile(r"\d{1,2}[.)] .*", re.ASCII),
    Kind.QUESTION: re.compile(r".*\?"),
    Kind.SHORT: re.compile(".*"),
}
BULLET = re.compile(r"[-*\u2022\u2013] ")

# A byline or an address below the article's head is text.
TEXTUAL = {Kind.TEXT, Kind.BYLINE, Kind.ADDRESS}
PROSE = {Kind.TEXT, Kind.QUESTION, Kind.NUMBERED, Kind.SHORT}


@dataclass(frozen=True)
class Block:
    """A line, or the lines of a paragraph joined; `line` is the first."""

    line: int
    text: str
    kind: Kind
    level: int = 0
    """Of a heading that the file itself calls one."""

    def markdown(self, works: ReferenceList) -> str:
        return escaped_opening(self.inline(works, escaped_inline))

    def heading(self, level: int, works: ReferenceList) -> str:
        return f"{'#' * level} {self.inline(works, escaped_heading)}"

    def inline(self, works: ReferenceList, literal: Callable[[str], str]) -> str:
        """Markdown within a line, with keyed citations; `literal` writes what is not a citation."""
        return works.keyed(self.text, self.line, NUMBERS, literal)


def blocks_of(text: str) -> list[Block]:
    rows = [re.sub(r"[ \t]+", " ", row).strip() for row in text.split("\n")]
    groups: list[tuple[int, list[str]]] = []
    are_broken = are_paragraphs_broken(rows)
    is_open = False
    for number, row in enumerate(rows, start=1):
        is_prose = kind_of(row) in PROSE
        if row and is_open and is_prose and not begins_entry(row):
            groups[-1][1].append(row)
        elif row:
            groups.append((number, [row]))
        is_title = len(groups) <= 1
        is_open = are_broken and bool(row) and is_prose and not is_title
    joined = ((line, " ".join(group)) for line, group in groups)
    return [Block(line, text, kind_of(text)) for line, text in joined]


def are_paragraphs_broken(rows: Sequence[str]) -> bool:
    """Whether lines are broken at a fixed width: then at least half of them go on in small letters."""
    followed = [row for before, row in pairwise(rows) if before and row]
    return 0 < len(followed) <= 2 * sum(row[0].islower() for row in followed)


def kind_of(text: str) -> Kind:
    """What a line is by itself."""
    if len(text) > LONGEST_LABELLED:
        return Kind.TEXT
    words = text.casefold().rstrip(":").rstrip()
    tests = [(WORDS, words), (SHAPES, text)]
    if is_short(text):
        tests += [(SHORT_WORDS, words), (SHORT_SHAPES, text)]
    return next(
        (kind for patterns, tested in tests for kind, p in patterns.items() if p.fullmatch(tested)),
        Kind.TEXT,
    )


def is_short(text: str) -> bool:
    """Whether a line looks like a heading."""
    first = next(filter(str.isalpha, text), "")
    return (
        len(text) <= LONGEST_HEADING
        and bool(first)
        and not first.islower()
        and not text.endswith((".", ":", ";", ",", "!"))
        and not BULLET.match(text)
        and not NUMBERS.search(text)
    )


def is_heading(blocks: Sequence[Block], position: int) -> bool:
    """Whether the block is a heading, from what stands before and after it."""
    if blocks[position].level:
        return True
    kind = blocks[position].kind
    before = blocks[position - 1].kind if position else None
    after = blocks[position + 1].kind if position + 1 < len(blocks) else None
    match kind:
        case Kind.SECTION | Kind.TREATMENT:
            return True
        case Kind.QUESTION:
            return after in PROSE | TEXTUAL
        case Kind.NUMBERED:
            return after in TEXTUAL and before is not Kind.NUMBERED
        case Kind.SHORT:
            return after in {*TEXTUAL, Kind.NUMBERED}
    return False
