"""A doctor approves by link on a telephone; others read a draft by link; a translation is settled."""

import re

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles import publishing
from articles.models import Article
from tests.browser import axe
from tests.browser.site import BODY
from tests.factories import make_approval, make_author, make_bilingual_article, make_preview_link

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def article(transactional_db):
    """Written in both languages, not published, with a doctor to review it."""
    return make_bilingual_article(
        title_en="Hernia",
        slug_en="hernia",
        body_en=BODY,
        author=make_author(),
        reviewer=make_author("Bo Prøve", title_en="surgeon"),
    )


@pytest.fixture
def phone(new_context):
    """A telephone of somebody without an account."""
    return new_context(**PHONE).new_page()


@pytest.fixture(autouse=True)
def address_in_mails(settings, live_server):
    settings.SITE_URL = live_server.url


def desk_page(article: Article, page: str) -> str:
    return f"/admin/articles/article/{article.pk}/{page}/"


def link_in_mail() -> str:
    [link] = re.findall(r"http\S+/approval/\S+/", str(mail.outbox[-1].body))
    return str(link)


def ask(desk: Page, article: Article) -> None:
    """By hand, for the English text; the article's reviewer is there already."""
    desk.goto(desk_page(article, "share"))
    approval = desk.locator("form").filter(has=desk.get_by_role("button", name="Send the mail"))
    approval.get_by_label("Text:").select_option("English")
    approval.get_by_label("E-mail address:").fill("bo@example.dk")
    approval.get_by_label("Message:").fill("Please look at the days.")
    approval.get_by_role("button", name="Send the mail").click()
    expect(desk.get_by_text("Bo Prøve (bo@example.dk) was asked to approve “Hernia”.")).to_be_visible()


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_a_doctor_approves_on_a_telephone_and_patients_are_told(desk, phone, article):
    ask(desk, article)

    phone.goto(link_in_mail())
    expect(phone.get_by_role("heading", name="Hernia", level=1)).to_be_visible()
    expect(phone.get_by_text("Please look at the days.")).to_be_visible()
    assert not scrolls_sideways(phone)
    phone.get_by_role("link", name="To your answer").tap()
    approve = phone.get_by_role("button", name="I approve the text")
    expect(phone.get_by_role("heading", name="Your answer")).to_be_in_viewport()
    assert approve.bounding_box()["height"] >= 44
    approve.tap()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(phone.get_by_text("You approved “Hernia” on")).to_be_visible()
    assert not phone.context.cookies()

    desk.goto(desk_page(article, "publish"))
    expect(desk.get_by_text("Bo Prøve: approved")).to_contain_text("exactly this text")
    desk.get_by_role("checkbox", name="Danish", exact=True).uncheck()
    expect(desk.locator("[name=en-review]")).to_have_value("approval")
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_text("English: edition 1 is online.")).to_be_visible()

    phone.goto("/en/blog/hernia/")
    expect(phone.get_by_text("Medically reviewed by Bo Prøve, surgeon, on")).to_be_visible()


def test_text_is_held_up_until_a_doctor_approves_where_that_is_required(desk, phone, article, settings):
    settings.APPROVAL_REQUIRED = True
    sentence = "A doctor has not approved exactly this text yet."
    desk.goto(desk_page(article, "publish"))
    desk.get_by_role("checkbox", name="Danish", exact=True).uncheck()
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text(f"English: {sentence}")
    desk.get_by_role("region", name="English").get_by_role("link", name=sentence).click()
    expect(desk).to_have_url(re.compile("/share/$"))
    ask(desk, article)
    phone.goto(link_in_mail())
    phone.get_by_role("button", name="I approve the text").tap()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()

    desk.goto(desk_page(article, "publish"))
    expect(desk.get_by_role("checkbox", name="English", exact=True)).to_be_checked()
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_text("English: edition 1 is online.")).to_be_visible()


def test_a_doctor_asks_for_changes_and_says_which(desk, phone, article):
    ask(desk, article)
    phone.goto(link_in_mail())
    ask_for_changes = phone.get_by_role("button", name="I ask for changes")
    ask_for_changes.tap()
    expect(phone.get_by_role("alert")).to_have_text("Write what should be changed.")
    expect(phone.get_by_label("Comment")).to_be_in_viewport()
    expect(phone.get_by_label("Comment")).to_have_attribute("aria-invalid", "true")
    phone.get_by_label("Comment").fill("Say how many days.")
    ask_for_changes.tap()
    expect(phone.get_by_text("You asked for changes in “Hernia” on")).to_be_visible()

    desk.goto(desk_page(article, "share"))
    row = desk.get_by_role("row", name="bo@example.dk")
    expect(row).to_contain_text("Asks for changes")
    expect(row).to_contain_text("Say how many days.")


def test_an_answer_can_be_given_with_the_keyboard_alone(new_context, article):
    make_approval(article, "en", token="secret")
    page = new_context().new_page()
    page.goto("/approval/secret/")
    page.get_by_role("link", name="To your answer").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#answer$"))
    expect(page.get_by_role("heading", name="Your answer")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.type("Fine.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text("Fine.")).to_be_visible()


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_page_behind_a_link_breaks_a_rule(phone, article, language):
    make_approval(article, language, token="open", message="Se på dagene.")
    make_approval(article, language, token="answered", decision="approved", decided_at=timezone.now())
    make_approval(article, language, token="revoked", revoked_at=timezone.now())
    paths = [f"/approval/{token}/" for token in ("open", "answered", "revoked", "unknown")]
    broken = []
    for path in [*paths, make_preview_link(article, language).get_absolute_url()]:
        phone.goto(path)
        broken += [f"{path}, {line}" for line in axe.violations(phone, widths=[360, 1280])]
    phone.goto("/approval/open/")
    phone.locator("[value=changes]").tap()
    expect(phone.get_by_role("alert")).to_be_visible()
    broken += axe.violations(phone, widths=[360])
    assert not broken, "\n".join(broken)


def test_a_link_to_a_draft_is_made_copied_read_and_closed(desk, phone, article):
    desk.context.grant_permissions(["clipboard-write"])
    desk.goto(desk_page(article, "share"))
    link = desk.locator("form").filter(has=desk.get_by_role("button", name="Make a link"))
    link.get_by_label("Text:").select_option("English")
    link.get_by_label("For whom:").fill("Reception")
    link.get_by_role("button", name="Make a link").click()
    row = desk.get_by_role("row", name="Reception")
    row.get_by_role("button", name="Copy").click()
    expect(row.get_by_role("button", name="Copied")).to_be_visible()
    link.get_by_label("For whom:").fill("")  # a script may not read what was copied
    link.get_by_label("For whom:").press("ControlOrMeta+v")
    address = link.get_by_label("For whom:").input_value()

    phone.goto(address)
    expect(phone.get_by_role("heading", name="Hernia", level=1)).to_be_visible()
    assert not phone.context.cookies()

    row.get_by_role("button", name="Close the link").click()
    expect(desk.get_by_text("The link for Reception is closed.")).to_be_visible()
    assert phone.reload().status == 410
    expect(phone.get_by_role("heading", name="This link is closed")).to_be_visible()


def test_a_translation_is_compared_and_settled(desk, phone, article):
    for language in ("da", "en"):
        publishing.publish(article, language)
    article.body_da = "## Hvad er et brok?\n\nEn stor bule."
    article.save()
    publishing.publish(article, "da")
    phone.goto("/en/blog/hernia/")
    expect(phone.get_by_text("The Danish text was updated on")).to_be_visible()

    desk.goto(desk_page(article, "translation"))
    expect(desk.get_by_role("cell", name="En stor bule.")).to_be_visible()
    desk.get_by_role("button", name="The translation is right as it is").click()
    expect(desk.get_by_text("English: the translation is right for edition 2")).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("The Danish text was updated on")).not_to_be_attached()
