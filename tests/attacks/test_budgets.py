"""No text keeps a process busy: for each hostile one, processor time at a length and at four times it.

Time by the square would be sixteen times as long. It may only be where converting counts the work, which
ends it: there time grows as the count does. What is faster than a person notices is not compared.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.utils import translation

from articles import (
    converting,
    differences,
    manuscripts,
    markdown,
    merging,
    plain_text,
    readability,
    searching,
)
from articles.converting import TooComplexError
from articles.manuscripts import ManuscriptError
from articles.models import Article
from articles.preflight import claims
from articles.slugs import make_slug
from references import citations, finding, imports, recognising
from references.characters import without_hidden
from references.imports import Claim, UnreadableFileError
from references.vancouver import citation_text
from tests.attacks.growth import PIECES, SHAPES, repeated

# Seconds of processor time, at four times the length.
UNNOTICED = 0.06
LENGTH = 1_000

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def efforts(monkeypatch):
    """What converting counts, of each text it is given."""
    made = []

    class Remembered(converting.Effort):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(converting, "Effort", Remembered)
    return made


def seconds(function: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    with suppress(ManuscriptError, UnreadableFileError, TooComplexError):
        function(text)
    return time.process_time() - start


def grows_unbounded(
    function: Callable[[str], object], make: Callable[[int], str], efforts: list[Any]
) -> bool:
    """Whether time grows like the square, and no count does."""
    efforts.clear()
    longer = seconds(function, make(4 * LENGTH))
    if longer <= UNNOTICED:
        return False
    shorter = min(seconds(function, make(LENGTH)) for _try in range(2))
    counted = [max(effort.spent, 1) for effort in efforts]
    growth = max(4, counted[0] / counted[1]) if counted else 4
    if longer <= 2.5 * growth * shorter:
        return False
    # Once more: another process may have been in the way.
    return min(longer, seconds(function, make(4 * LENGTH))) > 2.5 * growth * shorter


PARSERS: dict[str, Callable[[str], object]] = {
    "markdown": lambda text: markdown.render(text, {}, {}),
    "sanitiser": lambda text: (markdown.sanitise(text), markdown.cleaned(text, markdown.SHORT_CLEANER)),
    "what is dropped": markdown.Marks,
    "citations": citations.parse,
    "manuscript": lambda text: manuscripts.parse(text, "da"),
    "front matter": lambda text: manuscripts.parse(f"---\ntitle: a\nabstract: |\n {text}\n---\n", "da"),
    "references file": lambda text: imports.read(text.encode()),
    "ris": lambda text: imports.read(f"TY  - JOUR\nTI  - {text}\nER  - \n".encode()),
    "citation": lambda text: citation_text(Claim(title=text, authors=(text,), journal=text, pages=text)),
    "pasted citation": recognising.named,
    "identifier": finding.identifier,
    "sentences": lambda text: (readability.sentences([text], "da"), readability.sentences([text], "en")),
    "claims": claims.needs_source,
    "slug": make_slug,
    "query": searching.words_of,
    "plain text": lambda text: plain_text.PICTURE.sub("", text),
    "merge": lambda text: merging.join_texts(text, f"a{text}", f"{text}b"),
    "changes": lambda text: differences.html(differences.compare(text, text[::-1])),
    "changes inside": lambda text: differences.changed_words(text, text.replace("a", "b", 50)),
}


@pytest.mark.parametrize("parser", PARSERS)
def test_no_piece_repeated_takes_time_by_the_square(parser, efforts):
    slow = [
        piece
        for piece in PIECES
        if grows_unbounded(PARSERS[parser], lambda length, piece=piece: repeated(piece, length), efforts)
    ]
    assert slow == []


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_takes_time_by_the_square(shape, efforts):
    slow = [name for name, function in PARSERS.items() if grows_unbounded(function, SHAPES[shape], efforts)]
    assert slow == []


def test_the_judge_sees_the_square_and_what_is_counted(efforts):
    def pairs(text):
        return [None for _a in text for _b in text if _a > _b]

    assert grows_unbounded(pairs, "a".__mul__, efforts)
    assert not grows_unbounded(PARSERS["markdown"], "[a](".__mul__, efforts)


# Marks of two kinds are put in order, which takes time by the square of how many stand together.
MARKS = "\u0300\u0316"


@pytest.mark.parametrize("read", [markdown.render_short, PARSERS["markdown"], PARSERS["manuscript"]])
@pytest.mark.parametrize("letter", ["a", "# a", "[a]: b\n\n## "])
def test_letter_with_a_tower_of_marks_is_read_at_once(read, letter):
    assert seconds(read, letter + MARKS * 45_000) < 1


def test_letter_has_no_more_marks_than_any_script_puts_there():
    assert without_hidden(f"a{MARKS * 20}b\u0301") == f"a{MARKS * 15}b\u0301"
    assert without_hidden("\U0001d165\U0001d16d" * 20) == "\U0001d165\U0001d16d" * 15


@pytest.mark.parametrize(
    "text", ["[" * 5_000_000, "a " * 2_000_000, "[" * 119_000, "> " * 59_000, "<a" * 59_000]
)
def test_the_longest_texts_are_answered_at_once(text):
    assert seconds(PARSERS["markdown"], text) < 3


def test_effort_is_counted_the_same_everywhere():
    """The count is of the text, not of the machine: what one process accepts, each does."""
    with pytest.raises(TooComplexError, match="brackets"):
        converting.to_html("[" * 10_000)
    assert converting.to_html("[" * 1_000)


def test_table_has_no_more_cells_than_a_page_shows():
    html = str(markdown.render(SHAPES["many empty cells"](99_000), {}, {}).html)
    assert html.count("<td") < 100_000


def test_address_is_not_multiplied_without_end():
    assert len(markdown.render(SHAPES["long address, often"](119_000), {}, {}).html) < 3_000_000


def test_long_article_is_far_from_the_limits():
    paragraph = "Et *fund* i [en undersøgelse](https://example.dk/a) viste **mere** [@pmid:12345678].\n"
    text = "\n\n".join(["## Fund", paragraph * 5, "- et\n    - to\n", "a | b\n--|--\n" + "c | d\n" * 30] * 60)
    assert not markdown.render(text, {}, {}).problems
    Article(body_da=text).clean_fields(
        exclude=[field.name for field in Article._meta.fields if field.name != "body_da"]
    )
