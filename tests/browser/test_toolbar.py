"""The toolbar over a text, by mouse and by keyboard. A text is written with its selection between bars."""

import pytest
from playwright.sync_api import Locator, Page, expect

from articles import publishing
from tests.browser import axe
from tests.browser.test_accessibility import SELECT2
from tests.browser.test_publishing_by_hand import change_url, field
from tests.factories import make_bilingual_article

SELECTED = """({ value, selectionStart: start, selectionEnd: end }) =>
    value.slice(0, start) + "|" + value.slice(start, end) + "|" + value.slice(end)"""


@pytest.fixture
def text(desk, transactional_db):
    """The English text."""
    desk.goto(change_url(make_bilingual_article(body_en="")))
    text = field(desk, "English", "Text")
    text.focus()
    return text


def put(text: Locator, marked: str) -> None:
    before, chosen, after = marked.split("|")
    text.fill(before + chosen + after)
    select = "(field, place) => field.setSelectionRange(...place)"
    text.evaluate(select, [len(before), len(before) + len(chosen)])


def press(page: Page, name: str) -> None:
    page.locator(".field-body_en").get_by_role("button", name=name, exact=True).click()


def results(page: Page, text: Locator, name: str, before: list[str]) -> list[str]:
    found = []
    for marked in before:
        put(text, marked)
        press(page, name)
        found.append(text.evaluate(SELECTED))
    return found


BOLD = {
    "A |lump| here": "A **|lump|** here",
    "A **|lump|** here": "A |lump| here",
    "A |**lump**| here": "A |lump| here",
    "A| lump |here": "A **|lump|** here",
    "A *|lump|* here": "A ***|lump|*** here",
    "A ***|lump|*** here": "A *|lump|* here",
    "A lu||mp here": "A **|lump|** here",
    "A ||": "A **||**",
    "A **||**": "A ||",
    "A **lump||** here": "A **lump**|| here",
    "|- one\n- two|": "|- **one**\n- **two**|",
    "|- **one**\n- **two**|": "|- one\n- two|",
}
ITALIC = {
    "A |lump| here": "A *|lump|* here",
    "A *|lump|* here": "A |lump| here",
    "A **|lump|** here": "A ***|lump|*** here",
    "A ***|lump|*** here": "A **|lump|** here",
}
HEADING = {
    "one\ntwo||\nthree": "one\n## two||\nthree",
    "## two||": "### two||",
    "### two||": "two||",
    "# two||": "## two||",
    "||": "## ||",
}
LIST = {
    "|one\ntwo|": "|- one\n- two|",
    "|- one\n- two|": "|one\ntwo|",
    "|- one\ntwo|": "|- one\n- two|",
    "Text.\n|one|": "Text.\n\n|- one|",
    "- one\nt||wo": "- one\n- t||wo",
    "|one\n\ntwo\n|three": "|- one\n\n- two|\nthree",
}


@pytest.mark.parametrize(
    ("name", "table"), [("Bold", BOLD), ("Italic", ITALIC), ("Heading", HEADING), ("List", LIST)]
)
def test_button_changes_what_is_selected(desk, text, name, table):
    assert dict(zip(table, results(desk, text, name, list(table)), strict=True)) == table


def test_table_stands_between_empty_lines_with_its_first_heading_selected(desk, text):
    put(text, "Before||\nafter")
    press(desk, "Table")
    assert text.evaluate(SELECTED) == (
        "Before\n\n| |Heading| | Heading |\n| --- | --- |\n| Text | Text |\n| Text | Text |\n\nafter"
    )


def test_undo_takes_each_back_and_nothing_else(desk, text):
    desk.keyboard.type("A lump")
    desk.keyboard.press("ControlOrMeta+a")
    for name in ("Bold", "List", "Table"):
        press(desk, name)
    desk.keyboard.press("ControlOrMeta+z")
    expect(text).to_have_value("- **A lump**")
    desk.keyboard.press("ControlOrMeta+z")
    expect(text).to_have_value("**A lump**")
    desk.keyboard.press("ControlOrMeta+z")
    expect(text).to_have_value("A lump")


def test_shortcuts_work_in_the_text(desk, text):
    desk.keyboard.press("Control+b")
    desk.keyboard.type("A lump")
    desk.keyboard.press("Control+b")
    desk.keyboard.type(" is ")
    desk.keyboard.press("Control+i")
    desk.keyboard.type("small")
    expect(text).to_have_value("**A lump** is *small*")


def test_tab_leaves_the_text(desk, text):
    desk.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    expect(text).to_have_value("")


def test_altgr_types_brackets(desk, text):
    # As a Danish keyboard sends AltGr+8: Control and Alt are down, the key is what it types.
    for key in "[b":
        text.dispatch_event("keydown", {"key": key, "ctrlKey": True, "altKey": True, "bubbles": True})
        desk.keyboard.insert_text(key)
    expect(text).to_have_value("[b")


def test_toolbar_is_one_stop_and_arrows_lead_through_it(desk, text):
    desk.keyboard.press("Shift+Tab")
    focused = desk.locator(":focus")
    expect(focused).to_have_text("Bold")
    for key, name in [("ArrowRight", "Italic"), ("End", "Preview beside the text"), ("ArrowRight", "Bold")]:
        desk.keyboard.press(key)
        expect(focused).to_have_text(name)
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Tab")
    expect(text).to_be_focused()
    desk.keyboard.press("Shift+Tab")
    expect(focused).to_have_text("Italic")


def test_link_around_what_is_selected(desk, text):
    put(text, "See |the guide|.")
    desk.keyboard.press("Control+k")
    dialog = desk.get_by_role("dialog", name="Link", exact=True)
    expect(dialog.get_by_label("Address")).to_be_focused()
    desk.keyboard.type("www.example.dk")
    desk.keyboard.press("Enter")
    expect(text).to_have_value("See [the guide](https://www.example.dk).")
    expect(text).to_be_focused()
    assert text.evaluate(SELECTED) == "See [the guide](https://www.example.dk)||."


def test_link_is_changed_where_the_cursor_stands(desk, text):
    put(text, "See [the gu||ide](https://old.example.dk).")
    press(desk, "Link")
    dialog = desk.get_by_role("dialog", name="Link", exact=True)
    expect(dialog.get_by_label("Text of the link")).to_have_value("the guide")
    dialog.get_by_label("Address").fill("anna@example.dk")
    dialog.get_by_role("button", name="Insert").click()
    expect(text).to_have_value("See [the guide](mailto:anna@example.dk).")


def test_escape_leaves_text_and_selection(desk, text):
    put(text, "See |this|.")
    desk.keyboard.press("Control+k")
    desk.keyboard.press("Escape")
    expect(desk.locator("body > .link-dialog")).to_have_count(0)
    expect(text).to_be_focused()
    assert text.evaluate(SELECTED) == "See |this|."


def test_article_is_found_by_its_title_and_linked_in_the_language(desk, text):
    online = make_bilingual_article(title_en="Hernia of the groin", slug_en="groin")
    publishing.publish(online, "en")
    make_bilingual_article(title_en="Hernia that is a draft")
    put(text, "See |that|.")
    press(desk, "Link to article")
    dialog = desk.get_by_role("dialog", name="Link to article")
    expect(dialog.get_by_label("Words of the title")).to_be_focused()
    desk.keyboard.type("groin hernia")
    expect(dialog.get_by_role("status")).to_have_text("Results: 1.")
    desk.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("button", name="Hernia of the groin")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(text).to_have_value("See [that](/en/blog/groin/).")


def test_preview_stands_beside_the_text(desk, text):
    desk.set_viewport_size({"width": 1440, "height": 900})
    beside = desk.get_by_role("button", name="Preview beside the text").last
    beside.click()
    expect(beside).to_have_attribute("aria-pressed", "true")
    frame = desk.locator("iframe[lang=en]").bounding_box()
    place = text.bounding_box()
    assert frame["x"] >= place["x"] + place["width"]
    assert abs(frame["y"] - place["y"]) < 5


@pytest.mark.parametrize("name", ["Link", "Link to article"])
def test_dialog_breaks_no_rule(desk, text, name):
    publishing.publish(make_bilingual_article(), "en")
    press(desk, name)
    if name != "Link":
        expect(desk.get_by_role("status").filter(has_text="Results")).to_be_visible()
    broken = axe.violations(desk, widths=[360, 1280], excluded=SELECT2)
    assert not broken, "\n".join(broken)


def test_short_text_has_the_buttons_that_make_sense_there(desk, text):
    row = desk.locator(".field-seek_help_en")
    expect(row.get_by_role("toolbar").get_by_role("button")).to_have_text(
        ["Bold", "Italic", "List", "Link", "Link to article"]
    )


def test_short_text_is_written_with_its_toolbar(desk, text):
    short = field(desk, "English", "When to seek help")
    put(short, "|Call| now")
    desk.locator(".field-seek_help_en").get_by_role("button", name="Bold").click()
    expect(short).to_have_value("**Call** now")
    put(short, "Call the |doctor|")
    desk.keyboard.press("Control+k")
    expect(desk.get_by_role("dialog", name="Link")).to_be_visible()
