"""Medical reviews and change notes: on editions, on the page, at publishing, when due."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from articles import drafts, publishing
from articles.models import Edition
from articles.publishing import Remarks, Review
from articles.worklist import worklist
from tests.desk import publish as publish_at_the_desk
from tests.factories import (
    make_approval,
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_editor,
    make_preview_link,
)

pytestmark = pytest.mark.django_db

# Ahead of the database's clock: what was in force before an instant in the past cannot be changed.
NOON = datetime(2190, 6, 3, 12, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))
TODAY = NOON.date()


@pytest.fixture
def doctor():
    return make_author("Bo Prøve", title_da="overlæge", title_en="consultant")


def reviewed(doctor, on=TODAY):
    return Remarks(review=Review(doctor, on))


def change(article, **texts):
    for field, text in texts.items():
        setattr(article, field, text)
    article.save()


def page(client, edition):
    response = client.get(edition.get_absolute_url())
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


# On editions


def test_review_is_due_again_after_twelve_months(doctor):
    edition = make_edition(remarks=reviewed(doctor, date(2026, 6, 3)))
    assert (edition.reviewed_by, edition.reviewed_on) == (doctor, date(2026, 6, 3))
    assert edition.next_review_on == date(2027, 6, 3)


def test_category_says_after_how_many_months(doctor):
    edition = make_edition(
        category=make_category(review_months=6), remarks=reviewed(doctor, date(2026, 8, 31))
    )
    assert edition.next_review_on == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 11, 15), 1, date(2026, 12, 15)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 1, 31), 25, date(2028, 2, 29)),
    ],
)
def test_months_are_counted_to_the_same_day_or_the_last(day, months, later):
    assert publishing.months_later(day, months) == later


def test_small_edit_does_not_move_the_review(doctor):
    first = make_edition(remarks=reviewed(doctor))
    change(first.article, body_da="En bule til.")
    second = publishing.publish(first.article, "da")
    assert second.number == 2
    assert (second.reviewed_by, second.reviewed_on, second.next_review_on) == (
        doctor,
        first.reviewed_on,
        first.next_review_on,
    )


def test_review_holds_on_after_a_withdrawal(doctor):
    edition = make_edition(remarks=reviewed(doctor))
    publishing.withdraw(edition.article, "da")
    assert publishing.publish(edition.article, "da").reviewed_on == TODAY


def test_review_of_an_unchanged_text_is_a_new_edition_of_it(doctor):
    first = make_edition(remarks=reviewed(doctor))
    second = publishing.publish(first.article, "da", remarks=reviewed(doctor, TODAY + timedelta(days=365)))
    assert (second.number, second.content_hash) == (2, first.content_hash)
    assert second.reviewed_on > first.reviewed_on


def test_the_same_review_again_is_no_new_edition(doctor):
    first = make_edition(remarks=reviewed(doctor))
    assert publishing.publish(first.article, "da", remarks=reviewed(doctor)) == first


def test_change_note_on_an_unchanged_text_is_a_new_edition():
    first = make_edition()
    second = publishing.publish(first.article, "da", remarks=Remarks(change_note="Rettet."))
    assert (second.number, second.change_note) == (2, "Rettet.")


def test_a_change_note_is_of_one_edition_only():
    first = make_edition(remarks=Remarks(change_note="Rettet."))
    change(first.article, body_da="En bule til.")
    assert publishing.publish(first.article, "da").change_note == ""


def test_review_is_of_one_language(doctor):
    article = make_bilingual_article()
    make_edition(article, "da", remarks=reviewed(doctor))
    assert publishing.publish(article, "en").reviewed_by is None


def test_date_readers_see_can_be_changed_alone():
    first = make_edition(published_on=date(2026, 3, 1))
    change(first.article, published_on=date(2026, 4, 1))
    assert publishing.publish(first.article, "da").number == 2


def test_content_hash_of_a_draft_is_that_of_its_first_edition_on_any_day():
    article = make_article()
    draft = drafts.compile(article, "da")
    with time_machine.travel(NOON):
        assert publishing.publish(article, "da").content_hash == draft.edition.content_hash


@pytest.mark.parametrize(
    "half",
    ["reviewed_on, next_review_on", "reviewed_by_id, next_review_on", "reviewed_by_id, reviewed_on"],
)
def test_database_refuses_half_a_review(doctor, half):
    edition = make_edition(remarks=reviewed(doctor))
    columns = [
        field.column
        for field in Edition._meta.concrete_fields
        if field.column != "id" and not field.generated
    ]
    changed = {"number": "99", "validity": "'empty'"}
    kept = {"reviewed_by_id", "reviewed_on", "next_review_on"} - set(half.split(", "))
    values = [changed.get(c, "NULL" if c in kept else c) for c in columns]
    copied = f"SELECT {', '.join(values)} FROM articles_edition WHERE id = %s"
    with (
        pytest.raises(IntegrityError, match="review_says_who"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"INSERT INTO articles_edition ({', '.join(columns)}) {copied}", [edition.pk])


# When they are due


def test_review_is_due_from_its_day_on(doctor):
    edition = make_edition(remarks=reviewed(doctor, date(2026, 6, 3)))
    assert list(Edition.objects.reviews_due(date(2027, 6, 2))) == []
    assert list(Edition.objects.reviews_due(date(2027, 6, 3))) == [edition]


def test_review_of_a_former_edition_is_not_due(doctor):
    first = make_edition(remarks=reviewed(doctor, date(2026, 6, 3)))
    publishing.publish(first.article, "da", remarks=reviewed(doctor, date(2027, 6, 1)))
    assert list(Edition.objects.reviews_due(date(2027, 6, 3))) == []


def test_longest_due_comes_first(doctor):
    later = make_edition(remarks=reviewed(doctor, date(2026, 6, 3)))
    sooner = make_edition(remarks=reviewed(doctor, date(2026, 5, 3)))
    assert list(Edition.objects.reviews_due(date(2028, 1, 1))) == [sooner, later]


def test_due_review_is_on_the_worklist(doctor):
    edition = make_edition(remarks=reviewed(doctor, date(2020, 6, 3)))
    [section] = [each for each in worklist(make_editor()) if each.name == "reviews_due"]
    [row] = section.rows
    assert row.text == edition.title
    assert row.url == address(edition.article)
    assert "Bo Prøve" in row.detail


# On the page


@time_machine.travel(NOON)
def test_page_says_who_reviewed_it_when_and_when_next(client, doctor):
    html = page(client, make_edition(remarks=reviewed(doctor)))
    assert "Bo Prøve, overlæge" in html
    assert "3. juni 2190" in html
    assert "3. juni 2191" in html


@time_machine.travel(NOON)
def test_reviewer_without_a_title_is_named_alone(client):
    article = make_bilingual_article()
    edition = make_edition(article, "en", remarks=reviewed(make_author("Bo Prøve", title_en="")))
    assert "Medically reviewed by Bo Prøve on 3 June 2190; next review 3 June 2191" in page(client, edition)


def test_page_promises_no_review_in_the_past(client, doctor):
    with time_machine.travel(NOON):
        edition = make_edition(remarks=reviewed(doctor, date(2189, 6, 3)))
        html = page(client, edition)
    assert "3. juni 2189" in html
    assert "3. juni 2190" not in html[: html.index("</article>")]


def test_page_without_a_review_says_nothing_of_one(client):
    assert 'class="reviewed"' not in page(client, make_edition())


def test_change_notes_stand_newest_first_with_their_dates(client):
    article = make_article()
    with time_machine.travel(NOON):
        make_edition(article)
    with time_machine.travel(NOON + timedelta(days=1)):
        publishing.publish(article, "da", remarks=Remarks(change_note="Først."))
    with time_machine.travel(NOON + timedelta(days=2)):
        change(article, body_da="Mere.")
        publishing.publish(article, "da")
    with time_machine.travel(NOON + timedelta(days=3)):
        edition = publishing.publish(article, "da", remarks=Remarks(change_note="Siden <b>.\nMere."))
        html = page(client, edition)
    notes = re.findall(r'<time datetime="([-\d]+)">[^<]*</time>: (.*?)</li>', html)
    assert notes == [("2190-06-06", "Siden &lt;b&gt;.<br>Mere."), ("2190-06-04", "Først.")]


def test_page_has_only_its_own_languages_notes(client):
    article = make_bilingual_article()
    make_edition(article, "en", remarks=Remarks(change_note="Corrected."))
    assert "Corrected." not in page(client, make_edition(article, "da"))


def test_former_edition_has_no_later_notes(client):
    article = make_edition().article
    publishing.publish(article, "da", remarks=Remarks(change_note="Rettet."))
    client.force_login(make_editor())
    former = client.get(reverse("admin:articles_article_edition", args=[article.pk, "da", 1]))
    assert "Rettet." not in former.content.decode()


def test_note_of_a_scheduled_edition_is_not_read_before_its_time(client):
    article = make_article()
    first = make_edition(article)
    publishing.publish(article, "da", at=NOON, remarks=Remarks(change_note="Rettet."))
    assert "Rettet." not in page(client, first)
    with time_machine.travel(NOON):
        assert "Rettet." in page(client, first)


def test_note_of_a_cancelled_edition_is_never_read(client):
    article = make_article()
    publishing.publish(article, "da", at=NOON, remarks=Remarks(change_note="Rettet."))
    assert "Rettet." not in page(client, publishing.publish(article, "da"))


def test_page_with_everything_costs_one_query(client, doctor, django_assert_num_queries):
    article = make_bilingual_article(reviewer=doctor)
    make_edition(article, "da")
    english = make_edition(
        article, "en", remarks=Remarks(change_note="Corrected.", review=Review(doctor, TODAY))
    )
    change(article, body_da="Nyt.")
    publishing.publish(article, "da")
    with django_assert_num_queries(1):
        html = page(client, english)
    assert all(text in html for text in ("Corrected.", "Bo Prøve", 'class="newer-text"'))


# On the Publish page


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def address(article):
    return reverse("admin:articles_article_publish", args=[article.pk])


def publish(desk, article, **fields):
    return publish_at_the_desk(desk, article, ["da"], **fields)


def choices(desk, article):
    [(_state, form)] = desk.get(address(article)).context["states"]
    return dict(form.fields["review"].choices)


def test_change_note_is_published(desk):
    article = make_article()
    publish(desk, article, **{"da-change_note": "  Rettet. "})
    assert article.editions.get().change_note == "Rettet."


def test_reviewer_has_reviewed_it_today(desk, doctor):
    article = make_article(reviewer=doctor)
    publish(desk, article, **{"da-review": "reviewer"})
    edition = article.editions.get()
    assert (edition.reviewed_by, edition.reviewed_on) == (doctor, timezone.localdate())


def test_reviewer_has_reviewed_it_on_a_day(desk, doctor):
    article = make_article(reviewer=doctor)
    publish(desk, article, **{"da-review": "reviewer", "da-reviewed_on": "2026-01-05"})
    assert article.editions.get().reviewed_on == date(2026, 1, 5)


def test_review_in_the_future_is_an_error_and_nothing_is_published(desk, doctor):
    article = make_article(reviewer=doctor)
    tomorrow = timezone.localdate() + timedelta(days=1)
    response = publish(desk, article, **{"da-review": "reviewer", "da-reviewed_on": tomorrow.isoformat()})
    assert "That day has not come yet." in response.content.decode()
    assert not article.editions.exists()


def test_article_without_a_reviewer_is_not_said_to_be_reviewed(desk):
    article = make_article()
    response = publish(desk, article, **{"da-review": "reviewer"})
    assert response.status_code == 200
    assert not article.editions.exists()


def test_the_review_until_now_is_named(desk, doctor):
    edition = make_edition(remarks=reviewed(doctor, date(2026, 6, 3)))
    assert choices(desk, edition.article) == {"": "As before: Bo Prøve, 3 June 2026"}


def test_an_approval_is_offered_as_the_review(desk, doctor):
    article = make_article()
    make_approval(article, doctor=doctor, decision="approved", decided_at=timezone.now())
    assert "approval" in choices(desk, article)
    publish(desk, article, **{"da-review": "approval"})
    edition = article.editions.get()
    assert (edition.reviewed_by, edition.reviewed_on) == (doctor, timezone.localdate())
    assert "approval" not in choices(desk, article)


@pytest.mark.parametrize(
    "fields",
    [{"decision": "changes", "comment": "Nej."}, {"decision": "approved", "doctor": None}],
    ids=["asks for changes", "not an author"],
)
def test_what_is_no_approval_by_an_author_is_no_review(desk, doctor, fields):
    article = make_article()
    make_approval(article, **{"doctor": doctor, "decided_at": timezone.now()} | fields)
    assert "approval" not in choices(desk, article)


def test_approval_of_another_text_is_no_review(desk, doctor):
    article = make_article()
    make_approval(article, doctor=doctor, decision="approved", decided_at=timezone.now())
    change(article, body_da="Andet.")
    assert "approval" not in choices(desk, article)


def test_publish_page_costs_the_same_with_any_number_of_approvals(desk, django_assert_max_num_queries):
    article = make_article(reviewer=make_author())
    make_edition(article)
    for _ in range(10):
        make_approval(article)
        make_preview_link(article)
    with django_assert_max_num_queries(16):
        desk.get(address(article))
