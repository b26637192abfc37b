import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

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


class CrossrefHandler(BaseHTTPRequestHandler):
    server: Crossref

    def do_GET(self):
        doi = self.path.removeprefix("/works/").split("?")[0].replace("%2F", "/")
        status = 500 if self.server.is_away else 200 if doi in self.server.works else 404
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
