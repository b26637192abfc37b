"""Who has a page already is told so before it is made; and how long pages are kept on their way."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as project
from django.db import connection, transaction
from django.utils import timezone
from time_machine import travel

from articles import caching, publishing
from articles.models import Edition
from articles.publishing import Remarks, Review
from references.languages import localized
from references.models import Reference
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_picture,
    make_preview_link,
    make_reference,
    make_treatment,
)

pytestmark = pytest.mark.django_db

ARTICLE = "/da/blog/galdesten/"
LISTS = ("/da/blog/", "/da/blog/category/maven/", "/da/blog/author/anna/", "/da/blog/treatment/koloskopi/")
OTHERS = (
    *("/da/blog/feed/", "/da/blog/feed.json", "/da/blog/treatment/", "/da/blog/search/", "/sitemap.xml"),
    *(
        "/da/blog/privacy/",
        "/robots.txt",
        "/llms.txt",
        "/da/blog/treatment/koloskopi/embed/",
        f"{ARTICLE[:-1]}.md",
    ),
    f"{ARTICLE}references.ris",
)


@pytest.fixture
def article():
    """One that cites, offers and shows; its edition is online in Danish."""
    make_reference(11, title="A title", standing=Reference.Standing.GOOD)
    article = make_bilingual_article(
        slug_da="galdesten",
        body_da=f"Et fund [@pmid:11].\n\n![Et snit](picture:{make_picture().pk})",
        author=make_author("Anna Prøve", slug="anna"),
        category=make_category(slug_da="maven"),
    )
    article.treatments.add(make_treatment(slug_da="koloskopi"))
    publishing.publish(article, "da")
    return article


def tag(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response["ETag"]


def again(client, path, known):
    return client.get(path, headers={"If-None-Match": known})


@pytest.mark.parametrize("path", [ARTICLE, *LISTS, *OTHERS])
def test_page_is_not_sent_to_who_has_it(client, article, path):
    known = tag(client, path)
    response = again(client, path, known)
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", known)
    assert response["Cache-Control"] == client.get(path)["Cache-Control"]


@pytest.mark.parametrize("path", [ARTICLE, *LISTS])
def test_page_that_somebody_has_is_not_made(client, article, path, monkeypatch):
    known = tag(client, path)
    monkeypatch.setattr("articles.views.render", None)
    assert again(client, path, known).status_code == 304


def test_article_that_somebody_has_costs_one_query(client, article, django_assert_num_queries):
    known = tag(client, ARTICLE)
    with django_assert_num_queries(1):
        again(client, ARTICLE, known)


@pytest.mark.parametrize("path", LISTS)
def test_list_that_somebody_has_costs_two_queries(client, article, path, django_assert_num_queries):
    known = tag(client, path)
    with django_assert_num_queries(2):
        again(client, path, known)


def test_new_edition_is_another_page(client, article):
    paths = [ARTICLE, *LISTS, "/da/blog/feed/", "/da/blog/feed.json", "/llms.txt", "/sitemap.xml"]
    known = {path: tag(client, path) for path in paths}
    article.title_da = "Rettet"
    article.save()
    publishing.publish(article, "da")
    assert [path for path in paths if again(client, path, known[path]).status_code == 304] == []


SUMMARY: dict[str, Any] = {localized("plain_summary", "da"): "Kort sagt."}
CHANGES = {
    "standing": lambda article: Reference.objects.update(standing=Reference.Standing.RETRACTED),
    "day of the check": lambda article: Reference.objects.update(checked_at=timezone.now()),
    "plain summary": lambda article: Reference.objects.update(**SUMMARY),
    "name of the author": lambda article: type(article.author).objects.update(name="Bo Prøve"),
    "portrait": lambda article: type(article.author).objects.update(portrait="another"),
    "name of the category": lambda article: type(article.category).objects.update(name_da="Tarmen"),
    "booking address": lambda article: article.treatments.update(booking_url_da="https://example.dk/ny"),
    "a related article": lambda article: make_edition(category=article.category),
    "another language": lambda article: publishing.publish(article, "en"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_an_article_shows_beside_its_text_makes_another_page(client, article, what):
    known = tag(client, ARTICLE)
    CHANGES[what](article)
    assert again(client, ARTICLE, known).status_code == 200


def test_what_an_article_does_not_show_leaves_it_as_it_is(client, article):
    known = tag(client, ARTICLE)
    article.body_da = "En kladde."
    article.save()
    Reference.objects.update(tried_at=timezone.now())
    make_edition(category=make_category())
    assert again(client, ARTICLE, known).status_code == 304


def test_text_that_a_translation_is_behind_makes_it_another_page(client):
    article = make_bilingual_article(slug_en="hernia")
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    known = tag(client, "/en/blog/hernia/")
    article.body_da = "Ny viden."
    article.save()
    publishing.publish(article, "da")
    assert again(client, "/en/blog/hernia/", known).status_code == 200


def test_promise_of_a_review_that_is_over_makes_another_page(client):
    with travel(datetime(2026, 6, 1, 12, tzinfo=UTC)):
        review = Review(by=make_author(), on=timezone.localdate())
        make_edition(slug_da="galdesten", remarks=Remarks(review=review))
        known = tag(client, ARTICLE)
    with travel(datetime(2027, 5, 31, 12, tzinfo=UTC)):
        assert again(client, ARTICLE, known).status_code == 304
    with travel(datetime(2027, 6, 1, 12, tzinfo=UTC)):
        assert again(client, ARTICLE, known).status_code == 200


def test_description_of_a_picture_makes_another_text(client, article):
    path = f"{ARTICLE[:-1]}.md"
    known = tag(client, path)
    type(make_picture()).objects.update(alt_da="Beskrevet på ny")
    assert again(client, path, known).status_code == 200


def test_new_slug_of_what_lists_articles_makes_another_sitemap(client, article):
    known = tag(client, "/sitemap.xml")
    article.treatments.update(slug_da="kikkert")
    assert again(client, "/sitemap.xml", known).status_code == 200


def test_number_of_an_edition_that_a_restore_took_back_says_nothing(client, article):
    paths = (ARTICLE, *LISTS, "/da/blog/feed/", "/da/blog/feed.json", "/sitemap.xml", "/llms.txt")
    # Numbers are given in order, whatever is rolled back.
    again_from = "SELECT setval('articles_edition_id_seq', 1000000)"
    before = transaction.savepoint()
    known = {}
    for title in ("Før", "Efter"):
        transaction.savepoint_rollback(before)
        with connection.cursor() as cursor:
            cursor.execute(again_from)
        article.title_da = title
        article.save()
        assert publishing.publish(article, "da").pk == 1_000_001
        for path in paths:
            known.setdefault(path, set()).add(tag(client, path))
    assert {path: len(tags) for path, tags in known.items()} == dict.fromkeys(paths, 2)


@pytest.mark.parametrize("setting", ["SITE_URL", "MEDIA_URL"])
def test_another_address_of_the_site_makes_another_page(client, article, settings, setting):
    known = tag(client, ARTICLE)
    setattr(settings, setting, "https://elsewhere.example/")
    assert again(client, ARTICLE, known).status_code == 200


def test_new_release_of_the_program_makes_every_page_another(client, article, monkeypatch):
    known = tag(client, ARTICLE)
    monkeypatch.setattr(caching, "release", lambda: "the next one")
    assert again(client, ARTICLE, known).status_code == 200


def test_release_is_made_of_templates_and_words(settings, tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "requirements.txt").touch()
    settings.BASE_DIR = tmp_path
    before = caching.release.__wrapped__()
    (tmp_path / "templates" / "base.html").write_text("<p>")
    assert caching.release.__wrapped__() != before


def test_release_is_what_a_process_began_with():
    code = "import clinic.wsgi; from articles import caching; print(caching.release.cache_info().currsize)"
    environment = {"SECRET_KEY": "x" * 50, "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1\n"


def test_query_that_was_not_asked_is_no_content():
    with pytest.raises(TypeError, match="EditionQuerySet"):
        caching.entity_tag(Edition.objects.all())


def test_editors_of_templates_see_what_they_change(client, article, settings):
    settings.DEBUG = True
    assert "ETag" not in client.get(ARTICLE)


def directives(response):
    pairs = (part.partition("=") for part in response["Cache-Control"].split(", "))
    return {name: int(value) if value else None for name, _is, value in pairs}


@pytest.mark.parametrize("path", [ARTICLE, *LISTS, *OTHERS])
def test_change_is_seen_by_everybody_within_ten_seconds(client, article, path):
    kept = directives(client.get(path))
    in_cache = kept["s-maxage"] + kept["stale-while-revalidate"] + 1  # nginx rounds up
    in_browser = kept["max-age"] + kept["stale-while-revalidate"]
    assert in_cache + in_browser <= 10
    assert "public" in kept


@pytest.mark.parametrize(("mib", "told"), [(99, "0"), (101, None)])
def test_cache_on_a_full_disk_keeps_nothing(client, article, monkeypatch, mib, told):
    left = SimpleNamespace(free=mib * 1024 * 1024)
    monkeypatch.setattr(caching.shutil, "disk_usage", lambda _path: left)
    assert client.get(ARTICLE).get("X-Accel-Expires") == told


def test_page_is_not_kept_beyond_its_end(client, article):
    now = timezone.now()
    with travel(now, tick=False):
        article.title_da = "Ny"
        article.save()
        publishing.publish(article, "da", at=now + timedelta(seconds=30))
    with travel(now + timedelta(seconds=29), tick=False):
        kept = directives(client.get(ARTICLE))
        assert (kept["s-maxage"], kept["stale-while-revalidate"]) == (1, 0)


def test_withdrawn_article_is_told_to_who_has_it(client, article):
    known = tag(client, ARTICLE)
    publishing.withdraw(article, "da")
    response = again(client, ARTICLE, known)
    assert response.status_code == 410
    assert directives(response)["s-maxage"] <= 2


@pytest.mark.parametrize("path", ["/da/blog/author/anna/", "/da/blog/author/anna/feed/"])
def test_list_of_an_author_without_articles_takes_the_place_of_what_was_there(client, article, path):
    publishing.withdraw(article, "da")
    response = client.get(path)
    assert (response.status_code, directives(response)["s-maxage"]) == (404, 2)


def test_address_that_somebody_made_up_is_in_no_cache(client):
    assert "Cache-Control" not in client.get("/da/blog/author/nobody/")


@pytest.mark.parametrize("ending", ["/", ".md", "/references.ris"])
def test_article_that_is_gone_is_gone_under_any_condition(client, article, ending):
    publishing.withdraw(article, "da")
    path = f"{ARTICLE[:-1]}{ending}"
    known = client.get(path).get("ETag", "*")
    assert [again(client, path, tag).status_code for tag in (known, "*")] == [410, 410]


def test_address_that_has_moved_is_not_remembered_for_good(client, article):
    article.slug_da = "galdeblaeren"
    article.save()
    publishing.publish(article, "da")
    response = client.get(ARTICLE)
    assert (response.status_code, directives(response)["max-age"]) == (301, 0)


def test_answer_to_a_search_is_in_no_shared_cache(client, article):
    response = client.get("/da/blog/search/?q=galdesten")
    assert response["Cache-Control"] == "private, no-cache"
    assert again(client, "/da/blog/search/?q=galdesten", response["ETag"]).status_code == 304


def test_draft_is_kept_by_nobody(client):
    link = make_preview_link(make_article())
    response = client.get(link.get_absolute_url())
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "ETag" not in response


@pytest.mark.parametrize("path", ["/", "/blog/galdesten/", "/a/{pk}/"])
def test_address_without_a_language_follows_the_reader(client, article, path):
    response = client.get(path.format(pk=article.pk))
    assert response.status_code == 302
    assert "Accept-Language" in response["Vary"]
    assert "public" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/blog/galdesten/", "/a/{pk}/"])
def test_cookie_chooses_no_language_for_other_readers(client, article, path):
    publishing.publish(article, "en")
    headers = {"Accept-Language": "da", "Cookie": "django_language=en"}
    response = client.get(path.format(pk=article.pk), headers=headers)
    assert response["Location"].startswith("/da/")


@pytest.mark.parametrize("path", [ARTICLE, *LISTS, *OTHERS])
def test_other_answers_are_the_same_for_readers_of_all_languages(client, article, path):
    assert "Accept-Language" not in client.get(path).get("Vary", "")


def test_one_page_is_everybodys(client, article):
    response = client.get(ARTICLE, headers={"Cookie": f"sessionid={'a' * 32}"})
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
