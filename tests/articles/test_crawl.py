"""The whole sample site, from its front pages and its sitemap on, as a crawler goes through it."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings

from articles.models import Edition
from tests.articles.test_weight import ADDRESS, NOT_LOADED
from tests.heads import Head

SITE = "https://blog.example"
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
LINK = "{http://www.w3.org/1999/xhtml}link"


class Answer(NamedTuple):
    status: int
    kind: str
    head: Head | None
    location: str
    cookies: int
    loaded: set[str]
    """What a browser fetches with the page."""


class Site(NamedTuple):
    answers: dict[str, Answer]
    listed: dict[str, dict[str, str]]
    """What the sitemap says: by address, the page's alternates."""
    articles: set[str]
    """Where the current editions are."""


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker) -> Site:
    """Gone through once for all tests of this module; nothing of it is left in the database."""
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(SITE_URL=SITE):
        call_command("load_sample")
        client = Client()
        sitemap = ElementTree.fromstring(client.get("/sitemap.xml").getvalue())  # noqa: S314 - our own
        listed = {
            url.findtext(LOC) or "": {link.attrib["hreflang"]: link.attrib["href"] for link in url.iter(LINK)}
            for url in sitemap
        }
        answers = dict(crawl(client, [f"{SITE}/da/blog/", f"{SITE}/en/blog/", *listed]))
        articles = {f"{SITE}{edition.get_absolute_url()}" for edition in Edition.objects.current()}
        transaction.set_rollback(True)
    return Site(answers, listed, articles)


def crawl(client, starts: list[str]) -> Iterator[tuple[str, Answer]]:
    waiting, seen = list(starts), set()
    while waiting:
        address = waiting.pop()
        if address in seen or is_elsewhere(address):
            continue
        seen.add(address)
        answer = ask(client, address)
        yield address, answer
        found = [answer.location] if answer.location else answer.head.addresses if answer.head else []
        waiting += [urldefrag(urljoin(address, one)).url for one in found]


def is_elsewhere(address: str) -> bool:
    return not address.startswith(f"{SITE}/") or urlsplit(address).path.startswith("/static/")


def ask(client, address: str) -> Answer:
    response = client.get(address.removeprefix(SITE))
    kind = response["Content-Type"].split(";")[0]
    head = Head(response.content.decode()) if kind == "text/html" and response.content else None
    html = NOT_LOADED.sub("", response.content.decode()) if head else ""
    loaded = {part for _tag, value in ADDRESS.findall(html) for part in value.split() if "/" in part}
    location, cookies = response.get("Location", ""), len(response.cookies)
    return Answer(response.status_code, kind, head, location, cookies, loaded)


def test_no_link_is_dead(site):
    assert len(site.answers) > 100
    dead = {address for address, answer in site.answers.items() if answer.status not in {200, 301, 302}}
    assert dead == set()


def test_nothing_sets_a_cookie(site):
    assert [address for address, answer in site.answers.items() if answer.cookies] == []


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = set().union(*(answer.loaded for answer in site.answers.values()))
    assert any(part.startswith("/static/css/") for part in loaded)
    assert [part for part in loaded if not part.startswith(("/static/", "/media/"))] == []


def test_everything_says_what_it_is(site):
    kinds = {
        "/": "text/html",
        ".md": "text/markdown",
        "/feed/": "application/atom+xml",
        ".json": "application/feed+json",
        ".png": "image/png",
        ".ris": "application/x-research-info-systems",
        ".nbib": "application/nbib",
        ".bib": "application/x-bibtex",
        "/oembed": "application/json",
    }
    for address, answer in site.answers.items():
        path = urlsplit(address).path
        [ending] = re.findall(r"(?:/feed)?/$|\.[a-z]+$|/[a-z]+$", path)
        assert answer.kind == kinds[ending], address


def test_every_page_in_the_sitemap_is_its_own_canonical_address(site):
    for address in site.listed:
        answer = site.answers[address]
        assert (answer.status, answer.head.canonical) == (200, address)


def test_every_page_names_the_same_alternates_as_the_sitemap(site):
    for address, alternates in site.listed.items():
        assert site.answers[address].head.hreflang == alternates, address


def test_every_alternate_links_back(site):
    for address, answer in site.answers.items():
        for alternate in answer.head.hreflang.values() if answer.head and answer.status == 200 else ():
            assert address in site.answers[alternate].head.hreflang.values(), (address, alternate)


def test_every_page_that_is_found_and_has_languages_is_in_the_sitemap(site):
    found = {
        address
        for address, answer in site.answers.items()
        if answer.status == 200 and answer.head and answer.head.hreflang
    }
    assert found == set(site.listed)


def test_every_article_is_found(site):
    assert site.articles
    assert site.articles <= site.answers.keys()


def test_page_says_in_its_own_language_what_it_is(site):
    for address in site.listed:
        language = urlsplit(address).path.split("/")[1]
        assert site.answers[address].head.hreflang[language] == address
