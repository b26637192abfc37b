"""The Publish page with all that it can show at once, in the dark, on a phone, without a mouse."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles import publishing, revising
from articles.models import Article
from articles.publishing import Remarks, Review
from tests.browser import axe
from tests.factories import make_approval, make_author, make_bilingual_article, make_reference

PARAGRAPHS = [f"Afsnit {n} om brok, som de fleste patienter spørger om." for n in range(1, 9)]


def publish_page(article: Article, page: str = "publish") -> str:
    return f"/admin/articles/article/{article.pk}/{page}/"


def save(article: Article, **fields: str) -> None:
    article.refresh_from_db()  # publishing gave it a date
    for name, value in fields.items():
        setattr(article, name, value)
    article.save()
    revising.record(article)


@pytest.fixture
def article(transactional_db):
    """Danish: online, another edition scheduled, changed since. English: online, changed, with errors."""
    reviewer = make_author("Bo Prøve")
    article = make_bilingual_article(body_da="\n\n".join(PARAGRAPHS), reviewer=reviewer)
    review = Remarks(review=Review(by=reviewer, on=timezone.localdate()))
    publishing.publish(article, "da", remarks=review)
    publishing.publish(article, "en")
    save(article, title_da="Lyskebrok hos voksne")
    publishing.publish(article, "da", at=timezone.now() + timedelta(days=3))
    make_reference(88, title="Oats and barley.", standing="retracted", checked_at=timezone.now())
    save(
        article,
        body_da="\n\n".join(text.replace("brok", "lyskebrok") for text in PARAGRAPHS),
        body_en="## A lump\n\nSmall: 12 % of all [@pmid:88].\n\nSee [here](/en/blog/gone/). Studies show it.",
    )
    make_approval(article, decision="changes", comment="Mere om kost.", decided_at=timezone.now())
    return article


def read_in(desk: Page, language: str) -> None:
    desk.context.set_extra_http_headers({"Accept-Language": language})


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("language", ["en", "da"])
def test_nothing_on_the_page_breaks_a_rule(desk, live_server, article, language):
    read_in(desk, language)
    desk.goto(publish_page(article))
    expect(desk.locator(".findings .error")).to_have_count(2)
    expect(desk.locator(".findings .warning").first).to_be_attached()
    expect(desk.locator(".changes")).to_have_count(2)
    desk.locator("details").evaluate_all("all => all.forEach(details => details.open = true)")
    broken = axe.violations(desk, widths=[360, 1280])
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    "address", ["publish", "withdraw", "editions", "editions/da/1/compare", "editions/da/2/compare"]
)
def test_pages_about_editions_fit_a_phone(desk, article, address):
    desk.set_viewport_size({"width": 360, "height": 740})
    desk.goto(publish_page(article, address))
    desk.locator("details").evaluate_all("all => all.forEach(details => details.open = true)")
    assert not scrolls_sideways(desk)


def test_what_a_colleague_saved_meanwhile_is_shown_before_it_is_published(desk, second_desk, article):
    desk.goto(publish_page(article))
    desk.locator("[name=da-change_note]").fill("Ordet lyskebrok.")
    second_desk.goto(publish_page(article, "change"))
    second_desk.locator("[name=title_da]").fill("Brok i navlen")
    second_desk.get_by_role("button", name="Save", exact=True).click()
    expect(second_desk.get_by_text("was changed successfully")).to_be_visible()

    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text("Danish has changed since this page was opened.")
    expect(desk.get_by_role("checkbox", name="Danish", exact=True)).to_be_checked()
    expect(desk.locator("[name=da-change_note]")).to_have_value("Ordet lyskebrok.")
    assert article.editions.in_language("da").count() == 2

    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_text("Danish: edition 3 is online.")).to_be_visible()
    assert article.editions.current().in_language("da").get().title == "Brok i navlen"


def test_language_with_errors_is_not_ticked_and_the_other_is_published_by_keyboard(desk, article):
    desk.goto(publish_page(article))
    expect(desk.get_by_role("checkbox", name="Danish", exact=True)).to_be_checked()
    expect(desk.get_by_role("checkbox", name="English", exact=True)).not_to_be_checked()
    # Enter means the button Publish, not one of the others.
    desk.get_by_role("checkbox", name="Danish", exact=True).focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Danish: edition 3 is online.")).to_be_visible()


def test_changes_unfold_by_keyboard_and_say_what_they_are(desk, article):
    desk.goto(publish_page(article))
    changes = desk.get_by_role("region", name="Danish").locator(".changes")
    expect(changes.locator("ins").first).not_to_be_visible()
    changes.locator("summary").focus()
    desk.keyboard.press("Enter")
    expect(changes.locator("ins").first).to_be_visible()


def test_schedule_is_taken_back_from_the_page_and_what_was_typed_stays(desk, article):
    desk.goto(publish_page(article))
    note, time = desk.locator("[name=da-change_note]"), desk.get_by_label("Publish at")
    note.fill("Ordet lyskebrok.")
    desk.locator("[name=da-review]").select_option("reviewer")
    time.fill("2199-01-02T10:00")
    desk.get_by_role("checkbox", name="English", exact=True).check()
    desk.get_by_role("button", name="Take edition 2 back, Danish").click()
    expect(desk.get_by_text("Danish: edition 2 will not come online.")).to_be_visible()
    assert not article.editions.scheduled().exists()

    expect(note).to_have_value("Ordet lyskebrok.")
    expect(desk.locator("[name=da-review]")).to_have_value("reviewer")
    expect(time).to_have_value("2199-01-02T10:00")
    expect(desk.get_by_role("checkbox", name="English", exact=True)).to_be_checked()
    expect(desk.get_by_role("alert")).to_have_count(0)
    desk.get_by_role("checkbox", name="English", exact=True).uncheck()
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_text("Danish: edition 3 comes online on")).to_be_visible()
    assert article.editions.scheduled().get().change_note == "Ordet lyskebrok."
