"""What the head of a page says: its one address, its languages, and what other sites show of it."""

import gzip

import pytest
from django.core.management import call_command

from articles import publishing
from articles.models import Edition
from tests.browser.site import make_site
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_treatment,
)
from tests.heads import get, head_of

pytestmark = pytest.mark.django_db

SITE = "https://blog.example"
KINDS = ("front page", "older articles", "article", "category", "author", "treatment")


@pytest.fixture(autouse=True)
def at_an_address(settings):
    settings.SITE_URL = SITE


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_page_is_its_own_canonical_address(client, language):
    pages = make_site(language)
    for kind in KINDS:
        assert head_of(client, pages[kind]).canonical == SITE + pages[kind]


def test_what_a_request_says_its_host_is_stands_on_no_page(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    pages = make_site("da")
    for kind in KINDS:
        html = client.get(pages[kind], headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        head = html.content.decode().split("</head>")[0]
        assert "evil.example" not in head, kind


def test_what_else_stands_in_an_address_is_not_canonical(client):
    edition = make_edition()
    assert head_of(client, f"{edition.get_absolute_url()}?utm_source=x").canonical == (
        SITE + edition.get_absolute_url()
    )


def test_page_has_one_way_to_write_its_place(client):
    assert (
        head_of(client, "/da/blog/?after=2026-01-01.007").canonical == f"{SITE}/da/blog/?after=2026-01-01.7"
    )


def test_page_reached_from_an_older_one_has_the_address_it_has_from_a_newer_one(client):
    for _ in range(25):
        make_edition()
    first = client.get("/da/blog/").context["page"]
    second = client.get(f"/da/blog/{first.older}").context["page"]
    third = client.get(f"/da/blog/{second.older}").context["page"]
    assert head_of(client, f"/da/blog/{third.newer}").canonical == f"{SITE}/da/blog/{first.older}"
    assert head_of(client, f"/da/blog/{second.newer}").canonical == f"{SITE}/da/blog/"


# Languages


def languages(client, path):
    return {code: address.removeprefix(SITE) for code, address in head_of(client, path).hreflang.items()}


def test_article_names_all_its_languages_itself_and_the_original_for_others(client):
    article = make_bilingual_article(original_language="en")
    danish, english = (publishing.publish(article, code).get_absolute_url() for code in ("da", "en"))
    expected = {"da": danish, "en": english, "x-default": english}
    assert languages(client, danish) == languages(client, english) == expected


def test_article_whose_original_is_offline_sends_others_to_what_there_is(client):
    article = make_bilingual_article(original_language="en")
    danish = publishing.publish(article, "da").get_absolute_url()
    assert languages(client, danish) == {"da": danish, "x-default": danish}


def test_front_page_sends_others_to_the_sites_language(client):
    expected = {"da": "/da/blog/", "en": "/en/blog/", "x-default": "/da/blog/"}
    assert languages(client, "/da/blog/") == languages(client, "/en/blog/") == expected


@pytest.mark.parametrize("kind", ["category", "author", "treatment"])
def test_list_names_the_languages_in_which_there_is_something(client, kind):
    author = make_author(slug="anna")
    category = make_category(slug_da="maven", slug_en="stomach")
    treatment = make_treatment(slug_da="skopi", slug_en="scopy")
    article = make_bilingual_article(author=author, category=category)
    article.treatments.add(treatment)
    slugs = {"category": ("maven", "stomach"), "author": ("anna", "anna"), "treatment": ("skopi", "scopy")}
    danish, english = (
        f"/{code}/blog/{kind}/{slug}/" for code, slug in zip(("da", "en"), slugs[kind], strict=True)
    )
    publishing.publish(article, "en")
    assert languages(client, english) == {"en": english, "x-default": english}
    publishing.publish(article, "da")
    assert languages(client, danish) == languages(client, english)
    assert languages(client, danish) == {"da": danish, "en": english, "x-default": danish}


def test_list_without_articles_is_the_same_as_no_other(client):
    make_category(slug_da="maven")
    assert languages(client, "/da/blog/category/maven/") == {}


def test_older_articles_are_the_same_as_no_other_page(client):
    assert languages(client, make_site("da")["older articles"]) == {}


# What other sites show


def test_article_is_shown_with_title_description_and_picture(client):
    edition = make_edition(
        title_da="Lyskebrok", abstract_da="Kort  om\n\nbrok.", author=make_author("Bo Prøve")
    )
    head = head_of(client, edition.get_absolute_url())
    assert head.property("og:type") == "article"
    assert head.property("og:title") == "Lyskebrok"
    assert head.property("og:description") == "Kort om brok."
    assert head.property("og:url") == head.canonical
    assert head.property("og:locale") == "da_DK"
    assert head.property("og:image").startswith(f"{head.canonical}card-")
    assert (head.property("og:image:width"), head.property("og:image:height")) == ("1200", "630")
    assert "Lyskebrok" in head.property("og:image:alt")


def test_article_says_when_by_whom_and_of_what(client):
    author = make_author(slug="anna")
    edition = make_edition(author=author, category=make_category(name_da="Brok"))
    head = head_of(client, edition.get_absolute_url())
    assert head.property("article:author") == f"{SITE}/da/blog/author/anna/"
    assert head.property("article:section") == "Brok"
    assert head.property("article:published_time") == head.property("article:modified_time")


def test_other_languages_are_named(client):
    article = make_bilingual_article()
    publishing.publish(article, "da")
    english = publishing.publish(article, "en")
    assert head_of(client, english.get_absolute_url()).property("og:locale:alternate") == "da_DK"


def test_long_abstract_is_cut(client):
    edition = make_edition(abstract_da="Ord " * 100)
    description = head_of(client, edition.get_absolute_url()).property("og:description")
    assert len(description) == 160
    assert description.endswith("…")


def test_what_is_typed_stays_text(client):
    title = '"><script>alert(1)</script>'
    assert head_of(client, make_edition(title_da=title).get_absolute_url()).property("og:title") == title


def test_page_names_its_feeds(client):
    edition = make_edition(make_article(author=make_author(slug="anna")))
    for path, feed in ((edition.get_absolute_url(), "/da/blog/"), ("/da/blog/author/anna/",) * 2):
        head = head_of(client, path)
        assert head.feeds("application/atom+xml") == [f"{SITE}{feed}feed/"]
        assert head.feeds("application/feed+json") == [f"{SITE}{feed}feed.json"]


def test_missing_page_has_no_canonical_address(client):
    response = client.get("/da/blog/findes-ikke/")
    assert response.status_code == 404
    assert b"canonical" not in response.content


def test_page_and_stylesheet_are_small(client, settings):
    call_command("load_sample")
    sample = Edition.objects.get(language="da", slug="tarm-hjerne-aksen")
    assert len(sample.body.split()) > 800
    html = get(client, sample.get_absolute_url()).content
    css = (settings.BASE_DIR / "static/css/site.css").read_bytes()
    assert len(gzip.compress(html)) + len(gzip.compress(css)) < 20_000
