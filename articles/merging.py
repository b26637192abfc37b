"""What two people made of the same thing at the same time, as one. Values in, values out.

A text is joined sentence by sentence: two changes in one sentence could together say what neither
of the two has written.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from articles import comparing

# Line breaks, and blanks between a sentence's end and a capital letter: "ca. 5 mg" stays whole.
# Before the letter there may be quotation marks, brackets, asterisks: a few, so that reading takes no longer
# by the square of the length.
BETWEEN_SENTENCES = re.compile(r"(\n+|(?<=[.!?])[ \t]++(?=[^\w\n]{0,8}+[A-ZÆØÅ]))")

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
    """Pieces in the order of the text: what is clear, and what has to be settled.

    What all three share parts the text; between two such places, what only one changed is clear.
    """
    versions = [units(text) for text in (base, mine, theirs)]
    in_mine, in_theirs = (kept(versions[0], version) for version in versions[1:])
    shared = [(at, in_mine[at], in_theirs[at]) for at in sorted(in_mine.keys() & in_theirs.keys())]
    pieces: list[str | Conflict] = []
    starts = (0, 0, 0)
    for ends in [*shared, tuple(map(len, versions))]:
        between = ("".join(version[i:j]) for version, i, j in zip(versions, starts, ends, strict=True))
        pieces += [join(*between), *versions[0][ends[0] : ends[0] + 1]]
        starts = (ends[0] + 1, ends[1] + 1, ends[2] + 1)
    return [piece for piece in pieces if piece]


def kept(old: list[str], new: list[str]) -> dict[int, int]:
    """Where in the new list those of the old one are that stayed."""
    blocks = comparing.matcher(old, new).get_matching_blocks()
    return {block.a + n: block.b + n for block in blocks for n in range(block.size)}


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
