"""What we write is read back by the libraries of others, whatever is in the fields."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import bibtexparser
import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st

from references.exports import CONTENT_TYPES, LATEX, ExportedWork, bibtex, latex, nbib, one_line, ris
from references.models import Reference


@dataclass(frozen=True)
class Work:
    pmid: int | None = None
    doi: str | None = None
    pmcid: str = ""
    url: str = ""
    title: str = ""
    vernacular_title: str = ""
    authors: Sequence[str] = ()
    has_more_authors: bool = False
    journal: str = ""
    published: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    book: str = ""
    edition: str = ""
    place: str = ""
    publisher: str = ""
    editors: Sequence[str] = ()
    publication_types: Sequence[Sequence[str]] = ()
    languages: Sequence[str] = ()
    claimed: str = ""


# Records courtesy of the U.S. National Library of Medicine.
WASTYK = Work(
    pmid=34256014,
    doi="10.1016/j.cell.2021.06.019",
    pmcid="PMC9020749",
    title="Gut-microbiota-targeted diets modulate human immune status.",
    authors=["Wastyk HC", "Fragiadakis GK", "Perelman D"],
    has_more_authors=True,
    journal="Cell",
    published="2021 Aug 5",
    volume="184",
    issue="16",
    pages="4137-4153.e14",
    publication_types=[["D016428", "Journal Article"], ["D016449", "Randomized Controlled Trial"]],
    languages=["eng"],
)
CHAPTER = Work(
    pmid=29262000,
    title="Cholecystitis & gallstones",
    authors=["King ML Jr", "Diabetes Prevention Program Research Group"],
    book="StatPearls",
    edition="2nd ed.",
    place="Treasure Island (FL)",
    publisher="StatPearls Publishing",
    published="2018 Jan",
)
GUIDELINE = Work(
    title="National klinisk retningslinje for galdesten",
    publisher="Sundhedsstyrelsen",
    published="2021",
    url="https://www.sst.dk/galdesten",
)
UNCHECKED = Work(pmid=3, claimed="Ørsted H. Om galde. Lægen 2020")

# For fields that are not parted or translated on the way; hypothesis adds control characters itself.
texts = st.text() | st.sampled_from(
    [
        "\nER  - \nTY  - BOOK",
        "\r\n\r\nPMID- 1\r\n",
        "}\n@article{x,",
        "\\",
        "{",
        "\\}",
        '"',
        "100 % æ#ø_å~^$&",
        "@comment{",
        "a\u2028b\x85c\x0bd\x00",
        "a\ud800b",
    ]
)
works = st.builds(
    Work,
    pmid=st.none() | st.integers(1, 99_999_999),
    doi=st.none() | texts,
    pmcid=texts,
    url=texts,
    title=texts,
    vernacular_title=texts,
    authors=st.lists(texts, max_size=3),
    has_more_authors=st.booleans(),
    journal=texts,
    published=texts | st.sampled_from(["2021 Aug 5", "2018 May-Jun", "2000 Spring", "1979"]),
    volume=texts,
    issue=texts,
    pages=texts,
    book=texts,
    edition=texts,
    place=texts,
    publisher=texts,
    editors=st.lists(texts, max_size=2),
    publication_types=st.lists(st.tuples(texts, texts), max_size=2),
    languages=st.lists(texts, max_size=2),
    claimed=texts,
)


def read_ris(text: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = rispy.loads(text)
    return entries


def read_bibtex(text: str) -> list[dict[str, str]]:
    parser = bibtexparser.bparser.BibTexParser(ignore_nonstandard_types=False)
    entries: list[dict[str, str]] = bibtexparser.loads(text, parser).entries
    return entries


def read_nbib(text: str) -> list[list[tuple[str, str]]]:
    """As NLM describes the format: four columns of tag, "- ", and lines that go on at column 7."""
    entries = []
    for entry in text.split("\n\n"):
        unfolded = entry.removesuffix("\n").replace("\n      ", " ").split("\n")
        assert all(line[4:6] == "- " for line in unfolded if line)
        entries.append([(line[:4].rstrip(), line[6:]) for line in unfolded if line])
    return entries


def unescaped(written: str) -> str:
    """What LaTeX prints."""
    plain = {escape: chr(char) for char, escape in LATEX.items()}
    return re.sub(r"\\text[a-z]+\{\}|\\.", lambda found: str(plain[found[0]]), written)


def values(text: str, tag: str) -> list[str]:
    return [value for found, value in read_nbib(text)[0] if found == tag]


def test_a_reference_can_be_exported() -> None:
    reference: ExportedWork = Reference(pmid=34256014, title="Diets", authors=["Wastyk HC"])
    assert read_ris(ris([reference]))[0]["accession_number"] == "34256014"


def test_formats_have_content_types():
    assert set(CONTENT_TYPES) == {"ris", "nbib", "bib"}


@pytest.mark.parametrize("written", [ris, nbib, bibtex])
def test_no_works_make_an_empty_file(written):
    assert written([]) == ""


def test_ris_of_an_article():
    assert ris([WASTYK]) == "\r\n".join(
        [
            "TY  - JOUR",
            "AU  - Wastyk, H. C.",
            "AU  - Fragiadakis, G. K.",
            "AU  - Perelman, D.",
            "TI  - Gut-microbiota-targeted diets modulate human immune status.",
            "T2  - Cell",
            "JO  - Cell",
            "PY  - 2021",
            "DA  - 2021/08/05/",
            "VL  - 184",
            "IS  - 16",
            "SP  - 4137",
            "EP  - 4153.e14",
            "LA  - eng",
            "DO  - 10.1016/j.cell.2021.06.019",
            "DB  - PubMed",
            "AN  - 34256014",
            "UR  - https://pubmed.ncbi.nlm.nih.gov/34256014/",
            "C2  - PMC9020749",
            "ER  - ",
            "",
            "",
        ]
    )


def test_nbib_of_an_article():
    assert nbib([WASTYK]) == (
        "PMID- 34256014\n"
        "VI  - 184\n"
        "IP  - 16\n"
        "DP  - 2021 Aug 5\n"
        "TI  - Gut-microbiota-targeted diets modulate human immune status.\n"
        "PG  - 4137-4153.e14\n"
        "LID - 10.1016/j.cell.2021.06.019 [doi]\n"
        "AU  - Wastyk HC\n"
        "AU  - Fragiadakis GK\n"
        "AU  - Perelman D\n"
        "LA  - eng\n"
        "PT  - Journal Article\n"
        "PT  - Randomized Controlled Trial\n"
        "TA  - Cell\n"
        "PMC - PMC9020749\n"
        "AID - 10.1016/j.cell.2021.06.019 [doi]\n"
        "SO  - Cell. 2021 Aug 5;184(16):4137-4153.e14. doi: 10.1016/j.cell.2021.06.019.\n"
    )


def test_bibtex_of_an_article():
    assert bibtex([WASTYK]) == (
        "@article{Wastyk2021_34256014,\n"
        "  author = {Wastyk, H. C. and Fragiadakis, G. K. and Perelman, D. and others},\n"
        "  title = {{Gut-microbiota-targeted diets modulate human immune status.}},\n"
        "  journal = {Cell},\n"
        "  year = {2021},\n"
        "  day = {5},\n"
        "  volume = {184},\n"
        "  number = {16},\n"
        "  pages = {4137--4153.e14},\n"
        "  language = {eng},\n"
        "  doi = {10.1016/j.cell.2021.06.019},\n"
        "  pmid = {34256014},\n"
        "  pmcid = {PMC9020749},\n"
        "  url = {https://pubmed.ncbi.nlm.nih.gov/34256014/},\n"
        "  month = aug,\n"
        "}\n"
    )


def test_bibtex_month_is_one_its_readers_know():
    assert read_bibtex(bibtex([WASTYK]))[0]["month"] == "August"


def test_ris_of_a_chapter_names_its_book_and_people():
    entry = read_ris(ris([CHAPTER]))[0]
    assert entry["type_of_reference"] == "CHAP"
    assert entry["secondary_title"] == "StatPearls"
    assert entry["authors"] == ["King, M. L., Jr", "Diabetes Prevention Program Research Group"]


def test_nbib_of_a_chapter_names_its_book_and_people():
    text = nbib([CHAPTER])
    assert values(text, "BTI") == ["StatPearls"]
    assert values(text, "AU") == ["King ML Jr"]
    assert values(text, "CN") == ["Diabetes Prevention Program Research Group"]
    assert values(text, "PT") == ["Book Chapter"]


def test_bibtex_of_a_chapter_names_its_book_and_people():
    entry = read_bibtex(bibtex([CHAPTER]))[0]
    assert entry["ENTRYTYPE"] == "incollection"
    assert entry["booktitle"] == "StatPearls"
    assert entry["author"] == "King, Jr, M. L. and {Diabetes Prevention Program Research Group}"
    assert entry["title"] == r"{Cholecystitis \& gallstones}"


EDITORS = ("Roe RA", "The Handbook Group")


def test_editors_of_a_chapters_book_are_named():
    chapter = replace(CHAPTER, editors=EDITORS)
    assert read_ris(ris([chapter]))[0]["secondary_authors"] == ["Roe, R. A.", "The Handbook Group"]
    assert values(nbib([chapter]), "ED") == ["Roe RA", "The Handbook Group"]
    assert read_bibtex(bibtex([chapter]))[0]["editor"] == "Roe, R. A. and {The Handbook Group}"


def test_editors_of_a_whole_book_are_not_those_of_a_series():
    book = replace(GUIDELINE, editors=EDITORS)
    assert "\r\nED  - Roe, R. A.\r\n" in ris([book])


def test_a_book_without_authors_and_identifiers_keeps_its_address():
    assert read_ris(ris([GUIDELINE]))[0]["urls"] == [GUIDELINE.url]
    assert values(nbib([GUIDELINE]), "LID") == [GUIDELINE.url]
    assert values(nbib([GUIDELINE]), "BTI") == [GUIDELINE.title]
    assert read_bibtex(bibtex([GUIDELINE]))[0]["url"] == GUIDELINE.url


def test_what_the_author_wrote_is_a_note_until_there_is_a_title():
    ris_entry = read_ris(ris([UNCHECKED]))[0]
    assert ris_entry["notes"] == [UNCHECKED.claimed]
    assert "title" not in ris_entry
    assert values(nbib([UNCHECKED]), "GN") == [UNCHECKED.claimed]
    assert read_bibtex(bibtex([UNCHECKED]))[0]["note"] == UNCHECKED.claimed
    assert UNCHECKED.claimed not in ris([replace(UNCHECKED, title="Bile")])


def test_tags_of_a_title_are_removed_or_become_latex():
    work = Work(pmid=1, title="Size in <i>Gekko gecko</i>: H<sub>2</sub>O, p<0.05 <i>")
    assert read_ris(ris([work]))[0]["title"] == "Size in Gekko gecko: H2O, p<0.05 <i>"
    assert values(nbib([work]), "TI") == ["Size in Gekko gecko: H2O, p<0.05 <i>"]
    assert read_bibtex(bibtex([work]))[0]["title"] == (
        r"{Size in \textit{Gekko gecko}: H\textsubscript{2}O, "
        r"p\textless{}0.05 \textless{}i\textgreater{}}"
    )


def test_a_vernacular_title_is_kept():
    work = Work(pmid=419582, title="[Appendicitis].", vernacular_title="Blindtarmsbetændelse.")
    assert read_ris(ris([work]))[0]["notes"] == ["Blindtarmsbetændelse."]
    assert values(nbib([work]), "TT") == ["Blindtarmsbetændelse."]
    assert read_bibtex(bibtex([work]))[0]["note"] == "Blindtarmsbetændelse."


@pytest.mark.parametrize(
    ("published", "year", "date", "month"),
    [
        ("2020 Jun", "2020", "2020/06//", "June"),
        ("2018 May-Jun", "2018", "2018///May-Jun", "May-Jun"),
        ("2000 Spring", "2000", "2000///Spring", "Spring"),
        ("1998 Dec-1999 Jan", "1998", "1998///Dec-1999 Jan", "Dec-1999 Jan"),
        ("1979", "1979", None, None),
        ("", None, None, None),
        ("in press", None, "///in press", None),
    ],
)
def test_dates(published, year, date, month):
    work = Work(pmid=1, journal="Cell", published=published)
    ris_entry = read_ris(ris([work]))[0]
    assert (ris_entry.get("year"), ris_entry.get("date")) == (year, date)
    assert read_bibtex(bibtex([work]))[0].get("month") == month


@pytest.mark.parametrize(
    ("pages", "first", "last"),
    [
        ("71-87", "71", "87"),
        ("1754-63", "1754", "1763"),
        ("S12-S15", "S12", "S15"),
        ("e1234", "e1234", None),
        ("S0002-8703(21)1", "S0002-8703(21)1", None),
        ("123-5; discussion 126", "123-5; discussion 126", None),
    ],
)
def test_pages(pages, first, last):
    work = Work(pmid=1, pages=pages)
    entry = read_ris(ris([work]))[0]
    assert (entry["start_page"], entry.get("end_page")) == (first, last)
    assert read_bibtex(bibtex([work]))[0]["pages"] == (f"{first}--{last}" if last else first)


@pytest.mark.parametrize(
    ("work", "key"),
    [
        (Work(pmid=1, authors=["Sørensen ÅÆ"], published="2020"), "Soerensen2020_1"),
        (Work(pmid=1, authors=["van der Pérez-Łoś JHM"]), "vanderPerezLos_1"),
        (Work(pmid=1, authors=["Diabetes Research Group"]), "Diabetes_1"),
        (Work(pmid=1), "Anonymous_1"),
        (Work(doi="10.1016/j.cell.2021"), "Anonymous_10_1016_j_cell_2021"),
        (GUIDELINE, "Sundhedsstyrelsen2021_National_klinisk_retningslinje_for"),
        (Work(pmid=1, authors=["北京 大"]), "Anonymous_1"),
    ],
)
def test_bibtex_keys_are_plain_and_need_no_other_works(work, key):
    assert bibtex([work]).partition("{")[2].partition(",")[0] == key


def test_bibtex_keys_are_unique_without_regard_to_capitals():
    entries = read_bibtex(bibtex([Work(doi="10.1/A"), Work(doi="10.1/a"), Work(doi="10.1-A")]))
    assert [entry["ID"] for entry in entries] == [
        "Anonymous_10_1_A",
        "Anonymous_10_1_a-2",
        "Anonymous_10_1_A-3",
    ]


def test_an_initial_may_have_two_letters():
    assert read_ris(ris([Work(pmid=1, authors=["Ivanov IuA"])]))[0]["authors"] == ["Ivanov, Iu. A."]


def test_an_organisation_is_not_taken_apart():
    work = Work(pmid=1, authors=["Food and Drug Administration", "Smith and Jones AB", "Nurses, Denmark DK"])
    assert read_bibtex(bibtex([work]))[0]["author"] == (
        "{Food and Drug Administration} and {Smith and Jones AB} and {Nurses, Denmark DK}"
    )


def test_addresses_and_dois_stay_as_they_are_in_bibtex():
    work = Work(doi="10.1002/(SICI)1097<1::AID_3>3.0.CO;2-#", url="https://x.dk/a_b?c=%20&d=}{\\")
    entry = read_bibtex(bibtex([work]))[0]
    assert entry["doi"] == work.doi
    assert entry["url"] == "https://x.dk/a_b?c=%20&d=%7D%7B%5C"


def test_a_semicolon_does_not_part_an_address_in_ris():
    assert read_ris(ris([Work(url="https://x.dk/a;b")]))[0]["urls"] == ["https://x.dk/a%3Bb"]


def test_long_nbib_values_go_on_in_the_next_line():
    work = Work(pmid=1, title="word " * 60)
    assert max(map(len, nbib([work]).splitlines())) <= 88
    assert values(nbib([work]), "TI") == [work.title.strip()]


def test_nbib_begins_with_a_work_that_has_a_pmid():
    assert nbib([GUIDELINE, WASTYK]).startswith("PMID- 34256014\n")


@given(st.lists(works, max_size=3))
def test_ris_is_read_back_whatever_the_fields_hold(works):
    entries = read_ris(ris(works))
    assert len(entries) == len(works)
    for work, entry in zip(works, entries, strict=True):
        assert entry.get("accession_number") == (str(work.pmid) if work.pmid else None)
        for name, written in {
            "doi": work.doi or "",
            "journal_name": work.journal,
            "volume": work.volume,
            "number": work.issue,
            "publisher": work.publisher,
            "custom2": work.pmcid,
        }.items():
            assert entry.get(name, "") == one_line(written)
        assert len(entry.get("authors", [])) == len([name for name in work.authors if one_line(name)])


@given(st.lists(works, min_size=1, max_size=3))
def test_nbib_is_read_back_whatever_the_fields_hold(works):
    works = [replace(work, pmid=number) for number, work in enumerate(works, start=1)]
    entries = read_nbib(nbib(works))
    assert len(entries) == len(works)
    for work, entry in zip(works, entries, strict=True):
        found = dict(entry)
        assert found["PMID"] == str(work.pmid)
        for tag, written in {
            "VI": work.volume,
            "IP": work.issue,
            "DP": work.published,
            "PG": work.pages,
            "TA": work.journal,
            "PMC": work.pmcid,
            "EN": work.edition,
        }.items():
            assert found.get(tag, "") == one_line(written)


@settings(deadline=None)  # bibtexparser takes its time
@given(st.lists(works, max_size=3))
def test_bibtex_is_read_back_whatever_the_fields_hold(works):
    works = [work if work.pmid else replace(work, url="https://x.dk") for work in works]
    entries = read_bibtex(bibtex(works))
    assert len(entries) == len(works)
    assert len({entry["ID"].lower() for entry in entries}) == len(works)
    for work, entry in zip(works, entries, strict=True):
        assert entry["ID"].isascii()
        assert entry.get("pmid") == (str(work.pmid) if work.pmid else None)
        for name, written in {
            "journal": work.journal,
            "booktitle": work.book,
            "publisher": work.publisher,
            "address": work.place,
            "volume": work.volume,
            "number": work.issue,
        }.items():
            assert unescaped(entry.get(name, "")) == one_line(written)


@given(st.text())
def test_latex_escapes_without_a_loss_and_without_an_open_brace(text):
    written = latex(text)
    assert unescaped(written) == one_line(text)
    assert written.count("{") == written.count("}")
