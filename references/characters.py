"""Characters that nobody sees and no text needs, which only change how the text around them is read."""

import re
import unicodedata
from typing import Any

# What HTML does not have, lone halves of a character among it:
# https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream
# What turns the direction of writing against the letters' own: embeddings, overrides, isolates. Arabic and
# Hebrew need none of them, and the marks U+200E, U+200F and U+061C stay. What hides in a word or ends it:
# zero-width space, word joiner, byte order mark, annotations, tags. The joiners of Persian and of emoji stay.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u206f\u200b\u2060\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# What stands on the letter before it, as accents do, by itself or in its parts.
MARKS = "".join(
    re.escape(character)
    for character in map(chr, range(0x300, 0x1F000))
    if unicodedata.combining(unicodedata.normalize("NFKD", character)[0])
)
# No script has as many on one letter, and to put them in order takes time by the square of their number:
# https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
STACKED = re.compile(f"([{MARKS}]{{30}})[{MARKS}]+")
# Where they may be: most texts have none, and that is found out sixty times faster.
BEYOND_LATIN = re.compile("[\u0300-\u1fff\u20d0-\u20f0\u2c00-\U0001efff]")
# No character has such a number, and Python does not read one of thousands of digits.
OVERLONG_REFERENCE = re.compile("&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")


def without_hidden(text: str) -> str:
    """With no more than 30 marks on a letter, too. XML has no form feed: where a page ended, a line does."""
    text = HIDDEN.sub("", text.replace("\f", "\n"))
    return STACKED.sub(r"\1", text) if BEYOND_LATIN.search(text) else text


def visible(value: Any) -> Any:
    """What is said to machines, without hidden characters: a text, or lists and dictionaries with texts.

    Editions never change, so one from before these were kept out may have them, and XML breaks of some.
    """
    if isinstance(value, str):
        return without_hidden(value)
    if isinstance(value, list):
        return [visible(each) for each in value]
    if isinstance(value, dict):
        return {name: visible(each) for name, each in value.items()}
    return value
