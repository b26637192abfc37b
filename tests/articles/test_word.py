"""Sample files here are invented: no study, person or number in them is real."""

import io
import re
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.utils import translation
from docx.enum.text import WD_BREAK
from docx.opc.constants import RELATIONSHIP_TYPE
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.converting import to_html
from articles.manuscripts import ManuscriptError, parse, parse_file, read
from articles.manuscripts.word import markup, package
from articles.markdown import render
from references import citations
from tests.articles.test_manuscripts import everything, rendered
from tests.word_files import (
    DECLARATIONS,
    add_item,
    letter,
    new_list,
    of_paragraphs,
    of_xml,
    part,
    png,
    run,
    saved,
    titled,
    with_parts,
)

SEED = Path(__file__).parents[3] / "shared" / "seed" / "tarm-hjerne-aksen.en.txt"

REFERENCES = ["Referenceliste", "1. PMID: 11: Om haver.", "2. PMID: 22: Om farve.", "3. PMID: 33: Om te."]


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def body_of(data):
    return parse_file(data).body


def said(data):
    return [problem.message for problem in parse_file(data).problems]


def formatted(*runs):
    """A file with one paragraph of runs, each a text and the names of what its font is."""
    document = titled()
    paragraph = document.add_paragraph()
    for text, *properties in runs:
        added = paragraph.add_run(text)
        for name in properties:
            setattr(added.font, name, True)
    return saved(document)


def citing(text, *raised):
    """The paragraph of a file that cites by raised numbers: each text is followed by one of them."""
    document = titled()
    paragraph = document.add_paragraph()
    for before, number in zip([text, *raised[1::2]], raised[::2], strict=False):
        paragraph.add_run(before)
        paragraph.add_run(number).font.superscript = True
    if len(raised) % 2 == 0:
        paragraph.add_run(raised[-1])
    for entry in REFERENCES:
        document.add_paragraph(entry)
    return saved(document)


# A letter


def test_letter_becomes_a_manuscript():
    article = parse_file(letter())
    assert article.title == "Lyskebrok på Ærø"
    assert (article.author, article.author_title) == ("Dr. Anna Prøve", "overlæge, ph.d.")
    assert article.published_on.isoformat() == "2026-06-11"
    assert article.abstract == "Kort om brok, som det er på Ærø. Det er ikke farligt."
    assert article.language == "da"
    assert not article.problems
    assert article.body == (
        "## Hvad er et brok?\n\n"
        "Prøver viser det samme [@pmid:11; @doi:10.1000/proeve.1], og **brokket** er *blødt*. "
        "Vand er H<sub>2</sub>O.\n\n"
        "- En bule\n"
        "    - som kommer og går\n"
        "- Smerter [@doi:10.1000/proeve.1]\n\n"
        "### Sådan gør vi\n\n"
        "1. Først taler vi sammen.\n"
        "2. Derefter undersøger vi dig.\n\n"
        "{picture-1}\n\n"
        "| Tid | Råd |\n"
        "| --- | --- |\n"
        "| Uge 1\\|2 | Gå ture, løft ikke [@pmid:11] |"
    )


def test_letters_references_are_as_written():
    listed = [(work.pmid, work.doi, work.claimed) for work in parse_file(letter()).references]
    assert listed == [
        (11, "", "Prøvetidsskrift. Om buler. En prøve."),
        (None, "10.1000/proeve.1", "Andet Prøvetidsskrift. Om smerter."),
    ]


def words(text):
    return Counter(re.findall(r"[^\W\d_]+", text))


def test_every_word_of_a_letter_is_in_the_manuscript():
    data = letter()
    written = words(" ".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)", part(data, "word/document.xml"))))
    article = parse_file(data)
    labels = words("Af Dato juni Resumé Referenceliste PubMed ID DOI H O")
    assert not written - words(everything(article)) - labels


def test_picture_is_kept_with_its_alternative_text():
    (picture,) = parse_file(letter()).pictures
    assert picture.data == png().getvalue()
    assert (picture.content_type, picture.alt) == ("image/png", "En tegning af lysken")


# The clinic's own article


@pytest.fixture
def seed():
    if not SEED.exists():
        pytest.skip(f"the clinic's article is not at {SEED}")
    return read(SEED.read_bytes())


@pytest.mark.parametrize("has_styles", [False, True])
def test_clinics_article_is_the_same_from_word_as_from_text(seed, has_styles):
    from_text = parse(seed, "en")
    headings = {line.lstrip("# "): line.count("#") for line in from_text.body.split("\n") if line[:1] == "#"}
    title, *lines = seed.strip().split("\n")
    document = titled(title)
    for line in filter(None, map(str.strip, lines)):
        level = headings.get(line, 0)
        if has_styles and level:
            document.add_heading(line, level - 1)
        else:
            document.add_paragraph(line)
    from_word = parse_file(saved(document), "en")
    assert from_word.body == from_text.body
    assert citations.keys(from_word.body) == citations.keys(from_text.body)
    assert [work.pmid for work in from_word.references] == [work.pmid for work in from_text.references]


# Title and headings


def test_title_is_the_first_heading_when_no_style_says_it():
    document = titled()
    document.paragraphs[0].style = document.styles["Heading 1"]
    document.add_paragraph("Tekst.")
    document.add_heading("Afsnit", 2)
    document.add_paragraph("Mere.")
    article = parse_file(saved(document))
    assert (article.title, article.body) == ("En prøve", "Tekst.\n\n## Afsnit\n\nMere.")


def test_title_is_the_first_line_when_headings_follow_it():
    document = titled()
    document.paragraphs[0].style = document.styles["Normal"]
    document.add_heading("Indledning", 1)
    document.add_paragraph("Tekst.")
    document.add_heading("Mere", 1)
    document.add_paragraph("Mere.")
    article = parse_file(saved(document))
    assert article.title == "En prøve"
    assert article.body == "## Indledning\n\nTekst.\n\n## Mere\n\nMere."


def test_file_without_text_is_refused():
    document = titled("")
    with pytest.raises(ManuscriptError, match="no text in the Word file"):
        parse_file(saved(document))


def test_file_of_pictures_alone_has_no_title():
    document = titled("")
    document.add_picture(png())
    with pytest.raises(ManuscriptError, match="No title"):
        parse_file(saved(document))


def test_bold_line_that_is_guessed_to_be_a_heading_is_only_a_heading():
    document = titled()
    document.add_paragraph().add_run("Behandling").bold = True
    document.add_paragraph("Tekst.")
    assert body_of(saved(document)) == "## Behandling\n\nTekst."


@pytest.mark.parametrize(("bold", "rest", "is_said"), [("Et råd", "", True), ("Et", " råd", False)])
def test_bold_line_that_is_no_heading_where_others_are_is_said(bold, rest, is_said):
    document = titled()
    document.add_heading("Afsnit", 1)
    paragraph = document.add_paragraph()
    paragraph.add_run(bold).bold = True
    paragraph.add_run(rest)
    document.add_paragraph("Tekst.")
    data = saved(document)
    assert body_of(data) == f"## Afsnit\n\n**{bold}**{rest}\n\nTekst."
    assert any("bold like a heading" in message for message in said(data)) == is_said


def test_headings_are_guessed_only_where_word_names_none():
    lines = ["Det her er tekst.", "En kort linje", "Endnu mere tekst."]
    assert "## En kort linje" in body_of(of_paragraphs(*lines))
    document = titled()
    document.add_heading("Afsnit", 1)
    for line in lines:
        document.add_paragraph(line)
    assert "## En kort linje" not in body_of(saved(document))


def test_bold_in_a_heading_is_only_a_heading():
    document = titled()
    document.add_heading("", 1).add_run("Afsnit #1").bold = True
    document.add_paragraph("Tekst.")
    assert body_of(saved(document)).startswith("## Afsnit \\#1\n")


def test_table_of_contents_is_left_out_and_said():
    document = titled()
    style = document.styles.add_style("TOC 1", 1)
    document.add_paragraph("Afsnit\t1", style=style)
    document.add_paragraph("Tekst.")
    data = saved(document)
    assert body_of(data) == "Tekst."
    assert "table of contents" in said(data)[0]


# Words and marks


@pytest.mark.parametrize(
    "text",
    [
        "5 * 3 * 2",
        "_x_ og __y__",
        "# ikke en overskrift",
        "1. ikke en liste",
        "- heller ikke",
        "> intet citat",
        "[en](to) og ![tre](fire)",
        "<script>alert(1)</script> & &amp; a<b",
        "`kode` \\ og | streg",
        ": kolon og ~~~",
        "{picture-1}",
        "Æblegrød på Ærø, ½ time ved 37 °C – “færdig”",
    ],
)
def test_text_is_read_as_it_was_written(text):
    assert rendered(body_of(of_paragraphs(text))) == text


@pytest.mark.parametrize(
    ("runs", "markdown"),
    [
        ([("Før",), (" fed ", "bold"), ("efter.",)], "Før **fed** efter."),
        ([("ko",), ("lo", "italic"), ("skopi",)], "ko*lo*skopi"),
        ([("fed ", "bold"), ("og kursiv", "bold", "italic")], "**fed <em>og kursiv</em>**"),
        ([("fed", "bold"), ("kursiv", "italic")], "**fed**<em>kursiv</em>"),
        ([("H",), ("2", "subscript"), ("O",)], "H<sub>2</sub>O"),
        ([("10",), ("9", "superscript"), ("/l",)], "10<sup>9</sup>/l"),
        ([("*", "bold"), ("a",)], "**\\***a"),
        ([(" ", "bold"), ("a",)], "a"),
        ([("R&",), ("#1", "bold")], "R&amp;**#1**"),
        ([("&#",), ("1",), (" a",)], "&amp;#1 a"),
    ],
)
def test_bold_italic_and_raised(runs, markdown):
    assert body_of(formatted(*runs)) == markdown


LETTERS = st.text(alphabet="aæ Å1.*_#[]()<>&|\\`-+!:~{}", min_size=1, max_size=8)
FONTS = st.lists(st.sampled_from(["bold", "italic", "subscript"]), unique=True, max_size=3)


@given(st.lists(st.lists(st.tuples(LETTERS, FONTS), min_size=1, max_size=6), min_size=1, max_size=8))
@settings(deadline=None, max_examples=25)
def test_no_letter_is_lost_or_added_whatever_the_marks(paragraphs):
    document = titled()
    expected = []
    for runs in paragraphs:
        paragraph = document.add_paragraph("Ord: ")
        for written, fonts in runs:
            font = paragraph.add_run(written).font
            for name in fonts:
                setattr(font, name, True)
        expected.append("".join(paragraph.text.split()))  # blanks are single, and may be in a mark or not
    assert ["".join(rendered(block).split()) for block in body_of(saved(document)).split("\n\n")] == expected


def test_struck_text_is_kept_and_said():
    data = formatted(("Før ",), ("ud", "strike"))
    assert body_of(data) == "Før ud"
    assert "struck through" in said(data)[0]


def test_line_break_stays_one():
    document = titled()
    paragraph = document.add_paragraph("Vej 1")
    paragraph.add_run().add_break(WD_BREAK.LINE)
    paragraph.add_run("8000 Aarhus")
    assert body_of(saved(document)) == "Vej 1<br>8000 Aarhus"


def test_data_on_lines_of_one_paragraph_are_read():
    document = titled()
    paragraph = document.add_paragraph()
    author = paragraph.add_run("Forfatter: Bo Prøve")
    author.bold = True
    author.add_break(WD_BREAK.LINE)
    paragraph.add_run("Dato: 1. maj 2026")
    article = parse_file(saved(document))
    assert (article.author, article.published_on.isoformat(), article.body) == ("Bo Prøve", "2026-05-01", "")


def test_soft_hyphens_are_left_out():
    assert body_of(of_xml(f"<w:p>{run('Syge')}<w:r><w:softHyphen/></w:r>{run('hus')}</w:p>")) == "Sygehus"


@pytest.mark.parametrize("kind", ["page", "column"])
def test_words_around_a_page_break_stay_two(kind):
    data = of_xml(f"<w:p>{run('Før')}<w:r><w:br w:type='{kind}'/></w:r>{run('efter')}</w:p>")
    assert body_of(data) == "Før efter"


def test_letters_of_a_mac_are_those_of_the_rest():
    article = parse_file(of_paragraphs("A\u030arhus", title="Bla\u030a"))
    assert (article.title, article.body) == ("Bl\u00e5", "\u00c5rhus")


def test_blank_that_does_not_break_stays_one():
    assert body_of(of_paragraphs("5\u00a0mg")) == "5\u00a0mg"


def test_hidden_text_is_kept_and_said():
    shown = run(" her", "<w:vanish w:val='0'/>")
    data = of_xml(f"<w:p>{run('Se ')}{run('skjult', '<w:vanish/>')}{shown}</w:p>")
    assert body_of(data) == "Se skjult her"
    assert said(data) == ["“skjult” is hidden in Word. It is in the text now."]


def test_link_in_a_short_field_stays_one():
    field = "<w:fldSimple w:instr=' HYPERLINK \"https://example.dk/a\" '>"
    assert body_of(of_xml(f"<w:p>{run('Se ')}{field}{run('her')}</w:fldSimple></w:p>")) == (
        "Se [her](https://example.dk/a)"
    )


def linked(address, text="her", before="Se "):
    document = titled()
    paragraph = document.add_paragraph(before)
    relation = document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    data = saved(document)
    link = f'<w:hyperlink r:id="{relation}">{run(text)}</w:hyperlink></w:p>'
    xml = part(data, "word/document.xml")
    assert paragraph.text == before
    return with_parts(
        data,
        {"word/document.xml": re.sub(rf"(>{before}</w:t></w:r>)</w:p>", rf"\1{link}", xml)},
    )


def test_link_stays_one():
    assert body_of(linked("https://example.dk/a_(b)?c=d&amp;e", "det [her]")) == (
        "Se [det \\[her\\]](https://example.dk/a_%28b%29?c=d&amp;e)"
    )


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "javascript:alert(1)", "//example.dk", "C:/brok.docx"]
)
def test_link_where_no_reader_can_go_becomes_text_and_is_said(address):
    data = linked(address)
    assert body_of(data) == "Se her"
    assert address in said(data)[0]


def test_link_within_the_file_becomes_text():
    data = of_xml(f'<w:p>{run("Se ")}<w:hyperlink w:anchor="_Toc1">{run("her")}</w:hyperlink></w:p>')
    assert body_of(data) == "Se her"


# Lists, quotations, tables


def styled(*paragraphs):
    document = titled()
    for text, style in paragraphs:
        document.add_paragraph(text, style=style)
    return saved(document)


def test_lists_are_nested_and_numbered():
    data = styled(
        ("Et", "List Number"),
        ("punkt", "List Bullet 2"),
        ("dybere", "List Bullet 3"),
        ("To", "List Number"),
        ("Tekst.", "Normal"),
        ("- streg", "List Bullet"),
    )
    body = body_of(data)
    assert body == "1. Et\n    - punkt\n        - dybere\n2. To\n\nTekst.\n\n- \\- streg"
    html = re.sub(r"\s", "", to_html(body))
    assert html == (
        "<ol><li>Et<ul><li>punkt<ul><li>dybere</li></ul></li></ul></li><li>To</li></ol>"
        "<p>Tekst.</p><ul><li>-streg</li></ul>"
    )


def test_bullets_and_numbers_within_one_item_stay_lists():
    body = body_of(
        styled(
            ("ydre", "List Bullet"),
            ("indre", "List Bullet 2"),
            ("tal", "List Number 2"),
            ("indre igen", "List Bullet 2"),
            ("ydre igen", "List Bullet"),
        )
    )
    html = re.sub(r"\s|</?p>", "", to_html(body))
    assert html == (
        "<ul><li>ydre<ul><li>indre</li></ul><ol><li>tal</li></ol><ul><li>indreigen</li></ul></li>"
        "<li>ydreigen</li></ul>"
    )


def numbered(*items, **lists):
    """A file of items: their text, list ("" for none) and depth; `lists` say how a list is made."""
    document = titled()
    made = {}
    for text, which, *depth in items:
        if not which:
            document.add_paragraph(text)
            continue
        if which not in made:
            said = dict(lists.get(which, {}))
            if "like" in said:
                numbering = document.part.numbering_part.element
                said["of"] = numbering.num_having_numId(made[said.pop("like")]).abstractNumId.val
            made[which] = new_list(document, **said)
        add_item(document, text, made[which], *depth)
    return saved(document)


INTERRUPTED = (("Et", "a"), ("To", "a"), ("Tekst.", ""), ("Tre", "a"), ("Fire", "a"))


def test_numbers_go_on_after_other_text():
    data = numbered(*INTERRUPTED)
    assert body_of(data) == "1. Et\n2. To\n\nTekst.\n\n3. Tre\n4. Fire"
    assert not said(data)
    assert '<ol start="3">' in render(body_of(data), {}).html


def test_another_list_begins_at_one():
    assert body_of(numbered(("Et", "a"), ("Tekst.", ""), ("Nyt", "b"))) == "1. Et\n\nTekst.\n\n1. Nyt"


def test_another_list_right_after_the_first_begins_at_one():
    body = body_of(numbered(("Et", "a"), ("To", "a"), ("Nyt", "b"), ("Mere", "b")))
    html = re.sub(r"\s", "", render(body, {}).html)
    assert html == "<ol><li>Et</li><li>To</li></ol><ol><li>Nyt</li><li>Mere</li></ol>"


@pytest.mark.parametrize(
    ("made", "number"),
    [({"like": "a"}, 3), ({"like": "a", "restart": 1}, 1), ({"like": "a", "restart": 7}, 7)],
)
def test_list_made_from_another_goes_on_unless_it_begins_anew(made, number):
    data = numbered(("Et", "a"), ("To", "a"), ("Tekst.", ""), ("Nyt", "b"), ("Mere", "b"), b=made)
    assert body_of(data).endswith(f"Tekst.\n\n{number}. Nyt\n{number + 1}. Mere")


def test_inner_numbers_begin_anew_under_each_item():
    data = numbered(("Et", "a"), ("x", "a", 1), ("y", "a", 1), ("To", "a"), ("z", "a", 1))
    assert body_of(data) == "1. Et\n    1. x\n    2. y\n2. To\n    1. z"


def test_inner_numbers_go_on_after_other_text():
    data = numbered(("Et", "a"), ("x", "a", 1), ("Tekst.", ""), ("y", "a", 1), ("To", "a"))
    assert rendered(body_of(data)) == "Et x Tekst. y To"
    assert '<ol start="2">' in render(body_of(data), {}).html


def test_numbers_that_a_style_gives_go_on_after_other_text():
    data = styled(("Et", "List Number"), ("Tekst.", "Normal"), ("To", "List Number"))
    assert body_of(data) == "1. Et\n\nTekst.\n\n2. To"


def test_style_based_on_a_numbered_one_is_numbered():
    document = titled()
    style = document.styles.add_style("Trin", 1)
    style.base_style = document.styles["List Number"]
    for text in ("Et", "To"):
        document.add_paragraph(text, style=style)
    assert body_of(saved(document)) == "1. Et\n2. To"


def test_paragraph_taken_out_of_its_list_is_text():
    document = titled()
    for text in ("Et", "uden", "To"):
        document.add_paragraph(text, style="List Number")
    add_item(document, "Uden nummer.", 0, style="List Number")
    assert body_of(saved(document)) == "1. Et\n2. uden\n3. To\n\nUden nummer."


def test_letters_become_numbers_and_that_is_said():
    data = numbered(("Et", "a"), ("To", "a"), a={"formats": "lowerLetter"})
    assert body_of(data) == "1. Et\n2. To"
    assert [message for message in said(data) if "has letters" in message] == said(data) != []


def test_numbers_of_headings_are_said():
    document = titled()
    number = new_list(document)
    add_item(document, "Afsnit", number, style="Heading 1")
    document.add_paragraph("Tekst.")
    data = saved(document)
    assert body_of(data) == "## Afsnit\n\nTekst."
    assert said(data) == ["Word numbers the headings. Their numbers were left out."]


def test_reference_list_that_word_numbers_on_is_cited_by_its_order_and_said():
    document = titled()
    document.add_paragraph("Te [1].")
    document.add_paragraph("Et punkt", style="List Number")
    document.add_paragraph("Referenceliste")
    document.add_paragraph("Om haver. PMID: 11", style="List Number")
    data = saved(document)
    assert body_of(data).startswith("Te [@pmid:11].")
    assert said(data) == ["The entry numbered 2 is number 1 of the list and cited as that."]


@pytest.mark.parametrize("xml", ["<w:num/>", f'<w:num w:numId="{"9" * 5000}"/>', "<w:abstractNum/>"])
def test_malformed_numbering_is_no_error_of_the_server(xml):
    numbering = f"<w:numbering {DECLARATIONS}>{xml}</w:numbering>"
    data = with_parts(numbered(("Et", "a")), {"word/numbering.xml": numbering})
    with suppress(ManuscriptError):
        assert body_of(data) == "Et"


def test_quotation_stays_one():
    assert body_of(styled(("# Et citat", "Quote"))) == "> \\# Et citat"


def tabled(*rows, merged=()):
    document = titled()
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    for one, other in merged:
        table.cell(*one).merge(table.cell(*other))
    return document


def test_cell_may_have_a_pipe_and_lines():
    body = body_of(saved(tabled(["a|b", "c"], ["d\ne", "*f*"])))
    assert body == "| a\\|b | c |\n| --- | --- |\n| d<br>e | \\*f\\* |"
    assert "<th>a|b</th>" in to_html(body)


def test_cell_may_have_a_list():
    document = tabled(["a", "b"], ["", "d"])
    cell = document.tables[0].cell(1, 0)
    cell.add_paragraph("et", style="List Number")
    cell.add_paragraph("to", style="List Number")
    assert "| 1. et<br>2. to | d |" in body_of(saved(document))


def test_merged_cells_are_said():
    data = saved(tabled(["a", ""], ["c", "d"], ["", "f"], merged=[((0, 0), (0, 1)), ((1, 0), (2, 0))]))
    assert body_of(data) == "| a |  |\n| --- | --- |\n| c | d |\n|  | f |"
    assert said(data) == ["The table has merged cells: their text stands in the first of them."]


def test_table_of_one_cell_is_its_text():
    assert body_of(saved(tabled(["Husk: drik vand."]))) == "Husk: drik vand."


def test_table_of_one_column_is_a_table():
    assert "<td>b</td>" in to_html(body_of(saved(tabled(["a"], ["b"]))))


def test_table_within_a_table_keeps_its_words():
    document = tabled(["a", "b"], ["c", ""])
    inner = document.tables[0].cell(1, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "x", "y"
    data = saved(document)
    assert "| c | x – y |" in body_of(data)
    assert "cell of another" in said(data)[0]


def test_table_beyond_reason_is_refused():
    row = "<w:tr>" + "<w:tc><w:p/></w:tc>" * 150 + "</w:tr>"
    with pytest.raises(ManuscriptError, match="larger than an article can show"):
        parse_file(of_xml(f"<w:tbl>{row * 100}</w:tbl>"))


def test_cell_that_claims_a_million_columns_is_refused():
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="1000000000"/></w:tcPr><w:p/></w:tc>'
    with pytest.raises(ManuscriptError, match="larger than an article can show"):
        parse_file(of_xml(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>"))


# Citations


@pytest.mark.parametrize("dash", ["-", "–", "\u2011", "\u2212"])
def test_range_in_brackets_is_cited_whatever_its_dash(dash):
    assert body_of(of_paragraphs(f"Te er godt [1{dash}3].", *REFERENCES)).startswith(
        "Te er godt [@pmid:11; @pmid:22; @pmid:33]."
    )


def test_citation_in_several_runs_is_one():
    document = titled()
    paragraph = document.add_paragraph("Te [")
    paragraph.add_run("1").add_text(", 2")
    paragraph.add_run("].")
    for entry in REFERENCES:
        document.add_paragraph(entry)
    assert body_of(saved(document)) == "Te [@pmid:11; @pmid:22]."


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (citing("Te er godt.", "1,3", " Ja."), "Te er godt [@pmid:11; @pmid:33]. Ja."),
        (citing("Te er godt", "1–3", "."), "Te er godt [@pmid:11; @pmid:22; @pmid:33]."),
        (citing("Te", "2", " og kaffe", "3"), "Te [@pmid:22] og kaffe [@pmid:33]"),
        (citing("I 2019", "2", "."), "I 2019 [@pmid:22]."),
        (
            of_paragraphs("Te er godt.¹⁻² Ja³.", *REFERENCES),
            "Te er godt [@pmid:11; @pmid:22]. Ja [@pmid:33].",
        ),
    ],
)
def test_raised_numbers_are_citations_where_a_file_cites_so(data, body):
    assert body_of(data) == body


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (citing("30 kg/m", "2", " og te", "1"), "30 kg/m<sup>2</sup> og te [@pmid:11]"),
        (citing("10", "3", " og te", "1"), "10<sup>3</sup> og te [@pmid:11]"),
        (citing("Te", "a", " og te", "1"), "Te<sup>a</sup> og te [@pmid:11]"),
        (of_paragraphs("5 m² te¹.", *REFERENCES), "5 m² te [@pmid:11]."),
    ],
)
def test_powers_and_letters_are_no_citations(data, body):
    assert body_of(data) == body


def test_raised_number_that_may_be_a_citation_is_said():
    assert any("raised “3”" in message for message in said(citing("10", "3", " te", "1")))


def test_raised_numbers_are_as_they_are_where_a_file_cites_in_brackets():
    document = titled()
    document.add_paragraph("Te [1] og x").add_run("2").font.superscript = True
    for entry in REFERENCES:
        document.add_paragraph(entry)
    assert body_of(saved(document)) == "Te [@pmid:11] og x<sup>2</sup>"


def test_raised_brackets_are_citations():
    document = titled()
    document.add_paragraph("Te").add_run("[1]").font.superscript = True
    for entry in REFERENCES:
        document.add_paragraph(entry)
    assert citations.keys(body_of(saved(document))) == [citations.pmid(11)]


def test_reference_that_only_links_to_pubmed_is_known_by_its_link():
    data = linked("https://pubmed.ncbi.nlm.nih.gov/77/", "PubMed", before="1. Om haver. ")
    document = part(data, "word/document.xml")
    body = f"<w:p>{run('Te [1].')}</w:p><w:p>{run('Referenceliste')}</w:p><w:p><w:r><w:t "
    data = with_parts(data, {"word/document.xml": document.replace("<w:p><w:r><w:t xml", f"{body}xml")})
    article = parse_file(data)
    assert [work.pmid for work in article.references] == [77]
    assert article.body == "Te [@pmid:77]."


@pytest.mark.parametrize(
    "heading",
    ["Litteratur", "LITTERATURLISTE", "Kilder:", "Bibliography", "5. Referencer", "Literature list"],
)
def test_reference_list_is_known_by_its_heading(heading):
    assert body_of(of_paragraphs("Te [1].", heading, "1. PMID: 11: Om haver.")) == "Te [@pmid:11]."


WITHOUT_HEADING = "The numbered works at the end were taken for the reference list, which has no heading."


def test_numbered_works_at_the_end_are_the_reference_list():
    data = of_paragraphs("Te [2].", "1. Om haver. PMID: 11", "2. Om te. doi:10.1000/te")
    assert body_of(data) == "Te [@doi:10.1000/te]."
    assert WITHOUT_HEADING in said(data)


def test_list_of_numbered_works_at_the_end_is_the_reference_list_of_raised_numbers():
    document = titled()
    document.add_paragraph("Te").add_run("1,2").font.superscript = True
    number = new_list(document)
    for text in ("Om haver. PMID: 11", "Om te. PMID: 22"):
        add_item(document, text, number)
    data = saved(document)
    assert body_of(data) == "Te [@pmid:11; @pmid:22]"
    assert said(data) == [WITHOUT_HEADING]


@pytest.mark.parametrize(
    "lines",
    [
        ("1. Om haver. PMID: 11", "Tekst."),
        ("Om haver. PMID: 11",),
        ("1. Gå ture.", "2. PMID: 11"),
        ("1. Et.",),
    ],
)
def test_other_ends_are_text(lines):
    is_list = lines[-1].startswith("2.")
    data = of_paragraphs("Te.", *lines)
    assert (WITHOUT_HEADING in said(data)) == is_list
    assert lines[0].partition(" ")[2].split(".")[0] in body_of(data)


def test_reference_list_in_a_table_is_one():
    document = titled()
    document.add_paragraph("Te [2].")
    document.add_heading("Referenceliste", 1)
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, [("1", "Om haver. PMID: 11"), ("2", "Om te. PMID: 22")], strict=True):
        row.cells[0].text, row.cells[1].text = texts
    assert parse_file(saved(document)).body == "Te [@pmid:22]."


def test_problem_quotes_its_paragraph():
    (problem,) = parse_file(of_paragraphs("Te er godt [9], siger prøven.")).problems
    assert problem.sentence == (
        "At “Te er godt [9], siger prøven.”: [9] was kept as text: the reference list has no such entry."
    )


# Notes


FOOTNOTES = (
    f"<w:footnotes {DECLARATIONS}>"
    f'<w:footnote w:id="2"><w:p>{run("Om haver. PMID: 11")}</w:p></w:footnote>'
    f'<w:footnote w:id="3"><w:p>{run("En *bemærkning*.")}</w:p></w:footnote>'
    "</w:footnotes>"
)
WITH_NOTES = (
    f'<w:p>{run("Te.")}<w:r><w:footnoteReference w:id="2"/></w:r>{run(" Og ")}{run("kaffe")}'
    '<w:r><w:footnoteReference w:id="3"/></w:r></w:p>'
)


def with_notes():
    return of_xml(WITH_NOTES, {"footnotes.xml": FOOTNOTES})


def test_note_that_names_a_work_is_a_citation():
    article = parse_file(with_notes(), "da")
    assert article.body.startswith("Te [@pmid:11]. Og kaffe (note 1)\n")
    assert [(work.pmid, work.claimed) for work in article.references] == [(11, "Om haver.")]


def test_note_that_names_several_works_is_kept():
    note = f'<w:footnote w:id="2"><w:p>{run("Se PMID: 11 og PMID: 22.")}</w:p></w:footnote>'
    footnotes = f"<w:footnotes {DECLARATIONS}>{note}</w:footnotes>"
    data = of_xml(
        f'<w:p>{run("Te.")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>', {"footnotes.xml": footnotes}
    )
    assert rendered(body_of(data)).endswith("Se PMID: 11 og PMID: 22.")


def test_other_notes_stand_at_the_end_and_are_said():
    article = parse_file(with_notes(), "da")
    assert article.body.endswith("## Noter\n\n1. En \\*bemærkning\\*.")
    assert "(note 1)" in article.problems[0].message


# What is beside the text


def test_tracked_changes_are_read_as_accepted_and_said():
    data = of_xml(
        f'<w:p>{run("Før ")}<w:ins w:id="1" w:author="Bo Prøve">{run("nyt")}</w:ins>'
        '<w:del w:id="2" w:author="Bo Prøve"><w:r><w:delText>gammelt</w:delText></w:r></w:del></w:p>'
    )
    assert body_of(data) == "Før nyt"
    assert re.search(r"1 inserted, 1 deleted; Bo Prøve", said(data)[0])


def test_comment_is_said_with_what_it_is_about():
    document = titled()
    paragraph = document.add_paragraph("Før ")
    commented = paragraph.add_run("et sted")
    document.add_comment(commented, text="Er det rigtigt?", author="Bo Prøve")
    data = saved(document)
    assert body_of(data) == "Før et sted"
    assert said(data) == ["Comment by Bo Prøve on “et sted”: Er det rigtigt?"]


def test_header_and_footer_are_kept_and_said():
    document = titled()
    document.add_paragraph("Tekst.")
    document.sections[0].header.paragraphs[0].text = "Prøvehuset i Aarhus"
    document.sections[0].footer.paragraphs[0].text = "Side 1 af 3"
    data = saved(document)
    assert parse_file(data, "da").body == "Tekst.\n\n## Ikke placeret\n\nPrøvehuset i Aarhus"
    assert len(said(data)) == 1


def test_picture_in_a_header_is_said():
    document = titled()
    document.add_paragraph("Tekst.")
    document.sections[0].header.paragraphs[0].add_run().add_picture(png())
    assert said(saved(document)) == ["A picture in the header or footer was not taken over."]


BOX = f"<w:txbxContent><w:p>{run('I boksen')}</w:p></w:txbxContent>"
NEW_BOX = (
    "<w:drawing><wp:anchor><a:graphic><a:graphicData uri='x'><wps:wsp><wps:txbx>"
    f"{BOX}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>"
)


def alternatives(choice, fallback):
    return (
        f"<mc:AlternateContent><mc:Choice Requires='wps'>{choice}</mc:Choice>"
        f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent>"
    )


OLD_BOX = f"<w:pict><v:shape><v:textbox>{BOX}</v:textbox></v:shape></w:pict>"


@pytest.mark.parametrize(
    "box",
    [
        NEW_BOX,
        OLD_BOX,
        alternatives(NEW_BOX, ""),
        alternatives(NEW_BOX, OLD_BOX),
    ],
)
def test_text_box_is_kept_once_and_said(box):
    data = of_xml(f"<w:p>{run('Ved siden af')}<w:r>{box}</w:r></w:p>")
    assert body_of(data) == "Ved siden af\n\nI boksen"
    assert said(data) == ["The text box “I boksen” was put after the paragraph beside it."]


def math(text):
    return f"<m:r><m:t>{text}</m:t></m:r>"


def test_equation_becomes_text_and_is_said():
    power = f"<m:sSup><m:e>{math('m')}</m:e><m:sup>{math('2')}</m:sup></m:sSup>"
    fraction = f"<m:f><m:num>{math('a+b')}</m:num><m:den>{power}</m:den></m:f>"
    root = f"<m:rad><m:deg/><m:e>{math('x')}</m:e></m:rad>"
    data = of_xml(
        f"<w:p><m:oMathPara><m:oMath>{math('y=')}{fraction}{math('+')}{root}</m:oMath></m:oMathPara></w:p>"
    )
    assert rendered(body_of(data)) == "y=(a+b)/m^2+√x"
    assert "compare it" in said(data)[0]


def test_text_in_a_field_is_kept():
    data = of_xml(f'<w:p>{run("Figur ")}<w:fldSimple w:instr=" SEQ ">{run("1")}</w:fldSimple></w:p>')
    assert body_of(data) == "Figur 1"


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (
            "<w:drawing><wp:inline><a:graphic><a:graphicData/></a:graphic></wp:inline></w:drawing>",
            "A diagram or drawing was not taken over",
        ),
        (
            "<w:object><o:OLEObject ProgID='Excel.Sheet.12'/></w:object>",
            r"embedded object \(Excel\.Sheet\.12\)",
        ),
        ("<w:sym w:font='Prøve' w:char='F0AA'/>", "A symbol of the font Prøve"),
        ("<w:altChunk r:id='rId1'/>", "Another file is inserted"),
    ],
)
def test_what_cannot_be_read_is_said(xml, message):
    assert re.search(message, said(of_xml(f"<w:p>{run('Tekst')}<w:r>{xml}</w:r></w:p>"))[0])


def test_picture_within_a_paragraph_stands_after_it():
    document = titled()
    document.add_paragraph("Før").add_run().add_picture(png())
    assert body_of(saved(document)) == "Før\n\n{picture-1}"


def test_picture_after_the_reference_list_is_not_lost():
    document = titled()
    document.add_paragraph("Te [1].")
    for entry in REFERENCES:
        document.add_paragraph(entry)
    document.add_picture(png())
    assert "{picture-1}" in body_of(saved(document))


def test_picture_in_a_group_of_drawings_is_kept():
    document = titled()
    document.add_paragraph("Før").add_run().add_picture(png())
    xml = part(saved(document), "word/document.xml")
    blip = re.search(r"<a:blip [^>]*>", xml)[0].replace(">", "/>").replace("//", "/")
    group = f"<wps:wgp {DECLARATIONS}>{blip}{blip}</wps:wgp>"
    grouped = re.sub(r"<pic:pic\b.*</pic:pic>", group, xml, flags=re.DOTALL)
    article = parse_file(with_parts(saved(document), {"word/document.xml": grouped}))
    assert article.body == "Før\n\n{picture-1}\n\n{picture-2}"
    assert len(article.pictures) == 2


def test_word_art_is_text():
    art = "<w:pict><v:shape><v:textpath string='Velkommen'/></v:shape></w:pict>"
    assert body_of(of_xml(f"<w:p>{run('Og ')}<w:r>{art}</w:r></w:p>")) == "Og Velkommen"


def test_box_to_tick_is_shown():
    ticked = "<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>"
    box = (
        f"<w:r><w:fldChar w:fldCharType='begin'>{ticked}</w:fldChar></w:r>"
        "<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"
    )
    assert body_of(of_xml(f"<w:p>{box}{run(' Set')}</w:p>")) == "☑ Set"


def test_comment_on_nothing_is_said():
    comment = f"<w:comment w:id='7' w:author='Bo Prøve'><w:p>{run('Husk.')}</w:p></w:comment>"
    data = of_xml(
        f"<w:p>{run('Tekst')}</w:p>", {"comments.xml": f"<w:comments {DECLARATIONS}>{comment}</w:comments>"}
    )
    assert said(data) == ["Comment by Bo Prøve: Husk."]


def test_alternative_text_that_word_guessed_is_not_the_authors():
    document = titled()
    document.add_picture(png())
    shape = document.inline_shapes[0]._inline.docPr
    shape.set("descr", "Et diagram\n\nAutomatically generated description")
    (picture,) = parse_file(saved(document)).pictures
    assert picture.alt == "Et diagram"


# What is no Word file


def zipped(**parts):
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (OLD, "an old kind of Word (.doc)"),
        (OLD + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"PK\x03\x04 no zip at all", "damaged"),
        (zipped(**{"a.txt": "b"}), "not a Word document (.docx)"),
        (zipped(**{"xl/workbook.xml": "<workbook/>"}), "Excel workbook"),
        (zipped(**{"ppt/presentation.xml": "<presentation/>"}), "PowerPoint"),
        (zipped(mimetype="application/vnd.oasis.opendocument.text"), "OpenDocument"),
        (b"%PDF-1.7\0", "neither Word nor text"),
        (b"{\\rtf1\\ansi Hej}", "RTF or a web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>Hej</p>", "RTF or a web page"),
        (b"MIME-Version: 1.0\n\nHej", "RTF or a web page"),
        (letter()[:3000], "damaged"),
        (with_parts(letter(), {"word/document.xml": "<w:document"}), "damaged"),
        (of_xml("<w:p><w:hyperlink r:id='rIdNone'><w:r><w:t>x</w:t></w:r></w:hyperlink></w:p>"), "damaged"),
    ],
)
def test_file_that_cannot_be_read_says_what_to_do(data, sentence):
    with pytest.raises(ManuscriptError, match=re.escape(sentence)):
        parse_file(data)


def test_encrypted_part_is_a_password():
    data = bytearray(letter())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 1)
    with pytest.raises(ManuscriptError, match="protected by a password"):
        parse_file(bytes(data))


# Malice


def bomb(name, content, times):
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, archive.open(name, "w") as part_file:
        for _time in range(times):
            part_file.write(content)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        bomb("word/document.xml", b"<w:p/>" * 100_000, 20),
        bomb("word/media/image1.png", bytes(1_000_000), 200),
        bomb("word/media/image1.png", bytes(1_000_000), 2),
        zipped(**{f"word/{n}.xml": "" for n in range(package.MOST_PARTS + 1)}),
        of_xml(f"<w:p>{run('x ' * 1_100_000)}</w:p>"),
        of_xml("<w:p/>" * 210_000),
    ],
)
def test_file_that_would_burst_is_refused_at_once(data):
    began = time.monotonic()
    with pytest.raises(ManuscriptError, match="far more than an article"):
        parse_file(data)
    assert time.monotonic() - began < 20


def test_file_over_the_limit_is_refused():
    with pytest.raises(ManuscriptError, match="larger than 20 MB"):
        parse_file(b"PK\x03\x04" + bytes(package.MAX_SIZE))


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    f"<w:document {DECLARATIONS}><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>"
)
EXTERNAL = ENTITIES.replace('<!ENTITY a "ha">', '<!ENTITY a SYSTEM "file:///etc/hostname">')


@pytest.mark.parametrize("name", ["word/document.xml", "word/footnotes.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("xml", [ENTITIES, EXTERNAL])
def test_document_types_and_entities_are_refused(name, xml):
    with pytest.raises(ManuscriptError, match="document type"):
        parse_file(with_parts(letter(), {name: xml}))


def test_deep_nesting_is_refused():
    with pytest.raises(ManuscriptError, match="nested too deeply"):
        parse_file(of_xml("<w:p><w:r>" + "<w:smartTag>" * 150 + "</w:smartTag>" * 150 + "</w:r></w:p>"))


def test_nesting_that_is_allowed_is_read():
    deep = "<w:smartTag>" * 60 + run("dybt") + "</w:smartTag>" * 60
    assert body_of(of_xml(f"<w:p>{deep}</w:p>")) == "dybt"


@pytest.mark.parametrize("address", ["file:///etc/hostname", "/etc/hostname", "http://127.0.0.1:9/a.png"])
def test_picture_elsewhere_is_not_fetched_and_said(address):
    document = titled()
    document.add_paragraph("Tekst.")
    document.add_picture(png())
    relation = document.part.relate_to(address, RELATIONSHIP_TYPE.IMAGE, is_external=True)
    data = saved(document)
    xml = re.sub(r'r:embed="[^"]*"', f'r:link="{relation}"', part(data, "word/document.xml"))
    article = parse_file(with_parts(data, {"word/document.xml": xml}))
    assert not article.pictures
    assert article.body == "Tekst."
    assert "only linked to" in article.problems[0].message


def test_style_map_in_the_file_is_not_obeyed():
    data = with_parts(letter(), {"mammoth/style-map": "p => !"})
    assert body_of(data) == body_of(letter())


def test_one_picture_shown_very_often_is_not_read_as_often():
    document = titled()
    document.add_picture(png())
    xml = part(saved(document), "word/document.xml")
    drawing = re.search(r"<w:drawing>.*</w:drawing>", xml, re.DOTALL)[0]
    often = xml.replace(drawing, drawing * 300)
    article = parse_file(with_parts(saved(document), {"word/document.xml": often}))
    assert len(article.pictures) == 100
    assert any("too many" in problem.message for problem in article.problems)


def test_comment_without_end_takes_no_time():
    starts = "".join(f'<w:commentRangeStart w:id="{n}"/>' for n in range(5000))
    data = of_xml(f"<w:p>{starts}{run('ord ') * 5000}</w:p>")
    began = time.monotonic()
    markup.prepare(package.read_package(data))
    assert time.monotonic() - began < 20
