"""What changed in the original since a translation was made, beside what the translation has there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.safestring import SafeString

from articles.differences import LABELS, Block, compare, joined, paragraphs, piece_html
from articles.models import Edition

# Blocks that stand where a paragraph of the older text stood.
FROM_OLDER_TEXT = ("same", "deleted", "changed", "moved_away")


@dataclass(frozen=True)
class Change:
    """A paragraph of the original that is not what it was, and what the translation has there."""

    block: Block
    translation: str

    @property
    def label(self) -> str:
        return str(LABELS[self.block.kind])

    @property
    def old_html(self) -> SafeString:
        return joined(piece_html(piece) for piece in self.block.pieces if piece.kind != "inserted")

    @property
    def new_html(self) -> SafeString:
        return joined(piece_html(piece) for piece in self.block.pieces if piece.kind != "deleted")


def changes(before: Edition, now: Edition, translation: Edition) -> list[Change]:
    """What is to be looked at in a translation that was made from an edition before."""
    blocks = [(block, translation.title) for block in compare(before.title, now.title)]
    blocks += [(block, translation.abstract) for block in compare(before.abstract, now.abstract)]
    blocks += [(block, translation.seek_help) for block in compare(before.seek_help, now.seek_help)]
    texts = iter(counterparts(paragraphs(before.body), paragraphs(translation.body)))
    blocks += [
        (block, next(texts) if block.kind in FROM_OLDER_TEXT else "")
        for block in compare(before.body, now.body)
    ]
    return [Change(block, text) for block, text in blocks if block.kind != "same"]


def counterparts(original: Sequence[str], translation: Sequence[str]) -> list[str]:
    """For each paragraph of the original, what the translation has in its place.

    Where a section has another number of paragraphs, that is the whole section; where there is another
    number of sections, nothing can be said.
    """
    if len(original) == len(translation):
        return list(translation)
    theirs, ours = sections(original), sections(translation)
    if len(theirs) != len(ours):
        return [""] * len(original)
    return [
        text
        for there, here in zip(theirs, ours, strict=True)
        for text in (here if len(there) == len(here) else ["\n\n".join(here)] * len(there))
    ]


def sections(texts: Iterable[str]) -> list[list[str]]:
    """Paragraphs by the heading they stand under; what stands before the first one comes first."""
    number = 0

    def section(text: str) -> int:
        nonlocal number
        number += text.startswith("#")
        return number

    grouped = {key: list(group) for key, group in groupby(texts, key=section)}
    return [grouped.get(at, []) for at in range(number + 1)]
