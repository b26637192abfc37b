"""Pictures in a text: found in its Markdown, set into the finished HTML.

Editors write `![caption](picture:12)`; the caption may be empty. A picture alone in its paragraph is
a figure. What the sanitiser allows is not widened for it: it passes a mark that no text can hold, and
our own HTML comes into its place afterwards.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.etree.ElementTree import Element

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from articles.images import ENCODINGS
from articles.models import Picture
from references.characters import without_hidden

Code = Literal["picture_malformed", "picture_missing", "picture_without_alt", "picture_in_a_line"]

ADDRESS = re.compile(r"picture:\s*(?P<written>.*)", re.DOTALL)
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
MENTIONED = re.compile(r"picture:\s*([1-9][0-9]{0,8})(?![0-9])")

# How wide a picture is on a page: the column of the text, or a narrow screen less its edges.
SIZES = "(min-width: 50rem) 48rem, calc(100vw - 2rem)"

MESSAGES = {
    "picture_malformed": _(
        "“%(written)s” is not the number of a picture. Use the button Insert picture, or write"
        " ![](picture:12)."
    ),
    "picture_missing": _("There is no picture %(written)s. It may have been deleted: insert another one."),
    "picture_without_alt": _(
        "Picture %(written)s has no description in this language. Write one under Pictures, for those who"
        " cannot see it."
    ),
    "picture_in_a_line": _(
        "Picture %(written)s stands in a line of text, where it has no caption. Leave a blank line before"
        " and after it."
    ),
}


@dataclass(frozen=True, slots=True)
class PictureProblem:
    """What is wrong with a picture in a text. `line` counts from 1."""

    line: int
    source: str
    code: Code
    written: str
    """The number, or what stands in its place."""

    @property
    def message(self) -> str:
        """What is wrong and what to do, in the active language."""
        return str(MESSAGES[self.code]) % {"written": self.written}


@dataclass(frozen=True, slots=True)
class Place:
    """A picture in the text: what was written for its number, and its caption."""

    written: str
    caption: str


@dataclass
class Places(Extension, Treeprocessor):
    """Finds the pictures of one text while Markdown converts it, and leaves marks.

    An extension of Markdown and its own tree processor.
    """

    found: list[Place] = field(default_factory=list)
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        md.treeprocessors.register(self, "pictures", 0)

    def run(self, root: Element) -> None:
        for image in root.iter("img"):
            if address := ADDRESS.match(image.get("src", "")):
                # An address of this site's, which the sanitiser lets through.
                mark = f"/{self.mark}/{len(self.found)}"
                # Markdown's own marks, where it has not put back what they stand for, are hidden characters.
                caption = without_hidden(image.get("alt", "")).strip()
                self.found.append(Place(address["written"].strip(), caption))
                image.attrib.clear()
                image.set("src", mark)


@dataclass(frozen=True)
class Restored:
    """HTML with its pictures, which they are in the order readers meet them, and what is wrong."""

    html: str
    shown: tuple[Picture, ...]
    problems: tuple[PictureProblem, ...]


def restore(html: str, text: str, places: Places, pictures: Mapping[int, Picture]) -> Restored:
    """Put the pictures in the place of their marks in sanitised HTML of the text.

    `pictures` has them by number. One that is missing there is left out.
    """
    language = get_language() or settings.LANGUAGE_CODE
    shown: dict[Picture, None] = {}
    problems: list[PictureProblem] = []

    def report(code: Code, place: Place) -> None:
        source = f"picture:{place.written}"
        problems.append(PictureProblem(line_of(text, place.written), source, code, place.written))

    def picture_at(place: Place) -> Picture | None:
        number = int(place.written) if NUMBER.fullmatch(place.written) else None
        picture = pictures.get(number) if number else None
        if picture is None:
            report("picture_missing" if number else "picture_malformed", place)
        else:
            shown[picture] = None
            if not picture.description(language):
                report("picture_without_alt", place)
        return picture

    def figures(paragraph: re.Match[str]) -> str:
        in_paragraph = (places.found[int(index)] for index in re.findall(mark, paragraph[0]))
        shown_here = ((place, picture_at(place)) for place in in_paragraph)
        return "\n".join(
            figure_html(picture, place.caption, language) for place, picture in shown_here if picture
        )

    def inline(found: re.Match[str]) -> str:
        place = places.found[int(found[1])]
        picture = picture_at(place)
        if picture is None:
            return ""
        report("picture_in_a_line", place)
        return picture_html(picture, language)

    mark = rf'<img src="/{places.mark}/([0-9]+)">'
    if places.found:
        html = re.sub(rf"<p>(?:{mark}(?:<br>|\s)*)+</p>", figures, html)
        html = re.sub(mark, inline, html)
    return Restored(html, tuple(shown), tuple(problems))


def figure_html(picture: Picture, caption: str, language: str) -> SafeString:
    credit = format_html('<span class="credit">{}</span>', picture.credit) if picture.credit else ""
    lines = format_html_join(" ", "{}", ((line,) for line in (caption, credit) if line))
    return format_html(
        "<figure>{}{}</figure>",
        picture_html(picture, language),
        format_html("<figcaption>{}</figcaption>", lines) if lines else "",
    )


def picture_html(picture: Picture, language: str) -> SafeString:
    """The picture in every width and encoding, for the browser to choose from.

    With its width and height, so that nothing on the page moves when it arrives.
    """
    *modern, plain = ((extension, source_set(picture, extension)) for extension in ENCODINGS)
    sources = format_html_join(
        "",
        '<source type="image/{}" srcset="{}" sizes="{}">',
        ((extension, files, SIZES) for extension, files in modern),
    )
    extension, files = plain
    return format_html(
        '<picture>{}<img src="{}" srcset="{}" sizes="{}" width="{}" height="{}" alt="{}"'
        ' loading="lazy" decoding="async"></picture>',
        sources,
        picture.url(middle(picture.widths), extension),
        files,
        SIZES,
        picture.width,
        picture.height,
        picture.description(language),
    )


def source_set(picture: Picture, extension: str) -> str:
    return ", ".join(f"{picture.url(width, extension)} {width}w" for width in picture.widths)


def middle(widths: Sequence[int]) -> int:
    """For browsers that do not choose: wide enough for the column."""
    return widths[len(widths) // 2]


def mentioned(text: str) -> set[int]:
    """The numbers of all pictures a text may show; some may stand in code."""
    return {int(number) for number in MENTIONED.findall(text)}


def line_of(text: str, written: str) -> int:
    """The first line that has this picture."""
    place = re.search(rf"picture:\s*{re.escape(written)}(?![0-9])", text)
    return text.count("\n", 0, place.start()) + 1 if place else 1
