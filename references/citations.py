"""Citations in a text: read, number, and set into the rendered page.

Editors write `[@pmid:34256014]`, several as `[@pmid:34256014; @pmid:29467611]`, a DOI as
`[@doi:10.1016/j.cell.2021.06.019]`; `[@34256014]` is short for a PubMed ID. That is the syntax of
pandoc and Manubot: https://manubot.github.io/rootstock/, https://pandoc.org/MANUAL.html#citations
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeVar

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Kind = Literal["pmid", "doi"]
Code = Literal[
    "empty",
    "unclosed",
    "unknown_kind",
    "pmid_not_a_number",
    "pmid_leading_zero",
    "pmid_too_long",
    "doi_malformed",
    "too_many",
]
Citable = TypeVar("Citable", bound=Hashable)

LONGEST_PMID = 8
LONGEST_DOI = 300

# A text with more is not an article; reading stops, so that no input is slow.
MOST_PROBLEMS = 1000

# Crossref's recommendation and, for the DOIs of the 1990s (SICI), < > & #. Not [ ]: they end a group.
# The end is no punctuation: that belongs to the sentence the DOI was copied from.
# https://www.crossref.org/blog/dois-and-matching-regular-expressions/
DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[-._;()/:<>&#a-z0-9]*[-_()/<>&#a-z0-9]")
DOI_ADDRESS = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)\s*", re.IGNORECASE)
PUBMED_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)"
    r"/([0-9]+)(?:[/?#].*)?",
    re.IGNORECASE,
)

OPENING = re.compile(r"\[[ \t]*@")
# What ends a group: its bracket, or what shows that there is none, the next group or a blank line.
ENDING = re.compile(r"\]|\[[ \t]*@|\n[ \t\r]*\n")
SEPARATOR = re.compile(r";\s*@")

# What matters in sanitised HTML: where tags begin and end, attribute values, and our tokens. Their
# percent signs are optional because what makes an anchor or a slug of a heading drops them.
MARKUP = re.compile(
    r"""
    (?P<tag></?[a-z][a-z0-9]*)
    | [">]
    | %?cite(?P<digest>[0-9a-f]{16})n(?P<index>[0-9]{1,7})x%?
    """,
    re.VERBOSE,
)

# A number of a marker, as marker_html() makes it.
MARKER = re.compile(
    r'<a href="#ref-(?P<number>[0-9]+)" id="(?P<place>cite-[0-9-]+)" aria-label="(?P<label>[^"]*)">[0-9]+</a>'
)

MESSAGES = {
    "empty": _(
        "There is nothing to cite after the @. Write [@pmid:34256014] or [@doi:10.1016/j.cell.2021.06.019]."
    ),
    "unclosed": _(
        "The citation is not closed: a ] is missing in its paragraph."
        " Write [@pmid:34256014], or \\[@ where no citation is meant."
    ),
    "unknown_kind": _(
        "“%(key)s” is neither a PubMed ID nor a DOI."
        " Write [@pmid:34256014] or [@doi:10.1016/j.cell.2021.06.019]."
    ),
    "pmid_not_a_number": _(
        "“%(key)s” is not a PubMed ID, which has digits only."
        " Write [@pmid:34256014], several as [@pmid:34256014; @pmid:29467611]."
    ),
    "pmid_leading_zero": _("A PubMed ID does not begin with 0. Write “%(key)s” without it."),
    "pmid_too_long": _(
        "“%(key)s” is too long for a PubMed ID, which has at most 8 digits. Compare it with PubMed."
    ),
    "doi_malformed": _(
        "“%(key)s” is not a DOI, which begins with 10. and has no blanks, brackets or final full stop."
        " Write [@doi:10.1016/j.cell.2021.06.019], or cite the PubMed ID instead."
    ),
    "too_many": _("Too many citations in this text cannot be read. From here on it was not looked at."),
}


class MalformedKeyError(ValueError):
    """The text names no work. `code` says why, as in Problem."""

    def __init__(self, code: Code, key: str) -> None:
        super().__init__(f"{code}: {key}")
        self.code: Code = code
        self.key = key


@dataclass(frozen=True, slots=True)
class Key:
    """What names a work in a text. Made by pmid() or doi() from what was not checked before."""

    kind: Kind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @property
    def markup(self) -> str:
        """As editors write it, between the brackets."""
        return f"@{self}"

    @property
    def label(self) -> str:
        """As people say it."""
        return f"PubMed {self.value}" if self.kind == "pmid" else f"{self.kind.upper()} {self.value}"


@dataclass(frozen=True, slots=True)
class Text:
    """A stretch of text without citations."""

    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """What stands in one pair of brackets. `line` counts from 1."""

    keys: tuple[Key, ...]
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A citation that could not be read and was kept as text. `line` counts from 1."""

    line: int
    source: str
    code: Code
    key: str = ""

    @property
    def message(self) -> str:
        """What is wrong and what to write, in the active language."""
        return str(MESSAGES[self.code]) % {"key": self.key}


@dataclass(frozen=True)
class Parsed:
    """A text in segments; their sources, joined, are the text."""

    segments: tuple[Text | Group, ...]
    problems: tuple[Problem, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(segment for segment in self.segments if isinstance(segment, Group))


@dataclass(frozen=True)
class Protected:
    """A text whose groups stand as tokens that Markdown and the sanitiser pass through unchanged."""

    text: str
    digest: str
    groups: tuple[Group, ...]
    problems: tuple[Problem, ...]

    def group(self, digest: str, index: int) -> Group | None:
        """The group a token stands for; None when it is not one of this text's tokens."""
        is_ours = digest == self.digest and index < len(self.groups)
        return self.groups[index] if is_ours else None


def pmid(written: str | int) -> Key:
    """The key of a PubMed ID. Raises MalformedKeyError."""
    value = str(written).strip()
    if not value:
        raise MalformedKeyError("empty", value)
    if not (value.isascii() and value.isdigit()):
        raise MalformedKeyError("pmid_not_a_number", value)
    if value.startswith("0"):
        raise MalformedKeyError("pmid_leading_zero", value)
    if len(value) > LONGEST_PMID:
        raise MalformedKeyError("pmid_too_long", value)
    return Key("pmid", value)


def doi(written: str) -> Key:
    """The key of a DOI, which may be written as an address. Raises MalformedKeyError."""
    value = bare_doi(written).lower()  # DOIs know no case
    if not value:
        raise MalformedKeyError("empty", value)
    if len(value) > LONGEST_DOI or not DOI.fullmatch(value):
        raise MalformedKeyError("doi_malformed", value)
    return Key("doi", value)


def bare_doi(written: str) -> str:
    """The DOI without https://doi.org/ before it. Not validated."""
    value = written.strip()
    address = DOI_ADDRESS.match(value)
    return value[address.end() :] if address else value


def parse(text: str) -> Parsed:
    r"""Find the citations of a text.

    A group with a malformed key is kept as text as a whole and reported. `\[@` is plain text, and so
    is a link whose words begin with @: `[@clinic](https://…)`. Takes time linear in the text.
    """
    segments: list[Text | Group] = []
    problems: list[Problem] = []
    done = 0
    line = 1
    counted = 0
    for start, written, end in possible_groups(text):
        if is_escaped(text, start):
            continue
        line += text.count("\n", counted, start)
        counted = start
        if len(problems) == MOST_PROBLEMS:
            problems.append(Problem(line, shortened(text[start:end]), "too_many"))
            break
        try:
            if written is None:
                raise MalformedKeyError("unclosed", "")
            keys = tuple(read_key(key) for key in SEPARATOR.split(written))
        except MalformedKeyError as error:
            if not (error.code == "unknown_kind" and text.startswith("(", end)):
                problems.append(Problem(line, shortened(text[start:end]), error.code, shortened(error.key)))
            continue
        if done < start:
            segments.append(Text(text[done:start]))
        segments.append(Group(keys, text[start:end], line))
        done = end
    if done < len(text):
        segments.append(Text(text[done:]))
    return Parsed(tuple(segments), tuple(problems))


def possible_groups(text: str) -> Iterator[tuple[int, str | None, int]]:
    """Where each `[@` stands, what is written after it (None if it is not closed), and where it ends."""
    position = 0
    while opening := OPENING.search(text, position):
        ending = ENDING.search(text, opening.end())
        if ending is not None and ending[0] == "]":
            position = ending.end()
            yield opening.start(), text[opening.end() : ending.start()], position
        else:
            position = ending.start() if ending else len(text)
            yield opening.start(), None, position


def is_escaped(text: str, position: int) -> bool:
    """Whether an odd number of backslashes stands before the position."""
    before = position
    while before and text[before - 1] == "\\":
        before -= 1
    return (position - before) % 2 == 1


def shortened(text: str, most: int = 60) -> str:
    """The text on one line, cut to the given number of characters."""
    stretch = " ".join(text[:most].split())
    return f"{stretch}…" if len(text) > most else stretch


def read_key(written: str) -> Key:
    """The key that was written after an @. Raises MalformedKeyError."""
    kind, colon, value = written.strip().partition(":")
    match kind.rstrip().lower():
        case "pmid" if colon:
            return pmid(value)
        case "doi" if colon:
            return doi(value)
        case "" if not colon:
            raise MalformedKeyError("empty", "")
        case number if not colon and number[0].isdigit() and not number.startswith("10."):
            return pmid(number)
    raise MalformedKeyError("unknown_kind", written.strip())


def keys(text: str) -> list[Key]:
    """Every key a text cites, in order, as often as it is cited."""
    return [key for group in parse(text).groups for key in group.keys]


def rekey(text: str, old: Collection[Key], new: Key) -> str:
    """The text with every citation of the old keys become one of the new; all else is untouched."""

    def rewritten(segment: Text | Group) -> str:
        if isinstance(segment, Text) or not any(key in old for key in segment.keys):
            return segment.source
        keys = dict.fromkeys(new if key in old else key for key in segment.keys)
        return f"[{'; '.join(key.markup for key in keys)}]"

    return "".join(rewritten(segment) for segment in parse(text).segments)


def number(keys: Iterable[Citable]) -> dict[Citable, int]:
    """Number citations by first appearance, from 1 (Vancouver citation-sequence)."""
    return {key: n for n, key in enumerate(dict.fromkeys(keys), start=1)}


def protect(text: str) -> Protected:
    """Put a token in the place of each group, so that Markdown can be rendered around it.

    A token is `%cite<16 hexadecimal digits>n<index>x%`. The digits come from the text, so no text can
    contain its own. A percent sign is neither a letter nor markup: `_Lactobacillus_[@1]` stays
    emphasised, and `<[@1]` does not turn into a tag.
    """
    parsed = parse(text)
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def pieces() -> Iterator[str]:
        index = 0
        for segment in parsed.segments:
            if isinstance(segment, Text):
                yield segment.source
            else:
                yield f"%cite{digest}n{index}x%"
                index += 1

    return Protected("".join(pieces()), digest, parsed.groups, parsed.problems)


@dataclass
class Place:
    """Where one is while reading sanitised HTML from its beginning."""

    tag: str = ""
    """The beginning of the tag one is in: `<a` or `</a`."""
    is_in_value: bool = False
    is_in_link: bool = False
    code_depth: int = 0

    def pass_by(self, mark: str) -> str:
        """Move past the beginning of a tag, a quote or a `>`. Answers with the tag that ended here."""
        if not self.tag:
            self.tag = mark if mark.startswith("<") else ""
        elif mark == '"':
            self.is_in_value = not self.is_in_value
        elif mark == ">" and not self.is_in_value:
            return self.end_tag()
        return ""

    def end_tag(self) -> str:
        ended, self.tag = self.tag, ""
        if ended in ("<a", "</a"):
            self.is_in_link = ended == "<a"
        elif ended in ("<code", "<pre"):
            self.code_depth += 1
        elif ended in ("</code", "</pre"):
            self.code_depth = max(0, self.code_depth - 1)
        return ended


def restore(html: str, protected: Protected, marker: Callable[[Group], str]) -> str:
    """Put a marker in the place of each token in sanitised HTML, in one pass.

    `marker` is called in the order in which readers meet the groups and answers with HTML. In an
    attribute, in code and in preformatted text no marker can stand: what the editor typed comes back
    there. A marker is itself a link, so one in the words of a link follows that link.

    The HTML is as html5ever writes it: lower-case tags, attribute values in double quotes, a bare `<`
    or `>` in them at most, and no comments.
    """
    pieces: list[str] = []
    after_link: list[str] = []
    done = 0
    place = Place()
    for found in MARKUP.finditer(html) if protected.groups else ():
        if not found["digest"]:
            if place.pass_by(found[0]) == "</a" and after_link:
                pieces += [html[done : found.end()], *after_link]
                after_link.clear()
                done = found.end()
        elif group := protected.group(found["digest"], int(found["index"])):
            pieces.append(html[done : found.start()])
            done = found.end()
            if place.tag or place.code_depth:
                pieces.append(escape(group.source))
            else:
                (after_link if place.is_in_link else pieces).append(marker(group))
    return "".join([*pieces, html[done:], *after_link])


def reference_label(number: int) -> str:
    """What a screen reader says for a number of a marker."""
    return gettext("reference %(number)d") % {"number": number}


def marker_html(
    places: Iterable[tuple[int, int]], label: Callable[[int], str] = reference_label
) -> SafeString:
    """A group as readers see it: `[3, 4]`, each number a link to its entry in the reference list.

    `places` has, for each work of the group, its number and the place: 1 where it is cited first, 2 the
    second time. The list links back to `#cite-<number>-<place>`.
    """
    first: dict[int, int] = {}
    for number, place in places:
        first.setdefault(number, place)
    links = format_html_join(
        ", ",
        '<a href="#ref-{0}" id="cite-{0}-{1}" aria-label="{2}">{0}</a>',
        ((number, place, label(number)) for number, place in sorted(first.items())),
    )
    return format_html('<span class="citation">[{}]</span>', links)


def mark_retracted(html: str, notices: Mapping[int, str]) -> str:
    """Say at every citing place that the study has been retracted, in HTML with markers.

    `notices` has the numbers of retracted works, each with the address of its notice or "".
    """
    if not notices:
        return html
    sentence = gettext("this study has been retracted")

    def marked(match: re.Match[str]) -> str:
        notice = notices.get(int(match["number"]))
        if notice is None:
            return match[0]
        warning = format_html('<a href="{}">{}</a>', notice, sentence) if notice else sentence
        return f'{match[0]} <strong class="retracted">({warning})</strong>'

    return MARKER.sub(marked, html)


def with_buttons(html: str) -> str:
    """HTML with markers whose numbers open the work's note where readers are: works.notes_html() makes it.

    The link stays for browsers, reading modes and printers that show no notes; the stylesheet shows one
    of the two. The button has its number by the stylesheet, or both would be read out of the page's text.
    """
    return MARKER.sub(with_button, html)


def with_button(marker: re.Match[str]) -> str:
    number, label = marker["number"], marker["label"]
    return (
        f'<span id="{marker["place"]}"><a href="#ref-{number}" aria-label="{label}">{number}</a>'
        f'<button type="button" popovertarget="note_{number}" popovertargetaction="show"'
        f' interestfor="note_{number}" aria-label="{label}" value="{number}"></button></span>'
    )
