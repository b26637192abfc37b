"""Whether a work stands, and whether it is the one the author meant. Values in, values out.

`standing()` reads what PubMed says of a paper's standing; `agreement()` compares what an author wrote
with a record; `candidates()` orders records by how well they fit what was written. Nothing here changes
anything: a person decides.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape
from itertools import pairwise
from typing import Literal, NamedTuple, Protocol, TypeVar

from references.records import Notice, NoticeKind, Record

Standing = Literal["good", "corrected", "updated", "concern", "retracted"]

# NLM's publication types by identifier: their names change ("Retraction of Publication" became
# "Retraction Notice" in 2025), and both names hold the word "retract".
RETRACTED_PUBLICATION = "D016441"
RETRACTION_NOTICE = "D016440"

# What a notice does to the paper it is about, gravest first.
GRAVITY: tuple[tuple[NoticeKind, Standing], ...] = (
    ("retraction", "retracted"),
    ("partial_retraction", "concern"),
    ("concern", "concern"),
    ("correction", "corrected"),
    ("republication", "corrected"),
    ("update", "updated"),
)
# Who updates or republishes a paper is a paper of its own, and may be cited as one.
NOTICES_THAT_ARE_PAPERS: frozenset[NoticeKind] = frozenset({"update", "republication"})


@dataclass(frozen=True)
class Judged:
    """How a paper stands, and the notice that says so, where one is known."""

    standing: Standing
    notice: Notice | None = None
    is_notice: bool = False
    """Whether the record is no paper but a notice about one: worth a warning where it is cited."""


def standing(record: Record) -> Judged:
    """How PubMed says the paper stands, by the gravest of its notices.

    A partial retraction is a concern. Part of the findings are withdrawn, and readers cannot tell which
    parts may be relied on (Committee on Publication Ethics, Retraction Guidelines), so it is graver than
    the erratum NLM has called it since 2016 (NLM Tech Bull. 2016 Sep-Oct;(412):e3). But the journal did
    not withdraw the paper, and "retracted" would not be true. Where NLM gives the paper the type of a
    retracted publication nonetheless, it is retracted.

    A retraction notice is in good standing itself, unless another notice says otherwise.
    """
    is_notice = is_typed(record, RETRACTION_NOTICE) or any(
        notice.kind not in NOTICES_THAT_ARE_PAPERS for notice in record.notice_of
    )
    for kind, judged in GRAVITY:
        notice = next((notice for notice in record.notices if notice.kind == kind), None)
        if judged != "retracted" and is_typed(record, RETRACTED_PUBLICATION):
            # No notice of a retraction is known; one of a part of it says as much as there is.
            return Judged("retracted", notice if kind == "partial_retraction" else None, is_notice)
        if notice:
            return Judged(judged, notice, is_notice)
    return Judged("good", is_notice=is_notice)


def is_typed(record: Record, ui: str) -> bool:
    return any(kind.ui == ui for kind in record.publication_types)


# The title is found when this much of it stands in the claim, by letters. A title in other words
# ("The gut microbiome and …" for "… in …"), with a typing error or without a short word stays above;
# a second content word out of eight is below.
SAME_TITLE = 0.85
# Below this the titles share no more than their subject. Between the two, a person looks.
SIMILAR_TITLE = 0.6
# A journal's year and that of its online version differ by one at the turn of the year.
YEARS_APART = 1

# A title without its subtitle is still that title, if there is enough of it. "Depression: a review" is not.
FEWEST_WORDS_WITHOUT_SUBTITLE = 4
# "Irritable bowel syndrome" in "Irritable bowel syndrome: advice for schools" need not be the title.
FEWEST_WORDS_BEFORE_A_COLON = 5
# So many words in their order, in the middle of a sentence, are no coincidence; fewer can be.
FEWEST_WORDS_INSIDE_A_SENTENCE = 7

# Nobody reads longer ones either; and no input is slow.
LONGEST_CLAIM = 2000
MOST_WORDS_OF_A_CLAIM = 500
MOST_WORDS_OF_A_TITLE = 60

Answer = Literal["agrees", "doubtful", "another_paper", "nothing_claimed"]
Outcome = Literal["same", "similar", "differs", "not_compared"]
Reason = Literal[
    "same_doi", "same_title", "similar_title", "same_journal", "same_year", "same_volume_and_page"
]


class Work(Protocol):
    """What a claim is compared with. Empty is unknown."""

    @property
    def title(self) -> str: ...
    @property
    def vernacular_title(self) -> str: ...
    @property
    def journal(self) -> str: ...
    @property
    def journal_name(self) -> str: ...
    @property
    def book(self) -> str: ...
    @property
    def year(self) -> int | None: ...
    @property
    def volume(self) -> str: ...
    @property
    def pages(self) -> str: ...
    @property
    def doi(self) -> str | None: ...


WorkT = TypeVar("WorkT", bound=Work)


@dataclass(frozen=True)
class Field:
    """One thing compared. `claimed` is what was found in the author's text, or taken for it."""

    outcome: Outcome
    claimed: str = ""
    recorded: str = ""


NOT_COMPARED = Field("not_compared")


@dataclass(frozen=True)
class Agreement:
    """Whether a record is what the author wrote, and what was compared. "similar" is for titles only."""

    answer: Answer
    title: Field = NOT_COMPARED
    journal: Field = NOT_COMPARED
    year: Field = NOT_COMPARED
    doi: Field = NOT_COMPARED
    place: Field = NOT_COMPARED
    """Volume and first page."""
    title_similarity: float = 0.0
    """0 to 1: how much of the record's title stands in the claim."""


@dataclass(frozen=True)
class Candidate:
    """A record that may be the one meant. `score` is 0 to 1; `reasons` say what speaks for it."""

    record: Record
    score: float
    reasons: tuple[Reason, ...]


def agreement(claimed: str, record: Work) -> Agreement:
    """Whether the record is what the author wrote: a citation, a title, a journal and a few words."""
    text = cleaned(claimed)
    claim = words(text)[:MOST_WORDS_OF_A_CLAIM]
    doi = compared_doi(claimed, record)
    if not claim and not doi.claimed:
        return Agreement("nothing_claimed")

    title, match = compared_title(text, claim, record)
    is_found = match is not None and title.outcome in ("same", "similar")
    before, after = (
        (claim[: match.start], claim[match.end :]) if match and is_found else (claim, claim[len(claim) :])
    )
    around = (text[: before[-1].end] if before else "", text[after[0].start :] if after else "")
    compared = Agreement(
        "doubtful",
        title=title,
        journal=compared_journal(text, around if is_found else None, (before, after), record),
        year=compared_year(around, record),
        doi=doi,
        place=compared_place([*before, *after], record),
        title_similarity=match.similarity if match else 0.0,
    )
    return replace(compared, answer=answer(compared))


def answer(compared: Agreement) -> Answer:
    """The title decides first; a DOI speaks for or against it; journal and year only raise doubts."""
    title, doi = compared.title.outcome, compared.doi.outcome
    is_contradicted = "differs" in (compared.journal.outcome, compared.year.outcome, doi)
    if title == "differs":
        return "doubtful" if doi == "same" else "another_paper"
    if title == "not_compared":
        return answer_without_title(compared)
    if title == "same" or doi == "same":
        return "doubtful" if is_contradicted else "agrees"
    return "doubtful"


def answer_without_title(compared: Agreement) -> Answer:
    """`Nutrients 2022;14(3):621` names one paper; "Nutrients, 2022" names many."""
    if compared.doi.outcome == "same":
        return "doubtful" if "differs" in (compared.journal.outcome, compared.year.outcome) else "agrees"
    if compared.doi.outcome == "differs" or compared.journal.outcome == "differs":
        return "another_paper"
    is_named = compared.journal.outcome == compared.place.outcome == "same"
    return "agrees" if is_named and compared.year.outcome != "differs" else "doubtful"


# A same title alone scores 0.8; journal and year order those that share it.
TITLE_WEIGHT, JOURNAL_WEIGHT, YEAR_WEIGHT = 0.8, 0.1, 0.1
# Without a title, journal and year are a guess, volume and page are the citation.
PLACE_WEIGHTS = {"journal": 0.4, "year": 0.2, "place": 0.4}
# What may be a title in other words, a translation for one, beside a citation that fits.
OTHER_TITLE_WEIGHT = 0.6
# A barely similar title with nothing else to speak for it, or journal and year without a title.
LOWEST_SCORE = SIMILAR_TITLE * TITLE_WEIGHT


def candidates(claimed: str, records: Iterable[Record]) -> list[Candidate]:
    """The records that may be meant, best first; equal ones in the order given."""
    found = [
        Candidate(record, score(compared), reasons(compared))
        for record in records
        if (compared := agreement(claimed, record)).answer != "nothing_claimed"
    ]
    return sorted(
        (candidate for candidate in found if candidate.score >= LOWEST_SCORE),
        key=lambda candidate: -candidate.score,
    )


def score(compared: Agreement) -> float:
    """0 to 1. The same DOI is the same work, whatever else was written."""
    if compared.doi.outcome == "same":
        return 1.0
    journal, year, place = (
        field.outcome == "same" for field in (compared.journal, compared.year, compared.place)
    )
    if compared.title.outcome in ("not_compared", "differs"):
        weights = PLACE_WEIGHTS
        points = journal * weights["journal"] + year * weights["year"] + place * weights["place"]
        if compared.title.outcome == "differs":
            points *= OTHER_TITLE_WEIGHT if journal and place else 0
        return round(points, 6)  # without the noise of adding fractions
    points = compared.title_similarity * TITLE_WEIGHT + journal * JOURNAL_WEIGHT + year * YEAR_WEIGHT
    # A title that only looks like the claimed one comes after all that are the claimed one.
    return round(points if compared.title.outcome == "same" else points * 0.8, 6)


def reasons(compared: Agreement) -> tuple[Reason, ...]:
    what: tuple[tuple[Field, Outcome, Reason], ...] = (
        (compared.doi, "same", "same_doi"),
        (compared.title, "same", "same_title"),
        (compared.title, "similar", "similar_title"),
        (compared.journal, "same", "same_journal"),
        (compared.year, "same", "same_year"),
        (compared.place, "same", "same_volume_and_page"),
    )
    return tuple(reason for field, outcome, reason in what if field.outcome == outcome)


TAG = re.compile(r"</?(?:i|em|b|strong|sub|sup)>", re.IGNORECASE)
DOI = re.compile(r"10\.[0-9]{4,9}/[^\s\"“”]*[^\s\"“”.,;:)\]]")
# What a database calls the work is not what its author called it.
IDENTIFIER = re.compile(
    rf"""
    (?:https?://(?:dx\.)?doi\.org/|\bdoi:\s*)?{DOI.pattern}
    | https?://\S+
    | \b(?:PubMed[ ]ID|PMID|PMCID)\s*:?\s*(?:PMC)?[0-9]+\s*:?
    | \[(?:Internet|online|(?:cited|citeret)\b[^\[\]]{{0,40}})\]
    | \A\s*(?:[-*•]\s+|\[[0-9]+\]\s*|[0-9]{{1,3}}[.)]\s+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
RETRACTED_LABEL = re.compile(r"\s*\[?(?:retracted|withdrawn)(?: article)?\s*:\s*", re.IGNORECASE)

LETTERS = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "œ": "oe", "ł": "l", "đ": "d", "'": "", "’": "", "ʼ": ""}
)
# British and American, Danish and German with and without their letters: the same word.
SPELLINGS = (
    ("aa", "a"), ("ae", "e"), ("oe", "e"), ("ou", "o"), ("ph", "f"), ("z", "s"), ("mme", "m"),
)  # fmt: skip


def plain(word: str) -> str:
    """`Ménière’s` as `menieres`, `læger` as `laeger`, `β` as `beta`."""
    decomposed = unicodedata.normalize("NFKD", word.casefold().translate(LETTERS))
    letters = (letter for letter in decomposed if not unicodedata.combining(letter))
    return "".join(greek(letter) if "α" <= letter <= "ω" else letter for letter in letters)


def greek(letter: str) -> str:
    return unicodedata.name(letter).removeprefix("GREEK SMALL LETTER ").removeprefix("FINAL ").lower()


def folded(word: str) -> str:
    for one, other in SPELLINGS:
        word = word.replace(one, other)
    return f"{word[:-2]}er" if word.endswith("re") else word


def word_set(text: str) -> frozenset[str]:
    return frozenset(map(plain, text.split()))


# Words that titles swap and drop without becoming another title, in English, Danish and German.
FUNCTION_WORDS = word_set(
    """
    a af an and as at auf aus bei by das de dem den der des det die ein eine en et for fra from für
    i im in into med mit of og om on or på som the til to und ved vom von with zu zum zur
    """
)
# Words that turn a title into its opposite.
NEGATIONS = word_set(
    """
    ikke ingen kein keine nicht no not ohne uden without
    """
)

# How long a word must be for one wrong letter to be a typing error: "ileum" and "ilium" differ.
SHORTEST_MISTYPED = 6

STOP = re.compile(r"[.?!;\"“”«»|]")
PAUSE = re.compile(r"[:,()\[\]]|\s[-–—]+\s|—")


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands in its text. `gap` is what lies between it and the word before."""

    plain: str
    """Without case, accents and apostrophes."""
    folded: str
    """In one spelling of several."""
    gap: str
    start: int
    end: int

    @property
    def is_function_word(self) -> bool:
        return self.plain in FUNCTION_WORDS

    @property
    def weight(self) -> int:
        return 1 if self.is_function_word else len(self.folded)


def cleaned(text: str) -> str:
    """The text on one line, without markup and identifiers."""
    text = unicodedata.normalize("NFKC", TAG.sub("", unescape(text[:LONGEST_CLAIM])))[:LONGEST_CLAIM]
    return " ".join(IDENTIFIER.sub(" ", text).split())


def words(text: str) -> list[Word]:
    found = []
    end = 0
    for match in WORD.finditer(text):
        simple = plain(match[0])
        if simple:
            found.append(Word(simple, folded(simple), text[end : match.start()], match.start(), match.end()))
            end = match.end()
    return found


def is_mistyped(one: str, other: str) -> bool:
    """Whether the words differ by one letter: wrong, missing or too many. Numbers have no such errors."""
    shorter, longer = sorted((one, other), key=len)
    if len(longer) < SHORTEST_MISTYPED or len(longer) - len(shorter) > 1 or not (one + other).isalpha():
        return False
    same = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[same + (len(shorter) == len(longer)) :] == longer[same + 1 :]


@dataclass(frozen=True)
class Match:
    """Where a title fits best into a claim: its words from `start` up to `end`."""

    similarity: float
    start: int
    end: int
    is_flawed: bool
    """Whether a word that matters is another one, or the first one or a negation is missing."""
    stands_apart: bool
    """Whether it is a sentence, not part of one."""


State = tuple[int, bool, int]  # letters that differ, is_flawed, start


def best_match(title: Sequence[Word], claim: Sequence[Word]) -> Match | None:
    """Sellers' algorithm on words: the stretch of the claim that takes the fewest letters to be the title.

    Sellers PH. The theory and computation of evolutionary distances: pattern recognition.
    J Algorithms. 1980;1(4):359-73.
    """
    if not title or not claim:
        return None
    total = sum(word.weight for word in title)
    first = next((at for at, word in enumerate(title) if not word.is_function_word), 0)
    title_pairs, claim_pairs = pairs(title), pairs(claim)
    column = [(0, False, 0)]
    for at, word in enumerate(title):
        column.append(without(column[-1], word, is_first=at == first))
    before_last = column
    found: list[tuple[int, Match]] = []
    for at, word in enumerate(claim):
        following: list[State] = [(0, False, at + 1)]
        for index, wanted in enumerate(title):
            options = [
                *replaced(column[index], wanted, word),
                without(following[-1], wanted, is_first=index == first),
                extra(column[index + 1], word),
            ]
            # `meta-analysis` and `metaanalysis`
            if title_pairs[index] == word.folded:
                options.append(column[index - 1])
            if claim_pairs[at] == wanted.folded:
                options.append(before_last[index])
            following.append(min(options, key=cost))
        before_last, column = column, following
        letters, is_flawed, start = column[-1]
        stands_apart = is_apart(claim, start, at + 1, len(title))
        found.append((letters, Match(1 - letters / total, start, at + 1, is_flawed, stands_apart)))
    # Of equally good places, one that is a sentence.
    best = min(found, key=lambda each: (each[0], each[1].is_flawed, not each[1].stands_apart))[1]
    share = 1.0 if best.stands_apart else min(1.0, total / clause_weight(claim, best.start, best.end))
    return replace(best, similarity=best.similarity * share)


def cost(state: State) -> int:
    return state[0]


def without(state: State, wanted: Word, *, is_first: bool) -> State:
    """The claim lacks the word. Without its first, "Reply: …" would be what it replies to."""
    letters, is_flawed, start = state
    return letters + wanted.weight, is_flawed or is_first or wanted.plain in NEGATIONS, start


def extra(state: State, word: Word) -> State:
    letters, is_flawed, start = state
    return letters + word.weight, is_flawed or word.plain in NEGATIONS, start


def replaced(state: State, wanted: Word, word: Word) -> Iterator[State]:
    """The claim's word for the title's: the same, mistyped, or another. Sentences do not run on."""
    letters, is_flawed, start = state
    if wanted.folded == word.folded:
        yield state
    elif is_mistyped(wanted.folded, word.folded):
        yield letters + 1, is_flawed, start
    elif STOP.search(wanted.gap) or not STOP.search(word.gap):
        matters = not (wanted.is_function_word and word.is_function_word)
        yield letters + max(wanted.weight, word.weight), is_flawed or matters, start


def pairs(those: Sequence[Word]) -> list[str]:
    """Each word with the one before it, as one word."""
    return ["", *(folded(one.plain + other.plain) for one, other in pairwise(those))]


def is_apart(claim: Sequence[Word], start: int, end: int, length: int) -> bool:
    if length >= FEWEST_WORDS_INSIDE_A_SENTENCE:
        return True
    begins = start == 0 or start >= len(claim) or is_border(claim[start]) or claim[start - 1].plain.isdigit()
    return begins and ends_apart(claim, end, length)


def clause_weight(claim: Sequence[Word], start: int, end: int) -> int:
    """Letters of the clause that holds the stretch: a title of three words is a part of many longer ones."""
    while 0 < start < len(claim) and not is_border(claim[start]):
        start -= 1
    while end < len(claim) and not is_border(claim[end]):
        end += 1
    return max(1, sum(word.weight for word in claim[start:end]))


def ends_apart(claim: Sequence[Word], end: int, length: int) -> bool:
    if end == len(claim) or STOP.search(claim[end].gap):
        return True
    return length >= FEWEST_WORDS_BEFORE_A_COLON and is_border(claim[end])


def is_border(word: Word) -> bool:
    """Whether the word begins a sentence or a part of one."""
    return bool(STOP.search(word.gap) or PAUSE.search(word.gap))


def titles(record: Work) -> Iterator[tuple[str, bool]]:
    """The titles the work goes by, and whether it is one without its subtitle.

    Publishers put "RETRACTED:" before a title that their author never saw.
    """
    for printed in (record.title, record.vernacular_title):
        label = RETRACTED_LABEL.match(printed)
        title = printed[label.end() :] if label else printed
        yield title, False
        main, colon, _subtitle = title.partition(": ")
        if colon:
            yield main, True


def compared_title(text: str, claim: Sequence[Word], record: Work) -> tuple[Field, Match | None]:
    """The best of the work's titles in the claim. Without any in it, what the claim seems to be titled."""
    best: tuple[Outcome, Match] | None = None
    is_titled = False
    for title, is_main in titles(record):
        wanted = words(cleaned(title))[:MOST_WORDS_OF_A_TITLE]
        is_titled = is_titled or (bool(wanted) and not title.startswith("[Not Available]"))
        if is_main and len(wanted) < FEWEST_WORDS_WITHOUT_SUBTITLE:
            continue
        match = best_match(wanted, claim)
        if match is None or (is_main and match.similarity < SAME_TITLE):
            continue
        found = title_outcome(match), match
        if is_main and not is_whole_sentence(claim, match):
            found = "similar", match
        if best is None or rank(found) > rank(best):
            best = found
    if best is None or not is_titled:
        return NOT_COMPARED, None
    outcome, match = best
    if outcome == "differs":
        guessed = guess(text).title
        return (Field(outcome, guessed, record.title) if guessed else NOT_COMPARED), match
    matched = text[claim[match.start].start : claim[match.end - 1].end]
    return Field(outcome, matched, record.title), match


def title_outcome(match: Match) -> Outcome:
    if match.similarity < SIMILAR_TITLE:
        return "differs"
    is_same = match.similarity >= SAME_TITLE and not match.is_flawed and match.stands_apart
    return "same" if is_same else "similar"


def is_whole_sentence(claim: Sequence[Word], match: Match) -> bool:
    """Whether nothing follows that would be another subtitle."""
    return match.end == len(claim) or bool(STOP.search(claim[match.end].gap))


def rank(found: tuple[Outcome, Match]) -> tuple[bool, bool, float]:
    outcome, match = found
    return outcome == "same", outcome == "similar", match.similarity


JOURNAL_FILLERS = word_set(
    """
    a af and das de den der des det die du ed et for für i in la le of og on the til to und
    """
)
# What NLM adds: "Lancet (London, England)", "… : the official journal of …", PNAS's country.
NAME_TAIL = re.compile(r"\s*\([^)]*\)|\s[:=]\s.*|\sof the United States of America\Z")
# A contraction is short: "Natl", "Wkly", "Dtsch". "Neurol" is not short for "Neuroradiology".
LONGEST_CONTRACTION = 5
SHORTEST_ACRONYM = 3

YEAR = re.compile(
    r"""
    (?<![\w.:;-])(?P<year>(?:1[5-9]|20)[0-9]{2})(?!\w)
    (?P<after>\s*[;:)]|\s+[^\W\d_]{3,9}\.?(?:[ -][^\W_]{1,9}\.?){0,2}\s*[;:.]|\s*[.,/]|\s*$|)
    """,
    re.VERBOSE,
)
IN_PROSE = re.compile(r"\b[^\W\d_A-ZÆØÅÄÖÜ][^\W\d_]*\s+\Z")


def compared_journal(
    text: str,
    around: tuple[str, str] | None,
    outside: tuple[Sequence[Word], Sequence[Word]],
    record: Work,
) -> Field:
    """By full name, NLM's abbreviation or an abbreviation word by word."""
    recorded = record.journal_name or record.journal or record.book
    if not words(recorded):
        return NOT_COMPARED
    for stretch in outside:
        found = journal_in(stretch, record)
        if found:
            start, end = found
            return Field("same", text[stretch[start].start : stretch[end - 1].end], recorded)
    claimed = journal_around(*around) if around else guess(text).journal
    return Field("differs", claimed, recorded) if claimed else NOT_COMPARED


def journal_in(stretch: Sequence[Word], record: Work) -> tuple[int, int] | None:
    """Where the record's journal stands by itself; "cell" in a sentence is not the journal Cell."""
    for name, is_same in journal_names(record):
        wanted = telling(words(name))
        if not wanted:
            continue
        spread = range(len(stretch)) if JOURNAL_FILLERS.issuperset(wanted) else telling_at(stretch)
        for first in range(len(spread)):
            start, last = spread[first], first + len(wanted)
            if not begins_journal(stretch, start):
                continue
            if last <= len(spread) and all(
                is_same(stretch[at].plain, word) for at, word in zip(spread[first:last], wanted, strict=True)
            ):
                end = after_fillers(stretch, spread[last - 1] + 1)
                if ends_journal(stretch, end):
                    return start, end
            if is_acronym(stretch[start].plain, wanted) and ends_journal(stretch, start + 1):
                return start, start + 1
    return None


def telling(all_words: Sequence[Word]) -> list[str]:
    """The words of a name without its fillers; a name of fillers keeps them."""
    return [all_words[at].plain for at in telling_at(all_words)] or [word.plain for word in all_words]


def telling_at(all_words: Sequence[Word]) -> list[int]:
    return [at for at, word in enumerate(all_words) if word.plain not in JOURNAL_FILLERS] or list(
        range(len(all_words))
    )


def after_fillers(stretch: Sequence[Word], end: int) -> int:
    while end < len(stretch) and stretch[end].plain in JOURNAL_FILLERS and not is_border(stretch[end]):
        end += 1
    return end


def begins_journal(stretch: Sequence[Word], start: int) -> bool:
    """Also after a filler: `The Lancet`, at its Lancet."""
    while start > 0 and not is_border(stretch[start]) and stretch[start - 1].plain in JOURNAL_FILLERS:
        start -= 1
    return start == 0 or is_border(stretch[start])


def ends_journal(stretch: Sequence[Word], end: int) -> bool:
    return end == len(stretch) or is_border(stretch[end]) or stretch[end].plain.isdigit()


def journal_names(record: Work) -> Iterator[tuple[str, Callable[[str, str], bool]]]:
    """The journal's names, and how a claim's words are compared with theirs.

    With a full name known, NLM's abbreviation is only itself: "Natural Medicine" is not "Nat Med".
    """
    name = record.journal_name
    if name:
        yield name, is_short_for
        bare = NAME_TAIL.sub("", name)
        if bare != name:
            yield bare, is_short_for
    if record.journal:
        yield record.journal, (lambda claimed, word: claimed == word) if name else is_either_short
    if record.book:
        yield record.book, is_short_for


def is_short_for(short: str, word: str) -> bool:
    """`front` for `frontiers`, `j` for `journal`, `natl` for `national`."""
    if word.startswith(short):
        return True
    letters = iter(word)
    return (
        2 < len(short) <= LONGEST_CONTRACTION
        and short[0] == word[:1]
        and all(letter in letters for letter in short)
    )


def is_either_short(claimed: str, word: str) -> bool:
    return is_short_for(claimed, word) or is_short_for(word, claimed)


def is_acronym(claimed: str, wanted: Sequence[str]) -> bool:
    """`PNAS` for Proceedings of the National Academy of Sciences of the United States of America."""
    initials = "".join(word[0] for word in wanted)
    return len(claimed) >= SHORTEST_ACRONYM and initials.startswith(claimed)


def compared_year(around: tuple[str, str], record: Work) -> Field:
    """Years where citations have them, outside the title; "patients seen in 2010" is none of them."""
    years = [year for text in around for year in years_in(text)]
    if not years or record.year is None:
        return NOT_COMPARED
    nearest = min(years, key=lambda year: abs(year - (record.year or 0)))
    is_same = abs(nearest - record.year) <= YEARS_APART
    return Field("same" if is_same else "differs", str(nearest), str(record.year))


def years_in(text: str) -> Iterator[int]:
    for match in YEAR.finditer(text):
        before, after = text[: match.start()], match["after"].strip()
        is_bracketed = before.endswith(("(", "/"))
        is_cited = after[-1:] in (";", ":", ")") and after
        is_last = (after or match.end() == len(text)) and not IN_PROSE.search(before[-40:])
        if is_bracketed or is_cited or is_last:
            yield int(match["year"])


def compared_doi(claimed: str, record: Work) -> Field:
    text = unescape(claimed[:LONGEST_CLAIM]).lower()
    recorded = (record.doi or "").lower()
    named = DOI.search(text)
    if not recorded or not named:
        return Field("not_compared", named[0] if named else "", recorded)
    if re.search(rf"(?<![0-9a-z]){re.escape(recorded)}(?![0-9a-z])", text):
        return Field("same", recorded, recorded)
    return Field("differs", named[0], recorded)


def compared_place(outside: Sequence[Word], record: Work) -> Field:
    """Volume and first page. Only their presence says something: authors write numbers of all kinds."""
    page = re.split(r"[-–,; ]", record.pages, maxsplit=1)[0].casefold()
    numbers = {word.plain for word in outside}
    if record.volume and page and {record.volume.casefold(), page} <= numbers:
        recorded = f"{record.volume}:{page}"
        return Field("same", recorded, recorded)
    return NOT_COMPARED


# A longer sentence is no journal's name.
MOST_WORDS_OF_A_JOURNAL = 8
JOURNAL_WORDS = word_set(
    """
    acta advances ann annals arch archives bmc bmj bulletin cochrane current front frontiers j jama
    journal lancet nature nejm plos pnas proc proceedings rev reviews tidsskrift ugeskr ugeskrift
    zeitschrift zentralblatt
    """
)
CITATION = re.compile(
    r"""
    [\s,.(]*(?:
        \b(?:1[5-9]|20)[0-9]{2}\b(?:[ /-][^\W_]+\.?){0,3}\s*(?:[;:)]|\.?\Z)
        | \b[0-9]+\s*\([^)]{1,12}\)\s*[,:]
        | \b(?:1[5-9]|20)[0-9]{2},\s*(?:[0-9]{1,4}(?:\s*\([^)]{1,12}\))?,\s*[A-Za-z]{0,3}[0-9]|(?:pp?|s)\.)
    )
    """,
    re.VERBOSE,
)
# Where in a journal a work stands, in the forms authors use, the surest first.
A_YEAR = r"(?:1[5-9]|20)[0-9]{2}"
A_VOLUME = r"(?P<volume>[0-9]{1,4}[A-Z]?)"
AN_ISSUE = r"(?:\([^()]{1,20}\)|,?\s*\b(?:no|nr|suppl|pt)\b\.?\s*[0-9]{0,4})"
A_PAGE = r"(?:\b(?:pp?|s)\.\s*)?(?P<page>[A-Za-z]{0,3}[0-9]{1,9})"
PLACES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 2021 Aug 5;184(16):4137 · 2022, 14, 621 · 2019;(3):CD001234
        rf"\b{A_YEAR}(?:[ /-][^\W_]+\.?){{0,3}}\s*[;,:]\s*{A_VOLUME}?\s*{AN_ISSUE}?\s*[:,]\s*{A_PAGE}",
        # 12(3), 4 · 12(3):4 · 12, no. 3: 4 · 12, no. 3 (2019): 4 · 12 (2019) 4
        rf"(?<![\w.]){A_VOLUME}\s*{AN_ISSUE}\s*(?:\({A_YEAR}\)\s*)?[:,]\s*(?!{A_YEAR},){A_PAGE}",
        rf"(?<![\w.]){A_VOLUME}\s*\({A_YEAR}\)\s*{A_PAGE}",
        # 395, 497-506 (2020) · 395:497-506
        rf"(?<![\w.]){A_VOLUME}\s*[:,]\s*{A_PAGE}(?:\s*[-–]\s*\w+)?\s*\({A_YEAR}",
        rf"(?<![\w.]){A_VOLUME}:\s*{A_PAGE}\s*[-–]\s*\w*[0-9]",
    )
)
VOLUME_LABEL = re.compile(rf"\b(?:vol(?:ume)?|bind|bd|årg(?:ang)?)\b\.?\s*{A_VOLUME}", re.IGNORECASE)
PAGE_LABEL = re.compile(r"\b(?:pp?\.|s\.|pages?|sider?)\s*(?P<page>[A-Za-z]{0,3}[0-9]{1,9})", re.IGNORECASE)
# What is left of a journal's name where volume and page stand before the year.
PLACE_AFTER_JOURNAL = re.compile(
    r"[\s,]+(?:(?:vol(?:ume)?|bind|bd|årg(?:ang)?)\b\.?\s*)?[0-9]+(?:[\s,:(–-].*)?\Z", re.IGNORECASE
)
# Journal, year, volume, page, author.
FEWEST_FIELDS = 3
SENTENCE_END = re.compile(
    r"(?<!\b[Vv]ol)(?<!\b[Nn][or])(?<!\b[Åå]rg)(?<!\b[Bb]d)(?<!\bpp)(?<!\b[ps])[.?!][\"”»)]*\s+(?=[^\sa-zæøåäöü])"
)
PERSON = re.compile(
    r"[^\W\d_][\w'’-]*(?:\s[\w'’-]+){0,3},?\s(?:[A-ZÆØÅÄÖÜ]\.?[ -]?){1,4}|(?:[A-ZÆØÅÄÖÜ]\.[ -]?){1,3}"
)
AND_OTHERS = re.compile(r"\b(?:et al|and colleagues|m\.\s?fl|og kolleger|u\.\s?a)\b", re.IGNORECASE)
BRACKETED = re.compile(r"\s*\([^)]*\)")
FIRST_AUTHOR = re.compile(
    r"""
    (?P<family>[^\W\d_][\w'’-]*(?:\s[^\W\d_][\w'’-]*){0,3}?)
    (?: ,?\s (?P<initials>(?:[A-ZÆØÅÄÖÜ]\.?[ -]?){1,4}) (?=\s*(?:[,;.&(:0-9]|\Z|et\b|and\b|og\b|und\b|m\.))
      | (?=,?\s(?:et[ ]al|and[ ]colleagues|m\.\s?fl|og[ ]kolleger|u\.\s?a)\b) )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Guess:
    title: str = ""
    journal: str = ""


def claimed_title(claimed: str) -> str:
    """The title the author seems to name, for a search; "" where none is.

    Without its subtitle, which is as often the author's own description: a search for all its words
    would find nothing.
    """
    title = guess(cleaned(claimed)).title
    main, colon, _subtitle = title.partition(": ")
    is_enough = colon and len(words(main)) >= FEWEST_WORDS_WITHOUT_SUBTITLE
    return main if is_enough else title


def claimed_journal(claimed: str) -> str:
    """The journal the author seems to name; "" where none is."""
    return guess(cleaned(claimed)).journal


def claimed_year(claimed: str) -> int | None:
    """The first year that stands where citations have theirs."""
    return next(years_in(cleaned(claimed)), None)


def claimed_volume(claimed: str) -> str:
    """The volume the author seems to name; "" where none is."""
    return place(cleaned(claimed))[0]


def claimed_page(claimed: str) -> str:
    """The first page the author seems to name, or what electronic journals have for one: "e1003"."""
    return place(cleaned(claimed))[1]


def claimed_author(claimed: str) -> str:
    """The first author as PubMed writes it, "Berg AB" or "Berg" alone; "" where none is named first."""
    text = cleaned(claimed)
    first = next(iter(sentences(text)), "")
    if not is_authors(first) and without_authors(first) == first:
        return ""
    named = FIRST_AUTHOR.match(text)
    if named is None:
        return ""
    initials = "".join(letter for letter in named["initials"] or "" if letter.isalpha())
    return f"{named['family']} {initials}".rstrip()


class Citation(NamedTuple):
    """What pubmed.match() asks for. Empty is unknown."""

    journal: str
    year: str
    volume: str
    first_page: str
    author: str

    @property
    def is_telling(self) -> bool:
        """Whether it may name one work; with less there are many."""
        return sum(map(bool, self)) >= FEWEST_FIELDS


def claimed_citation(claimed: str) -> Citation:
    """The citation as far as the author seems to give it."""
    year = claimed_year(claimed)
    return Citation(
        journal=" ".join(claimed_journal(claimed).replace(".", " ").split()),
        year=str(year or ""),
        volume=claimed_volume(claimed),
        first_page=claimed_page(claimed),
        author=claimed_author(claimed),
    )


def place(text: str) -> tuple[str, str]:
    """Volume and first page."""
    for pattern in PLACES:
        if found := pattern.search(text):
            return found["volume"] or "", found["page"]
    volume, page = VOLUME_LABEL.search(text), PAGE_LABEL.search(text)
    return volume["volume"] if volume else "", page["page"] if page else ""


def guess(text: str) -> Guess:
    """Title and journal by where they stand: "Authors. Title. Journal. Year;…" or "Journal. Title. …"."""
    every = [without_authors(part) for part in sentences(text)]
    parts = [part for part in every if not is_authors(part)]
    for at, part in enumerate(parts):
        citation = CITATION.search(part)
        if citation:
            return guess_by_citation(parts, at, PLACE_AFTER_JOURNAL.sub("", part[: citation.start()]))
    if not parts:
        return Guess()
    first, second = parts[0], parts[1] if len(parts) > 1 else ""
    if len(every) == len(parts) and looks_like_journal(first, is_alone=not second):
        return Guess(trimmed(second), trimmed(PLACE_AFTER_JOURNAL.sub("", BRACKETED.sub("", first))))
    return Guess(trimmed(first), trimmed(BRACKETED.sub("", second)) if has_journal_word(second) else "")


def guess_by_citation(parts: Sequence[str], at: int, journal: str) -> Guess:
    """The journal stands before year and volume, the title before the journal or after the citation."""
    before = list(parts[:at])
    if not trimmed(journal):
        journal = before.pop() if before else ""
    if len(words(journal)) > MOST_WORDS_OF_A_JOURNAL:
        return Guess(trimmed(journal))
    after = [part for part in parts[at + 1 :] if not CITATION.search(part)]
    title = before[-1] if before else after[0] if after else ""
    return Guess(trimmed(title), trimmed(BRACKETED.sub("", journal)))


def journal_around(before: str, after: str) -> str:
    """The journal that seems to be named before or after a title."""
    for part in sentences(before):
        if not is_authors(part) and looks_like_journal(part, is_alone=False):
            return trimmed(CITATION.split(BRACKETED.sub("", part))[0])
    parts = sentences(after)
    for at, part in enumerate(parts):
        citation = CITATION.search(part)
        if citation:
            named = trimmed(part[: citation.start()]) or trimmed(parts[at - 1] if at else "")
            return named if len(words(named)) <= MOST_WORDS_OF_A_JOURNAL else ""
    return trimmed(BRACKETED.sub("", parts[0])) if parts and has_journal_word(parts[0]) else ""


def sentences(text: str) -> list[str]:
    """The sentences that hold words. `Front. Neurosci.` is one: single words in a row are a name."""
    found: list[str] = []
    start = 0
    for end in [*(match.end() for match in SENTENCE_END.finditer(text)), len(text)]:
        sentence = text[start:end].strip()
        start = end
        if not words(sentence):
            continue
        if found and all(map(is_abbreviated, [*found[-1].split()[:MOST_WORDS_OF_A_JOURNAL], sentence])):
            found[-1] += f" {sentence}"
        else:
            found.append(sentence)
    return found


def is_abbreviated(text: str) -> bool:
    return bool(re.fullmatch(r"[^\W\d_]{1,9}\.", text))


def is_authors(part: str) -> bool:
    """`Smith AB, Berg C, et al.`, also with a year; a collective's name cannot be told from a journal's."""
    part = BRACKETED.sub("", part).strip(" .,:;")
    if not part or (AND_OTHERS.search(part) and len(words(part)) <= 4 * MOST_WORDS_OF_A_JOURNAL):
        return True
    names = [
        name.strip() for name in re.split(r",(?!\s[A-ZÆØÅÄÖÜ]\.?(?:[\s,]|\Z))|[;&]|\b(?:and|og|und)\b", part)
    ]
    return all(PERSON.fullmatch(name) for name in names if name)


def without_authors(part: str) -> str:
    """`Rain on Tuesdays` of `Berg AB, Holm C: Rain on Tuesdays`; "Vitamin D: a review" is a title."""
    named, _colon, rest = part.partition(": ")
    return rest if rest and ("," in named or AND_OTHERS.search(named)) and is_authors(named) else part


def looks_like_journal(part: str, *, is_alone: bool) -> bool:
    """By a word that journals have, or in capitals throughout, as names are and sentences are not."""
    bare = BRACKETED.sub("", part)
    found = words(bare)
    if not 0 < len(found) <= MOST_WORDS_OF_A_JOURNAL or ": " in bare:
        return False
    if has_journal_word(part) or len(found) == 1:
        return True
    names = [bare[word.start] for word in found if word.plain not in JOURNAL_FILLERS and word.plain.isalpha()]
    return not is_alone and bool(names) and all(name.isupper() for name in names)


def has_journal_word(part: str) -> bool:
    found = words(BRACKETED.sub("", part))
    return 0 < len(found) <= MOST_WORDS_OF_A_JOURNAL and (
        found[0].plain in JOURNAL_WORDS or any(word.plain in ("journal", "tidsskrift") for word in found)
    )


def trimmed(text: str) -> str:
    return text.strip(' .,;:-–—"“”«»|()')
