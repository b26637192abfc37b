from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import publishing
from articles.models import Article
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_editor,
    make_reference,
    make_treatment,
)

pytestmark = pytest.mark.django_db

LIST = reverse("admin:articles_article_changelist")


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def listed(desk, **query):
    return {str(article) for article in desk.get(LIST, query).context["cl"].result_list}


def changed(article, **fields):
    Article.objects.filter(pk=article.pk).update(updated_at=timezone.now() + timedelta(hours=1), **fields)


@pytest.fixture
def in_every_state():
    """An article for each state of its Danish, which is its title."""
    make_edition(title_da="online")
    make_edition(title_da="scheduled", at=timezone.now() + timedelta(days=1))
    changed(make_edition(title_da="changed").article, body_da="Noget andet.")
    make_article(title_da="draft")
    withdrawn = make_edition(title_da="withdrawn").article
    publishing.withdraw(withdrawn, "da")
    make_article(title_da="", slug_da="", abstract_da="", body_da="", title_en="nothing")


@pytest.mark.parametrize(
    ("state", "titles"),
    [
        ("online", {"online", "changed"}),
        ("scheduled", {"scheduled"}),
        ("changed", {"changed"}),
        ("draft", {"draft", "withdrawn"}),
        ("nothing", {"nothing"}),
        ("unheard-of", {"online", "scheduled", "changed", "draft", "withdrawn", "nothing"}),
    ],
)
def test_articles_are_chosen_by_the_state_of_a_language(desk, in_every_state, state, titles):
    assert listed(desk, state_da=state) == titles


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("online", "Online since "),
        ("scheduled", "Comes online "),
        ("changed", "Changed since it was published"),
        ("draft", "Draft"),
        ("withdrawn", "Draft"),
        ("nothing", "–"),
    ],
)
def test_column_of_a_language_says_its_state(desk, in_every_state, title, said):
    html = desk.get(LIST, {"q": title}).content.decode()
    cell = html.split('class="field-state_da')[1].split("</td>")[0].split(">", 1)[1]
    assert said in cell


@pytest.fixture
def connected():
    """An article that offers a treatment and points to another one, online in both languages."""
    article = make_bilingual_article()
    article.treatments.add(make_treatment())
    article.related.add(make_article())
    for language in ("da", "en"):
        publishing.publish(article, language)
    changed(article)
    return article


def add_treatment(article):
    article.treatments.add(make_treatment())


def exchange_treatments(article):
    article.treatments.set([make_treatment()])


def clear_treatments(article):
    article.treatments.clear()


def add_related(article):
    article.related.add(make_article())


def clear_related(article):
    article.related.clear()


@pytest.mark.parametrize(
    "change", [add_treatment, exchange_treatments, clear_treatments, add_related, clear_related]
)
def test_other_treatments_and_related_articles_are_a_change(desk, connected, change):
    assert listed(desk, state_da="changed") == set()
    change(connected)
    assert listed(desk, state_da="changed") == listed(desk, state_en="changed") == {str(connected)}


def test_treatment_without_a_name_in_the_language_is_no_change_of_it(desk, connected):
    connected.treatments.add(make_treatment(name_en=""))
    assert listed(desk, state_da="changed") == {str(connected)}
    assert listed(desk, state_en="changed") == set()


def test_languages_have_columns_of_their_own(desk):
    article = make_bilingual_article()
    publishing.publish(article, "en")
    html = desk.get(LIST).content.decode()
    assert "Online since" in html.split('class="field-state_en')[1].split("</td>")[0]
    assert "Draft" in html.split('class="field-state_da')[1].split("</td>")[0]


def test_articles_are_chosen_by_author_and_category(desk):
    author, category = make_author(), make_category()
    make_article(title_da="hers", author=author)
    make_article(title_da="about", category=category)
    assert listed(desk, author__id__exact=author.pk) == {"hers"}
    assert listed(desk, category__id__exact=category.pk) == {"about"}


def test_articles_are_chosen_by_the_standing_of_what_they_cite(desk):
    make_reference(1, standing="retracted")
    make_reference(2, standing="good", agreement="another_paper")
    make_article(title_da="draft", body_da="Et [@pmid:1].")
    online = publishing.publish(
        make_article(title_da="online", body_da="Et [@pmid:1]."), "da", accepted="Read."
    )
    Article.objects.filter(pk=online.article_id).update(body_da="Et.")
    make_article(title_da="another", body_da="Et [@pmid:2].")
    assert listed(desk, cites="retracted") == {"draft", "online"}
    assert listed(desk, cites="another_paper") == {"another"}
    assert listed(desk, cites="concern") == set()


@pytest.mark.parametrize(
    "search",
    [
        "34256014",
        "pmid:34256014",
        "https://pubmed.ncbi.nlm.nih.gov/34256014/",
        "10.1000/ABC",
        "hernia name",
        "brok",
    ],
)
def test_articles_are_found_by_title_in_any_language_and_by_what_they_cite(desk, search):
    make_reference(34256014, doi="10.1000/abc")
    make_article(title_da="Brok", title_en="Hernia by name", body_da="Et [@pmid:34256014].")
    make_article(title_da="Noget andet")
    assert listed(desk, q=search) == {"Hernia by name"}


def test_search_within_a_filter_stays_within_it(desk):
    make_reference(1)
    make_article(title_da="Brok", body_da="Et [@pmid:1].")
    assert listed(desk, q="1", state_da="online") == set()


def test_numbers_beside_the_filters_can_be_had(desk, in_every_state):
    assert "Online (2)" in desk.get(LIST, {"_facets": "True"}).content.decode()


def test_list_reads_no_texts(desk):
    make_article()
    with CaptureQueriesContext(connection) as queries:
        desk.get(LIST)
    assert not [sql for sql in queries if '"body_da", "' in sql["sql"]]


def test_list_costs_the_same_with_any_number_of_articles(desk, in_every_state, django_assert_num_queries):
    desk.get(LIST)
    with CaptureQueriesContext(connection) as few:
        desk.get(LIST)
    Article.objects.bulk_create(
        Article(title_da=f"Kladde {n}", author=make_author(), category=make_category()) for n in range(300)
    )
    with django_assert_num_queries(len(few)):
        desk.get(LIST)


def test_all_articles_are_not_counted_beside_those_that_were_found(desk):
    make_article(title_da="Brok")
    said = " ".join(desk.get(LIST, {"q": "Brok"}).content.decode().split())
    assert '1 found (<a href="?">Show all</a>)' in said
