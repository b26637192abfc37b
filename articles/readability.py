"""How hard a text is to read: LIX, and for English Flesch's reading ease.

LIX: the words in a sentence, and the long words among a hundred, added. Up to 24 is very easy, 25-34
easy, 35-44 medium, 45-54 hard, 55 and more very hard. (Björnsson CH. Läsbarhet. Stockholm: Liber; 1968.)

Flesch: 206.835, less 1.015 for each word in a sentence, less 84.6 for each syllable in a word. 60 and
more is plain English, under 50 is hard. (Flesch R. A new readability yardstick. J Appl Psychol.
1948;32(3):221-33.)
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

LONG_WORD = 7  # letters

# Without their last full stop, which ends no sentence.
ABBREVIATIONS = {
    "da": "adr afd alm bl.a ca cand d dr ds eks evt f f.eks fig fx gl gr hhv hr if iht ift inkl jf kap kl"
    " m.h.t maks med mht mia mill mio nr p.g.a pga prof ref skt spec t.eks tab tlf vedr vs",
    "en": "approx cf dr e.g eg esp fig i.e ie incl jr mr mrs ms mt prof sr st vs",
}
# Those that a sentence may end with: they do before a capital letter.
LAST_WORDS = {
    "da": "etc kr m.fl m.m m.v mdr min mm mv o.a o.l o.lign osv pct sek stk årg",
    "en": "a.m al etc no p.m",
}
CLOSING = r"[\"'“”’»)\]]*+"
DECIMAL = re.compile(r"(?<!\w)\d+(?:[.,]\d+)+(?!\w)")
INITIAL = re.compile(r"(?<![\w.])[A-ZÆØÅ]\.(?=\s*[A-ZÆØÅ])")
# Not before a small letter: "d. 3. marts", and abbreviations nobody has listed.
SENTENCE_END = re.compile(rf"(?<![.!?…])[.!?…]++{CLOSING}(?=\s+[^\sa-zæøåé]|\s*$)")
WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")

# What English spells as a vowel and does not say, and what it says as two.
VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?:[^aeiouyl]|[aeiouy]l)e$|[^aeiouydt]ed$|[^aeiouyschgxz]es$|(?<![cs])hes$")
HIATUS = re.compile(r"(?<![cgst])i(?:a|o|um)|iet|[aeiouy]ing|ier$|iest$|ism$")


@dataclass(frozen=True)
class Sentence:
    """`words` are without numbers with a point and without abbreviations."""

    text: str
    words: tuple[str, ...]


def sentences(passages: Iterable[str], language: str) -> list[Sentence]:
    """The sentences of passages of plain text: paragraphs, list items. One ends with its passage."""
    found = []
    for passage in passages:
        masked = without_points(passage, language)
        begin = 0
        for end in [*(match.end() for match in SENTENCE_END.finditer(masked)), len(masked)]:
            if words := WORD.findall(masked[begin:end]):
                found.append(Sentence(" ".join(passage[begin:end].split()), tuple(words)))
            begin = end
    return found


def without_points(passage: str, language: str) -> str:
    """The passage as long as it was, blanks in the place of abbreviations and decimals."""
    passage = DECIMAL.sub(blank, passage)
    if known := ABBREVIATIONS.get(language):
        passage = re.sub(rf"{alternatives(known)}\.", blank, passage, flags=re.IGNORECASE)
    if known := LAST_WORDS.get(language):
        # The point stays where the sentence ends with it.
        at_end = rf"\.{CLOSING}\s+(?-i:[A-ZÆØÅ])|\.{CLOSING}\s*$"
        passage = re.sub(rf"{alternatives(known)}(?:(?={at_end})|\.)", blank, passage, flags=re.IGNORECASE)
    return INITIAL.sub(blank, passage)


def alternatives(words: str) -> str:
    longest_first = sorted(words.split(), key=len, reverse=True)
    return rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest_first))})"


def blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def lix(text: Sequence[Sentence]) -> float:
    """Of at least one sentence."""
    words = [word for sentence in text for word in sentence.words]
    long_words = [word for word in words if sum(map(str.isalpha, word)) >= LONG_WORD]
    return len(words) / len(text) + 100 * len(long_words) / len(words)


def flesch(text: Sequence[Sentence]) -> float:
    """Of at least one sentence, in English."""
    words = [word for sentence in text for word in sentence.words]
    return 206.835 - 1.015 * len(words) / len(text) - 84.6 * sum(map(syllables, words)) / len(words)


def syllables(word: str) -> int:
    """By the letters, as near as that gets: right for most English words, wrong for some by one."""
    parts = re.split(r"[-'’]", word.lower())
    return max(1, sum(map(syllables_of_part, parts)))


def syllables_of_part(part: str) -> int:
    found = len(VOWELS.findall(part)) + len(HIATUS.findall(part))
    return found - 1 if found > 1 and SILENT.search(part) else found


def hardest(
    text: Iterable[Sentence], hardness: Callable[[Sequence[Sentence]], float], most: int
) -> list[Sentence]:
    """The hardest sentences, hardest first."""
    return sorted(text, key=lambda sentence: hardness([sentence]), reverse=True)[:most]
