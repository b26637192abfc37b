"""Where two sequences are the same, in bounded time: difflib for what it is good at.

It takes time by the number of equal pairs, times the number of places where the sequences are the same:
with blanks, or one line again and again, that is the cube of the length.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)

# Equal pairs, times the length: about two seconds. Past it only what is the same at the beginning is found.
MOST_EFFORT = 20_000_000
# In longer sequences, what stands there oftener than this is no place to begin: it is found beside others.
SHORT = 300
OFTEN = 20


def matcher(old: Sequence[Item], new: Sequence[Item]) -> SequenceMatcher[Item]:
    counts = Counter(new)
    if len(old) * len(new) > SHORT**2:
        counts = Counter({item: count for item, count in counts.items() if count <= OFTEN})
    pairs = sum(counts[item] for item in old)
    if max(pairs, len(old)) * min(len(old), len(new)) > MOST_EFFORT:
        counts.clear()
    return SequenceMatcher(lambda item: item not in counts, old, new, autojunk=False)
