"""Bulk import: files of PubMed and of reference managers (.nbib, .ris, PubMed XML) to keys and claims.

A file says what its author believes: each entry is looked up and compared with PubMed's record, so only
the PubMed ID, the DOI and a citation to compare are taken from it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from urllib.parse import unquote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from references import citations, records, vancouver
from references.characters import without_hidden
from references.exports import one_line
from references.records import MONTHS

# Bytes.
LARGEST_FILE = 2_000_000
# Characters. What is longer is no title, and cut.
LONGEST_VALUE = 5_000
# A file with more is not what its name says.
MOST_PROBLEMS = 100

TOO_LARGE = gettext_lazy("The file is larger than 2 MB. Divide it and import the parts.")
NOT_UTF_8 = gettext_lazy("The file is not text in UTF-8. Export it again with the encoding UTF-8.")
UNKNOWN_FORMAT = gettext_lazy("The file is neither .nbib nor .ris nor PubMed XML.")
BROKEN_XML = gettext_lazy("The file is not PubMed XML, or a part of it is missing.")
NO_ENTRIES = gettext_lazy("There are no references in the file.")

NEW_LINE = re.compile(r"\r\n|\r|\n")
RIS_LINE = re.compile(r"([A-Z][A-Z0-9]) {1,2}-(?: (.*))?")
NBIB_LINE = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}-(?: (.*))?")
# The beginnings by which the formats are told apart; a file of works without PMIDs has another tag first.
RIS_START = re.compile(r"TY {1,2}-")
NBIB_START = re.compile(
    r"(?:PMID|OWN |STAT|VI  |IP  |PB  |DP  |TI  |BTI |LID |AU  |CN  |PT  |TA  |GN  |AID )-"
)

XML_ENTRY = re.compile(r"<Pubmed(?:Book)?Article[\s>]")
XML_PMID = re.compile(r"<PMID\b[^<>]*>\s*([0-9]{1,8})\s*<")

DOI_ADDRESS = re.compile(r"https?://(?:dx\.)?doi\.org/(10\.[^\s;]+)")
SAYS_PUBMED = re.compile(r"\A(?:PMID|PubMed|MEDLINE)(?: ID)?\s*:?\s*", re.IGNORECASE)
WORDS_OF_NAME = re.compile(r"[^\s.-]+")

BOOKS = ("BOOK", "CHAP", "EBOOK", "ECHAP", "EDBOOK", "RPRT", "STAND", "GOVDOC")


class UnreadableFileError(ValueError):
    """Nothing can be imported from the file. Its text is one sentence for the editor."""


@dataclass(frozen=True)
class Entry:
    """A work by PubMed ID or DOI or both, and its citation as the file has it."""

    pmid: int | None
    doi: str | None
    claimed: str


@dataclass(frozen=True)
class Imported:
    """What is in a file. Problems are sentences with their lines, which count from 1."""

    entries: tuple[Entry, ...]
    problems: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Claim:
    """What a file says of a work, as a citation needs it. Identifiers are not part of it."""

    title: str = ""
    vernacular_title: str = ""
    authors: tuple[str, ...] = ()
    has_more_authors: bool = False
    journal: str = ""
    published: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    book: str = ""
    edition: str = ""
    place: str = ""
    publisher: str = ""
    editors: tuple[str, ...] = ()
    doi: None = None
    url: str = ""

    def __str__(self) -> str:
        """In English whoever imports it, like PubMed's record, with which it is compared."""
        if not self.title:
            return ""
        with override("en"):
            return one_line(vancouver.citation_text(self))


@dataclass
class Tagged:
    """An entry as it stands in the file: what follows each tag, and the line it begins at."""

    line: int
    values: dict[str, list[list[str]]] = field(default_factory=dict)
    """Each value with the lines it goes on in."""
    last: list[str] = field(default_factory=list)

    def add(self, tag: str, value: str) -> None:
        self.last = [value]
        self.values.setdefault(tag, []).append(self.last)

    def first(self, *tags: str) -> str:
        """What follows the first of the tags that says something."""
        return next((value for value in self.all(*tags) if value), "")

    def all(self, *tags: str) -> Iterator[str]:
        for tag in tags:
            for value in self.values.get(tag, ()):
                yield " ".join(map(str.strip, value)).strip()[:LONGEST_VALUE]


@dataclass
class Reading:
    """What has been found so far."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def problem(self, line: int, message: str) -> None:
        if len(self.problems) == MOST_PROBLEMS:
            message = _("There are more problems in this file. They are not listed.")
        if len(self.problems) <= MOST_PROBLEMS:
            self.problems.append((line, message))

    def add(self, line: int, pmid: str, doi: str, claimed: str) -> None:
        """An entry with what is right of its identifiers; what is wrong becomes a problem."""
        right_pmid = right_doi = None
        if pmid:
            try:
                right_pmid = int(citations.pmid(pmid).value)
            except citations.MalformedKeyError:
                self.problem(line, _("“%(written)s” is not a PubMed ID.") % {"written": shortened(pmid)})
        if doi:
            try:
                citations.doi(doi)
                right_doi = citations.bare_doi(doi)
            except citations.MalformedKeyError:
                self.problem(line, _("“%(written)s” is not a DOI.") % {"written": shortened(doi)})
        if right_pmid or right_doi:
            self.entries.append(Entry(right_pmid, right_doi, claimed))
        elif not (pmid or doi):
            self.problem(line, unidentified(claimed))


def read(data: bytes) -> Imported:
    """The entries of a file. Raises UnreadableFileError."""
    if len(data) > LARGEST_FILE:
        raise UnreadableFileError(TOO_LARGE)
    try:
        text = without_hidden(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UnreadableFileError(NOT_UTF_8) from None
    reading = Reading()
    if text.lstrip().startswith("<"):
        read_xml(data, text, reading)
    else:
        read_lines(NEW_LINE.split(text), reading)
    if not (reading.entries or reading.problems):
        raise UnreadableFileError(NO_ENTRIES)
    return Imported(tuple(reading.entries), tuple(sorted(reading.problems, key=lambda problem: problem[0])))


def read_lines(lines: list[str], reading: Reading) -> None:
    for line in lines:
        if RIS_START.match(line):
            return read_ris(lines, reading)
        if NBIB_START.match(line):
            return read_nbib(lines, reading)
    raise UnreadableFileError(UNKNOWN_FORMAT if any(line.strip() for line in lines) else NO_ENTRIES)


def read_ris(lines: Iterable[str], reading: Reading) -> None:
    for entry in ris_entries(lines, reading):
        reading.add(entry.line, ris_pmid(entry), ris_doi(entry), ris_claimed(entry))


def ris_entries(lines: Iterable[str], reading: Reading) -> Iterator[Tagged]:
    """From TY to ER. What stands before the first entry and has no tags is about the file."""
    entry: Tagged | None = None
    is_lost = False
    for number, line in enumerate(lines, start=1):
        found = RIS_LINE.fullmatch(line)
        tag, value = (found[1], found[2] or "") if found else ("", line)
        if tag == "TY":
            if entry:
                reading.problem(entry.line, _("This entry has no line “ER” at its end."))
                yield entry
            entry = Tagged(number)
            entry.add(tag, value)
            is_lost = False
        elif entry is None:
            if tag and not is_lost:
                reading.problem(number, _("This entry has no line “TY” at its beginning and is left out."))
            is_lost = bool(tag) and tag != "ER"
        elif tag == "ER":
            yield entry
            entry = None
        elif tag:
            entry.add(tag, value)
        else:
            entry.last.append(value)
    if entry:
        reading.problem(entry.line, _("This entry has no line “ER” at its end."))
        yield entry


def ris_pmid(entry: Tagged) -> str:
    """The accession number, unless it is another database's; or what a PubMed address ends with."""
    database, written = entry.first("DB"), entry.first("AN")
    number = SAYS_PUBMED.sub("", written, count=1)
    if SAYS_PUBMED.match(database) or SAYS_PUBMED.match(written):
        is_pubmeds = bool(number)
    else:
        is_pubmeds = not database and is_pmid(number)
    return number if is_pubmeds else in_address(entry, citations.PUBMED_ADDRESS)


def is_pmid(written: str) -> bool:
    try:
        citations.pmid(written)
    except citations.MalformedKeyError:
        return False
    return True


def ris_doi(entry: Tagged) -> str:
    return entry.first("DO") or unquote(in_address(entry, DOI_ADDRESS))


def in_address(entry: Tagged, identifier: re.Pattern[str]) -> str:
    """What the pattern finds in the addresses of an entry; several may stand in one line."""
    for value in entry.all("UR", "L1", "L2", "L3", "LK", "M3"):
        if found := identifier.search(value):
            return found[1]
    return ""


def ris_claimed(entry: Tagged) -> str:
    is_book = entry.first("TY") in BOOKS
    claim = Claim(
        title=entry.first("TI", "T1", "CT"),
        authors=tuple(map(printed_name, filter(None, entry.all("AU", "A1")))),
        journal="" if is_book else entry.first("JO", "JA", "T2", "JF", "J2"),
        published=ris_date(entry.first("DA", "PY", "Y1")),
        volume=entry.first("VL"),
        issue=entry.first("IS"),
        pages="-".join(filter(None, (entry.first("SP"), entry.first("EP")))),
        book=entry.first("T2", "BT") if is_book else "",
        edition=entry.first("ET") if is_book else "",
        place=entry.first("CY") if is_book else "",
        publisher=entry.first("PB") if is_book else "",
        editors=tuple(map(printed_name, filter(None, entry.all("ED", "A2")))) if is_book else (),
    )
    return str(claim) or one_line(entry.first("N1"))


def ris_date(written: str) -> str:
    """ "2021 Aug 5" of "2021/08/05/"."""
    year, month, day, other = [*map(str.strip, written.split("/", 3)), "", "", ""][:4]
    if month.isdecimal() and 1 <= int(month[-2:]) <= len(MONTHS):
        return " ".join(filter(None, (year, MONTHS[int(month[-2:]) - 1], day.lstrip("0"))))
    return " ".join(filter(None, (year, other)))


def printed_name(written: str) -> str:
    """ "Wastyk HC" of "Wastyk, H. C." and of "Wastyk, Hannah C."; an organisation has no comma."""
    family, given, suffix = [*map(str.strip, written.split(",", 2)), "", ""][:3]
    names = WORDS_OF_NAME.findall(given)
    are_initials = len(names) == 1 and names[0].isupper()
    initials = names[0] if are_initials else "".join(name[0].upper() for name in names)
    return " ".join(filter(None, (family, initials, suffix.rstrip("."))))


def read_nbib(lines: Iterable[str], reading: Reading) -> None:
    for entry in nbib_entries(lines, reading):
        dois = (value for value in entry.all("LID", "AID") if value.endswith("[doi]"))
        doi = next(dois, "").removesuffix("[doi]").strip()
        reading.add(entry.line, entry.first("PMID"), doi, nbib_claimed(entry))


def nbib_entries(lines: Iterable[str], reading: Reading) -> Iterator[Tagged]:
    """Parted by blank lines; a long value goes on in the next line, after blanks."""
    entry: Tagged | None = None
    for number, line in enumerate(lines, start=1):
        found = NBIB_LINE.fullmatch(line)
        if entry and (not line.strip() or (found and found[1] == "PMID")):
            yield entry
            entry = None
        if found:
            entry = entry or Tagged(number)
            entry.add(found[1], found[2] or "")
        elif entry and line.startswith(" "):
            entry.last.append(line)
        elif line.strip():
            reading.problem(number, _("“%(line)s” cannot be read.") % {"line": shortened(line)})
    if entry:
        yield entry


def nbib_claimed(entry: Tagged) -> str:
    title, book = entry.first("TI"), entry.first("BTI")
    claim = Claim(
        title=title or book,
        vernacular_title=entry.first("TT"),
        authors=tuple(filter(None, entry.all("AU", "CN"))),
        journal=entry.first("TA", "JT"),
        published=entry.first("DP"),
        volume=entry.first("VI"),
        issue=entry.first("IP"),
        pages=entry.first("PG"),
        book=book if title else "",
        edition=entry.first("EN") if book else "",
        place=entry.first("PL") if book else "",
        publisher=entry.first("PB") if book else "",
        editors=tuple(filter(None, entry.all("ED"))),
    )
    return str(claim) or one_line(entry.first("GN"))


def read_xml(data: bytes, text: str, reading: Reading) -> None:
    try:
        found = records.parse(data)
    except records.UnreadableAnswer:
        raise UnreadableFileError(BROKEN_XML) from None
    lines: dict[int, int] = {}
    for line, pmid in xml_entries(text):
        if pmid in found:
            lines.setdefault(pmid, line)
        else:
            reading.problem(line, _("This record has no PubMed ID, or PubMed has deleted it."))
    for record in found.values():
        reading.add(lines.get(record.pmid, 1), str(record.pmid), record.doi, record_claimed(record))


def xml_entries(text: str) -> Iterator[tuple[int, int | None]]:
    """The line each record begins at, and its PubMed ID."""
    starts = [found.start() for found in XML_ENTRY.finditer(text)]
    ends = [*starts[1:], len(text)]
    line = 1
    counted = 0
    for start, end in zip(starts, ends, strict=False):
        line += text.count("\n", counted, start)
        counted = start
        pmid = XML_PMID.search(text, start, end)
        yield line, int(pmid[1]) if pmid else None


def record_claimed(record: records.Record) -> str:
    shared = {part.name for part in fields(Claim)} & {part.name for part in fields(record)} - {"doi"}
    return str(Claim(**{name: getattr(record, name) for name in shared}))


def unidentified(claimed: str) -> str:
    if not claimed:
        return _("This entry has neither a PubMed ID nor a DOI.")
    return _("“%(claimed)s” has neither a PubMed ID nor a DOI.") % {"claimed": shortened(claimed)}


def shortened(text: str) -> str:
    return citations.shortened(one_line(text), most=100)
