"""A Word file as a package: a zip of XML parts, checked before anything in it is believed."""

import io
import zlib
from dataclasses import dataclass, field
from itertools import accumulate
from xml.etree.ElementTree import Element, ParseError, tostring
from zipfile import BadZipFile, ZipFile, ZipInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from articles.manuscripts.manuscript import ManuscriptError
from articles.manuscripts.word.names import attribute, local_name, name

MAX_SIZE = 20_000_000  # bytes
MOST_PARTS = 2_000
MOST_UNPACKED = 100_000_000
# All XML together. A long article has a tenth of it; more would take minutes to read.
MOST_XML = 8_000_000
# Letters of the text itself, and elements of all XML: reading takes some seconds then.
MOST_TEXT = 1_000_000
MOST_ELEMENTS = 120_000
# Text shrinks to a twentieth, what is made to burst to a thousandth.
MOST_SHRUNK = 250
DEEPEST = 100
# Fields in each other, of which mammoth looks at all again for each word. A table of contents has two.
MOST_OPEN_FIELDS = 20

ZIP = b"PK\x03\x04"
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
IS_ENCRYPTED_PART = 0x1

# Nothing of the text is in them.
UNREAD = (
    *("customXml/", "docProps/", "word/fontTable", "word/glossary/", "word/settings"),
    *("word/stylesWithEffects", "word/theme/", "word/webSettings"),
)


@dataclass
class Package:
    """The parts of a Word file by their name in it, XML and others."""

    xml: dict[str, Element] = field(default_factory=dict)
    other: dict[str, bytes] = field(default_factory=dict)

    def roots(self, *names: str) -> list[Element]:
        """The parts whose outermost element has one of the names, like "w:hdr"."""
        return [root for _part, root in sorted(self.xml.items()) if name(root) in names]

    def rewritten(self) -> io.BytesIO:
        """A file of these parts alone: what was not checked is not in it."""
        file = io.BytesIO()
        with ZipFile(file, "w") as archive:
            for part, root in self.xml.items():
                archive.writestr(part, tostring(root, encoding="utf-8", xml_declaration=True))
            for part, data in self.other.items():
                archive.writestr(part, data)
        file.seek(0)
        return file


def is_package(data: bytes) -> bool:
    """Whether the file is of a kind that Word files are of."""
    return data.startswith((ZIP, OLD_WORD))


def read_package(data: bytes) -> Package:
    """The checked parts of a Word file. Raises ManuscriptError, which says what to do."""
    if len(data) > MAX_SIZE:
        raise ManuscriptError(
            _("The file is larger than 20 MB. Make its pictures smaller in Word (Compress Pictures).")
        )
    if data.startswith(OLD_WORD):
        raise ManuscriptError(protected_by_password() if ENCRYPTED in data else old_format())
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            check_sizes(infos)
            package = unpacked(archive, infos)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ManuscriptError(
            _("The Word file is damaged. Open it in Word, save it again, and import that.")
        ) from error
    documents = package.roots("w:document")
    if not documents:
        raise ManuscriptError(not_word(package))
    letters = sum(len(e.text or "") for root in documents for e in root.iter() if name(e) == "w:t")
    elements = sum(1 for root in package.xml.values() for _element in root.iter())
    if elements > MOST_ELEMENTS or letters > MOST_TEXT:
        raise ManuscriptError(too_much())
    if any(open_fields(root) > MOST_OPEN_FIELDS for root in package.xml.values()):
        raise ManuscriptError(too_deep())
    return package


def open_fields(root: Element) -> int:
    """How many fields have begun and not ended, at most."""
    steps = {"begin": 1, "end": -1}
    kinds = (attribute(e, "w:fldCharType") for e in root.iter() if name(e) == "w:fldChar")
    return max(
        accumulate((steps.get(kind, 0) for kind in kinds), lambda n, step: max(0, n + step)), default=0
    )


def check_sizes(infos: list[ZipInfo]) -> None:
    """Refuse what would burst. Reading stops at the size a part says, so that is what counts."""
    if any(info.flag_bits & IS_ENCRYPTED_PART for info in infos):
        raise ManuscriptError(protected_by_password())
    unpacked_size = sum(info.file_size for info in infos)
    xml_size = sum(info.file_size for info in infos if is_xml(info.filename))
    has_burst = any(
        info.file_size > 1_000_000 and info.file_size > MOST_SHRUNK * max(info.compress_size, 1)
        for info in infos
    )
    if len(infos) > MOST_PARTS or unpacked_size > MOST_UNPACKED or xml_size > MOST_XML or has_burst:
        raise ManuscriptError(too_much())


def unpacked(archive: ZipFile, infos: list[ZipInfo]) -> Package:
    package = Package()
    for info in infos:
        part = info.filename
        if part.startswith(UNREAD) or info.is_dir():
            continue
        if is_xml(part):
            package.xml[part] = parsed(archive.read(info))
        elif "media/" in part or part == "mimetype":
            package.other[part] = archive.read(info)
    return package


def is_xml(part: str) -> bool:
    return part.endswith((".xml", ".rels"))


def parsed(data: bytes) -> Element:
    """A part's XML. Word writes no document type and no entities: who does has something in mind."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ManuscriptError(
            _(
                "The Word file holds a document type, as Word does not write it, and was not read. Open it in"
                " Word, save it again, and import that."
            )
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise ManuscriptError(
            _("The Word file is damaged. Open it in Word, save it again, and import that.")
        ) from error
    if is_deeper(root, DEEPEST):
        raise ManuscriptError(too_deep())
    return root


def is_deeper(root: Element, most: int) -> bool:
    level = [root]
    for _depth in range(most):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True


def too_deep() -> str:
    return _(
        "The Word file is nested too deeply, and was not read. Copy the article into a new Word file and"
        " import that."
    )


def too_much() -> str:
    return _(
        "The Word file holds far more than an article does, and was not read. Copy the article into a"
        " new Word file and import that."
    )


def protected_by_password() -> str:
    return _("The Word file is protected by a password. Remove it in Word, save, and import that.")


def old_format() -> str:
    return _("The file is of an old kind of Word (.doc). Open it in Word and save it as .docx.")


def not_word(package: Package) -> str:
    if package.other.get("mimetype", b"").startswith(b"application/vnd.oasis.opendocument"):
        return _("The file is an OpenDocument file. Save it as a Word document (.docx).")
    kinds = {local_name(root) for root in package.xml.values()}
    if "workbook" in kinds:
        return _("The file is an Excel workbook, not a Word document (.docx).")
    if "presentation" in kinds:
        return _("The file is a PowerPoint presentation, not a Word document (.docx).")
    return _("The file is not a Word document (.docx).")
