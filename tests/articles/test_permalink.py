import pytest
import time_machine
from django.utils import timezone

from articles import publishing
from tests.articles.test_article_detail import NEXT_YEAR
from tests.factories import make_article, make_bilingual_article, make_edition

pytestmark = pytest.mark.django_db


def lead(client, article, reader="da", method="get"):
    return getattr(client, method)(f"/a/{article.pk}/", headers={"Accept-Language": reader})


@pytest.fixture
def bilingual():
    article = make_bilingual_article(slug_da="brok", slug_en="hernia")
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    return article


@pytest.mark.parametrize(
    ("reader", "path"),
    [
        ("da", "/da/blog/brok/"),
        ("da-DK,da;q=0.9,en;q=0.8", "/da/blog/brok/"),
        ("en-GB,en;q=0.9", "/en/blog/hernia/"),
        ("de,en;q=0.5", "/en/blog/hernia/"),
        ("fr", "/da/blog/brok/"),
        ("", "/da/blog/brok/"),
    ],
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_permalink_leads_to_the_readers_language(client, bilingual, reader, path, method):
    response = lead(client, bilingual, reader, method)
    # For now: another reader is led elsewhere, and the slug may change.
    assert (response.status_code, response["Location"]) == (302, path)


def test_permalink_follows_a_new_slug(client, bilingual):
    bilingual.slug_da = "lyskebrok"
    bilingual.save()
    publishing.publish(bilingual, "da")
    assert lead(client, bilingual)["Location"] == "/da/blog/lyskebrok/"


@pytest.mark.parametrize("gone", ["da", "en"])
@pytest.mark.parametrize("reader", ["da", "en", "fr"])
def test_permalink_leads_to_the_language_that_is_left(client, bilingual, gone, reader):
    publishing.withdraw(bilingual, gone)
    left = {"da": "/en/blog/hernia/", "en": "/da/blog/brok/"}[gone]
    assert lead(client, bilingual, reader)["Location"] == left


def test_permalink_of_an_article_in_one_language_leads_there(client):
    edition = make_edition()
    assert lead(client, edition.article, "en")["Location"] == edition.get_absolute_url()


def test_permalink_prefers_the_original_where_the_reader_has_no_language(client):
    article = make_bilingual_article(original_language="en", slug_en="hernia")
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    # Of two languages the site has, one is always the reader's: only then is another asked for.
    publishing.withdraw(article, "da")
    assert lead(client, article, "da")["Location"] == "/en/blog/hernia/"


@pytest.mark.parametrize(("reader", "language"), [("da", "da"), ("en", "en")])
def test_permalink_of_a_withdrawn_article_says_so_in_the_readers_language(
    client, bilingual, reader, language
):
    publishing.withdraw(bilingual, "da")
    publishing.withdraw(bilingual, "en")
    response = lead(client, bilingual, reader)
    assert response.status_code in {404, 410}
    assert f'<html lang="{language}"' in response.content.decode()
    assert f'href="/{language}/blog/"' in response.content.decode()


def test_permalink_of_a_withdrawn_article_leads_to_it_once_it_is_back(client, bilingual):
    publishing.withdraw(bilingual, "da")
    publishing.publish(bilingual, "da")
    assert lead(client, bilingual)["Location"] == "/da/blog/brok/"


def test_permalink_of_a_scheduled_article_leads_nowhere_before_its_time(client):
    edition = make_edition(at=NEXT_YEAR)
    assert lead(client, edition.article).status_code == 404
    with time_machine.travel(NEXT_YEAR):
        assert timezone.now() >= edition.validity.lower
        assert lead(client, edition.article)["Location"] == edition.get_absolute_url()


def test_permalink_of_a_draft_is_404(client):
    assert lead(client, make_article()).status_code == 404


@pytest.mark.parametrize("path", ["/a/0/", "/a/99999999999999999999999/", "/a/-1/", "/a/x/"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_permalink_of_no_article_is_404(client, path, method):
    assert getattr(client, method)(path).status_code == 404


def test_permalink_without_its_last_slash_still_leads_there(client, bilingual):
    response = client.get(f"/a/{bilingual.pk}", follow=True, headers={"Accept-Language": "en"})
    assert response.redirect_chain[-1][0] == "/en/blog/hernia/"


def test_caches_keep_a_permalink_for_each_language(client, bilingual):
    assert "Accept-Language" in lead(client, bilingual)["Vary"]
    publishing.withdraw(bilingual, "da")
    publishing.withdraw(bilingual, "en")
    assert "Accept-Language" in lead(client, bilingual)["Vary"]


def test_permalink_sets_no_cookie_and_reads_none(client, bilingual):
    response = lead(client, bilingual)
    assert not response.cookies
    assert "Cookie" not in response["Vary"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_permalink_is_read_only(client, bilingual, method):
    assert lead(client, bilingual, method=method).status_code == 405


def test_permalink_costs_two_queries(client, bilingual, django_assert_num_queries):
    with django_assert_num_queries(2):
        lead(client, bilingual)
