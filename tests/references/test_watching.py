import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import time_machine
from django.utils.translation import override

from references import watching, works
from references.models import Check, Reference
from tests.eutils import EUtils, StandingClock, chapter_xml
from tests.factories import make_reference

pytestmark = pytest.mark.django_db

DIET = "Gut-microbiota-targeted diets modulate human immune status"


@pytest.fixture
def eutils(settings, monkeypatch):
    clock = StandingClock.replacing(monkeypatch)
    with EUtils(clock=clock.now) as server:
        server.add(34256014, title=f"{DIET}.", journal="Cell", year=2021)
        settings.PUBMED_BASE_URL, settings.PUBMED_TIMEOUT = server.url, 10
        yield server


class Crossref(ThreadingHTTPServer):
    """Crossref, knowing the updates of some DOIs."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), CrossrefHandler)
        self.works = {}
        self.is_away = False
        self.fails_at = set()
        self.asked = 0


class CrossrefHandler(BaseHTTPRequestHandler):
    server: Crossref

    def do_GET(self):
        doi = self.path.removeprefix("/works/").split("?")[0].replace("%2F", "/")
        self.server.asked += 1
        is_failing = self.server.is_away or doi in self.server.fails_at
        status = 500 if is_failing else 200 if doi in self.server.works else 404
        body = json.dumps({"status": "ok", "message": self.server.works.get(doi, {})}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def crossref(settings):
    with Crossref() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        settings.CROSSREF_BASE_URL = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()
        thread.join()


def check(*references):
    return [checked.reference for checked in watching.check(references)]


def test_found_reference_has_its_record(eutils):
    (reference,) = check(make_reference(34256014))
    assert (reference.title, reference.journal) == (f"{DIET}.", "Cell")
    assert reference.standing == "good"
    assert reference.standing_source == "pubmed"
    assert reference.checked_at is not None


def test_unknown_pmid_is_not_found(eutils):
    (reference,) = check(make_reference(99999999))
    assert reference.standing == "not_found"


def test_every_look_is_written_down(eutils):
    check(*check(make_reference(34256014)))
    assert [(row.standing_before, row.standing) for row in Check.objects.all()] == [
        ("good", "good"),
        ("unchecked", "good"),
    ]


def test_what_changed_in_the_record_is_written_down(eutils):
    first = check(make_reference(34256014))
    eutils.add(34256014, title="Another title.", journal="Cell", year=2021)
    check(*first)
    assert Check.objects.first().changes["title"] == [f"{DIET}.", "Another title."]


def test_what_the_author_wrote_is_never_changed(eutils):
    (reference,) = check(make_reference(34256014, claimed="Cell. Noget helt andet."))
    assert reference.claimed == "Cell. Noget helt andet."


def test_record_the_author_meant_agrees(eutils):
    (reference,) = check(make_reference(34256014, claimed=f"Cell. {DIET}. A randomised trial."))
    assert reference.agreement == "agrees"
    assert reference.candidates == []


def test_wrong_number_is_another_paper_and_the_right_one_is_proposed_first(eutils):
    eutils.add(34306126, title="Zinc oxide in the roots of barley.", journal="Soil Sci", year=2021)
    (reference,) = check(make_reference(34306126, claimed=f"Cell (landmark study). {DIET}. A trial."))
    assert reference.agreement == "another_paper"
    assert reference.title == "Zinc oxide in the roots of barley."
    assert reference.candidates[0]["pmid"] == 34256014


def test_number_nobody_has_gets_a_proposal_too(eutils):
    (reference,) = check(make_reference(99999999, claimed=f"Cell. {DIET}."))
    assert [candidate["pmid"] for candidate in reference.candidates] == [34256014]


def test_proposals_go_when_the_reference_is_in_order(eutils):
    (reference,) = check(make_reference(34256014, candidates=[{"pmid": 1}]))
    assert reference.candidates == []


WALKS = {
    "title": "Daily walking and sleep quality in older adults.",
    "journal": "Eur J Walk",
    "year": 2019,
    "volume": "14",
    "pages": "621-630",
    "authors": ["Berg AB"],
}
BY_CITATION = ["same_journal", "same_year", "same_volume_and_page"]


def proposed(reference):
    return [(candidate["pmid"], candidate["reasons"]) for candidate in reference.candidates]


def test_citation_without_a_title_gets_a_proposal(eutils):
    eutils.add(5, **WALKS)
    (reference,) = check(make_reference(99999999, claimed="Eur J Walk 2019;14(3):621"))
    assert proposed(reference) == [(5, BY_CITATION)]


def test_citation_gets_a_proposal_where_the_title_is_in_other_words(eutils):
    eutils.add(5, **WALKS)
    claimed = "Berg AB. Daglig gang og søvn hos ældre. Eur J Walk. 2019;14(3):621."
    (reference,) = check(make_reference(34256014, claimed=claimed))
    assert reference.agreement == "another_paper"
    assert proposed(reference) == [(5, BY_CITATION)]


def test_work_found_by_title_and_by_citation_is_proposed_once_and_first(eutils):
    eutils.add(5, **WALKS)
    eutils.add(6, **WALKS | {"title": "Daily walking and sleep quality in dogs.", "pages": "1-2"})
    claimed = "Berg AB. Daily walking and sleep quality in older adults. Eur J Walk. 2019;14(3):621."
    (reference,) = check(make_reference(99999999, claimed=claimed))
    assert proposed(reference) == [(5, ["same_title", *BY_CITATION])]
    assert len(eutils.asked("ecitmatch")) == len(eutils.asked("esearch")) == 1


def test_work_with_the_wrong_number_is_not_proposed_itself(eutils):
    eutils.add(5, **WALKS | {"journal": "J Boats"})
    eutils.add(6, **WALKS)
    (reference,) = check(make_reference(5, claimed="Eur J Walk 2019;14(3):621"))
    assert reference.agreement == "another_paper"
    assert proposed(reference) == [(6, BY_CITATION)]


def test_too_little_of_a_citation_is_not_asked_for(eutils):
    check(make_reference(99999999, claimed="Berg AB, Holm C, et al. 2019"))
    assert [request.program for request in eutils.requests] == ["efetch"]


CLAIMED_WALKS = f"Berg AB. {WALKS['title']} Eur J Walk. 2019;14(3):621."
BEFORE = {"pmid": 34256014, "title": "Diets.", "journal": "Cell", "year": 2021, "reasons": ["same_year"]}


@pytest.mark.parametrize(
    "modes",
    [
        ("answer", "html", "html"),  # neither search
        ("answer", "answer", "answer", "html"),  # not the records of what was found
    ],
)
def test_proposals_stay_while_pubmed_cannot_be_asked_for_others(eutils, modes):
    eutils.add(5, **WALKS)
    eutils.play(*modes)
    known = make_reference(99999999, claimed=CLAIMED_WALKS, candidates=[BEFORE])
    (reference,) = check(known)
    assert reference.standing == "not_found"
    assert reference.candidates == [BEFORE]


def test_look_that_dies_while_it_searches_is_still_due(eutils, monkeypatch):
    known = make_reference(99999999, claimed=CLAIMED_WALKS)

    def killed(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "likely", killed)
    with pytest.raises(KeyboardInterrupt):
        check(known)
    assert list(Reference.objects.due_for_check()) == [known]


@pytest.mark.parametrize("modes", [("answer", "html"), ("answer", "answer", "html")])
def test_one_search_is_enough_for_a_proposal(eutils, modes):
    eutils.add(5, **WALKS)
    eutils.play(*modes)
    (reference,) = check(make_reference(99999999, claimed=CLAIMED_WALKS))
    assert [candidate["pmid"] for candidate in reference.candidates] == [5]


def test_proposal_of_before_stays_in_the_running_where_one_search_fails(eutils):
    eutils.add(5, **WALKS)
    eutils.play("answer", "html")
    eutils.add(
        6, **WALKS | {"title": "Daily walking and sleep quality in older adults: a trial.", "pages": ""}
    )
    before = BEFORE | {"pmid": 6}
    (reference,) = check(make_reference(99999999, claimed=CLAIMED_WALKS, candidates=[before]))
    assert [candidate["pmid"] for candidate in reference.candidates] == [5, 6]


def test_searches_end_for_all_when_pubmed_goes_away(eutils):
    references = [make_reference(99999990 + n, claimed=CLAIMED_WALKS) for n in range(5)]
    eutils.play("answer", *["html"] * 20)
    check(*references)
    assert len(eutils.asked("esearch")) == len(eutils.asked("ecitmatch")) == 1


def test_nothing_is_proposed_while_the_number_cannot_be_asked_for(eutils):
    eutils.mode = "html"
    check(make_reference(99999999, claimed=CLAIMED_WALKS, standing="not_found"))
    assert [request.program for request in eutils.requests] == ["efetch"]


def test_no_time_is_left_for_proposals(eutils):
    known = make_reference(99999999, claimed=CLAIMED_WALKS, candidates=[BEFORE])
    (checked,) = watching.check([known], patience=0)
    assert checked.reference.candidates == [BEFORE]


def test_record_pubmed_had_is_asked_for_again_before_it_is_not_found(eutils):
    (known,) = check(make_reference(34256014))
    del eutils.records[34256014]
    (reference,) = check(known)
    assert reference.standing == "not_found"
    assert [request.pmids for request in eutils.asked("efetch")] == [[34256014]] * 3


def test_answer_without_any_record_deletes_nothing(eutils):
    eutils.add(5)
    known = check(make_reference(34256014), make_reference(5))
    eutils.records.clear()
    references = check(*known)
    assert [(r.standing, r.trouble) for r in references] == [("good", "unreadable")] * 2


@pytest.mark.parametrize("mode", ["throttled", "error", "html", "cut_off", "entity_bomb"])
def test_pubmed_away_leaves_the_reference_as_it_was_and_says_why(eutils, mode):
    (known,) = check(make_reference(34256014))
    eutils.mode = mode
    (reference,) = check(known)
    assert reference.standing == "good"
    assert reference.checked_at == known.checked_at
    assert reference.tried_at > known.tried_at
    assert reference.trouble


def test_reference_never_reached_stays_unchecked(monkeypatch):
    StandingClock.replacing(monkeypatch)
    (reference,) = check(make_reference(34256014))
    assert reference.standing == "unchecked"
    assert reference.trouble == "unreachable"


def test_thousand_references_cost_six_requests_at_most(eutils):
    references = [make_reference(1000 + n) for n in range(1000)]
    assert len(check(*references)) == 1000
    assert len(eutils.asked("efetch")) == 5


def test_reference_checked_by_somebody_else_meanwhile_is_left_alone(eutils):
    stale = make_reference(34256014)
    check(Reference.objects.get())
    assert check(stale) == []
    assert Check.objects.count() == 1


def test_reference_deleted_meanwhile_is_passed_over(eutils):
    gone = make_reference(34256014)
    Reference.objects.all().delete()
    assert check(gone, make_reference(5))[0].pmid == 5


def test_identifier_another_reference_has_stays_there(eutils):
    eutils.add(5, title="One.", doi="10.1000/x")
    Reference.objects.create(doi="10.1000/X")
    (reference,) = check(make_reference(5))
    assert reference.doi is None


def test_chapter_keeps_the_editors_of_its_book(eutils):
    eutils.records[5] = chapter_xml(5, title="On galls", book="The Handbook", editors=["Roe R", "Poe P"])
    (reference,) = check(make_reference(5))
    assert reference.editors == ["Roe R", "Poe P"]
    assert "Roe R, Poe P, redaktører. The Handbook." in works.citation_html(reference)


def test_over_long_parts_of_a_record_are_cut(eutils):
    eutils.add(5, title="One.", volume="9" * 500)
    (reference,) = check(make_reference(5))
    assert len(reference.volume) == 100


RETRACTION = {"type": "retraction", "DOI": "10.1000/notice", "source": "retraction-watch"}


def test_crossref_knows_a_retraction_pubmed_does_not(eutils, crossref):
    crossref.works["10.1000/x"] = {"DOI": "10.1000/x", "title": ["A"], "updated-by": [RETRACTION]}
    (reference,) = check(make_reference(34256014, doi="10.1000/x"))
    assert (reference.standing, reference.standing_source) == ("retracted", "crossref")
    assert reference.notice_url == "https://doi.org/10.1000/notice"


def test_retraction_known_from_crossref_holds_while_crossref_is_away(eutils, crossref):
    crossref.works["10.1000/x"] = {"DOI": "10.1000/x", "title": ["A"], "updated-by": [RETRACTION]}
    (known,) = check(make_reference(34256014, doi="10.1000/x"))
    crossref.is_away = True
    (reference,) = check(known)
    assert (reference.standing, reference.standing_source) == ("retracted", "crossref")


def test_doi_without_pmid_is_looked_up_at_crossref(eutils, crossref):
    crossref.works["10.1000/x"] = {"DOI": "10.1000/x", "title": ["A guideline"], "type": "journal-article"}
    (reference,) = check(Reference.objects.create(doi="10.1000/x"))
    assert (reference.title, reference.standing) == ("A guideline", "good")


def test_doi_crossref_does_not_know_is_not_found(eutils, crossref):
    (reference,) = check(Reference.objects.create(doi="10.1000/none"))
    assert (reference.standing, reference.standing_source) == ("not_found", "crossref")


def test_address_alone_cannot_be_checked(eutils):
    (reference,) = check(Reference.objects.create(url="https://example.dk/guideline"))
    assert reference.standing == "unchecked"
    assert reference.trouble == "no_number"


def test_dead_crossref_is_left_alone_after_three_tries(eutils, crossref):
    crossref.is_away = True
    for n in range(10):
        eutils.add(n + 1, title="One.", doi=f"10.1000/{n}")
    references = check(*(make_reference(n + 1) for n in range(10)))
    assert {(r.standing, r.trouble) for r in references} == {("good", "server_error")}
    assert crossref.asked == 3


def test_dead_crossref_is_tried_anew_with_each_batch(eutils, crossref, monkeypatch):
    monkeypatch.setattr(watching, "MOST_PMIDS", 5)
    crossref.is_away = True
    check(*(Reference.objects.create(doi=f"10.1000/{n}") for n in range(15)))
    assert crossref.asked == 9


def test_crossref_that_answers_now_and_then_is_asked_on(eutils, crossref):
    crossref.works = {f"10.1000/{n}": {"DOI": f"10.1000/{n}", "title": ["A"]} for n in range(0, 10, 2)}
    crossref.fails_at = {f"10.1000/{n}" for n in range(1, 10, 2)}
    check(*(Reference.objects.create(doi=f"10.1000/{n}") for n in range(10)))
    assert crossref.asked == 10


def test_work_whose_doi_belongs_to_another_reference_is_asked_for_at_crossref_too(eutils, crossref):
    crossref.works["10.1000/x"] = {"DOI": "10.1000/x", "title": ["A"], "updated-by": [RETRACTION]}
    eutils.add(5, title="One.", doi="10.1000/x")
    Reference.objects.create(doi="10.1000/x")
    (reference,) = check(make_reference(5))
    assert (reference.doi, reference.standing) == (None, "retracted")


# When to look again

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "days", "is_due"),
    [
        ({}, 6.9, False),
        ({}, 7.1, True),
        ({"standing": "concern"}, 0.9, False),
        ({"standing": "concern"}, 1.1, True),
        ({"trouble": "timeout"}, 0.9, False),
        ({"trouble": "timeout"}, 1.1, True),
    ],
)
def test_when_a_reference_is_due(fields, days, is_due):
    with time_machine.travel(NOW, tick=False):
        make_reference(checked_at=NOW - timedelta(days=days), **fields)
        assert Reference.objects.due_for_check().exists() == is_due


def test_address_alone_is_never_due():
    Reference.objects.create(url="https://example.dk/guideline")
    assert not Reference.objects.due_for_check().exists()


@pytest.mark.parametrize(
    ("ago", "danish", "english"),
    [
        (timedelta(days=9, hours=3), "Sidst kontrolleret for 9 dage siden", "Last checked 9 days ago"),
        (timedelta(days=1), "Sidst kontrolleret for 1 dag siden", "Last checked 1 day ago"),
        (timedelta(hours=23), "Sidst kontrolleret for 23 timer siden", "Last checked 23 hours ago"),
        (
            timedelta(minutes=5),
            "Sidst kontrolleret inden for den seneste time",
            "Last checked within the last hour",
        ),
        (None, "Aldrig kontrolleret", "Never checked"),
    ],
)
def test_last_check_in_words(ago, danish, english):
    with time_machine.travel(NOW, tick=False):
        reference = Reference(checked_at=ago and NOW - ago)
        for language, phrase in (("da", danish), ("en", english)):
            with override(language):
                assert reference.last_check == phrase


def test_try_without_an_answer_is_no_check(eutils):
    with time_machine.travel(NOW, tick=False) as clock:
        (known,) = check(make_reference(34256014))
        clock.shift(timedelta(days=9))
        eutils.mode = "html"
        (reference,) = check(known)
        assert [row.outcome for row in reference.checks.all()] == ["could_not_ask", "found"]
        with override("en"):
            assert reference.last_check == "Last checked 9 days ago"
        assert reference.is_stale
