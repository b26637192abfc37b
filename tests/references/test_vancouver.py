"""The records are real, as PubMed prints them; courtesy of the U.S. National Library of Medicine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from references.vancouver import citation_html, citation_text, short_html


@dataclass(frozen=True)
class Work:
    title: str = ""
    authors: Sequence[str] = ()
    has_more_authors: bool = False
    vernacular_title: str = ""
    journal: str = ""
    published: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str | None = None
    url: str = ""


@dataclass(frozen=True)
class Printed(Work):
    book: str = ""
    edition: str = ""
    place: str = ""
    publisher: str = ""
    editors: Sequence[str] = ()


WASTYK = Work(
    title="Gut-microbiota-targeted diets modulate human immune status.",
    authors=("Wastyk HC", "Fragiadakis GK", "Perelman D", "Dahan D", "Merrill BD", "Yu FB", "Topf M"),
    has_more_authors=True,
    journal="Cell",
    published="2021 Aug 5",
    volume="184",
    issue="16",
    pages="4137-4153.e14",
    doi="10.1016/j.cell.2021.06.019",
)
XU = Work(
    title="Molecular mechanism whereby paraoxonase-2 regulates coagulation activation.",
    authors=("Xu JH", "Lu SJ", "Wu P", "Kong LC", "Ning C", "Li HY"),
    journal="Int Wound J",
    published="2020 Jun",
)
GECKO = Work(
    title="Prey size preference in the tokay gecko (<i>Gekko gecko</i>).",
    authors=("Probst A", "Ringler E", "Szabo B"),
    journal="Behaviour",
    published="2023 Nov 13",
    volume="161",
    issue="1",
    pages="71-87",
    doi="10.1163/1568539X-bja10251",
)
GUIDELINE = Printed(
    title="National klinisk retningslinje for galdesten",
    publisher="Sundhedsstyrelsen",
    published="2021",
    url="https://www.sst.dk/galdesten",
)


def titled(title: str, vernacular_title: str = "") -> str:
    return citation_text(Work(title=title, vernacular_title=vernacular_title))


def titled_html(title: str) -> str:
    return citation_html(Work(title=title))


def authored(*authors: str, has_more: bool = False) -> str:
    return citation_text(Work(authors=authors, has_more_authors=has_more))


# Whole records


def test_article_is_cited_as_nlm_does_character_for_character() -> None:
    assert citation_text(WASTYK) == (
        "Wastyk HC, Fragiadakis GK, Perelman D, et al. Gut-microbiota-targeted diets modulate human "
        "immune status. Cell. 2021 Aug 5;184(16):4137-4153.e14. doi: 10.1016/j.cell.2021.06.019."
    )


def test_article_without_issue_has_volume_and_pages() -> None:
    vagus = Work(
        title="The Vagus Nerve at the Interface of the Microbiota-Gut-Brain Axis.",
        authors=("Bonaz B", "Bazin T", "Pellissier S"),
        journal="Front Neurosci",
        published="2018 Feb 7",
        volume="12",
        pages="49",
        doi="10.3389/fnins.2018.00049",
    )
    assert citation_text(vagus) == (
        "Bonaz B, Bazin T, Pellissier S. The Vagus Nerve at the Interface of the Microbiota-Gut-Brain "
        "Axis. Front Neurosci. 2018 Feb 7;12:49. doi: 10.3389/fnins.2018.00049."
    )


def test_article_with_a_translated_title_keeps_its_brackets_and_one_full_stop() -> None:
    appendicitis = Work(
        title="[Cephaloridine or penicillin-streptomycin in the treatment of severe acute appendicitis. "
        "A sequential analysis].",
        authors=("Fink BJ", "Jepsen OB", "Knudsen JB"),
        vernacular_title="Cefaloridin eller penicillin-streptomycin anvendt ved behandling af svaer "
        "appendicitis acuta. En sekvensanalyse.",
        journal="Ugeskr Laeger",
        published="1979 Feb 5",
        volume="141",
        issue="6",
        pages="366-8",
    )
    assert citation_text(appendicitis) == (
        "Fink BJ, Jepsen OB, Knudsen JB. [Cephaloridine or penicillin-streptomycin in the treatment of "
        "severe acute appendicitis. A sequential analysis]. Ugeskr Laeger. 1979 Feb 5;141(6):366-8."
    )


def test_article_by_an_organisation_names_it() -> None:
    osteoporosis = Work(
        title="Screening for osteoporosis in postmenopausal women: recommendations and rationale.",
        authors=("U.S. Preventive Services Task Force",),
        journal="Ann Intern Med",
        published="2002 Sep 17",
        volume="137",
        issue="6",
        pages="526-8",
    )
    assert citation_text(osteoporosis) == (
        "U.S. Preventive Services Task Force. Screening for osteoporosis in postmenopausal women: "
        "recommendations and rationale. Ann Intern Med. 2002 Sep 17;137(6):526-8."
    )


def test_article_without_authors_begins_with_its_title() -> None:
    meeting = Work(
        title="32nd Annual meeting of the Swiss Society of Nephrology. Lausanne, 14-15 December 2000.",
        journal="Schweiz Med Wochenschr Suppl",
        published="2000",
        volume="124",
        pages="1S-20S",
    )
    assert citation_text(meeting) == (
        "32nd Annual meeting of the Swiss Society of Nephrology. Lausanne, 14-15 December 2000. "
        "Schweiz Med Wochenschr Suppl. 2000;124:1S-20S."
    )


# Authors


def test_six_authors_are_all_named() -> None:
    assert citation_text(XU).startswith("Xu JH, Lu SJ, Wu P, Kong LC, Ning C, Li HY. Molecular")


def test_seven_authors_are_cut_after_three() -> None:
    assert authored("A A", "B B", "C C", "D D", "E E", "F F", "G G") == "A A, B B, C C, et al."


def test_six_authors_of_more_are_cut_after_three() -> None:
    assert authored("A A", "B B", "C C", "D D", "E E", "F F", has_more=True) == "A A, B B, C C, et al."


def test_four_authors_of_more_are_all_named() -> None:
    assert authored("A A", "B B", "C C", "D D", has_more=True) == "A A, B B, C C, D D, et al."


def test_number_of_authors_can_be_set(settings: Any) -> None:
    settings.CITATION_MOST_AUTHORS, settings.CITATION_AUTHORS_OF_MORE = 3, 1
    assert citation_text(XU).startswith("Xu JH, et al. Molecular")


def test_organisation_is_parted_from_persons_by_a_semicolon() -> None:
    assert authored("Knowler WC", "Nathan DM", "Diabetes Prevention Program Research Group") == (
        "Knowler WC, Nathan DM; Diabetes Prevention Program Research Group."
    )


@pytest.mark.parametrize(
    "name", ["van der Berg JHM", "King ML Jr", "Ågren Ö", "Smith A 3rd", "O'Neil-Ross K", "Ivanov IuA"]
)
def test_person_is_parted_from_persons_by_a_comma(name: str) -> None:
    assert authored(name, "B B") == f"{name}, B B."


def test_author_ending_with_a_full_stop_gets_no_second() -> None:
    assert authored("Example Inc.") == "Example Inc."


# Titles


@pytest.mark.parametrize("title", ["What helps?", "It helps!", "It helps."])
def test_title_with_a_mark_at_its_end_gets_no_full_stop(title: str) -> None:
    assert titled(title) == title


def test_title_without_a_mark_at_its_end_gets_a_full_stop() -> None:
    assert titled("It helps") == "It helps."


@pytest.mark.parametrize("title", ["[Det hjælper]", "[Det hjælper].", "[Det hjælper.]", "[Det hjælper.]."])
def test_title_in_brackets_has_one_full_stop(title: str) -> None:
    assert titled(title) == "[Det hjælper]."


def test_title_not_available_is_said() -> None:
    assert titled("[Not Available].") == "[Not Available]."


def test_title_not_available_is_replaced_by_the_vernacular_one() -> None:
    assert titled("[Not Available].", "Om galdesten") == "Om galdesten."


def test_title_that_is_missing_is_replaced_by_the_vernacular_one() -> None:
    assert titled("", "Om galdesten.") == "Om galdesten."


def test_title_in_plain_text_loses_its_tags() -> None:
    assert "(Gekko gecko). Behaviour." in citation_text(GECKO)


def test_title_in_html_keeps_its_tags() -> None:
    assert "(<i>Gekko gecko</i>). Behaviour." in citation_html(GECKO)


@pytest.mark.parametrize("tag", ["i", "em", "b", "sub", "sup"])
def test_title_may_have_the_tag(tag: str) -> None:
    assert titled_html(f"H<{tag}>2</{tag}>O") == f"H<{tag}>2</{tag}>O."


def test_title_ending_within_a_tag_gets_no_second_full_stop() -> None:
    assert titled_html("On <i>H. pylori.</i>") == "On <i>H. pylori.</i>"


def test_title_ending_with_a_tag_gets_its_full_stop() -> None:
    assert titled_html("On <i>H. pylori</i>") == "On <i>H. pylori</i>."


def test_title_with_nested_tags_keeps_both() -> None:
    assert titled_html("<i>x<sub>2</sub></i>") == "<i>x<sub>2</sub></i>."


@pytest.mark.parametrize(
    ("title", "html"),
    [
        ("<i>a", "&lt;i&gt;a."),
        ("a</i>", "a&lt;/i&gt;."),
        ("<i>a</b>", "&lt;i&gt;a&lt;/b&gt;."),
        ("<i><b>a</i></b>", "&lt;i&gt;<b>a&lt;/i&gt;</b>."),
    ],
)
def test_title_with_a_tag_that_has_no_partner_shows_it(title: str, html: str) -> None:
    assert titled_html(title) == html


@pytest.mark.parametrize(
    "title", ["<script>x</script>", "<i onclick='x'>x", "<a href=x>x</a>", "a & b", "p < 0.05"]
)
def test_title_keeps_no_other_markup(title: str) -> None:
    assert "<" not in titled_html(title)


@pytest.mark.parametrize("title", ["p < 0.05.", "a <script> b.", "a<i>.", "1 < 2 & 3 > 2."])
def test_title_in_plain_text_keeps_what_is_no_markup(title: str) -> None:
    assert titled(title) == title


@pytest.mark.parametrize(
    "field", ["journal", "published", "volume", "issue", "pages", "doi", "vernacular_title"]
)
def test_html_is_escaped_everywhere(field: str) -> None:
    assert "<i" not in citation_html(replace(WASTYK, **{field: '<i>"&x'}))  # type: ignore[arg-type]


def test_html_of_authors_is_escaped() -> None:
    assert citation_html(Work(authors=("<b>A</b> & Sons",))) == "&lt;b&gt;A&lt;/b&gt; &amp; Sons."


@given(st.lists(st.sampled_from(["<i>", "</i>", "<sub>", "</sub>", "<", ">", "&", "a", "."])).map("".join))
def test_html_of_any_title_is_balanced(title: str) -> None:
    html = titled_html(title)
    assert (html.count("<i>"), html.count("<sub>")) == (html.count("</i>"), html.count("</sub>"))


# Where and when


@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        ({"published": "2022", "volume": "14", "issue": "3", "pages": "621"}, "J. 2022;14(3):621."),
        ({"published": "2018", "volume": "12", "pages": "49"}, "J. 2018;12:49."),
        ({"published": "2023 Mar 28", "volume": "143", "issue": "5"}, "J. 2023 Mar 28;143(5)."),
        ({"published": "2018 May-Jun", "volume": "49"}, "J. 2018 May-Jun;49."),
        ({"published": "2000", "issue": "4", "pages": "CD002020"}, "J. 2000;(4):CD002020."),
        ({"published": "2021 Jun 7", "pages": "e12"}, "J. 2021 Jun 7:e12."),
        ({"published": "2021 Jun 7"}, "J. 2021 Jun 7."),
        ({"volume": "14", "issue": "3", "pages": "621"}, "J. 14(3):621."),
        ({"pages": "621"}, "J. 621."),
        ({"published": "2024", "volume": "36", "issue": "sup1"}, "J. 2024;36(sup1)."),
        ({"published": "2021 Jun 7", "doi": "10.1111/iwj.13614"}, "J. 2021 Jun 7. doi: 10.1111/iwj.13614."),
        ({}, "J."),
    ],
)
def test_missing_parts_leave_no_punctuation(fields: dict[str, str], printed: str) -> None:
    assert citation_text(Work(journal="J", **fields)) == printed  # type: ignore[arg-type]


def test_nothing_known_is_an_empty_citation() -> None:
    assert citation_text(Work()) == ""


def test_doi_alone_is_cited() -> None:
    assert citation_text(Work(doi="10.1016/x")) == "doi: 10.1016/x."


def test_address_is_not_printed_beside_a_doi() -> None:
    assert "example" not in citation_text(replace(WASTYK, url="https://example.org/"))


# Books and guidelines


def test_guideline_has_title_organisation_year_and_address() -> None:
    with translation.override("en"):
        assert citation_text(GUIDELINE) == (
            "National klinisk retningslinje for galdesten. Sundhedsstyrelsen; 2021. "
            "Available from: https://www.sst.dk/galdesten"
        )


def test_address_alone_is_cited() -> None:
    with translation.override("en"):
        assert citation_html(Work(url="https://example.org/?a=1&b=2")) == (
            "Available from: https://example.org/?a=1&amp;b=2"
        )


def test_book_has_edition_place_and_publisher() -> None:
    book = Printed(
        title="Citing medicine",
        authors=("Patrias K", "Wendling D"),
        edition="2nd ed.",
        place="Bethesda (MD)",
        publisher="National Library of Medicine (US)",
        published="2007",
    )
    assert citation_text(book) == (
        "Patrias K, Wendling D. Citing medicine. 2nd ed. "
        "Bethesda (MD): National Library of Medicine (US); 2007."
    )


def test_chapter_names_its_book() -> None:
    chapter = Printed(
        title="Appendicitis",
        authors=("Jones MW", "Lopez RA", "Deppen JG"),
        book="StatPearls [Internet]",
        place="Treasure Island (FL)",
        publisher="StatPearls Publishing",
        published="2023 Apr 24",
        pages="12-34",
    )
    with translation.override("en"):
        assert citation_text(chapter) == (
            "Jones MW, Lopez RA, Deppen JG. Appendicitis. In: StatPearls [Internet]. "
            "Treasure Island (FL): StatPearls Publishing; 2023 Apr 24. p. 12-34."
        )


@pytest.mark.parametrize(
    ("editors", "named"),
    [
        (("Roe R",), "Roe R, editor."),
        (("Roe R", "Poe P"), "Roe R, Poe P, editors."),
        (tuple("ABCDEFG"), "A; B; C, et al., editors."),
    ],
)
def test_book_without_authors_begins_with_its_editors(editors: tuple[str, ...], named: str) -> None:
    with translation.override("en"):
        assert citation_text(Printed(title="The Book", editors=editors)) == f"{named} The Book."


def test_book_with_authors_does_not_begin_with_its_editors() -> None:
    assert (
        citation_text(Printed(title="The Book", authors=("Doe D",), editors=("Roe R",))) == "Doe D. The Book."
    )


def test_chapter_names_the_editors_of_its_book() -> None:
    with translation.override("en"):
        assert citation_text(Printed(title="A", book="The Book", editors=("Roe R", "Poe P"))) == (
            "A. In: Roe R, Poe P, editors. The Book."
        )


def test_work_without_publisher_is_cited_as_an_article() -> None:
    assert citation_text(Printed(title="A", journal="J", published="2020")) == "A. J. 2020."


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (WASTYK, "Wastyk HC, et al. Gut-microbiota-targeted diets modulate human immune status. Cell 2021."),
        (
            GECKO,
            "Probst A, et al. Prey size preference in the tokay gecko (<i>Gekko gecko</i>). Behaviour 2023.",
        ),
        (GUIDELINE, "National klinisk retningslinje for galdesten. Sundhedsstyrelsen 2021."),
        (Work(title="A", authors=("Roe R",)), "Roe R. A."),
        (Work(title="A <b"), "A &lt;b."),
    ],
)
def test_short_citation_has_the_first_author_where_and_when(work: Work, expected: str) -> None:
    assert short_html(work) == expected
