"""Which language a text is in, told from the small words every text has."""

import re
from collections import Counter

# Frequent words that are none in the other languages.
SMALL_WORDS = {
    "da": "og det er til af ikke på som den med der et kan du har eller hvis efter ved vi dig",
    "en": "the and is of to not with that this are you or if your can by from which we be",
}
LEAST = 5  # small words, before anything is said
CLEARLY = 4  # times as many as of any other language

WORD = re.compile(r"[^\W\d_]+")


def likely_language(text: str) -> str:
    """The code of the language a text is written in, or "" when that is not clear."""
    words = Counter(WORD.findall(text.lower()))
    seen = {code: sum(words[word] for word in small.split()) for code, small in SMALL_WORDS.items()}
    (first, most), (_second, next_most), *_rest = sorted(seen.items(), key=lambda item: -item[1])
    return first if most >= LEAST and most >= CLEARLY * next_most else ""
