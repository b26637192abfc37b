"""PubMed's records: efetch XML to typed values.

The elements: https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/index.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.ElementTree import DefusedXMLParser, ParseError

from references.characters import without_hidden

# Bytes. Two hundred records have about three million.
LARGEST_ANSWER = 50_000_000

# How a notice bears on the paper it is about. The names are ours; NLM's are below.
NoticeKind = Literal["retraction", "partial_retraction", "concern", "correction", "republication", "update"]


@dataclass(frozen=True)
class Notice:
    """Another publication that says something of this one. `source` is its citation as PubMed prints it."""

    kind: NoticeKind
    source: str
    pmid: int | None = None


@dataclass(frozen=True)
class PublicationType:
    """A kind of publication by NLM's unique identifier (D016428), which outlives its name."""

    ui: str
    name: str


@dataclass(frozen=True)
class Record:
    """What PubMed says of a work. What it does not say is empty."""

    pmid: int
    title: str = ""
    """May hold <i>, <b>, <sub>, <sup>; other characters are plain, not escaped."""
    vernacular_title: str = ""
    authors: tuple[str, ...] = ()
    """"Wastyk HC", or a collective's name."""
    has_more_authors: bool = False
    journal: str = ""
    """NLM's abbreviation."""
    journal_name: str = ""
    published: str = ""
    """As PubMed prints it: "2021 Aug 5", "2018 May-Jun"."""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmcid: str = ""
    publication_types: tuple[PublicationType, ...] = ()
    languages: tuple[str, ...] = ()
    """NLM's codes: "eng", "dan"."""
    notices: tuple[Notice, ...] = ()
    """What was published about this paper."""
    notice_of: tuple[Notice, ...] = ()
    """The papers this record is itself a notice of."""
    book: str = ""
    edition: str = ""
    place: str = ""
    publisher: str = ""
    editors: tuple[str, ...] = ()
    """Of the book."""

    url: ClassVar[str] = ""
    """PubMed gives none; what is cited without a record may have one."""


class UnreadableAnswer(ValueError):  # noqa: N818 - the name says what it is
    """What came is not PubMed's XML. PubMed is out of order: nothing is known of the records."""


# What RefType says was published about this paper; the other types are comments, reprints and data.
# https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html#commentscorrections
NOTICES: dict[str, NoticeKind] = {
    "RetractionIn": "retraction",
    "RetractedandRepublishedIn": "retraction",
    "PartialRetractionIn": "partial_retraction",
    "ExpressionOfConcernIn": "concern",
    "ErratumIn": "correction",
    "CorrectedandRepublishedIn": "republication",
    "UpdateIn": "update",
}
# And what this record is to another paper.
NOTICES_OF: dict[str, NoticeKind] = {
    "RetractionOf": "retraction",
    "PartialRetractionOf": "partial_retraction",
    "ExpressionOfConcernFor": "concern",
    "ErratumFor": "correction",
    "CorrectedandRepublishedFrom": "republication",
    "RetractedandRepublishedFrom": "republication",
    "UpdateOf": "update",
}

# How a title may look; underlining and formulas are read as plain text.
TITLE_TAGS = frozenset({"i", "b", "sub", "sup"})

# Those are cited by the day they appeared on, not by the issue they were put into later.
# https://www.nlm.nih.gov/bsd/licensee/elements_article_source.html
ELECTRONIC_FIRST = ("Electronic-Print", "Electronic-eCollection")

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NUMBERED_MONTHS = {str(n): name for n, name in enumerate(MONTHS, start=1)}

PMID = re.compile(r"0*([1-9][0-9]{0,7})")
YEAR = re.compile(r"[0-9]{4}")


def parse(xml: bytes) -> dict[int, Record]:
    """The records in efetch's answer, by PMID. Raises UnreadableAnswer.

    Of a record that is not as it should be, what can be read; one without a PMID is left out.
    """
    root = read(xml)
    deleted = {number(words(element)) for element in root.findall("DeleteCitation/PMID")}
    records = (record(element) for element in root)
    return {found.pmid: found for found in records if found and found.pmid not in deleted}


class Parser(DefusedXMLParser):
    """Takes the line that names NLM's DTD, which is never loaded, but no declarations in the answer."""

    def __init__(self) -> None:
        super().__init__(target=TreeBuilder(), forbid_dtd=True)

    def defused_start_doctype_decl(self, *doctype: Any) -> None:
        has_declarations = doctype[-1]
        if has_declarations:
            super().defused_start_doctype_decl(*doctype)


def read(xml: bytes) -> Element:
    """The root of the answer. Raises UnreadableAnswer, which does not quote it."""
    if len(xml) > LARGEST_ANSWER:
        raise UnreadableAnswer("too large")
    parser = Parser()
    try:
        parser.feed(xml)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError) as error:  # LookupError: an encoding nobody knows
        raise UnreadableAnswer(type(error).__name__) from None
    if root.tag != "PubmedArticleSet":
        raise UnreadableAnswer("not a set of articles")
    return root


def record(element: Element) -> Record | None:
    """The record of an article or of a book; None for what is neither or has no PMID."""
    match element.tag:
        case "PubmedArticle":
            citation = part(element, "MedlineCitation")
            pmid = number(text(citation, "PMID"))
            return article_record(pmid, citation, part(element, "PubmedData")) if pmid else None
        case "PubmedBookArticle":
            document = part(element, "BookDocument")
            pmid = number(text(document, "PMID"))
            return book_record(pmid, document, part(element, "PubmedBookData")) if pmid else None
    return None


def article_record(pmid: int, citation: Element, data: Element) -> Record:
    article = part(citation, "Article")
    published = article_date(article)
    doi = article_id(data, "doi") or next(locations(article, "doi"), "")
    return Record(
        pmid=pmid,
        title=title(article, "ArticleTitle"),
        vernacular_title=title(article, "VernacularTitle"),
        authors=names(lists_of("authors", article)),
        has_more_authors=is_cut(article),
        journal=text(citation, "MedlineJournalInfo/MedlineTA")
        or text(article, "Journal/ISOAbbreviation").replace(".", ""),
        journal_name=text(article, "Journal/Title"),
        published=published,
        year=year(published),
        volume=text(article, "Journal/JournalIssue/Volume"),
        issue=text(article, "Journal/JournalIssue/Issue"),
        # Without pages an article is found by its publisher's number, as in "2021 Jun 4:S0002-8703(21)1".
        pages=pages(article) or next((pii for pii in locations(article, "pii") if pii != doi), ""),
        doi=doi,
        pmcid=article_id(data, "pmc"),
        publication_types=tuple(publication_types(part(article, "PublicationTypeList"))),
        languages=languages(article),
        notices=tuple(notices(citation, NOTICES)),
        notice_of=tuple(notices(citation, NOTICES_OF)),
    )


def book_record(pmid: int, document: Element, data: Element) -> Record:
    """A chapter in a book, or the book as a whole, which has no title beside the book's."""
    book = part(document, "Book")
    book_title = text(book, "BookTitle")
    medium = text(book, "Medium")
    named = f"{book_title} [{medium}]" if book_title and medium else book_title
    chapter = title(document, "ArticleTitle")
    is_chapter = chapter not in ("", book_title)
    dates = (
        date(document, "ContributionDate") if is_chapter else "",
        date(book, "PubDate"),
        date(book, "BeginningDate"),
    )
    published = next(filter(None, dates), "")
    # A chapter that names nobody is by those who wrote the book.
    writers = document if is_chapter and names(lists_of("authors", document)) else book
    return Record(
        pmid=pmid,
        title=chapter if is_chapter else named,
        vernacular_title=title(document, "VernacularTitle"),
        authors=names(lists_of("authors", writers)),
        has_more_authors=is_cut(writers),
        published=published,
        year=year(published),
        volume=text(book, "Volume"),
        pages=pages(document),
        doi=article_id(data, "doi") or article_id(document, "doi") or next(locations(book, "doi"), ""),
        pmcid=article_id(data, "pmc") or article_id(document, "pmc"),
        publication_types=tuple(publication_types(document)),
        languages=languages(document),
        notices=tuple(notices(document, NOTICES)),
        notice_of=tuple(notices(document, NOTICES_OF)),
        book=named if is_chapter else "",
        edition=text(book, "Edition"),
        place=text(book, "Publisher/PublisherLocation"),
        publisher=text(book, "Publisher/PublisherName"),
        editors=names(lists_of("editors", book)),
    )


def words(element: Element, kept: frozenset[str] = frozenset()) -> str:
    """All text in an element, with the given tags in it. Not recursive: nesting may be deep."""
    pieces: list[str] = []
    todo: list[Element | str] = [*inside(element)]
    while todo:
        piece = todo.pop()
        if isinstance(piece, str):
            pieces.append(piece)
        elif piece.tag in kept:
            todo += [f"</{piece.tag}>", *inside(piece), f"<{piece.tag}>"]
        else:
            todo += inside(piece)
    return " ".join(without_hidden("".join(pieces)).split())


def inside(element: Element) -> list[Element | str]:
    """What is in an element, last first."""
    pieces: list[Element | str] = [element.text or ""]
    for child in element:
        pieces += [child, child.tail or ""]
    return pieces[::-1]


def part(parent: Element, tag: str) -> Element:
    """The child, or an empty one."""
    child = parent.find(tag)
    return Element(tag) if child is None else child


def text(parent: Element, path: str) -> str:
    return words(part(parent, path))


def title(parent: Element, tag: str) -> str:
    return words(part(parent, tag), TITLE_TAGS)


def number(written: str) -> int | None:
    """A PMID."""
    found = PMID.fullmatch(written)
    return int(found[1]) if found else None


def lists_of(kind: Literal["authors", "editors"], parent: Element) -> Iterator[Element]:
    """The lists of people; one that does not say what they are holds authors."""
    return (people for people in parent.findall("AuthorList") if people.get("Type", "authors") == kind)


def names(lists: Iterable[Element]) -> tuple[str, ...]:
    return tuple(filter(None, (name(person) for people in lists for person in people.findall("Author"))))


def name(person: Element) -> str:
    """As PubMed prints it: "Smith J Jr". Empty for a name that an erratum has replaced."""
    if person.get("ValidYN", "Y") != "Y":
        return ""
    family = text(person, "LastName")
    if not family:
        return text(person, "CollectiveName")
    suffix = text(person, "Suffix").rstrip(".")
    return " ".join(filter(None, (family, text(person, "Initials"), suffix)))


def is_cut(parent: Element) -> bool:
    """Whether there are more authors than the record names."""
    return any(people.get("CompleteYN") == "N" for people in lists_of("authors", parent))


def article_date(article: Element) -> str:
    dates = [
        date(article, "Journal/JournalIssue/PubDate"),
        date(article, "ArticleDate[@DateType='Electronic']"),
    ]
    if article.get("PubModel") in ELECTRONIC_FIRST:
        dates.reverse()
    return dates[0] or dates[1]


def date(parent: Element, path: str) -> str:
    """As PubMed prints it: "2021 Aug 5", "2000 Spring", "2018 May-Jun", "1979"."""
    element = part(parent, path)
    in_year = text(element, "Year")
    if not in_year:
        return re.sub(r" ?[-–] ?", "-", text(element, "MedlineDate"))
    in_month = month(text(element, "Month"))
    day = text(element, "Day").lstrip("0") if in_month else ""
    return " ".join(filter(None, (in_year, in_month or text(element, "Season"), day)))


def month(written: str) -> str:
    """The month's short name, of "06" and "June" too."""
    if written.isdecimal():
        return NUMBERED_MONTHS.get(written.lstrip("0"), "")
    short = written[:3].capitalize()
    return short if written.isalpha() and short in MONTHS else written


def year(published: str) -> int | None:
    found = YEAR.search(published)
    return int(found[0]) if found else None


def pages(parent: Element) -> str:
    pagination = part(parent, "Pagination")
    first, last = text(pagination, "StartPage"), text(pagination, "EndPage")
    span = f"{first}-{last}" if last not in ("", first) else first
    return text(pagination, "MedlinePgn") or span


def locations(parent: Element, kind: Literal["doi", "pii"]) -> Iterator[str]:
    """Where an electronic work is found."""
    for location in parent.findall("ELocationID"):
        if location.get("EIdType") == kind and location.get("ValidYN", "Y") == "Y":
            yield words(location)


def article_id(parent: Element, kind: Literal["doi", "pmc"]) -> str:
    """An identifier of this work; deeper in the record are those of the works it cites."""
    return text(parent, f"ArticleIdList/ArticleId[@IdType='{kind}']")


def publication_types(parent: Element) -> Iterator[PublicationType]:
    for element in parent.findall("PublicationType"):
        ui, named = element.get("UI", ""), words(element)
        if ui or named:
            yield PublicationType(ui, named)


def languages(parent: Element) -> tuple[str, ...]:
    return tuple(filter(None, map(words, parent.findall("Language"))))


def notices(parent: Element, kinds: dict[str, NoticeKind]) -> Iterator[Notice]:
    for element in parent.findall("CommentsCorrectionsList/CommentsCorrections"):
        if kind := kinds.get(element.get("RefType", "")):
            # A citation may end with the marks of a volume and pages that are not known yet: "2021 Jun 7;:".
            source = text(element, "RefSource").rstrip(";: ")
            yield Notice(kind, source, number(text(element, "PMID")))
