"""Two editors at one article, a crash, a session that ends: nothing that somebody wrote is lost."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from articles.models import Article
from signing_in.models import Session
from tests.browser import axe
from tests.browser.test_accessibility import SELECT2
from tests.browser.test_publishing_by_hand import change_url, field, save
from tests.factories import make_author, make_bilingual_article

BODY = "The first paragraph.\n\nThe second paragraph.\n\nThe third paragraph."
ADD_URL = "/admin/articles/article/add/"


@pytest.fixture
def article(transactional_db):
    return make_bilingual_article(title_en="Hernia", body_en=BODY)


@pytest.fixture
def clock(desk, troubles):
    """Of the first editor's window."""
    yield desk.clock
    # It cannot enter the preview, which runs no script; and a form's token from before is refused.
    expected = re.compile("Blocked script execution in 'about:|403 for POST .*/presence/")
    troubles[:] = [trouble for trouble in troubles if not expected.search(trouble)]


def saved_text(article: Article) -> str:
    article.refresh_from_db()
    return article.text("body", "en")


def kept(page: Page) -> int:
    """How many copies the browser keeps."""
    return int(page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('clinic.')).length"))


def write(page: Page, text: str) -> None:
    """Into the English text, until the browser keeps it."""
    field(page, "English", "Text").fill(text)
    page.wait_for_function(
        "text => Object.values(localStorage).some(copy => copy.includes(JSON.stringify(text)))", arg=text
    )


# Two editors


def test_second_editor_sees_both_texts_joined_and_loses_nothing(desk, second_desk, article):
    for page in (desk, second_desk):
        page.goto(change_url(article))
    field(second_desk, "English", "Text").fill(BODY.replace("first", "very first"))
    save(second_desk)
    expect(second_desk.get_by_text("was changed successfully")).to_be_visible()
    field(desk, "English", "Text").fill(BODY.replace("third", "last"))
    save(desk)

    expect(desk.get_by_text(re.compile("Bente Prøve saved this article"))).to_be_visible()
    joined = BODY.replace("first", "very first").replace("third", "last")
    expect(field(desk, "English", "Text")).to_have_value(joined)
    assert saved_text(article) == BODY.replace("first", "very first")
    save(desk)
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    assert saved_text(article) == joined


def test_what_both_changed_is_marked_and_cannot_be_saved_unsettled(desk, second_desk, article):
    conflict(desk, second_desk, article)
    text = field(desk, "English", "Text")
    marked = (
        "The first paragraph.\n\n⟦1: yours⟧The other paragraph.⟦1: Bente Prøve⟧The next paragraph.⟦1: end⟧"
        "\n\nThe third paragraph."
    )
    expect(text).to_have_value(marked)
    meeting = desk.get_by_role("region", name="What you both wrote")
    expect(meeting.locator("del")).to_have_text("next")
    expect(meeting.locator("ins")).to_have_text("other")
    save(desk)
    expect(desk.get_by_text("A passage between ⟦ and ⟧ is not settled yet.")).to_be_visible()
    expect(text).to_have_value(marked)
    assert "next paragraph" in saved_text(article)


@pytest.mark.parametrize(
    ("button", "kept_passage"),
    [
        ("Keep yours", "The other paragraph."),
        ("Keep that of Bente Prøve", "The next paragraph."),
        ("Keep both", "The other paragraph. The next paragraph."),
    ],
)
def test_a_passage_is_settled_by_a_button(desk, second_desk, article, button, kept_passage):
    conflict(desk, second_desk, article)
    desk.get_by_role("button", name=button).click()
    settled = BODY.replace("The second paragraph.", kept_passage)
    expect(field(desk, "English", "Text")).to_have_value(settled)
    expect(desk.get_by_role("list", name="Passages to be settled")).to_be_hidden()
    save(desk)
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    assert saved_text(article) == settled


def test_a_title_that_both_changed_is_named_with_both(desk, second_desk, article):
    for page in (desk, second_desk):
        page.goto(change_url(article))
    field(second_desk, "English", "Title").fill("Hernias")
    save(second_desk)
    expect(second_desk.get_by_text("was changed successfully")).to_be_visible()
    field(desk, "English", "Title").fill("A hernia")
    save(desk)
    meeting = desk.get_by_role("region", name="What you both wrote")
    expect(meeting.get_by_role("link", name="English: Title")).to_be_visible()
    expect(meeting).to_contain_text("Hernias")
    expect(field(desk, "English", "Title")).to_have_value("A hernia")


def conflict(first: Page, second: Page, article: Article) -> None:
    """Both change the second paragraph; the second editor saves first."""
    for page in (first, second):
        page.goto(change_url(article))
    field(second, "English", "Text").fill(BODY.replace("second", "next"))
    save(second)
    expect(second.get_by_text("was changed successfully")).to_be_visible()
    field(first, "English", "Text").fill(BODY.replace("second", "other"))
    save(first)
    expect(first.get_by_role("region", name="What you both wrote")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_form_with_a_conflict_breaks_no_rule(desk, second_desk, article, width):
    conflict(desk, second_desk, article)
    broken = axe.violations(desk, widths=[width], excluded=SELECT2)
    assert not broken, "\n".join(broken)


def test_others_who_have_it_open_are_shown(desk, second_desk, article):
    second_desk.goto(change_url(article))
    expect(second_desk.locator(".presence")).to_be_empty()
    desk.goto(change_url(article))
    expect(desk.locator(".presence")).to_contain_text("Bente Prøve has had this article open since")


def test_somebody_else_saving_is_said_while_writing(desk, second_desk, article, clock):
    clock.install()
    for page in (desk, second_desk):
        page.goto(change_url(article))
    field(second_desk, "English", "Text").fill("Another text.")
    # The page that comes back says that its reader is there, before the other one asks.
    with second_desk.expect_response(re.compile("/presence/")):
        save(second_desk)
    expect(second_desk.get_by_text("was changed successfully")).to_be_visible()
    clock.fast_forward(21_000)
    expect(desk.locator(".presence")).to_contain_text("Bente Prøve saved this article at")
    expect(desk.locator(".presence")).to_contain_text("and is writing.")


# Crashes


def test_text_comes_back_after_a_crash(desk, article):
    desk.goto(change_url(article))
    write(desk, "What I wrote before the crash.")
    again = crash(desk)
    again.goto(change_url(article))
    expect(field(again, "English", "Text")).to_have_value(BODY)
    bar = again.get_by_role("region", name="Text that was not saved")
    expect(bar).to_contain_text(re.compile(r"You have text from \d\d:\d\d that was not saved\."))
    bar.get_by_role("button", name="Show difference").click()
    expect(bar.get_by_role("heading", name="English: Text")).to_be_visible()
    expect(bar.locator("ins").first).to_contain_text("What I wrote")
    bar.get_by_role("button", name="Restore").click()
    expect(bar).to_be_hidden()
    text = field(again, "English", "Text")
    expect(text).to_have_value("What I wrote before the crash.")
    expect(text).to_be_focused()
    save(again)
    expect(again.get_by_text("was changed successfully")).to_be_visible()
    assert saved_text(article) == "What I wrote before the crash."
    expect(bar).to_be_hidden()
    assert kept(again) == 0


def test_the_offer_breaks_no_rule(desk, article):
    desk.goto(change_url(article))
    write(desk, BODY.replace("third", "last"))
    again = crash(desk)
    again.goto(change_url(article))
    again.get_by_role("button", name="Show difference").click()
    expect(again.locator("ins")).to_have_text("last")
    broken = axe.violations(again, widths=[360, 1280], excluded=SELECT2)
    assert not broken, "\n".join(broken)


def test_discarded_text_is_not_offered_again(desk, article):
    desk.goto(change_url(article))
    write(desk, "No.")
    again = crash(desk)
    again.goto(change_url(article))
    again.get_by_role("button", name="Discard").click()
    expect(again.get_by_role("region", name="Text that was not saved")).to_be_hidden()
    assert kept(again) == 0


def test_restored_text_is_joined_with_what_was_saved_since(desk, second_desk, article):
    desk.goto(change_url(article))
    write(desk, BODY.replace("third", "last"))
    again = crash(desk)
    second_desk.goto(change_url(article))
    field(second_desk, "English", "Text").fill(BODY.replace("first", "very first"))
    save(second_desk)
    expect(second_desk.get_by_text("was changed successfully")).to_be_visible()
    again.goto(change_url(article))
    again.get_by_role("button", name="Restore").click()
    save(again)
    joined = BODY.replace("first", "very first").replace("third", "last")
    expect(field(again, "English", "Text")).to_have_value(joined)


def test_choices_come_back_too(desk, article):
    author = make_author("Anna Prøve")
    desk.goto(change_url(article))
    desk.locator(".field-author .select2-selection").click()
    desk.get_by_role("option", name="Anna Prøve").click()
    desk.wait_for_function("() => Object.keys(localStorage).some(key => key.startsWith('clinic.'))")
    again = crash(desk)
    again.goto(change_url(article))
    again.get_by_role("button", name="Restore").click()
    expect(again.locator(".field-author .select2-selection__rendered")).to_contain_text("Anna Prøve")
    save(again)
    expect(again.get_by_text("was changed successfully")).to_be_visible()
    article.refresh_from_db()
    assert article.author == author


def test_a_new_article_comes_back(desk, transactional_db):
    desk.goto(ADD_URL)
    write(desk, "Not saved once.")
    again = crash(desk)
    again.goto(ADD_URL)
    again.get_by_role("button", name="Restore").click()
    field(again, "Danish", "Title").fill("Brok")
    save(again)
    expect(again.get_by_text("was added successfully")).to_be_visible()
    assert kept(again) == 0
    assert saved_text(Article.objects.get()) == "Not saved once."


def test_saved_text_is_not_offered_after_a_way_round(desk, article):
    desk.goto(change_url(article))
    write(desk, "Saved.")
    desk.get_by_role("button", name="Preview in English").click()
    expect(desk.get_by_text("Preview of your draft.")).to_be_visible()
    Article.objects.update(body_en="And changed again since then.")
    desk.goto(change_url(article))
    expect(desk.get_by_role("region", name="Text that was not saved")).to_be_hidden()
    assert kept(desk) == 0


def test_another_user_of_the_browser_is_offered_nothing(desk, second_desk, article):
    desk.goto(change_url(article))
    write(desk, "Mine.")
    again = crash(desk)
    again.context.clear_cookies()
    again.context.add_cookies(second_desk.context.cookies())
    again.goto(change_url(article))
    expect(field(again, "English", "Text")).to_have_value(BODY)
    expect(again.get_by_role("region", name="Text that was not saved")).to_be_hidden()


def test_a_browser_without_room_says_so(desk, article):
    desk.goto(change_url(article))
    full = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; null"
    desk.evaluate(full)
    field(desk, "English", "Text").fill("More.")
    expect(desk.get_by_text("This browser has no room left to keep your text.")).to_be_visible()


def test_leaving_with_unsaved_changes_asks(desk, article):
    desk.goto(change_url(article))
    text = field(desk, "English", "Text")
    text.fill("Unsaved.")
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    desk.on("dialog", stay)
    desk.get_by_role("link", name="Editions").click()
    expect(text).to_have_value("Unsaved.")
    assert asked == ["beforeunload"]


def test_leaving_or_saving_does_not_ask_without_need(desk, article):
    desk.on("dialog", lambda dialog: pytest.fail(f"{dialog.type} asked"))
    desk.goto(change_url(article))
    field(desk, "English", "Text").fill("Saved.")
    save(desk)
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    desk.get_by_role("link", name="Editions").click()
    expect(desk.get_by_role("heading", name="Editions")).to_be_visible()


def crash(page: Page) -> Page:
    """The window is gone without a question; a new one of the same browser."""
    context = page.context
    page.close(run_before_unload=False)
    return context.new_page()


# Sessions


def test_text_comes_back_after_a_session_that_ended(desk, article):
    desk.goto(change_url(article))
    write(desk, "Written while the session ended.")
    Session.objects.all().delete()
    save(desk)
    sign_in_by_hand(desk, article)
    expect(field(desk, "English", "Text")).to_have_value(BODY)
    desk.get_by_role("button", name="Restore").click()
    expect(field(desk, "English", "Text")).to_have_value("Written while the session ended.")


def test_end_of_a_session_is_said_and_the_form_saves_after_signing_in_elsewhere(desk, article, clock):
    clock.install()
    desk.goto(change_url(article))
    write(desk, "Written while the session ended.")
    Session.objects.all().delete()
    clock.fast_forward(21_000)
    expect(desk.locator(".presence")).to_contain_text("You have been signed out.")

    elsewhere = desk.context.new_page()
    elsewhere.goto(change_url(article))
    sign_in_by_hand(elsewhere, article)
    clock.fast_forward(21_000)
    expect(desk.locator(".presence")).to_be_empty()
    save(desk)
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    assert saved_text(article) == "Written while the session ended."


def test_text_is_kept_when_the_form_is_refused(desk, article):
    desk.goto(change_url(article))
    write(desk, "Refused.")
    desk.evaluate("document.querySelector('#article_form [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    save(desk)
    expect(desk.get_by_role("heading", name="The form was not sent")).to_be_visible()
    desk.goto(change_url(article))
    desk.get_by_role("button", name="Restore").click()
    expect(field(desk, "English", "Text")).to_have_value("Refused.")


def sign_in_by_hand(page: Page, article: Article) -> None:
    editor = User.objects.earliest("pk")
    editor.set_password("not a secret")
    editor.save()
    page.get_by_label("Username").fill(editor.username)
    page.get_by_label("Password").fill("not a secret")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(f"{change_url(article)}$"))
