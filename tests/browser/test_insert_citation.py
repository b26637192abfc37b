"""Citing a work from the text, by keyboard alone."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import axe
from tests.browser.test_accessibility import SELECT2
from tests.browser.test_publishing_by_hand import change_url, field, live_preview
from tests.eutils import EUtils
from tests.factories import make_bilingual_article, make_reference

SHORTCUT = "Alt+Shift+KeyP"


@pytest.fixture(autouse=True)
def eutils(settings, monkeypatch):
    monkeypatch.setattr("references.pubmed.SECOND", 0)
    with EUtils() as server:
        settings.PUBMED_BASE_URL = server.url
        yield server


@pytest.fixture
def article(transactional_db):
    make_reference(11, title="Mesh in hernia repair: a trial", authors=["Berg C"], standing="good")
    make_reference(22, title="Hernia in the old", authors=["Dahl E"], standing="retracted")
    return make_bilingual_article(body_en="A lump.")


@pytest.fixture
def text(desk, article):
    """The English text, with the cursor at its end."""
    desk.goto(change_url(article))
    text = field(desk, "English", "Text")
    text.focus()
    desk.keyboard.press("ControlOrMeta+End")
    return text


@pytest.fixture
def dialog(desk, text):
    """Of the English text, open, with the cursor in its field."""
    desk.keyboard.press(SHORTCUT)
    return opened(desk)


def opened(page: Page) -> Locator:
    dialog = page.get_by_role("dialog", name="Insert citation")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    return dialog


def find(page: Page, dialog: Locator, query: str, *expected: str) -> None:
    """Type into the field, until the works with these keys are shown."""
    page.keyboard.type(query)
    expect(dialog.locator(".key")).to_have_text(list(expected))


def cite(page: Page, query: str, key: str) -> None:
    page.keyboard.press(SHORTCUT)
    dialog = opened(page)
    find(page, dialog, query, key)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    # It is hidden a moment before it is closed and the text is changed.
    expect(page.locator("body > .citation-dialog")).to_have_count(0)


def test_three_words_of_a_title_arrow_down_enter(desk, text, dialog):
    find(desk, dialog, "mesh hernia trial", "@pmid:11")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(text).to_be_focused()
    expect(text).to_have_value("A lump.[@pmid:11]")
    preview = live_preview(desk, "English")
    expect(preview.locator(".citation")).to_have_text("[1]")
    expect(preview.locator(".references")).to_contain_text("Mesh in hernia repair")
    desk.keyboard.type(" More.")
    expect(text).to_have_value("A lump.[@pmid:11] More.")


def test_undo_takes_a_citation_back_and_nothing_else(desk, text):
    desk.keyboard.type(" Red")
    cite(desk, "mesh", "@pmid:11")
    cite(desk, "dahl", "@pmid:22")
    expect(text).to_have_value("A lump. Red[@pmid:11; @pmid:22]")
    desk.keyboard.press("ControlOrMeta+z")
    expect(text).to_have_value("A lump. Red[@pmid:11]")
    desk.keyboard.press("ControlOrMeta+z")
    expect(text).to_have_value("A lump. Red")
    desk.keyboard.press("ControlOrMeta+Shift+z")
    expect(text).to_have_value("A lump. Red[@pmid:11]")


def test_escape_leaves_the_text_and_its_selection_as_they_were(desk, text):
    desk.keyboard.press("ControlOrMeta+Home")
    for _ in range(6):
        desk.keyboard.press("Shift+ArrowRight")
    desk.keyboard.press(SHORTCUT)
    dialog = opened(desk)
    find(desk, dialog, "mesh", "@pmid:11")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(text).to_be_focused()
    expect(text).to_have_value("A lump.")
    assert text.evaluate("field => [field.selectionStart, field.selectionEnd]") == [0, 6]


def test_what_is_selected_is_cited_and_not_overwritten(desk, text):
    desk.keyboard.press("ControlOrMeta+Home")
    for _ in range(6):
        desk.keyboard.press("Shift+ArrowRight")
    cite(desk, "mesh", "@pmid:11")
    expect(text).to_have_value("A lump[@pmid:11].")


# What stands in the text, how often the left arrow is pressed, and the text after citing @pmid:22.
JOINED = [
    ("A [@pmid:11]", 0, "A [@pmid:11; @pmid:22]|"),
    ("A [@pmid:11]", 1, "A [@pmid:11; @pmid:22]|"),
    ("A [@pmid:11] b", 8, "A [@pmid:11; @pmid:22]| b"),
    ("A [@11; @doi:10.1000/x]", 0, "A [@11; @doi:10.1000/x; @pmid:22]|"),
    ("A [@pmid:11] ", 0, "A [@pmid:11] [@pmid:22]|"),
    ("A [@pmid:11]", 10, "A [@pmid:22]|[@pmid:11]"),
    ("A \\[@pmid:11]", 0, "A \\[@pmid:11][@pmid:22]|"),
    ("[@clinic]", 0, "[@clinic][@pmid:22]|"),
    ("[link](https://x.dk)", 0, "[link](https://x.dk)[@pmid:22]|"),
    ("A [@pmid:22; @pmid:11]", 1, "A [@pmid:22; @pmid:11]|"),
    ("A [@22]", 0, "A [@22]|"),
]
WITH_CURSOR = (
    """({ value, selectionEnd }) => value.slice(0, selectionEnd) + "|" + value.slice(selectionEnd)"""
)


def test_a_group_at_the_cursor_is_joined(desk, text):
    cited = []
    for before, back, _expected in JOINED:
        text.fill(before)
        for _ in range(back):
            desk.keyboard.press("ArrowLeft")
        cite(desk, "dahl", "@pmid:22")
        cited.append(text.evaluate(WITH_CURSOR))
    assert cited == [expected for _before, _back, expected in JOINED]


def test_each_text_has_a_dialog_of_its_own(desk, text):
    danish = field(desk, "Danish", "Text")
    danish.fill("En bule")
    cite(desk, "mesh", "@pmid:11")
    expect(danish).to_have_value("En bule[@pmid:11]")
    expect(danish).to_be_focused()
    expect(text).to_have_value("A lump.")


def test_the_button_of_the_toolbar_opens_it_too(desk, text):
    desk.keyboard.press("Shift+Tab")
    desk.keyboard.press("End")
    desk.keyboard.press("ArrowLeft")
    button = desk.get_by_role("button", name="Insert citation").and_(desk.locator(":focus"))
    expect(button).to_have_attribute("aria-keyshortcuts", "Alt+Shift+P")
    desk.keyboard.press("Enter")
    dialog = opened(desk)
    find(desk, dialog, "mesh", "@pmid:11")
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("Enter")
    expect(text).to_have_value("A lump.[@pmid:11]")


def test_arrows_go_round_ours_first_then_pubmeds(desk, eutils, dialog):
    eutils.add(33, title="Hernia in the young.")
    find(desk, dialog, "hernia", "@pmid:22", "@pmid:11", "@pmid:33")
    expect(dialog.get_by_role("group", name="Our references").get_by_role("option")).to_have_count(2)
    expect(dialog.get_by_role("group", name="PubMed").get_by_role("option")).to_have_count(1)
    selected = dialog.get_by_role("option", selected=True)
    combobox = dialog.get_by_role("combobox")
    for key, expected in [
        ("ArrowDown", "@pmid:22"),
        ("ArrowDown", "@pmid:11"),
        ("ArrowDown", "@pmid:33"),
        ("ArrowDown", "@pmid:22"),
        ("ArrowUp", "@pmid:33"),
    ]:
        desk.keyboard.press(key)
        expect(selected).to_contain_text(expected)
        expect(combobox).to_have_attribute("aria-activedescendant", selected.get_attribute("id"))
    expect(combobox).to_be_focused()


def test_a_work_of_pubmed_by_its_number_needs_no_choosing(desk, eutils, text, dialog):
    eutils.add(34256014)
    desk.keyboard.type("34256014")
    expect(dialog.get_by_role("status")).to_have_text("Results: 1.")
    desk.keyboard.press("Enter")
    expect(text).to_have_value("A lump.[@pmid:34256014]")
    expect(live_preview(desk, "English").locator(".citation")).to_have_text("[1]")


def test_enter_without_a_choice_neither_inserts_nor_saves(desk, text, dialog):
    find(desk, dialog, "hernia", "@pmid:22", "@pmid:11")
    expect(dialog.get_by_role("status")).to_have_text("Results: 2.")
    desk.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(text).to_have_value("A lump.")


def test_a_retracted_work_is_shown_as_such(desk, dialog):
    find(desk, dialog, "dahl", "@pmid:22")
    expect(dialog.get_by_role("option")).to_contain_text("retracted")


def test_what_the_search_does_is_said(desk, dialog):
    status = dialog.get_by_role("status")
    desk.keyboard.type("xy")
    expect(status).to_have_text("Type at least three characters.")
    desk.keyboard.type("zzy")
    expect(status).to_have_text("Nothing was found.")
    for _ in "xyzzy":
        desk.keyboard.press("Backspace")
    expect(status).to_have_text("")


def test_pubmed_away_is_said_and_ours_are_found(desk, eutils, dialog, text):
    eutils.mode = "html"
    desk.keyboard.type("mesh")
    expect(dialog.get_by_role("status")).to_have_text(
        "Results: 1. PubMed is not answering right now. Our own references have been searched."
    )
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(text).to_have_value("A lump.[@pmid:11]")


def test_ours_do_not_wait_for_pubmed(desk, eutils, dialog, text):
    eutils.mode = "slow"
    desk.keyboard.type("mesh")
    expect(dialog.get_by_role("status")).to_have_text("Results: 1. Searching…")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(text).to_have_value("A lump.[@pmid:11]")
    eutils.released.set()


def test_an_answer_that_is_overtaken_is_not_waited_for(desk, dialog):
    address = re.compile(r"/find/\?q=hernia&in=ours")
    held = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.route(address, hold)
    with desk.expect_event("requestfailed", lambda request: address.search(request.url)):
        with desk.expect_request(address):
            desk.keyboard.type("hernia")
        for _ in "hernia":
            desk.keyboard.press("Backspace")
    find(desk, dialog, "mesh", "@pmid:11")


def test_a_session_that_ended_is_said(desk, dialog, troubles):
    desk.context.clear_cookies()
    desk.keyboard.type("mesh")
    expect(dialog.get_by_role("status")).to_have_text(re.compile("You may have been signed out"))
    troubles.clear()


def test_titles_are_text_and_never_markup(desk, article, text):
    make_reference(44, title="<img src=x onerror=alert(1)> sepsis", standing="good")
    desk.keyboard.press(SHORTCUT)
    dialog = opened(desk)
    find(desk, dialog, "sepsis", "@pmid:44")
    expect(dialog.locator(".citation")).to_have_text("<img src=x onerror=alert(1)> sepsis.")
    expect(dialog.locator("img")).to_have_count(0)


def test_the_dialog_breaks_no_rule(desk, eutils, dialog):
    eutils.add(33, title="Hernia in the young.")
    find(desk, dialog, "hernia", "@pmid:22", "@pmid:11", "@pmid:33")
    desk.keyboard.press("ArrowDown")
    broken = axe.violations(desk, widths=[390, 1280], excluded=SELECT2)
    assert not broken, "\n".join(broken)
