"""What two people made of the same thing at the same time, as one. Values in, values out.

A text is joined sentence by sentence: two changes in one sentence could together say what neither
of the two has written.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from merge3 import Merge3

# Line breaks, and blanks between a sentence's end and a capital letter: "ca. 5 mg" stays whole.
BETWEEN_SENTENCES = re.compile(r"(\n+|(?<=[.!?])[ \t]+(?=[^\w\n]*[A-ZÆØÅ]))")

# Stands in a text around what has to be settled; no text with one is ever saved.
MARK = re.compile(r"⟦\d+: [^⟧\n]*⟧")


@dataclass(frozen=True)
class Conflict:
    """What both changed, each in another way."""

    mine: Any
    theirs: Any


def join(base: Any, mine: Any, theirs: Any) -> Any:
    """One value; a list is joined as a set, by what each took out and put in."""
    if theirs in (mine, base):
        return mine
    if mine == base:
        return theirs
    if isinstance(base, list) and isinstance(mine, list) and isinstance(theirs, list):
        taken_out = set(base) - set(mine)
        kept = [item for item in theirs if item not in taken_out]
        return sorted({*kept, *(item for item in mine if item not in base)})
    return Conflict(mine, theirs)


def join_texts(base: str, mine: str, theirs: str) -> list[str | Conflict]:
    """Pieces in the order of the text: what is clear, and what has to be settled."""
    pieces: list[str | Conflict] = []
    for kind, *versions in Merge3(units(base), units(mine), units(theirs)).merge_groups():
        texts = ["".join(version) for version in versions]
        pieces.append(Conflict(texts[1], texts[2]) if kind == "conflict" else texts[0])
    return pieces


def units(text: str) -> list[str]:
    """Sentences, and what stands between them. Put together they are the text."""
    return [unit for unit in BETWEEN_SENTENCES.split(text) if unit]


def marked(pieces: Iterable[str | Conflict], them: str) -> str:
    """The text, with both versions of what has to be settled between marks. `them` is a name."""
    text, number = "", 0
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        number += 1
        yours, theirs, end = (f"⟦{number}: {label}⟧" for label in (_("yours"), them, _("end")))
        text += f"{yours}{piece.mine}{theirs}{piece.theirs}{end}"
    return text
