"""What changed between two texts, paragraph by paragraph and word by word. Values in, values out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles import comparing

PieceKind = Literal["same", "inserted", "deleted"]
BlockKind = Literal["same", "inserted", "deleted", "changed", "moved", "moved_away"]

PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
WORD = re.compile(r"\s+|[^\W_]+|[\W_]")

# With less in common than this, one paragraph was not made of the other.
ALIKE = 0.5
# What was moved may have been mended on the way, but not rewritten; and a line of a word or two is no proof.
MOVED_ALIKE = 0.8
FEWEST_WORDS_MOVED = 4
# Comparing takes time by the product of the lengths: longer ones are shown whole, old and new.
MOST_COMPARISONS = 4_000_000
# Of paragraphs with each other, where many were deleted and many inserted.
MOST_PAIRS = 4000

LABELS = {
    "inserted": _("New"),
    "deleted": _("Deleted"),
    "changed": _("Changed"),
    "moved": _("Moved to here"),
    "moved_away": _("Moved away from here"),
}


@dataclass(frozen=True)
class Piece:
    kind: PieceKind
    text: str


@dataclass(frozen=True)
class Block:
    """A paragraph: as it is in both texts, in one of them, or in both and not the same.

    One that was moved is in two blocks: where it went away from, and where it is now.
    """

    kind: BlockKind
    pieces: tuple[Piece, ...]

    @property
    def old(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.kind != "inserted")

    @property
    def new(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.kind != "deleted")


def compare(old: str, new: str) -> list[Block]:
    """The paragraphs of both texts in the order of the new one, the deleted ones where they were."""
    before, after = paragraphs(old), paragraphs(new)
    blocks: list[Block] = []
    matcher = comparing.matcher(before, after)
    for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if tag == "equal":
            blocks += [whole("same", text) for text in before[from_old:to_old]]
        else:
            blocks += aligned(before[from_old:to_old], after[from_new:to_new])
    return with_moves(blocks)


def paragraphs(text: str) -> list[str]:
    return [part for part in PARAGRAPH.split(text.replace("\r\n", "\n").strip()) if part]


def whole(kind: Literal["same", "inserted", "deleted"], text: str) -> Block:
    return Block(kind, (Piece(kind, text),))


def aligned(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    """Deleted, inserted, and those of which the new one was made of the old one, in their order."""
    words_before, words_after = (sum(len(text.split()) for text in texts) for texts in (before, after))
    is_too_much = len(before) * len(after) > MOST_PAIRS or words_before * words_after > MOST_COMPARISONS
    if not before or not after or is_too_much:
        yield from (whole("deleted", text) for text in before)
        yield from (whole("inserted", text) for text in after)
        return
    best = {
        (at_old, at_new): likeness(old, new)
        for at_old, old in enumerate(before)
        for at_new, new in enumerate(after)
    }
    at_old, at_new = max(best, key=lambda pair: best[pair])
    if best[at_old, at_new] < ALIKE:
        yield from aligned(before, ())
        yield from aligned((), after)
        return
    yield from aligned(before[:at_old], after[:at_new])
    yield Block("changed", changed_words(before[at_old], after[at_new]))
    yield from aligned(before[at_old + 1 :], after[at_new + 1 :])


@lru_cache(maxsize=5000)
def likeness(old: str, new: str) -> float:
    """0 to 1: the share of words in common."""
    before, after = old.split(), new.split()
    if len(before) * len(after) > MOST_COMPARISONS:
        return 0.0
    matcher = comparing.matcher(before, after)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def changed_words(old: str, new: str) -> tuple[Piece, ...]:
    before, after = WORD.findall(old), WORD.findall(new)
    pieces: list[Piece] = []
    matcher = comparing.matcher(before, after)
    for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        was, is_now = "".join(before[from_old:to_old]), "".join(after[from_new:to_new])
        if tag == "equal":
            pieces += bridged(pieces, was)
        else:
            pieces += [Piece("deleted", was)] if was else []
            pieces += [Piece("inserted", is_now)] if is_now else []
    return tuple(merged(pieces))


def bridged(pieces: Sequence[Piece], text: str) -> list[Piece]:
    """A blank between two changes belongs to both: "one two" for "three four" is one change."""
    is_after_change = bool(pieces) and pieces[-1].kind != "same"
    if text.isspace() and is_after_change:
        return [Piece("deleted", text), Piece("inserted", text)]
    return [Piece("same", text)]


def merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Changes that follow each other as one deletion and one insertion."""
    for is_same, run in groupby(pieces, key=lambda piece: piece.kind == "same"):
        together = list(run)
        kinds: tuple[PieceKind, ...] = ("same",) if is_same else ("deleted", "inserted")
        for kind in kinds:
            if text := "".join(piece.text for piece in together if piece.kind == kind):
                yield Piece(kind, text)


def with_moves(blocks: list[Block]) -> list[Block]:
    """Paragraphs deleted in one place and inserted in another, as moved."""
    inserted = [at for at, block in enumerate(blocks) if block.kind == "inserted"]
    if len(inserted) * sum(block.kind == "deleted" for block in blocks) > MOST_PAIRS:
        return blocks
    for at, block in enumerate(blocks):
        if block.kind != "deleted" or len(block.old.split()) < FEWEST_WORDS_MOVED:
            continue
        there = max(inserted, key=lambda other: likeness(block.old, blocks[other].new), default=None)
        if there is not None and likeness(block.old, blocks[there].new) >= MOVED_ALIKE:
            inserted.remove(there)
            blocks[there] = Block("moved", changed_words(block.old, blocks[there].new))
            blocks[at] = replace(block, kind="moved_away")
    return blocks


def html(blocks: Iterable[Block], *, around: int = 1) -> SafeString:
    """The changes for an editor, with so many unchanged paragraphs around each; others are counted.

    What happened to a paragraph stands in words before it: colour and lines only help.
    """
    listed = list(blocks)
    near = {
        other
        for at, block in enumerate(listed)
        if block.kind != "same"
        for other in range(at - around, at + around + 1)
    }
    parts: list[SafeString] = []
    for is_shown, run in groupby(enumerate(listed), key=lambda each: each[0] in near):
        shown = [block for _at, block in run]
        parts += map(block_html, shown) if is_shown else [left_out_html(len(shown))]
    return format_html('<div class="differences">{}</div>', joined(parts))


def block_html(block: Block) -> SafeString:
    label = LABELS.get(block.kind)
    return format_html(
        '<div class="difference {}">{}<p>{}</p></div>',
        block.kind.replace("_", "-"),
        format_html('<p class="difference-label">{}</p>', label) if label else "",
        joined(map(piece_html, block.pieces)),
    )


def piece_html(piece: Piece) -> SafeString:
    tag = {"inserted": "ins", "deleted": "del", "same": "span"}[piece.kind]
    return format_html("<{0}>{1}</{0}>", tag, piece.text)


def joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def left_out_html(count: int) -> SafeString:
    sentence = ngettext("%(count)d paragraph unchanged", "%(count)d paragraphs unchanged", count)
    return format_html('<p class="difference-left-out">{}</p>', sentence % {"count": count})
