"""Files of PubMed and of reference managers, whole and damaged."""

import time
from contextlib import suppress
from dataclasses import replace

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from references import exports, imports
from references.imports import Entry, UnreadableFileError, read
from tests.references.test_exports import CHAPTER, GUIDELINE, UNCHECKED, WASTYK, Work

WASTYK_CLAIMED = (
    "Wastyk HC, Fragiadakis GK, Perelman D. Gut-microbiota-targeted diets modulate human immune status."
    " Cell. 2021 Aug 5;184(16):4137-4153.e14."
)

# As PubMed's "Send to: Citation manager" writes it, without the abstract.
PUBMED_NBIB = """\

PMID- 29467611
OWN - NLM
STAT- PubMed-not-MEDLINE
IS  - 1662-4548 (Print)
VI  - 12
DP  - 2018
TI  - The Vagus Nerve at the Interface of the Microbiota-Gut-Brain
      Axis.
PG  - 49
LID - 10.3389/fnins.2018.00049 [doi]
LID - 49
FAU - Bonaz, Bruno
AU  - Bonaz B
AD  - Division of Hepato-Gastroenterology, CHU Grenoble Alpes, Grenoble, France.
FAU - Bazin, Thomas
AU  - Bazin T
LA  - eng
PT  - Journal Article
PL  - Switzerland
TA  - Front Neurosci
JT  - Frontiers in neuroscience
PMC - PMC5808284
AID - 10.3389/fnins.2018.00049 [doi]
SO  - Front Neurosci. 2018 Feb 7;12:49. doi: 10.3389/fnins.2018.00049. eCollection 2018.
"""

# As a publisher writes it.
PUBLISHER_RIS = """\
Provider: The Publisher
Content: text/plain; charset="UTF-8"

TY  - JOUR
T1  - Prey size preference in the tokay gecko
A1  - Probst, Anna-Lena
A1  - Ringler, E.
JF  - Behaviour
PY  - 2023
SP  - 71
EP  - 87
AB  - First line of the abstract.
Second line of it.
UR  - https://doi.org/10.1163/1568539X-bja10251
ER  -
"""

XML = """\
<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://x.gov/p.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation>
  <PMID Version="1">34256014</PMID>
  <Article>
    <Journal>
      <JournalIssue><Volume>184</Volume><Issue>16</Issue>
        <PubDate><Year>2021</Year><Month>Aug</Month><Day>05</Day></PubDate></JournalIssue>
    </Journal>
    <ArticleTitle>Gut-microbiota-targeted diets modulate human immune status.</ArticleTitle>
    <Pagination><MedlinePgn>4137-4153.e14</MedlinePgn></Pagination>
    <AuthorList CompleteYN="Y">
      <Author><LastName>Wastyk</LastName><Initials>HC</Initials></Author>
      <Author><LastName>Fragiadakis</LastName><Initials>GK</Initials></Author>
      <Author><LastName>Perelman</LastName><Initials>D</Initials></Author>
    </AuthorList>
  </Article>
  <MedlineJournalInfo><MedlineTA>Cell</MedlineTA></MedlineJournalInfo>
</MedlineCitation>
<PubmedData><ArticleIdList>
  <ArticleId IdType="doi">10.1016/j.cell.2021.06.019</ArticleId>
</ArticleIdList></PubmedData>
</PubmedArticle>
<PubmedArticle><MedlineCitation><Article><ArticleTitle>Nameless.</ArticleTitle></Article></MedlineCitation>
</PubmedArticle>
</PubmedArticleSet>
"""


def entries(text: str) -> tuple[Entry, ...]:
    return read(text.encode()).entries


def problems(text: str) -> tuple[tuple[int, str], ...]:
    with translation.override("en"):
        return read(text.encode()).problems


def sentence(data: bytes) -> str:
    with pytest.raises(UnreadableFileError) as raised:
        read(data)
    with translation.override("en"):
        return str(raised.value)


def test_pubmed_nbib():
    assert read(PUBMED_NBIB.encode()) == imports.Imported(
        (
            Entry(
                29467611,
                "10.3389/fnins.2018.00049",
                "Bonaz B, Bazin T. The Vagus Nerve at the Interface of the Microbiota-Gut-Brain Axis."
                " Front Neurosci. 2018;12:49.",
            ),
        ),
        (),
    )


def test_publishers_ris():
    assert read(PUBLISHER_RIS.encode()) == imports.Imported(
        (
            Entry(
                None,
                "10.1163/1568539X-bja10251",
                "Probst AL, Ringler E. Prey size preference in the tokay gecko. Behaviour. 2023:71-87.",
            ),
        ),
        (),
    )


def test_pubmed_xml():
    assert entries(XML) == (Entry(34256014, "10.1016/j.cell.2021.06.019", WASTYK_CLAIMED),)


def test_an_xml_record_without_a_pmid_is_reported():
    assert problems(XML) == ((25, "This record has no PubMed ID, or PubMed has deleted it."),)


def test_xml_with_an_entity_bomb_is_refused():
    bomb = XML.replace('p.dtd">', 'p.dtd" [<!ENTITY a "aaaa">]>')
    assert sentence(bomb.encode()) == "The file is not PubMed XML, or a part of it is missing."


@pytest.mark.parametrize("write", [exports.ris, exports.nbib])
def test_our_own_files_are_read_back(write):
    plain = replace(WASTYK, has_more_authors=False)
    assert set(entries(write([plain, UNCHECKED]))) == {
        Entry(34256014, "10.1016/j.cell.2021.06.019", WASTYK_CLAIMED),
        Entry(3, None, UNCHECKED.claimed),
    }


@pytest.mark.parametrize("write", [exports.ris, exports.nbib])
def test_our_own_chapters_are_read_back(write):
    assert entries(write([CHAPTER])) == (
        Entry(
            29262000,
            None,
            "King ML Jr; Diabetes Prevention Program Research Group. Cholecystitis & gallstones."
            " In: StatPearls. 2nd ed. Treasure Island (FL): StatPearls Publishing; 2018 Jan.",
        ),
    )


@pytest.mark.parametrize("write", [exports.ris, exports.nbib])
def test_a_work_without_identifiers_is_reported_by_its_title(write):
    [(line, message)] = problems(write([GUIDELINE]))
    assert line == 1
    assert message == (
        "“National klinisk retningslinje for galdesten. Sundhedsstyrelsen; 2021.”"
        " has neither a PubMed ID nor a DOI."
    )


identified = st.builds(
    Work,
    pmid=st.none() | st.integers(1, 99_999_999),
    doi=st.none() | st.from_regex(r"10\.[0-9]{4}/[a-zA-Z0-9;:<>()._-]{0,40}[a-zA-Z0-9]", fullmatch=True),
    title=st.text(),
    authors=st.lists(st.text(), max_size=3),
    journal=st.text(),
    book=st.text(),
    pages=st.text(),
    published=st.text(),
    claimed=st.text(),
).filter(lambda work: work.pmid or work.doi)


@pytest.mark.parametrize("write", [exports.ris, exports.nbib])
@given(works=st.lists(identified, min_size=1, max_size=4))
def test_our_own_files_name_the_same_works(write, works):
    imported = read(write(works).encode())
    by_pmid = sorted(works, key=lambda work: not work.pmid)
    expected = [(work.pmid, work.doi) for work in (by_pmid if write is exports.nbib else works)]
    assert [(entry.pmid, entry.doi) for entry in imported.entries] == expected
    assert imported.problems == ()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_of_any_system(newline, mark):
    data = mark + PUBMED_NBIB.replace("\n", newline).encode()
    assert read(data).entries == entries(PUBMED_NBIB)


def test_nbib_entries_need_no_blank_line_between_them():
    assert [entry.pmid for entry in entries("PMID- 1\nTI  - A\nPMID- 2\n")] == [1, 2]


@pytest.mark.parametrize(
    ("lines", "pmid"),
    [
        ("AN  - 34256014", 34256014),
        ("AN  - PMID: 34256014", 34256014),
        ("DB  - MEDLINE\nAN  - 34256014", 34256014),
        ("UR  - https://pubmed.ncbi.nlm.nih.gov/34256014/", 34256014),
        ("UR  - pubmed.ncbi.nlm.nih.gov/34256014/; https://x.dk/", 34256014),
        ("UR  - https://x.dk/; https://www.ncbi.nlm.nih.gov/pubmed/34256014", 34256014),
        ("DB  - PubMed\nUR  - https://pubmed.ncbi.nlm.nih.gov/34256014/", 34256014),
        ("DB  - CINAHL\nAN  - 34256014", None),
        ("AN  - WOS:000684587800008", None),
    ],
)
def test_a_pmid_in_ris_is_pubmeds_own_number(lines, pmid):
    [entry] = entries(f"TY  - JOUR\nDO  - 10.1016/a\n{lines}\nER  - \n")
    assert entry == Entry(pmid, "10.1016/a", "")


def test_a_doi_in_an_address_may_be_encoded():
    address = "https://doi.org/10.1002/%28SICI%291097"
    assert entries(f"TY  - JOUR\nUR  - {address}\nER  - ")[0].doi == "10.1002/(SICI)1097"


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Wastyk, H. C.", "Wastyk HC"),
        ("Wastyk, HC", "Wastyk HC"),
        ("Wastyk, Hannah C.", "Wastyk HC"),
        ("Sartre, Jean-Paul", "Sartre JP"),
        ("King, M. L., Jr.", "King ML Jr"),
        ("Sundhedsstyrelsen", "Sundhedsstyrelsen"),
    ],
)
def test_names_in_ris_are_printed_as_pubmed_does(written, printed):
    assert imports.printed_name(written) == printed


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("2021/08/05/", "2021 Aug 5"),
        ("2021/8", "2021 Aug"),
        ("2018///May-Jun", "2018 May-Jun"),
        ("2021", "2021"),
        ("2021/13/99", "2021"),
        ("", ""),
    ],
)
def test_dates_in_ris_are_printed_as_pubmed_does(written, printed):
    assert imports.ris_date(written) == printed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "PMID- 1\n\nPMID- 12x\nTI  - A\n",
            [(3, "“12x” is not a PubMed ID.")],
        ),
        (
            "PMID- 123456789\nLID - 10.1016/a [doi]\n",
            [(1, "“123456789” is not a PubMed ID.")],
        ),
        (
            "PMID- 1\nAID - 11.1016/a [doi]\n",
            [(1, "“11.1016/a” is not a DOI.")],
        ),
        (
            "PMID- 1\nwhat is this\n",
            [(2, "“what is this” cannot be read.")],
        ),
        (
            "PMID- 1\n\nTA  - Cell\n",
            [(3, "This entry has neither a PubMed ID nor a DOI.")],
        ),
        (
            "TY  - JOUR\nAN  - 1\nTY  - JOUR\nAN  - 2\n",
            [
                (1, "This entry has no line “ER” at its end."),
                (3, "This entry has no line “ER” at its end."),
            ],
        ),
        (
            "TY  - JOUR\nAN  - 1\nER  - \n\nAN  - 2\nTI  - A\nER  - \n",
            [(5, "This entry has no line “TY” at its beginning and is left out.")],
        ),
    ],
)
def test_what_is_malformed_is_reported_with_its_line(text, expected):
    assert list(problems(text)) == expected


def test_the_rest_of_a_malformed_entry_is_kept():
    assert entries("PMID- 123456789\nLID - 10.1016/a [doi]\n") == (Entry(None, "10.1016/a", ""),)
    assert [entry.pmid for entry in entries("TY  - JOUR\nAN  - 1\nTY  - JOUR\nAN  - 2\n")] == [1, 2]


def test_the_list_of_problems_ends():
    found = problems("PMID- 1\n" + "?\n" * 1000)
    assert len(found) == imports.MOST_PROBLEMS + 1
    assert found[-1] == (102, "There are more problems in this file. They are not listed.")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "There are no references in the file."),
        (b" \r\n\n", "There are no references in the file."),
        (b"<PubmedArticleSet></PubmedArticleSet>", "There are no references in the file."),
        (b"Wastyk HC. Cell. 2021.", "The file is neither .nbib nor .ris nor PubMed XML."),
        (b"@article{a, pmid = 1}", "The file is neither .nbib nor .ris nor PubMed XML."),
        (b"<html><body>", "The file is not PubMed XML, or a part of it is missing."),
        (XML.encode()[:900], "The file is not PubMed XML, or a part of it is missing."),
        ("PMID- 1\nTI  - Ørsted".encode("latin-1"), "The file is not text in UTF-8."),
        ("PMID- 1".encode("utf-16"), "The file is not text in UTF-8."),
        (b"PMID- 1\n" * 300_000, "The file is larger than 2 MB."),
    ],
)
def test_an_unreadable_file_is_told_in_one_sentence(data, expected):
    assert sentence(data).startswith(expected)


pieces = st.sampled_from(
    ["TY  - JOUR", "ER  - ", "AN  - 1", "DO  - 10.1/a", "PMID- 1", "TI  - A", "      b", "\n", "\r", "<", "?"]
)


@given(st.binary() | st.lists(pieces | st.text()).map("\n".join).map(str.encode))
def test_no_file_is_an_error(data):
    with suppress(UnreadableFileError):
        imported = read(data)
        assert imported.entries or imported.problems


@pytest.mark.parametrize(
    ("head", "piece", "tail"),
    [
        ("PMID- 1\n", "TI  - A\n b\n", ""),
        ("PMID- 1\nTI  - A\n", " b\n", ""),
        ("PMID- 1\nTI  - ", "<i>", ""),
        ("PMID- 1\nAU  - A B\nTI  - A\nAU  - ", "A", ""),
        ("", "PMID- 1\n", ""),
        ("TY  - JOUR\nAN  - 1\nTI  - A\n", "b\n", ""),
        ("TY  - JOUR\nAN  - PubMed", " ", "x"),
        ("TY  - JOUR\nAN  - 1\nTI  - A\nAU  - ", "a, ", ""),
        ("TY  - JOUR\nAN  - 1\nTI  - A\nAU  - ", "a ", ""),
        ("TY  - JOUR\nAN  - 1\nUR  - ", "http://doi.org/10.", ""),
        ("", "TY  - JOUR\n", ""),
        ("<PubmedArticleSet><PubmedArticle/><!--", "<PMID", "--></PubmedArticleSet>"),
        ("<PubmedArticleSet>", "<PubmedArticle/>", "</PubmedArticleSet>"),
    ],
)
def test_half_a_megabyte_of_anything_is_read_in_time(head, piece, tail):
    data = (head + piece * (500_000 // len(piece)) + tail).encode()
    started = time.process_time()
    with suppress(UnreadableFileError):
        read(data)
    # Reading quadratically would take minutes; this is about that, not about the machine.
    assert time.process_time() - started < 30
