"""Names in Word's XML, written like "w:p" whichever of its namespaces a file uses."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
VML = "urn:schemas-microsoft-com:vml"
# Those of ISO 29500's transitional form, and of its strict form.
PREFIXES = {
    WORD: "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    RELATIONSHIPS: "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/picture": "pic",
    "http://purl.oclc.org/ooxml/drawingml/picture": "pic",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    VML: "v",
    "urn:schemas-microsoft-com:office:office": "o",
}


def spelled(tag: str) -> str:
    namespace, _brace, local = tag.rpartition("}")
    return f"{PREFIXES.get(namespace.removeprefix('{'), '?')}:{local}"


def name(element: Element) -> str:
    return spelled(element.tag)


def local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def attribute(element: Element, wanted: str) -> str:
    """The value of an attribute named like "w:id"; one without a namespace is named "?:id"."""
    return next((value for tag, value in element.attrib.items() if spelled(tag) == wanted), "")


def text_of(element: Element) -> str:
    """What is written there, on one line."""
    return " ".join("".join(written(element)).split())


def written(element: Element) -> Iterable[str]:
    match name(element):
        case "w:t":
            yield element.text or ""
        case "w:tab" | "w:br" | "w:cr" | "w:ptab":
            yield " "
        case "w:del" | "w:moveFrom" | "mc:Fallback" | "w:tabs":
            pass
        case tag:
            for child in element:
                yield from written(child)
            if tag in {"w:p", "w:tc"}:
                yield " "
