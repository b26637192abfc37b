"""Articles that were deleted, and bringing one back."""

from datetime import date

import pytest
from django.urls import reverse

from articles import revising
from articles.models import Article
from tests.articles.test_admin import address, form
from tests.factories import make_article, make_author, make_bilingual_article, make_editor, make_treatment

pytestmark = pytest.mark.django_db

DELETED = "admin:articles_article_deleted"


@pytest.fixture
def desk(client):
    client.force_login(make_editor(first_name="Anna", last_name="Prøve"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def listed(desk, query=""):
    return desk.get(reverse(DELETED) + query).content.decode()


def delete(desk, article):
    desk.post(address("delete", article), {"post": "yes"})
    assert not Article.objects.filter(pk=article.pk).exists()


def recover(desk, pk):
    return desk.post(reverse("admin:articles_article_recover", args=[pk]), follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


# The list


def test_list_of_articles_leads_to_deleted_ones(desk):
    assert reverse(DELETED) in desk.get(reverse("admin:articles_article_changelist")).content.decode()


def test_nothing_deleted_is_said(desk):
    make_article()
    assert "No article has been deleted." in listed(desk)


def test_deleted_article_is_listed_by_title_with_who_saved_it_last(desk):
    article = make_bilingual_article(title_da="", title_en="Hernia <b>")
    revising.record(article, by=make_editor(first_name="Bente", last_name="Prøve"))
    make_article(title_da="Ikke slettet")
    delete(desk, article)
    html = listed(desk)
    assert "Hernia &lt;b&gt;" in html
    assert "Bente Prøve" in html
    assert "Ikke slettet" not in html


def test_list_goes_on_with_those_saved_earlier(desk):
    for n in range(31):
        article = make_article(title_da=f"Nr. {n:02}")
        revising.record(article)
        article.delete()
    html = listed(desk)
    assert "Nr. 30" in html
    assert "Nr. 00" not in html
    before = html.partition("?before=")[2].partition('"')[0]
    assert "Nr. 00" in listed(desk, f"?before={before}")


@pytest.mark.parametrize("before", ["x", "9" * 30, "²"])
def test_impossible_page_is_the_first(desk, before):
    assert "No article" in listed(desk, f"?before={before}")


def test_list_costs_the_same_with_any_number(desk, django_assert_num_queries):
    for _n in range(2):
        with django_assert_num_queries(3):
            listed(desk)
        for _m in range(10):
            article = make_article()
            revising.record(article, by=make_editor())
            article.delete()


# Recovering


def test_recovered_article_is_as_it_was(desk):
    author, treatment, other = make_author(), make_treatment(), make_article()
    article = make_bilingual_article(author=author, published_on=date(2026, 3, 14))
    article.treatments.add(treatment)
    article.related.add(other)
    revising.record(article)
    article.body_da = "Siden."
    article.save()
    revising.record(article)
    state, version = revising.state(article), article.version
    delete(desk, article)
    recover(desk, article.pk)
    recovered = Article.objects.get(pk=article.pk)
    assert (revising.state(recovered), recovered.version) == (state, version)
    assert [revising.of(kept).number for kept in revising.revisions(recovered)] == [2, 1]


def test_recovered_article_can_be_changed_and_saved(desk):
    article = make_article()
    revising.record(article)
    delete(desk, article)
    recover(desk, article.pk)
    desk.post(address("change", article), form(body_da="Nyt.", loaded_version=1))
    article.refresh_from_db()
    assert (article.text("body", "da"), article.version) == ("Nyt.", 2)


def test_what_was_never_recorded_is_recovered_too(desk):
    article = make_article(body_da="Udenom.")
    delete(desk, article)
    recover(desk, article.pk)
    article.refresh_from_db()
    assert article.text("body", "da") == "Udenom."


def test_what_is_deleted_from_the_list_is_recovered(desk):
    article = make_article(body_da="Et.")
    chosen = {"action": "delete_selected", "_selected_action": article.pk, "post": "yes"}
    desk.post(reverse("admin:articles_article_changelist"), chosen)
    assert not Article.objects.exists()
    recover(desk, article.pk)
    article.refresh_from_db()
    assert article.text("body", "da") == "Et."


def test_history_says_who_deleted_and_recovered(desk):
    article = make_article()
    revising.record(article)
    delete(desk, article)
    assert "The article is recovered, as it was last saved." in said(recover(desk, article.pk))
    html = desk.get(address("history", article)).content.decode()
    assert "Anna Prøve" in html
    assert "Deletion" in html
    assert "The article is recovered" in html


def test_slug_that_another_has_now_is_left_empty_and_said(desk):
    article = make_bilingual_article(slug_da="brok", slug_en="hernia", body_da="Et.")
    delete(desk, article)
    make_article(slug_da="brok")
    response = recover(desk, article.pk)
    article.refresh_from_db()
    assert (article.text("slug", "da"), article.text("slug", "en")) == ("", "hernia")
    assert article.text("body", "da") == "Et."
    assert "Danish: Slug is empty: another article has it now. Choose a different one." in said(response)


def test_what_is_gone_since_is_said(desk):
    treatment = make_treatment()
    article = make_article()
    article.treatments.add(treatment)
    delete(desk, article)
    treatment.delete()
    said_then = said(recover(desk, article.pk))
    assert "Treatments has lost something: what it named is not there any more." in said_then
    assert not article.treatments.exists()


def test_recovering_twice_leads_to_the_article(desk):
    article = make_article(body_da="Et.")
    delete(desk, article)
    recover(desk, article.pk)
    Article.objects.update(body_da="Nyt.")
    response = recover(desk, article.pk)
    assert response.redirect_chain[-1][0] == address("change", article)
    article.refresh_from_db()
    assert article.text("body", "da") == "Nyt."


def test_what_never_was_is_not_found(desk):
    assert recover(desk, 10**12).status_code == 404


def test_recovering_is_not_done_by_a_link(desk):
    article = make_article()
    delete(desk, article)
    assert desk.get(reverse("admin:articles_article_recover", args=[article.pk])).status_code == 405
