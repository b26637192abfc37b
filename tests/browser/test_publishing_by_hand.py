"""The whole line by hand: an editor writes, previews, publishes, changes and withdraws; a patient reads."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import FrameLocator, Locator, Page, expect

from articles import publishing
from articles.models import Article
from tests.factories import make_bilingual_article, make_editor

TEXTS = {
    "Danish": {
        "Title": "Tarm-hjerne-aksen",
        "Abstract": "Tarmen og hjernen taler sammen.",
        "Text": "## Tarmen\n\nDen fodres [@pmid:34256014].\n\nOg svarer [@pmid:29467611; @pmid:34256014].",
    },
    "English": {
        "Title": "The gut-brain axis",
        "Abstract": "The gut and the brain talk.",
        "Text": "## The brain\n\nIt answers [@pmid:29467611].\n\nBoth do [@pmid:34256014; @pmid:29467611].",
    },
}


def field(page: Page, language: str, label: str) -> Locator:
    """A field of the form that belongs to a language."""
    fieldset = page.locator("fieldset.language").filter(has=page.get_by_role("heading", name=language))
    return fieldset.get_by_label(f"{label}:", exact=True)


def live_preview(page: Page, language: str) -> FrameLocator:
    fieldset = page.locator("fieldset.language").filter(has=page.get_by_role("heading", name=language))
    return fieldset.locator("iframe").content_frame


def write(page: Page, texts: dict[str, dict[str, str]]) -> None:
    for language, fields in texts.items():
        for label, text in fields.items():
            field(page, language, label).fill(text)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def publish(page: Page, languages: list[str], at: str = "") -> None:
    """From the text to the editions, by way of the Publish page."""
    page.get_by_role("button", name="Publish…").click()
    for language in TEXTS:
        page.get_by_role("checkbox", name=language).set_checked(language in languages)
    page.get_by_label("Publish at").fill(at)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("heading", name="Editions")).to_be_visible()


def change_url(article: Article) -> str:
    return f"/admin/articles/article/{article.pk}/change/"


@pytest.fixture
def article(transactional_db):
    """Written in both languages, not published."""
    return make_bilingual_article(body_en="A lump [@pmid:11].")


@pytest.fixture
def reader(new_context):
    """A window of a patient: another browser, no account."""
    return new_context().new_page()


def test_an_article_from_the_empty_page_to_the_reader_and_off_again(page, reader):
    editor = make_editor(password="not a secret")

    page.goto("/admin/")
    page.get_by_label("Username").fill(editor.username)
    page.get_by_label("Password").fill("not a secret")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("navigation", name="Everything").get_by_role("link", name="Articles").click()
    page.get_by_role("link", name="Add article").last.click()

    write(page, TEXTS)
    for language, first in (("Danish", "34256014"), ("English", "29467611")):
        preview = live_preview(page, language)
        expect(preview.locator(".citation")).to_have_text(["[1]", "[1, 2]"])
        expect(preview.locator(".references li").first).to_contain_text(f"PubMed {first}")

    page.get_by_role("button", name="Preview in English").click()
    expect(page.get_by_role("heading", name="The gut-brain axis", level=1)).to_be_visible()
    expect(page.locator(".citation")).to_have_text(["[1]", "[1, 2]"])
    page.locator("a[href$='/change/']").click()
    expect(field(page, "English", "Text")).to_have_value(TEXTS["English"]["Text"])

    publish(page, ["Danish", "English"])
    expect(page.get_by_text("Danish: edition 1 is online.")).to_be_visible()
    expect(page.get_by_text("English: edition 1 is online.")).to_be_visible()

    response = reader.goto("/en/blog/the-gut-brain-axis/")
    assert response.status == 200
    assert not reader.context.cookies()
    expect(reader.locator("html")).to_have_attribute("lang", "en")
    expect(reader.locator(".citation")).to_have_text(["[1]", "[1, 2]"])

    reader.get_by_role("button", name="reference 2").last.click()
    reader.locator(".note").get_by_role("link", name="In the reference list").click()
    expect(reader).to_have_url(re.compile(r"#ref-2$"))
    expect(reader.locator("#ref-2")).to_be_in_viewport()
    reader.locator("#ref-2").get_by_role("link", name="Back to place 1").click()
    expect(reader).to_have_url(re.compile(r"#cite-2-1$"))
    expect(reader.locator("#cite-2-1")).to_be_in_viewport()

    reader.get_by_role("navigation", name="Language").get_by_role("link", name="Dansk").click()
    expect(reader).to_have_url(re.compile(r"/da/blog/tarm-hjerne-aksen/$"))
    expect(reader.get_by_role("heading", name="Tarm-hjerne-aksen", level=1)).to_be_visible()
    expect(reader.locator(".references li").first).to_contain_text("PubMed 34256014")

    page.get_by_role("link", name="Text", exact=True).click()
    field(page, "English", "Slug").fill("gut-and-brain")
    publish(page, ["English"])
    expect(page.get_by_text("English: edition 2 is online.")).to_be_visible()
    reader.goto("/en/blog/the-gut-brain-axis/")
    expect(reader).to_have_url(re.compile(r"/en/blog/gut-and-brain/$"))

    page.get_by_role("link", name="Text", exact=True).click()
    page.get_by_role("button", name="Withdraw…").click()
    for language in TEXTS:
        page.get_by_role("checkbox", name=language).check()
    page.get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_text("English: the article is offline.")).to_be_visible()
    assert reader.reload().status == 410
    expect(reader.get_by_role("heading", name="This article has been withdrawn")).to_be_visible()


def test_a_saved_draft_is_not_read_by_patients(desk, reader, article):
    edition = publishing.publish(article, "en")
    desk.goto(change_url(article))
    field(desk, "English", "Title").fill("Something else")
    field(desk, "English", "Text").fill("Not finished.")
    save(desk)
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    reader.goto(edition.get_absolute_url())
    expect(reader.get_by_role("heading", level=1)).to_have_text(edition.title)
    expect(reader.get_by_text("Not finished.")).not_to_be_attached()


def test_a_scheduled_article_is_listed_and_not_yet_read(desk, reader, article):
    tomorrow = timezone.localtime() + timedelta(days=1)
    desk.goto(change_url(article))
    publish(desk, ["English"], at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    expect(desk.get_by_text("English: edition 1 comes online on")).to_be_visible()
    expect(desk.get_by_role("row", name=article.title_en)).to_contain_text("Comes online")
    assert reader.goto(f"/en/blog/{article.slug_en}/").status == 404


def test_a_time_that_has_passed_is_an_error_and_nothing_is_published(desk, reader, article):
    yesterday = timezone.localtime() - timedelta(days=1)
    desk.goto(f"/admin/articles/article/{article.pk}/publish/")
    desk.get_by_label("Publish at").fill(f"{yesterday:%Y-%m-%dT%H:%M}")
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_text("That time has passed.")).to_be_visible()
    expect(desk.get_by_label("Publish at")).to_have_value(f"{yesterday:%Y-%m-%dT%H:%M}")
    assert reader.goto(f"/en/blog/{article.slug_en}/").status == 404


def test_a_citation_that_cannot_be_read_is_reported_with_its_line_and_kept(desk, reader, article):
    text = "One.\n\nTwo [@pmid:PMC123].\n\nThree [@pmid:11]."
    problem = re.compile(r"line 3, “\[@pmid:PMC123\]”", re.IGNORECASE)
    desk.goto(change_url(article))
    field(desk, "English", "Text").fill(text)
    expect(live_preview(desk, "English").get_by_text(problem)).to_be_visible()
    save(desk)
    expect(desk.locator(".messagelist").get_by_text(problem)).to_be_visible()
    expect(field(desk, "English", "Text")).to_have_value(text)
    desk.get_by_role("link", name="Publish", exact=True).click()
    finding = desk.get_by_role("listitem").filter(has_text="[@pmid:PMC123]")
    expect(finding).to_contain_text("Line 3")
    desk.get_by_role("checkbox", name="Danish").uncheck()
    desk.get_by_role("checkbox", name="English").check()
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text("[@pmid:PMC123]")
    assert reader.goto(f"/en/blog/{article.slug_en}/").status == 404
    desk.get_by_label("Publish all the same, because").fill("The number is written about.")
    desk.get_by_role("button", name="Publish all the same").click()
    expect(desk.get_by_text("in spite of errors, because: The number is written about.").last).to_be_visible()
    reader.goto(f"/en/blog/{article.slug_en}/")
    expect(reader.locator(".text")).to_contain_text("Two [@pmid:PMC123]")
    expect(reader.locator(".citation")).to_have_text(["[1]"])


def test_a_text_without_citations_is_previewed_without_a_reference_list(desk, article):
    desk.goto(change_url(article))
    expect(live_preview(desk, "English").locator(".references")).to_be_visible()
    expect(live_preview(desk, "Danish").locator(".text")).to_be_visible()
    expect(live_preview(desk, "Danish").locator(".references")).not_to_be_attached()


def test_a_missing_title_is_an_error_and_what_was_typed_stays(desk):
    desk.goto("/admin/articles/article/add/")
    written = TEXTS | {"Danish": TEXTS["Danish"] | {"Title": ""}}
    write(desk, written)
    save(desk)
    expect(desk.get_by_text("Give the article a title in its original language.")).to_be_visible()
    for language, fields in written.items():
        for label, text in fields.items():
            expect(field(desk, language, label)).to_have_value(text)


def test_tab_leaves_the_text_and_comes_back(desk, article):
    desk.goto(change_url(article))
    # The preview, which the Tab key stops at, too, comes a moment after the page.
    expect(live_preview(desk, "Danish").locator(".text")).to_be_visible()
    text = field(desk, "Danish", "Text")
    text.focus()
    desk.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    desk.keyboard.press("Shift+Tab")
    expect(text).to_be_focused()
    expect(text).to_have_value(article.body_da)


def test_the_keyboard_leads_from_one_language_through_its_preview_to_the_other(desk, article):
    desk.goto(change_url(article))
    expect(live_preview(desk, "Danish").locator(".text")).to_be_visible()
    field(desk, "Danish", "Text").focus()
    focused = []
    while "title_en" not in focused and len(focused) < 20:
        desk.keyboard.press("Tab")
        focused.append(desk.evaluate("document.activeElement.name"))
    assert focused[-1] == "title_en"


def test_brackets_can_be_typed_on_a_danish_keyboard(desk, article):
    """Windows reports AltGr as Ctrl and Alt: a script that takes Ctrl+[ for itself would eat the bracket."""
    desk.goto(change_url(article))
    text = field(desk, "Danish", "Text")
    text.clear()
    desk.keyboard.insert_text("[@pmid:11]")
    expect(text).to_have_value("[@pmid:11]")
    let_through = """(textarea, key) => textarea.dispatchEvent(new KeyboardEvent(
        "keydown", { key, ctrlKey: true, altKey: true, bubbles: true, cancelable: true }))"""
    assert all(text.evaluate(let_through, key) for key in "[]{}@")


def log_out_in_another_window(desk: Page) -> None:
    other = desk.context.new_page()
    other.goto("/admin/")
    other.get_by_role("button", name="Log out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def lose_all_cookies(desk: Page) -> None:
    desk.context.clear_cookies()


@pytest.mark.parametrize(
    ("end_session", "answers"),
    [(log_out_in_another_window, []), (lose_all_cookies, ["403 for POST /admin/articles/article/render/"])],
)
def test_a_session_that_ended_is_said_beside_the_text_and_touches_nothing(
    desk, article, troubles, end_session, answers
):
    # Its answer sets cookies, and must not come after they are lost.
    with desk.expect_response(re.compile("/presence/")):
        desk.goto(change_url(article))
    preview = live_preview(desk, "English")
    expect(preview.locator(".citation")).to_have_text("[1]")
    end_session(desk)
    text = field(desk, "English", "Text")
    text.fill("Written after the session [@pmid:22].")
    expect(desk.get_by_text("The preview could not be shown.")).to_be_visible()
    expect(text).to_have_value("Written after the session [@pmid:22].")
    expect(preview.locator(".text")).to_contain_text("A lump")
    assert troubles == answers
    troubles.clear()
