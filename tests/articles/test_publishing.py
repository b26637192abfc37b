from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from articles import drafts, publishing
from articles.models import Article, AuditEntry, Edition
from articles.publishing import NotPublishable
from references.models import Reference
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_edition,
    make_editor,
    make_reference,
    make_treatment,
)

pytestmark = pytest.mark.django_db

NEXT_YEAR = datetime(2199, 3, 14, 9, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))


def current(article: Article, language: str = "da") -> Edition | None:
    return article.editions.current().in_language(language).first()


def test_compiling_writes_nothing(django_assert_num_queries):
    article = make_article(body_da="Et fund [@pmid:34256014].")
    drafts.compile(article, "da")
    assert not Reference.objects.exists()
    assert not Edition.objects.exists()


def test_draft_numbers_citations_by_first_appearance():
    article = make_article(body_da="Et [@pmid:30; @pmid:10], to [@pmid:20; @pmid:10].")
    draft = drafts.compile(article, "da")
    assert [(c.number, c.reference.pmid, c.places) for c in draft.citations] == [
        (1, 30, 1),
        (2, 10, 2),
        (3, 20, 1),
    ]


def test_reference_cited_by_pmid_and_doi_has_one_number():
    make_reference(pmid=34256014, doi="10.1016/J.cell.2021.06.019")
    article = make_article(body_da="Et [@pmid:34256014], to [@doi:10.1016/j.cell.2021.06.019].")
    draft = drafts.compile(article, "da")
    assert [(c.number, c.places) for c in draft.citations] == [(1, 2)]


def test_draft_keeps_and_reports_a_citation_that_cannot_be_read():
    draft = drafts.compile(make_article(body_da="Et.\n\nTo [@pmid:PMC123]."), "da")
    assert "[@pmid:PMC123]" in draft.edition.html
    assert [(problem.line, problem.code) for problem in draft.problems] == [(3, "pmid_not_a_number")]


def test_publishing_puts_the_text_online():
    article = make_article(title_da="Lyskebrok")
    edition = publishing.publish(article, "da")
    assert current(article) == edition
    assert (edition.number, edition.title) == (1, "Lyskebrok")


def test_publishing_writes_citations_and_creates_references():
    edition = make_edition(references=3)
    assert [c.reference.pmid for c in edition.citations.all()] == [2_000_001, 2_000_002, 2_000_003]


def test_new_references_are_unchecked():
    make_edition(references=1)
    assert Reference.objects.get().standing == Reference.Standing.UNCHECKED


def test_publishing_keeps_treatments_in_order():
    article = make_article()
    first, second = make_treatment(), make_treatment()
    article.treatments.set([second, first])
    assert list(publishing.publish(article, "da").treatments.all()) == [first, second]


def test_publishing_one_language_leaves_the_other_offline():
    article = make_bilingual_article()
    publishing.publish(article, "da")
    assert current(article, "en") is None


def test_publishing_the_same_content_twice_makes_no_second_edition():
    article = make_article()
    assert publishing.publish(article, "da") == publishing.publish(article, "da")
    assert article.editions.count() == 1


@pytest.mark.parametrize("field", ["title_da", "slug_da", "abstract_da", "body_da"])
def test_changed_text_makes_a_new_edition(field):
    article = make_article()
    publishing.publish(article, "da")
    setattr(article, field, "nyt-ord")
    article.save()
    assert publishing.publish(article, "da").number == 2


def test_changed_author_makes_a_new_edition():
    article = make_article()
    publishing.publish(article, "da")
    article.author = make_author()
    article.save()
    assert publishing.publish(article, "da").number == 2


def test_new_edition_supersedes_the_one_before():
    article = make_article()
    old = publishing.publish(article, "da")
    article.title_da = "Nyt navn"
    article.save()
    new = publishing.publish(article, "da")
    old.refresh_from_db()
    assert old.validity.upper == new.validity.lower
    assert current(article) == new


def test_former_edition_is_found_at_its_time():
    article = make_article(title_da="Gammel")
    publishing.publish(article, "da")
    then = timezone.now()
    article.title_da = "Ny"
    article.save()
    publishing.publish(article, "da")
    assert Edition.objects.current(at=then).get().title == "Gammel"


def test_draft_of_a_published_article_does_not_leak():
    article = make_article(title_da="Online")
    publishing.publish(article, "da")
    article.title_da = "Kladde"
    article.save()
    assert current(article).title == "Online"


def test_scheduled_edition_comes_into_force_by_itself():
    article = make_article()
    edition = publishing.publish(article, "da", at=NEXT_YEAR)
    assert current(article) is None
    with time_machine.travel(NEXT_YEAR):
        assert current(article) == edition


def test_edition_in_force_stays_until_the_scheduled_one():
    article = make_article(title_da="Nu")
    now = publishing.publish(article, "da")
    article.title_da = "Senere"
    article.save()
    publishing.publish(article, "da", at=NEXT_YEAR)
    with time_machine.travel(NEXT_YEAR - timedelta(seconds=1)):
        assert current(article) == now


def test_publishing_now_cancels_what_was_scheduled():
    article = make_article()
    scheduled = publishing.publish(article, "da", at=NEXT_YEAR)
    article.title_da = "Nu"
    article.save()
    publishing.publish(article, "da")
    scheduled.refresh_from_db()
    assert scheduled.validity.isempty


def test_scheduling_the_same_content_twice_makes_no_second_edition():
    article = make_article()
    first = publishing.publish(article, "da", at=NEXT_YEAR)
    assert publishing.publish(article, "da", at=NEXT_YEAR) == first


def test_a_time_that_has_passed_means_now():
    edition = publishing.publish(make_article(), "da", at=timezone.now() - timedelta(days=3))
    assert timezone.now() - edition.validity.lower < timedelta(minutes=1)


def test_withdrawing_takes_the_article_offline():
    article = make_article()
    publishing.publish(article, "da")
    assert publishing.withdraw(article, "da")
    assert current(article) is None


def test_withdrawing_cancels_what_was_scheduled():
    article = make_article()
    publishing.publish(article, "da", at=NEXT_YEAR)
    publishing.withdraw(article, "da")
    with time_machine.travel(NEXT_YEAR):
        assert current(article) is None


def test_withdrawing_what_is_not_online_says_so():
    assert not publishing.withdraw(make_article(), "da")


def test_withdrawn_article_can_be_published_again():
    article = make_article()
    publishing.publish(article, "da")
    publishing.withdraw(article, "da")
    assert publishing.publish(article, "da").number == 2


def test_first_publication_sets_the_date_readers_see():
    article = make_article()
    with time_machine.travel(datetime(2199, 6, 30, 23, 30, tzinfo=ZoneInfo("UTC"))):
        publishing.publish(article, "da")
    article.refresh_from_db()
    assert article.published_on.isoformat() == "2199-07-01"


def test_publisher_is_recorded():
    editor = make_editor()
    assert publishing.publish(make_article(), "da", by=editor).published_by == editor


@pytest.mark.parametrize("field", ["title_da", "slug_da", "body_da"])
def test_article_without_a_required_text_is_not_published(field):
    article = make_article(**{field: "" if field != "slug_da" else None})
    with pytest.raises(NotPublishable):
        publishing.publish(article, "da")


def test_refused_publication_writes_nothing():
    article = make_article(body_da="")
    with pytest.raises(NotPublishable):
        publishing.publish(article, "da")
    article.refresh_from_db()
    assert article.published_on is None


def test_address_in_force_elsewhere_is_refused_with_the_other_title():
    first = make_edition(title_da="Galdesten", slug_da="galdesten").article
    first.slug_da = "sten"
    first.save()
    other = make_article(slug_da="galdesten")
    with pytest.raises(NotPublishable, match="Galdesten"):
        publishing.publish(other, "da")


def test_address_of_a_withdrawn_article_is_free():
    first = make_edition(slug_da="galdesten").article
    publishing.withdraw(first, "da")
    first.slug_da = "sten"
    first.save()
    assert publishing.publish(make_article(slug_da="galdesten"), "da").slug == "galdesten"


# Taking a schedule back


def test_unscheduling_leaves_online_what_is_online():
    article = make_article()
    first = make_edition(article)
    article.title_da = "Nyt"
    article.save()
    scheduled = publishing.publish(article, "da", at=timezone.now() + timedelta(days=1))
    assert publishing.unschedule(scheduled)
    first.refresh_from_db()
    scheduled.refresh_from_db()
    assert first.validity.upper is None
    assert scheduled.validity.isempty


def test_unscheduling_a_first_edition_leaves_nothing():
    article = make_article()
    publishing.unschedule(publishing.publish(article, "da", at=timezone.now() + timedelta(days=1)))
    assert not article.editions.scheduled().exists()
    assert not article.editions.current().exists()


def test_unscheduling_says_when_nothing_was_scheduled():
    assert not publishing.unschedule(make_edition())


@pytest.mark.parametrize(("taken", "left"), [(1, 2), (2, 1)])
def test_unscheduling_one_of_two_leaves_the_other_as_it_was(taken, left):
    article = make_article()
    make_edition(article)
    made = []
    for days in (1, 2):
        article.title_da = f"Om {days} dage"
        article.save()
        made.append(publishing.publish(article, "da", at=timezone.now() + timedelta(days=days)))
    publishing.unschedule(made[taken - 1])
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1), tick=False):
        assert article.editions.current().get().number == (2 if left == 1 else 1)
    with time_machine.travel(timezone.now() + timedelta(days=2, hours=1), tick=False):
        assert article.editions.current().get().number == left + 1


def test_unscheduling_is_refused_when_the_address_has_been_given_away():
    article = make_article(slug_da="brok")
    make_edition(article)
    article.slug_da = "lyskebrok"
    article.save()
    tomorrow = timezone.now() + timedelta(days=1)
    scheduled = publishing.publish(article, "da", at=tomorrow)
    publishing.publish(make_article(slug_da="brok", title_da="Andet brok"), "da", at=tomorrow)
    with pytest.raises(NotPublishable, match="Andet brok"):
        publishing.unschedule(scheduled)
    assert article.editions.scheduled().exists()


# Restoring


def test_restoring_copies_an_edition_back_into_the_working_copy():
    article = make_article(title_da="Gammelt", body_da="## Gammelt\n\nTekst.")
    old = make_edition(article)
    article.title_da, article.body_da = "Nyt", "Ny tekst."
    article.save()
    publishing.restore(old)
    article.refresh_from_db()
    assert (article.title_da, article.body_da) == ("Gammelt", "## Gammelt\n\nTekst.")


def test_restoring_leaves_the_other_language_alone():
    article = make_bilingual_article()
    old = make_edition(article)
    article.title_en = "Changed"
    article.save()
    publishing.restore(old)
    article.refresh_from_db()
    assert article.title_en == "Changed"


# The audit list


def deeds():
    return [(entry.deed, entry.place, entry.number) for entry in AuditEntry.objects.order_by("pk")]


def test_what_was_published_and_withdrawn_is_on_the_audit_list():
    editor = make_editor()
    article = make_article()
    publishing.publish(article, "da", by=editor)
    publishing.withdraw(article, "da", by=editor)
    assert deeds() == [("published", "admin", 1), ("withdrew", "admin", None)]


def test_audit_list_says_what_was_scheduled_and_taken_back():
    article = make_article()
    publishing.unschedule(publishing.publish(article, "da", at=timezone.now() + timedelta(days=1)))
    assert deeds() == [("scheduled", "command", 1), ("unscheduled", "command", 1)]


def test_audit_list_says_who_published_in_spite_of_findings_and_why():
    make_reference(1, standing="retracted")
    editor = make_editor()
    publishing.publish(make_article(body_da="Et [@pmid:1]."), "da", by=editor, accepted="Det haster.")
    entry = AuditEntry.objects.get(deed="overrode")
    assert (entry.by, entry.place, entry.number, entry.detail) == (editor, "admin", 1, "Det haster.")


def test_what_changed_nothing_is_not_on_the_audit_list():
    article = make_article()
    publishing.publish(article, "da")
    publishing.publish(article, "da")
    publishing.withdraw(article, "en")
    assert deeds() == [("published", "command", 1)]


def test_audit_list_survives_the_article():
    article = make_article(title_da="Brok")
    AuditEntry.objects.record("approved", article, language="da", place="link", name="Anna Prøve")
    article.delete()
    assert AuditEntry.objects.get().subject == "Brok"


@pytest.mark.parametrize(
    "change", ["UPDATE articles_auditentry SET name = 'x'", "DELETE FROM articles_auditentry"]
)
def test_audit_list_never_changes(change):
    make_edition()
    with (
        pytest.raises(IntegrityError, match="only added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
