"""WCAG 2.2 AA, as far as a machine can tell, on every kind of page: light and dark, narrow and wide."""

import re
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles import publishing
from references.models import Reference
from tests.browser import axe
from tests.browser.site import BODY, make_site
from tests.factories import make_approval, make_bilingual_article, make_preview_link, make_reference

LANGUAGES = ["da", "en"]
# Select2 4.0, which Django brings for its autocomplete fields, names neither its box nor its search field.
SELECT2 = {
    "aria-input-field-name": ".select2-selection, .select2-selection__rendered",
    "label": ".select2-search__field",
}
# The admin's label of it is a picture with a name, which axe does not count beside a help text.
SEARCH_OF_A_LIST = {"label-title-only": "#searchbar"}
# In its frame it is a part of a page that has one.
PART_OF_A_PAGE = {"page-has-heading-one": "html"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_public_page_breaks_a_rule_or_scrolls_sideways_on_a_small_phone(page, language):
    broken = []
    for kind, path in make_site(language).items():
        page.set_viewport_size({"width": 320, "height": 568})
        page.goto(path)
        broken += [f"{kind} scrolls sideways"] * scrolls_sideways(page)
        broken += [f"{kind}, {line}" for line in axe.violations(page, widths=[320, 1280])]
    assert not broken, "\n".join(broken)


FAILURES = [BadRequest("x"), PermissionDenied("x"), RuntimeError("x"), OperationalError("x")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_error_page_breaks_a_rule(page, monkeypatch, language):
    broken = []
    for failure in FAILURES:
        monkeypatch.setattr("articles.views.current_row", Mock(side_effect=failure))
        page.set_viewport_size({"width": 320, "height": 568})
        response = page.goto(f"/{language}/blog/brok/")
        broken += [f"{response.status} scrolls sideways"] * scrolls_sideways(page)
        broken += [f"{response.status}, {line}" for line in axe.violations(page, widths=[320, 1280])]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_all_parts_breaks_no_rule(page, settings, language):
    settings.DEBUG = True
    page.goto(f"/{language}/blog/design/")
    broken = axe.violations(page, widths=[320, 1280])
    assert not broken, "\n".join(broken)
    page.set_viewport_size({"width": 320, "height": 568})
    assert not scrolls_sideways(page)


FOCUS = """() => {
    const [element, style] = [document.activeElement, getComputedStyle(document.activeElement)];
    const box = element.getBoundingClientRect();
    return {
        isBody: element === document.body,
        name: element.outerHTML.slice(0, 80),
        hasRing: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        isSeen: box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
    };
}"""


def stops(page: Page) -> list[dict[str, Any]]:
    """Where the Tab key stops, from the page's beginning until it leaves the page."""
    found: list[dict[str, Any]] = []
    while len(found) < 200:
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["isBody"]:
            return found
        found.append(stop)
    raise AssertionError(f"The keyboard is trapped at {found[-1]['name']}")


def test_keyboard_goes_through_every_page_and_is_always_seen(page):
    for kind, path in make_site("da").items():
        page.goto(path)
        found = stops(page)
        # In a frame there is nothing to skip.
        assert 'class="skip"' in found[0]["name"] or "for a frame" in kind, kind
        unseen = [stop["name"] for stop in found if not (stop["hasRing"] and stop["isSeen"])]
        assert not unseen, f"{kind}: {unseen}"


def test_keyboard_goes_through_a_narrow_page_with_an_open_outline(page):
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(make_site("en")["article"])
    page.locator(".outline details").evaluate("details => { details.open = true }")
    assert [stop["name"] for stop in stops(page) if not (stop["hasRing"] and stop["isSeen"])] == []


def test_skip_link_leads_past_the_menu(page):
    page.goto(make_site("da")["article"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    "path",
    [
        "add/",
        "import/",
        "{}/change/",
        "{}/translation/",
        "{}/share/",
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


def test_evidence_on_a_reference_breaks_no_rule(desk, transactional_db):
    candidate = {"pmid": 6, "title": "Oats.", "journal": "J Oats", "year": 2021, "reasons": ["same_title"]}
    reference = make_reference(
        5,
        title="Barley.",
        claimed="Oats. J Oats. 2021.",
        agreement=Reference.Agreement.ANOTHER_PAPER,
        standing=Reference.Standing.CONCERN,
        checked_at=timezone.now() - timedelta(days=9),
        candidates=[candidate],
    )
    desk.goto(reverse("admin:references_reference_change", args=[reference.pk]))
    desk.set_viewport_size({"width": 360, "height": 740})
    assert not scrolls_sideways(desk)
    broken = axe.violations(desk, widths=[320, 1280])
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", ["/admin/", "/admin/articles/article/"])
def test_no_overview_of_the_desk_breaks_a_rule(desk, article, path):
    Reference.objects.update(standing="retracted", agreement="another_paper", claimed="Diets.")
    desk.goto(path)
    broken = axe.violations(desk, widths=[360, 1280], excluded=SEARCH_OF_A_LIST)
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", ["/admin/", "/admin/articles/article/{}/change/"])
def test_overviews_of_the_desk_fit_a_phone(desk, article, path):
    desk.set_viewport_size({"width": 360, "height": 740})
    desk.goto(path.format(article.pk))
    assert not scrolls_sideways(desk)


def test_panel_of_what_is_cited_breaks_no_rule(desk, article):
    Reference.objects.filter(pmid=11).update(standing="retracted", checked_at=timezone.now())
    Reference.objects.filter(pmid=22).update(agreement="another_paper", claimed="Diets.", title="Zinc.")
    desk.goto(f"/admin/articles/article/{article.pk}/change/")
    expect(desk.get_by_role("heading", name="What the texts cite")).to_be_visible()
    broken = axe.violations(desk, widths=[360, 1280], excluded=SELECT2)
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
    article = make_bilingual_article(body_da=BODY)
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    article.body_da, article.body_en = f"{BODY}\n\nEn til.", "A claim [@pmid:PMC123]."
    article.save()
    publishing.publish(article, "da")
    make_approval(article, decision="changes", comment="Mere om kost.", decided_at=timezone.now())
    make_approval(article)
    make_preview_link(article)
    return article
