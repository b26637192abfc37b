from datetime import timedelta
from typing import get_args

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from references import checking, crossref, pubmed, works
from references.models import Check, Reference
from tests.eutils import EUtils, StandingClock
from tests.factories import make_article, make_editor, make_reference

pytestmark = pytest.mark.django_db

CANDIDATE = {"pmid": 34256014, "title": "Diets.", "journal": "Cell", "year": 2021, "reasons": ["same_title"]}


@pytest.fixture
def desk(client, settings, monkeypatch):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    clock = StandingClock.replacing(monkeypatch)
    with EUtils(clock=clock.now) as server:
        server.add(34256014, title="Diets and immune status.")
        settings.PUBMED_BASE_URL, settings.PUBMED_TIMEOUT = server.url, 10
        client.eutils = server
        yield client


@pytest.fixture
def wrong():
    return make_reference(
        34306126, claimed="Cell. Diets.", title="Zinc.", agreement="another_paper", candidates=[CANDIDATE]
    )


def change(reference):
    return reverse("admin:references_reference_change", args=[reference.pk])


def decide(desk, what, reference, **fields):
    return desk.post(reverse(f"admin:articles_reference_{what}", args=[reference.pk]), fields, follow=True)


def keep(desk, reference, reason):
    """Cite it on purpose, as the page shows it."""
    seen = f"{reference.standing} {reference.agreement}"
    return decide(desk, "intend", reference, reason=reason, seen=seen)


def texts(response):
    return [str(message) for message in response.context["messages"]]


def test_both_texts_and_the_proposal_are_shown(desk, wrong):
    html = desk.get(change(wrong)).content.decode()
    for text in ("Cell. Diets.", "Zinc.", "another paper", "Diets. Cell 2021", "PubMed 34256014"):
        assert text in html


def test_proposal_says_why_it_is_one(desk, wrong):
    wrong.candidates = [CANDIDATE | {"reasons": ["same_title", "same_volume_and_page"]}]
    wrong.save()
    for language, why in (
        ("en", "Same title, same volume and page"),
        ("da", "Samme titel, samme bind og side"),
    ):
        html = desk.get(change(wrong), HTTP_ACCEPT_LANGUAGE=language).content.decode()
        assert why in html


def test_title_of_the_other_paper_stands_beside_what_was_written(desk, wrong):
    html = desk.get(change(wrong)).content.decode()
    assert "<strong>Zinc.</strong>" in html
    assert html.count("https://pubmed.ncbi.nlm.nih.gov/34306126/") == 1


def test_titles_keep_their_italics_and_nothing_else(desk, wrong):
    wrong.title = "Zinc in <i>Hordeum</i> <script>."
    wrong.candidates = [CANDIDATE | {"title": "Diets of <i>E. coli</i>."}]
    wrong.save()
    html = desk.get(change(wrong)).content.decode()
    assert "<strong>Zinc in <i>Hordeum</i> &lt;script&gt;.</strong>" in html
    assert "PMID 34306126: Zinc in Hordeum &lt;script&gt;." in html
    assert "Change reference" in html
    assert "Diets of <i>E. coli</i>." in html


def test_number_nobody_has_is_said(desk):
    html = desk.get(change(make_reference(99999999, standing="not_found"))).content.decode()
    assert "There is no work with this number." in html


@pytest.mark.parametrize(
    ("language", "phrase", "mark"),
    [
        ("en", "Last checked 9 days ago", "Out of date"),
        ("da", "Sidst kontrolleret for 9 dage siden", "Forældet"),
    ],
)
def test_last_check_is_marked_when_it_is_too_long_ago(desk, language, phrase, mark):
    reference = make_reference(5, standing="good", checked_at=timezone.now() - timedelta(days=9, hours=1))
    html = desk.get(change(reference), HTTP_ACCEPT_LANGUAGE=language).content.decode()
    assert f'{phrase} <strong class="overdue">{mark}</strong>' in html


def test_last_check_is_not_marked_in_the_first_week(desk):
    reference = make_reference(5, standing="good", checked_at=timezone.now() - timedelta(days=6, hours=1))
    html = desk.get(change(reference)).content.decode()
    assert "Last checked 6 days ago" in html
    assert "overdue" not in html


@pytest.mark.parametrize(("language", "why"), [("en", "no answer in time"), ("da", "intet svar i tide")])
def test_last_try_without_an_answer_says_why(desk, language, why):
    reference = make_reference(5, trouble="timeout", tried_at=timezone.now())
    assert why in desk.get(change(reference), HTTP_ACCEPT_LANGUAGE=language).content.decode()


def test_silence_of_the_second_source_is_told_from_pubmeds(desk):
    desk.eutils.add(5, doi="10.1000/x")
    response = decide(desk, "look_up", make_reference(5))  # nobody plays Crossref here
    assert texts(response) == ["Looked up."]
    assert "Crossref, the second source, gave no answer: not reachable." in response.content.decode()


def test_every_reason_has_words():
    assert set(works.REASONS) == set(get_args(checking.Reason))


def test_every_trouble_has_words():
    said = {*get_args(pubmed.Reason), *get_args(crossref.Trouble), "no_number"}
    assert set(works.TROUBLES) == said


def test_articles_that_cite_the_work_are_named(desk, wrong):
    make_article(title_da="Tarmen", body_da="Et [@pmid:34306126].")
    assert "Tarmen (da)" in desk.get(change(wrong)).content.decode()


def test_one_click_takes_the_proposal_in_every_draft_and_says_where(desk, wrong):
    article = make_article(title_da="Tarmen", body_da="Et [@pmid:34306126].")
    response = decide(desk, "take", wrong, instead="34256014")
    article.refresh_from_db()
    assert article.text("body", "da") == "Et [@pmid:34256014]."
    assert any("Tarmen (Danish) now cites PubMed 34256014" in text for text in texts(response))


def test_taken_work_is_looked_up_at_once(desk, wrong):
    decide(desk, "take", wrong, instead="34256014")
    assert Reference.objects.get(pmid=34256014).title == "Diets and immune status."


def test_work_that_was_not_proposed_is_not_taken(desk, wrong):
    article = make_article(body_da="Et [@pmid:34306126].")
    decide(desk, "take", wrong, instead="5")
    article.refresh_from_db()
    assert article.text("body", "da") == "Et [@pmid:34306126]."


def test_reference_can_be_looked_up_now(desk):
    reference = make_reference(34256014)
    assert texts(decide(desk, "look_up", reference)) == ["Looked up."]
    reference.refresh_from_db()
    assert reference.standing == "good"


def test_pubmed_away_is_said(desk):
    desk.eutils.mode = "html"
    assert texts(decide(desk, "look_up", make_reference(34256014)))[0].startswith("There was no answer")


def test_retracted_work_can_be_cited_on_purpose_with_a_reason(desk):
    reference = make_reference(5, standing="retracted")
    keep(desk, reference, reason="Historien om et fejltrin.")
    reference.refresh_from_db()
    assert reference.is_intended
    assert reference.intended_by == User.objects.get()
    assert "Historien om et fejltrin." in desk.get(change(reference)).content.decode()


def test_purpose_needs_a_reason(desk):
    reference = make_reference(5, standing="retracted")
    keep(desk, reference, reason="  ")
    reference.refresh_from_db()
    assert not reference.is_intended


def test_purpose_is_about_what_was_on_the_page(desk):
    reference = make_reference(5, standing="concern")
    page = desk.get(change(reference)).content.decode()
    assert f'name="seen" value="concern {reference.agreement}"' in page
    Reference.objects.update(standing="retracted")
    response = keep(desk, reference, "Læst.")
    assert texts(response)[0].startswith("What is known of this work has changed")
    reference.refresh_from_db()
    assert not reference.is_intended


def test_reason_has_no_character_that_cannot_be_kept(desk):
    reference = make_reference(5, standing="retracted")
    keep(desk, reference, "Om \0fejl.")
    reference.refresh_from_db()
    assert reference.intended_reason == "Om fejl."


def test_purpose_ends_when_the_standing_changes(desk):
    reference = make_reference(5, standing="concern", intended_standing="concern")
    assert reference.is_intended
    reference.standing = "retracted"
    assert not reference.is_intended


def test_changes_of_standing_are_shown(desk):
    reference = make_reference(5, standing="retracted")
    Check.objects.create(reference=reference, outcome="found", standing_before="good", standing="retracted")
    assert "in good standing → retracted" in desk.get(change(reference)).content.decode()


@pytest.mark.parametrize("what", ["take", "look_up", "intend"])
def test_decisions_need_rights_and_a_post(client, wrong, what):
    address = reverse(f"admin:articles_reference_{what}", args=[wrong.pk])
    assert client.post(address).status_code == 302
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.post(address).status_code == 403
    client.force_login(make_editor())
    assert client.get(address).status_code == 405


def test_another_paper_can_be_cited_on_purpose_with_a_reason(desk, wrong):
    assert "Keep it" in desk.get(change(wrong)).content.decode()
    keep(desk, wrong, reason="The title was translated.")
    wrong.refresh_from_db()
    assert wrong.is_intended
    assert "Keep it" not in desk.get(change(wrong)).content.decode()
