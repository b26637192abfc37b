"""Word's XML made ready for mammoth, which leaves out what it does not know.

What it would lose is put into a form that it reads, and what cannot be is said.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from django.utils.translation import gettext as _

from articles.manuscripts.manuscript import LONGEST_QUOTE, shortened
from articles.manuscripts.word import numbering
from articles.manuscripts.word.names import (
    RELATIONSHIPS,
    VML,
    WORD,
    attribute,
    local_name,
    name,
    text_of,
)
from articles.manuscripts.word.package import Package

# What mammoth reads, and what it passes over on purpose. Others that hold text are unwrapped.
KNOWN = re.compile(
    r"w:(?:body|customXml|del|document|drawing|endnotes?|fldChar|footnotes?|hyperlink|ins|moveFrom|moveTo"
    r"|object|p|pPr|pict|r|rPr|sdt|sdtContent|sdtPr|smartTag|t|tbl|tblGrid|tblPr|tc|tcPr|tr|trPr|txbxContent)"
)
HOLDS_TEXT = {"w:t", "w:p", "w:r"}
# Parts of an equation, and how what has them is written on one line.
PARTS = {"e", "sub", "sup", "num", "den", "deg"}
EQUATIONS = {
    "m:f": "{num}/{den}",
    "m:sSup": "{e}^{sup}",
    "m:sSub": "{e}_{sub}",
    "m:sSubSup": "{e}_{sub}^{sup}",
    "m:rad": "{deg}√{e}",
    "m:nary": " {sign}_{sub}^{sup} {e}",
}
REMOVED = {"w:del", "w:moveFrom"}
ADDED = {"w:ins", "w:moveTo"}
OFF = {"0", "false", "off"}
# On one word. What others are on is not quoted.
MOST_OPEN_COMMENTS = 100
ONLY_PAGE_NUMBER = re.compile(r"(?:\b(?:side|page|af|of|\d+)\b|[\W_])*", re.IGNORECASE)


@dataclass
class Unread:
    """What a file has beside its text."""

    messages: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)


def prepare(package: Package) -> Unread:
    """Make a package's text readable by mammoth, in place, and say what is beside the text."""
    unread = Unread()
    say_changes(package, unread)
    say_comments(package, unread)
    keep_headers_and_footers(package, unread)
    say_hidden_text(package, unread)
    for root in package.roots("w:document", "w:footnotes", "w:endnotes"):
        Preparation(unread).prepare(root)
    unread.messages += numbering.write_numbers(package)
    return unread


def say_changes(package: Package, unread: Unread) -> None:
    elements = [e for root in package.roots("w:document", "w:footnotes", "w:endnotes") for e in root.iter()]
    added = [e for e in elements if name(e) in ADDED and holds_text(e)]
    removed = [e for e in elements if name(e) in REMOVED and len(e)]
    if not (added or removed):
        return
    authors = dict.fromkeys(filter(None, (attribute(e, "w:author") for e in added + removed)))
    message = _(
        "The file has tracked changes (%(added)d inserted, %(removed)d deleted; %(authors)s). It was read "
        "as if all were accepted: deleted text is not in it."
    )
    values = {"added": len(added), "removed": len(removed), "authors": ", ".join(authors) or "?"}
    unread.messages.append(message % values)


def say_comments(package: Package, unread: Unread) -> None:
    commented = commented_texts(package.roots("w:document"))
    for root in package.roots("w:comments"):
        for comment in root:
            values = {
                "author": attribute(comment, "w:author") or "?",
                "text": text_of(comment),
                "commented": shortened(commented.get(attribute(comment, "w:id"), "")),
            }
            if values["commented"]:
                message = _("Comment by %(author)s on “%(commented)s”: %(text)s")
            else:
                message = _("Comment by %(author)s: %(text)s")
            unread.messages.append(message % values)


def commented_texts(roots: Iterable[Element]) -> dict[str, str]:
    """How what is commented begins, by the comments' ids."""
    texts: dict[str, str] = {}
    is_open: set[str] = set()
    for element in (element for root in roots for element in root.iter()):
        match name(element):
            case "w:commentRangeStart" if len(is_open) < MOST_OPEN_COMMENTS:
                is_open.add(attribute(element, "w:id"))
            case "w:commentRangeEnd":
                is_open.discard(attribute(element, "w:id"))
            case "w:t" if element.text:
                for comment in list(is_open):
                    texts[comment] = texts.get(comment, "") + element.text
                    if len(texts[comment]) > 2 * LONGEST_QUOTE:
                        is_open.discard(comment)
    return {comment: " ".join(text.split()) for comment, text in texts.items()}


def say_hidden_text(package: Package, unread: Unread) -> None:
    for root in package.roots("w:document", "w:footnotes", "w:endnotes"):
        for run in (e for e in root.iter() if name(e) == "w:r" and text_of(e)):
            marks = [e for properties in run if name(properties) == "w:rPr" for e in properties]
            if any(name(e) == "w:vanish" and attribute(e, "w:val") not in OFF for e in marks):
                message = _("“%(text)s” is hidden in Word. It is in the text now.")
                unread.messages.append(message % {"text": shortened(text_of(run))})


def keep_headers_and_footers(package: Package, unread: Unread) -> None:
    if any(shows_picture(root) for root in package.roots("w:hdr", "w:ftr")):
        unread.messages.append(_("A picture in the header or footer was not taken over."))
    texts = dict.fromkeys(text_of(root) for root in package.roots("w:hdr", "w:ftr"))
    for text in texts:
        if not ONLY_PAGE_NUMBER.fullmatch(text):
            message = _("The header or footer “%(text)s” was kept at the end of the text.")
            unread.messages.append(message % {"text": shortened(text)})
            unread.left_over.append(text)


@dataclass
class Preparation:
    unread: Unread

    def prepare(self, element: Element) -> None:
        """Replace, below the element, what mammoth would lose."""
        children: list[Element] = []
        for child in element:
            children += self.replacement(child)
        element[:] = children

    def replacement(self, element: Element) -> list[Element]:
        replace = self.replacements().get(name(element))
        if replace:
            return replace(element)
        self.prepare(element)
        is_unknown = name(element).startswith("w:") and not KNOWN.fullmatch(name(element))
        return list(element) if is_unknown and holds_text(element) else [element]

    def replacements(self) -> dict[str, Callable[[Element], list[Element]]]:
        return {
            "mc:AlternateContent": self.alternative,
            "w:drawing": self.drawing,
            "w:pict": self.picture,
            "w:object": self.embedded,
            "w:altChunk": self.chunk,
            "m:oMath": self.equation,
            "m:oMathPara": self.equation,
            "w:br": self.page_break,
            "w:fldSimple": self.field,
            "w:cr": lambda _element: [Element(f"{{{WORD}}}br")],
            "w:ptab": lambda _element: [Element(f"{{{WORD}}}tab")],
        }

    def page_break(self, element: Element) -> list[Element]:
        """The words before and after it are not one."""
        is_line = attribute(element, "w:type") in {"", "textWrapping"}
        return [element] if is_line else [text_element(" ")]

    def field(self, element: Element) -> list[Element]:
        """A field in the longer form, of which mammoth reads the links."""
        self.prepare(element)
        instruction = Element(f"{{{WORD}}}instrText")
        instruction.text = attribute(element, "w:instr")
        begin, separate, end = (field_mark(kind) for kind in ("begin", "separate", "end"))
        return [*map(in_run, (begin, instruction, separate)), *element, in_run(end)]

    def alternative(self, element: Element) -> list[Element]:
        """Of two forms of one drawing the older, which mammoth reads, if it shows something."""
        forms = {name(form): form for form in reversed(list(element))}
        fallback = forms.get("mc:Fallback")
        chosen = forms.get("mc:Choice") if fallback is None or not shows(fallback) else fallback
        if chosen is None:
            return []
        self.prepare(chosen)
        return list(chosen)

    def drawing(self, element: Element) -> list[Element]:
        """Text boxes and grouped pictures in the older form, which mammoth reads; not diagrams."""
        boxes = list(outermost(element, "w:txbxContent"))
        blips = [e for e in element.iter() if name(e) == "a:blip"]
        if boxes:
            self.say_text_box(element)
            within = {blip for box in boxes for blip in box.iter()}
            for box in boxes:
                self.prepare(box)
            return [shape(boxes, [blip for blip in blips if blip not in within])]
        if not blips:
            self.unread.messages.append(_("A diagram or drawing was not taken over: insert it as a picture."))
            return []
        if len(blips) > 1 or not any(name(e) == "pic:pic" for e in element.iter()):
            return [shape([], blips)]
        return [element]

    def picture(self, element: Element) -> list[Element]:
        if any(name(e) == "w:txbxContent" for e in element.iter()):
            self.say_text_box(element)
        self.prepare(element)
        words = [attribute(e, "?:string") for e in element.iter() if name(e) == "v:textpath"]
        return [element, *(text_element(word) for word in words if word)]

    def say_text_box(self, element: Element) -> None:
        message = _("The text box “%(text)s” was put after the paragraph beside it.")
        self.unread.messages.append(message % {"text": shortened(text_of(element))})

    def embedded(self, element: Element) -> list[Element]:
        kinds = [attribute(e, "?:ProgID") for e in element.iter() if name(e) == "o:OLEObject"]
        message = _("An embedded object (%(kind)s) was not taken over, only its picture if it has one.")
        self.unread.messages.append(message % {"kind": ", ".join(filter(None, kinds)) or "?"})
        self.prepare(element)
        return [element]

    def chunk(self, _element: Element) -> list[Element]:
        self.unread.messages.append(
            _("Another file is inserted in this one and was not read. Import it by itself.")
        )
        return []

    def equation(self, element: Element) -> list[Element]:
        text = " ".join(equation_text(element).split())
        message = _("The equation “%(text)s” was written as plain text: compare it.")
        self.unread.messages.append(message % {"text": shortened(text)})
        return [in_run(text_element(text))]


def field_mark(kind: str) -> Element:
    mark = Element(f"{{{WORD}}}fldChar")
    mark.set(f"{{{WORD}}}fldCharType", kind)
    return mark


def in_run(element: Element) -> Element:
    run = Element(f"{{{WORD}}}r")
    run.append(element)
    return run


def shape(boxes: Iterable[Element], blips: Iterable[Element]) -> Element:
    """Text boxes and pictures as Word 2003 wrote them."""
    picture = Element(f"{{{WORD}}}pict")
    for box in boxes:
        SubElement(SubElement(picture, f"{{{VML}}}shape"), f"{{{VML}}}textbox").append(box)
    for blip in blips:
        if embedded := attribute(blip, "r:embed"):
            data = SubElement(SubElement(picture, f"{{{VML}}}shape"), f"{{{VML}}}imagedata")
            data.set(f"{{{RELATIONSHIPS}}}id", embedded)
    return picture


def outermost(element: Element, wanted: str) -> Iterator[Element]:
    """Elements of a name that stand in no other of that name."""
    for child in element:
        if name(child) == wanted:
            yield child
        else:
            yield from outermost(child, wanted)


def text_element(text: str) -> Element:
    element = Element(f"{{{WORD}}}t")
    element.text = text
    return element


def holds_text(element: Element) -> bool:
    return any(name(e) in HOLDS_TEXT for e in element.iter())


def shows_picture(element: Element) -> bool:
    return any(name(e) in {"a:blip", "v:imagedata"} for e in element.iter())


def shows(element: Element) -> bool:
    return any(name(e) in {"w:t", "a:blip", "v:imagedata", "v:textpath"} for e in element.iter())


def equation_text(element: Element) -> str:
    """An equation on one line: fractions with a stroke, powers with ^, indices with _."""
    if name(element) in {"m:t", "w:t"}:
        return element.text or ""
    if name(element) == "m:d":
        return f"({''.join(map(equation_text, element))})"
    form = EQUATIONS.get(name(element))
    if form is None:
        return "".join(map(equation_text, element))
    parts = {"sign": sign_of(element)} | dict.fromkeys(PARTS, "")
    parts |= {local: bracketed(child) for child in element if (local := local_name(child)) in PARTS}
    return form.format(**parts)


def bracketed(part: Element) -> str:
    text = equation_text(part)
    is_one = text.startswith("(") or not re.search(r"[\s+\-*/=\u2212]", text.strip())
    return text if is_one else f"({text})"


def sign_of(element: Element) -> str:
    signs = (attribute(e, "m:val") for e in element.iter() if name(e) == "m:chr")
    return next(filter(None, signs), "∫")
