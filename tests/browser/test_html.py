"""Every public page is valid HTML. Needs no browser."""

from pathlib import Path

import html5lib
import pytest
from django.urls import reverse

from clinic import errors
from tests.browser.site import make_site
from tests.browser.validators import VALIDATORS
from tests.factories import make_approval, make_bilingual_article, make_preview_link


@pytest.fixture(params=["da", "en"])
def pages(client, db, request):
    """The HTML of a page of each kind, by a name for a file."""
    paths = make_site(request.param)
    paths["preview"] = make_preview_link(make_bilingual_article(), request.param).get_absolute_url()
    make_approval(make_bilingual_article(), request.param, token="waiting")
    paths["approval"] = reverse("approval", args=["waiting"])
    paths["closed"] = reverse("approval", args=["unknown"])
    made = {kind.replace(" ", "-"): client.get(path).content.decode() for kind, path in paths.items()}
    return made | {Path(name).stem: html for name, html in errors.of_web_server()}


def test_no_page_has_a_parse_error(pages):
    assert {name: errors for name, html in pages.items() if (errors := parse_errors(html))} == {}


def parse_errors(html):
    parser = html5lib.HTMLParser()
    parser.parse(html)
    return parser.errors


@pytest.mark.parametrize("validator", VALIDATORS)
def test_no_validator_finds_anything(pages, validator, tmp_path):
    for name, html in pages.items():
        (tmp_path / f"{name}.html").write_text(html)
    found = validator(tmp_path)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("validator", VALIDATORS)
def test_validator_finds_what_is_wrong(validator, tmp_path):
    (tmp_path / "page.html").write_text(
        '<!doctype html><html lang="da"><title>x</title><p><div></div><ul><p>'
    )
    assert validator(tmp_path)
