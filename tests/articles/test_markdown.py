import re

import html5lib
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from articles import markdown
from articles.markdown import render
from references.citations import Key, pmid

MARKUP = st.text(st.sampled_from("ab \n#*_`>-|:[]()<>\"'&;@pmid:1029\\=!~{}\u00e6"), max_size=80)


def html(text):
    return str(render(text, {}).html)


@given(MARKUP)
def test_any_text_renders_to_well_formed_html(text):
    html5lib.HTMLParser(strict=True).parse(f"<!doctype html><title>x</title><main>{html(text)}</main>")


@given(st.lists(st.integers(1, 9), max_size=12))
def test_numbers_are_one_to_n_by_first_appearance(ids):
    rendered = render("\n\n".join(f"Et [@pmid:{number}]." for number in ids), {})
    assert list(rendered.cited) == [pmid(number) for number in dict.fromkeys(ids)]
    shown = [int(n) for n in re.findall(r">(\d+)</a>", rendered.html)]
    assert shown == [list(rendered.cited).index(pmid(number)) + 1 for number in ids]


def test_heading_has_an_id_of_its_words():
    assert html("## Før operationen") == '<h2 id="foer-operationen">Før operationen</h2>'


def test_headings_with_the_same_words_have_different_ids():
    ids = re.findall('id="([^"]+)"', html("## Råd\n\n## Råd\n\n## Råd 2"))
    assert len(set(ids)) == 3


@pytest.mark.parametrize("words", ["Ref 1", "Cite 1-1", "References", "Main"])
def test_heading_never_takes_an_id_of_the_page(words):
    assert re.findall('id="([^"]+)"', html(f"## {words}"))[0].endswith("-section")


def test_heading_without_letters_has_an_id():
    assert html("## ???") == '<h2 id="section">???</h2>'


def test_text_that_begins_at_level_one_is_moved_below_the_title():
    assert re.findall("<h(\\d)", html("# Et\n\n## To")) == ["2", "3"]


def test_outline_has_the_two_upper_levels():
    outline = render("## Et\n\n### To\n\n#### Tre", {}).outline
    assert [(heading["level"], heading["title"]) for heading in outline] == [(2, "Et"), (3, "To")]


def test_outline_has_plain_words():
    outline = render("## *Et* & to [@1]", {}).outline
    assert [heading["title"] for heading in outline] == ["Et & to"]


def test_works_with_two_keys_share_a_number():
    work = {Key("doi", "10.1000/x"): pmid(7), pmid(7): pmid(7)}
    assert render("[@pmid:7] [@doi:10.1000/x]", work).cited == {pmid(7): 2}


def test_marker_is_named_in_the_active_language():
    with translation.override("da"):
        assert 'aria-label="kilde 1"' in html("Et [@1].")


def test_table_scrolls_by_itself_and_aligns_without_inline_style():
    table = html("| a | b |\n|--:|:-:|\n| 1 | 2 |")
    assert 'tabindex="0"' in table
    assert '<td class="right">1</td>' in table
    assert "style" not in table
    assert " align" not in table


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="vbscript:x">x</a>',
        "<iframe src=https://example.dk></iframe>",
        "<style>*{display:none}</style>",
        '<p style="position:fixed">x</p>',
        '<p onclick="x()">x</p>',
        '<div id="main" class="x">x</div>',
        "<form action=/><input name=x></form>",
        "<base href=//example.dk>",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    ],
)
def test_dangerous_html_is_removed(attack):
    cleaned = html(attack)
    assert not re.search(
        r"<(script|svg|iframe|style|form|input|base|math|div)|\son\w+=|javascript:|data:|vbscript:|style=|id=|class=",
        cleaned,
    )


@pytest.mark.parametrize(
    "address", ["https://example.dk/x.png", "//example.dk/x.png", "/\\example.dk/x.png", "x.png"]
)
def test_picture_of_another_server_is_not_fetched(address):
    assert "src" not in html(f"![x]({address})")


def test_own_picture_is_shown():
    assert 'src="/media/x.png"' in html("![Et billede](/media/x.png)")


def test_own_class_for_citations_cannot_be_forged():
    assert 'class="citation"' not in html('<span class="citation">[<a href="#ref-1">1</a>]</span>')


def test_malformed_citation_is_kept_and_reported():
    rendered = render("Et [@pmid:PMC123].", {})
    assert "[@pmid:PMC123]" in rendered.html
    assert len(rendered.problems) == 1


def test_sanitising_twice_changes_nothing():
    once = markdown.sanitise(markdown.to_html("| a |\n|--:|\n| 1 |\n\n*x* <b>y"))
    assert markdown.sanitise(once) == once.replace(' class="right"', "")


@pytest.mark.parametrize("character", ["\x01", "\x0b", "\x1f", "\x7f", "\x9f", "\ufdd0", "\ufffe", "&#1;"])
def test_characters_that_html_has_not_are_left_out(character):
    assert "<p>En bule</p>" in html(f"En {character}bule")


def test_list_may_begin_at_any_number():
    assert '<ol start="3">' in html("3. Tre\n4. Fire")


@pytest.mark.parametrize("start", ["3 onclick=x", "x", "", "9" * 20, "٣"])
def test_list_begins_at_nothing_but_a_number(start):
    assert html(f'<ol start="{start}"><li>Et</li></ol>') == "<ol><li>Et</li></ol>"
