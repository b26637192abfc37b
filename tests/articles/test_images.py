from io import BytesIO

import pytest
from django.utils import translation
from PIL import Image, ImageCms
from PIL.ExifTags import IFD

from articles import images
from articles.images import Refused, Rendition, renditions
from tests.pictures import PLACE, ROTATED, XMP, as_file, bomb, camera_data, make_image, photograph

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def opened(rendition: Rendition) -> Image.Image:
    return Image.open(BytesIO(rendition.content))


def colour(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """Of the pixel at this part of the width and height."""
    pixel = image.convert("RGB").getpixel((int(image.width * x), int(image.height * y)))
    assert isinstance(pixel, tuple)
    return pixel


def is_near(colour: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 24 for a, b in zip(colour, expected, strict=True))


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (2000, [480, 960, 1440]),
        (1440, [480, 960, 1440]),
        (1000, [480, 960, 1000]),
        (480, [480]),
        (300, [300]),
    ],
)
def test_widths_are_never_larger_than_the_picture(width, widths):
    files = renditions(as_file(make_image(width, width // 2)))
    assert sorted({file.width for file in files}) == widths
    assert all(opened(file).size == (file.width, file.height) for file in files)


def test_every_width_is_there_in_every_encoding():
    found = [(file.width, opened(file).format) for file in renditions(photograph(600, 400))]
    assert found == [(width, encoding) for width in (480, 600) for encoding in ("AVIF", "WEBP", "JPEG")]


@pytest.mark.parametrize("encoding", images.ACCEPTED)
def test_no_metadata_gets_through(encoding):
    photo = photograph(encoding=encoding)
    before = Image.open(BytesIO(photo))
    assert before.getexif().get_ifd(IFD.GPSInfo)[2] == PLACE
    for file in renditions(photo):
        image = opened(file)
        image.load()
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)
        assert not any(secret in file.content for secret in (b"Exif\0", b"xmpmeta", XMP[-30:], b"kamera"))


@pytest.mark.parametrize("encoding", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_applied(encoding):
    file = renditions(photograph(600, 400, encoding, orientation=ROTATED))[-1]
    assert (file.width, file.height) == (400, 600)
    assert is_near(colour(opened(file), 0.5, 0.1), RED)
    assert is_near(colour(opened(file), 0.5, 0.9), BLUE)


def test_orientation_of_a_telephones_heic_is_applied_once():
    image = make_image()
    file = renditions(as_file(image, "HEIF", exif=camera_data(ROTATED).tobytes()))[-1]
    assert (file.width, file.height) == (400, 600)
    assert is_near(colour(opened(file), 0.5, 0.1), RED)


@pytest.mark.parametrize(
    ("mode", "encoding"), [("RGBA", "PNG"), ("RGBA", "WEBP"), ("LA", "PNG"), ("P", "PNG")]
)
def test_transparency_becomes_white(mode, encoding):
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0)).convert(mode)
    for file in renditions(as_file(clear, encoding)):
        assert is_near(colour(opened(file), 0.5, 0.5), WHITE)


def test_colours_of_another_profile_become_those_of_srgb():
    """In a profile whose red and green are exchanged, what is written as red is seen as green."""
    photo = as_file(make_image(), icc_profile=exchanged_profile())
    assert is_near(colour(opened(renditions(photo)[-1]), 0.1, 0.5), (0, 255, 0))


def exchanged_profile() -> bytes:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_a_broken_profile_is_passed_over():
    photo = as_file(make_image(), icc_profile=b"no profile at all")
    assert is_near(colour(opened(renditions(photo)[-1]), 0.1, 0.5), RED)


@pytest.mark.parametrize("mode", ["L", "CMYK", "1", "P"])
def test_pictures_of_every_mode_are_read(mode):
    encoding = "JPEG" if mode in {"L", "CMYK"} else "PNG"
    assert opened(renditions(as_file(make_image(mode=mode), encoding))[-1]).mode == "RGB"


def test_grey_of_16_bits_keeps_its_shades():
    xray = Image.new("I;16", (100, 100), 0x8000)
    assert is_near(colour(opened(renditions(as_file(xray, "PNG"))[-1]), 0.5, 0.5), (128, 128, 128))


def test_a_telephones_jpeg_of_two_pictures_is_read_as_its_first():
    both = as_file(make_image(), "MPO", save_all=True, append_images=[make_image(60, 40)])
    assert renditions(both)[-1].width == 600


def test_what_is_hidden_behind_a_picture_does_not_get_through():
    for file in renditions(photograph() + b"<script>alert(1)</script>PK\3\4"):
        assert b"<script" not in file.content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Just text in a file that is named photo.jpg.",
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        b"GIF89a" + SVG,
        as_file(make_image(), "GIF"),
        as_file(make_image(), "TIFF"),
        as_file(make_image(), "PDF"),
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(Refused, match="no JPEG, PNG, WebP, AVIF or HEIC picture"):
        renditions(content)


@pytest.mark.parametrize("encoding", images.ACCEPTED)
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_truncated_file_is_refused(encoding, part):
    photo = as_file(make_image().effect_spread(40), encoding)
    with pytest.raises(Refused, match="damaged"):
        renditions(photo[: int(len(photo) * part)])


@pytest.mark.parametrize("size", [(20_000, 20_000), (10_000, 10_000), (6_300, 4_000)])
def test_a_picture_of_too_many_pixels_is_refused_undecoded(size, monkeypatch):
    def decode(*_args: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    content = bomb(*size)
    assert len(content) < 10_000
    with pytest.raises(Refused, match=r"more than (?:25|50) million pixels"):
        renditions(content)


def test_a_strip_is_refused():
    with pytest.raises(Refused, match="10 times as long"):
        renditions(as_file(make_image(20, 210)))


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(Refused, match="larger than 20 MB"):
        renditions(bytes(20 * 1024 * 1024 + 1))
