"""What the database keeps of the drafts' citations agrees with how texts are read."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.models import Article
from references import citations
from tests.factories import make_article

KEYS = ["@pmid:34256014", "@PMID : 7", "@29467611", "@doi:10.1000/A.b;c", "@doi: https://doi.org/10.1000/x"]
MALFORMED = ["@pmid:PMC1", "@doi:11.1/x", "@pmid:012", "@", "@anna", "@pmid:123456789"]
PIECES = [*KEYS, *MALFORMED, "[", "]", "; ", ";", " ", "\n", "\n\n", "(", "a", "\\", "`"]


def sql_keys(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT cited_keys('da', %s::text)", [text])
        return {name.removeprefix("da:") for name in cursor.fetchone()[0]}


def read_keys(text):
    return {str(key) for key in citations.keys(text)}


@pytest.mark.django_db
@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_database_never_misses_a_key(text):
    assert read_keys(text) <= sql_keys(text)


@pytest.mark.django_db
@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4).map("; ".join), max_size=5))
def test_database_names_just_the_keys_of_well_formed_groups(groups):
    text = "Et fund 12; og @en [link](/da/) ".join(f"[{group}]" for group in groups)
    assert sql_keys(text) == read_keys(text)


@pytest.mark.django_db
def test_cites_follow_the_text_by_language_however_it_was_saved():
    article = make_article(body_da="Et [@pmid:1].", body_en="One [@doi:10.1000/X].")
    assert sorted(article.cites) == ["da:pmid:1", "en:doi:10.1000/x"]
    Article.objects.filter(pk=article.pk).update(body_da="To [@2].", body_en=None)
    article.refresh_from_db()
    assert article.cites == ["da:pmid:2"]


@pytest.mark.django_db
def test_articles_are_found_by_what_their_drafts_cite():
    article = make_article(body_en="One [@doi:10.1000/X].")
    make_article(body_da="Et [@pmid:1].")
    assert list(Article.objects.citing([citations.doi("10.1000/x")])) == [article]
