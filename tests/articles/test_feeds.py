"""Feeds, read back by a feed reader's parser; JSON Feed held against https://www.jsonfeed.org/version/1.1/."""

from datetime import date, datetime
from time import struct_time

import feedparser
import pytest

from articles import publishing
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_treatment,
)
from tests.heads import get

pytestmark = pytest.mark.django_db

SITE = "https://blog.example"
PATHS = ("", "category/maven/", "author/anna/", "treatment/koloskopi/")


@pytest.fixture(autouse=True)
def at_an_address(settings):
    settings.SITE_URL = SITE


@pytest.fixture
def article():
    """One that all four lists have."""
    author = make_author("Anna Prøve", slug="anna")
    category = make_category(name_da="Maven", slug_da="maven", slug_en="stomach")
    article = make_bilingual_article(
        title_da="Mave & tarm < hjerne", abstract_da="Kort <b>sagt</b>.", author=author, category=category
    )
    article.treatments.add(make_treatment(slug_da="koloskopi"))
    publishing.publish(article, "da")
    return article


def atom(client, path="/da/blog/feed/"):
    response = get(client, path)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    return feed


def json_feed(client, path="/da/blog/feed.json"):
    response = get(client, path)
    assert response["Content-Type"] == "application/feed+json; charset=utf-8"
    return response.json()


@pytest.mark.parametrize("path", PATHS)
def test_every_list_has_an_atom_feed(client, article, path):
    feed = atom(client, f"/da/blog/{path}feed/")
    assert [entry.link for entry in feed.entries] == [f"{SITE}/da/blog/{article.slug_da}/"]
    assert feed.feed.language == "da"
    assert feed.feed.link == f"{SITE}/da/blog/{path}"
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [f"{SITE}/da/blog/{path}feed/"]


@pytest.mark.parametrize("path", PATHS)
def test_every_list_has_a_json_feed(client, article, path):
    feed = json_feed(client, f"/da/blog/{path}feed.json")
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"].startswith("Kirurgen.dk: ")
    assert feed["home_page_url"] == f"{SITE}/da/blog/{path}"
    assert feed["feed_url"] == f"{SITE}/da/blog/{path}feed.json"
    assert feed["language"] == "da"
    [item] = feed["items"]
    assert item["url"] == f"{SITE}/da/blog/{article.slug_da}/"
    assert item["content_text"] == "Kort <b>sagt</b>."
    assert item["tags"] == ["Maven"]
    assert item["authors"] == [{"name": "Anna Prøve", "url": f"{SITE}/da/blog/author/anna/"}]
    assert datetime.fromisoformat(item["date_published"]).tzinfo
    assert datetime.fromisoformat(item["date_modified"]).tzinfo


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("ending", ["feed/", "feed.json"])
def test_feed_costs_two_queries_with_any_number_of_articles(
    client, article, django_assert_max_num_queries, path, ending
):
    for _ in range(25):
        another = make_article(author=article.author, category=article.category)
        another.treatments.set(article.treatments.all())
        publishing.publish(another, "da")
    with django_assert_max_num_queries(2):
        response = client.get(f"/da/blog/{path}{ending}")
    assert not response.cookies


def test_entry_has_abstract_author_and_category(client, article):
    [entry] = atom(client).entries
    assert entry.title == "Mave & tarm < hjerne"
    assert "Kort &lt;b&gt;sagt&lt;/b&gt;." in entry.summary
    assert entry.author == "Anna Prøve"
    assert [tag.term for tag in entry.tags] == ["Maven"]


def test_entry_keeps_its_name_when_title_and_slug_change(client, article):
    before = atom(client).entries[0].id, json_feed(client)["items"][0]["id"]
    article.title_da, article.slug_da = "Ny titel", "ny-titel"
    article.save()
    publishing.publish(article, "da")
    assert (atom(client).entries[0].id, json_feed(client)["items"][0]["id"]) == before
    assert before == (f"{SITE}/a/{article.pk}/#da",) * 2


def test_languages_have_entries_of_their_own(client, article):
    publishing.publish(article, "en")
    danish, english = (atom(client, f"/{code}/blog/feed/") for code in ("da", "en"))
    assert danish.entries[0].id != english.entries[0].id
    [other] = [link for link in danish.feed.links if link.get("hreflang")]
    assert (other.hreflang, other.href) == ("en", f"{SITE}/en/blog/feed/")


def test_feed_is_as_new_as_its_newest_edition(client, article):
    feed = atom(client)
    assert isinstance(feed.entries[0].updated_parsed, struct_time)
    assert feed.feed.updated_parsed == feed.entries[0].updated_parsed
    first = feed.entries[0].published
    article.body_da += " Mere."
    article.save()
    publishing.publish(article, "da")
    [entry] = atom(client).entries
    assert entry.published == first
    assert entry.updated > first


def test_feed_has_the_newest_twenty(client):
    for day in range(1, 23):
        make_edition(title_da=f"Artikel {day}", published_on=date(2026, 1, day))
    titles = [entry.title for entry in atom(client).entries]
    assert titles == [f"Artikel {day}" for day in range(22, 2, -1)]
    assert [item["title"] for item in json_feed(client)["items"]] == titles


def test_draft_and_withdrawn_article_are_in_no_feed(client, article):
    make_article()
    publishing.withdraw(article, "da")
    assert atom(client).entries == []
    assert json_feed(client)["items"] == []


@pytest.mark.parametrize("path", ["feed/", "feed.json"])
def test_unchanged_feed_is_not_sent_again(client, article, path):
    tag = client.get(f"/da/blog/{path}")["ETag"]
    again = client.get(f"/da/blog/{path}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    publishing.withdraw(article, "da")
    assert client.get(f"/da/blog/{path}", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", ["feed/", "feed.json"])
def test_empty_feed_is_always_the_same(client, path):
    assert client.get(f"/da/blog/{path}")["ETag"] == client.get(f"/da/blog/{path}")["ETag"]


@pytest.mark.parametrize("path", ["category/none/feed/", "author/none/feed.json", "treatment/none/feed/"])
def test_feed_of_nothing_is_404(client, path):
    assert client.get(f"/da/blog/{path}").status_code == 404


def test_booking_pages_may_read_the_json_feed(client, article, settings):
    settings.EMBED_ORIGINS = ["https://booking.example"]
    path = "/da/blog/treatment/koloskopi/feed.json"
    response = client.get(path, headers={"Origin": "https://booking.example"})
    assert response["Access-Control-Allow-Origin"] == "https://booking.example"
    assert "Origin" in response["Vary"]
    other = client.get(path, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other


@pytest.mark.parametrize("path", ["feed/", "feed.json"])
def test_head_of_a_feed_can_be_asked_for(client, article, path):
    response = client.head(f"/da/blog/{path}")
    assert (response.status_code, response.content) == (200, b"")
    assert client.post(f"/da/blog/{path}").status_code == 405
