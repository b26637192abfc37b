"""Sample manuscripts here are invented: no study, person or number in them is real."""

import re
import time
import unicodedata
from collections.abc import Iterator
from datetime import date
from html import unescape
from itertools import count
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from articles.converting import to_html
from articles.manuscripts import Manuscript, ManuscriptError, parse, read
from articles.manuscripts.dates import read_date
from articles.manuscripts.escaping import escaped, escaped_heading
from references import citations

SEED = Path(__file__).parents[3] / "shared" / "seed" / "tarm-hjerne-aksen.en.txt"

SAMPLE = """\
Sample tea: what a sample says
By Dr. Sam Sample — Taster, PhD
Content from /en/blog/sample-tea/
Sample tea: what a sample says

Author: Dr. Sam Sample, Taster, PhD · Date: June 2026
Abstract
This sample says what tea is.
Introduction
Tea is a drink for samples.
Where does tea come from?
Two places are named in this sample:
1. The first garden (uphill)
The first garden is green [1].
2. The second garden
The second garden is larger [1, 2].
Colour and taste
The colour is brown [2].
Conclusion
Tea is tea.
Investigation and treatment at Sample House
We investigate thirst with tasting, smelling and slow sipping. See also: Cups, Milk, sugar and lemon, Pots.
Reference list (PubMed-based)
- PubMed ID: 11: Sample Journal. On gardens. A sample.
- PubMed ID: 22: Other Sample Journal. On colour.
More on this topic at Sample House
Category: Drinks
"""

DANISH = """\
Prøvete: hvad prøven siger
Af Dr. Pia Prøve — smager, ph.d.
Indhold fra /da/blog/proevete/
Forfatter: Dr. Pia Prøve, smager, ph.d. · Dato: 11. juni 2026
Resumé
Prøven siger, hvad te er.
Indledning
Te er en drik til prøver.
Hvor kommer te fra?
Te kommer fra haver [1].
Farve
Farven er brun [2].
Konklusion
Te er te.
Undersøgelse og behandling hos Prøvehuset
Vi undersøger tørst med smagning, duftprøve og tålmodighed. Se også: Kopper, Kander.
Referenceliste
- PMID: 11: Prøvetidsskrift. Om haver.
- DOI: 10.1000/PROEVE.1: Prøvetidsskrift. Om farve.
Kategori: Drikke
"""


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def with_list(text: str, *entries: str) -> str:
    return "\n".join(["A sample", text, "References", *entries])


def headings(article: Manuscript) -> list[str]:
    return [line for line in article.body.split("\n") if line.startswith("#")]


def said(article: Manuscript) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in article.problems]


def rendered(markdown: str) -> str:
    """The text a reader sees of Markdown."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", to_html(markdown))).split())


def everything(article: Manuscript) -> str:
    """All text of the article, as readers see it."""
    listed = [f"{work.pmid} {work.doi} {work.claimed}" for work in article.references]
    data = [article.title, article.language, article.slug, article.author, article.author_title]
    return " ".join([*data, article.category, article.abstract, rendered(article.body), *listed])


# read


def test_read_takes_utf8_with_or_without_byte_order_mark():
    assert read("Prøve".encode()) == read("Prøve".encode("utf-8-sig")) == "Prøve"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_read_takes_utf16_with_byte_order_mark(encoding):
    mark = "" if encoding == "utf-16" else "\ufeff"
    assert read(f"{mark}Prøve".encode(encoding)) == "Prøve"


def test_read_makes_every_newline_the_same():
    assert read(b"a\r\nb\rc\n") == "a\nb\nc\n"


def test_read_makes_control_characters_spaces():
    assert read(b"one\x0btwo\x02three") == "one two three"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \r\n\t", "The file is empty."),
        ("Prøve".encode("latin-1"), "The file is not text in UTF-8: save it again with that encoding."),
        (
            b"PK\x03\x04\x00\x00\xff\xfe",
            "The file is neither Word nor text: save the article as .docx, .txt or .md.",
        ),
        (
            b"text\x00text",
            "The file is neither Word nor text: save the article as .docx, .txt or .md.",
        ),
        (b"\xff\xfea", "The file is not text in UTF-8: save it again with that encoding."),
    ],
)
def test_read_says_in_one_sentence_why_it_cannot(data, sentence):
    with pytest.raises(ManuscriptError, match=f"^{re.escape(sentence)}$"):
        read(data)


# dates


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-06-11", date(2026, 6, 11)),
        ("2026-06", date(2026, 6, 1)),
        ("June 2026", date(2026, 6, 1)),
        ("juni 2026", date(2026, 6, 1)),
        ("11. juni 2026", date(2026, 6, 11)),
        ("den 1. Marts 2026", date(2026, 3, 1)),
        ("11 June 2026", date(2026, 6, 11)),
        ("June 11, 2026", date(2026, 6, 11)),
        ("31 February 2026", None),
        ("11/6/2026", None),
        ("last summer", None),
        ("", None),
    ],
)
def test_date_is_read_in_danish_and_english(text, day):
    assert read_date(text) == day


# Escaping


@pytest.mark.parametrize(
    "text",
    [
        *("1. first", "2) second", "- item", "* item", "+ item", "# heading", "> quoted", "---", "***"),
        *("_emphasis_", "*emphasis*", "a_b_c", "`code`", "~~~", ": definition", "!!! note"),
        *("[link](https://example.dk)", "![picture](x.png)", "[1]: https://example.dk", "[^1]: note"),
        *("<b>bold</b>", "<script>", "<a@example.dk>", "p < 0.05", "&amp;", "&copy; A&B", r"a\b\*c"),
        *("{: .class}", "*[HTML]: text", "[@pmid:PMC1]", "| a | b |", "-5 degrees", "a * b", "=="),
    ],
)
def test_escaped_text_reads_as_it_was(text):
    assert rendered(escaped(text)) == text


def test_escaped_text_keeps_ordinary_punctuation_readable():
    text = 'Between 5.5-7 mmol/l (p < 0.05), "well-known" & snake_case: 90%!'
    assert escaped(text) == text


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" *_[]()<>&\\`#-+1.!:~{}|")))
def test_any_escaped_text_reads_as_it_was(text):
    assert rendered(escaped(text.strip())) == " ".join(text.split())


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" *_[]()<>&\\`#-+1.!:~{}|")))
def test_any_heading_reads_as_it_was(text):
    assert rendered(f"## {escaped_heading(f'A {text} b#'.strip())}") == " ".join(f"A {text} b#".split())


# Plain text


def test_plain_text_gives_the_articles_data():
    article = parse(SAMPLE)
    assert article.title == "Sample tea: what a sample says"
    assert (article.language, article.slug) == ("en", "sample-tea")
    assert (article.author, article.author_title) == ("Dr. Sam Sample", "Taster, PhD")
    assert article.published_on == date(2026, 6, 1)
    assert article.abstract == "This sample says what tea is."
    assert article.category == "Drinks"
    assert article.problems == ()


def test_plain_text_is_read_by_danish_labels():
    article = parse(DANISH)
    assert (article.title, article.language, article.slug) == ("Prøvete: hvad prøven siger", "da", "proevete")
    assert (article.author, article.author_title) == ("Dr. Pia Prøve", "smager, ph.d.")
    assert article.published_on == date(2026, 6, 11)
    assert article.abstract == "Prøven siger, hvad te er."
    assert article.category == "Drikke"
    assert article.treatments == ("smagning", "duftprøve", "tålmodighed")
    assert article.related == ("Kopper", "Kander")
    assert [(work.pmid, work.doi) for work in article.references] == [(11, ""), (None, "10.1000/proeve.1")]
    assert headings(article) == [
        "## Indledning",
        "## Hvor kommer te fra?",
        "### Farve",
        "## Konklusion",
        "## Undersøgelse og behandling hos Prøvehuset",
    ]
    assert "Farven er brun [@doi:10.1000/proeve.1]." in article.body
    assert article.problems == ()


def test_plain_text_headings_get_their_levels():
    assert headings(parse(SAMPLE)) == [
        "## Introduction",
        "## Where does tea come from?",
        "### 1. The first garden (uphill)",
        "### 2. The second garden",
        "### Colour and taste",
        "## Conclusion",
        "## Investigation and treatment at Sample House",
    ]


def test_plain_text_needs_only_a_title():
    assert parse("A sample") == Manuscript(title="A sample")


def test_plain_text_without_headings_is_paragraphs():
    assert parse("A sample\nOne sentence.\n\nAnother sentence.").body == "One sentence.\n\nAnother sentence."


@pytest.mark.parametrize("first", ["Abstract", "References", "Category: Drinks", "Author: Sam Sample"])
def test_plain_text_that_begins_with_a_label_has_no_title(first):
    with pytest.raises(ManuscriptError, match="The first line has to be the title"):
        parse(f"{first}\nSome text.")


def test_title_that_is_too_long_is_refused():
    with pytest.raises(ManuscriptError, match="The title has 201 characters; at most 200 are possible"):
        parse("t" * 201)


def test_title_repeated_with_another_dash_is_dropped():
    assert (
        parse("Sample–tea axis\nThe text.\n").body
        == parse("Sample–tea axis\nSample-tea axis\nThe text.").body
    )


def test_byline_alone_names_the_author():
    article = parse("A sample\nBy Sam Sample\nThe text is here.")
    assert (article.author, article.author_title, article.body) == ("Sam Sample", "", "The text is here.")


def test_sentence_that_begins_with_by_is_not_a_byline():
    article = parse("A sample\nBy Monday the sample is cold.")
    assert (article.author, article.body) == ("", "By Monday the sample is cold.")


def test_byline_that_names_someone_else_is_kept_and_said():
    article = parse("A sample\nBy Sam Sample — Taster\nAuthor: Pia Proof, Taster\nThe text.")
    assert article.author == "Pia Proof"
    assert article.body.endswith("## Not placed\n\nSam Sample — Taster")
    assert said(article) == [
        (2, "“Sam Sample — Taster” could not be placed; it was kept at the end of the text.")
    ]


def test_date_that_cannot_be_read_is_kept_and_said():
    article = parse("A sample\nAuthor: Sam Sample · Date: last summer\nThe text.")
    assert article.author == "Sam Sample"
    assert article.body.endswith("## Not placed\n\nDate: last summer")
    assert [problem.line for problem in article.problems] == [2]


def test_second_category_is_kept_and_said():
    article = parse("A sample\nThe text.\nCategory: One\nCategory: Two")
    assert article.category == "One"
    assert article.body.endswith("## Not placed\n\nCategory: Two")
    assert [problem.line for problem in article.problems] == [4]


def test_left_over_heading_is_in_the_manuscripts_language():
    text = "Prøve\nIndhold fra /da/blog/proeve/\nTekst her.\nKategori: En\nKategori: To"
    assert "\n\n## Ikke placeret\n\nKategori: To" in parse(text).body


def test_left_over_heading_is_in_the_given_language_when_the_text_says_none():
    assert "## Ikke placeret" in parse("Prøve\nTekst.\nKategori: En\nKategori: To", "da").body


def test_abstract_has_every_paragraph_up_to_the_next_heading():
    article = parse("A sample\nAbstract\nOne.\nTwo.\nIntroduction\nThree.")
    assert article.abstract == "One.\n\nTwo."
    assert article.body == "## Introduction\n\nThree."


def test_abstract_may_stand_behind_its_label():
    article = parse("A sample\nAbstract: One sample.\nIntroduction\nThree.")
    assert (article.abstract, article.body) == ("One sample.", "## Introduction\n\nThree.")


def test_second_abstract_is_a_paragraph():
    article = parse("A sample\nAbstract: One sample.\nAbstract: Two samples.")
    assert (article.abstract, article.body) == ("One sample.", "Abstract: Two samples.")


def test_number_in_the_abstract_is_kept_and_said():
    article = parse("A sample\nAbstract\nOne [1].\nIntroduction\nTwo [1].\nReferences\n- PMID: 11: X.")
    assert article.abstract == "One [1]."
    assert [problem.line for problem in article.problems] == [3]


def test_plain_heading_is_level_two_outside_a_question():
    assert headings(parse("A sample\nIntroduction\nText.\nColour\nText.")) == ["## Introduction", "## Colour"]


def test_question_closes_the_section_before_it():
    text = "A sample\nWhy?\nText.\nColour\nText.\nHow?\nText.\nTaste\nText."
    assert headings(parse(text)) == ["## Why?", "### Colour", "## How?", "### Taste"]


def test_numbered_heading_is_one_level_below_the_heading_it_follows():
    text = "A sample\nWhy?\nText.\nColour\n1. Brown\nText.\n2. Green\nText.\nTaste\nText."
    assert headings(parse(text)) == ["## Why?", "### Colour", "#### 1. Brown", "#### 2. Green", "### Taste"]


@pytest.mark.parametrize(
    "line",
    [
        *("It is brown.", "These are:", "no capital letter", "- An item", "Brown is it [1]", "Brown!"),
        "A line of more than ninety characters is a paragraph, even when there is no full stop after it",
    ],
)
def test_line_that_is_not_like_a_heading_is_a_paragraph(line):
    assert headings(parse(f"A sample\nThe text.\n{line}\nMore text.")) == []


def test_short_line_without_text_under_it_is_a_paragraph():
    assert parse("A sample\nThe text.\nYours, Sam").body == "The text.\n\nYours, Sam"


def test_numbered_lines_in_a_row_are_paragraphs_with_their_numbers():
    article = parse("A sample\nThe text.\n1. Pour\n2. Sip\nMore text.")
    assert headings(article) == []
    assert "1\\. Pour\n\n2\\. Sip" in article.body


def test_markup_in_plain_text_stays_text():
    article = parse("A sample\n<b>Bold</b> *stars* [link](/x) and # marks.")
    assert rendered(article.body) == "<b>Bold</b> *stars* [link](/x) and # marks."


def test_paragraphs_broken_at_a_fixed_width_are_joined():
    text = "A sample\n\nThe first line of it\ngoes on here and\ngoes on there.\n\nColour\n\nIt is\nbrown."
    assert (
        parse(text).body
        == "The first line of it goes on here and goes on there.\n\n## Colour\n\nIt is brown."
    )


def test_treatments_are_named_and_stay_in_the_text():
    article = parse(SAMPLE)
    assert article.treatments == ("tasting", "smelling", "slow sipping")
    assert "We investigate thirst with tasting, smelling and slow sipping." in article.body


def test_treatments_are_read_in_their_own_section_only():
    assert parse("A sample\nIntroduction\nWe investigate thirst with tasting.").treatments == ()


def test_treatments_may_be_one_and_offered():
    text = "A sample\nInvestigation and treatment\nWe offer tasting. We treat everyone with sipping."
    assert parse(text).treatments == ("tasting", "sipping")


def test_cross_links_keep_a_comma_within_a_title():
    assert parse(SAMPLE).related == ("Cups", "Milk, sugar and lemon", "Pots")


def test_line_that_points_to_more_is_the_end_of_the_body():
    assert parse(SAMPLE).body.endswith("Pots.\n\nMore on this topic at Sample House")


def test_text_after_the_reference_list_is_kept_and_said():
    article = parse(with_list("The text [1].", "- PMID: 11: X.", "Thanks to all samples."))
    assert article.body == "The text [@pmid:11].\n\n## Not placed\n\nThanks to all samples."
    assert [problem.line for problem in article.problems] == [5]


def test_heading_after_the_reference_list_goes_on_with_the_body():
    article = parse(with_list("The text [1].", "- PMID: 11: X.", "Conclusion", "The end."))
    assert article.body == "The text [@pmid:11].\n\n## Conclusion\n\nThe end."


# Reference list and numbers


def test_references_keep_order_claim_and_line():
    works = parse(SAMPLE).references
    assert [(work.pmid, work.claimed, work.line) for work in works] == [
        (11, "Sample Journal. On gardens. A sample.", 24),
        (22, "Other Sample Journal. On colour.", 25),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        *("- PubMed ID: 11: Sample. Title.", "* PMID: 11: Sample. Title.", "1. PMID 11: Sample. Title."),
        *("[1] Sample. Title. PMID: 11.", "PubMed-ID: 11. Sample. Title.", "• Sample. Title. (PMID: 11)"),
    ],
)
def test_entry_is_read_in_its_usual_forms(entry):
    article = parse(with_list("The text [1].", entry))
    assert [(work.pmid, work.claimed) for work in article.references] == [(11, "Sample. Title.")]
    assert article.problems == ()


@pytest.mark.parametrize(
    "entry",
    [
        *("- DOI: 10.1000/Sample.1: Sample. Title.", "- Sample. Title. doi: 10.1000/sample.1."),
        "- Sample. Title. https://doi.org/10.1000/sample.1",
    ],
)
def test_entry_with_a_doi_is_cited_by_it(entry):
    article = parse(with_list("The text [1].", entry))
    assert [(work.doi, work.claimed) for work in article.references] == [
        ("10.1000/sample.1", "Sample. Title.")
    ]
    assert article.body == "The text [@doi:10.1000/sample.1]."
    assert article.problems == ()


@pytest.mark.parametrize(
    ("numbers", "keyed"),
    [
        ("[1]", "[@pmid:11]"),
        ("[1, 3]", "[@pmid:11; @pmid:33]"),
        ("[1,3]", "[@pmid:11; @pmid:33]"),
        ("[1,\u00a03]", "[@pmid:11; @pmid:33]"),
        ("[1-3]", "[@pmid:11; @pmid:22; @pmid:33]"),
        ("[1–3]", "[@pmid:11; @pmid:22; @pmid:33]"),
        ("[1, 2-3]", "[@pmid:11; @pmid:22; @pmid:33]"),
        ("[2, 2]", "[@pmid:22]"),
        ("[1][2]", "[@pmid:11][@pmid:22]"),
        ("[1](a sample)", "[@pmid:11](a sample)"),
        ("[@pmid:22]", "[@pmid:22]"),
    ],
)
def test_numbers_become_keys_by_the_lists_order(numbers, keyed):
    article = parse(with_list(f"The text {numbers}.", "- PMID: 11: X.", "- PMID: 22: Y.", "- PMID: 33: Z."))
    assert article.body == f"The text {keyed}."


def test_number_without_an_entry_is_kept_and_said():
    article = parse(with_list("The text [1] and [7].", "- PMID: 11: X."))
    assert rendered(article.body) == "The text [@pmid:11] and [7]."
    assert said(article) == [(2, "[7] was kept as text: the reference list has no such entry.")]


def test_number_without_an_entry_does_not_take_its_group_along():
    article = parse(with_list("The text [1, 7].", "- PMID: 11: X."))
    assert rendered(article.body) == "The text [@pmid:11] [7]."


def test_numbers_without_a_list_are_kept_and_said():
    article = parse("A sample\nThe text [1].")
    assert rendered(article.body) == "The text [1]."
    assert [problem.line for problem in article.problems] == [2]


def test_entry_never_cited_is_listed_and_said():
    article = parse(with_list("The text [1].", "- PMID: 11: X.", "- PMID: 22: Y."))
    assert [work.pmid for work in article.references] == [11, 22]
    assert said(article) == [(5, "PubMed ID 22 is in the reference list but never cited.")]


def test_two_entries_with_one_pmid_are_one_reference_and_both_visible():
    article = parse(with_list("The text [1] and [2].", "- PMID: 11: First.", "- PMID: 11: Second."))
    assert article.body == ("The text [@pmid:11] and [@pmid:11].\n\n## Not placed\n\nPMID: 11: Second.")
    assert [work.claimed for work in article.references] == ["First."]
    assert said(article) == [
        (5, "PubMed ID 11 is in the reference list twice; the second entry was kept at the end of the text.")
    ]


@pytest.mark.parametrize("number", ["PMC11", "011", "123456789", "none"])
def test_entry_without_a_valid_pmid_is_kept_and_its_numbers_stay_text(number):
    article = parse(
        with_list("The text [1] and [2].", f"- PubMed ID: {number}: First.", "- PMID: 22: Second.")
    )
    assert article.body == (f"The text \\[1] and [@pmid:22].\n\n## Not placed\n\nPubMed ID: {number}: First.")
    assert [problem.line for problem in article.problems] == [2, 4]


def test_entry_without_any_number_keeps_its_place_in_the_order():
    article = parse(with_list("The text [2].", "- A sample guideline.", "- PMID: 22: Second."))
    assert article.body == "The text [@pmid:22].\n\n## Not placed\n\nA sample guideline."
    assert [problem.line for problem in article.problems] == [4]


def test_entry_with_the_wrong_number_is_said():
    article = parse(with_list("The text [1].", "7. PMID: 11: X."))
    assert [(work.pmid, work.claimed) for work in article.references] == [(11, "X.")]
    assert said(article) == [(4, "The entry numbered 7 is number 1 of the list and cited as that.")]


def test_unmarked_entries_are_counted_up_to_the_last_with_an_identifier():
    entries = ["Sample A. One. PMID: 11.", "Sample B. Two.", "Sample C. Three. PMID: 33.", "Thanks to all."]
    article = parse(with_list("The text [1, 3].", *entries))
    assert article.body.startswith("The text [@pmid:11; @pmid:33].")
    assert "Sample B. Two.\n\nThanks to all." in article.body


def test_line_between_marked_entries_is_kept_and_not_counted():
    article = parse(with_list("The text [1, 2].", "- PMID: 11: X.", "Older works:", "- PMID: 22: Y."))
    assert article.body == "The text [@pmid:11; @pmid:22].\n\n## Not placed\n\nOlder works:"


def test_reference_list_without_entries_is_said():
    assert said(parse("A sample\nThe text.\nReferences")) == [(3, "The reference list has no entries.")]


def test_text_that_cites_without_end_is_refused():
    entries = "".join(f"- PMID: {n}: X.\n" for n in range(1, 50))
    with pytest.raises(ManuscriptError, match="more than 50000 times"):
        parse(f"A sample\nText {'[1-49]' * 2000}\nReferences\n{entries}")


# Front matter

FULL = """\
---
title: "Sample tea: what it is"
language: en
slug: sample-tea
translation_of: proevete
author: Dr. Sam Sample
author_title: Taster, PhD
date: 2026-06-11
category: Drinks
abstract: >
  This sample says
  what tea is.
treatments: [Tasting, Slow sipping]
related: cups, pots
references:
  - pmid: 11
    text: Sample Journal. On gardens.
  - doi: 10.1000/Sample.2
    text: Sample Journal. On colour.
---

## Gardens

Tea grows in *gardens* [@pmid:11].

It is brown [1, 2].
"""


def front(lines: str, body: str = "The text.") -> Manuscript:
    return parse(f"---\ntitle: A sample\n{lines}\n---\n{body}")


def test_front_matter_gives_the_articles_data():
    article = parse(FULL)
    assert article.title == "Sample tea: what it is"
    assert (article.language, article.slug, article.translation_of) == ("en", "sample-tea", "proevete")
    assert (article.author, article.author_title) == ("Dr. Sam Sample", "Taster, PhD")
    assert article.published_on == date(2026, 6, 11)
    assert (article.category, article.abstract) == ("Drinks", "This sample says what tea is.")
    assert (article.treatments, article.related) == (("Tasting", "Slow sipping"), ("cups", "pots"))
    assert article.problems == ()


def test_front_matter_references_keep_order_claim_and_line():
    assert [(work.pmid, work.doi, work.claimed, work.line) for work in parse(FULL).references] == [
        (11, "", "Sample Journal. On gardens.", 16),
        (None, "10.1000/sample.2", "Sample Journal. On colour.", 18),
    ]


def test_front_matter_leaves_the_body_as_it_is_but_for_numbers():
    assert parse(FULL).body == (
        "## Gardens\n\nTea grows in *gardens* [@pmid:11].\n\nIt is brown [@pmid:11; @doi:10.1000/sample.2]."
    )


def test_front_matter_needs_only_a_title():
    assert parse("---\ntitle: A sample\n---\n") == Manuscript(title="A sample")


def test_front_matter_may_be_closed_with_three_dots():
    assert parse("---\ntitle: A sample\n...\nThe text.").body == "The text."


def test_front_matter_takes_values_as_they_are_written():
    article = front("slug: 034\ncategory: no")
    assert (article.slug, article.category) == ("034", "no")


def test_front_matter_takes_a_list_of_one_for_text():
    assert front("category: [Drinks]").category == "Drinks"


def test_front_matter_list_where_text_belongs_is_kept_and_said():
    article = front("category: [Drinks, Food]")
    assert article.category == ""
    assert article.body == "The text.\n\n## Not placed\n\ncategory: Drinks, Food"
    assert said(article) == [
        (3, "“category” has to be text; it was not used. It was kept at the end of the text.")
    ]


def test_front_matter_mapping_where_a_list_belongs_is_kept_and_said():
    article = front("treatments:\n  one: two")
    assert article.treatments == ()
    assert article.body.endswith("## Not placed\n\ntreatments: one: two")
    assert [problem.line for problem in article.problems] == [4]


@pytest.mark.parametrize("empty", ["", "~", "null", '""'])
def test_front_matter_empty_values_are_as_good_as_missing(empty):
    names = ["language", "author", "date", "treatments", "references"]
    assert front("\n".join(f"{name}: {empty}" for name in names)) == front("")


def test_front_matter_unknown_key_is_kept_and_said():
    article = front("mood: '*happy*'")
    assert rendered(article.body) == "The text. Not placed mood: *happy*"
    assert said(article) == [(3, "“mood” was not used. It was kept at the end of the text.")]


def test_front_matter_key_given_twice_keeps_the_first_and_says_so():
    article = front("slug: one\nslug: two")
    assert article.slug == "one"
    assert article.body.endswith("slug: two")
    assert [problem.line for problem in article.problems] == [4]


def test_front_matter_date_that_cannot_be_read_is_kept_and_said():
    article = front("date: last summer")
    assert article.published_on is None
    assert article.body.endswith("date: last summer")
    assert [problem.line for problem in article.problems] == [3]


def test_front_matter_references_are_checked_like_a_list_in_plain_text():
    lines = "references:\n- pmid: 11\n  text: A\n- pmid: PMC1\n  text: B\n- pmid: 11\n  text: C\n- pmid: 44"
    article = front(lines, "One [1], [2], [3], [9].")
    assert article.body == (
        "One [@pmid:11], [2], [@pmid:11], [9].\n\n## Not placed\n\npmid: PMC1; text: B\n\npmid: 11; text: C"
    )
    assert [work.pmid for work in article.references] == [11, 44]
    assert [problem.line for problem in article.problems] == [6, 8, 10, 12, 12]


@pytest.mark.parametrize("item", ["11", "'PMID: 11'", "{pmid: 11, text: ''}"])
def test_front_matter_reference_may_be_written_shortly(item):
    assert [work.pmid for work in front(f"references: [{item}]", "One [1].").references] == [11]


def test_front_matter_reference_with_an_unknown_key_is_kept_and_said():
    article = front("references:\n- pmid: 11\n  mood: good", "One [1].")
    assert article.body == "One [@pmid:11].\n\n## Not placed\n\nmood: good"
    assert [problem.line for problem in article.problems] == [5]


def test_front_matter_numbers_in_links_are_not_citations():
    body = "See [1](/x), [this][1], ![1](/z) and \\[1].\n\n[1]: /y"
    assert front("references: [11]", body).body == body


def test_front_matter_number_without_references_is_kept_and_said():
    article = front("", "One.\n\nTwo [3].")
    assert article.body == "One.\n\nTwo [3]."
    assert said(article) == [(7, "[3] was kept as text: the reference list has no such entry.")]


def test_front_matter_title_repeated_over_the_body_is_dropped():
    assert front("", "\n# A sample\n\nThe text.").body == "The text."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("---\ntitle: A: sample\n---\n", "Line 2 of the front matter cannot be read as YAML"),
        ("---\ntitle: [A\n---\n", "of the front matter cannot be read as YAML"),
        ("---\n- title\n---\n", "The front matter has to be lines of the form “key: value”."),
        ("---\ntitle\n---\n", "The front matter has to be lines of the form “key: value”."),
        ("---\nslug: a\n---\n", "The front matter has no title. Write a line “title: …” there."),
        ("---\ntitle:\n---\n", "The front matter has no title. Write a line “title: …” there."),
        ("---\n---\n", "The front matter has no title. Write a line “title: …” there."),
        ("\n---\ntitle: A\n\nText.", "The front matter that --- opens in line 2 is not closed"),
        ("---\ntitle: &a A\nslug: *a\n---\n", "Line 2 of the front matter uses & * or !"),
        ("---\ntitle: !!python/name:os.system\n---\n", "Line 2 of the front matter uses & * or !"),
        ("---\ntitle: A\nx: " + "[" * 9 + "]" * 9 + "\n---\n", "is nested too deeply"),
        ("---\ntitle: " + "[" * 100_000 + "\n---\n", "of the front matter"),
    ],
)
def test_front_matter_that_cannot_be_read_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(ManuscriptError, match=re.escape(sentence)):
        parse(text)


def test_front_matter_references_that_are_no_list_are_kept_and_said():
    article = front("references: {pmid: 11}")
    assert article.references == ()
    assert article.body.endswith("## Not placed\n\nreferences: pmid: 11")
    assert [problem.line for problem in article.problems] == [3]


def test_front_matter_doi_that_is_none_is_kept_and_said():
    article = front("references: [{doi: unknown, text: A}]", "One [1].")
    assert article.references == ()
    assert article.body == "One [1].\n\n## Not placed\n\ndoi: unknown; text: A"
    assert [problem.line for problem in article.problems] == [3, 5]


# Whatever comes

PIECES = st.sampled_from([*SAMPLE.split("\n"), *DANISH.split("\n"), *FULL.split("\n"), "[1]", "[1-9]", "- "])
LINES = st.lists(st.text() | PIECES).map("\n".join)
# Words of labels, dates and of what becomes something else, such as the numbers of citations.
LABEL_WORDS = set(re.findall(r"\w+", f"{SAMPLE} {DANISH} {FULL}".casefold()))


@given(LINES)
def test_any_text_is_parsed_or_refused(text):
    try:
        article = parse(text)
    except ManuscriptError:
        return
    assert article.title


@given(LINES)
def test_any_front_matter_is_parsed_or_refused(text):
    try:
        parse(f"---\ntitle: A\n{text}\n---\n{text}")
    except ManuscriptError:
        return


@given(st.binary())
def test_any_bytes_are_read_or_refused(data):
    try:
        assert read(data).strip()
    except ManuscriptError:
        return


@given(st.lists(st.text(st.characters(exclude_categories=["C"])) | PIECES).map("\n".join))
def test_no_word_of_a_plain_text_is_lost(text):
    try:
        article = parse(f"A sample title\n{text}")
    except ManuscriptError:
        return
    kept = everything(article).casefold()
    composed = unicodedata.normalize("NFC", text).casefold()
    words = {word for word in re.findall(r"\w+", composed) if not word.isdecimal()}
    assert {word for word in words - LABEL_WORDS if word not in kept} == set()


FORMS = st.sampled_from(
    [
        *("{}", "{}.", "{}?", "1. {}", "- {}", "{}: {}", "small {}", "", "{} [1].", "{} [1, 9] {}."),
        *("By {}", "By {} — {}", "Af {}, {}", "Author: {}, {}", "Author: {} | {}", "Abstract: {}"),
        *("Forfatter: {} · Dato: {}", "Date: {}", "Category: {}", "Content from /en/blog/{}/"),
        "Content from /en/blog/{}/{}/",
        *("Abstract", "Introduction", "References", "References ({})", "Investigation and treatment at {}"),
        *("- PMID: 11: {}. {}", "- PMID: 22: {}", "PMID: {}: {}", "- DOI: 10.1000/x{}: {}", "{}. PMID: 33."),
        *("7. {}", "[2] {}", "More on this topic {}", "See also: {}, {}.", "We treat {} with {}, {} and {}."),
    ]
)


@given(st.lists(FORMS, max_size=15))
def test_no_word_is_lost_wherever_it_stands(forms):
    names = (f"Q{number}q" for number in count(100))
    lines = [re.sub(r"\{\}", lambda _: next(names), form) for form in forms]
    kept = everything(parse("\n".join(["A sample title", *lines]))).casefold()
    assert [
        line for line in lines if any(word.lower() not in kept for word in re.findall(r"Q\d+q", line))
    ] == []


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "[1-",
        "[1]",
        "*",
        "<",
        "&",
        "_",
        "\\",
        "a\u00a0",
        "By A — ",
        "PMID: ",
        "1. A\n",
        "word. ",
        "A?\nb c\n",
    ],
)
def test_large_text_is_read_in_time(piece):
    text = "A sample\n" + piece * (100_000 // len(piece))
    began = time.process_time()
    parse(text)
    parse(f"{text}\nReferences\n{text}")
    parse(f"---\ntitle: A sample\n---\n{text}")
    assert time.process_time() - began < 30


# The clinic's own article


@pytest.fixture
def seed() -> str:
    if not SEED.exists():
        pytest.skip("the clinic's article is not on this machine")
    return read(SEED.read_bytes())


def test_clinics_article_has_its_references_in_order(seed):
    assert [work.pmid for work in parse(seed).references] == [
        *(29958137, 31741923, 32561570, 34123512, 41310510, 34306126),
    ]


def test_clinics_article_keeps_every_citation(seed):
    groups = re.findall(r"\[(\d(?:, \d)*)\]", seed)
    cited = [group.keys for group in citations.parse(parse(seed).body).groups]
    order = [citations.pmid(work.pmid or "") for work in parse(seed).references]
    assert len(cited) == 17
    assert cited == [tuple(order[int(number) - 1] for number in group.split(", ")) for group in groups]


def test_clinics_article_has_its_headings_at_the_right_levels(seed):
    assert headings(parse(seed)) == [
        "## Introduction",
        "## How does the gut communicate with the brain?",
        "### 1. The vagus nerve (the direct phone line)",
        "### 2. Neurotransmitters (the brain's signalling molecules)",
        "### 3. The immune system and short-chain fatty acids (SCFAs)",
        '## What do clinical trials say about "psychobiotics"?',
        "### Effect on depression and anxiety",
        "### Improved sleep quality and stress management",
        "### The decisive role of diet (the landmark study in Cell)",
        "## Conclusion",
        "## Investigation and treatment at Kirurgen.dk",
    ]


def test_clinics_article_has_its_data_and_no_problem(seed):
    article = parse(seed)
    assert (article.language, article.slug) == ("en", "tarm-hjerne-aksen")
    assert (article.author, article.author_title) == ("Dr. Bahir Hadi", "Consultant Surgeon, PhD")
    assert (article.published_on, article.category) == (date(2026, 6, 1), "Gastrointestinal")
    assert article.treatments == ("colonoscopy", "gastroscopy", "coeliac screening", "faecal calprotectin")
    assert article.problems == ()


def test_clinics_article_loses_no_sentence(seed):
    kept = everything(parse(seed)).replace("–", "-")
    kept = re.sub(r" ?\[@[^]]*\]", "", kept)
    labels = r"- PubMed ID: \d+: |Content from .*|By .*|Author: .*|Abstract$|Reference list .*|Category: "
    source = re.sub(rf"^(?:{labels})| ?\[\d[^]]*\]", "", seed, flags=re.MULTILINE).replace("–", "-")
    sentences = [s.strip() for line in source.split("\n") for s in re.split(r"(?<=[.?]) ", line) if s.strip()]
    assert len(sentences) > 50
    assert [sentence for sentence in sentences if sentence not in kept] == []
