"""WCAG 2.2 AA, as far as a machine can tell, on every kind of page: light and dark, narrow and wide."""

from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from articles import publishing
from tests.browser.site import BODY, KINDS, make_site
from tests.factories import make_bilingual_article

LANGUAGES = ["da", "en"]
WIDTHS = [320, 1280]
SCHEMES = ["light", "dark"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """One line for each place that breaks a rule."""
    run = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=run | (options or {})).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {node['target']}: {node['html'][:200]}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def violations_in_every_look(page: Page, options: dict[str, Any] | None = None) -> str:
    found = []
    for scheme, width in product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{scheme}, {width} px: {line}" for line in violations(page, options)]
    return "\n".join(found)


def too_wide(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_public_page_breaks_no_rule(page, kind, language):
    page.goto(make_site(language)[kind])
    assert not violations_in_every_look(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_public_page_scrolls_sideways_on_a_small_phone(page, language):
    page.set_viewport_size({"width": 320, "height": 568})
    wide = []
    for kind, path in make_site(language).items():
        page.goto(path)
        wide += [kind] * too_wide(page)
    assert not wide


# The parts of an article's desk, with something to show on each.
DESK = ["add/", "{}/change/", "{}/publish/", "{}/withdraw/", "{}/editions/"]


@pytest.mark.parametrize("locale", ["da-DK", "en-GB"])
@pytest.mark.parametrize("path", DESK)
def test_desk_page_breaks_no_rule(editors_context, path, locale):
    article = make_bilingual_article(body_da=BODY, body_en="A claim [@pmid:PMC123].")
    publishing.publish(article, "da")
    page = editors_context.new_page()
    page.set_extra_http_headers({"Accept-Language": locale})
    page.goto(f"/admin/articles/article/{path.format(article.pk)}")
    assert not violations_in_every_look(page)


def test_live_preview_breaks_no_rule(editors_context):
    article = make_bilingual_article(body_da=BODY, body_en="A claim [@pmid:PMC123].")
    page = editors_context.new_page()
    page.goto(f"/admin/articles/article/{article.pk}/change/")
    for frame in page.locator("iframe.text-preview").all():
        expect(frame.content_frame.locator(".references")).to_be_attached()
    assert not page.frames
