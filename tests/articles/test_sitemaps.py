"""The sitemap, read as search engines read it."""

from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from articles import publishing, sitemaps
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_treatment,
)

pytestmark = pytest.mark.django_db

SITE = "https://blog.example"
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
FRONTS = {
    f"/{code}/blog/{page}" for code in ("da", "en") for page in ("", "treatment/", "search/", "privacy/")
}


@pytest.fixture(autouse=True)
def at_an_address(settings):
    settings.SITE_URL = SITE


def xml(client, path="/sitemap.xml"):
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml; charset=utf-8")
    assert not response.cookies
    return ElementTree.fromstring(response.getvalue())  # noqa: S314 - our own


def entries(client, path="/sitemap.xml"):
    """By path: when it changed, and its alternates by language."""
    found = {}
    for url in xml(client, path).findall("s:url", NAMES):
        address = urlsplit(url.findtext("s:loc", namespaces=NAMES))
        assert f"{address.scheme}://{address.netloc}" == SITE
        links = {link.attrib["hreflang"]: link.attrib["href"] for link in url.findall("x:link", NAMES)}
        assert address.path not in found
        found[address.path] = (url.findtext("s:lastmod", namespaces=NAMES), links)
    return found


def test_sitemap_that_could_not_be_made_to_its_end_is_none(client, monkeypatch):
    make_edition()

    def away(number):
        yield {"da": "/da/blog/brok/"}, "da", {}
        raise OperationalError

    monkeypatch.setattr(sitemaps, "articles", away)
    client.raise_request_exception = False
    assert client.get("/sitemap.xml").status_code == 503


def test_every_kind_of_page_is_listed_in_the_languages_that_have_it(client):
    author, category = make_author(slug="anna"), make_category(slug_da="maven", slug_en="stomach")
    article = make_bilingual_article(author=author, category=category, slug_da="brok", slug_en="hernia")
    article.treatments.add(make_treatment(slug_da="skopi", slug_en="scopy"))
    publishing.publish(article, "da")
    danish = {f"/da/blog/{path}/" for path in ("brok", "author/anna", "category/maven", "treatment/skopi")}
    english = {
        f"/en/blog/{path}/" for path in ("hernia", "author/anna", "category/stomach", "treatment/scopy")
    }
    assert set(entries(client)) == FRONTS | danish
    publishing.publish(article, "en")
    assert set(entries(client)) == FRONTS | danish | english


def test_what_nobody_reads_is_not_listed(client):
    make_article()
    make_category()
    make_treatment()
    make_author()
    withdrawn = make_edition(author=make_author(), category=make_category())
    publishing.withdraw(withdrawn.article, "da")
    assert set(entries(client)) == FRONTS


def test_languages_name_each_other_and_the_original_for_others(client):
    article = make_bilingual_article(original_language="en", slug_da="brok", slug_en="hernia")
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    found = entries(client)
    danish, english = f"{SITE}/da/blog/brok/", f"{SITE}/en/blog/hernia/"
    expected = {"da": danish, "en": english, "x-default": english}
    assert found["/da/blog/brok/"][1] == found["/en/blog/hernia/"][1] == expected


def test_it_says_since_when_the_edition_is_in_force(client):
    edition = make_edition(slug_da="brok", category=make_category(slug_da="maven"))
    since = edition.validity.lower.replace(microsecond=0)
    for path in ("/da/blog/brok/", "/da/blog/category/maven/", "/da/blog/"):
        assert datetime.fromisoformat(entries(client)[path][0]) == since


def test_it_costs_the_same_with_any_number_of_articles(client):
    make_edition()
    with CaptureQueriesContext(connection) as few:
        xml(client)
    for _ in range(30):
        article = make_bilingual_article(author=make_author(), category=make_category())
        article.treatments.add(make_treatment())
        publishing.publish(article, "da")
        publishing.publish(article, "en")
    with CaptureQueriesContext(connection) as many:
        xml(client)
    assert len(few) == len(many) <= 8


def test_many_articles_are_spread_over_files(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "ARTICLES", 2)
    editions = [make_edition() for _ in range(5)]
    files = [urlsplit(loc.text).path for loc in xml(client).findall("s:sitemap/s:loc", NAMES)]
    paths = [path for file in files for path in entries(client, file)]
    assert len(files) > 2
    assert len(paths) == len(set(paths))
    assert set(paths) == FRONTS | {edition.get_absolute_url() for edition in editions}
    assert client.get(f"/sitemap-{len(files)}.xml").status_code == 404


def test_a_file_has_fifty_thousand_addresses_at_most(settings):
    assert sitemaps.ARTICLES * len(settings.LANGUAGES) <= 45_000


def test_head_can_be_asked_for(client):
    response = client.head("/sitemap.xml")
    assert (response.status_code, response.getvalue()) == (200, b"")
