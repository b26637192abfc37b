"""Every text of the corpus, rendered: what comes out is in the allow-list, and nothing in it runs."""

import re

import html5lib
import pytest

from articles import markdown
from articles.models import Picture
from references.characters import HIDDEN
from tests.attacks import markup
from tests.attacks.pages import scheme

XHTML = "{http://www.w3.org/1999/xhtml}"
TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("a", "em", "strong", "b", "i", "sub", "sup", "abbr", "cite", "img", "figure", "figcaption"),
    *(
        "span",
        "div",
        "picture",
        "source",
        "html",
        "head",
        "body",
    ),  # of our own, and what the parser puts around it
}
ATTRIBUTES = {
    *("href", "title", "lang", "src", "alt", "width", "height", "start", "colspan", "rowspan", "scope"),
    *("id", "class", "role", "tabindex", "aria-label", "srcset", "sizes", "type", "loading", "decoding"),
}
OWN_CLASS = re.compile(r"citation|table|left|right|center|credit")


def harm(html: str) -> list[str]:
    """What in the HTML of a text a browser would do more with than show it."""
    found = []
    for element in html5lib.parse(html, namespaceHTMLElements=True).iter():
        tag = str(element.tag).removeprefix(XHTML)
        if tag not in TAGS:
            found.append(f"<{tag}>")
        for name, value in element.attrib.items():
            if name not in ATTRIBUTES:
                found.append(f"{name}={value}")
            if name == "class" and not OWN_CLASS.fullmatch(value):
                found.append(f"class={value}")
            if name == "href" and scheme(value) not in ("", "http", "https", "mailto", "tel"):
                found.append(f"href={value}")
            if name == "src" and not (value.startswith("/") and not value.startswith(("//", "/\\"))):
                found.append(f"src={value}")
    return found


def test_there_are_at_least_three_hundred():
    counts = {name: len(group) for name, group in markup.GROUPS.items()}
    print(counts, sum(counts.values()))  # noqa: T201
    assert len(set(markup.ALL)) == len(markup.ALL) >= 300


@pytest.mark.parametrize("text", markup.ALL)
def test_text_is_neutralised(text):
    rendered = markdown.render(text, {}, {1: Picture(pk=1, stem="a", widths=[480], width=1, height=1)})
    assert harm(rendered.html) == []


@pytest.mark.parametrize("text", markup.ALL)
def test_short_text_is_neutralised(text):
    assert harm(markdown.render_short(text)) == []


@pytest.mark.parametrize(
    "text", ["<div><![a</div>", "<iframe><![a<td>b</td>", '<div><!["a[]</div>', "<div><![</div>"]
)
def test_what_is_no_section_of_html_is_a_comment(text):
    assert set(markdown.dropped(text)) <= {"div", "iframe"}


def test_caption_has_no_hidden_character():
    """Code within brackets within brackets: Markdown leaves a mark of its own there."""
    picture = Picture(pk=1, stem="a", widths=[480], width=1, height=1)
    html = markdown.render("![[`a`](b) c](picture:1)", {}, {1: picture}).html
    assert "<figcaption>" in html
    assert not HIDDEN.search(html)


def test_half_a_character_in_a_short_text_is_left_out():
    assert markdown.render_short("a\ud800b") == "<p>ab</p>"


def test_the_judge_sees_harm():
    for html in (
        "<script>1</script>",
        "<p onclick=1>a",
        "<a href='javascript:x'>a</a>",
        "<img src=//evil.example>",
        "<svg></svg>",
        "<p class=retracted>a",
        "<a href=' data:text/html,x'>a</a>",
        "<a href='java\tscript:x'>a</a>",
    ):
        assert harm(html)
