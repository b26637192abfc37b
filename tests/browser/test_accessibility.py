"""WCAG 2.2 AA, as far as a machine can tell, on every kind of page: light and dark, narrow and wide."""

import re

import pytest
from playwright.sync_api import Page, expect

from articles import publishing
from tests.browser import axe
from tests.browser.site import BODY, make_site
from tests.factories import make_bilingual_article

LANGUAGES = ["da", "en"]
# Select2 4.0, which Django brings for its autocomplete fields, names neither its box nor its search field.
SELECT2 = {
    "aria-input-field-name": ".select2-selection, .select2-selection__rendered",
    "label": ".select2-search__field",
}
# In its frame it is a part of a page that has one.
PART_OF_A_PAGE = {"page-has-heading-one": "html"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_public_page_breaks_a_rule(page, language):
    broken = []
    for kind, path in make_site(language).items():
        page.goto(path)
        broken += [f"{kind}, {line}" for line in axe.violations(page, widths=[320, 1280])]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_public_page_scrolls_sideways_on_a_small_phone(page, language):
    page.set_viewport_size({"width": 320, "height": 568})
    wide = []
    for kind, path in make_site(language).items():
        page.goto(path)
        wide += [kind] * scrolls_sideways(page)
    assert not wide


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    "path",
    [
        "add/",
        "{}/change/",
        "{}/publish/",
        "{}/withdraw/",
        "{}/editions/",
        "{}/history/",
        "{}/compare/?old=1&new=2",
    ],
)
def test_no_page_of_the_desk_breaks_a_rule(desk, article, path):
    desk.goto(f"/admin/articles/article/{path.format(article.pk)}")
    broken = axe.violations(desk, widths=[1280], excluded=SELECT2)
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("language", LANGUAGES)
def test_live_preview_breaks_no_rule(desk, article, language):
    desk.goto(f"/admin/articles/article/{article.pk}/change/")
    preview = desk.locator(f"iframe[lang={language}]")
    expect(preview).to_have_attribute("srcdoc", re.compile('class="text"'))
    # In a window of its own: the frame runs no script, so not axe either.
    desk.set_content(preview.get_attribute("srcdoc"))
    broken = axe.violations(desk, widths=[320], excluded=PART_OF_A_PAGE)
    assert not broken, "\n".join(broken)


@pytest.fixture
def article(transactional_db):
    """Something to show on every page of the desk, also a citation that cannot be read."""
    article = make_bilingual_article(body_da=BODY, body_en="A claim [@pmid:PMC123].")
    publishing.publish(article, "da")
    return article
