import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from articles.models import Article, Author, Category, Edition, Override, Treatment
from references.models import Reference
from tests.factories import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample():
    call_command("load_sample")


def test_sample_has_what_a_clinic_has(sample):
    assert Article.objects.count() >= 4
    assert [model.objects.count() for model in (Author, Category, Treatment)] == [2, 4, 6]


def test_sample_has_the_gut_brain_axis_at_one_slug_in_both_languages(sample, client):
    for language in ("da", "en"):
        assert client.get(f"/{language}/blog/tarm-hjerne-aksen/").status_code == 200


def test_sample_has_an_article_in_danish_only(sample):
    languages = {
        article: set(article.editions.values_list("language", flat=True)) for article in Article.objects.all()
    }
    assert {"da"} in languages.values()


def test_sample_references_are_not_called_checked(sample):
    assert set(Reference.objects.values_list("standing", flat=True)) == {Reference.Standing.UNCHECKED}


def test_sample_has_no_dead_links(sample, client):
    pages, seen = [reverse("articles:list")], set()
    while pages:
        address = pages.pop()
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        assert response.status_code in {200, 301, 302}, address
        if response.status_code == 200 and not address.startswith(("/static/", "/admin/")):
            pages += re.findall(r'<a [^>]*href="(/[^"#]*)', response.content.decode())
    assert len(seen) > 30


def test_sample_is_published_without_overriding_anything(sample):
    assert Edition.objects.current().count() == 11
    assert not Override.objects.exists()


def test_sample_stays_in_drafts_where_a_doctor_has_to_approve_first(settings, capsys):
    settings.APPROVAL_REQUIRED = True
    call_command("load_sample")
    assert (Article.objects.exists(), Edition.objects.exists()) == (True, False)
    assert "All are drafts" in capsys.readouterr().out


def test_sample_dates_have_passed(sample):
    assert all(edition.published_on <= edition.created_at.date() for edition in Edition.objects.all())


def test_sample_is_not_loaded_over_articles():
    make_article()
    with pytest.raises(CommandError, match="articles in this database already"):
        call_command("load_sample")
