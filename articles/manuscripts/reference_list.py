"""The author's reference list, and the text's numbers [3, 4] turned into keyed citations by its order."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from re import Pattern

from django.utils.translation import gettext as _

from articles.manuscripts.manuscript import LeftOver, ListedReference, ManuscriptError, Problem, shortened
from references import citations
from references.citations import Group, Key, MalformedKeyError

# Citing a long range over and over would make a small file a huge text.
MOST_CITED = 50_000
LONGEST_RANGE = 50

# Of ranges: hyphen, hyphen that does not break, figure dash, en dash, minus.
DASH = r"\u2010-\u2013\u2212-"
NUMBERS = re.compile(rf"\[\s*[0-9]{{1,4}}(?:\s*[,;{DASH}]\s*[0-9]{{1,4}})*\s*\]")
# Not escaped, and not the words, label or definition of a link or picture. [1][2] are two citations.
NUMBERS_IN_MARKDOWN = re.compile(
    rf"(?<![\\!])(?<![^0-9]\])(?!^\[[0-9]+\]:){NUMBERS.pattern}(?!\()", re.MULTILINE
)
RANGE = re.compile(rf"([0-9]+)(?:\s*[{DASH}]\s*([0-9]+))?")

MARKER = re.compile(r"[-*\u2022\u2013]\s+|(?:\[([0-9]{1,4})\]|([0-9]{1,4})[.)])\s+")
PMID_LABEL = re.compile(
    r"\(?\b(?:PubMed[ -]?ID|PMID)(?:\s*:\s*|\s+(?=\d))(?P<value>[^\s,;:()]+)\)?[:.,;]?",
    re.IGNORECASE,
)
DOI_LABEL = re.compile(
    r"\(?(?:\bdoi\s*:\s*(?:https?://(?:dx\.)?doi\.org/)?|https?://(?:dx\.)?doi\.org/)"
    r"(?P<value>10\.\S+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Entry:
    """An entry of the list as the author wrote it, before anything is checked."""

    line: int
    source: str
    pmid: str = ""
    doi: str = ""
    claimed: str = ""
    printed: str = ""
    """The number before it, if it has one."""


@dataclass
class ReferenceList:
    """What the entries name, and what the text has cited of them so far."""

    references: list[ListedReference] = field(default_factory=list)
    keys: list[Key | None] = field(default_factory=list)
    """By the entries' order; None for one that names no work."""
    cited: set[Key] = field(default_factory=set)
    cited_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    left_over: list[LeftOver] = field(default_factory=list)

    def keyed(self, text: str, line: int, numbers: Pattern[str], literal: Callable[[str], str]) -> str:
        """The text with its numbers as keyed citations; `literal` writes what is not a citation.

        `line` is that of the text's first line, `numbers` finds numbers as the text's form has them.
        Citations that are keyed already stay as they are.
        """
        parts = []
        for segment in citations.parse(text).segments:
            if isinstance(segment, Group):
                self.cited.update(segment.keys)
                parts.append(segment.source)
            else:
                parts += self.keyed_parts(segment.source, line, numbers, literal)
            line += segment.source.count("\n")
        return "".join(parts)

    def keyed_parts(
        self, text: str, line: int, numbers: Pattern[str], literal: Callable[[str], str]
    ) -> list[str]:
        parts = []
        done = 0
        for match in numbers.finditer(text):
            before = text[done : match.start()]
            line += before.count("\n")
            parts += [literal(before), self.citation(match[0], line, literal)]
            line += match[0].count("\n")
            done = match.end()
        return [*parts, literal(text[done:])]

    def citation(self, group: str, line: int, literal: Callable[[str], str]) -> str:
        """[3, 99] becomes the key of entry 3 and, without an entry 99, the text [99]."""
        numbers = numbers_in(group)
        keys = list(dict.fromkeys(key for number in numbers if (key := self.key(number))))
        self.cited.update(keys)
        # What a range stands for, too: there is a sentence for each number that is no entry.
        self.cited_count += max(len(keys), len(numbers) - 1)
        if self.cited_count > MOST_CITED:
            raise ManuscriptError(
                _("The text cites works more than %(most)d times. Look for ranges like [1-49] that are none.")
                % {"most": MOST_CITED}
            )
        unknown = [number for number in numbers if not self.key(number)]
        self.problems += [Problem(line, self.why_not(number)) for number in unknown]
        if not keys:
            return literal(group)
        citation = f"[{'; '.join(key.markup for key in keys)}]"
        if not unknown:
            return citation
        rest = ", ".join(map(str, unknown))
        return f"{citation} {literal(f'[{rest}]')}"

    def key(self, number: int) -> Key | None:
        return self.keys[number - 1] if 0 < number <= len(self.keys) else None

    def why_not(self, number: int) -> str:
        if 0 < number <= len(self.keys):
            message = _(
                "[%(number)d] was kept as text: that entry of the reference list has no valid "
                "PubMed ID or DOI."
            )
        else:
            message = _("[%(number)d] was kept as text: the reference list has no such entry.")
        return message % {"number": number}

    def never_cited(self) -> list[Problem]:
        """To be asked when the whole text has been keyed."""
        message = _("%(work)s is in the reference list but never cited.")
        return [
            Problem(reference.line, message % {"work": spoken(key)})
            for reference in self.references
            if (key := key_of(reference)) not in self.cited
        ]


def names_a_work(text: str) -> bool:
    """Whether a line says a PubMed ID or DOI as entries of a list do."""
    return bool(PMID_LABEL.search(text) or DOI_LABEL.search(text))


def names_one_work(text: str) -> bool:
    """Whether there is an id of a work in a line, and none of a second work."""
    pmids, dois = ({match["value"] for match in label.finditer(text)} for label in (PMID_LABEL, DOI_LABEL))
    return bool(pmids or dois) and len(pmids) < 2 and len(dois) < 2


def is_marked(text: str) -> bool:
    """Whether a line begins with a bullet or a number."""
    return MARKER.match(text) is not None


def begins_entry(text: str) -> bool:
    return bool(MARKER.match(text) or PMID_LABEL.match(text) or DOI_LABEL.match(text))


def entry_from_text(line: int, text: str) -> Entry:
    """The entry that one line of text is, without its bullet or number."""
    marker = MARKER.match(text)
    printed = (marker[1] or marker[2] or "") if marker else ""
    claimed = source = text[marker.end() :] if marker else text
    pmid = doi = ""
    if match := PMID_LABEL.search(claimed):
        pmid = match["value"].rstrip(".")
        claimed = without(claimed, match.start(), match.end())
    if match := DOI_LABEL.search(claimed):
        doi = trimmed_doi(match["value"])
        claimed = without(claimed, match.start(), match.start("value") + len(doi))
    return Entry(line, source, pmid, doi, claimed, printed)


def without(text: str, start: int, end: int) -> str:
    before = text[:start].rstrip()
    after = text[end:].lstrip(").:,; ") if before else text[end:].lstrip("): ")
    return f"{before} {after}".strip()


def trimmed_doi(text: str) -> str:
    """A DOI without what only followed it, as in "10.1000/182: Journal" or "(10.1000/182)."."""
    doi = text.rstrip(".,:;")
    return doi if "(" in doi else doi.rstrip(").,:;")


def reference_list(entries: Iterable[Entry]) -> ReferenceList:
    """Check the entries: one reference for each work, everything else kept and said."""
    found = ReferenceList()
    seen = set()
    for number, entry in enumerate(entries, start=1):
        if entry.printed and int(entry.printed) != number:
            message = _("The entry numbered %(printed)s is number %(number)d of the list and cited as that.")
            values = {"printed": entry.printed, "number": number}
            found.problems.append(Problem(entry.line, message % values))
        reference, message = checked(entry)
        key = key_of(reference) if reference else None
        if key and key in seen:
            message = _(
                "%(work)s is in the reference list twice; the second entry was kept at the end of the text."
            ) % {"work": spoken(key)}
        elif key and reference:
            found.references.append(reference)
            seen.add(key)
        found.keys.append(key)
        if message:
            found.problems.append(Problem(entry.line, message))
            found.left_over.append(LeftOver(entry.line, entry.source))
    return found


def checked(entry: Entry) -> tuple[ListedReference | None, str]:
    """The reference an entry names, if it names one, and what is wrong with the entry."""
    pmid, doi, message = None, "", ""
    if not (entry.pmid or entry.doi):
        message = _(
            "An entry of the reference list has no PubMed ID or DOI; it was kept at the end of the text."
        )
    if entry.doi:
        try:
            doi = citations.doi(entry.doi).value
        except MalformedKeyError:
            message = _("“%(value)s” is not a DOI; the entry was kept at the end of the text.") % {
                "value": shortened(entry.doi)
            }
    if entry.pmid:
        try:
            pmid = int(citations.pmid(entry.pmid).value)
        except MalformedKeyError:
            message = _(
                "“%(value)s” is not a PubMed ID, which is a number of at most eight digits; the "
                "entry was kept at the end of the text."
            ) % {"value": shortened(entry.pmid)}
    if not (pmid or doi):
        return None, message
    return ListedReference(pmid, doi, entry.claimed, entry.line), message


def not_citable(text: str, line: int) -> list[Problem]:
    """Numbers in an abstract, which has no citations."""
    message = _("%(numbers)s in the abstract was kept as text: citations belong in the text.")
    return [Problem(line, message % {"numbers": shortened(match[0])}) for match in NUMBERS.finditer(text)]


def key_of(reference: ListedReference) -> Key:
    if reference.pmid:
        return citations.pmid(reference.pmid)
    return citations.doi(reference.doi)


def spoken(key: Key) -> str:
    """A key as a person reads it."""
    return f"PubMed ID {key.value}" if key.kind == "pmid" else f"DOI {key.value}"


def numbers_in(group: str) -> list[int]:
    """[1, 3-5] is 1, 3, 4, 5. What is too long for a range is its two ends."""
    numbers: list[int] = []
    for match in RANGE.finditer(group):
        first, last = int(match[1]), int(match[2] or match[1])
        if 0 <= last - first < LONGEST_RANGE:
            numbers.extend(range(first, last + 1))
        else:
            numbers.extend((first, last))
    return list(dict.fromkeys(numbers))
