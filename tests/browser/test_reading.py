"""An article as a patient reads it: with a mouse, a keyboard, a finger, on paper."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.site import make_site

PHONE = {"width": 360, "height": 740}
SMALLEST_TARGET = 24  # pixels; WCAG 2.2, 2.5.8


@pytest.fixture
def article(live_server):
    return make_site("en")["article"]


@pytest.fixture
def reading(page, article):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(article)
    return page


@pytest.fixture
def phone(new_context, article):
    page = new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto(article)
    return page


def number(page: Page, name: str = "reference 1"):
    """The first place that cites the work."""
    return page.get_by_role("button", name=name, exact=True).first


def note(page: Page, name: str = "Reference 1"):
    return page.get_by_role("dialog", name=name, exact=True)


def edges(locator):
    box = locator.bounding_box()
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def test_mouse_over_a_number_shows_the_reference_until_it_leaves(reading):
    number(reading).hover()
    expect(note(reading)).to_be_visible()
    reading.mouse.move(1, 1)
    expect(note(reading)).to_be_hidden()


def test_mouse_can_go_from_the_number_into_the_note(reading):
    number(reading).hover()
    note(reading).get_by_role("link", name="PubMed 11").hover()
    expect(note(reading)).to_be_visible()


def test_escape_closes_what_the_mouse_opened(reading):
    number(reading).hover()
    expect(note(reading)).to_be_visible()
    reading.keyboard.press("Escape")
    expect(note(reading)).to_be_hidden()


def test_click_opens_the_note_under_the_line(reading):
    number(reading).click()
    expect(note(reading)).to_contain_text("This study has been retracted.")
    _left, _top, _right, bottom = edges(number(reading))
    left, top, right, _bottom = edges(note(reading))
    assert 0 <= top - bottom < 20
    assert left >= 0
    assert right <= 1280


def test_click_beside_the_note_closes_it(reading):
    number(reading).click()
    reading.mouse.click(5, 5)
    expect(note(reading)).to_be_hidden()


def test_another_number_closes_the_first_note(reading):
    number(reading).click()
    number(reading, "reference 2").click()
    expect(note(reading, "Reference 2")).to_be_visible()
    expect(note(reading)).to_be_hidden()


def test_keyboard_leads_into_the_note_and_escape_back_to_the_number(reading):
    number(reading).focus()
    reading.keyboard.press("Enter")
    expect(note(reading)).to_be_visible()
    reading.keyboard.press("Tab")
    expect(note(reading).get_by_role("link", name="In the reference list")).to_be_focused()
    reading.keyboard.press("Escape")
    expect(note(reading)).to_be_hidden()
    expect(number(reading)).to_be_focused()


def test_tab_to_a_number_shows_the_reference(reading):
    number(reading).focus()
    reading.keyboard.press("Shift+Tab")
    reading.keyboard.press("Tab")
    expect(number(reading)).to_be_focused()
    expect(note(reading)).to_be_visible()


def test_tap_opens_the_note_on_a_phone_and_a_tap_beside_it_closes_it(phone):
    number(phone).tap()
    left, top, right, bottom = edges(note(phone))
    assert left >= 0
    assert top >= 0
    assert right <= PHONE["width"]
    assert bottom <= PHONE["height"]
    phone.touchscreen.tap(2, 2 if top > 100 else PHONE["height"] - 2)
    expect(note(phone)).to_be_hidden()


def test_every_number_is_large_enough_for_a_finger(phone):
    buttons = phone.locator(".citation button").all()
    assert buttons
    for button in buttons:
        left, top, right, bottom = edges(button)
        assert min(right - left, bottom - top) >= SMALLEST_TARGET


def test_note_leads_to_the_entry_and_the_entry_back_to_the_place(reading):
    number(reading).click()
    note(reading).get_by_role("link", name="In the reference list").click()
    expect(reading.locator("#ref-1")).to_be_in_viewport()
    reading.get_by_role("link", name="Back to place 1 where reference 1 is cited").click()
    expect(number(reading)).to_be_in_viewport()


def test_paper_has_plain_numbers(reading):
    reading.emulate_media(media="print")
    expect(reading.locator(".citation").nth(1)).to_have_text("[2, 3]")
    expect(reading.locator('.citation a[href="#ref-1"]').first).to_be_visible()
    expect(reading.locator(".citation button").first).to_be_hidden()


def test_outline_follows_on_a_wide_screen(reading):
    reading.locator("#references").scroll_into_view_if_needed()
    assert reading.evaluate("scrollY") > 900
    expect(reading.get_by_role("navigation", name="On this page")).to_be_in_viewport(ratio=1)


def test_outline_longer_than_the_window_scrolls_by_itself(reading):
    reading.set_viewport_size({"width": 1280, "height": 300})
    outline = reading.get_by_role("navigation", name="On this page")
    outline.get_by_role("link").last.focus()
    expect(outline.get_by_role("link").last).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [320, 1280])
def test_open_note_breaks_no_rule(reading, width):
    number(reading).click()
    expect(note(reading)).to_be_visible()
    broken = axe.violations(reading, widths=[width])
    assert not broken, "\n".join(broken)
    expect(note(reading)).to_be_visible()


def test_page_asks_for_a_stylesheet_and_pictures_and_leaves_no_cookie(page, article):
    asked = set()
    page.on("request", lambda request: asked.add((request.resource_type, urlsplit(request.url).path)))
    page.goto(article)
    page.wait_for_load_state("networkidle")
    rest = {path for kind, path in asked if kind not in ("document", "stylesheet", "image")}
    assert rest <= {"/static/img/mark.svg"}  # the icon, to Chromium a thing of its own kind
    assert page.context.cookies() == []
