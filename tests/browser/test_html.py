"""Every public page is HTML that a strict parser accepts. Needs no browser."""

import html5lib
import pytest

from tests.browser.site import KINDS, make_site

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_page_is_valid_html(client, kind, language):
    response = client.get(make_site(language)[kind])
    html5lib.HTMLParser(strict=True).parse(response.content.decode())
