"""What the database itself refuses, whoever asks: raw SQL."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import ProtectedError
from django.utils import timezone

from articles import publishing
from articles.models import Edition, Override
from tests.factories import make_article, make_edition, make_treatment

pytestmark = pytest.mark.django_db


def execute(sql: str, *params: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.mark.parametrize(
    "change",
    [
        "title = 'x'",
        "html = ''",
        "slug = 'x'",
        "number = 9",
        "language = 'en'",
        "published_on = '1999-01-01'",
        "content_hash = ''",
        "created_at = now() - interval '1 day'",
        "outline = '[1]'",
    ],
)
def test_edition_never_changes(change):
    make_edition()
    with pytest.raises(IntegrityError, match="never changes"):
        execute(f"UPDATE articles_edition SET {change}")


def test_edition_is_never_deleted():
    make_edition()
    with pytest.raises(IntegrityError, match="never deleted"):
        execute("DELETE FROM articles_edition")


def test_validity_can_be_closed():
    edition = make_edition()
    execute("UPDATE articles_edition SET validity = tstzrange(lower(validity), now() + interval '1 hour')")
    edition.refresh_from_db()
    assert edition.validity.upper is not None


@pytest.mark.parametrize(
    "validity",
    [
        "tstzrange(lower(validity) - interval '1 day', NULL)",
        "tstzrange(lower(validity) + interval '1 second', NULL)",
        "tstzrange(lower(validity), lower(validity) + interval '1 hour')",
        "'empty'",
    ],
)
def test_past_of_an_edition_never_changes(validity):
    edition = make_edition()
    yesterday = timezone.now() - timedelta(days=1)
    copy_with_validity(edition, DateTimeTZRange(yesterday - timedelta(days=1), None), "old")
    with pytest.raises(IntegrityError):
        execute(f"UPDATE articles_edition SET validity = {validity} WHERE slug = 'old'")


def test_edition_that_is_over_is_not_opened_again():
    edition = make_edition()
    yesterday = timezone.now() - timedelta(days=1)
    copy_with_validity(edition, DateTimeTZRange(yesterday - timedelta(days=1), yesterday), "old")
    with pytest.raises(IntegrityError, match="is over"):
        execute("UPDATE articles_edition SET validity = tstzrange(lower(validity), NULL) WHERE slug = 'old'")


def copy_with_validity(edition: Edition, validity: DateTimeTZRange, slug: str) -> Edition:
    """The edition once more, as one of another article."""
    edition.pk = None
    edition._state.adding = True
    edition.article = make_article()
    edition.validity, edition.slug = validity, slug
    edition.save()
    return edition


@pytest.mark.parametrize(
    "sql", ["UPDATE articles_override SET reason = 'Another.'", "DELETE FROM articles_override"]
)
def test_overrides_never_change(sql):
    make_edition(abstract_da="", accepted="Because.")
    with pytest.raises(IntegrityError, match="never changes"):
        execute(sql)


def test_override_has_a_reason():
    edition = make_edition()
    with pytest.raises(IntegrityError, match="override_has_a_reason"), transaction.atomic():
        Override.objects.create(edition=edition, reason="", findings=[])


@pytest.mark.parametrize("sql", ["UPDATE articles_citation SET number = 9", "DELETE FROM articles_citation"])
def test_citations_never_change(sql):
    make_edition(references=1)
    with pytest.raises(IntegrityError, match="never changes"):
        execute(sql)


def test_treatments_of_an_edition_never_change():
    article = make_article()
    article.treatments.add(make_treatment())
    publishing.publish(article, "da")
    with pytest.raises(IntegrityError, match="never changes"):
        execute("DELETE FROM articles_editiontreatment")


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_to_an_edition_later():
    edition = make_edition(references=1)
    reference = edition.citations.get().reference
    with pytest.raises(IntegrityError, match="nothing is added"):
        execute(
            "INSERT INTO articles_citation (edition_id, reference_id, number, places) VALUES (%s, %s, 2, 1)",
            edition.pk,
            reference.pk,
        )


def test_two_editions_of_one_article_are_never_in_force_at_once():
    edition = make_edition()
    edition.pk = None
    edition._state.adding = True
    edition.number, edition.slug = 2, "anden"
    with pytest.raises(IntegrityError, match="one_current_edition_per_article_and_language"):
        edition.save()


def test_two_articles_are_never_at_one_address():
    edition = make_edition()
    edition.pk = None
    edition._state.adding = True
    edition.article = make_article()
    with pytest.raises(IntegrityError, match="one_current_edition_per_slug_and_language"):
        edition.save()


def test_cited_reference_is_protected():
    edition = make_edition(references=1)
    with pytest.raises(ProtectedError):
        edition.citations.get().reference.delete()


def test_cited_reference_is_protected_from_raw_sql():
    make_edition(references=1)
    with pytest.raises(IntegrityError):
        execute("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM references_reference")


def test_published_article_is_protected():
    with pytest.raises(ProtectedError):
        make_edition().article.delete()


def test_working_slug_is_unique_in_each_language():
    make_article(slug_da="brok")
    with pytest.raises(IntegrityError, match="unique_article_slug_da"):
        make_article(slug_da="brok")


def test_many_working_copies_have_no_slug_yet():
    make_article(slug_da=None)
    make_article(slug_da="")
    assert make_article(slug_da="").pk
