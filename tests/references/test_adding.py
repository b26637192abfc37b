"""Adding a reference: what is shown before anything is stored, and what one click stores."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from references.models import Check, Reference
from tests.eutils import EUtils, StandingClock
from tests.factories import make_edition, make_editor, make_reference
from tests.references.test_watching import crossref  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

ADD = "/admin/references/reference/add/"
DESCRIBE = "/admin/references/reference/add/describe/"
DIET = "Gut-microbiota-targeted diets modulate human immune status"
CITATION = f"Wastyk HC, Fragiadakis GK. {DIET}. Cell. 2021;184(16):4137-4153."
DOI = "10.1016/j.cell.2021.06.019"
RETRACTED = {"D016441": "Retracted Publication"}
RANDOMISED = {"D016449": "Randomized Controlled Trial"}


@pytest.fixture(autouse=True)
def eutils(settings, monkeypatch):
    clock = StandingClock.replacing(monkeypatch)
    with EUtils(clock=clock.now) as server:
        server.add(34256014, title=f"{DIET}.", doi=DOI, publication_types=RANDOMISED)
        settings.PUBMED_BASE_URL, settings.PUBMED_TIMEOUT = server.url, 10
        yield server


@pytest.fixture
def known_to_crossref(crossref):  # noqa: F811
    crossref.works[DOI] = {"DOI": DOI, "type": "journal-article", "title": [DIET]}
    return crossref


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def look_up(desk, written, **fields):
    """The page that shows what was found."""
    response = desk.post(ADD, {"written": written, "look_up": "", **fields})
    assert response.status_code == HTTPStatus.OK
    return response


def text(response):
    return response.content.decode()


def add(desk, key, written="", **fields):
    return desk.post(ADD, {"written": written or key, "add": key, "_continue": "1", **fields}, follow=True)


def proposed(response):
    return [str(work.key) for work in response.context["answer"].candidates]


# What is shown


@pytest.mark.parametrize(
    "written",
    [
        "34256014",
        "PMID: 34256014",
        "https://pubmed.ncbi.nlm.nih.gov/34256014/",
        DOI,
        f"https://doi.org/{DOI}",
    ],
)
def test_record_appears_and_nothing_is_stored(desk, written):
    html = text(look_up(desk, written))
    assert f"Wastyk HC, Fragiadakis GK. {DIET}. Cell. 2021;184(16):4137-4153. doi: {DOI}." in html
    assert "Randomised trial: treatment decided by lot" in html
    assert 'name="add" value="pmid:34256014"' in html
    assert not Reference.objects.exists()


def test_what_was_typed_stays(desk):
    assert CITATION in text(look_up(desk, CITATION))


def test_retracted_work_is_a_plain_warning(desk, eutils):
    notice = ("RetractionIn", "Cell. 2022;1:1", 35000000)
    eutils.add(5, publication_types=RETRACTED, notices=[notice])
    html = text(look_up(desk, "5"))
    assert "This study has been retracted." in html
    assert "https://pubmed.ncbi.nlm.nih.gov/35000000/" in html


def test_retraction_that_only_crossref_knows_is_shown(desk, known_to_crossref):
    known_to_crossref.works[DOI]["updated-by"] = [{"type": "retraction", "DOI": "10.5555/notice"}]
    assert "This study has been retracted." in text(look_up(desk, "34256014"))


def test_notice_is_said_to_be_one(desk, eutils):
    eutils.add(6, notices=[("RetractionOf", "Cell. 2021;184:4137", 34256014)])
    assert "This is a notice about another work" in text(look_up(desk, "6"))


def test_unknown_number_is_not_found(desk):
    html = text(look_up(desk, "99999999"))
    assert "PubMed has no work with the number 99999999." in html
    assert 'name="add"' not in html


def test_work_that_only_crossref_has_is_shown_and_added(desk, crossref):  # noqa: F811
    crossref.works["10.5555/walk"] = {"DOI": "10.5555/walk", "title": ["Walking"], "type": "report"}
    html = text(look_up(desk, "10.5555/WALK"))
    assert "Crossref says" in html
    assert "Walking" in html
    add(desk, "doi:10.5555/walk")
    assert Reference.objects.get().title == "Walking"


def test_doi_nobody_has_is_not_found(desk, crossref):  # noqa: F811
    html = text(look_up(desk, "10.5555/nothing"))
    assert "Neither PubMed nor Crossref has a work with the DOI 10.5555/nothing." in html
    assert f"{DESCRIBE}?doi=10.5555%2Fnothing" in html


@pytest.mark.parametrize("written", ["34256014", DOI, CITATION + f" doi:{DOI}"])
def test_work_we_have_is_linked(desk, eutils, written):
    reference = make_reference(34256014, doi=DOI, title=f"{DIET}.")
    html = text(look_up(desk, written))
    assert "We have this work already" in html
    assert reverse("admin:references_reference_change", args=[reference.pk]) in html
    assert not eutils.requests


def test_work_we_have_under_its_doi_is_linked(desk):
    Reference.objects.create(doi=DOI)
    assert "We have this work already" in text(look_up(desk, "34256014"))


def test_doi_of_ours_with_another_number_is_another_work(desk):
    make_reference(777, doi=DOI)
    assert 'value="pmid:34256014"' in text(look_up(desk, "34256014"))


# A citation that was pasted


def test_citation_with_its_number_agrees(desk):
    response = look_up(desk, f"{CITATION} PMID: 34256014.")
    assert "It agrees with the citation you pasted." in text(response)
    assert proposed(response) == []


def test_wrong_number_is_another_paper_with_both_titles_and_the_right_one_proposed(desk, eutils):
    eutils.add(34306126, title="Zinc oxide in the roots of barley.", journal="Soil Sci")
    response = look_up(desk, f"{CITATION} PMID: 34306126")
    html = text(response)
    assert "This is another paper than the one you pasted." in html
    assert f"<td>{DIET}</td>" in html
    assert '<td lang="en">Zinc oxide in the roots of barley.</td>' in html
    assert proposed(response) == ["pmid:34256014"]


def test_wrong_number_that_we_have_is_another_paper_too(desk):
    make_reference(34306126, title="Zinc oxide in the roots of barley.", journal="Soil Sci", published="2020")
    response = look_up(desk, f"{CITATION} PMID: 34306126")
    assert "We have this work already" in text(response)
    assert "This is another paper than the one you pasted." in text(response)
    assert proposed(response) == ["pmid:34256014"]


def test_our_reference_without_a_record_is_not_compared(desk):
    make_reference(34256014)
    assert "doubtful" not in text(look_up(desk, f"{CITATION} PMID: 34256014"))


def test_our_reference_agrees_with_its_citation(desk, eutils):
    make_reference(34256014, title=f"{DIET}.", journal="Cell", published="2021 Aug 5")
    assert "It agrees with the citation you pasted." in text(look_up(desk, f"{CITATION} PMID: 34256014"))
    assert not eutils.requests


def test_other_paper_is_said_and_others_proposed_while_crossref_is_away(desk, eutils, crossref):  # noqa: F811
    crossref.is_away = True
    eutils.add(34306126, title="Zinc oxide in the roots of barley.", doi="10.5555/zinc")
    response = look_up(desk, f"{CITATION} PMID: 34306126")
    assert "Not every source has answered." in text(response)
    assert proposed(response) == ["pmid:34256014"]


def test_other_year_is_doubtful(desk):
    html = text(look_up(desk, f"{DIET}. Cell. 1999;184(16):4137-4153. PMID: 34256014"))
    assert "It is doubtful whether this is the paper you pasted." in html
    assert "<td>1999</td>" in html
    assert '<td lang="en">2021</td>' in html


def test_citation_without_a_number_is_proposed_with_reasons(desk):
    response = look_up(desk, CITATION)
    assert proposed(response) == ["pmid:34256014"]
    assert "Fits by: same title, same journal, same year" in text(response)


def test_proposal_that_we_have_is_linked(desk):
    reference = make_reference(34256014)
    html = text(look_up(desk, CITATION))
    assert reverse("admin:references_reference_change", args=[reference.pk]) in html
    assert 'name="add"' not in html


def test_nothing_that_fits_is_said(desk):
    assert "PubMed has nothing that fits." in text(look_up(desk, "Hansen. Havregrød på Ærø. 1954."))


@pytest.mark.parametrize("written", ["", "   ", "x" * 2001, "\0\u202e"])
def test_impossible_input_is_an_error_at_the_field(desk, eutils, written):
    assert look_up(desk, written).context["form"].errors["written"]
    assert not eutils.requests


# Adding


def test_one_click_stores_the_record_and_asks_nobody_again(desk, eutils, known_to_crossref):
    look_up(desk, CITATION + " PMID: 34256014")
    asked = len(eutils.requests)
    response = add(desk, "pmid:34256014", CITATION + " PMID: 34256014")
    reference = Reference.objects.get()
    assert response.redirect_chain[-1][0] == reverse("admin:references_reference_change", args=[reference.pk])
    assert (reference.title, reference.doi, reference.standing) == (f"{DIET}.", DOI, "good")
    assert (reference.claimed, reference.agreement) == (f"{CITATION} PMID: 34256014", "agrees")
    assert Check.objects.get().outcome == "found"
    assert len(eutils.requests) == asked


def test_what_is_no_longer_remembered_is_asked_again(desk):
    add(desk, "pmid:34256014")
    assert Reference.objects.get().title == f"{DIET}."


def test_identifier_alone_claims_nothing(desk):
    add(desk, "pmid:34256014", "PMID 34256014")
    assert Reference.objects.get().claimed == ""


def test_proposal_is_added_with_the_citation_as_claim(desk):
    add(desk, "pmid:34256014", CITATION)
    assert (Reference.objects.get().claimed, Reference.objects.get().agreement) == (CITATION, "agrees")


def test_adding_twice_is_adding_once(desk):
    add(desk, "pmid:34256014", CITATION)
    add(desk, "pmid:34256014", CITATION)
    assert Check.objects.count() == Reference.objects.count() == 1


def test_number_whose_doi_another_reference_has_is_added_without_it(desk):
    make_reference(777, doi=DOI)
    look_up(desk, "34256014")
    add(desk, "pmid:34256014")
    assert Reference.objects.get(pmid=34256014).doi is None


def test_button_with_nonsense_looks_up(desk):
    desk.post(ADD, {"written": "34256014", "add": "nonsense"})
    assert not Reference.objects.exists()


def test_addition_is_in_the_history(desk):
    add(desk, "pmid:34256014")
    history = reverse("admin:references_reference_history", args=[Reference.objects.get().pk])
    assert "Added" in text(desk.get(history))


# PubMed away


@pytest.mark.parametrize("mode", ["error", "throttled", "html", "cut_off", "entity_bomb"])
def test_pubmed_away_is_said_and_what_was_typed_stays(desk, eutils, mode):
    eutils.mode = mode
    html = text(look_up(desk, "PMID 34256014"))
    assert "PubMed is not answering right now." in html
    assert "PMID 34256014</textarea>" in html


def test_pubmed_away_is_said_of_a_citation(desk, eutils):
    eutils.mode = "error"
    html = text(look_up(desk, CITATION))
    assert "PubMed is not answering right now." in html
    assert 'name="add"' not in html


def test_reference_can_be_added_unchecked(desk, eutils):
    eutils.mode = "error"
    response = add(desk, "pmid:34256014", CITATION)
    reference = Reference.objects.get()
    assert (reference.standing, reference.trouble) == ("unchecked", "server_error")
    assert reference.claimed == CITATION
    assert reference in Reference.objects.due_for_check()
    assert any("stays unchecked" in str(message) for message in response.context["messages"])


def test_doi_is_not_said_to_be_unknown_while_pubmed_is_away(desk, eutils, crossref):  # noqa: F811
    eutils.mode = "error"
    assert "PubMed is not answering right now." in text(look_up(desk, "10.5555/nothing"))


def test_doi_that_pubmed_could_not_be_asked_for_is_shown_with_a_word_of_it(desk, eutils, known_to_crossref):
    eutils.mode = "error"
    html = text(look_up(desk, DOI))
    assert "Crossref says" in html
    assert "Not every source has answered." in html


def test_crossref_away_is_said_and_written_down(desk, known_to_crossref):
    known_to_crossref.is_away = True
    assert "Not every source has answered." in text(look_up(desk, "34256014"))
    add(desk, "pmid:34256014")
    assert (Reference.objects.get().title, Reference.objects.get().trouble) == (f"{DIET}.", "server_error")


# Popups and permissions


def test_popup_stays_a_popup_and_hands_the_reference_over(desk):
    html = text(desk.get(f"{ADD}?_popup=1&_to_field=id"))
    assert '<input type="hidden" name="_popup" value="1">' in html
    assert '<input type="hidden" name="_to_field" value="id">' in html
    response = add(desk, "pmid:34256014", _popup="1", _to_field="id")
    assert f"&quot;value&quot;: &quot;{Reference.objects.get().pk}&quot;" in text(response)


def test_description_by_hand_stays_in_the_popup(desk):
    html = text(desk.get(f"{ADD}?_popup=1&_to_field=id"))
    assert f'href="{DESCRIBE}?_popup=1&amp;_to_field=id&amp;"' in html


def test_popup_hands_over_no_other_field(desk):
    response = add(desk, "pmid:34256014", _popup="1", _to_field="trouble")
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert not Reference.objects.exists()


@pytest.mark.parametrize("path", [ADD, DESCRIBE])
def test_adding_needs_the_permission(client, path):
    assert client.get(path).status_code == HTTPStatus.FOUND
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get(path).status_code == HTTPStatus.FORBIDDEN


def test_who_may_only_add_is_not_sent_where_they_may_not_go(client):
    editor = User.objects.create_user("adder", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="add_reference"))
    client.force_login(editor)
    assert 'name="_continue"' not in text(client.get(ADD))
    response = client.post(ADD, {"written": "34256014", "add": "pmid:34256014"}, follow=True)
    assert response.status_code == HTTPStatus.OK


# Described by hand


def describe(desk, **fields):
    return desk.post(DESCRIBE, {"title": "Vejledning om kost", "authors": "", **fields})


def test_guideline_with_an_address_is_described_by_hand(desk):
    describe(
        desk,
        url="https://example.dk/vejledning",
        authors="Selskabet for Prøver\n\nHansen A \n",
        published="2024",
        publisher="Selskabet",
    )
    reference = Reference.objects.get()
    assert reference.authors == ["Selskabet for Prøver", "Hansen A"]
    assert (reference.pmid, reference.doi, reference.publisher) == (None, None, "Selskabet")


def test_form_begins_with_what_was_typed(desk):
    html = text(look_up(desk, "https://example.dk/vejledning"))
    assert f"{DESCRIBE}?url=https%3A%2F%2Fexample.dk%2Fvejledning" in html
    assert "https://example.dk/vejledning" in text(desk.get(f"{DESCRIBE}?url=https://example.dk/vejledning"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "url"),
        ({"doi": "11.1/a"}, "doi"),
        ({"url": "nonsense"}, "url"),
        ({"title": "", "doi": DOI}, "title"),
    ],
)
def test_impossible_description_is_an_error_at_its_field(desk, fields, field):
    response = describe(desk, **fields)
    assert list(response.context["adminform"].form.errors) == [field]


def test_second_reference_with_a_doi_in_other_case_is_an_error(desk):
    Reference.objects.create(doi="10.1000/abc")
    assert "There is a reference with this DOI already." in text(describe(desk, doi="10.1000/ABC"))


def test_doi_may_be_written_as_an_address(desk):
    describe(desk, doi=f"https://doi.org/{DOI}")
    assert Reference.objects.get().doi == DOI


# The form of a reference


def change(desk, reference, **fields):
    fields = {"pmid": reference.pmid or "", "doi": reference.doi or "", "claimed": "", "authors": ""} | fields
    response = desk.post(reverse("admin:references_reference_change", args=[reference.pk]), fields)
    assert response.status_code == HTTPStatus.FOUND, response.context["adminform"].form.errors
    reference.refresh_from_db()


def fields_of(desk, reference):
    response = desk.get(reverse("admin:references_reference_change", args=[reference.pk]))
    return set(response.context["adminform"].form.fields)


def test_record_is_not_changed_by_hand(desk):
    reference = make_reference(5, title="Diets.", authors=["Wastyk HC"])
    change(desk, reference, title="Hand", authors="Hand", plain_summary_da="Om kost.", claimed="Cell. Diets.")
    assert (reference.title, reference.authors) == ("Diets.", ["Wastyk HC"])
    assert (reference.plain_summary_da, reference.claimed) == ("Om kost.", "Cell. Diets.")


def test_record_is_shown(desk):
    reference = make_reference(5, title="Diets.", authors=["Wastyk HC", "Perelman D"])
    html = text(desk.get(reverse("admin:references_reference_change", args=[reference.pk])))
    assert "Wastyk HC, Perelman D" in html


@pytest.mark.parametrize("fields", [{"url": "https://example.dk/"}, {"doi": DOI, "standing": "not_found"}])
def test_description_by_hand_is_changed_by_hand(desk, fields):
    reference = Reference.objects.create(title="Vejledning", **fields)
    change(desk, reference, title="Vejledning om kost", url="https://example.dk/")
    assert reference.title == "Vejledning om kost"


def test_number_of_a_work_readers_have_seen_stays(desk):
    make_edition(references=1)
    reference = Reference.objects.get()
    change(desk, reference, pmid="777")
    assert reference.pmid != 777
    assert fields_of(desk, reference).isdisjoint({"pmid", "doi"})


def test_form_says_why_the_number_stays_and_what_to_do(desk):
    make_edition(references=1)
    address = reverse("admin:references_reference_change", args=[Reference.objects.get().pk])
    assert "its PubMed ID and DOI stay as they are" in text(desk.get(address))


def test_odd_doi_that_stays_does_not_break_the_form(desk):
    make_edition(references=1)
    Reference.objects.update(doi="doi of a record")
    change(desk, Reference.objects.get(), claimed="Cell.")
    assert Reference.objects.get().claimed == "Cell."


def test_number_of_another_work_is_corrected(desk):
    reference = make_reference(5)
    change(desk, reference, pmid="777")
    assert reference.pmid == 777
