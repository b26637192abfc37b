"""Word files to import, made by python-docx; and what Word writes that it cannot, as XML."""

import io
from collections.abc import Mapping
from functools import cache
from zipfile import ZIP_DEFLATED, ZipFile

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from PIL import Image

NAMESPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
}
DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@cache
def small_template() -> bytes:
    """Without the hundred styles of tables, there twice over, that take longer to read than all the rest."""
    document = docx.Document()
    for style in [style for style in document.styles if style.type == WD_STYLE_TYPE.TABLE]:
        style.delete()
    for relationship in list(document.part.rels.values()):
        if relationship.reltype.endswith("/stylesWithEffects"):
            document.part.drop_rel(relationship.rId)
    return saved(document)


def titled(title: str = "En prøve", document: Document | None = None) -> Document:
    document = document or docx.Document(io.BytesIO(small_template()))
    document.add_paragraph(title, style="Title")
    return document


def saved(document: Document) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def of_paragraphs(*texts: str, title: str = "En prøve") -> bytes:
    document = titled(title)
    for text in texts:
        document.add_paragraph(text)
    return saved(document)


def of_xml(body: str, parts: Mapping[str, str] | None = None) -> bytes:
    """A file with this XML after its title; `parts` are further ones by their name in word/."""
    document = titled()
    end = document.element.body[-1]
    for element in list(parse_xml(f"<w:body {DECLARATIONS}>{body}</w:body>")):
        end.addprevious(element)
    return with_parts(saved(document), {f"word/{name}": xml for name, xml in (parts or {}).items()})


def new_list(
    document: Document, *, of: int | None = None, restart: int | None = None, formats: str = "decimal decimal"
) -> int:
    """The number of a new list; `of` an abstract list that is there, beginning anew at `restart`."""
    numbering = document.part.numbering_part.element
    if of is None:
        of = 100 + len(numbering)
        levels = "".join(
            f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
            f'<w:lvlText w:val="%{n + 1}."/></w:lvl>'
            for n, form in enumerate(formats.split())
        )
        abstract = f'<w:abstractNum {DECLARATIONS} w:abstractNumId="{of}">{levels}</w:abstractNum>'
        numbering.insert(0, parse_xml(abstract))
    added = numbering.add_num(of)
    if restart is not None:
        added.add_lvlOverride(ilvl=0).add_startOverride(restart)
    return int(added.numId)


def add_item(document: Document, text: str, number: int, depth: int = 0, style: str | None = None) -> None:
    properties = document.add_paragraph(text, style=style)._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = depth
    properties.get_or_add_numId().val = number


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def with_parts(data: bytes, parts: Mapping[str, str | bytes]) -> bytes:
    """The file with parts added or replaced."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return file.getvalue()


def part(data: bytes, name: str) -> str:
    with ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()


def png(colour: str = "red") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    file.seek(0)
    return file


def letter() -> bytes:
    """What a doctor might send, in a file with every style: text, a list, a table, a picture, references."""
    document = titled("Lyskebrok på Ærø", docx.Document())
    document.add_paragraph("Af Dr. Anna Prøve — overlæge, ph.d.")
    document.add_paragraph("Dato: 11. juni 2026")
    document.add_heading("Resumé", 1)
    document.add_paragraph("Kort om brok, som det er på Ærø. Det er ikke farligt.")
    document.add_heading("Hvad er et brok?", 1)
    paragraph = document.add_paragraph("Prøver viser det samme [1, 2], og ")
    paragraph.add_run("brokket").bold = True
    paragraph.add_run(" er ")
    paragraph.add_run("blødt").italic = True
    paragraph.add_run(". Vand er H")
    paragraph.add_run("2").font.subscript = True
    paragraph.add_run("O.")
    for text, style in [
        ("En bule", "List Bullet"),
        ("som kommer og går", "List Bullet 2"),
        ("Smerter [2]", "List Bullet"),
    ]:
        document.add_paragraph(text, style=style)
    document.add_heading("Sådan gør vi", 2)
    for text in ("Først taler vi sammen.", "Derefter undersøger vi dig."):
        document.add_paragraph(text, style="List Number")
    document.add_picture(png())
    document.inline_shapes[0]._inline.docPr.set("descr", "En tegning af lysken")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [cell for row in table.rows for cell in row.cells],
        ["Tid", "Råd", "Uge 1|2", "Gå ture, løft ikke [1]"],
        strict=True,
    ):
        cell.text = text
    document.add_heading("Referenceliste", 1)
    references = new_list(document)
    add_item(document, "PubMed ID: 11: Prøvetidsskrift. Om buler. En prøve.", references)
    add_item(document, "Andet Prøvetidsskrift. Om smerter. DOI: 10.1000/proeve.1", references)
    return saved(document)
