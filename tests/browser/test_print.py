"""What an article's page is on paper."""

import pytest

from tests.browser.site import make_site

READ = [".clinic", "h1", ".byline", ".references li", ".treatments .button", "address", ".edition"]
PRESSED = [".skip", ".menu", ".breadcrumb", ".outline", ".references .back", ".references .files"]
AFTER = "selector => getComputedStyle(document.querySelector(selector), '::after').content"


@pytest.fixture
def paper(page):
    # As wide as A4, in CSS pixels.
    page.set_viewport_size({"width": 794, "height": 1123})
    page.goto(make_site("da")["article"])
    page.emulate_media(media="print")
    return page


def test_what_is_read_is_printed_and_what_is_pressed_is_not(paper):
    assert [selector for selector in READ + PRESSED if paper.locator(selector).first.is_visible()] == READ
    assert paper.evaluate("document.documentElement.scrollWidth") <= 794


def test_addresses_of_other_sites_are_spelled_out(paper):
    for selector in (".treatments .button", ".references .links a"):
        assert paper.locator(selector).first.get_attribute("href") in paper.evaluate(AFTER, selector)
    assert paper.evaluate(AFTER, ".citation a") == "none"


def test_foot_has_the_short_permalink_and_the_edition(paper):
    foot = paper.locator(".edition").inner_text()
    assert "Udgave 1" in foot
    assert "/a/" in foot
