"""What the Publish page shows, and that nothing but what it showed is published."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import publishing
from articles.models import Article
from references.models import Reference
from tests.desk import publish, shown
from tests.factories import (
    make_approval,
    make_article,
    make_author,
    make_bilingual_article,
    make_edition,
    make_editor,
    make_reference,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def address(article):
    return reverse("admin:articles_article_publish", args=[article.pk])


def html(desk, article):
    return desk.get(address(article)).content.decode()


def send(desk, article, seen, languages, **said):
    """Publish from a page that was opened before."""
    return desk.post(address(article), {**seen, "languages": languages, **said})


def change(article, **fields):
    Article.objects.filter(pk=article.pk).update(**fields)


def online(article):
    return sorted(article.editions.current().values_list("language", flat=True))


def ticked(desk, article):
    return desk.get(address(article)).context["form"]["languages"].value()


# What would change


def test_first_edition_is_said_to_be_new(desk):
    assert "this is the first edition" in html(desk, make_article())


def test_unchanged_text_is_said_to_be_so(desk):
    assert "Readers see exactly this text already." in html(desk, make_edition().article)


def test_changed_words_are_shown(desk):
    article = make_edition(title_da="Brok i lysken").article
    change(article, title_da="Brok i navlen")
    assert "<del>lysken</del><ins>navlen</ins>" in html(desk, article)


def test_withdrawn_text_is_compared_with_its_last_edition(desk):
    article = make_edition(title_da="Brok i lysken").article
    publishing.withdraw(article, "da")
    change(article, title_da="Brok i navlen")
    page = html(desk, article)
    assert "Nothing is online. This is compared with edition 1." in page
    assert "<ins>navlen</ins>" in page


@pytest.mark.parametrize(("paragraphs", "is_open"), [(5, True), (6, False)])
def test_many_changes_are_folded_away_with_their_count(desk, paragraphs, is_open):
    article = make_edition(body_da="Et.").article
    change(article, body_da="\n\n".join(["Et.", *(f"Nyt afsnit {n}." for n in range(paragraphs))]))
    [(state, _remarks)] = desk.get(address(article)).context["states"]
    assert (state.places, state.are_changes_open) == (paragraphs, is_open)
    assert f"{paragraphs} changes" in html(desk, article)


# Taking back what is scheduled


@pytest.fixture
def scheduled():
    """Online; another edition is scheduled."""
    article = make_edition(make_bilingual_article(reviewer=make_author("Bo Prøve"))).article
    change(article, title_da="Nyt")
    return publishing.publish(article, "da", at=timezone.now() + timedelta(days=1))


def take_back(desk, edition, **said):
    """Press the button that takes the edition back, on a page that is opened now."""
    seen = shown(desk, edition.article)
    return desk.post(address(edition.article), {**seen, "_unschedule": edition.pk, **said})


def test_scheduled_edition_is_taken_back(desk, scheduled):
    assert f'name="_unschedule" value="{scheduled.pk}"' in html(desk, scheduled.article)
    page = take_back(desk, scheduled).content.decode()
    assert "Danish: edition 2 will not come online." in page
    assert "_unschedule" not in page
    assert not scheduled.article.editions.scheduled().exists()


def test_taking_back_keeps_what_was_typed(desk, scheduled):
    change(scheduled.article, abstract_en="")  # an error, so that a reason can be typed
    said = {
        "da-change_note": "Rettet.",
        "da-review": "reviewer",
        "da-reviewed_on": "2020-02-03",
        "at": "2199-01-02T10:00",
        "reason": "En bog.",
    }
    response = take_back(desk, scheduled, languages=["en"], **said)
    page = response.content.decode()
    assert all(value in page for value in ("Rettet.", "2020-02-03", "2199-01-02T10:00", "En bog."))
    assert '<option value="reviewer" selected>' in page
    assert response.context["form"]["languages"].value() == ["en"]


def test_taking_back_publishes_nothing_and_complains_of_nothing(desk, scheduled):
    response = take_back(desk, scheduled, at="in a while", **{"da-change_note": "Rettet."})
    assert "errorlist" not in response.content.decode()
    assert "in a while" in response.content.decode()
    assert scheduled.article.editions.count() == 2


def test_page_after_taking_back_can_be_published_as_it_is(desk, scheduled):
    states = take_back(desk, scheduled, languages=["da"]).context["states"]
    send(desk, scheduled.article, {f"{state.code}-shown": state.shown for state, _remarks in states}, ["da"])
    assert scheduled.article.editions.current().in_language("da").get().title == "Nyt"


def test_taking_back_says_what_has_changed_since(desk, scheduled):
    seen = shown(desk, scheduled.article)
    change(scheduled.article, title_en="Corrected")
    response = desk.post(address(scheduled.article), {**seen, "_unschedule": scheduled.pk})
    assert [state.code for state in response.context["shown_otherwise"]] == ["en"]
    assert not scheduled.article.editions.scheduled().exists()


def test_edition_that_was_scheduled_since_is_not_taken_back_unseen(desk, scheduled):
    publishing.unschedule(scheduled)
    other = publishing.publish(scheduled.article, "da", at=timezone.now() + timedelta(days=2))
    page = take_back(desk, scheduled).content.decode()
    assert "Danish: edition 2 was not scheduled any more. Nothing was changed." in page
    assert list(scheduled.article.editions.scheduled()) == [other]


def test_each_of_two_scheduled_editions_can_be_taken_back(desk, scheduled):
    change(scheduled.article, title_da="Nyere")
    later = publishing.publish(scheduled.article, "da", at=timezone.now() + timedelta(days=2))
    page = html(desk, scheduled.article)
    assert all(f'name="_unschedule" value="{edition.pk}"' in page for edition in (scheduled, later))


@pytest.mark.parametrize("sent", ["", "x", "0", "999999"])
def test_taking_back_what_is_not_there_is_a_404(desk, sent):
    article = make_edition().article
    assert desk.post(address(article), {"_unschedule": sent}).status_code == 404


# What is ticked at first


def test_what_is_new_and_in_order_is_ticked(desk):
    article = make_bilingual_article()
    assert ticked(desk, article) == ["da", "en"]
    publishing.publish(article, "en")
    assert ticked(desk, article) == ["da"]


def test_language_with_an_error_is_not_ticked_and_does_not_hold_up_the_other(desk):
    article = make_bilingual_article(abstract_da="")
    assert ticked(desk, article) == ["en"]
    publish(desk, article, ["en"])
    assert online(article) == ["en"]


def test_only_language_is_ticked_even_with_an_error(desk):
    assert ticked(desk, make_article(abstract_da="")) == ["da"]


def test_text_that_lacks_a_required_approval_is_not_ticked(desk, settings):
    settings.APPROVAL_REQUIRED = True
    article = make_bilingual_article()
    make_approval(article, "en", decision="approved", decided_at=timezone.now())
    assert ticked(desk, article) == ["en"]


# Only what was shown is published


@pytest.mark.parametrize(
    "fields", [{"body_da": "Noget andet."}, {"published_on": date(2020, 1, 1)}, {"title_da": "Nyt"}]
)
def test_what_was_changed_since_is_shown_anew_and_not_published(desk, fields):
    article = make_article()
    seen = shown(desk, article)
    change(article, **fields)
    response = send(desk, article, seen, ["da"], **{"da-change_note": "Rettet."})
    page = response.content.decode()
    assert "Danish has changed since this page was opened." in page
    assert "Rettet." in page
    assert not article.editions.exists()
    publish(desk, article, ["da"])
    assert online(article) == ["da"]


def test_page_that_is_shown_anew_can_be_published_as_it_is(desk):
    article = make_article()
    seen = shown(desk, article)
    change(article, body_da="Noget andet.")
    states = send(desk, article, seen, ["da"]).context["states"]
    send(desk, article, {f"{state.code}-shown": state.shown for state, _remarks in states}, ["da"])
    assert article.editions.current().get().body == "Noget andet."


def test_article_that_was_withdrawn_since_does_not_come_back_unasked(desk):
    article = make_edition().article
    change(article, body_da="Nyt.")
    seen = shown(desk, article)
    publishing.withdraw(article, "da")
    assert "has changed since" in send(desk, article, seen, ["da"]).content.decode()
    assert online(article) == []


def test_edition_that_was_scheduled_since_is_not_replaced_unseen(desk):
    article = make_edition().article
    change(article, body_da="Nyt.")
    seen = shown(desk, article)
    publishing.publish(Article.objects.get(), "da", at=timezone.now() + timedelta(days=1))
    send(desk, article, seen, ["da"])
    assert article.editions.scheduled().exists()


def test_second_click_says_what_the_first_one_did_and_publishes_nothing(desk):
    article = make_article()
    seen = shown(desk, article)
    for _click in range(2):
        response = send(desk, article, seen, ["da"], **{"da-change_note": "Rettet."})
    assert "Danish: readers see exactly this text already." in response.content.decode()
    assert article.editions.count() == 1


def test_change_of_the_other_language_is_no_hindrance(desk):
    article = make_bilingual_article()
    seen = shown(desk, article)
    change(article, body_en="Something else.")
    send(desk, article, seen, ["da"])
    assert online(article) == ["da"]


def test_translation_is_not_said_to_follow_an_original_that_was_not_shown(desk):
    article = make_bilingual_article()
    for language in ("da", "en"):
        publishing.publish(article, language)
    change(article, body_da="Nyt.", body_en="New.")
    seen = shown(desk, article)
    change(article, body_da="Helt nyt.")
    response = send(desk, article, seen, ["en"], **{"en-follows_original": "on"})
    assert "Danish has changed since" in response.content.decode()
    assert article.editions.count() == 2


@pytest.mark.parametrize(
    "said",
    [{"at": "2020-01-01T10:00"}, {"da-change_note": "Rettet."}, {"en-review": "nobody"}],
)
def test_change_is_said_on_a_page_that_comes_back_for_another_reason(desk, said):
    """Danish was not to be published, or not like that; it may be, the next time."""
    article = make_bilingual_article()
    seen = shown(desk, article)
    change(article, body_da="Noget andet.")
    response = send(desk, article, seen, ["en"], **said)
    assert "Danish has changed since this page was opened." in response.content.decode()
    assert not article.editions.exists()


def test_reason_is_not_lost_when_there_is_nothing_left_to_override(desk):
    make_reference(12, standing=Reference.Standing.NOT_FOUND)
    article = make_article(body_da="Et [@pmid:12].")
    seen = shown(desk, article)
    change(article, body_da="Et.")
    assert "En bog." in send(desk, article, seen, ["da"], reason="En bog.", _override="").content.decode()


def test_page_that_does_not_say_what_it_showed_publishes_nothing(desk):
    article = make_article()
    send(desk, article, {}, ["da"])
    assert not article.editions.exists()


def test_override_accepts_no_error_that_was_not_shown(desk):
    reference = make_reference(12, standing=Reference.Standing.NOT_FOUND)
    other = make_reference(13, standing=Reference.Standing.GOOD)
    article = make_article(body_da="Et [@pmid:12], to [@pmid:13].")
    seen = shown(desk, article)
    Reference.objects.filter(pk=other.pk).update(standing=Reference.Standing.RETRACTED)
    response = send(desk, article, seen, ["da"], reason="A book.", _override="")
    assert "PubMed 13 has been retracted" in response.content.decode()
    assert not article.editions.exists()
    Reference.objects.filter(pk=reference.pk).update(intended_standing=Reference.Standing.NOT_FOUND)
    publish(desk, article, ["da"], reason="A book.", _override="")
    [finding] = article.editions.get().override.findings
    assert finding["name"] == "reference_retracted"


def test_error_that_is_mended_since_does_not_hinder(desk):
    reference = make_reference(12, standing=Reference.Standing.NOT_FOUND)
    article = make_article(body_da="Et [@pmid:12].")
    seen = shown(desk, article)
    Reference.objects.filter(pk=reference.pk).update(standing=Reference.Standing.GOOD)
    send(desk, article, seen, ["da"])
    assert online(article) == ["da"]


def test_error_that_there_is_only_when_it_comes_online_is_shown(desk):
    author = make_author(slug="anna")
    of_author = make_edition(author=author).article
    change(of_author, author=make_author())
    publishing.publish(Article.objects.get(), "da", at=timezone.now() + timedelta(days=1))
    article = make_article(body_da="Se [Anna](/da/blog/author/anna/).")
    at = timezone.localtime(timezone.now() + timedelta(days=2))
    said = {"at": f"{at:%Y-%m-%dT%H:%M}", "reason": "A book.", "_override": ""}
    [(state, _remarks)] = publish(desk, article, ["da"], **said).context["states"]
    assert [finding.name for finding in state.errors] == ["link_to_nothing"]
    assert not article.editions.exists()


# What is said of a language


@pytest.mark.parametrize("said", [{"da-change_note": "Rettet."}, {"da-reviewed_on": "2020-01-01"}])
def test_what_was_said_of_a_language_that_is_not_ticked_is_not_lost(desk, said):
    article = make_bilingual_article()
    response = publish(desk, article, ["en"], **said)
    assert "Danish is not ticked, but you said something of it." in response.content.decode()
    assert next(iter(said.values())) in response.content.decode()
    assert not article.editions.exists()


# Cost


def test_page_costs_the_same_with_any_number_of_references_and_paragraphs(desk):
    def queries_of(number):
        article = make_bilingual_article()
        for language in ("da", "en"):
            make_edition(article, language, references=number)
        text = "\n\n".join(f"Nyt {n} [@pmid:{3_000_000 + n}]." for n in range(number))
        change(article, body_da=text, body_en=text)
        with CaptureQueriesContext(connection) as captured:
            desk.get(address(article))
        return len(captured)

    assert queries_of(3) == queries_of(60)
