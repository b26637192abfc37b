"""Picture files as cameras, telephones and mischief make them."""

import zlib
from io import BytesIO
from struct import pack
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, ImageDraw
from PIL.ExifTags import GPS, IFD, Base

pillow_heif.register_heif_opener()

PLACE = (56.0, 9.0, 30.0)
ROTATED = 6  # to be turned a quarter clockwise
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret>Anna Pr\xc3\xb8ve</secret></x:xmpmeta>'


def make_image(width: int = 600, height: int = 400, mode: str = "RGB") -> Image.Image:
    """Red to the left, blue to the right."""
    image = Image.new("RGB", (width, height), "red")
    ImageDraw.Draw(image).rectangle((width // 2, 0, width, height), "blue")
    return image.convert(mode)


def as_file(image: Image.Image, encoding: str = "JPEG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, encoding, **options)
    return file.getvalue()


def camera_data(orientation: int = 1) -> Image.Exif:
    """What a telephone writes beside a picture: where, with what, which way up."""
    exif = Image.Exif()
    exif[Base.Make] = "Prøvekamera"
    exif[Base.Orientation] = orientation
    exif.get_ifd(IFD.GPSInfo).update(
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: PLACE, GPS.GPSLongitudeRef: "E", GPS.GPSLongitude: PLACE}
    )
    return exif


def photograph(width: int = 600, height: int = 400, encoding: str = "JPEG", orientation: int = 1) -> bytes:
    """A picture with GPS in its EXIF, XMP, and a colour profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return as_file(
        make_image(width, height),
        encoding,
        exif=camera_data(orientation).tobytes(),
        icc_profile=profile,
        xmp=XMP,
    )


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    content = zlib.compress(bytes((width // 8 + 1) * min(height, 100)), 9)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", content) + chunk(b"IEND", b"")
