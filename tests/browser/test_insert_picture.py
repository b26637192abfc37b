"""A picture from the camera into the article, and nothing of where it was taken with it."""

import re
from base64 import b64encode
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from articles import publishing
from articles.models import Edition, Picture
from tests.browser import axe
from tests.browser.test_accessibility import SELECT2, scrolls_sideways
from tests.browser.test_publishing_by_hand import change_url, field, live_preview, publish
from tests.factories import make_bilingual_article, make_picture
from tests.pictures import XMP, as_file, make_image, photograph

# As browsers do when a picture is in the clipboard, or lets go over the text.
HAND_OVER = """(textarea, [kind, files]) => {
    const transfer = new DataTransfer();
    for (const [name, type, content] of files) {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        if (name) transfer.items.add(new File([bytes], name, { type }));
        else transfer.setData("text/plain", atob(content));
    }
    const options = { bubbles: true, cancelable: true };
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
        : new DragEvent("drop", { ...options, dataTransfer: transfer });
    return textarea.dispatchEvent(event);
}"""


def hand_over(text: Locator, kind: str, *files: tuple[str, str, bytes]) -> bool:
    """Paste or drop files into the text. Answers whether the browser goes on with it."""
    encoded = [[name, type_, b64encode(content).decode()] for name, type_, content in files]
    return bool(text.evaluate(HAND_OVER, [kind, encoded]))


def photo(name: str = "IMG_0001.jpg") -> tuple[str, str, bytes]:
    return (name, "image/jpeg", photograph(1600, 900))


@pytest.fixture
def article(transactional_db):
    return make_bilingual_article(body_en="A lump.\n\nIt is small.")


@pytest.fixture
def text(desk, article):
    """The English text, with the cursor at the end of its first paragraph."""
    desk.goto(change_url(article))
    text = field(desk, "English", "Text")
    text.focus()
    text.evaluate("textarea => textarea.setSelectionRange(7, 7)")
    return text


@pytest.fixture
def dialog(desk):
    return desk.get_by_role("dialog", name="Insert picture")


@pytest.fixture
def opened(desk, text, dialog):
    """The dialog of the English text, opened by its button."""
    desk.locator("fieldset.language", has_text="English").get_by_role("button", name="Insert picture").click()
    expect(dialog).to_be_visible()
    return dialog


def alt(dialog: Locator, language: str = "English") -> Locator:
    return dialog.get_by_label(f"What it shows, for those who cannot see it ({language})")


def choose(dialog: Locator, content: bytes, name: str = "photo.jpg") -> None:
    file: FilePayload = {"name": name, "mimeType": "image/jpeg", "buffer": content}
    dialog.get_by_label("A picture from this device").set_input_files(file)


def insert(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Insert").click()


def test_a_pasted_photograph_reaches_the_reader_without_its_place(desk, text, dialog, new_context, settings):
    assert not hand_over(text, "paste", photo())
    expect(alt(dialog)).to_be_focused()
    desk.keyboard.type("A lump in the groin")
    alt(dialog, "Danish").fill("En bule i lysken")
    dialog.get_by_label("Caption").fill("Where it [often] sits")
    desk.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    picture = Picture.objects.get()
    expect(text).to_be_focused()
    expect(text).to_have_value(
        f"A lump.\n\n![Where it \\[often\\] sits](picture:{picture.pk})\n\nIt is small."
    )
    shown = live_preview(desk, "English").get_by_role("img", name="A lump in the groin")
    expect(shown).to_be_visible()
    assert is_loaded(shown)

    publish(desk, ["English"])
    reader = new_context().new_page()
    reader.goto(Edition.objects.get().get_absolute_url())
    shown = reader.get_by_role("figure").get_by_role("img", name="A lump in the groin")
    expect(shown).to_have_attribute("width", "1440")
    expect(shown).to_have_attribute("height", "810")
    assert is_loaded(shown)
    assert shown.evaluate("image => image.currentSrc").endswith(".avif")
    expect(reader.locator("figcaption")).to_have_text("Where it [often] sits")

    renditions = [settings.MEDIA_ROOT / name for name in picture.file_names]
    assert len(renditions) == 9
    for path in renditions:
        content = path.read_bytes()
        assert not Image.open(BytesIO(content)).getexif()
        assert not any(secret in content for secret in (b"Exif\0", b"kamera", XMP[-30:]))


def is_loaded(image: Locator) -> bool:
    image.scroll_into_view_if_needed()
    return bool(image.evaluate("async image => { await image.decode(); return image.naturalWidth > 0; }"))


def test_nothing_moves_when_a_picture_arrives(page, transactional_db):
    picture = make_picture(alt_en="A lump")
    article = make_bilingual_article(body_en=f"{picture.markup}\n\nAfter it.")
    edition = publishing.publish(article, "en")
    held = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/media/**", hold)
    with page.expect_request("**/media/**"):
        page.goto(edition.get_absolute_url(), wait_until="domcontentloaded")
    image, after = page.get_by_role("img", name="A lump"), page.get_by_text("After it.")
    before = after.bounding_box()
    for route in held:
        route.continue_()
    assert is_loaded(image)
    assert after.bounding_box() == before


def test_a_dropped_file_opens_the_dialog_and_not_the_file(desk, text, dialog):
    assert not hand_over(text, "drop", photo())
    expect(dialog).to_be_visible()


def test_text_that_is_pasted_with_a_picture_of_itself_is_text(desk, text, dialog):
    assert hand_over(text, "paste", photo(), ("", "", b"Words from Word"))
    expect(dialog).to_be_hidden()


def test_several_pictures_are_inserted_one_after_the_other(desk, text, dialog):
    hand_over(text, "paste", photo("one.jpg"), photo("two.jpg"))
    expect(dialog.get_by_role("status")).to_have_text("Pictures that wait to be inserted: 2.")
    for description in ("One", "Two"):
        expect(alt(dialog)).to_have_value("")
        alt(dialog).fill(description)
        insert(dialog)
    expect(dialog).to_be_hidden()
    first, second = (Picture.objects.get(alt_en=description) for description in ("One", "Two"))
    expect(text).to_have_value(f"A lump.\n\n{first.markup}\n\n{second.markup}\n\nIt is small.")


def test_undo_takes_a_picture_back_and_nothing_else(desk, text, dialog):
    desk.keyboard.type(" Red")
    hand_over(text, "paste", photo())
    alt(dialog).fill("A lump")
    insert(dialog)
    expect(text).to_have_value(re.compile("picture:"))
    desk.keyboard.press("ControlOrMeta+z")
    expect(text).to_have_value("A lump. Red\n\nIt is small.")


def test_a_picture_is_not_inserted_without_a_description(desk, opened, text):
    choose(opened, photograph())
    insert(opened)
    expect(opened.get_by_role("alert")).to_have_text(re.compile("Say what the picture shows"))
    expect(alt(opened)).to_be_focused()
    desk.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    expect(text).to_be_focused()
    expect(text).to_have_value("A lump.\n\nIt is small.")
    assert not Picture.objects.exists()


def test_the_other_language_is_asked_for_where_it_has_a_text(desk, article):
    desk.goto(change_url(article))
    field(desk, "Danish", "Text").fill("")
    dialog = desk.get_by_role("dialog", name="Insert picture")
    for language, other in (("English", "Danish"), ("Danish", "English")):
        fieldset = desk.locator("fieldset.language").filter(has=desk.get_by_role("heading", name=language))
        fieldset.get_by_role("button", name="Insert picture").click()
        expect(alt(dialog, language)).to_be_visible()
        expect(alt(dialog, other)).to_be_visible(visible=language == "Danish")
        desk.keyboard.press("Escape")


def test_a_file_that_is_no_picture_is_said_and_what_was_typed_stays(desk, opened, text, troubles):
    choose(opened, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    alt(opened).fill("A lump")
    insert(opened)
    expect(opened.get_by_role("alert")).to_have_text(re.compile("no JPEG, PNG, WebP, AVIF or HEIC picture"))
    expect(alt(opened)).to_have_value("A lump")
    expect(text).to_have_value("A lump.\n\nIt is small.")
    assert troubles == ["400 for POST /admin/articles/picture/upload/"]
    troubles.clear()
    choose(opened, as_file(make_image(), "PNG"))
    insert(opened)
    expect(opened).to_be_hidden()
    expect(text).to_have_value(re.compile(r"!\[\]\(picture:"))


def test_a_session_that_ended_is_said_and_touches_nothing(desk, opened, text, troubles):
    choose(opened, photograph())
    alt(opened).fill("A lump")
    desk.context.clear_cookies()
    insert(opened)
    expect(opened.get_by_role("alert")).to_have_text(re.compile("You may have been signed out"))
    expect(alt(opened)).to_have_value("A lump")
    expect(text).to_have_value("A lump.\n\nIt is small.")
    troubles.clear()


def test_an_earlier_picture_is_chosen_by_keyboard_and_described_where_it_lacks_it(desk, text, opened):
    picture = make_picture(alt_da="En bule i lysken")
    make_picture(alt_da="Et rum", alt_en="A room")
    opened.get_by_text("Or one that is here already").press("Enter")
    search = opened.get_by_role("searchbox", name="Words of its description")
    expect(opened.get_by_role("radio")).to_have_count(2)
    search.focus()
    desk.keyboard.type("lysken")
    expect(opened.get_by_role("radio")).to_have_count(1)
    desk.keyboard.press("Tab")
    desk.keyboard.press("Space")
    expect(alt(opened, "Danish")).to_have_value("En bule i lysken")
    expect(alt(opened, "Danish")).to_have_attribute("readonly", "")
    alt(opened).fill("A lump in the groin")
    desk.keyboard.press("Enter")
    expect(opened).to_be_hidden()
    expect(text).to_have_value(f"A lump.\n\n{picture.markup}\n\nIt is small.")
    picture.refresh_from_db()
    assert [picture.alt_da, picture.alt_en] == ["En bule i lysken", "A lump in the groin"]


def test_the_dialog_breaks_no_rule(desk, opened):
    make_picture(alt_en="A lump")
    opened.get_by_text("Or one that is here already").click()
    opened.get_by_role("radio").check()
    broken = axe.violations(desk, widths=[360, 1280], excluded=SELECT2)
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", ["", "add/", "{}/change/", "{}/delete/"])
def test_no_page_of_pictures_breaks_a_rule(desk, transactional_db, path):
    picture = make_picture(alt_en="A lump")
    make_bilingual_article(body_en=picture.markup)
    desk.goto(f"/admin/articles/picture/{path.format(picture.pk)}")
    broken = axe.violations(desk, widths=[1280])
    assert not broken, "\n".join(broken)


def test_a_figure_fits_a_small_phone(page: Page, transactional_db):
    picture = make_picture(alt_en="A lump", credit="Photo: somebody with quite a long name and a title")
    article = make_bilingual_article(body_en=f"![A caption]({picture.markup[4:]}")
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(publishing.publish(article, "en").get_absolute_url())
    assert not scrolls_sideways(page)
    assert not axe.violations(page, widths=[320, 1280])
