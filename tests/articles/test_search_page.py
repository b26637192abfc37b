from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import publishing, searching
from articles.models import Edition, SearchWord, Synonym
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_reference,
    make_treatment,
)

pytestmark = pytest.mark.django_db

DANISH, ENGLISH = "/da/blog/search/", "/en/blog/search/"
HOSTILE = [
    "",
    " ",
    "og",
    "og i at det er",
    "\x00",
    "brok\x00brok",
    "\ufffe\x07",
    "'\":*&|!<>()",
    "' | 'brok",
    "brok:*",
    "brok & !bule",
    "<script>alert(1)</script>",
    "%",
    "_",
    "\\",
    "\\m(",
    "a",
    "½ ² Ⅷ",
    "ﬀ İ ß ŉ",
    "брок 腸 مرحبا",
    "🙂" * 500,
    "brok " * 2_000,
    "x" * 10_000,
    " ".join(f"brok{n}" for n in range(2_000)),
    "0",
    "99999999999999999999",
    "pmid",
    "pmid 0",
]


def found(client, query, path=DANISH, **more):
    """The titles that are found, best first."""
    page = client.get(path, {"q": query, **more})
    assert page.status_code == 200
    return [edition.title for edition in page.context["found"].editions]


def text_of(client, query, path=DANISH, **more):
    return client.get(path, {"q": query, **more}).content.decode()


# What is found


def test_when_to_seek_help_is_found_and_shown(client):
    make_edition(
        title_da="Galdesten", seek_help_da="Ring, hvis du får **gulsot** eller feber.", body_da="Tekst."
    )
    assert found(client, "gulsot") == ["Galdesten"]
    assert "<mark>gulsot</mark>" in text_of(client, "gulsot")


@pytest.mark.parametrize("field", ["title_da", "abstract_da", "body_da"])
def test_word_is_found_wherever_it_stands(client, field):
    edition = make_edition(**{field: "Spiserøret"})
    assert found(client, "spiserør") == [edition.title]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("galdsten", "galdestensoperation"),
        ("tarmbakterier", "tarmbakterierne"),
        ("koloskpi", "koloskopi"),
        ("galdeblaere", "galdeblære"),
        ("bloedning", "blødning"),
        ("aabne", "åbne"),
        ("operation", "brokoperation"),
        ("mavesmerter", "maven gør, og smerter"),
        ("kolo", "koloskopi"),
        ("KOLOSKOPI", "koloskopi"),
        ("mave/tarm", "tarm og mave"),
        ("tarm-hjerne-aksen", "tarm-hjerne-aksen"),
        ("hjerne", "tarm-hjerne-aksen"),
        ("covid-19", "covid-19"),
        ("omega 3", "omega-3"),
        ("10-12 dage", "10-12 dage"),
        ("pylori", "H.pylori"),
        ("tarmspejling", "tarm\N{SOFT HYPHEN}spejling"),
        ("åreknude", "a\N{COMBINING RING ABOVE}reknude"),
    ],
)
def test_word_is_found_by_others_like_it(client, query, word):
    make_edition(title_da="Her", body_da=f"Om {word} i dag.")
    make_edition(title_da="Ikke her", body_da="Om noget andet.")
    assert found(client, query) == ["Her"]


def test_what_the_word_is_in_comes_before_what_is_like_it(client):
    make_edition(title_da="Galdestensoperation")
    make_edition(title_da="Galdesten")
    make_edition(title_da="Om maven", body_da="Galdesten.")
    assert found(client, "galdesten") == ["Galdesten", "Galdestensoperation", "Om maven"]


def test_title_counts_for_more_than_heading_abstract_and_text(client):
    make_edition(title_da="Text", body_da="Milten.")
    make_edition(title_da="Abstract", abstract_da="Milten.")
    make_edition(title_da="Heading", body_da="## Milten\n\nEn.")
    make_edition(title_da="Milten")
    assert found(client, "milten") == ["Milten", "Heading", "Abstract", "Text"]


def test_all_words_are_asked_for(client):
    make_edition(title_da="Begge", body_da="Feber og kvalme.")
    make_edition(title_da="Feber")
    assert found(client, "feber kvalme") == ["Begge"]


def test_some_words_will_do_when_no_article_has_all(client):
    make_edition(title_da="Feber")
    page = client.get(DANISH, {"q": "feber svimmelhed"}, headers={"accept-language": "da"})
    assert [edition.title for edition in page.context["found"].editions] == ["Feber"]
    assert page.context["found"].is_partial


def test_more_of_the_words_count_for_more_than_the_place_of_one(client):
    make_edition(title_da="Feber", body_da="## Feber\n\nFeber og feber.")
    make_edition(title_da="To af dem", body_da="Feber og kvalme.")
    make_edition(title_da="Kvalme", abstract_da="Kvalme.")
    assert found(client, "feber kvalme svimmelhed")[0] == "To af dem"


def test_articles_are_found_by_a_work_they_cite(client):
    reference = make_reference(34256014)
    make_edition(title_da="Her", body_da="Et fund [@pmid:34256014].")
    make_edition(title_da="Ikke her")
    for query in (f"{reference.pmid}", f"PMID {reference.pmid}", f"pmid:{reference.pmid}"):
        assert found(client, query) == ["Her"]


def test_number_of_a_citation_is_no_word(client):
    make_reference(34256014)
    make_edition(body_da="Et fund [@pmid:34256014], som ses.")
    [text] = Edition.objects.values_list("search", flat=True)
    assert "'1'" not in text


@pytest.mark.parametrize("query", ["Anna", "prøve", "proeve", "Anna Prøve"])
def test_articles_are_found_by_their_author(client, query):
    make_edition(title_da="Her", author=make_author("Anna Prøve"))
    make_edition(title_da="Ikke her", author=make_author("Bo Test"))
    assert found(client, query) == ["Her"]


def test_beginning_of_a_name_counts_for_less_than_the_word(client):
    make_edition(title_da="Feber", author=make_author("Bente Prøve"))
    make_edition(title_da="Ondt i et ben")
    make_edition(title_da="Kløe", body_da="Kløe på et ben.")
    assert found(client, "ben") == ["Ondt i et ben", "Kløe", "Feber"]
    assert found(client, "ben prø") == ["Feber"]


def test_article_of_an_author_is_found_by_its_subject_too(client):
    anna = make_author("Anna Prøve")
    make_edition(title_da="Brok", author=anna)
    make_edition(title_da="Feber", author=anna)
    assert found(client, "Anna Prøve feber") == ["Feber"]


@pytest.mark.parametrize(
    "query", ["tarmspejling", "tarmspejlingen", "kikkertundersøgelse af tyktarmen", "tarmspejling feber"]
)
def test_synonym_finds_what_means_the_same(client, query):
    words = ["koloskopi", "tarmspejling", "kikkertundersøgelse af tyktarmen"]
    Synonym.objects.create(language="da", words=words)
    make_edition(title_da="Koloskopi", body_da="Ring ved feber.")
    make_edition(title_da="Andet", body_da="Noget.")
    assert found(client, query) == ["Koloskopi"]


def test_synonym_of_another_language_finds_nothing(client):
    Synonym.objects.create(language="en", words=["koloskopi", "tarmspejling"])
    make_edition(title_da="Koloskopi")
    assert found(client, "tarmspejling") == []


def test_synonym_alone_is_refused():
    with pytest.raises(ValidationError):
        Synonym(language="da", words=["koloskopi"]).full_clean()


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_may_be_searched_for(text):
    with transaction.atomic():
        for language in ("da", "en"):
            searching.search(text, language)
            searching.suggestions(text, language)


# What is not


def test_text_that_patients_do_not_read_is_not_found(client):
    make_article(title_da="Hemmelig", body_da="Hemmelig.")
    make_edition(title_da="Hemmelig", at=timezone.now() + timedelta(days=1))
    withdrawn = make_edition(title_da="Hemmelig")
    publishing.withdraw(withdrawn.article, "da")
    assert found(client, "hemmelig") == []


def test_excerpt_is_of_the_text_that_patients_read(client):
    article = make_article(body_da="Feber før.")
    make_edition(article)
    article.body_da = "Feber nu."
    article.save()
    publishing.publish(article, "da", at=timezone.now() + timedelta(days=1))
    html = text_of(client, "feber")
    assert "før" in html
    assert "nu." not in html
    assert found(client, "nu feber") == found(client, "feber")


def test_nothing_is_suggested_that_patients_do_not_read(client):
    make_edition(title_da="Koloskopi", at=timezone.now() + timedelta(days=1))
    make_edition(title_da="Gastroskopi")
    html = text_of(client, "koloskopiapparat")
    assert "Koloskopi<" not in html
    assert ">koloskopi<" not in html


def test_nothing_says_whether_a_hidden_text_has_a_word(client):
    make_edition(title_da="Feber")
    make_edition(title_da="Hemmelighed", at=timezone.now() + timedelta(days=1))
    hidden, unheard_of = (text_of(client, f"feber {word}") for word in ("hemmelighed", "hvalrossernes"))
    assert hidden.replace("hemmelighed", "") == unheard_of.replace("hvalrossernes", "")


def test_other_language_is_not_searched(client):
    article = make_bilingual_article(title_da="Appendicitis", title_en="Appendicitis")
    publishing.publish(article, "en")
    assert found(client, "appendicitis") == []
    assert found(client, "appendicitis", ENGLISH) == ["Appendicitis"]


def test_english_is_stemmed_as_english(client):
    publishing.publish(make_bilingual_article(title_en="Examinations"), "en")
    assert found(client, "examined", ENGLISH) == ["Examinations"]


# The page


@pytest.mark.parametrize("path", [DANISH, ENGLISH])
@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: ascii(query[:20]))
def test_any_query_is_answered_calmly(client, path, query):
    publishing.publish(make_bilingual_article(title_da="Brok", title_en="Hernia"), "da")
    page = client.get(path, {"q": query})
    assert page.status_code == 200
    assert "\x00" not in page.content.decode()


def test_address_that_is_no_text_is_answered_calmly(client):
    assert client.get(f"{DANISH}?q=%ff%fe%00&category=%00&treatment=x").status_code == 200


def test_matches_are_marked_and_everything_else_is_escaped(client):
    make_edition(
        title_da="<b>Milten</b> & mere", abstract_da="Om milten < nyren.", body_da="Milten &amp; nyren."
    )
    html = text_of(client, "milten <i>")
    assert "&lt;b&gt;<mark>Milten</mark>&lt;/b&gt; &amp; mere" in html
    assert "<mark>milten</mark> &lt; nyren" in html
    assert 'value="milten &lt;i&gt;"' in html


def test_query_turns_no_words_around_it_and_may_be_copied_from_a_page(client):
    make_edition(title_da="Milten")
    html = text_of(client, "\N{RIGHT-TO-LEFT OVERRIDE}mil\N{SOFT HYPHEN}ten")
    assert "1 artikel om “milten”" in html


def test_excerpt_has_no_citation_markers(client):
    make_reference(11)
    make_edition(body_da="Milten [@pmid:11] er et organ.")
    assert "<mark>Milten</mark> er et organ" in text_of(client, "milten")


def test_article_without_a_match_in_its_text_is_shown_by_its_abstract(client):
    make_edition(title_da="Milten", abstract_da="Et organ i maven.", body_da="Noget.")
    assert "<p>Et organ i maven.</p>" in text_of(client, "milten")


def test_results_come_in_pages_of_twelve_and_are_counted(client):
    for n in range(14):
        make_edition(title_da=f"Milten {n}")
    first, second = (found(client, "milten", page=page) for page in (1, 2))
    assert (len(first), len(second), len({*first, *second})) == (12, 2, 14)
    assert "14 artikler om “milten”" in text_of(client, "milten")
    assert "q=milten&amp;page=2" in text_of(client, "milten")


@pytest.mark.parametrize("page", ["0", "-1", "x", "3", "9" * 30, "²", "1.5", ""])
def test_page_that_is_not_there_is_not_found(client, page):
    make_edition(title_da="Milten")
    assert client.get(DANISH, {"q": "milten", "page": page}).status_code == 404


def test_results_are_narrowed_by_category_and_treatment(client):
    stomach, spleen = make_category(slug_da="mave"), make_category(slug_da="milt", name_da="Milt")
    scan, talk = make_treatment(slug_da="skanning", name_da="Skanning"), make_treatment(slug_da="samtale")
    for title, category, treatments in (("A", stomach, [scan]), ("B", spleen, [scan]), ("C", spleen, [])):
        article = make_article(title_da=title, body_da="Milten.", category=category)
        article.treatments.set(treatments)
        publishing.publish(article, "da")
    assert set(found(client, "milten", category="milt")) == {"B", "C"}
    assert set(found(client, "milten", treatment="skanning")) == {"A", "B"}
    assert found(client, "milten", category="milt", treatment="skanning") == ["B"]
    assert set(found(client, "milten", category="unheard-of")) == {"A", "B", "C"}
    html = text_of(client, "milten", category="milt")
    assert '<option value="milt" selected>Milt (2)</option>' in html
    assert ">Skanning (1)</option>" in html
    assert 'value="samtale"' not in html
    assert found(client, "milten", treatment="samtale") == []
    assert talk.name_da in text_of(client, "milten", treatment="samtale")


def test_who_finds_nothing_is_offered_words_articles_and_topics(client):
    make_edition(title_da="Koloskopi", category=make_category(name_da="Undersøgelser"))
    html = text_of(client, "qqwwee ttyyzz")
    assert "Ingen artikler om “qqwwee ttyyzz”" in html
    assert "Undersøgelser" in html


def test_words_like_the_one_that_is_nowhere_are_offered(client):
    make_edition(title_da="Milten")
    html = text_of(client, "milteskadens")
    assert '<a href="?q=milten">milten</a>' in html
    assert ">Milten</a>" in html


def test_page_without_a_query_shows_topics_and_no_result(client):
    make_edition(title_da="Koloskopi", category=make_category(name_da="Undersøgelser"))
    html = client.get(DANISH).content.decode()
    assert "Undersøgelser" in html
    assert "Koloskopi" not in html
    assert "Ingen artikler" not in html


def test_search_is_not_indexed_and_sets_no_cookie(client):
    page = client.get(DANISH, {"q": "brok"})
    assert '<meta name="robots" content="noindex">' in page.content.decode()
    assert not page.cookies


def test_other_language_is_asked_the_same(client):
    assert f'href="{ENGLISH}?q=galdebl%C3%A6re+%26+mere"' in text_of(client, "galdeblære & mere")


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("query", ["milten", "milten nyren feber kvalme hoste smerter angst uro"])
def test_search_costs_the_same_with_any_number_of_articles_and_words(
    client, django_assert_num_queries, count, query
):
    for n in range(count):
        make_edition(title_da=f"Milten {n}", body_da="Nyren feber kvalme hoste smerter angst uro")
    # What the words mean, synonyms, categories, treatments, the editions; and one in its own transaction,
    # which is three more: what matches.
    with django_assert_num_queries(9):
        client.get(DANISH, {"q": query})


# What it is searched in


@pytest.mark.parametrize("column", ["search", "about"])
def test_what_is_searched_in_never_changes(column):
    make_edition()
    with pytest.raises(ProgrammingError, match="DEFAULT"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE articles_edition SET {column} = ''")


def test_words_are_learnt_once():
    make_edition(title_da="Milten", abstract_da="Læge", body_da="Milten og miltens 12345 læge.")
    make_edition(title_da="Milten", abstract_da="Læge", body_da="Miltene.")
    words = SearchWord.objects.filter(language="da").values_list("word", flat=True)
    assert sorted(words) == ["læge", "milten", "miltene", "miltens"]
