import re
from datetime import date, timedelta

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
from tests.heads import without_data

pytestmark = pytest.mark.django_db


def titles(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return [edition.title for edition in response.context["page"].editions]


def make_editions(count, **fields):
    first = date(2026, 1, 1)
    return [
        make_edition(title_da=f"Artikel {n}", published_on=first + timedelta(days=n), **fields)
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [0, 1, 30])
def test_front_page_costs_the_same_with_any_number_of_articles(client, django_assert_max_num_queries, count):
    make_editions(count, author=make_author(), category=make_category())
    with django_assert_max_num_queries(2):
        client.get("/da/blog/")


@pytest.mark.parametrize("kind", ["category", "author", "treatment"])
def test_other_lists_cost_two_queries_at_most(client, django_assert_max_num_queries, kind):
    author = make_author(slug="anna")
    category = make_category(slug_da="maven")
    treatment = make_treatment(slug_da="koloskopi")
    for _ in range(20):
        article = make_article(author=author, category=category)
        article.treatments.add(treatment)
        publishing.publish(article, "da")
    path = {"category": "category/maven", "author": "author/anna", "treatment": "treatment/koloskopi"}[kind]
    with django_assert_max_num_queries(2):
        assert len(titles(client, f"/da/blog/{path}/")) == 12


def test_newest_article_comes_first(client):
    make_editions(3)
    assert titles(client, "/da/blog/") == ["Artikel 3", "Artikel 2", "Artikel 1"]


def test_list_has_no_drafts_and_no_other_language(client):
    make_article(title_da="Kladde")
    publishing.publish(make_bilingual_article(title_en="Hernia"), "en")
    make_edition(title_da="Online")
    assert titles(client, "/da/blog/") == ["Online"]


def test_pages_of_twelve_lead_to_each_other(client):
    make_editions(30)
    sizes, seen, path = [], [], "/da/blog/"
    while path:
        page = client.get(path).context["page"]
        sizes.append(len(page.editions))
        seen += [edition.title for edition in page.editions]
        path = page.older and f"/da/blog/{page.older}"
    assert sizes == [12, 12, 6]
    assert seen == [f"Artikel {n}" for n in range(30, 0, -1)]


def test_newer_leads_back_the_way_one_came(client):
    make_editions(30)
    first = client.get("/da/blog/").context["page"]
    second = client.get(f"/da/blog/{first.older}").context["page"]
    back = client.get(f"/da/blog/{second.newer}").context["page"]
    assert back.editions == first.editions
    assert not back.newer


def test_articles_of_one_day_are_neither_lost_nor_shown_twice(client):
    editions = [make_edition(published_on=date(2026, 1, 1)) for _ in range(15)]
    first = client.get("/da/blog/").context["page"]
    second = client.get(f"/da/blog/{first.older}").context["page"]
    assert first.editions + second.editions == editions[::-1]


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=", "after=2026-13-01.1", "before=2026-01-01", "after=2026-01-01.-1", "before=%00"],
)
def test_page_that_is_none_is_404(client, query):
    assert client.get(f"/da/blog/?{query}").status_code == 404


def test_page_after_a_huge_number_is_not_an_error(client):
    assert client.get("/da/blog/?after=9999-12-31.999999999999999999").status_code == 200


def test_front_page_names_categories_readers_find_something_in(client):
    make_edition(category=make_category(name_da="Brok", slug_da="brok"))
    make_category(name_da="Tom")
    html = client.get("/da/blog/").content.decode()
    assert 'href="/da/blog/category/brok/"' in html
    assert "Tom" not in html


def test_category_page_has_its_articles_only(client):
    category = make_category(name_da="Brok", slug_da="brok", description_da="Alt om brok.")
    make_edition(title_da="Lyskebrok", category=category)
    make_edition(title_da="Galdesten", category=make_category())
    assert titles(client, "/da/blog/category/brok/") == ["Lyskebrok"]


def test_category_page_leads_to_its_other_language(client):
    make_category(slug_da="brok", slug_en="hernia")
    assert 'href="/en/blog/category/hernia/"' in client.get("/da/blog/category/brok/").content.decode()


def test_category_without_a_slug_in_the_language_has_no_page_there(client):
    make_category(slug_da="brok", slug_en=None)
    assert client.get("/en/blog/category/brok/").status_code == 404
    assert 'hreflang="en"' not in client.get("/da/blog/category/brok/").content.decode()


def test_treatment_page_offers_booking(client):
    make_treatment(slug_da="koloskopi", summary_da="En undersøgelse.", booking_url_da="https://example.dk/k")
    html = client.get("/da/blog/treatment/koloskopi/").content.decode()
    assert "En undersøgelse." in html
    assert 'href="https://example.dk/k"' in html


def test_author_page_shows_biography_and_articles(client):
    author = make_author("Bo Prøve", slug="bo", biography_da="Bo er en prøve.")
    make_edition(title_da="Lyskebrok", author=author)
    assert titles(client, "/da/blog/author/bo/") == ["Lyskebrok"]
    assert "Bo er en prøve." in client.get("/da/blog/author/bo/").content.decode()


def test_author_without_an_article_in_the_language_has_no_page_there(client):
    make_edition(author=make_author(slug="bo"))
    assert client.get("/en/blog/author/bo/").status_code == 404
    assert 'hreflang="en"' not in client.get("/da/blog/author/bo/").content.decode()


def test_lists_set_no_cookie_and_have_no_script(client, settings):
    make_editions(2)
    response = client.get("/da/blog/")
    assert not response.cookies
    html = without_data(response.content.decode())
    assert "<script" not in html
    assert set(re.findall(r'https?://[^/"]+', html)) == {settings.SITE_URL}


def treatments(client, language="da"):
    return [
        treatment["name"] for treatment in client.get(f"/{language}/blog/treatment/").context["treatments"]
    ]


def test_treatments_are_in_danish_alphabetical_order(client):
    for name in ("Årebetændelse", "Øjenoperation", "Koloskopi", "Æggestoksundersøgelse", "brokoperation"):
        make_treatment(name_da=name)
    assert treatments(client) == [
        "brokoperation",
        "Koloskopi",
        "Æggestoksundersøgelse",
        "Øjenoperation",
        "Årebetændelse",
    ]


def test_treatment_is_listed_when_it_can_be_booked_or_read_about(client):
    read_about = make_treatment(name_da="Læses", booking_url_da="", booking_url_en="")
    make_treatment(name_da="Bestilles", name_en="Booked", slug_en=None)
    make_treatment(name_da="Hverken eller", booking_url_da="", booking_url_en="")
    article = make_article()
    article.treatments.add(read_about)
    publishing.publish(article, "da")
    assert treatments(client) == ["Bestilles", "Læses"]
    assert treatments(client, "en") == []


def test_treatments_cost_one_query(client, django_assert_num_queries):
    for _ in range(20):
        make_treatment()
    with django_assert_num_queries(1):
        assert len(treatments(client)) == 20
