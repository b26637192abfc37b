"""From an uploaded file to the picture files readers' browsers load. Bytes in, bytes out.

Everything is decoded and encoded anew: what is no part of the picture (where it was taken, by which
camera, a script behind its last byte) does not get through.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from io import BytesIO
from pathlib import Path
from typing import Any

import pillow_heif
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageFile, ImageOps

pillow_heif.register_heif_opener()

LARGEST_FILE = 20 * 1024 * 1024
# The largest telephones take at full resolution, 8160 x 6120, is under it.
MOST_PIXELS = 50_000_000
# A JPEG is decoded at a fraction of its size. These are decoded whole and more than once, which at 50 million
# takes most of a gigabyte; no camera makes them.
MOST_PIXELS_OF = {"PNG": 25_000_000, "WEBP": 25_000_000, "AVIF": 25_000_000}
# Of a progressive JPEG all pixels are gone over for each of its scans: some ten, in a few bytes thousands.
MOST_SCANS = 100
# Pillow keeps each segment before the pixels. Cameras write some hundred, with a colour profile.
MOST_SEGMENTS = 5_000
# Bytes that may stand between segments, which Pillow reads one by one.
LONGEST_FILL = 1_000
# How many times as long as wide, or as wide as long. WebP ends at 16383 pixels.
LONGEST = 10

ACCEPTED = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
WIDTHS = (480, 960, 1440)
# Of a face: beside a name, and on a page of its own; each twice as sharp as it is wide.
PORTRAIT_WIDTHS = (80, 320)
# By the ending of the file's name; browsers are offered them in this order.
ENCODINGS: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 62},
    "webp": {"format": "WEBP", "quality": 80},
    "jpg": {"format": "JPEG", "quality": 82, "progressive": True, "optimize": True},
}
SRGB = ImageCms.createProfile("sRGB")
# Not what stands for the byte FF among the pixels, nor the marks that decoding begins anew at.
JPEG_MARKER = re.compile(rb"\xff++([\x01-\xcf\xd8-\xfe])")
SCAN, END = 0xDA, 0xD9


class Refused(Exception):  # noqa: N818 - said of a file
    """The file cannot be used. Its text is a sentence for the editor."""


@dataclass(frozen=True)
class Rendition:
    """The picture in one width and one encoding."""

    width: int
    height: int
    extension: str
    content: bytes


def renditions(content: bytes) -> list[Rendition]:
    """The picture in every width and encoding, the widest last. Raises Refused.

    Takes seconds: encoding AVIF is slow.
    """
    picture = decoded(content)
    return [
        Rendition(sized.width, sized.height, extension, encoded(sized, extension))
        for sized in in_widths(picture)
        for extension in ENCODINGS
    ]


def portrait(content: bytes) -> list[Rendition]:
    """A photo of a person as a square, in each width. Raises Refused."""
    picture = decoded(content)
    faces_are_high_up = (0.5, 0.3)
    return [
        Rendition(width, width, "webp", encoded(square, "webp"))
        for width in PORTRAIT_WIDTHS
        for square in [ImageOps.fit(picture, (width, width), centering=faces_are_high_up)]
    ]


def refuse_large(size: int) -> None:
    """Raise Refused for a file of so many bytes, before it is read."""
    if size > LARGEST_FILE:
        raise Refused(
            _("The file is larger than %(size)d MB. Save the picture smaller and try again.")
            % {"size": LARGEST_FILE // 1024**2}
        )


def decoded(content: bytes) -> Image.Image:
    """The picture upright, in sRGB, on white, no wider than readers get it, and without any metadata.

    White in the place of transparency: a drawing in black lines is read on a dark page, too.
    """
    refuse_large(len(content))
    with one_at_a_time():
        return decoded_now(content)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """The largest pictures take hundreds of megabytes: of all processes on a host one at a time decodes."""
    with Path(__file__).open("rb") as file:
        flock(file, LOCK_EX)
        yield


def decoded_now(content: bytes) -> Image.Image:
    file = opened(content)
    try:
        # A JPEG is decoded at a fraction of its size where that is enough.
        file.draft(None, (WIDTHS[-1], WIDTHS[-1]))
        # Turned when it is small: of all its pixels there is one copy, not three.
        upright = ImageOps.exif_transpose(reduced(mixable(file)))
        return on_white(shrunk(upright, WIDTHS[-1]))
    except Exception as error:  # decoders raise anything at what is broken
        raise Refused(
            _("The picture could not be read to its end. The file may be damaged, or not copied completely.")
        ) from error


def opened(content: bytes) -> ImageFile.ImageFile:
    """The file with its header read and judged, and nothing decoded."""
    refuse_laborious(content)
    try:
        file = Image.open(BytesIO(content), formats=ACCEPTED)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(too_large(MOST_PIXELS)) from error
    except Exception as error:
        raise Refused(
            _("This file is damaged, or no JPEG, PNG, WebP, AVIF or HEIC picture. Choose another one.")
        ) from error
    most = MOST_PIXELS_OF.get(file.format or "", MOST_PIXELS)
    if file.width * file.height > most:
        raise Refused(too_large(most))
    if max(file.size) > LONGEST * min(file.size):
        raise Refused(
            _(
                "One side of the picture is more than %(times)d times as long as the other."
                " Cut it and try again."
            )
            % {"times": LONGEST}
        )
    return file


def refuse_laborious(content: bytes) -> None:
    """Raise Refused for a JPEG that takes minutes to read, by its segments up to the end of the picture."""
    if not content.startswith(b"\xff\xd8"):
        return
    at = 2
    segments = scans = 0
    while (marker := JPEG_MARKER.search(content, at)) and marker[1][0] != END:
        segments += 1
        scans += marker[1][0] == SCAN
        has_fill = len(marker[0]) > LONGEST_FILL
        if segments > MOST_SEGMENTS or scans > MOST_SCANS or has_fill:
            raise Refused(
                _("The picture is put together as no camera does it. Save it anew as a JPEG and try again.")
            )
        at = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2])


def too_large(most: int) -> str:
    """The sentence for more pixels than that."""
    return _("The picture has more than %(most)d million pixels. Save it smaller and try again.") % {
        "most": most // 1_000_000
    }


def mixable(image: Image.Image) -> Image.Image:
    """The image in a mode whose pixels can be mixed with each other, as making it smaller does."""
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode.startswith("I"):  # 16 bits of grey, as X-ray pictures have
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"P", "1"}:
        return image.convert("RGB")
    return image


def reduced(image: Image.Image) -> Image.Image:
    """The image by a whole number smaller, but larger than readers get it, whichever way it is turned."""
    factor = min(image.size) // (2 * WIDTHS[-1])
    return image.reduce(factor) if factor > 1 else image


def on_white(image: Image.Image) -> Image.Image:
    """A new image in sRGB that has the pixels and nothing else of the old one."""
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(in_srgb(image), mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return canvas


def in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode == "RGBA":
        image = image.convert("RGB")
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            return ImageCms.profileToProfile(image, own, SRGB, outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile, or another kind of picture's: without it colours are nearly right
    return image.convert("RGB")


def shrunk(image: Image.Image, width: int) -> Image.Image:
    """The image no wider than that."""
    if image.width <= width:
        return image
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def in_widths(image: Image.Image) -> Iterator[Image.Image]:
    """The image in the widths that are smaller than its own, and in its own."""
    yield from (shrunk(image, width) for width in WIDTHS if width < image.width)
    yield image


def encoded(image: Image.Image, extension: str) -> bytes:
    file = BytesIO()
    image.save(file, **ENCODINGS[extension])
    return file.getvalue()
