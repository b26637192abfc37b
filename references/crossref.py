"""Crossref, the second source: what publishers and Retraction Watch say of a DOI.

This is the only module that asks it. PubMed is silent about some retractions; on a retracted paper
Crossref has `updated-by`, while `update-to` stands on the notice.
https://www.crossref.org/documentation/retrieve-metadata/rest-api/
"""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any, Literal
from urllib.parse import quote

import httpx2
from django.conf import settings

from references.characters import OVERLONG_REFERENCE, without_hidden
from references.deadlines import within

MOST_BYTES = 2_000_000
MOST_REDIRECTS = 3

# Shares of the time left, so that the whole never takes longer: connecting and the handshake have one
# share each, then answering; what is still arriving at the end of that has as long as one more wait.
CONNECTING = 0.1
WAITING = 0.4
ANSWERING = 2 * CONNECTING + WAITING

Trouble = Literal[
    "timeout", "unreachable", "rate_limited", "server_error", "refused", "redirected", "garbage"
]
Standing = Literal["good", "corrected", "updated", "concern", "retracted"]

# Crossref's update types, gravest first. A partial retraction is a concern, as in checking.standing().
# https://www.crossref.org/documentation/register-maintain-records/maintaining-your-metadata/registering-updates/
GRAVITY: tuple[tuple[Standing, frozenset[str]], ...] = (
    ("retracted", frozenset({"retraction", "withdrawal", "removal"})),
    ("concern", frozenset({"expression_of_concern", "partial_retraction"})),
    ("corrected", frozenset({"correction", "corrigendum", "erratum", "addendum", "clarification"})),
    ("updated", frozenset({"new_version", "new_edition"})),
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BOOKS = frozenset({"book", "monograph", "edited-book", "reference-book", "report", "standard"})
CHAPTERS = frozenset({"book-chapter", "book-section", "book-part", "reference-entry"})

KEPT_TAG = re.compile(r"</?(?:i|em|b|sub|sup)>")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")


class UnreadableError(ValueError):
    """What came is no answer of Crossref: no JSON, too much of it, or not about a work."""


@dataclass(frozen=True)
class Update:
    """What was published about a work."""

    kind: str
    """Crossref's type in one spelling: "retraction", "expression_of_concern", "correction", …"""
    doi: str = ""
    on: date | None = None
    source: str = ""
    """Who says so: "publisher" or "retraction-watch"."""


@dataclass(frozen=True)
class CrossrefWork:
    """What Crossref says of a work; what it does not say is empty. Made for vancouver.citation_text()."""

    doi: str = ""
    type: str = ""
    """Crossref's: "journal-article", "book-chapter", …"""
    title: str = ""
    """May hold <i>, <em>, <b>, <sub>, <sup>; other characters are plain, not escaped."""
    vernacular_title: str = ""
    authors: tuple[str, ...] = ()
    """ "Wastyk HC", or an organisation's name."""
    has_more_authors: bool = False
    journal: str = ""
    """The short name, where there is one: publishers' own, not always NLM's."""
    journal_name: str = ""
    published: str = ""
    """As PubMed prints it: "2021 Aug 5"."""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    book: str = ""
    edition: str = ""
    place: str = ""
    publisher: str = ""
    """Of books and reports."""
    editors: tuple[str, ...] = ()
    """Of books and chapters."""
    url: str = ""
    updates: tuple[Update, ...] = ()
    """What was published about this work."""
    is_notice: bool = False
    """Whether the work was published about another one."""


@dataclass(frozen=True)
class NotFound:
    """Crossref does not know the DOI."""


@dataclass(frozen=True)
class CouldNotAsk:
    """No answer, and why: nothing is known about the DOI."""

    reason: Trouble


@dataclass(frozen=True)
class Judged:
    """How a work stands, and the update that says so, with its source."""

    standing: Standing
    update: Update | None = None
    is_notice: bool = False


def standing(work: CrossrefWork) -> Judged:
    """By the gravest update; of several, the newest. Unknown kinds of update raise nothing."""
    for judged, kinds in GRAVITY:
        found = [update for update in work.updates if update.kind in kinds]
        if found:
            newest = max(found, key=lambda update: update.on or date.min)
            return Judged(judged, newest, work.is_notice)
    return Judged("good", is_notice=work.is_notice)


def look_up(doi: str, *, patience: float | None = None) -> CrossrefWork | NotFound | CouldNotAsk:
    """What Crossref says of the DOI, in at most `patience` or PUBMED_TIMEOUT seconds. Raises nothing."""
    doi = doi.strip()
    if not doi.startswith("10."):
        return NotFound()
    # Old DOIs have < > ; # ( ) and slashes of their own.
    path = quote(doi, safe="", errors="replace")
    seconds = settings.PUBMED_TIMEOUT if patience is None else min(patience, settings.PUBMED_TIMEOUT)
    try:
        address = f"{settings.CROSSREF_BASE_URL.rstrip('/')}/works/{path}"
        body = within(seconds, lambda: fetch(address, seconds))
        return body if isinstance(body, (NotFound, CouldNotAsk)) else parse(body)
    except (TimeoutError, httpx2.TimeoutException):
        return CouldNotAsk("timeout")
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return CouldNotAsk("unreachable")
    except UnreadableError:
        return CouldNotAsk("garbage")


def fetch(address: str, seconds: float) -> bytes | NotFound | CouldNotAsk:
    """The body of the answer. DOIs that were merged are redirected, on Crossref's own host."""
    ends_at = time.monotonic() + seconds
    url = httpx2.URL(address)
    headers = {"User-Agent": user_agent(), "Accept": "application/json", "Accept-Encoding": "identity"}
    with httpx2.Client(headers=headers, follow_redirects=False) as client:
        for _hop in range(MOST_REDIRECTS + 1):
            started = time.monotonic()
            left = ends_at - started
            if left <= 0:
                return CouldNotAsk("timeout")
            timeout = httpx2.Timeout(WAITING * left, connect=CONNECTING * left)
            with client.stream("GET", url, timeout=timeout) as response:
                if not response.has_redirect_location:
                    return answer(response, started + ANSWERING * left)
                target = url.join(response.headers["Location"])
            if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
                return CouldNotAsk("redirected")
            url = target
    return CouldNotAsk("redirected")


def user_agent() -> str:
    """With a contact, Crossref serves politely. In a header, because addresses are logged."""
    contact = settings.PUBMED_EMAIL.encode("ascii", "ignore").decode()
    return f"clinic-blog (mailto:{contact})" if contact else "clinic-blog"


def answer(response: httpx2.Response, until: float) -> bytes | NotFound | CouldNotAsk:
    status = response.status_code
    if status == 404:
        return NotFound()
    if status != 200:
        return CouldNotAsk(
            "rate_limited" if status == 429 else "server_error" if status >= 500 else "refused"
        )
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            return CouldNotAsk("garbage")
        if time.monotonic() > until:
            return CouldNotAsk("timeout")
    return body


def parse(data: bytes) -> CrossrefWork:
    """The work in Crossref's answer.

    Raises UnreadableError where it is no answer about a work; what is odd within one is left out.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableError("more than a work takes")
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("no JSON") from error
    message = whole.get("message") if isinstance(whole, dict) else None
    if not isinstance(message, dict) or isinstance(message.get("items"), list):
        raise UnreadableError("not about a work")
    return work(message)


def work(message: dict[str, Any]) -> CrossrefWork:
    kind = text(message.get("type"))
    container, short = first(message, "container-title"), first(message, "short-container-title")
    parts = next(
        (
            found
            for name in ("published-print", "published", "issued", "published-online")
            if (found := date_parts(message.get(name)))
        ),
        (),
    )
    is_book, is_chapter = kind in BOOKS, kind in CHAPTERS
    return CrossrefWork(
        doi=text(message.get("DOI")),
        type=kind,
        title=marked_up(first(message, "title")),
        vernacular_title=marked_up(first(message, "original-title")),
        authors=tuple(filter(None, map(person, entries(message, "author")))),
        journal="" if is_chapter else plain(short or container),
        journal_name="" if is_chapter else plain(container),
        published=printed(parts),
        year=parts[0] if parts else None,
        volume=text(message.get("volume")),
        issue=text(message.get("issue")),
        pages=text(message.get("page")),
        book=plain(container) if is_chapter else "",
        place=text(message.get("publisher-location")) if is_book or is_chapter else "",
        publisher=plain(text(message.get("publisher"))) if is_book or is_chapter else "",
        editors=tuple(filter(None, map(person, entries(message, "editor")))) if is_book or is_chapter else (),
        updates=tuple(filter(None, map(update, entries(message, "updated-by")))),
        is_notice=any(map(update, entries(message, "update-to"))),
    )


def update(entry: dict[str, Any]) -> Update | None:
    kind = re.sub(r"[\s-]+", "_", text(entry.get("type")).lower())
    if not kind:
        return None
    return Update(kind, text(entry.get("DOI")), day(entry.get("updated")), text(entry.get("source")))


def person(entry: dict[str, Any]) -> str:
    """`{"given": "Jean-Paul M", "family": "Berg"}` as `Berg JPM`."""
    family, given = plain(text(entry.get("family"))), plain(text(entry.get("given")))
    if not family:
        return plain(text(entry.get("name"))) or plain(text(entry.get("literal"))) or given
    is_initials = given.isupper() and given.isalpha() and len(given) <= 3
    initials = given if is_initials else "".join(name[0].upper() for name in re.findall(r"[^\W\d_]+", given))
    return " ".join(filter(None, (family, initials, text(entry.get("suffix")).rstrip("."))))


def date_parts(value: object) -> tuple[int, ...]:
    """Year, month and day, as far as they are given and possible."""
    outer = value.get("date-parts") if isinstance(value, dict) else None
    inner = outer[0] if isinstance(outer, list) and outer else None
    found: list[int] = []
    for part, (lowest, highest) in zip(
        inner if isinstance(inner, list) else [], ((1000, 2999), (1, 12), (1, 31)), strict=False
    ):
        number = text(part)
        if not (number.isascii() and number.isdigit() and len(number) <= 4):
            break
        if not lowest <= int(number) <= highest:
            break
        found.append(int(number))
    return tuple(found)


def printed(parts: tuple[int, ...]) -> str:
    """(2021, 8, 5) as "2021 Aug 5"."""
    return " ".join(MONTHS[part - 1] if at == 1 else str(part) for at, part in enumerate(parts))


def day(value: object) -> date | None:
    """Without a month or a day, the first."""
    parts = date_parts(value)
    try:
        return date(*[*parts, 1, 1][:3]) if parts else None
    except ValueError:
        return None


def entries(message: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    value = message.get(name)
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())


def first(message: dict[str, Any], name: str) -> str:
    """Crossref keeps titles in lists; the first is the one it shows."""
    value = message.get(name)
    found = map(text, value) if isinstance(value, list) else iter((text(value),))
    return next(filter(None, found), "")


def text(value: object) -> str:
    """Text on one line; numbers as they are written; nothing of anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        # Python refuses to write numbers of thousands of digits.
        return str(value) if abs(value) < 10**20 else ""
    return " ".join(without_hidden(value).split()) if isinstance(value, str) else ""


def marked_up(title: str) -> str:
    """A title without tags that titles do not keep; Crossref's hold MathML, spans and JATS."""
    kept = TAG.sub(lambda match: match[0] if KEPT_TAG.fullmatch(match[0]) else "", title)
    return without_hidden(unescape(OVERLONG_REFERENCE.sub("", kept))).strip()


def plain(name: str) -> str:
    return without_hidden(unescape(OVERLONG_REFERENCE.sub("", TAG.sub("", name)))).strip()
