"""What a reader sees of a cited work: its entry in the list, and the note that its number opens."""

import pytest
from django.utils import translation

from references import works
from references.models import Reference


def cited(**fields):
    return [(3, 2, Reference(**{"pmid": 5, "title": "Oats and the bowel.", "journal": "J Oats"} | fields))]


def note(language="da", **fields):
    with translation.override(language):
        return works.notes_html(cited(**fields))


def entry(language="da", **fields):
    with translation.override(language):
        return works.list_html(cited(**fields))


def test_note_has_the_citation_and_leads_to_the_entry_and_to_pubmed():
    html = note()
    assert "Oats and the bowel. J Oats." in html
    assert 'href="#ref-3"' in html
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/5/"' in html


def test_note_is_named_by_its_number():
    assert 'id="note_3" role="dialog" aria-label="Kilde 3"' in note()


def test_note_says_what_kind_of_study_it_is_and_what_it_found_in_plain_words():
    html = note(publication_types=[["D016449", "RCT"]], plain_summary="Havre hjalp nogle.")
    assert '<p class="kind">Lodtrækningsforsøg' in html
    assert "<p>Havre hjalp nogle.</p>" in html


@pytest.mark.parametrize("standing", ["corrected", "updated", "concern", "retracted", "not_found"])
def test_note_warns_of_a_standing_that_is_not_good(standing):
    assert 'class="warning"' in note(standing=standing)


@pytest.mark.parametrize("standing", ["good", "unchecked"])
def test_note_is_silent_otherwise(standing):
    assert 'class="warning"' not in note(standing=standing)


def test_note_of_a_work_without_a_record_has_what_the_author_wrote():
    assert "<p>Hansen 1999 &lt;om havre&gt;</p>" in note(title="", claimed="Hansen 1999 <om havre>")


def test_note_of_a_work_without_pubmed_leads_elsewhere():
    assert '<a href="https://doi.org/10.1000/x">DOI</a>' in note(pmid=None, doi="10.1000/x")


UNTRANSLATED = "[Not Available]."


@pytest.mark.parametrize("html", [note, entry])
@pytest.mark.parametrize(
    ("page", "fields", "expected"),
    [
        ("da", {}, ' lang="en"'),
        ("en", {}, ""),
        ("da", {"title": "[Havre].", "languages": ["dan"]}, ' lang="en"'),
        (
            "da",
            {"title": UNTRANSLATED, "vernacular_title": "Hafer.", "languages": ["ger"]},
            ' lang="de"',
        ),
        ("da", {"title": UNTRANSLATED, "vernacular_title": "Havre.", "languages": ["dan"]}, ""),
        (
            "en",
            {"title": UNTRANSLATED, "vernacular_title": "Havre.", "languages": ["dan"]},
            ' lang="da"',
        ),
        (
            "da",
            {"title": UNTRANSLATED, "vernacular_title": "Avena.", "languages": ["lat"]},
            ' lang="lat"',
        ),
        ("da", {"title": UNTRANSLATED, "vernacular_title": "?"}, ""),
        ("da", {"title": "", "claimed": "Oats."}, ""),
    ],
)
def test_citation_in_another_language_than_the_page_says_which(html, page, fields, expected):
    assert f"<p{expected}>" in html(page, **fields).replace(' class="kind"', "")
