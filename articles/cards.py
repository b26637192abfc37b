"""The picture that goes with a link to an article elsewhere: title, author, clinic. Values in, bytes out."""

import json
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from io import BytesIO

from font_source_serif_pro import SourceSerifPro, SourceSerifProSemibold
from PIL import Image, ImageChops, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

SIZE = WIDTH, HEIGHT = 1200, 630
# Of what is drawn below: counted up when it is drawn differently, for pictures are kept for good.
VERSION = 1

MARGIN = 80
BAND = 20  # pixels of the accent at the top
TITLE_TOP = 96
TITLE_HEIGHT = 350
TITLE_SIZES = range(88, 35, -4)
TITLE_LEADING = 1.14
BYLINE_SIZE = 36
CLINIC_SIZE = 40
BASELINE = HEIGHT - 76

SOFT_HYPHEN = "\N{SOFT HYPHEN}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
SHADES = 8  # of a colour, from the paper's; two colours make sixteen, which is four bits a pixel


@dataclass(frozen=True)
class Card:
    """What is drawn. Colours are #rrggbb."""

    title: str
    author: str
    clinic: str
    paper: str
    ink: str
    accent: str

    @cached_property
    def digest(self) -> str:
        """Another one for every other picture, so that one can be kept under its address for good."""
        drawn = [VERSION, self.title, self.author, self.clinic, self.paper, self.ink, self.accent]
        return sha256(json.dumps(drawn).encode()).hexdigest()[:12]


@lru_cache(maxsize=64)
def png(card: Card) -> bytes:
    """The picture, in sixteen colours."""
    ink, accent = (Image.new("L", SIZE) for _ in range(2))
    draw_title(ImageDraw.Draw(ink), card.title)
    room = WIDTH - 2 * MARGIN
    clinic = fitted(card.clinic, CLINIC_SIZE, room if not card.author else room // 2)
    draw_end(ImageDraw.Draw(accent), clinic, CLINIC_SIZE)
    ImageDraw.Draw(accent).rectangle((0, 0, WIDTH, BAND), fill=255)
    taken = font(SourceSerifProSemibold, CLINIC_SIZE).getlength(clinic) + BYLINE_SIZE
    draw_start(ImageDraw.Draw(ink), fitted(card.author, BYLINE_SIZE, room - taken))
    picture = ImageChops.lighter(shaded(ink, 0), shaded(accent, SHADES))
    picture.putpalette(palette(card))
    file = BytesIO()
    picture.save(file, "PNG", bits=4)
    return file.getvalue()


def draw_title(draw: ImageDraw.ImageDraw, title: str) -> None:
    size, lines = set_title(title)
    face = font(SourceSerifProSemibold, size)
    for number, line in enumerate(lines):
        draw.text((MARGIN, TITLE_TOP + number * size * TITLE_LEADING), line, 255, face)


def draw_start(draw: ImageDraw.ImageDraw, text: str) -> None:
    draw.text((MARGIN, BASELINE), text, 255, font(SourceSerifPro, BYLINE_SIZE), anchor="ls")


def draw_end(draw: ImageDraw.ImageDraw, text: str, size: int) -> None:
    draw.text((WIDTH - MARGIN, BASELINE), text, 255, font(SourceSerifProSemibold, size), anchor="rs")


def shaded(mask: Image.Image, first: int) -> Image.Image:
    """A mask as numbers of the palette: the paper's shades of a colour, from its first."""
    steps = [round(level * (SHADES - 1) / 255) for level in range(256)]
    return mask.point([first + step if step else 0 for step in steps]).convert("L")


def palette(card: Card) -> list[int]:
    """From the paper to the ink, then from the paper to the accent."""
    paper, *colours = (rgb(colour) for colour in (card.paper, card.ink, card.accent))
    return [
        round(light + (dark - light) * step / (SHADES - 1))
        for colour in colours
        for step in range(SHADES)
        for light, dark in zip(paper, colour, strict=True)
    ]


def rgb(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))


@lru_cache(maxsize=32)
def font(path: str, size: int) -> FreeTypeFont:
    return ImageFont.truetype(path, size)


def set_title(title: str) -> tuple[int, list[str]]:
    """The largest size at which the title has room, and its lines in it."""
    room = WIDTH - 2 * MARGIN
    lines: list[str] = []
    for size in TITLE_SIZES:
        face = font(SourceSerifProSemibold, size)
        most = int(TITLE_HEIGHT / (size * TITLE_LEADING))
        lines = broken(title, face, room)
        is_whole = all(face.getlength(word) <= room for word in title.replace(SOFT_HYPHEN, " ").split())
        if len(lines) <= most and (is_whole or size == TITLE_SIZES[-1]):
            return size, balanced(title, face, room, len(lines))
    # Of the smallest size, as much as there is room for.
    return TITLE_SIZES[-1], [*lines[: most - 1], f"{lines[most - 1].rstrip(' -')}{ELLIPSIS}"]


def balanced(title: str, face: FreeTypeFont, room: int, count: int) -> list[str]:
    """The title in so many lines, as equal in length as can be: in the narrowest column that holds it."""
    narrow, wide = room // 4, room
    while wide - narrow > 8:
        middle = (narrow + wide) // 2
        if len(broken(title, face, middle)) <= count:
            wide = middle
        else:
            narrow = middle
    return broken(title, face, wide)


def broken(title: str, face: FreeTypeFont, width: int) -> list[str]:
    """Lines no wider than this; words are broken at soft hyphens, and where they do not fit at all."""
    lines: list[str] = []
    line = ""
    for word in title.split():
        whole = word.replace(SOFT_HYPHEN, "")
        joined = f"{line} {whole}".lstrip()
        if face.getlength(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = pieces(word, face, width)
        lines += full
    return [*lines, line] if line else lines


def pieces(word: str, face: FreeTypeFont, width: int) -> list[str]:
    """A word in as many lines as it needs: broken at its own hyphens rather than anywhere."""
    found: list[str] = []
    rest = word
    while face.getlength(rest.replace(SOFT_HYPHEN, "")) > width:
        end = 1 + bisect_left(range(2, len(rest)), True, key=lambda n: not fits(rest[:n], face, width))
        hyphen = max(rest.rfind(mark, 1, end) for mark in (SOFT_HYPHEN, "-"))
        if hyphen > 0:
            end = hyphen + 1
        part = rest[:end].replace(SOFT_HYPHEN, "")
        found.append(part if part.endswith("-") else f"{part}-")
        rest = rest[end:]
    return [*found, rest.replace(SOFT_HYPHEN, "")]


def fits(text: str, face: FreeTypeFont, width: int) -> bool:
    return face.getlength(f"{text.replace(SOFT_HYPHEN, '')}-") <= width


def fitted(text: str, size: int, width: float) -> str:
    """The text on one line, cut where it is wider than this."""
    face = font(SourceSerifProSemibold, size)
    text = " ".join(text.replace(SOFT_HYPHEN, "").split())
    if face.getlength(text) <= width:
        return text
    end = next((n for n in range(len(text), 0, -1) if face.getlength(text[:n] + ELLIPSIS) <= width), 0)
    return f"{text[:end].rstrip()}{ELLIPSIS}"
