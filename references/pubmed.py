"""PubMed, asked over NCBI's E-utilities. The only module that talks to it.

What goes wrong out there is a value, CouldNotAsk, never an exception, and never "not found".
https://www.ncbi.nlm.nih.gov/books/NBK25499/
"""

import logging
import random
import re
import ssl
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from threading import Event
from typing import Literal, TypeVar
from urllib.parse import urlencode
from xml.etree.ElementTree import ParseError

import httpx2
from defusedxml.ElementTree import fromstring
from django.conf import settings

from references import citations, pacing, records
from references.deadlines import within
from references.records import Record, UnreadableAnswer

Reason = Literal["timeout", "unreachable", "throttled", "server_error", "unreadable"]
Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)

TOOL = "clinic-blog"
MOST_PMIDS = 200  # in one request; NCBI's recommendation
# Bytes: of any answer, and more for each record that was asked for. Most take 5 to 40 kB; those of large
# collaborations, with a thousand names and addresses, up to two million.
LARGEST_ANSWER = 2_000_000
LARGER_BY_RECORD = 100_000
PMID = re.compile(rf"[1-9][0-9]{{0,{citations.LONGEST_PMID - 1}}}")
TOO_LARGE_PMID = 10**citations.LONGEST_PMID

# Requests that are sent at some distance may arrive closer to each other. So that no more than n arrive
# in a second, n of them are sent in this many seconds.
SECOND = 1.2
REQUESTS_PER_SECOND = 3
REQUESTS_PER_SECOND_WITH_KEY = 10

# Seconds between two tries: 1, 2, 4 …, less up to a half at random, so that who failed together does not
# come again together.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0

# What ecitmatch answers when there is no PMID.
UNMATCHED = ("NOT_FOUND", "AMBIGUOUS")

TITLE_TAG = re.compile(r"</?(?:i|b|sub|sup)>", re.IGNORECASE)
WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
MOST_WORDS = 30

# PubMed does not search for these, and finds nothing where one is required in a title.
# https://pubmed.ncbi.nlm.nih.gov/help/#help-stopwords
STOP_WORDS = frozenset(
    """
    a about again all almost also although always among an and another any are as at be because been before
    being between both but by can could did do does done due during each either enough especially etc for
    found from further had has have having here how however i if in into is it its itself just kg km made
    mainly make may mg might ml mm most mostly must nearly neither no nor not obtained of often on or our
    overall perhaps pmid quite rather really regarding seem seen several should show showed shown shows
    significantly since so some such than that the their theirs them then there therefore these they this
    those through thus to upon use used using various very was we were what when which while with within
    without would
    """.split()  # noqa: SIM905 - one word a line would be 140 lines
)


@dataclass(frozen=True)
class CouldNotAsk:
    """PubMed gave no answer, which says nothing of what was asked for."""

    reason: Reason


@dataclass(frozen=True)
class Fetched:
    """What became of each PMID that was asked for: it is in one of the three."""

    found: dict[int, Record]
    not_found: frozenset[int]
    could_not_ask: dict[int, Reason]


class Trouble(Exception):  # noqa: N818 - what happened out there is not our error
    """A request had no usable answer. `is_passing` when the next one may have."""

    def __init__(self, reason: Reason, *, is_passing: bool = True, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.is_passing = is_passing
        self.status = status


def fetch(pmids: Iterable[int], *, known: Container[int] = (), patience: float | None = None) -> Fetched:
    """The records of any number of PMIDs. `patience`: seconds for all of it, PUBMED_TIMEOUT by default.

    `known` are those PubMed had before. Where one of them is missing, the answer may be a part of one:
    what is not in it is asked for once more before that is believed.
    """
    inquiry = Inquiry(patience)
    found: dict[int, Record] = {}
    could_not_ask: dict[int, Reason] = {}
    asked: list[int] = []
    for batch in batches(pmids):
        asked += batch
        possible = [pmid for pmid in batch if 0 < pmid < TOO_LARGE_PMID]  # others spoil the whole batch
        answer = inquiry.efetch(possible) if possible else {}
        if not isinstance(answer, CouldNotAsk):
            found |= {pmid: answer[pmid] for pmid in possible if pmid in answer}
            missing = [pmid for pmid in possible if pmid not in answer]
            answer = fetch_again(inquiry, missing, known, is_empty=not answer)
            possible = missing
        if isinstance(answer, CouldNotAsk):
            could_not_ask |= dict.fromkeys(possible, answer.reason)
        else:
            found |= answer
    not_found = (pmid for pmid in asked if pmid not in found and pmid not in could_not_ask)
    return Fetched(found, frozenset(not_found), could_not_ask)


def fetch_again(
    inquiry: "Inquiry", missing: Sequence[int], known: Container[int], *, is_empty: bool
) -> dict[int, Record] | CouldNotAsk:
    """Those of the missing that PubMed has after all, where one of them was known.

    PubMed deletes a record now and then, but not all it is asked for: when it had several of them and
    answers twice with none (the first answer `is_empty`), it is out of order.
    """
    lost = [pmid for pmid in missing if pmid in known]
    if not lost:
        return {}
    answer = inquiry.efetch(missing)
    if isinstance(answer, CouldNotAsk):
        return answer
    found = {pmid: answer[pmid] for pmid in missing if pmid in answer}
    return CouldNotAsk("unreadable") if is_empty and not found and len(lost) > 1 else found


def search(term: str, limit: int = 20, *, patience: float | None = None) -> tuple[int, ...] | CouldNotAsk:
    """The PMIDs PubMed finds for a term in its own syntax, most relevant first."""
    return Inquiry(patience).esearch(term, limit)


def search_title(
    title: str, limit: int = 20, *, patience: float | None = None
) -> tuple[int, ...] | CouldNotAsk:
    """The PMIDs of works with all words of a title; if there is none, with as many as possible."""
    inquiry = Inquiry(patience)
    found = inquiry.esearch(title_term(title), limit)
    return inquiry.esearch(title_term(title, "OR"), limit) if found == () else found


def match(  # noqa: PLR0913 - a citation has five fields
    journal: str,
    year: str | int,
    volume: str,
    first_page: str,
    author: str,
    *,
    patience: float | None = None,
) -> int | CouldNotAsk | None:
    """The PMID of the one work with this citation. What is not known is empty; author as "Wastyk HC"."""
    return Inquiry(patience).ecitmatch((journal, str(year), volume, first_page, author))


def title_term(title: str, operator: Literal["AND", "OR"] = "AND") -> str:
    """What finds a title in PubMed, whatever characters are in it. Empty if no word says anything."""
    words = WORD.findall(TITLE_TAG.sub("", title).lower())
    telling = [word for word in dict.fromkeys(words) if word not in STOP_WORDS]
    return f" {operator} ".join(f"{word}[ti]" for word in telling[:MOST_WORDS])


def batches(pmids: Iterable[int]) -> Iterator[list[int]]:
    """Each PMID once, in lists of as many as one request may hold."""
    rest = iter(dict.fromkeys(pmids))
    while batch := list(islice(rest, MOST_PMIDS)):
        yield batch


class Inquiry:
    """Requests that together take no longer than `patience`, in seconds."""

    def __init__(self, patience: float | None) -> None:
        self.ends_at = pacing.clock.now() + (settings.PUBMED_TIMEOUT if patience is None else patience)

    @property
    def time_left(self) -> float:
        return self.ends_at - pacing.clock.now()

    def efetch(self, pmids: Iterable[int]) -> dict[int, Record] | CouldNotAsk:
        wanted = {"id": ",".join(map(str, pmids)), "retmode": "xml"}
        return self.ask("efetch.fcgi", wanted, records.parse)

    def esearch(self, term: str, limit: int) -> tuple[int, ...] | CouldNotAsk:
        if not term.strip():
            return ()
        wanted = {"term": term, "retmax": str(limit), "retmode": "xml", "sort": "relevance"}
        return self.ask("esearch.fcgi", wanted, read_search)

    def ecitmatch(self, citation: Iterable[str]) -> int | CouldNotAsk | None:
        # Fields end with a bar, and the last is a name for the answer, which we do not need.
        fields = "".join(" ".join(field.replace("|", " ").split()) + "|" for field in citation)
        return self.ask("ecitmatch.cgi", {"bdata": f"{fields}1|", "retmode": "xml"}, read_match)

    def ask(
        self, program: str, wanted: dict[str, str], read: Callable[[bytes], Answer]
    ) -> Answer | CouldNotAsk:
        """Ask until there is an answer that can be read, or time or hope is over."""
        tries = 0
        while True:
            tries += 1
            try:
                return read(self.answer(program, wanted))
            except UnreadableAnswer:
                trouble = Trouble("unreadable", is_passing=False)
            except Trouble as raised:
                trouble = raised
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tries - 1)) * random.uniform(0.5, 1)  # noqa: S311
            if not trouble.is_passing or pause >= self.time_left:
                break
            pacing.clock.sleep(pause)
        logger.warning(
            "PubMed could not be asked: %s, tries: %d, status: %s, reason: %s",
            program,
            tries,
            trouble.status,
            trouble.reason,
        )
        return CouldNotAsk(trouble.reason)

    def answer(self, program: str, wanted: dict[str, str]) -> bytes:
        """The answer to one request, sent when it is our turn. Raises Trouble."""
        each_second = REQUESTS_PER_SECOND_WITH_KEY if settings.PUBMED_API_KEY else REQUESTS_PER_SECOND
        if self.time_left > 0 and not pacing.wait_for_turn(
            "pubmed", spacing=SECOND / each_second, patience=self.time_left
        ):
            raise Trouble("throttled", is_passing=False)
        seconds = min(self.time_left, settings.PUBMED_TIMEOUT)
        if seconds <= 0:
            raise Trouble("timeout", is_passing=False)
        sender = {"tool": TOOL, "email": settings.PUBMED_EMAIL, "api_key": settings.PUBMED_API_KEY}
        form = {"db": "pubmed"} | wanted | {name: value for name, value in sender.items() if value}
        body = post(f"{settings.PUBMED_BASE_URL.rstrip('/')}/{program}", form, seconds)
        if body.lstrip().startswith(b"{"):  # an error in JSON, in spite of status 200
            raise Trouble("throttled" if b"limit" in body.lower() else "server_error", status=200)
        return body


def post(url: str, form: dict[str, str], seconds: float) -> bytes:
    """The body of the answer, within so many seconds. Raises Trouble.

    Always POST: it takes any number of PMIDs, and keeps key and address out of URLs, which are logged.
    """
    is_given_up = Event()
    try:
        return within(seconds, lambda: send(url, form, seconds, is_given_up))
    except (TimeoutError, httpx2.TimeoutException):
        raise Trouble("timeout") from None
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise Trouble("unreachable") from None
    finally:
        is_given_up.set()


def send(url: str, form: dict[str, str], seconds: float, is_given_up: Event) -> bytes:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": TOOL,
        # Compressed, a small body could be a very large one.
        "Accept-Encoding": "identity",
    }
    # ecitmatch knows its bars as they are only.
    content = urlencode(form, safe="|,", errors="replace")
    largest = LARGEST_ANSWER + LARGER_BY_RECORD * len(form.get("id", "").split(","))
    body = bytearray()
    with (
        httpx2.Client(verify=tls(), timeout=seconds, follow_redirects=False) as client,
        client.stream("POST", url, content=content, headers=headers) as response,
    ):
        raise_for_status(response.status_code)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Trouble("unreadable", is_passing=False, status=response.status_code)
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > largest or is_given_up.is_set():
                raise Trouble("unreadable", is_passing=False, status=response.status_code)
    return bytes(body)


def raise_for_status(status: int) -> None:
    """Raises Trouble unless it is 200."""
    if status == 429:
        raise Trouble("throttled", status=status)
    if status != 200:
        # 400 also stands for failures behind NCBI's front: https://github.com/cyanheads/pubmed-mcp-server/issues/155
        raise Trouble("server_error", is_passing=status == 400 or status >= 500, status=status)


@cache
def tls() -> ssl.SSLContext:
    """Made once: it takes longer than a request."""
    return httpx2.create_ssl_context()


def read_search(body: bytes) -> tuple[int, ...]:
    """The PMIDs in esearch's answer. Raises UnreadableAnswer or Trouble."""
    try:
        root = fromstring(body)
        pmids = tuple(int(found.text or "") for found in root.iterfind("IdList/Id"))
    except (ParseError, ValueError, LookupError) as error:  # LookupError: an encoding nobody knows
        raise UnreadableAnswer(type(error).__name__) from None
    if root.tag != "eSearchResult":
        raise UnreadableAnswer("not a search result")
    if root.find("ERROR") is not None:
        raise Trouble("server_error", status=200)
    return pmids


def read_match(body: bytes) -> int | None:
    """The PMID in ecitmatch's answer, which is one line of fields. Raises UnreadableAnswer."""
    fields, bar, result = body.decode("utf-8", errors="replace").strip().rpartition("|")
    if bar and not fields.startswith("<"):
        if PMID.fullmatch(result):
            return int(result)
        if result.startswith(UNMATCHED):
            return None
    raise UnreadableAnswer("not a match")
