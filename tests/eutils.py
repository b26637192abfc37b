"""A server that plays PubMed's E-utilities, and the time that its tests take place in."""

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape, unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from references import pacing

Mode = Literal[
    "answer",
    "throttled",  # 429, and JSON that echoes the key
    "throttled_200",  # the same with status 200
    "error_200",  # another error in JSON with status 200
    "error",  # 500
    "bad_request",  # 400, as from behind NCBI's front
    "redirect",
    "slow",  # nothing until `released`
    "dripping",  # a byte now and then until `released`
    "cut_off",  # half of what was announced
    "truncated",  # half, announced as such
    "html",
    "entity_bomb",
    "compressed",
    "endless",  # as much as anybody takes
]

DOCTYPE = (
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">'
)
ENTITY_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "boom">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><PubmedArticleSet>&a9;</PubmedArticleSet>"
)
HTML = "<!DOCTYPE html><html><head><title>Maintenance</title><body><p>NCBI is being<br>maintained</html>"
BAD_REQUEST = "<eFetchResult><ERROR>proxy_stream(): 502 Bad Gateway</ERROR></eFetchResult>"
TYPES = {"D016428": "Journal Article"}


@dataclass(frozen=True)
class Received:
    """A request as it arrived. `at`: seconds of the server's clock."""

    at: float
    program: str
    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]

    @property
    def pmids(self) -> list[int]:
        return [int(pmid) for pmid in self.parameters.get("id", "").split(",") if pmid]


class StandingClock(pacing.Clock):
    """Time that passes only while everybody who takes part sleeps, and then at once."""

    starts = count(1_000_000, 1_000_000)  # turns of the tests before lie far back

    def __init__(self, participants: int = 1) -> None:
        self.participants = participants
        self.started_at = float(next(self.starts))
        self.time = self.started_at
        self.slept: list[float] = []
        self.asleep: list[float] = []
        self.condition = threading.Condition()

    @classmethod
    def replacing(cls, monkeypatch: pytest.MonkeyPatch, participants: int = 1) -> Self:
        """A clock that the program goes by until the end of the test."""
        clock = cls(participants)
        monkeypatch.setattr(pacing, "clock", clock)
        return clock

    def now(self) -> float:
        return self.time

    def moment(self) -> float | None:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self.condition:
            wake_at = self.time + seconds
            self.slept.append(seconds)
            self.asleep.append(wake_at)
            self.pass_time()
            self.condition.wait_for(lambda: self.time >= wake_at)

    @contextmanager
    def participation(self) -> Iterator[None]:
        """What one of several participants does. Afterwards time no longer waits for it."""
        try:
            yield
        finally:
            with self.condition:
                self.participants -= 1
                self.pass_time()

    def pass_time(self) -> None:
        if self.asleep and len(self.asleep) >= self.participants:
            self.time = min(self.asleep)
            self.asleep = [wake_at for wake_at in self.asleep if wake_at > self.time]
            self.condition.notify_all()


class EUtils:
    """The server, in a thread of its own, for as long as the `with` block lasts.

    It knows `records`, XML by PMID. `mode` says how it answers, and play() how the next requests are.
    """

    def __init__(self, records: Mapping[int, str] | None = None, clock: Callable[[], float] = monotonic):
        self.records = dict(records or {})
        self.clock = clock
        self.mode: Mode = "answer"
        self.next_modes: deque[Mode] = deque()
        self.requests: list[Received] = []
        self.released = threading.Event()
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.eutils = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), name="eutils")

    @property
    def url(self) -> str:
        """What PUBMED_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.server.server_port}/entrez/eutils"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def add(self, pmid: int, **fields: Any) -> None:
        """Know a record, with fields as in article_xml()."""
        self.records[pmid] = article_xml(pmid, **fields)

    def load(self, folder: Path) -> None:
        """Know the records in a folder of efetch's answers."""
        for path in sorted(folder.glob("*.xml")):
            for article in ElementTree.parse(path).getroot():  # noqa: S314 - our own files
                pmid = article.findtext("MedlineCitation/PMID") or article.findtext("BookDocument/PMID")
                if pmid:
                    self.records[int(pmid)] = ElementTree.tostring(article, encoding="unicode")

    def play(self, *modes: Mode) -> None:
        """How to answer the next requests, one after another; then `mode` holds again."""
        self.next_modes.extend(modes)

    def received(self, request: Received) -> Mode:
        with self.lock:
            self.requests.append(request)
            return self.next_modes.popleft() if self.next_modes else self.mode

    def asked(self, program: str) -> list[Received]:
        """The requests to efetch, esearch or ecitmatch."""
        return [request for request in self.requests if request.program == program]

    def busiest_second(self) -> int:
        """The most requests that arrived in any one second."""
        moments = [request.at for request in self.requests]
        return max(sum(start <= at < start + 1 for at in moments) for start in moments)

    def answer(self, request: Received) -> str:
        answers = {"efetch": self.efetch, "esearch": self.esearch, "ecitmatch": self.ecitmatch}
        return answers[request.program](request)

    def efetch(self, request: Received) -> str:
        known = [self.records[pmid] for pmid in request.pmids if pmid in self.records]
        return f'<?xml version="1.0" ?>{DOCTYPE}<PubmedArticleSet>{"".join(known)}</PubmedArticleSet>'

    def esearch(self, request: Received) -> str:
        term = request.parameters["term"]
        if term.endswith('"[aid]'):
            doi = term.removesuffix("[aid]").strip('"')
            return search_xml(
                [pmid for pmid, xml in self.records.items() if f">{escape(doi)}<" in xml.lower()]
            )
        wanted = [
            (part.removesuffix("[ti]").strip('" ').lower(), part.endswith("[ti]"))
            for part in re.split(r" AND | OR |(?<!\]) ", term)
        ]
        found: list[tuple[int, int]] = []
        for pmid, xml in self.records.items():
            record = citation_of(xml)
            hits = sum(
                word in words(record.title) or (not in_title and word in words(" ".join(record.authors)))
                for word, in_title in wanted
            )
            if hits and (" OR " in term or hits == len(wanted)):
                found.append((-hits, pmid))
        pmids = [pmid for _hits, pmid in sorted(found)]
        return search_xml(pmids, most=int(request.parameters.get("retmax", "20")))

    def ecitmatch(self, request: Received) -> str:
        *given, _name, _end = request.parameters["bdata"].split("|")
        pmids = [pmid for pmid, xml in self.records.items() if citation_of(xml).matches(given)]
        result = {0: "NOT_FOUND;INVALID_JOURNAL", 1: "".join(map(str, pmids))}
        ambiguous = f"AMBIGUOUS ({len(pmids)} citations)"
        return f"{'|'.join(given)}|1|{result.get(len(pmids), ambiguous)}\n"


def search_xml(pmids: list[int], most: int = 20) -> str:
    ids = "".join(f"<Id>{pmid}</Id>" for pmid in pmids[:most])
    return (
        '<?xml version="1.0" encoding="UTF-8" ?><!DOCTYPE eSearchResult PUBLIC '
        '"-//NLM//DTD esearch 20060628//EN" '
        '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">'
        f"<eSearchResult><Count>{len(pmids)}</Count><IdList>{ids}</IdList></eSearchResult>"
    )


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 100
    eutils: EUtils


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.play("")

    def do_POST(self) -> None:
        self.play(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *_args: Any) -> None:
        pass

    def play(self, form: str) -> None:
        address = urlsplit(self.path)
        request = Received(
            at=self.server.eutils.clock(),
            program=address.path.rpartition("/")[2].partition(".")[0],
            method=self.command,
            path=self.path,
            parameters=dict(parse_qsl(address.query) + parse_qsl(form)),
            headers=dict(self.headers),
        )
        mode = self.server.eutils.received(request)
        self.close_connection = True
        with suppress(BrokenPipeError, ConnectionResetError):  # who asked has gone
            self.play_mode(mode, request)

    def play_mode(self, mode: Mode, request: Received) -> None:
        eutils = self.server.eutils
        right = eutils.answer(request)
        key = request.parameters.get("api_key", "127.0.0.1")
        limit = f'{{"error":"API rate limit exceeded","api-key":"{key}","count":"4","limit":"3"}}'
        error = f'{{"error":"error forwarding request","api-key":"{key}"}}'
        match mode:
            case "slow":
                eutils.released.wait()
                self.reply(200, right)
            case "dripping":
                self.head(200, 10**6)
                while not eutils.released.wait(0.01):
                    self.wfile.write(b" ")
            case "endless":
                self.head(200, 10**12)
                while not eutils.released.is_set():
                    self.wfile.write(b" " * 10**6)
            case "cut_off":
                self.head(200, len(right.encode()))
                self.wfile.write(right.encode()[: len(right) // 2])
            case "redirect":
                self.reply(302, "", {"Location": f"{eutils.url}/efetch.fcgi"})
            case "compressed":
                self.reply(200, right, {"Content-Encoding": "gzip"})
            case _:
                status, text = {
                    "answer": (200, right),
                    "throttled": (429, limit),
                    "throttled_200": (200, limit),
                    "error": (500, HTML),
                    "error_200": (200, error),
                    "bad_request": (400, BAD_REQUEST),
                    "truncated": (200, right[: len(right) // 2]),
                    "html": (200, HTML),
                    "entity_bomb": (200, ENTITY_BOMB),
                }[mode]
                self.reply(status, text)

    def reply(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        body = text.encode()
        self.head(status, len(body), headers)
        self.wfile.write(body)

    def head(self, status: int, length: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length), "Connection": "close", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()


@dataclass(frozen=True)
class Citation:
    """What searches look at."""

    title: str
    authors: list[str]
    journals: set[str]
    year: str
    volume: str
    first_page: str

    def matches(self, given: list[str]) -> bool:
        """Whether journal, year, volume, first page and author are these; what is empty matches all."""
        journal, year, volume, page, author = (" ".join(words(field)) for field in given)
        return (
            (not journal or journal in self.journals)
            and year in {"", self.year}
            and volume in {"", self.volume.lower()}
            and page in {"", self.first_page.lower()}
            and any(name.lower().startswith(author) for name in self.authors or [""])
        )


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*", text.lower())


def citation_of(xml: str) -> Citation:
    record = ElementTree.fromstring(xml)  # noqa: S314 - our own records

    def text(path: str) -> str:
        found = record.find(path)
        return "" if found is None else "".join(found.itertext()).strip()

    journals = (text(".//Journal/Title"), text(".//ISOAbbreviation"), text(".//MedlineTA"))
    dates = text(".//Journal//PubDate/Year") or text(".//PubDate/MedlineDate") or text(".//PubDate/Year")
    return Citation(
        title=unescape(text(".//ArticleTitle") or text(".//BookTitle")),
        authors=[name_of(author) for author in record.iterfind(".//AuthorList/Author")],
        journals={" ".join(words(journal)) for journal in journals if journal},
        year=dates[:4],
        volume=text(".//JournalIssue/Volume"),
        first_page=text(".//MedlinePgn").partition("-")[0],
    )


def name_of(author: Element) -> str:
    return author.findtext("CollectiveName") or " ".join(
        author.findtext(part) or "" for part in ("LastName", "Initials")
    )


def chapter_xml(pmid: int, *, title: str, book: str, editors: Iterable[str]) -> str:
    """The record of a chapter as in efetch's answer."""
    return f"""
        <PubmedBookArticle>
          <BookDocument>
            <PMID Version="1">{pmid}</PMID>
            <Book>
              <Publisher><PublisherName>Sample Press</PublisherName></Publisher>
              <BookTitle>{escape(book)}</BookTitle>
              <PubDate><Year>2021</Year></PubDate>
              <AuthorList Type="editors" CompleteYN="Y">{people_xml(editors)}</AuthorList>
            </Book>
            <ArticleTitle>{escape(title)}</ArticleTitle>
          </BookDocument>
        </PubmedBookArticle>"""


def people_xml(names: Iterable[str]) -> str:
    return "".join(
        f"<Author><LastName>{escape(last)}</LastName><Initials>{escape(initials)}</Initials></Author>"
        for last, _blank, initials in (name.rpartition(" ") for name in names)
    )


def article_xml(
    pmid: int,
    *,
    title: str = "Gut-microbiota-targeted diets modulate human immune status.",
    journal: str = "Cell",
    journal_name: str = "",
    year: int | str = 2021,
    volume: str = "184",
    issue: str = "16",
    pages: str = "4137-4153",
    authors: Iterable[str] = ("Wastyk HC", "Fragiadakis GK"),
    doi: str = "",
    pmcid: str = "",
    languages: Iterable[str] = ("eng",),
    publication_types: Mapping[str, str] = TYPES,
    notices: Iterable[tuple[str, str, int | None]] = (),
) -> str:
    """A record as in efetch's answer. Titles may hold <i>, so & is written &amp; in them.

    `publication_types`: names by UI. `notices`: RefType, citation and PMID.
    """
    types = "".join(
        f'<PublicationType UI="{ui}">{escape(name)}</PublicationType>'
        for ui, name in publication_types.items()
    )
    corrections = "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>{escape(source)}</RefSource>'
        + (f'<PMID Version="1">{other}</PMID>' if other else "")
        + "</CommentsCorrections>"
        for kind, source, other in notices
    )
    ids = {"pubmed": str(pmid), "doi": doi, "pmc": pmcid}
    return f"""
        <PubmedArticle>
          <MedlineCitation Status="MEDLINE" Owner="NLM">
            <PMID Version="1">{pmid}</PMID>
            <Article PubModel="Print">
              <Journal>
                <JournalIssue CitedMedium="Internet">
                  <Volume>{escape(volume)}</Volume><Issue>{escape(issue)}</Issue>
                  <PubDate><Year>{year}</Year></PubDate>
                </JournalIssue>
                <Title>{escape(journal_name or journal)}</Title>
                <ISOAbbreviation>{escape(journal)}</ISOAbbreviation>
              </Journal>
              <ArticleTitle>{title}</ArticleTitle>
              <Pagination><MedlinePgn>{escape(pages)}</MedlinePgn></Pagination>
              <AuthorList CompleteYN="Y">{people_xml(authors)}</AuthorList>
              {"".join(f"<Language>{language}</Language>" for language in languages)}
              <PublicationTypeList>{types}</PublicationTypeList>
            </Article>
            <MedlineJournalInfo><MedlineTA>{escape(journal)}</MedlineTA></MedlineJournalInfo>
            <CommentsCorrectionsList>{corrections}</CommentsCorrectionsList>
          </MedlineCitation>
          <PubmedData><ArticleIdList>{
        "".join(
            f'<ArticleId IdType="{kind}">{escape(value)}</ArticleId>' for kind, value in ids.items() if value
        )
    }</ArticleIdList></PubmedData>
        </PubmedArticle>"""
