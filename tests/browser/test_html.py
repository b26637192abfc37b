"""Every public page is HTML without a parse error. Needs no browser."""

import html5lib
import pytest

from tests.browser.site import make_site


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["da", "en"])
def test_every_public_page_is_valid_html(client, language):
    pages = {kind: client.get(path) for kind, path in make_site(language).items()}
    assert {kind: errors for kind, page in pages.items() if (errors := parse_errors(page))} == {}


def parse_errors(response):
    parser = html5lib.HTMLParser()
    parser.parse(response.content.decode())
    return parser.errors
