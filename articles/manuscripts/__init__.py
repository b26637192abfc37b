"""Manuscripts: articles as authors send them, read without touching the database.

`parse_file` reads what was sent, whatever its form; of plain text `read` makes text of the bytes and
`parse` a Manuscript of the text. Nothing an author wrote is dropped: what has no place of its own is
kept at the end of the body, and said.
"""

import codecs
import re
from dataclasses import replace

from django.utils.translation import gettext as _

from articles.manuscripts import front_matter, plain_text, word
from articles.manuscripts.language import likely_language
from articles.manuscripts.manuscript import (
    ListedReference,
    Manuscript,
    ManuscriptError,
    Problem,
    SentPicture,
    in_language,
    normal_text,
)

__all__ = [
    "ListedReference",
    "Manuscript",
    "ManuscriptError",
    "Problem",
    "SentPicture",
    "in_language",
    "parse",
    "parse_file",
    "read",
]

MAX_SIZE = word.MAX_SIZE
# RTF, HTML, and what Word calls a web page in one file; also under names like brev.doc.
OTHER_FORMAT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:\{\\rtf|<!doctype html|<html|MIME-Version:)", re.IGNORECASE
)
MAX_TEXT_SIZE = 2_000_000  # bytes; reading takes at most some seconds then


def parse_file(data: bytes, language: str = "") -> Manuscript:
    """Read a manuscript: a Word document, Markdown with YAML front matter, or plain text.

    What it is, its content says, not its name; so does its language, when neither the caller nor
    the manuscript names one. Raises ManuscriptError.
    """
    manuscript = parsed(data, language)
    if language or manuscript.language:
        return manuscript
    likely = likely_language(manuscript.body)  # without the titles of its references
    return replace(parsed(data, likely), language=likely)


def parsed(data: bytes, language: str) -> Manuscript:
    if word.is_package(data):
        return word.parse(data, language)
    return parse(read(data), language)


def read(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with a byte order mark.

    Raises ManuscriptError when it is empty or not such text.
    """
    if len(data) > MAX_TEXT_SIZE:
        raise ManuscriptError(
            _("The file is larger than 2 MB: that is no article. Choose another one, or divide it.")
        )
    if OTHER_FORMAT.match(data):
        raise ManuscriptError(
            _("The file is RTF or a web page, whatever its name. Open it in Word and save it as .docx.")
        )
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        if b"\0" in data:
            raise not_text() from None
        raise ManuscriptError(_("The file is not text in UTF-8: save it again with that encoding.")) from None
    if "\0" in text:
        raise not_text()
    text = normal_text(text)
    if not text.strip():
        raise empty()
    return text


def parse(text: str, language: str = "") -> Manuscript:
    """Read a manuscript: Markdown with YAML front matter, or plain text.

    `language` is that of the heading over left-overs when the text does not say its own. Raises
    ManuscriptError, in one sentence, for a text without a title or with unreadable front matter.
    """
    text = normal_text(text)
    if not text.strip():
        raise empty()
    if front_matter.begins(text):
        return front_matter.parse(text, language)
    return plain_text.parse(text, language)


def empty() -> ManuscriptError:
    return ManuscriptError(_("The file is empty."))


def not_text() -> ManuscriptError:
    return ManuscriptError(_("The file is neither Word nor text: save the article as .docx, .txt or .md."))
