"""Sentences of a plain text that name treatments and related articles, in English and Danish."""

import re

SENTENCE_END = re.compile(r"(?<=[.!?])\s")
OFFER = re.compile(
    r"(?:We|Vi) (?:investigate|examine|treat|undersøger|udreder|behandler) (?P<rest>.+)"
    r"|(?:We offer|Vi tilbyder) (?P<list>.+)"
)
WITH = (" with ", " med ")
SEE_ALSO = ("See also:", "Se også:")


def treatments_named(text: str) -> list[str]:
    """What "We investigate … with colonoscopy, gastroscopy and a breath test." names."""
    names = []
    for sentence in SENTENCE_END.split(text):
        if match := OFFER.fullmatch(sentence.rstrip(".!")):
            names += enumerated(match["list"] or after_with(match["rest"]))
    return names


def after_with(text: str) -> str:
    """The enumeration that begins after the last "with" before the first comma."""
    start = text.partition(",")[0]
    ends = [start.rfind(word) + len(word) for word in WITH if word in start]
    return text[max(ends) :] if ends else ""


def enumerated(text: str) -> list[str]:
    """The items of "a, b and c"."""
    *items, last = text.split(",")
    for word in (" and ", " og ", " samt "):
        head, found, tail = f" {last.strip()}".rpartition(word)
        if found:
            items += [head, tail]
            break
    else:
        items.append(last)
    return [item.strip() for item in items if item.strip()]


def cross_links(text: str) -> list[str]:
    """The titles in "See also: Hernia, Diet, fibre and you, Gallstones."

    A title may have a comma in it: where titles begin with a capital, what goes on in small letters
    belongs to the title before it.
    """
    titles: list[str] = []
    for sentence in SENTENCE_END.split(text):
        if sentence.startswith(SEE_ALSO):
            items = sentence.partition(":")[2].rstrip(".!").split(",")
            items = [item.strip() for item in items if item.strip()]
            are_capital = bool(items) and not items[0][0].islower()
            for item in items:
                if are_capital and item[0].islower():
                    titles[-1] += f", {item}"
                else:
                    titles.append(item)
    return titles
