"""Files that are not what they say: pictures, Word files, manuscripts and lists of references."""

import io
import os
import subprocess
import sys
import time
import zlib
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from struct import pack
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from django.conf import settings
from django.utils import translation
from PIL import Image

from articles import images, manuscripts, markdown
from articles.images import Refused
from articles.manuscripts import ManuscriptError
from references import imports
from references.imports import UnreadableFileError
from tests.eutils import ENTITY_BOMB
from tests.pictures import as_file, bomb, make_image, photograph
from tests.word_files import of_paragraphs, of_xml, with_parts

HTML = b"<!doctype html><script>window.hit=1</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.hit=1"/>'
# Seconds of processor time.
SOON = 3


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))


def png_with(kind: bytes, content: bytes) -> bytes:
    """A small PNG with a chunk of its maker's after the header."""
    png = as_file(make_image(8, 8), "PNG")
    return png[:33] + chunk(kind, content) + png[33:]


def frames(encoding: str, count: int) -> bytes:
    shown = [Image.new("RGB", (64, 64), (n % 256, 0, 0)) for n in range(count)]
    return as_file(shown[0], encoding, save_all=True, append_images=shown[1:])


def large(encoding: str, width: int, height: int) -> bytes:
    return as_file(Image.new("L", (width, height)), encoding)


def declared(encoding: str, size: int = 60_000) -> bytes:
    """A small file that says in its header that it is as wide as that."""
    data = bytearray(large(encoding, 64, 64))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = pack(">II", size, size)
    return bytes(data)


def scanned(times: int, width: int = 8_160, height: int = 6_120) -> bytes:
    """A progressive JPEG of one shade that is gone over so many times, in 68 bytes each."""
    blocks = -(-width // 8) * -(-height // 8)

    def segment(kind: int, content: bytes) -> bytes:
        return bytes([0xFF, kind]) + pack(">H", len(content) + 2) + content

    def codes(table: int, value: int) -> bytes:
        return segment(0xC4, bytes([table, 1, *[0] * 15, value]))

    runs = ("0" + "1" * 14) * -(-blocks // 32_767)  # "so many blocks have nothing new", as often as it takes
    coded = int(runs.ljust(-(-len(runs) // 8) * 8, "1"), 2).to_bytes(-(-len(runs) // 8), "big")
    once = segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + coded.replace(b"\xff", b"\xff\0")
    head = segment(0xDB, bytes([0, *[1] * 64])) + segment(
        0xC2, pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)
    )
    first = (
        codes(0x00, 0) + codes(0x10, 0xE0) + segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + bytes(-(-blocks // 8))
    )
    return b"\xff\xd8" + head + first + once * times + b"\xff\xd9"


def with_segments(content: bytes) -> bytes:
    jpeg = photograph(60, 40)
    return jpeg[:2] + content + jpeg[2:]


REFUSED_PICTURES = {
    "400 megapixels of PNG": lambda: bomb(),
    "100 megapixels of PNG": lambda: bomb(10_000, 10_000),
    "100 megapixels of JPEG": lambda: large("JPEG", 10_000, 10_000),
    "26 megapixels of PNG": lambda: bomb(6_500, 4_000),
    "100 megapixels of WebP": lambda: declared_webp(),
    "AVIF that says more": lambda: declared("AVIF"),
    "26 megapixels of AVIF": lambda: declared("AVIF", 5_100),
    "JPEG of thousands of scans": lambda: scanned(100_000),
    "JPEG of millions of segments": lambda: with_segments(b"\xff\xef\0\2" * 4_500_000),
    "JPEG with nothing between segments": lambda: with_segments(b"\xff" * 19_000_000),
    "HEIF that says more": lambda: declared("HEIF"),
    "animated GIF": lambda: frames("GIF", 50),
    "SVG": lambda: SVG,
    "SVG, compressed": lambda: zlib.compress(SVG),
    "HTML": lambda: HTML,
    "HTML that begins like a GIF": lambda: b"GIF89a/*" + HTML,
    "HTML that begins like a JPEG": lambda: b"\xff\xd8\xff\xe0" + HTML,
    "JPEG, cut off": lambda: photograph()[:900],
    "PNG, cut off": lambda: as_file(make_image(), "PNG")[:300],
    "TIFF": lambda: as_file(make_image(), "TIFF"),
    "BMP": lambda: as_file(make_image(), "BMP"),
    "PDF": lambda: b"%PDF-1.7\n" + HTML,
    "EPS": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "zip": lambda: of_paragraphs("a"),
    "nothing": lambda: b"",
    "zeros": lambda: bytes(100_000),
    "text that bursts": lambda: png_with(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(80_000_000), 9)),
}


def declared_webp() -> bytes:
    data = bytearray(as_file(make_image(64, 64), "WEBP", lossless=True))
    at = data.index(b"VP8L") + 9
    data[at : at + 4] = pack("<I", 0x0FFFFFFF)
    return bytes(data)


@pytest.mark.parametrize("name", REFUSED_PICTURES)
def test_file_is_refused_in_a_sentence_and_soon(name):
    data = REFUSED_PICTURES[name]()
    start = time.process_time()
    with pytest.raises(Refused) as refusal:
        images.renditions(data)
    assert str(refusal.value).endswith(".")
    assert time.process_time() - start < SOON


HARMLESS_PICTURES = {
    "JPEG and HTML": lambda: photograph(60, 40) + HTML,
    "JPEG and zip": lambda: photograph(60, 40) + of_paragraphs("a"),
    "JPEG and a film with marks of scans": lambda: photograph(60, 40) + b"\xff\xda" * 9_000,
    "JPEG of some scans": lambda: scanned(20, 600, 400),
    "HTML in a comment of JPEG": lambda: as_file(make_image(60, 40), comment=HTML),
    "HTML in text of PNG": lambda: png_with(b"tEXt", b"Comment\0" + HTML),
    "huge colour profile": lambda: as_file(make_image(60, 40), icc_profile=HTML * 20_000),
    "camera data that is none": lambda: as_file(make_image(60, 40), exif=b"Exif\0\0II*\0" + HTML * 900),
    "many frames of PNG": lambda: frames("PNG", 300),
    "many frames of WebP": lambda: frames("WEBP", 300),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("name", HARMLESS_PICTURES)
def test_only_the_picture_gets_through(name):
    data = HARMLESS_PICTURES[name]()
    start = time.process_time()
    made = images.renditions(data)
    assert time.process_time() - start < SOON
    assert not [rendition for rendition in made if b"window.hit" in rendition.content]
    assert all(getattr(Image.open(io.BytesIO(r.content)), "n_frames", 1) == 1 for r in made)


def test_of_all_processes_one_decodes_at_a_time(monkeypatch):
    def meanwhile(_content):
        with Path(images.__file__).open("rb") as file, pytest.raises(BlockingIOError):
            flock(file, LOCK_EX | LOCK_NB)
        return make_image(60, 40)

    monkeypatch.setattr(images, "decoded_now", meanwhile)
    for _time in range(2):  # and lets go of it
        assert images.renditions(b"")


def zipped(parts: dict[str, bytes], kind: int = ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", kind) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def overlapping() -> bytes:
    """Hundreds of names for the same compressed bytes, each as large as a part may be."""
    one = zipped({"word/document.xml": b" " * 7_000_000})
    central = one.index(b"PK\1\2")
    end = one.rindex(b"PK\5\6")
    entry = one[central:end]
    count = 300
    ending = pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(entry) * count, central, 0)
    return one[:central] + entry * count + ending


ENTITIES = ENTITY_BOMB.replace("PubmedArticleSet", "a")
EXTERNAL = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'

FIELD = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
WIDE_TABLE = (
    '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="999"/></w:tcPr>'
    "<w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
)

REFUSED_MANUSCRIPTS = {
    "burst": lambda: zipped({"word/document.xml": b" " * 7_900_000}),
    "nested zip": lambda: zipped({"word/media/a.zip": zipped({"b": bytes(90_000_000)})}),
    "overlapping parts": overlapping,
    "ten thousand parts": lambda: zipped({f"word/{n}.xml": b"<a/>" for n in range(10_000)}, ZIP_STORED),
    "only paths of others": lambda: zipped({"../../etc/passwd": b"a", "/etc/shadow": b"b", "C:\\x": b"c"}),
    "entities": lambda: with_parts(of_paragraphs("a"), {"word/footnotes.xml": ENTITIES}),
    "entities in relations": lambda: with_parts(
        of_paragraphs("a"), {"word/_rels/document.xml.rels": ENTITIES}
    ),
    "file of the server": lambda: with_parts(of_paragraphs("a"), {"word/comments.xml": EXTERNAL}),
    "other encoding": lambda: with_parts(
        of_paragraphs("a"), {"word/footnotes.xml": b'<?xml version="1.0" encoding="x"?><a/>'}
    ),
    "open fields": lambda: of_xml(f"<w:p>{FIELD * 20_000}</w:p>"),
    "hundreds of wide tables": lambda: of_xml(WIDE_TABLE * 300),
    "long ranges of numbers": lambda: of_paragraphs("a [1-49]." * 5_000, "Referencer", "1. A. PMID: 1"),
    "more elements than words": lambda: of_xml("<w:p/>" * 130_000),
    "cut off": lambda: of_paragraphs("a")[:-40],
    "zip and nothing": lambda: b"PK\3\4",
    "aliases": lambda: b"---\ntitle: &a [x, x]\nb: [*a, *a, *a]\n---\nc",
    "tags": lambda: b"---\ntitle: !!python/object/apply:os.system ['id']\n---\nc",
    "nested front matter": lambda: b"---\ntitle: a\nb: " + b"[" * 5000 + b"\n---\nc",
    "nested mappings": lambda: b"---\ntitle: a\nb: " + b"{a: " * 3000 + b"\n---\nc",
    "merge key": lambda: b"---\ntitle: a\nb: &b {c: d}\ne:\n  <<: *b\n---\nc",
    "long title": lambda: b"---\ntitle: " + b"a" * 5000 + b"\n---\nc",
    "no UTF-8": lambda: b"---\ntitle: \xff\xfe\xfa\n---\n",
    "NUL": lambda: b"---\ntitle: a\0b\n---\nc",
    "odd UTF-16": lambda: b"\xff\xfea",
    "lone surrogate": lambda: b"\xff\xfe" + "\ud800a".encode("utf-16-le", "surrogatepass"),
    "too large": lambda: b"a" * 3_000_000,
    "RTF": lambda: b"{\\rtf1 a}",
}


@pytest.mark.parametrize("name", REFUSED_MANUSCRIPTS)
def test_manuscript_is_refused_in_a_sentence_and_soon(name):
    data = REFUSED_MANUSCRIPTS[name]()
    start = time.process_time()
    with pytest.raises(ManuscriptError) as refusal:
        manuscripts.parse_file(data, "da")
    assert str(refusal.value).endswith(".")
    assert time.process_time() - start < SOON


def test_comments_that_all_lie_on_one_another_are_read_soon():
    opened = "".join(f'<w:commentRangeStart w:id="{n}"/>' for n in range(20_000))
    data = of_xml(f"<w:p>{opened}</w:p>" + "<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 10_000)
    start = time.process_time()
    manuscripts.parse_file(data, "da")
    assert time.process_time() - start < 4 * SOON


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "\\\\evil\\x"]
)
def test_link_of_a_word_file_leads_nowhere_else(address):
    data = of_xml(
        f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "{address}"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>her</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    manuscript = manuscripts.parse_file(data, "da")
    assert f"({address}" not in manuscript.body
    assert "her" in manuscript.body


def test_markup_in_a_word_file_is_words():
    manuscript = manuscripts.parse_file(
        of_paragraphs("Se <script>window.hit=1</script> [a](javascript:x) her."), "da"
    )
    html = markdown.render(manuscript.body, {}, {}).html
    assert "&lt;script&gt;" in html
    assert "<a" not in html


REFUSED_LISTS = {
    "entities": lambda: ENTITY_BOMB.encode(),
    "file of the server": lambda: EXTERNAL.encode(),
    "deep": lambda: b"<PubmedArticleSet>" + b"<a>" * 100_000,
    "no UTF-8": lambda: b"TY  - JOUR\xff\n",
    "NUL": lambda: b"\0" * 1000,
    "too large": lambda: b"TY  - JOUR\n" * 300_000,
    "page": lambda: HTML,
}


@pytest.mark.parametrize("name", REFUSED_LISTS)
def test_list_of_references_is_refused_in_a_sentence_and_soon(name):
    data = REFUSED_LISTS[name]()
    start = time.process_time()
    with pytest.raises(UnreadableFileError) as refusal:
        imports.read(data)
    assert str(refusal.value).endswith(".")
    assert time.process_time() - start < SOON


# Bytes a process has at most needed beyond what it had, file by file.
PEAKS = """
import django, sys
django.setup()
from articles import images, manuscripts
from articles.images import Refused
from articles.manuscripts import ManuscriptError

def kilobytes(name):
    status = open("/proc/self/status").read()
    return int(status.split(name + ":")[1].split()[0])

for path in sys.argv[1:]:
    content = open(path, "rb").read()
    open("/proc/self/clear_refs", "w").write("5")
    before = kilobytes("VmRSS")
    try:
        images.decoded(content) if path.endswith(".picture") else manuscripts.parse_file(content, "da")
        said = "accepted"
    except (Refused, ManuscriptError):
        said = "refused"
    print(path.rsplit("/", 1)[1], said, (kilobytes("VmHWM") - before) // 1000, sep="|")
"""


def peaks(folder: Path, files: dict[str, bytes]) -> dict[str, tuple[str, int]]:
    """What became of each file, and the megabytes it took at most, in a process of their own."""
    paths = [folder / name for name in files]
    for path in paths:
        path.write_bytes(files[path.name])
    command = [sys.executable, "-c", PEAKS, *map(str, paths)]
    done = subprocess.run(
        command,
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "clinic.settings"},
        cwd=settings.BASE_DIR,
    )
    rows = [line.split("|") for line in done.stdout.splitlines()]
    return {name: (said, int(megabytes)) for name, said, megabytes in rows}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process's peak")
def test_memory_is_bounded(tmp_path):
    refused = {f"{name}.picture": REFUSED_PICTURES[name]() for name in REFUSED_PICTURES}
    refused |= {f"{name}.manuscript": REFUSED_MANUSCRIPTS[name]() for name in REFUSED_MANUSCRIPTS}
    accepted = {
        "largest JPEG.picture": large("JPEG", 8_160, 6_120),
        "largest PNG.picture": as_file(Image.new("RGBA", (6_200, 4_000)), "PNG", compress_level=1),
    }
    took = peaks(tmp_path, {name.replace("/", " "): data for name, data in (refused | accepted).items()})
    print(took)  # noqa: T201
    assert {name for name, (said, _most) in took.items() if said == "accepted"} <= set(accepted)
    assert {name: most for name, (_said, most) in took.items() if name in refused and most > 60} == {}
    assert {name: most for name, (_said, most) in took.items() if name in accepted and most > 400} == {}
    assert took["largest PNG.picture"][1] > 90, "the measure sees the pixels"
