"""The server is real, its works are invented, except for three that Crossref published."""

import gzip
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from references.crossref import (
    MOST_BYTES,
    CouldNotAsk,
    CrossrefWork,
    Judged,
    NotFound,
    UnreadableError,
    Update,
    look_up,
    parse,
    standing,
)
from references.vancouver import citation_text

SHARED = Path(__file__).resolve().parents[3] / "shared" / "pubmed" / "crossref"

WALK = {
    "DOI": "10.5555/walk.1",
    "type": "journal-article",
    "title": ["Walking in <i>Salix alba</i> &amp; <mml:math>x</mml:math>"],
    "original-title": [],
    "container-title": ["European Journal of Walking"],
    "short-container-title": ["Eur J Walk"],
    "author": [
        {"given": "Jean-Paul M", "family": "Berg", "suffix": "Jr."},
        {"given": "AB", "family": "Holm"},
        {"name": "The Walking Group"},
        {"family": "Plato"},
    ],
    "published": {"date-parts": [[2020, 12, 28]]},
    "published-print": {"date-parts": [[2021, 8, 5]]},
    "volume": "14",
    "issue": "3",
    "page": "621-630",
    "publisher": "The Publisher",
}


def body(**changes: object) -> bytes:
    return json.dumps({"status": "ok", "message-type": "work", "message": WALK | changes}).encode()


def update(kind: str, doi: str = "10.5555/notice", *parts: int) -> dict[str, object]:
    return {"type": kind, "DOI": doi, "source": "publisher", "updated": {"date-parts": [list(parts)]}}


# Reading


def test_a_work_is_read():
    work = parse(body())
    assert work == CrossrefWork(
        doi="10.5555/walk.1",
        type="journal-article",
        title="Walking in <i>Salix alba</i> & x",
        authors=("Berg JPM Jr", "Holm AB", "The Walking Group", "Plato"),
        journal="Eur J Walk",
        journal_name="European Journal of Walking",
        published="2021 Aug 5",
        year=2021,
        volume="14",
        issue="3",
        pages="621-630",
    )


def test_a_work_is_cited_as_others_are():
    assert citation_text(parse(body(author=[{"given": "Ann B", "family": "Holm"}]))) == (
        "Holm AB. Walking in Salix alba & x. Eur J Walk. 2021 Aug 5;14(3):621-630. doi: 10.5555/walk.1."
    )


def test_a_chapter_names_its_book():
    work = parse(
        body(type="book-chapter", **{"container-title": ["The Book"], "publisher-location": "Aarhus"})
    )
    assert (work.book, work.publisher, work.place, work.journal) == (
        "The Book",
        "The Publisher",
        "Aarhus",
        "",
    )


def test_a_chapter_names_the_editors_of_its_book():
    editors = [{"given": "Rita", "family": "Roe"}, {"name": "The Handbook Group"}]
    assert parse(body(type="book-chapter", editor=editors)).editors == ("Roe R", "The Handbook Group")


def test_the_editor_of_a_journal_is_not_named():
    assert parse(body(editor=[{"given": "Rita", "family": "Roe"}])).editors == ()


@pytest.mark.parametrize(
    ("parts", "published", "year"),
    [
        ([[2021]], "2021", 2021),
        ([[2021, 2]], "2021 Feb", 2021),
        ([["2021", "02"]], "2021 Feb", 2021),
        ([[2021, 13, 1]], "2021", 2021),
        ([[None]], "", None),
        ([[True]], "", None),
        ([], "", None),
        ([[0, 1]], "", None),
        ("2021", "", None),
    ],
)
def test_dates_are_read_as_far_as_they_go(parts, published, year):
    dates = dict.fromkeys(("published", "published-print"))
    work = parse(body(**dates, issued={"date-parts": parts}))
    assert (work.published, work.year) == (published, year)


def test_an_update_is_read_with_its_source():
    (read,) = parse(
        body(**{"updated-by": [update("Expression-of concern", "10.5555/n", 2021, 10, 28)]})
    ).updates
    assert read == Update("expression_of_concern", "10.5555/n", date(2021, 10, 28), "publisher")


def test_an_impossible_day_is_no_date():
    (read,) = parse(body(**{"updated-by": [update("retraction", "10.5555/n", 2021, 2, 31)]})).updates
    assert read.on is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>busy</html>",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"1",
        b'{"message": null}',
        b'{"message": []}',
        b'{"message": {"items": []}}',
        b"[" * 100_000,
        b'{"message": {"volume": ' + b"9" * 10_000 + b"}}",
        b" " * (MOST_BYTES + 1),
    ],
    ids=lambda data: data[:12],
)
def test_what_is_no_work_is_unreadable(data):
    with pytest.raises(UnreadableError):
        parse(data)


def test_what_no_database_holds_is_left_out():
    assert parse(body(volume="1\x00\ud8002", page=17, issue=True)) == parse(
        body(volume="12", page="17", issue=None)
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("retraction"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["date-parts", "family", "given", "name", "type", "DOI", "updated"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*WALK, "updated-by", "update-to", "publisher-location"]), JSON))
def test_no_part_of_a_work_is_an_error(message):
    work = parse(json.dumps({"message": message}).encode())
    assert standing(work).standing in ("good", "corrected", "updated", "concern", "retracted")
    citation_text(work).encode()


# Standing


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("retraction", "retracted"),
        ("withdrawal", "retracted"),
        ("removal", "retracted"),
        ("partial_retraction", "concern"),
        ("expression_of_concern", "concern"),
        ("correction", "corrected"),
        ("erratum", "corrected"),
        ("corrigendum", "corrected"),
        ("new_version", "updated"),
        ("new_edition", "updated"),
        ("retractor", "good"),
        ("", "good"),
    ],
)
def test_each_update_has_its_standing(kind, expected):
    assert standing(parse(body(**{"updated-by": [update(kind)]}))).standing == expected


def test_the_gravest_update_decides_and_of_several_the_newest():
    updates = [
        update("correction", "10.5555/c", 2024),
        update("retraction", "10.5555/r1", 2020),
        update("retraction", "10.5555/r2", 2022),
        update("retraction", "10.5555/r3"),
    ]
    judged = standing(parse(body(**{"updated-by": updates})))
    assert (judged.standing, judged.update and judged.update.doi) == ("retracted", "10.5555/r2")


def test_a_notice_is_not_what_it_says_of_another():
    assert standing(parse(body(**{"update-to": [update("retraction")]}))) == Judged(
        "good", None, is_notice=True
    )


@pytest.mark.parametrize(
    ("name", "expected", "is_notice"),
    [
        ("retracted_paper", "retracted", False),
        ("retraction_notice", "good", True),
        ("expression_of_concern", "concern", False),
    ],
)
def test_works_as_crossref_published_them(name, expected, is_notice):
    path = SHARED / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    work = parse(path.read_bytes())
    judged = standing(work)
    assert (judged.standing, judged.is_notice) == (expected, is_notice)
    assert judged.update is None or (judged.update.doi and judged.update.on and judged.update.source)
    assert work.title
    assert work.authors
    assert work.year


# Asking


class Crossref(ThreadingHTTPServer):
    """Answers with what `answers` has for a path, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.seconds_before = 0.0
        self.seconds_between = 0.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Crossref

    def do_GET(self) -> None:
        crossref = self.server
        crossref.asked.append((self.path, self.headers["User-Agent"]))
        status, headers, content = crossref.answers.get(self.path, (404, {}, b"Resource not found."))
        time.sleep(crossref.seconds_before)
        try:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if crossref.seconds_between:
                for at in range(len(content)):
                    self.wfile.write(content[at : at + 1])
                    time.sleep(crossref.seconds_between)
            else:
                self.wfile.write(content)
        except OSError:
            pass  # The client hung up: it had waited long enough.

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def crossref(settings, monkeypatch) -> Iterator[Crossref]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Crossref() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        settings.CROSSREF_BASE_URL = f"{server.address}/"
        settings.PUBMED_EMAIL = "editor@clinic.example"
        settings.PUBMED_TIMEOUT = 5
        yield server
        server.shutdown()
        thread.join()


WALK_PATH = "/works/10.5555%2Fwalk.1"


def test_a_work_is_found(crossref):
    crossref.answers[WALK_PATH] = (200, {}, body())
    assert look_up(" 10.5555/walk.1 ") == parse(body())


def test_an_unknown_doi_is_not_found(crossref):
    assert look_up("10.5555/unknown") == NotFound()


@pytest.mark.parametrize("doi", ["", "walk", "../works"])
def test_what_is_no_doi_is_not_asked_for(crossref, doi):
    assert look_up(doi) == NotFound()
    assert crossref.asked == []


def test_an_old_doi_is_encoded(crossref):
    path = "/works/10.1002%2F%28SICI%291097-0142%2819980515%2982%3A10%3C1%3A%3AAID-CNCR%3E3.0.CO%3B2-%23%3F"
    crossref.answers[path] = (200, {}, body())
    assert isinstance(look_up("10.1002/(SICI)1097-0142(19980515)82:10<1::AID-CNCR>3.0.CO;2-#?"), CrossrefWork)


@pytest.mark.parametrize(
    ("email", "agent"),
    [
        ("editor@clinic.example", "clinic-blog (mailto:editor@clinic.example)"),
        ("", "clinic-blog"),
        ("søren@clinic.example", "clinic-blog (mailto:sren@clinic.example)"),
    ],
)
def test_we_say_who_asks(crossref, settings, email, agent):
    settings.PUBMED_EMAIL = email
    look_up("10.5555/walk.1")
    assert crossref.asked == [(WALK_PATH, agent)]


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (429, b"{}", "rate_limited"),
        (500, b"", "server_error"),
        (503, b"<html>", "server_error"),
        (403, b"", "refused"),
        (204, b"", "refused"),
        (200, b"<html>We are busy</html>", "garbage"),
        (200, body()[:-20], "garbage"),
        (200, b" " * (MOST_BYTES + 1), "garbage"),
        (200, gzip.compress(body()), "garbage"),  # nothing is unpacked
    ],
    ids=range(9),
)
def test_no_answer_says_why(crossref, status, content, reason):
    crossref.answers[WALK_PATH] = (status, {}, content)
    assert look_up("10.5555/walk.1") == CouldNotAsk(reason)


def test_a_body_that_is_cut_off_is_no_answer(crossref):
    crossref.answers[WALK_PATH] = (200, {"Content-Length": "100000", "Connection": "close"}, body())
    assert look_up("10.5555/walk.1") == CouldNotAsk("unreachable")


@pytest.mark.parametrize(("before", "between"), [(2.0, 0.0), (0.0, 0.02)], ids=["silent", "dripping"])
def test_nobody_waits_longer_than_the_limit(crossref, settings, before, between):
    settings.PUBMED_TIMEOUT = 0.5
    crossref.answers[WALK_PATH] = (200, {}, body())
    crossref.seconds_before, crossref.seconds_between = before, between
    started = time.monotonic()
    assert look_up("10.5555/walk.1") == CouldNotAsk("timeout")
    assert time.monotonic() - started < 20


def test_nobody_waits_longer_for_the_name_of_the_server(crossref, settings, monkeypatch):
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: is_over.wait())
    settings.PUBMED_TIMEOUT = 0.2
    assert look_up("10.5555/walk.1") == CouldNotAsk("timeout")
    is_over.set()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "nowhere", "http://[", "ftp://127.0.0.1"])
def test_a_server_that_is_not_there(settings, address):
    settings.CROSSREF_BASE_URL = address
    assert look_up("10.5555/walk.1") == CouldNotAsk("unreachable")


def test_a_merged_doi_is_followed_on_the_same_server(crossref):
    crossref.answers[WALK_PATH] = (301, {"Location": "/works/10.5555%2Fother"}, b"")
    crossref.answers["/works/10.5555%2Fother"] = (200, {}, body(DOI="10.5555/other"))
    work = look_up("10.5555/walk.1")
    assert isinstance(work, CrossrefWork)
    assert work.doi == "10.5555/other"


@pytest.mark.parametrize(
    "place", ["http://localhost:1/", "https://127.0.0.1/", "//other.example/", WALK_PATH]
)
def test_a_redirect_elsewhere_or_without_end_is_not_followed(crossref, place):
    crossref.answers[WALK_PATH] = (302, {"Location": place}, b"")
    assert look_up("10.5555/walk.1") == CouldNotAsk("redirected")
    assert len(crossref.asked) <= 4


def test_neither_body_nor_address_is_logged(crossref, caplog):
    caplog.set_level(logging.DEBUG)
    crossref.answers[WALK_PATH] = (200, {}, body())
    look_up("10.5555/walk.1")
    assert "editor@clinic.example" not in caplog.text
    assert "Salix" not in caplog.text
