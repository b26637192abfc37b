"""Answers of Crossref that nobody should believe, from a real server to the database, the page and the files."""

import pytest
from django.urls import reverse

from references import exports, watching
from references.characters import HIDDEN
from references.models import Reference
from tests.attacks.pages import TITLE, running
from tests.factories import make_edition, make_editor
from tests.references.test_watching import crossref, eutils  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db

DOI = "10.1000/x"
TEXTS = {
    "markup": TITLE,
    "markup in what stays": f"<i>a</i><sub onclick=window.hit=1>b</sub><i {TITLE}",
    "references": "&lt;script&gt;window.hit=1&lt;/script&gt;&#60;img src=x onerror=window.hit=1&#62;",
    "twice": "&amp;lt;script&amp;gt;window.hit=1&amp;lt;/script&amp;gt;",
    "hidden": "A\u202eb\u2066\x1b\U000e0041\ufeff\0&#x202e;&#0;&#27;\u200f",
    "half a character": "a\ud800b",
    "lines": "A\r\nER  - \r\nTY  - JOUR\u2028PMID- 1\x0b\x0c@misc{x,",
    "long": "Brok " * 60_000,
    "long number": "&#" + "9" * 5_000 + ";",
    "brackets": "<" * 20_000 + "[" * 20_000,
    "template": "{{ settings.SECRET_KEY }}{% load static %}",
}


def work(text):
    return {
        "DOI": DOI,
        "type": "journal-article",
        "title": [text],
        "original-title": [text],
        "container-title": [text],
        "short-container-title": [text],
        "author": [{"given": text, "family": text, "suffix": text}, {"name": text}],
        "published": {"date-parts": [[2021, 8, 5]]},
        **dict.fromkeys(("volume", "issue", "page", "publisher", "URL"), text),
        "updated-by": [{"type": text, "DOI": text, "source": text}],
    }


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_answer_is_words_wherever_it_stands(client, eutils, crossref, text):  # noqa: F811
    crossref.works[DOI] = work(text)
    reference = Reference.objects.create(doi=DOI)
    list(watching.check([reference]))
    reference.refresh_from_db()
    assert crossref.asked == 1
    assert not [
        value for value in vars(reference).values() if isinstance(value, str) and HIDDEN.search(value)
    ]
    edition = make_edition(body_da=f"Et fund [@doi:{DOI}].", accepted="corpus")
    page = client.get(edition.get_absolute_url())
    assert page.status_code == 200
    assert running(page.content.decode()) == []
    for write in (exports.ris, exports.nbib, exports.bibtex):
        assert not HIDDEN.search(write([reference]))
    client.force_login(make_editor())
    for path in (
        reverse("admin:references_reference_change", args=[reference.pk]),
        reverse("admin:references_reference_changelist"),
    ):
        response = client.get(path)
        assert response.status_code == 200
        assert running(response.content.decode()) == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_answer_is_words_before_it_is_added(client, eutils, crossref, text):  # noqa: F811
    crossref.works[DOI] = work(text)
    client.force_login(make_editor())
    response = client.post(reverse("admin:references_reference_add"), {"written": DOI})
    assert response.status_code == 200
    assert running(response.content.decode()) == []
    assert not Reference.objects.exists()


def test_notice_at_an_impossible_address_is_a_notice_without_one(eutils, crossref):  # noqa: F811
    updated = [{"type": "retraction", "DOI": f"10.1000/{'x' * 900}", "source": "publisher"}]
    crossref.works[DOI] = {"DOI": DOI, "title": ["Brok"], "updated-by": updated}
    reference = Reference.objects.create(doi=DOI)
    list(watching.check([reference]))
    reference.refresh_from_db()
    assert (reference.standing, reference.notice_url) == ("retracted", "")


def test_impossible_doi_of_a_record_is_not_taken_over(eutils, crossref):  # noqa: F811
    long = f"10.1000/{'x' * 400}"
    for pmid in (11, 22):
        eutils.add(pmid, title="Brok", doi=long)
        Reference.objects.create(pmid=pmid)
    list(watching.check(Reference.objects.all()))
    assert set(Reference.objects.values_list("title", "doi")) == {("Brok", None)}


def test_answer_too_large_is_no_answer(eutils, crossref):  # noqa: F811
    crossref.works[DOI] = work("a" * 300_000)
    reference = Reference.objects.create(doi=DOI)
    list(watching.check([reference]))
    reference.refresh_from_db()
    assert not reference.title
