"""Pictures in a text. No database: the pictures are handed in."""

import re

import html5lib
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.markdown import render
from articles.models import Picture


def make_picture(number: int, widths: list[int], **fields: str) -> Picture:
    """Two thirds as high as wide."""
    width = widths[-1]
    return Picture(pk=number, stem=f"p{number}", widths=widths, width=width, height=width * 2 // 3, **fields)


DRAWING = make_picture(12, [480, 960, 1200], alt_da="En bule <i>", alt_en="A lump")
PHOTO = make_picture(3, [300], alt_da="Et rum", credit="Foto: Anna & Co.")
PICTURES = {12: DRAWING, 3: PHOTO}
MARKUP = st.text(st.sampled_from("ab \n#*_`>-|:[]()<>\"'&!@1\\"), max_size=20)


def rendered(text, language="da"):
    with translation.override(language):
        return render(text, {}, PICTURES)


def html(text):
    return str(rendered(text).html)


def problems(text, language="da"):
    return [(problem.line, problem.source, problem.code) for problem in rendered(text, language).problems]


def test_a_picture_alone_in_its_paragraph_is_a_figure():
    assert html("Et.\n\n![](picture:12)\n\nTo.") == (
        "<p>Et.</p>\n<figure><picture>"
        '<source type="image/avif" srcset="/media/pictures/p12-480.avif 480w,'
        ' /media/pictures/p12-960.avif 960w, /media/pictures/p12-1200.avif 1200w" sizes="SIZES">'
        '<source type="image/webp" srcset="/media/pictures/p12-480.webp 480w,'
        ' /media/pictures/p12-960.webp 960w, /media/pictures/p12-1200.webp 1200w" sizes="SIZES">'
        '<img src="/media/pictures/p12-960.jpg" srcset="/media/pictures/p12-480.jpg 480w,'
        ' /media/pictures/p12-960.jpg 960w, /media/pictures/p12-1200.jpg 1200w" sizes="SIZES"'
        ' width="1200" height="800" alt="En bule &lt;i&gt;" loading="lazy" decoding="async">'
        "</picture></figure>\n<p>To.</p>"
    ).replace("SIZES", "(min-width: 50rem) 48rem, calc(100vw - 2rem)")


def test_description_is_the_one_in_the_language_of_the_text():
    assert 'alt="A lump"' in rendered("![](picture:12)", "en").html


def test_what_stands_in_the_brackets_is_the_caption():
    assert "<figcaption>Et <i> & et til</figcaption>".replace("<i> &", "&lt;i&gt; &amp;") in html(
        "![Et <i> & et til](picture:12)"
    )


def test_credit_stands_after_the_caption():
    credit = '<span class="credit">Foto: Anna &amp; Co.</span>'
    assert f"<figcaption>Rummet. {credit}</figcaption>" in html("![Rummet.](picture:3)")
    assert f"<figcaption>{credit}</figcaption>" in html("![](picture:3)")


def test_a_citation_in_a_caption_is_numbered_where_readers_meet_it():
    text = "Et [@pmid:5].\n\n![Efter [@pmid:7]](picture:12)\n\nTo [@pmid:9]."
    found = rendered(text)
    assert [key.value for key in found.cited] == ["5", "7", "9"]
    assert re.search(r'<figcaption>Efter <span class="citation">\[<a href="#ref-2"', found.html)


def test_pictures_on_lines_of_one_paragraph_are_figures():
    assert html("![](picture:12)\n![](picture:3)").count("<figure>") == 2


def test_a_picture_of_a_list_item_is_a_figure_in_it():
    assert re.search(r"<li>\s*<p>Et</p>\s*<figure>", html("1. Et\n\n    ![](picture:12)\n\n2. To"))


def test_a_picture_in_a_line_of_text_is_shown_and_reported():
    text = "Et.\n\nTo ![](picture:12) tre."
    assert "<p>To <picture>" in html(text)
    assert problems(text) == [(3, "picture:12", "picture_in_a_line")]


def test_pictures_are_in_the_order_readers_meet_them_each_once():
    assert rendered("![](picture:12)\n\n![](picture:3)\n\n![](picture:12)").pictures == (DRAWING, PHOTO)


def test_a_picture_that_is_missing_is_left_out_and_reported():
    text = "Et.\n\n![Tekst](picture:99)"
    assert html(text).strip() == "<p>Et.</p>"
    assert problems(text) == [(3, "picture:99", "picture_missing")]
    assert not rendered(text).pictures


def test_a_description_that_is_missing_in_the_language_is_reported():
    assert problems("![](picture:3)", "en") == [(1, "picture:3", "picture_without_alt")]


@pytest.mark.parametrize("number", ["", "0", "abc", "-1", "1.5", "12x", "9999999999", "١٢"])
def test_what_is_no_number_of_a_picture_is_reported(number):
    assert [code for _line, _source, code in problems(f"![](picture:{number})")] == ["picture_malformed"]


def test_a_picture_in_code_is_code():
    found = rendered("`![](picture:12)`\n\n    ![](picture:12)")
    assert not found.pictures
    assert "<img" not in found.html


def test_html_of_the_editor_shows_no_picture():
    found = rendered('<img src="picture:12"><img src="/0000000000000000/0"> <source srcset="https://x.dk/">')
    assert "<source" not in found.html
    assert not found.pictures


def test_the_sanitiser_lets_no_more_through_than_before():
    found = html(
        '<picture><source srcset="https://x.dk/a"><img src="https://x.dk/b" srcset="https://x.dk/c">'
    )
    assert "x.dk" not in found


@settings(deadline=None)  # the machine may be busy
@given(MARKUP, MARKUP, MARKUP)
def test_pictures_anywhere_render_to_well_formed_html(before, caption, after):
    text = html(f"{before}![{caption}](picture:12){after}")
    html5lib.HTMLParser(strict=True).parse(f"<!doctype html><title>x</title><main>{text}</main>")
