"""Reference lists as files for reference managers: RIS, MEDLINE (.nbib) and BibTeX.

RIS: https://en.wikipedia.org/wiki/RIS_(file_format), after Research Information Systems, 2011.
MEDLINE: https://www.nlm.nih.gov/bsd/mms/medlineelements.html
BibTeX: Patashnik O. BibTeXing. 1988. https://ctan.org/pkg/bibtex
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Literal, Protocol

from references import vancouver
from references.characters import without_hidden
from references.records import MONTHS

CONTENT_TYPES = {
    "ris": "application/x-research-info-systems",
    "nbib": "application/nbib",
    "bib": "application/x-bibtex",
}

Kind = Literal["article", "chapter", "book", "other"]
Fields = Iterator[tuple[str, str]]

RIS_TYPES: dict[Kind, str] = {"article": "JOUR", "chapter": "CHAP", "book": "BOOK", "other": "GEN"}
BIBTEX_TYPES: dict[Kind, str] = {
    "article": "article",
    "chapter": "incollection",
    "book": "book",
    "other": "misc",
}

# The columns PubMed breaks lines at.
NBIB_WIDTH = 88

# What breaks lines or cannot be written; other white space goes with str.split().
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
DATE = re.compile(rf"([0-9]{{4}})(?: ({'|'.join(MONTHS)})(?: ([0-9]{{1,2}}))?)?")
YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
# "4137-4153.e14", but not a publisher's number like "S0002-8703(21)1".
PAGES = re.compile(r"([\w.]+)[-–]([\w.]+)")

# BibTeX counts braces even after a backslash, so those too have names.
LATEX = str.maketrans(
    {
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
)
LATEX_TAGS = {
    "i": r"\textit{",
    "em": r"\emph{",
    "b": r"\textbf{",
    "sub": r"\textsubscript{",
    "sup": r"\textsuperscript{",
}
SUFFIX = re.compile(r"Jr|Sr|[1-9](?:st|nd|rd|th)")
# PubMed writes one Cyrillic letter as two: "Ivanov IuA".
INITIAL = re.compile(r"[^a-z][a-z]?")
# In names of people, these would be read as the grammar of BibTeX.
BIBTEX_GRAMMAR = re.compile(r",|(?<!\w)and(?!\w)", re.IGNORECASE)
NOT_VERBATIM = re.compile(r"[\s{}\\]")

# Letters that Unicode does not take apart.
LETTERS = "æ:ae ø:oe å:aa Æ:Ae Ø:Oe Å:Aa ß:ss ł:l Ł:L đ:d Đ:D ð:d Ð:D þ:th Þ:Th"
ASCII = str.maketrans(dict(pair.split(":") for pair in LETTERS.split()))
ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
LONGEST_KEY = 80


class ExportedWork(vancouver.Source, Protocol):
    """What a file says of a work. Empty is unknown and left out."""

    @property
    def book(self) -> str:
        """What the work is a chapter of."""

    @property
    def edition(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def publisher(self) -> str:
        """Of a book or a chapter."""

    @property
    def editors(self) -> Sequence[str]:
        """Of the book."""

    @property
    def pmid(self) -> int | None: ...
    @property
    def pmcid(self) -> str: ...
    @property
    def publication_types(self) -> Sequence[Sequence[str]]:
        """Pairs of NLM's identifier and name."""

    @property
    def languages(self) -> Sequence[str]:
        """NLM's codes: "eng", "dan"."""

    @property
    def claimed(self) -> str:
        """What the author wrote; goes into a note while the title is unknown."""


def ris(works: Iterable[ExportedWork]) -> str:
    """The works as RIS. It cannot say that there are more authors than are listed."""
    return "".join(map(ris_entry, works))


def ris_entry(work: ExportedWork) -> str:
    lines = ((tag, one_line(value)) for tag, value in ris_fields(work))
    named = "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value)
    return f"TY  - {RIS_TYPES[kind(work)]}\r\n{named}ER  - \r\n\r\n"


def ris_fields(work: ExportedWork) -> Fields:
    date = published(work)
    first_page, last_page = page_range(work.pages)
    for author in work.authors:
        yield "AU", ris_author(author)
    for editor in work.editors:
        # A2 is whoever edited what the work is a part of; of a whole book that is its series.
        yield "A2" if work.book else "ED", ris_author(editor)
    yield "TI", plain_title(work)
    yield "T2", work.book or work.journal
    yield "JO", work.journal
    yield "PY", date.year
    if date.month or date.other:
        yield "DA", f"{date.year}/{date.month}/{date.day}/{date.other}"
    yield "VL", work.volume
    yield "IS", work.issue
    yield "SP", first_page
    yield "EP", last_page
    yield "ET", work.edition
    yield "CY", work.place
    yield "PB", work.publisher
    yield "LA", ", ".join(work.languages)
    yield "DO", work.doi or ""
    if work.pmid:
        yield "DB", "PubMed"
        yield "AN", str(work.pmid)
        yield "UR", f"https://pubmed.ncbi.nlm.nih.gov/{work.pmid}/"
    yield "C2", work.pmcid
    # A semicolon would part two addresses.
    yield "UR", work.url.replace(";", "%3B")
    yield "N1", work.vernacular_title
    yield "N1", note(work)


def ris_author(author: str) -> str:
    """ "Wastyk, H. C.", "King, M. L., Jr"; an organisation by its name."""
    person = Person.named(author)
    return (
        ", ".join(filter(None, (person.family, person.spaced_initials, person.suffix))) if person else author
    )


def nbib(works: Iterable[ExportedWork]) -> str:
    """The works as PubMed's MEDLINE format, which has no way to say that authors are missing.

    Those with a PMID come first: programs recognise the format by it.
    """
    return "\n".join(map(nbib_entry, sorted(works, key=lambda work: not work.pmid)))


def nbib_entry(work: ExportedWork) -> str:
    lines = ((tag, one_line(value)) for tag, value in nbib_fields(work))
    return "".join(nbib_line(tag, value) for tag, value in lines if value)


def nbib_line(tag: str, value: str) -> str:
    wrapped = textwrap.fill(
        value,
        NBIB_WIDTH,
        initial_indent=f"{tag:<4}- ",
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{wrapped}\n"


def nbib_fields(work: ExportedWork) -> Fields:
    is_book = kind(work) == "book"
    yield "PMID", str(work.pmid or "")
    yield "VI", work.volume
    yield "IP", work.issue
    yield "PB", work.publisher
    yield "DP", work.published
    yield "BTI" if is_book else "TI", plain_title(work)
    yield "BTI", work.book
    yield "PG", work.pages
    if work.doi:
        yield "LID", f"{work.doi} [doi]"
    yield "LID", work.url
    for author in work.authors:
        yield "AU" if Person.named(author) else "CN", author
    for editor in work.editors:
        yield "ED", editor
    for language in work.languages:
        yield "LA", language
    for _ui, name in work.publication_types:
        yield "PT", name
    if kind(work) in ("book", "chapter"):
        yield "PT", "Book" if is_book else "Book Chapter"
    yield "TT", work.vernacular_title
    yield "EN", work.edition
    yield "PL", work.place
    yield "TA", work.journal
    yield "GN", note(work)
    yield "PMC", work.pmcid
    if work.doi:
        yield "AID", f"{work.doi} [doi]"
    if work.journal:
        yield "SO", f"{vancouver.journal_part(work)}{f' doi: {work.doi}.' if work.doi else ''}"


def bibtex(works: Iterable[ExportedWork]) -> str:
    """The works as BibTeX in UTF-8."""
    entries: list[str] = []
    taken: set[str] = set()
    for work in works:
        key = free_key(bibtex_key(work), taken)
        taken.add(key.lower())
        entries.append(bibtex_entry(work, key))
    return "\n".join(entries)


def bibtex_entry(work: ExportedWork, key: str) -> str:
    fields = "".join(f"  {name} = {value},\n" for name, value in bibtex_values(work))
    return f"@{BIBTEX_TYPES[kind(work)]}{{{key},\n{fields}}}\n"


def bibtex_values(work: ExportedWork) -> Fields:
    """The fields as they are written: in braces, but for the month, which is a name BibTeX knows."""
    date = published(work)
    for name, value in bibtex_fields(work):
        if value:
            yield name, f"{{{value}}}"
    if date.month:
        yield "month", MONTHS[int(date.month) - 1].lower()
    elif date.year and date.other:
        yield "month", f"{{{latex(date.other)}}}"


def bibtex_fields(work: ExportedWork) -> Fields:
    date = published(work)
    title = latex_title(work)
    authors = [*filter(None, map(bibtex_author, work.authors)), *["others"] * work.has_more_authors]
    yield "author", " and ".join(authors)
    yield "editor", " and ".join(filter(None, map(bibtex_author, work.editors)))
    # In a second pair of braces the title keeps its capitals.
    yield "title", f"{{{title}}}" if title else ""
    yield "journal", latex(work.journal)
    yield "booktitle", latex(work.book)
    yield "edition", latex(work.edition)
    yield "publisher", latex(work.publisher)
    yield "address", latex(work.place)
    yield "year", date.year or latex(date.other)
    yield "day", date.day.lstrip("0")
    yield "volume", latex(work.volume)
    yield "number", latex(work.issue)
    yield "pages", "--".join(map(latex, filter(None, page_range(work.pages))))
    yield "language", latex(", ".join(work.languages))
    yield "doi", verbatim(work.doi or "")
    yield "pmid", str(work.pmid or "")
    yield "pmcid", latex(work.pmcid)
    yield "url", verbatim(work.url or (f"https://pubmed.ncbi.nlm.nih.gov/{work.pmid}/" if work.pmid else ""))
    yield "note", latex(work.vernacular_title if work.title else note(work))


def bibtex_author(author: str) -> str:
    """ "Wastyk, H. C.", "King, Jr, M. L."; an organisation in braces, which BibTeX does not take apart."""
    person = Person.named(author)
    if person is None or BIBTEX_GRAMMAR.search(person.family):
        name = latex(author)
        return f"{{{name}}}" if name else ""
    return ", ".join(map(latex, filter(None, (person.family, person.suffix, person.spaced_initials))))


def bibtex_key(work: ExportedWork) -> str:
    """ "Wastyk2021_34256014": the same in every list the work is in."""
    author = work.authors[0] if work.authors else work.publisher
    person = Person.named(author)
    name = "".join(ascii_words(person.family)) if person else "".join(ascii_words(author)[:1])
    if work.pmid:
        identity = str(work.pmid)
    elif work.doi:
        identity = "_".join(ascii_words(work.doi))
    else:
        identity = "_".join(ascii_words(plain_title(work) or work.claimed or work.url)[:4])
    return f"{name or 'Anonymous'}{published(work).year}_{identity}"[:LONGEST_KEY]


def free_key(key: str, taken: set[str]) -> str:
    """The key, or with a number if it is taken. BibTeX does not tell capitals from small letters."""
    number = 1
    free = key
    while free.lower() in taken:
        number += 1
        free = f"{key}-{number}"
    return free


def ascii_words(text: str) -> list[str]:
    """The words of a text, in letters and digits any program takes: "Sørensen" is "Soerensen"."""
    plain = unicodedata.normalize("NFC", text).translate(ASCII)
    # An accent belongs to its letter: "Pérez" is one word.
    letters = "".join(
        char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char)
    )
    return ASCII_WORD.findall(letters)


def kind(work: ExportedWork) -> Kind:
    if work.book:
        return "chapter"
    if work.publisher:
        return "book"
    return "article" if work.journal else "other"


def note(work: ExportedWork) -> str:
    """What the author wrote, while that is all we know."""
    return "" if work.title else work.claimed


def one_line(text: str) -> str:
    """The text without line breaks and control characters, which would break the format, or hidden ones."""
    return " ".join(without_hidden(UNPRINTABLE.sub(" ", text)).split())


def plain_title(work: ExportedWork) -> str:
    return one_line(vancouver.rendered_title(vancouver.title_of(work))[0])


def latex_title(work: ExportedWork) -> str:
    """The title with \\textit and its like for its tags. What has no partner is no tag."""
    html = vancouver.rendered_title(one_line(vancouver.title_of(work)))[1]
    texts, slashes, names = (vancouver.TAG.split(html)[start::3] for start in range(3))
    pieces = [unescape(texts[0]).translate(LATEX)]
    for slash, name, text in zip(slashes, names, texts[1:], strict=True):
        pieces += ["}" if slash else LATEX_TAGS[name], unescape(text).translate(LATEX)]
    return "".join(pieces)


def latex(text: str) -> str:
    """The text with its special characters escaped; other letters stay as they are."""
    return one_line(text).translate(LATEX)


def verbatim(text: str) -> str:
    """A DOI or an address, which LaTeX prints as it is: what would end it is percent-encoded."""
    return NOT_VERBATIM.sub(lambda char: f"%{ord(char[0]):02X}", one_line(text))


def page_range(pages: str) -> tuple[str, str]:
    """The first and the last page: "1754-63" is 1754 to 1763. What is no range has no last page."""
    found = PAGES.fullmatch(one_line(pages))
    if not found:
        return one_line(pages), ""
    first, last = found.groups()
    if first.isdecimal() and last.isdecimal() and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return first, last


@dataclass(frozen=True)
class Date:
    """Month and day have two digits; `other` is what is neither: "May-Jun", "Spring"."""

    year: str = ""
    month: str = ""
    day: str = ""
    other: str = ""


def published(work: ExportedWork) -> Date:
    written = one_line(work.published)
    if found := DATE.fullmatch(written):
        year, month, day = found.groups()
        return Date(year, f"{MONTHS.index(month) + 1:02}" if month else "", day.zfill(2) if day else "")
    if in_year := YEAR.search(written):
        rest = written[: in_year.start()] + written[in_year.end() :]
        return Date(year=in_year[0], other=one_line(rest))
    return Date(other=written)


@dataclass(frozen=True)
class Person:
    family: str
    initials: str
    suffix: str = ""

    @classmethod
    def named(cls, author: str) -> "Person | None":
        """Who is named as PubMed does it, "King ML Jr"; None for an organisation."""
        name = one_line(author)
        if not vancouver.PERSON.fullmatch(name):
            return None
        family, last = name.rsplit(" ", 1)
        if SUFFIX.fullmatch(last):
            family, initials = family.rsplit(" ", 1)
            return cls(family, initials, last)
        return cls(family, last)

    @property
    def spaced_initials(self) -> str:
        """ "H. C.", "Iu. A." """
        return " ".join(f"{initial}." for initial in INITIAL.findall(self.initials))
