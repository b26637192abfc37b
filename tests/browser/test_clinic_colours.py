"""The clinic's colours reach what is seen: links, buttons and focus, light and dark, on the desk too."""

import pytest

from clinic.identity import Clinic
from tests.factories import make_article

PURPLE, LILAC = "#5a1e5c", "#e3b5e6"
COLOURS = {"light": {"accent": PURPLE}, "dark": {"accent": LILAC}}


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.fixture(autouse=True)
def purple(settings):
    settings.CLINIC = Clinic("Prøveklinikken", colours=COLOURS)
    settings.SECURE_CSP = settings.SECURE_CSP | {"style-src": ["'self'", *settings.CLINIC.css_sources]}
    settings.DEBUG = True


def colour(page, selector, name="color"):
    return page.locator(selector).first.evaluate("(element, name) => getComputedStyle(element)[name]", name)


@pytest.mark.parametrize(("scheme", "accent"), [("light", PURPLE), ("dark", LILAC)])
def test_colours_reach_links_buttons_and_focus(page, scheme, accent):
    page.emulate_media(color_scheme=scheme)
    page.goto("/da/blog/design/")
    assert colour(page, "main a") == rgb(accent)
    assert colour(page, "main .button", "backgroundColor") == rgb(accent)
    assert colour(page, ".button.second") == rgb(accent)
    assert colour(page, ".focused", "outlineColor") == rgb(accent)


def test_paper_is_black_on_white_whatever_the_colours(page):
    page.emulate_media(media="print", color_scheme="dark")
    page.goto("/da/blog/design/")
    assert colour(page, "main a") == "rgb(0, 0, 0)"
    assert colour(page, "html", "backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize(("scheme", "accent"), [("light", PURPLE), ("dark", LILAC)])
def test_colours_reach_the_desk(desk, scheme, accent):
    make_article()
    desk.emulate_media(color_scheme=scheme)
    desk.goto("/admin/articles/article/")
    assert colour(desk, "#result_list tbody a") == rgb(accent)
    assert colour(desk, "div.breadcrumbs", "backgroundColor") == rgb(PURPLE)
