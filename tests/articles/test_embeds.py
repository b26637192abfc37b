import json
import re

import html5lib
import pytest

from articles import publishing
from articles.paging import PAGE_SIZE
from tests.factories import make_article, make_author, make_bilingual_article, make_edition, make_treatment

pytestmark = pytest.mark.django_db

EMBED = "/da/blog/treatment/koloskopi/embed/"


@pytest.fixture(autouse=True)
def sites(settings):
    settings.SITE_URL = "https://blog.example"
    settings.EMBED_ORIGINS = ["https://booking.example"]


@pytest.fixture
def treatment():
    return make_treatment(name_da="Koloskopi", slug_da="koloskopi", slug_en="colonoscopy")


def publish_about(treatment, language="da", **fields):
    article = make_bilingual_article(**fields)
    article.treatments.add(treatment)
    return publishing.publish(article, language)


def page(client, path=EMBED, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


# A treatment's articles on a booking page


def test_embed_lists_the_treatments_articles_of_the_language(client, treatment):
    publish_about(treatment, title_da="Før koloskopien", slug_da="foer")
    publish_about(treatment, "en", title_en="Before the colonoscopy")
    make_edition(title_da="Brok")
    publish_about(make_treatment(), title_da="Gastroskopi")
    draft = make_article(title_da="Kladde")
    draft.treatments.add(treatment)
    html = page(client)
    assert re.findall(r'<a href="([^"]+)">([^<]+)</a>', html)[:-1] == [("/da/blog/foer/", "Før koloskopien")]


def test_withdrawn_article_is_not_in_the_embed(client, treatment):
    edition = publish_about(treatment, title_da="Taget ned")
    publishing.withdraw(edition.article, "da")
    assert "Taget ned" not in page(client)


def test_embed_speaks_its_language(client, treatment):
    html = page(client, "/en/blog/treatment/colonoscopy/embed/")
    assert '<html class="clinic-embed" lang="en">' in html
    assert "There are no articles here yet." in html


def test_treatment_without_articles_leads_to_its_page(client, treatment):
    html = page(client)
    assert "Her er ingen artikler endnu." in html
    assert 'href="/da/blog/treatment/koloskopi/"' in html


def test_unknown_treatment_has_a_page_that_fits_the_frame(client):
    response = client.get(EMBED)
    assert response.status_code == 404
    assert 'href="/da/blog/"' in response.content.decode()
    assert "X-Frame-Options" not in response


def test_embed_shows_the_newest_and_costs_two_queries(client, treatment, django_assert_num_queries):
    for _ in range(PAGE_SIZE + 1):
        publish_about(treatment, author=make_author())
    with django_assert_num_queries(2):
        assert page(client).count("<li>") == PAGE_SIZE


def test_listed_sites_and_our_own_may_frame_the_embed(client, treatment):
    response = client.get(EMBED)
    assert response["Content-Security-Policy"].endswith("; frame-ancestors 'self' https://booking.example")
    assert "X-Frame-Options" not in response


def test_without_listed_sites_only_our_own_may(client, treatment, settings):
    settings.EMBED_ORIGINS = []
    assert client.get(EMBED)["Content-Security-Policy"].endswith("; frame-ancestors 'self'")


def test_other_pages_are_framed_by_nobody(client, treatment):
    assert client.get("/da/blog/treatment/koloskopi/")["X-Frame-Options"] == "DENY"


def test_links_leave_the_frame(client, treatment):
    assert '<base target="_top">' in page(client)


@pytest.mark.parametrize("query", ["", "?fragment"])
def test_embed_is_not_indexed_sets_no_cookie_and_has_no_script(client, treatment, query):
    publish_about(treatment)
    response = client.get(EMBED + query)
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies
    assert not re.search(r"<script|style=|\son\w+=", response.content.decode())


def test_fragment_is_a_part_of_a_page_whose_links_name_the_site(client, treatment):
    publish_about(treatment, slug_da="foer")
    html = page(client, f"{EMBED}?fragment")
    assert "<html" not in html
    assert '<section class="clinic-articles" lang="da">' in html
    addresses = re.findall(r'href="([^"]+)"', html)
    assert "https://blog.example/da/blog/foer/" in addresses
    assert all(address.startswith("https://blog.example/") for address in addresses)


def test_fragment_is_valid_where_it_is_put(client, treatment):
    publish_about(treatment)
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(f"<!doctype html><title>x</title><main>{page(client, f'{EMBED}?fragment')}</main>")


def test_script_of_a_listed_site_may_read_the_embed(client, treatment):
    response = client.get(EMBED, headers={"Origin": "https://booking.example"})
    assert response["Access-Control-Allow-Origin"] == "https://booking.example"


# oEmbed


def described(client, url, **query):
    response = client.get("/oembed", {"url": url, **query})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)


def test_article_is_described_as_a_link(client):
    make_edition(title_da="Ondt i maven", slug_da="ondt", author=make_author("Anna Prøve", slug="anna"))
    assert described(client, "https://blog.example/da/blog/ondt/", format="json") == {
        "version": "1.0",
        "type": "link",
        "title": "Ondt i maven",
        "author_name": "Anna Prøve",
        "author_url": "https://blog.example/da/blog/author/anna/",
        "provider_name": "Kirurgen.dk",
        "provider_url": "https://blog.example/da/blog/",
        "cache_age": 3600,
    }


@pytest.fixture
def bilingual():
    article = make_bilingual_article(title_da="Brok", slug_da="brok", title_en="Hernia", slug_en="hernia")
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    return article


@pytest.mark.parametrize(("path", "title"), [("da/blog/brok/", "Brok"), ("en/blog/hernia/", "Hernia")])
@pytest.mark.parametrize("reader", ["da", "en"])
def test_address_says_the_language(client, bilingual, path, title, reader):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = reader
    assert described(client, f"https://blog.example/{path}")["title"] == title


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("http://blog.example/da/blog/brok", "Brok"),
        ("http://blog.example/da/blog/brok/?utm_source=mail", "Brok"),
        ("http://blog.example/da/blog/brok/#references", "Brok"),
        ("http://blog.example/en/blog/brok/", "Hernia"),
        ("HTTPS://Blog.Example/da/blog/brok/", "Brok"),
    ],
)
def test_other_ways_to_write_the_address_lead_to_the_article(client, bilingual, url, title):
    assert described(client, url)["title"] == title


def test_former_address_leads_on(client, bilingual):
    bilingual.slug_da = "lyskebrok"
    bilingual.save()
    publishing.publish(bilingual, "da")
    assert described(client, "https://blog.example/da/blog/brok/")["title"] == "Brok"


def test_permalink_is_described_in_the_readers_language(client, bilingual):
    url = f"https://blog.example/a/{bilingual.pk}/"
    assert described(client, url)["title"] == "Brok"
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert described(client, url)["title"] == "Hernia"


@pytest.mark.parametrize("size", ["1", "600", "0", "wide"])
def test_a_link_fits_every_size(client, bilingual, size):
    described(client, "https://blog.example/da/blog/brok/", maxwidth=size, maxheight=size)


@pytest.mark.parametrize("format_", ["xml", "", "JSON"])
def test_other_formats_are_not_implemented(client, bilingual, format_):
    response = client.get("/oembed", {"url": "https://blog.example/da/blog/brok/", "format": format_})
    assert response.status_code == 501


@pytest.mark.parametrize(
    "url",
    [
        "",
        "brok",
        "/da/blog/brok/",
        "https://other.example/da/blog/brok/",
        "https://blog.example/da/blog/",
        "https://blog.example/da/blog/findes-ikke/",
        "https://blog.example/a/0/",
        "https://blog.example/a/99999999999999999999999/",
        "https://[/da/blog/brok/",
        "https:///da/blog/brok/",
        "ftp://blog.example/da/blog/brok/",
        "https://blog.example/da/blog/brok\x00/",
    ],
)
def test_what_is_no_article_is_not_found(client, bilingual, url):
    assert client.get("/oembed", {"url": url}).status_code == 404


def test_withdrawn_article_and_draft_are_not_found(client, bilingual):
    publishing.withdraw(bilingual, "da")
    draft = make_article(slug_da="kladde")
    for path in ("da/blog/brok/", "da/blog/kladde/", f"a/{draft.pk}/"):
        assert client.get("/oembed", {"url": f"https://blog.example/{path}"}).status_code == 404


def test_description_costs_no_more_than_three_queries(client, bilingual, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        described(client, "https://blog.example/da/blog/brok/")


def test_script_of_a_listed_site_may_read_the_description(client, bilingual):
    url = "https://blog.example/da/blog/brok/"
    response = client.get("/oembed", {"url": url}, headers={"Origin": "https://booking.example"})
    assert response["Access-Control-Allow-Origin"] == "https://booking.example"
