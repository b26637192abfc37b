"""Findings about what is said and how."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from articles import readability
from articles.preflight.case import Case
from articles.preflight.claims import needs_source
from articles.preflight.finding import Finding, warning
from articles.readability import flesch, lix

MOST_LIX = 45
LEAST_FLESCH = 50
FEWEST_WORDS = 20  # with less a formula says nothing
HARDEST = 3
QUOTED = 100  # characters


def claim_without_citation(case: Case) -> Iterator[Finding]:
    for passage in case.content.passages:
        if not passage.level and not passage.is_cited and needs_source(passage.text):
            text = _("A figure, or what studies show, stands without a citation.")
            yield warning(
                "claim_without_citation",
                text,
                beginning(passage.text),
                line=case.line_of(passage.text[:30]),
                url=case.field_url("body"),
            )


def hard_to_read(case: Case) -> Iterator[Finding]:
    language = case.draft.edition.language
    prose = [*case.content.prose, *case.seek_help.prose]
    text = readability.sentences((passage.text for passage in prose), language)
    if sum(len(sentence.words) for sentence in text) < FEWEST_WORDS:
        return
    if language == "en":
        ease = flesch(text)
        is_hard, hardness = ease < LEAST_FLESCH, lambda some: -flesch(some)
        said = _(
            "The text is hard to read: Flesch reading ease %(score)d, should be %(limit)d or more."
            " Its hardest sentences:"
        )
        score, limit = ease, LEAST_FLESCH
    elif language == "da":
        score, limit, hardness = lix(text), MOST_LIX, lix
        is_hard = score > MOST_LIX
        said = _(
            "The text is hard to read: LIX %(score)d, should be %(limit)d or less. Its hardest sentences:"
        )
    else:
        return
    if is_hard:
        sentences = [sentence.text for sentence in readability.hardest(text, hardness, HARDEST)]
        yield warning(
            "hard_to_read",
            said % {"score": round(score), "limit": limit},
            *sentences,
            **case.place_of(sentences[0][:30]),
        )


def promise(case: Case) -> Iterator[Finding]:
    edition = case.draft.edition
    words = settings.PROMISE_WORDS.get(edition.language, [])
    if not words:
        return
    promising = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
    texts = [("title", edition.title), ("abstract", edition.abstract)]
    texts += [("seek_help", passage.text) for passage in case.seek_help.passages]
    texts += [("body", passage.text) for passage in case.content.passages]
    for name, text in texts:
        for found in promising.finditer(text):
            said = _("“%(word)s” is a promise. The law on marketing of health services allows facts only.")
            yield warning(
                "promise",
                said % {"word": found[0]},
                around(text, found),
                line=case.line_of(text[:30]) if name == "body" else None,
                url=case.field_url(name),
            )


def beginning(text: str) -> str:
    return text if len(text) <= QUOTED else f"{text[:QUOTED].rsplit(' ', 1)[0]} …"


def around(text: str, found: re.Match[str]) -> str:
    """The words around what was found."""
    start, end = max(0, found.start() - QUOTED // 2), found.end() + QUOTED // 2
    before = "… " if start else ""
    after = " …" if end < len(text) else ""
    return f"{before}{text[start:end].strip()}{after}"
