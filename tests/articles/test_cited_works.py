from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from articles.desk.cited_works import cited_in
from articles.models import Article
from references.models import Reference
from tests.factories import make_article, make_bilingual_article, make_editor, make_reference

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def change_url(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def facts(**fields):
    """What is said of the one work an article cites, each with its level."""
    fields = {"standing": "good", "checked_at": days_ago(3)} | fields
    make_reference(1, **fields)
    [language] = cited_in(make_article(body_da="Et [@pmid:1]."))
    [work] = language.works
    return {fact.text.replace("\xa0", " "): fact.level for fact in work.facts}


def test_each_language_has_its_own_numbers():
    article = make_bilingual_article(body_da="Et [@pmid:1; @pmid:2].", body_en="One [@pmid:2].")
    numbers = {
        language.code: {work.reference.pmid: work.number for work in language.works}
        for language in cited_in(article)
    }
    assert numbers == {"da": {1: 1, 2: 2}, "en": {2: 1}}


def test_language_without_citations_is_left_out():
    assert [language.code for language in cited_in(make_bilingual_article(body_da="Et [@pmid:1]."))] == ["da"]


def test_work_in_order_is_said_quietly():
    assert facts() == {"In good standing": "", "Last checked 3 days ago": ""}


@pytest.mark.parametrize(
    ("standing", "said", "level"),
    [
        ("retracted", "Retracted", "error"),
        ("not_found", "Not found", "error"),
        ("concern", "Expression of concern", "warning"),
        ("corrected", "Corrected", "warning"),
        ("updated", "A newer version exists", "warning"),
    ],
)
def test_standing_has_its_gravity(standing, said, level):
    assert facts(standing=standing)[said] == level


def test_standing_that_is_intended_is_no_error():
    said = facts(standing="retracted", intended_standing="retracted", intended_reason="Om fejl.")
    assert said["Retracted; cited on purpose: Om fejl."] == ""


@pytest.mark.parametrize(
    ("agreement", "said", "level"),
    [
        ("another_paper", "Another paper than the one you described", "error"),
        ("doubtful", "Perhaps another paper than the one you described", "warning"),
        ("agrees", "The paper you described", ""),
    ],
)
def test_agreement_is_said(agreement, said, level):
    assert facts(agreement=agreement)[said] == level


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"checked_at": days_ago(10)}, "Out of date: last checked 10 days ago"),
        ({"checked_at": None, "standing": "unchecked"}, "Never checked"),
    ],
)
def test_check_that_is_old_or_missing_is_a_warning(fields, said):
    assert facts(**fields)[said] == "warning"


def test_works_with_errors_and_warnings_are_counted():
    make_reference(1, standing="retracted", checked_at=days_ago(10))
    make_reference(2, standing="good", checked_at=days_ago(1))
    [language] = cited_in(make_article(body_da="Et [@pmid:1; @pmid:2; @pmid:3]."))
    assert (language.errors, language.warnings) == (1, 2)


def test_panel_shows_both_texts_of_another_paper_and_leads_to_the_remedy(desk):
    reference = make_reference(1, title="Zinc.", claimed="Diets.", agreement="another_paper")
    html = desk.get(change_url(make_article(body_da="Et [@pmid:1]."))).content.decode()
    for text in ("Zinc.", "You wrote: Diets.", "choose the right paper"):
        assert text in html
    assert reverse("admin:references_reference_change", args=[reference.pk]) in html


def test_panel_shows_what_the_author_wrote_while_the_record_is_unknown(desk):
    make_reference(1, claimed="Hansen <1999>.")
    html = desk.get(change_url(make_article(body_da="Et [@pmid:1]."))).content.decode()
    assert "<p>Hansen &lt;1999&gt;.</p>" in html


def test_work_that_has_no_row_yet_is_named_by_its_key(desk):
    html = desk.get(change_url(make_article(body_da="Et [@pmid:1]."))).content.decode()
    assert "pmid:1" in html.split('class="module cited"')[1].split("</section>")[0]


def test_references_are_no_links_for_those_who_may_not_see_them(client):
    writer = User.objects.create_user("writer", is_staff=True)
    writer.user_permissions.add(Permission.objects.get(codename="change_article"))
    client.force_login(writer)
    reference = make_reference(1)
    html = client.get(change_url(make_article(body_da="Et [@pmid:1]."))).content.decode()
    assert "pmid:1" in html
    assert reverse("admin:references_reference_change", args=[reference.pk]) not in html


def test_long_list_is_folded(desk):
    for count, fold in [(10, "<details open>"), (11, "<details>")]:
        body = " ".join(f"[@pmid:{n}]" for n in range(1, count + 1))
        assert fold in desk.get(change_url(make_article(body_da=body))).content.decode()


def test_article_without_citations_and_a_new_one_have_no_panel(desk):
    for url in (change_url(make_article()), reverse("admin:articles_article_add")):
        assert "cited-heading" not in desk.get(url).content.decode()


def test_form_costs_the_same_with_any_number_of_references(desk, django_assert_num_queries):
    article = make_bilingual_article()

    def cite(count):
        Reference.objects.bulk_create(
            (
                Reference(pmid=n, claimed="Et.", agreement="another_paper", intended_standing="retracted")
                for n in range(1, count + 1)
            ),
            ignore_conflicts=True,
        )
        body = " ".join(f"[@pmid:{n}]" for n in range(1, count + 1))
        Article.objects.filter(pk=article.pk).update(body_da=body, body_en=body)

    cite(3)
    desk.get(change_url(article))
    with CaptureQueriesContext(connection) as few:
        desk.get(change_url(article))
    cite(60)
    with django_assert_num_queries(len(few)):
        html = desk.get(change_url(article)).content.decode()
    assert html.count("You wrote: Et.") == 120
