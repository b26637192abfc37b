"""PubMed, played by a server: each way to answer, and to fail to."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from time import monotonic, time_ns
from typing import get_args

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from references import pacing, pubmed
from references.pubmed import CouldNotAsk, Fetched
from tests.eutils import EUtils, Mode, Received, StandingClock, article_xml

pytestmark = pytest.mark.django_db

PROJECT = Path(__file__).resolve().parents[2]
DIET, ITCH, UNKNOWN = 34256014, 29467611, 99999999
CURCUMIN = "Curcumin for pruritus: a <i>randomised</i> trial of 3 &amp; 6 g."

PASSING: dict[Mode, str] = {
    "throttled": "throttled",
    "throttled_200": "throttled",
    "error": "server_error",
    "error_200": "server_error",
    "bad_request": "server_error",
    "cut_off": "unreachable",
}
LASTING: dict[Mode, str] = {
    "redirect": "server_error",
    "truncated": "unreadable",
    "html": "unreadable",
    "entity_bomb": "unreadable",
    "compressed": "unreadable",
    "endless": "unreadable",
}
NOT_IN_TIME: tuple[Mode, ...] = ("slow", "dripping")


@pytest.fixture(autouse=True)
def as_in_production(settings) -> None:
    settings.PUBMED_EMAIL = "editor@clinic.example"
    settings.PUBMED_API_KEY = ""
    settings.PUBMED_TIMEOUT = 10


@pytest.fixture
def clock(monkeypatch) -> StandingClock:
    return StandingClock.replacing(monkeypatch)


@pytest.fixture
def eutils(settings, clock) -> Iterator[EUtils]:
    with EUtils(clock=clock.now) as server:
        server.add(DIET)
        server.add(
            ITCH, title=CURCUMIN, journal="J Itch", year=2018, volume="7", pages="12-9", authors=["Ito A"]
        )
        settings.PUBMED_BASE_URL = server.url
        yield server


def test_every_way_to_fail_is_tested():
    assert {"answer", *PASSING, *LASTING, *NOT_IN_TIME} == set(get_args(Mode))


# What was asked for and what came


def test_fetch_tells_found_from_not_found(eutils):
    fetched = pubmed.fetch([DIET, UNKNOWN, ITCH])
    assert {pmid: record.pmid for pmid, record in fetched.found.items()} == {DIET: DIET, ITCH: ITCH}
    assert fetched.not_found == {UNKNOWN}
    assert fetched.could_not_ask == {}


def test_fetch_gives_records(eutils):
    record = pubmed.fetch([DIET]).found[DIET]
    assert (record.journal, record.year, record.authors) == ("Cell", 2021, ("Wastyk HC", "Fragiadakis GK"))


def test_fetch_of_nothing_asks_nothing(eutils):
    assert pubmed.fetch([]) == Fetched({}, frozenset(), {})
    assert eutils.requests == []


@pytest.mark.parametrize("room_for_each", [0, 5_000])
def test_answer_may_be_longer_the_more_records_are_asked_for(eutils, monkeypatch, room_for_each):
    monkeypatch.setattr(pubmed, "LARGEST_ANSWER", 100)
    monkeypatch.setattr(pubmed, "LARGER_BY_RECORD", room_for_each)
    assert len(pubmed.fetch([DIET, ITCH]).found) == (2 if room_for_each else 0)


@pytest.mark.parametrize("pmid", [0, -5, 100_000_000, 2**70])
def test_numbers_that_are_no_pmid_are_not_found_and_not_asked_for(eutils, pmid):
    fetched = pubmed.fetch([DIET, pmid])
    assert (set(fetched.found), fetched.not_found) == ({DIET}, {pmid})
    assert [request.pmids for request in eutils.requests] == [[DIET]]


def test_numbers_that_are_no_pmid_are_not_found_while_pubmed_is_away(eutils):
    eutils.mode = "html"
    assert pubmed.fetch([DIET, 0]) == Fetched({}, frozenset({0}), {DIET: "unreadable"})


def test_a_record_nobody_asked_for_is_left_out(eutils):
    eutils.records[UNKNOWN] = article_xml(DIET)
    assert pubmed.fetch([UNKNOWN]) == Fetched({}, frozenset({UNKNOWN}), {})


def test_a_pmid_asked_for_twice_is_sent_once(eutils):
    pubmed.fetch([DIET, DIET])
    assert eutils.requests[0].pmids == [DIET]


def test_a_thousand_pmids_take_five_requests(eutils):
    for pmid in range(1, 999):
        eutils.add(pmid)
    fetched = pubmed.fetch(range(1, 1001))
    assert (len(fetched.found), fetched.not_found) == (998, {999, 1000})
    assert [len(request.pmids) for request in eutils.asked("efetch")] == [200] * 5


def test_batches_that_failed_do_not_spoil_the_others(eutils):
    eutils.add(1)
    eutils.add(201)
    eutils.play("html")
    fetched = pubmed.fetch(range(1, 202))
    assert set(fetched.found) == {201}
    assert fetched.could_not_ask == dict.fromkeys(range(1, 201), "unreadable")


def test_what_there_is_no_time_left_for_could_not_be_asked(eutils, clock):
    eutils.mode = "error"
    fetched = pubmed.fetch(range(1, 1001))
    assert set(fetched.could_not_ask) == set(range(1, 1001))
    assert clock.now() <= clock.started_at + 10


def test_without_patience_nothing_is_asked(eutils):
    assert pubmed.fetch([DIET], patience=0).could_not_ask == {DIET: "timeout"}
    assert eutils.requests == []


# Records that were there before


@pytest.fixture
def answers(eutils, monkeypatch):
    """Which of the records the next answers of efetch leave out, one after another."""
    left_out = []
    whole = eutils.records

    def efetch(request: Received) -> str:
        lost = left_out.pop(0) if left_out else set()
        eutils.records = {pmid: xml for pmid, xml in whole.items() if pmid not in lost}
        return EUtils.efetch(eutils, request)

    monkeypatch.setattr(eutils, "efetch", efetch)
    return left_out


def test_known_record_that_is_missing_is_asked_for_again(eutils, answers):
    answers += [{ITCH}]
    assert set(pubmed.fetch([DIET, ITCH], known={DIET, ITCH}).found) == {DIET, ITCH}
    assert [request.pmids for request in eutils.requests] == [[DIET, ITCH], [ITCH]]


def test_record_that_is_missing_twice_is_not_found(eutils, answers):
    answers += [{ITCH}, {ITCH}]
    assert pubmed.fetch([DIET, ITCH], known={DIET, ITCH}).not_found == {ITCH}


def test_only_known_record_that_is_missing_twice_is_not_found(eutils, answers):
    answers += [{ITCH}, {ITCH}]
    assert pubmed.fetch([ITCH], known={ITCH}).not_found == {ITCH}


def test_record_nobody_knew_is_not_asked_for_again(eutils):
    pubmed.fetch([DIET, UNKNOWN], known={DIET})
    assert len(eutils.requests) == 1


def test_new_record_left_out_with_a_known_one_is_asked_for_again(eutils, answers):
    answers += [{DIET, ITCH}]
    assert set(pubmed.fetch([DIET, ITCH], known={DIET}).found) == {DIET, ITCH}


def test_nothing_at_all_where_several_were_known_is_an_outage(eutils, answers):
    answers += [{DIET, ITCH}, {DIET, ITCH}]
    fetched = pubmed.fetch([DIET, ITCH, UNKNOWN], known={DIET, ITCH})
    assert fetched == Fetched({}, frozenset(), dict.fromkeys([DIET, ITCH, UNKNOWN], "unreadable"))


def test_known_record_that_cannot_be_asked_for_again_could_not_be_asked(eutils, answers):
    answers += [{ITCH}]
    eutils.play("answer", "html")
    fetched = pubmed.fetch([DIET, ITCH], known={DIET, ITCH})
    assert (set(fetched.found), fetched.could_not_ask) == ({DIET}, {ITCH: "unreadable"})


# Finding


def test_search_gives_pmids(eutils):
    assert pubmed.search("curcumin pruritus ito") == (ITCH,)


def test_search_sends_what_cannot_be_encoded_as_question_marks(eutils):
    pubmed.search("curcumin\ud800")
    assert eutils.requests[0].parameters["term"] == "curcumin?"


def test_search_finds_nothing(eutils):
    assert pubmed.search("homeopathy") == ()


def test_search_for_nothing_asks_nothing(eutils):
    assert pubmed.search(" ") == ()
    assert eutils.requests == []


def test_search_sends_how_many_at_most(eutils):
    pubmed.search("curcumin", 7)
    assert eutils.requests[0].parameters["retmax"] == "7"


def test_search_that_could_not_be_made(eutils):
    eutils.mode = "html"
    assert pubmed.search("curcumin") == CouldNotAsk("unreadable")


def test_search_whose_backend_failed(eutils, monkeypatch):
    failed = "<eSearchResult><ERROR>Search Backend failed: it is away</ERROR></eSearchResult>"
    monkeypatch.setattr(eutils, "esearch", lambda _request: failed)
    assert pubmed.search("curcumin") == CouldNotAsk("server_error")


@pytest.mark.parametrize(
    "answer", ["<html/>", "<PubmedArticleSet/>", "<eSearchResult><IdList><Id/></IdList>", ""]
)
def test_search_answered_with_something_else(eutils, monkeypatch, answer):
    monkeypatch.setattr(eutils, "esearch", lambda _request: answer)
    assert pubmed.search("curcumin") == CouldNotAsk("unreadable")


@pytest.mark.parametrize(
    "answer", ["", "34256014", "<p>a|34256014", "a|b|", "a|b|34256014x", "a|٣", "a|" + "9" * 5000]
)
def test_match_answered_with_something_else(eutils, monkeypatch, answer):
    monkeypatch.setattr(eutils, "ecitmatch", lambda _request: answer)
    assert pubmed.match("J Itch", 2018, "7", "12", "Ito A") == CouldNotAsk("unreadable")


def test_title_is_found_by_its_words(eutils):
    assert pubmed.search_title("Curcumin for pruritus") == (ITCH,)
    assert len(eutils.requests) == 1


def test_title_with_wrong_words_is_found_by_the_others(eutils):
    assert pubmed.search_title("Immune diets and curcumin for the pruritus of elephants") == (
        ITCH,
        DIET,
    )


def test_title_search_that_could_not_be_made_is_not_made_again(eutils):
    eutils.mode = "html"
    assert pubmed.search_title("Curcumin") == CouldNotAsk("unreadable")
    assert len(eutils.requests) == 1


@pytest.mark.parametrize(
    ("title", "term"),
    [
        ("Curcumin for <i>pruritus</i>.", "curcumin[ti] AND pruritus[ti]"),
        (
            'Diet"[au] OR 1:9999[dp] (NOT x)',
            "diet[ti] AND au[ti] AND 1[ti] AND 9999[ti] AND dp[ti] AND x[ti]",
        ),
        ("Crohn's disease: TNF-α & CO<sub>2</sub>", "crohn's[ti] AND disease[ti] AND tnf-α[ti] AND co2[ti]"),
        ("Diet, diet, DIET", "diet[ti]"),
        ("To be or not to be", ""),
    ],
)
def test_title_term_has_words_only(title, term):
    assert pubmed.title_term(title) == term


@given(st.text())
def test_title_term_is_a_term_whatever_the_title(title):
    words = pubmed.title_term(title).removesuffix("[ti]").split("[ti] AND ")
    assert not any(set(word) & set('[]()"*:/ ') for word in words)


@pytest.mark.parametrize(
    ("citation", "pmid"),
    [
        (("J Itch", 2018, "7", "12", "Ito A"), ITCH),
        (("", "2021", "", "", "Wastyk"), DIET),
        (("J Itch", 1999, "7", "12", "Ito A"), None),
        (("", "", "", "", ""), None),  # both: ambiguous
    ],
)
def test_match(eutils, citation, pmid):
    assert pubmed.match(*citation) == pmid


def test_match_sends_fields_that_cannot_be_taken_for_others(eutils):
    pubmed.match("J|Itch\r\nX", 2018, "7", "12 ", "Ito  A")
    assert eutils.requests[0].parameters["bdata"] == "J Itch X|2018|7|12|Ito A|1|"


def test_match_that_could_not_be_made(eutils):
    eutils.mode = "html"
    assert pubmed.match("J Itch", 2018, "7", "12", "Ito A") == CouldNotAsk("unreadable")


# Failing


@pytest.mark.parametrize("mode", PASSING)
def test_passing_trouble_is_waited_out(eutils, mode):
    eutils.play(mode, mode)
    assert set(pubmed.fetch([DIET]).found) == {DIET}
    assert len(eutils.requests) == 3


@pytest.mark.parametrize(("mode", "reason"), list(PASSING.items()))
def test_trouble_that_does_not_pass_is_given_up_in_time(eutils, clock, mode, reason):
    eutils.mode = mode
    assert pubmed.fetch([DIET]).could_not_ask == {DIET: reason}
    assert 3 <= len(eutils.requests) <= 5
    assert clock.now() <= clock.started_at + 10


@pytest.mark.parametrize(("mode", "reason"), list(LASTING.items()))
def test_trouble_that_will_not_pass_is_given_up_at_once(eutils, mode, reason):
    eutils.mode = mode
    assert pubmed.fetch([DIET]).could_not_ask == {DIET: reason}
    assert len(eutils.requests) == 1


@pytest.mark.parametrize("mode", NOT_IN_TIME)
def test_no_answer_in_time(eutils, settings, mode):
    settings.PUBMED_TIMEOUT = 0.1
    eutils.mode = mode
    started_at = monotonic()
    assert pubmed.fetch([DIET]).could_not_ask == {DIET: "timeout"}
    assert monotonic() - started_at < 20


def test_nobody_answers(eutils, settings):
    settings.PUBMED_BASE_URL = "http://127.0.0.1:1"
    assert pubmed.fetch([DIET]).could_not_ask == {DIET: "unreachable"}


@pytest.mark.parametrize("address", ["nonsense", "ftp://127.0.0.1", "http://[", "http://\x00", ""])
def test_an_address_that_is_none(eutils, settings, address):
    settings.PUBMED_BASE_URL = address
    assert pubmed.fetch([DIET]).could_not_ask == {DIET: "unreachable"}


def test_pauses_grow_and_differ(eutils, clock):
    eutils.mode = "error"
    pubmed.fetch([DIET], patience=100)
    limits = [min(30, 2**n) for n in range(len(clock.slept))]
    assert len(limits) > 5
    assert all(limit / 2 <= pause <= limit for pause, limit in zip(clock.slept, limits, strict=True))


def test_with_more_patience_more_is_tried(eutils):
    eutils.play(*["error"] * 7)
    assert set(pubmed.fetch([DIET], patience=600).found) == {DIET}


# Who asks, and what nobody else may know


def test_tool_and_email_are_sent(eutils):
    pubmed.fetch([DIET])
    sent = eutils.requests[0].parameters
    assert (sent["tool"], sent["email"], sent.get("api_key")) == (
        "clinic-blog",
        "editor@clinic.example",
        None,
    )


def test_nothing_is_in_the_url(eutils, settings):
    settings.PUBMED_API_KEY = "sikrit"
    pubmed.fetch([DIET])
    assert eutils.requests[0].path == "/entrez/eutils/efetch.fcgi"
    assert eutils.requests[0].parameters["api_key"] == "sikrit"


@pytest.mark.parametrize("mode", get_args(Mode))
def test_logs_hold_no_key_no_address_and_no_body(eutils, settings, caplog, mode):
    settings.PUBMED_TIMEOUT = 0.1 if mode in NOT_IN_TIME else 10
    settings.PUBMED_API_KEY = "sikrit"
    eutils.mode = mode
    with caplog.at_level(logging.DEBUG):
        pubmed.fetch([DIET])
        pubmed.search("curcumin")
        pubmed.match("J Itch", 2018, "7", "12", "Ito A")
    assert not [
        word for word in ("sikrit", "@clinic", "PubmedArticle", "rate limit", "NCBI") if word in caplog.text
    ]


def test_giving_up_is_logged(eutils, caplog):
    eutils.mode = "error"
    pubmed.fetch([DIET], patience=0.4)
    assert [record.getMessage() for record in caplog.records if record.name == "references.pubmed"] == [
        "PubMed could not be asked: efetch.fcgi, tries: 1, status: 500, reason: server_error"
    ]


# Turns


@pytest.mark.parametrize(("key", "limit"), [("", 3), ("sikrit", 10)])
def test_eight_threads_keep_to_the_limit(settings, monkeypatch, key, limit):
    clock = StandingClock.replacing(monkeypatch, participants=8)

    def ask(_worker: int) -> int:
        with clock.participation():
            return sum(DIET in pubmed.fetch([DIET], patience=600).found for _ in range(4))

    with EUtils(clock=clock.now) as server, ThreadPoolExecutor(8) as workers:
        server.add(DIET)
        settings.PUBMED_BASE_URL = server.url
        settings.PUBMED_API_KEY = key
        assert sum(workers.map(ask, range(8))) == 32
    assert server.busiest_second() <= limit
    assert len(server.requests) == 32


def test_tries_again_are_counted_too(settings, monkeypatch):
    clock = StandingClock.replacing(monkeypatch, participants=8)

    def ask(_worker: int) -> None:
        with clock.participation():
            pubmed.fetch([DIET], patience=20)

    with EUtils(clock=clock.now) as server, ThreadPoolExecutor(8) as workers:
        server.mode = "throttled"
        settings.PUBMED_BASE_URL = server.url
        list(workers.map(ask, range(8)))
    assert server.busiest_second() <= 3


def test_turns_by_the_clock_of_the_database():
    """Eight at once, over connections of their own, as processes are."""
    service = f"test {time_ns() % 10**12}"

    def turn(_number: int) -> float | None:
        return pacing.reserve(service, 10, 600)

    with ThreadPoolExecutor(8) as workers:
        waits = [wait for wait in workers.map(turn, range(24)) if wait is not None]
    # They asked within a few seconds; each is told its own turn.
    assert sorted(round(wait / 10) for wait in waits) == list(range(24))


# Each process has its own Django and its own connections. It says that it is ready, waits for the others,
# and prints the moments of its turns, without waiting for them.
TAKE_TURNS = """
import json, sys, time
import django
django.setup()
from django.db import connection
from references import pacing
service, spacing, turns, database = sys.argv[1:]
connection.settings_dict.update(json.loads(database))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(turns)):
    now = time.time()
    print(now + pacing.reserve(service, float(spacing), 600, now))
"""


def test_processes_take_turns_that_are_apart():
    processes, turns, spacing = 4, 25, 0.4
    database = {name: connection.settings_dict[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    arguments = [f"test {time_ns() % 10**12}", str(spacing), str(turns), json.dumps(database)]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", TAKE_TURNS, *arguments],
                    cwd=PROJECT,
                    env=os.environ | {"DJANGO_SETTINGS_MODULE": "clinic.settings"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(processes)
        ]
        assert [process.stdout.readline() for process in started] == ["ready\n"] * processes
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        taken = [[float(line) for line in process.stdout] for process in started]
    assert [len(moments) for moments in taken] == [turns] * processes
    moments = sorted(moment for moments in taken for moment in moments)
    assert all(later - earlier >= spacing - 1e-5 for earlier, later in pairwise(moments))
    # They did ask at once: somebody had to let others go first.
    assert any(max(moments) - min(moments) > spacing * turns for moments in taken)


def test_turns_are_exactly_apart(clock):
    waits = [pacing.reserve("pubmed", 0.4, 60, clock.time) for _ in range(4)]
    assert waits == pytest.approx([0, 0.4, 0.8, 1.2])


def test_a_turn_after_a_while_is_at_once(clock):
    pacing.reserve("pubmed", 0.4, 60, clock.time)
    assert pacing.reserve("pubmed", 0.4, 60, clock.time + 0.5) == 0


def test_a_turn_too_far_away_is_refused_and_not_taken(clock):
    turns = [pacing.reserve("pubmed", 0.4, 0.5, clock.time) for _ in range(4)]
    assert turns == [0, pytest.approx(0.4), None, None]
    assert pacing.reserve("pubmed", 0.4, 60, clock.time) == pytest.approx(0.8)


def test_services_have_turns_of_their_own(clock):
    pacing.reserve("pubmed", 0.4, 60, clock.time)
    assert pacing.reserve("another", 0.4, 60, clock.time) == 0


def test_turns_go_on_when_the_clock_was_set_back(clock):
    pacing.reserve("pubmed", 0.4, 60, clock.time)
    assert pacing.reserve("pubmed", 0.4, 60, clock.time - 3600) == 0
    assert pacing.reserve("pubmed", 0.4, 60, clock.time - 3600) == pytest.approx(0.4)


def test_a_turn_holds_nobody_up_in_a_transaction(clock):
    with transaction.atomic():
        pacing.reserve("pubmed", 0.4, 60, clock.time)
        with ThreadPoolExecutor(1) as other:
            asked = other.submit(pacing.reserve, "pubmed", 0.4, 60, clock.time)
            assert asked.result(timeout=10) == pytest.approx(0.4)


def test_where_all_turns_are_taken_nothing_is_asked(eutils, clock):
    for _ in range(40):
        pacing.reserve("pubmed", 0.4, 60, clock.time)
    assert pubmed.fetch([DIET], patience=5).could_not_ask == {DIET: "throttled"}
    assert eutils.requests == []
    assert clock.slept == []


def test_the_real_clock_goes_on():
    started_at = pacing.clock.now()
    pacing.clock.sleep(0)
    assert pacing.clock.now() >= started_at
    assert pacing.clock.moment() is None
