"""Characters that nobody sees and no text needs, which only change how the text around them is read."""

import re
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
# No character has such a number, and Python does not read one of thousands of digits.
OVERLONG_REFERENCE = re.compile("&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")


def without_hidden(text: str) -> str:
    """XML has no form feed either: where a page ended, a line does."""
    return HIDDEN.sub("", text.replace("\f", "\n"))


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
