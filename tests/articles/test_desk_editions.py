from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from articles import publishing
from articles.models import AuditEntry
from tests.factories import (
    make_article,
    make_bilingual_article,
    make_edition,
    make_editor,
    make_treatment,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def address(page, article, *args):
    return reverse(f"admin:articles_article_{page}", args=[article.pk, *args])


def compared(desk, article, number):
    return desk.get(address("compare_edition", article, "da", number)).content.decode()


def change(article, **fields):
    for name, value in fields.items():
        setattr(article, name, value)
    article.save()


def scheduled_article():
    article = make_article()
    make_edition(article)
    change(article, title_da="Nyt")
    publishing.publish(article, "da", at=timezone.now() + timedelta(days=1))
    return article


def test_comparison_shows_the_words_that_an_edition_changed(desk):
    article = make_article(body_da="De fleste har aldrig gener.")
    make_edition(article)
    change(article, body_da="De fleste har sjældent gener.")
    make_edition(article)
    assert "<del>aldrig</del><ins>sjældent</ins>" in compared(desk, article, 2)


def test_comparison_shows_a_treatment_that_was_added(desk):
    article = make_article()
    make_edition(article)
    article.treatments.add(make_treatment(name_da="Gastroskopi"))
    make_edition(article)
    assert "<ins>Gastroskopi</ins>" in compared(desk, article, 2)


def test_first_edition_is_compared_with_nothing(desk):
    article = make_edition().article
    assert "It is the first edition." in compared(desk, article, 1)


def test_comparison_shows_what_the_draft_has_changed_since(desk):
    article = make_article(title_da="Brok i lysken")
    make_edition(article)
    change(article, title_da="Brok i navlen")
    assert "<del>lysken</del><ins>navlen</ins>" in compared(desk, article, 1)


def test_edition_that_the_draft_equals_offers_no_restoring(desk):
    article = make_edition().article
    assert "Restore into the draft" not in compared(desk, article, 1)


def test_restoring_leads_to_the_draft_with_the_old_text(desk):
    article = make_article(title_da="Lyskebrok")
    make_edition(article)
    change(article, title_da="Navlebrok")
    response = desk.post(address("restore_edition", article, "da", 1))
    article.refresh_from_db()
    assert (response.url, article.title_da) == (address("change", article), "Lyskebrok")


def test_restoring_shows_readers_nothing_new(desk):
    article = make_article(title_da="Lyskebrok")
    make_edition(article)
    change(article, title_da="Navlebrok")
    make_edition(article)
    desk.post(address("restore_edition", article, "da", 1))
    assert article.editions.current().get().title == "Navlebrok"


def test_schedule_is_taken_back_by_its_button(desk):
    article = scheduled_article()
    page = address("unschedule", article, "da", 2)
    assert page in desk.get(address("editions", article)).content.decode()
    desk.post(page)
    assert not article.editions.scheduled().exists()
    assert AuditEntry.objects.first().deed == "unscheduled"


def test_nothing_scheduled_offers_nothing_to_take_back(desk):
    article = make_edition().article
    assert "unschedule" not in desk.get(address("editions", article)).content.decode()


def test_taking_back_twice_is_said_and_harms_nothing(desk):
    article = scheduled_article()
    for _time in range(2):
        response = desk.post(address("unschedule", article, "da", 2), follow=True)
    assert "edition 2 was not scheduled any more" in response.content.decode()


@pytest.mark.parametrize("page", ["restore_edition", "unschedule"])
def test_deeds_are_not_done_by_following_a_link(desk, page):
    article = scheduled_article()
    assert desk.get(address(page, article, "da", 2)).status_code == 405


def test_edition_that_is_not_there_is_a_404(desk):
    article = make_bilingual_article()
    make_edition(article)
    assert desk.get(address("compare_edition", article, "en", 1)).status_code == 404
