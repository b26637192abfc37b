"""Recovering a deleted draft in the browser."""

from playwright.sync_api import expect

from articles import revising
from articles.models import Article
from tests.browser import axe
from tests.browser.test_accessibility import scrolls_sideways
from tests.factories import make_article, make_editor


def test_deleted_draft_is_found_and_recovered(desk, transactional_db):
    for title in ["Speciallægepraksisplanlægningsstabiliseringsperioden", "Brok"]:
        article = make_article(title_da=title)
        revising.record(article, by=make_editor(first_name="Bente", last_name="Prøve"))
        Article.objects.filter(pk=article.pk).delete()
    desk.goto("/admin/articles/article/")
    desk.get_by_role("link", name="Deleted articles").click()
    broken = axe.violations(desk, widths=[360, 1280])
    assert not broken, "\n".join(broken)
    desk.set_viewport_size({"width": 360, "height": 740})
    assert not scrolls_sideways(desk)
    button = desk.get_by_role("button", name="Recover “Brok”")
    assert button.bounding_box()["height"] >= 44
    button.focus()
    button.press("Enter")
    expect(desk.get_by_text("The article is recovered, as it was last saved.")).to_be_visible()
    expect(desk.locator("#id_title_da")).to_have_value("Brok")
