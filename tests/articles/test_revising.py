from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from articles import citing, importing, publishing, revising
from articles.manuscripts import Manuscript
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_editor,
    make_reference,
    make_treatment,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def change(article, **fields):
    """Change an article as code that says so does."""
    locked = revising.lock(article.pk)
    for name, value in fields.items():
        setattr(locked, name, value)
    locked.save()
    revising.record(locked)
    return locked


def comments(article):
    return [revising.of(version).comment for version in revising.revisions(article)]


def test_every_change_is_a_revision_with_its_number():
    article = change(change(make_article(body_da="Et."), body_da="To."), body_da="Tre.")
    kept = {number: revising.find(article, number).state["body_da"] for number in (1, 2, 3)}
    assert kept == {1: "Et.", 2: "To.", 3: "Tre."}
    assert article.version == 3


def test_a_change_of_nothing_is_no_revision():
    article = change(make_article(body_da="Et."), body_da="Et.")
    assert revising.revisions(article).count() == 1


def test_another_line_break_is_no_change():
    article = change(make_article(body_da="Et.\n\nTo."), body_da="Et.\r\n\r\nTo.")
    assert article.version == 1


def test_who_and_why_are_kept():
    article, editor = make_article(), make_editor(first_name="Anna", last_name="Prøve")
    revising.record(article, by=editor, comment="Nyt.")
    revision = revising.find(article, 1)
    assert (revision.who, revision.comment) == ("Anna Prøve", "Nyt.")


def test_treatments_and_related_articles_are_kept():
    article, other, treatment = make_article(), make_article(), make_treatment()
    revising.record(article)
    article.treatments.add(treatment)
    article.related.add(other)
    revising.record(article)
    state = revising.find(article, 2).state
    assert (state["treatments"], state["related"]) == ([treatment.pk], [other.pk])


def test_what_changed_without_a_word_is_recorded_before_the_next_change():
    article = make_article(body_da="Et.")
    revising.record(article)
    type(article).objects.update(body_da="Udenom.")
    change(article, body_da="To.")
    kept = [revising.of(version).state["body_da"] for version in revising.revisions(article)]
    assert kept == ["To.", "Udenom.", "Et."]


def test_language_of_the_moment_decides_nothing():
    article = make_bilingual_article(title_da="Brok", title_en="Hernia")
    revising.record(article)
    state = revising.find(article, 1).state
    assert (state["title_da"], state["title_en"], "title" in state) == ("Brok", "Hernia", False)


# Restoring


def test_restoring_brings_everything_back_as_a_new_revision():
    author, treatment = make_author(), make_treatment()
    article = make_article(body_da="Et.", author=author, published_on=date(2026, 3, 14))
    article.treatments.add(treatment)
    change(article, body_da="To.", author=None, published_on=None)
    article.treatments.clear()
    revising.restore(article, revising.find(article, 1), by=make_editor())
    article.refresh_from_db()
    assert article.text("body", "da") == "Et."
    assert (article.author, article.published_on) == (author, date(2026, 3, 14))
    assert list(article.treatments.all()) == [treatment]
    assert comments(article)[0] == "Restored from version 1."
    assert revising.find(article, 2).state["body_da"] == "To."


def test_what_is_gone_is_said_and_stays_as_it_is():
    author, other = make_author(), make_author()
    article = make_article(author=author)
    article.treatments.add(make_treatment())
    change(article, author=other)
    article.treatments.all().delete()
    author.delete()
    left = revising.restore(article, revising.find(article, 1))
    article.refresh_from_db()
    assert left == ["author", "treatments"]
    assert article.author == other


def test_restoring_a_slug_that_another_article_has_now_changes_nothing():
    article = make_article(slug_da="brok", body_da="Et.")
    change(article, slug_da="lyskebrok", body_da="To.")
    make_article(slug_da="brok")
    with pytest.raises(ValidationError):
        revising.restore(article, revising.find(article, 1))
    article.refresh_from_db()
    assert article.text("body", "da") == "To."


# What else changes working copies


def test_importing_is_a_revision():
    article = make_article(slug_da="brok", body_da="Før.")
    importing.store(Manuscript(title="Brok", slug="brok", body="Efter."), language="da")
    assert comments(article) == ["Imported.", ""]
    assert revising.find(article, 1).state["body_da"] == "Før."


def test_citing_another_work_is_a_revision():
    reference = make_reference(pmid=34306126)
    article = make_article(body_da="Et [@pmid:34306126].")
    citing.take(reference, 34256014, by=make_editor())
    assert comments(article) == ["Cites PubMed 34256014 instead.", ""]


def test_first_publication_is_a_revision():
    article = make_article()
    publishing.publish(article, "da", by=make_editor())
    assert comments(article) == ["Published for the first time.", ""]
