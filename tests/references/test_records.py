"""Invented records, written for these tests, and the real ones beside the repository where they are."""

from pathlib import Path

import pytest
from defusedxml.ElementTree import tostring
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from references import records
from references.records import Notice, PublicationType, Record, UnreadableAnswer, parse
from references.vancouver import citation_text

REAL = Path(__file__).resolve().parents[3] / "shared" / "pubmed" / "efetch"


def answer(*elements: str, before: str = "") -> bytes:
    return f"{before}<PubmedArticleSet>{''.join(elements)}</PubmedArticleSet>".encode()


def article(
    inside: str = "",
    *,
    journal: str = "",
    citation: str = "",
    data: str = "",
    pmid: str = "<PMID Version='1'>7</PMID>",
    model: str = "Print",
) -> str:
    return (
        f"<PubmedArticle><MedlineCitation>{pmid}<Article PubModel='{model}'>"
        f"<Journal>{journal}</Journal>{inside}</Article>{citation}</MedlineCitation>"
        f"<PubmedData>{data}</PubmedData></PubmedArticle>"
    )


def book(of_book: str = "", document: str = "", data: str = "") -> str:
    return (
        f"<PubmedBookArticle><BookDocument><PMID>8</PMID>{document}<Book>{of_book}</Book></BookDocument>"
        f"<PubmedBookData>{data}</PubmedBookData></PubmedBookArticle>"
    )


def only(element: str) -> Record:
    (found,) = parse(answer(element)).values()
    return found


def titled(inside: str) -> str:
    return only(article(f"<ArticleTitle>{inside}</ArticleTitle>")).title


def authored(authors: str) -> tuple[str, ...]:
    return only(article(f"<AuthorList>{authors}</AuthorList>")).authors


def published(date: str) -> str:
    return only(article(journal=f"<JournalIssue><PubDate>{date}</PubDate></JournalIssue>")).published


def identified(ids: str) -> str:
    return f"<ArticleIdList>{ids}</ArticleIdList>"


def noticed(ref_type: str, inside: str = "<RefSource>J. 2021;1:2</RefSource><PMID>9</PMID>") -> Record:
    return only(
        article(
            citation="<CommentsCorrectionsList>"
            f"<CommentsCorrections RefType='{ref_type}'>{inside}</CommentsCorrections>"
            "</CommentsCorrectionsList>"
        )
    )


# The answer


def test_records_are_found_by_pmid() -> None:
    assert set(parse(answer(article(), book()))) == {7, 8}


def test_answer_without_records_is_empty() -> None:
    assert parse(answer()) == {}


def test_record_with_nothing_but_a_pmid_is_empty_otherwise() -> None:
    assert only(article()) == Record(pmid=7)


def test_record_without_any_parts_is_empty() -> None:
    bare = "<PubmedArticle><MedlineCitation><PMID>7</PMID></MedlineCitation></PubmedArticle>"
    assert only(bare) == Record(pmid=7)


@pytest.mark.parametrize(
    "pmid",
    ["", "<PMID/>", "<PMID>x</PMID>", "<PMID>0</PMID>", f"<PMID>{'9' * 5000}</PMID>", "<PMID>٧</PMID>"],
)
def test_record_without_a_pmid_is_left_out(pmid: str) -> None:
    assert parse(answer(article(pmid=pmid), book())).keys() == {8}


def test_book_without_a_pmid_is_left_out() -> None:
    assert parse(answer("<PubmedBookArticle><BookDocument/></PubmedBookArticle>")) == {}


def test_deleted_records_are_no_records() -> None:
    deleted = "<DeleteCitation><PMID>7</PMID><PMID>12</PMID></DeleteCitation>"
    assert parse(answer(article(), book(), deleted)).keys() == {8}


def test_pmid_is_not_that_of_a_paper_the_record_names() -> None:
    cited = "<ReferenceList><Reference><PMID>9</PMID></Reference></ReferenceList>"
    assert only(article(pmid=cited + "<PMID>7</PMID>", data=cited)).pmid == 7


def test_doctype_of_nlm_is_accepted() -> None:
    doctype = (
        '<?xml version="1.0" ?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January '
        '2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">'
    )
    assert parse(answer(article(), before=doctype)).keys() == {7}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0", id="nul"),
        pytest.param(b'{"error":"API rate limit exceeded"}', id="json"),
        pytest.param(b"<!DOCTYPE html><html><body>Bad gateway<br></body></html>", id="html"),
        pytest.param(b"<html><body>Bad gateway</body></html>", id="xhtml"),
        pytest.param(b"<eFetchResult><ERROR>Cannot fetch</ERROR></eFetchResult>", id="error"),
        pytest.param(answer(article())[:-10], id="cut-off"),
        pytest.param(answer(article()) + b"<more/>", id="two-roots"),
        pytest.param(answer(article("<ArticleTitle>&nbsp;</ArticleTitle>")), id="undeclared-entity"),
        pytest.param(answer(before="<?xml version='1.0' encoding='x-unknown'?>"), id="unknown-encoding"),
        pytest.param(answer(before="<?xml version='1.0' encoding='big5'?>"), id="unsupported-encoding"),
        pytest.param(answer(article("<ArticleTitle>Ø</ArticleTitle>")).replace(b"\xc3", b""), id="not-utf-8"),
    ],
)
def test_what_is_not_pubmeds_xml_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        parse(body)


@pytest.mark.parametrize(
    "declarations",
    [
        pytest.param('<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">', id="entity-bomb"),
        pytest.param('<!ENTITY b SYSTEM "file:///etc/passwd">', id="external-entity"),
        pytest.param('<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;', id="parameter-entity"),
        pytest.param("<!ATTLIST Author ValidYN CDATA 'N'>", id="default-attribute"),
        pytest.param("", id="nothing"),
    ],
)
def test_answer_with_declarations_is_refused(declarations: str) -> None:
    hostile = answer(
        article("<ArticleTitle>x</ArticleTitle>"), before=f"<!DOCTYPE PubmedArticleSet [{declarations}]>"
    )
    with pytest.raises(UnreadableAnswer):
        parse(hostile)


def test_entity_from_elsewhere_is_refused() -> None:
    doctype = '<!DOCTYPE PubmedArticleSet SYSTEM "http://127.0.0.1:9/evil.dtd">'
    with pytest.raises(UnreadableAnswer):
        parse(answer(article("<ArticleTitle>&evil;</ArticleTitle>"), before=doctype))


def test_answer_of_more_than_50_megabytes_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(records, "Parser")
    with pytest.raises(UnreadableAnswer, match="too large"):
        parse(b" " * 50_000_001)


def test_refusal_does_not_quote_the_answer() -> None:
    with pytest.raises(UnreadableAnswer) as refusal:
        parse(b"<PubmedArticleSet>&editor_example_org;</PubmedArticleSet>")
    assert (str(refusal.value), refusal.value.__cause__) == ("ParseError", None)


def test_deep_nesting_is_read() -> None:
    assert titled("<u>" * 20_000 + "deep" + "</u>" * 20_000) == "deep"


# Titles


@pytest.mark.parametrize("tag", ["i", "b", "sub", "sup"])
def test_title_keeps_the_tag(tag: str) -> None:
    assert titled(f"H<{tag}>2</{tag}>O.") == f"H<{tag}>2</{tag}>O."


def test_title_keeps_nested_tags() -> None:
    assert titled("<i>x<sub>2</sub>y</i> z") == "<i>x<sub>2</sub>y</i> z"


@pytest.mark.parametrize("tag", ["u", "a", "script"])
def test_title_loses_other_tags(tag: str) -> None:
    assert titled(f"On <{tag} href='x'>diet</{tag}>.") == "On diet."


def test_title_has_a_formula_as_text() -> None:
    formula = "<m:math xmlns:m='http://www.w3.org/1998/Math/MathML'><m:mi>n</m:mi><m:mo>=</m:mo></m:math>"
    assert titled(f"With {formula}3") == "With n=3"


def test_title_is_not_escaped() -> None:
    assert titled("a &lt; b &amp; c") == "a < b & c"


def test_title_has_no_line_breaks() -> None:
    assert titled("\n  One\n  <i>two</i> ") == "One <i>two</i>"


def test_title_does_not_hold_comments() -> None:
    assert titled("One<!-- no --><?no no?> two") == "One two"


def test_title_in_brackets_has_its_vernacular_one() -> None:
    found = only(
        article("<ArticleTitle>[It helps].</ArticleTitle><VernacularTitle>Det hjælper.</VernacularTitle>")
    )
    assert (found.title, found.vernacular_title) == ("[It helps].", "Det hjælper.")


@pytest.mark.parametrize("title", ["<ArticleTitle>[Not Available].</ArticleTitle>", "<ArticleTitle/>"])
def test_title_not_available_is_cited_in_its_own_language(title: str) -> None:
    found = only(article(f"{title}<VernacularTitle>Om galdesten.</VernacularTitle>"))
    assert citation_text(found) == "Om galdesten."


# Authors


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (
            "<LastName>van der Berg</LastName><ForeName>Jan H</ForeName><Initials>JH</Initials>",
            "van der Berg JH",
        ),
        ("<LastName>Smith</LastName><Initials>J</Initials><Suffix>Jr</Suffix>", "Smith J Jr"),
        ("<LastName>Smith</LastName><Initials>J</Initials><Suffix>Jr.</Suffix>", "Smith J Jr"),
        ("<LastName>Smith</LastName><Initials>J</Initials><Suffix>3rd</Suffix>", "Smith J 3rd"),
        ("<LastName>SMITH</LastName><Initials>J</Initials>", "SMITH J"),
        ("<LastName>Suharto</LastName>", "Suharto"),
        ("<CollectiveName>The <i>Example</i> Study Group </CollectiveName>", "The Example Study Group"),
    ],
)
def test_author_is_named_as_pubmed_does(parts: str, name: str) -> None:
    assert authored(f"<Author ValidYN='Y'>{parts}</Author>") == (name,)


def test_author_without_a_name_is_left_out() -> None:
    assert authored("<Author><Initials>J</Initials></Author><Author/>") == ()


def test_name_that_an_erratum_replaced_is_left_out() -> None:
    assert authored(
        "<Author ValidYN='Y'><LastName>Whitley</LastName></Author>"
        "<Author ValidYN='N'><LastName>Whitely</LastName></Author>"
    ) == ("Whitley",)


def test_investigators_are_not_authors() -> None:
    group = "<InvestigatorList><Investigator><LastName>A</LastName></Investigator></InvestigatorList>"
    assert only(article(citation=group)).authors == ()


@pytest.mark.parametrize(("complete", "has_more"), [("Y", False), ("N", True)])
def test_incomplete_list_has_more_authors(complete: str, has_more: bool) -> None:
    assert only(article(f"<AuthorList CompleteYN='{complete}'/>")).has_more_authors is has_more


# Where


def test_journal_is_nlms_abbreviation() -> None:
    found = only(
        article(
            journal="<Title>Ugeskrift for laeger</Title><ISOAbbreviation>Ugeskr. Laeg.</ISOAbbreviation>",
            citation="<MedlineJournalInfo><MedlineTA>Ugeskr Laeger</MedlineTA></MedlineJournalInfo>",
        )
    )
    assert found.journal == "Ugeskr Laeger"


def test_journal_is_the_iso_abbreviation_without_full_stops_where_nlm_has_none() -> None:
    assert only(article(journal="<ISOAbbreviation>Hum. Immunol.</ISOAbbreviation>")).journal == "Hum Immunol"


def test_journal_name_is_its_title() -> None:
    assert only(article(journal="<Title>Human immunology</Title>")).journal_name == "Human immunology"


def test_volume_and_issue_are_as_printed() -> None:
    found = only(
        article(journal="<JournalIssue><Volume>59 (1 vol.)</Volume><Issue>sup1</Issue></JournalIssue>")
    )
    assert (found.volume, found.issue) == ("59 (1 vol.)", "sup1")


@pytest.mark.parametrize(
    ("inside", "pages"),
    [
        ("<Pagination><MedlinePgn>366-8</MedlinePgn></Pagination>", "366-8"),
        (
            "<Pagination><StartPage>6</StartPage><MedlinePgn>6-8 contd</MedlinePgn></Pagination>",
            "6-8 contd",
        ),
        ("<Pagination><StartPage>770</StartPage><EndPage>780</EndPage></Pagination>", "770-780"),
        ("<Pagination><StartPage>770</StartPage><EndPage>770</EndPage></Pagination>", "770"),
        ("<Pagination><StartPage>e12</StartPage></Pagination>", "e12"),
        ("<Pagination><MedlinePgn/></Pagination>", ""),
        ("<ELocationID EIdType='pii' ValidYN='Y'>S1-2(21)3</ELocationID>", "S1-2(21)3"),
        ("<ELocationID EIdType='pii' ValidYN='N'>S1-2(21)3</ELocationID>", ""),
        (
            "<Pagination><MedlinePgn>5</MedlinePgn></Pagination><ELocationID EIdType='pii'>S1</ELocationID>",
            "5",
        ),
        (
            "<ELocationID EIdType='pii'>10.1/a</ELocationID><ELocationID EIdType='doi'>10.1/a</ELocationID>",
            "",
        ),
    ],
)
def test_pages_are_as_pubmed_prints_them(inside: str, pages: str) -> None:
    assert only(article(inside)).pages == pages


# When


@pytest.mark.parametrize(
    ("date", "printed"),
    [
        ("<Year>2021</Year><Month>Aug</Month><Day>05</Day>", "2021 Aug 5"),
        ("<Year>2021</Year><Month>08</Month><Day>15</Day>", "2021 Aug 15"),
        ("<Year>2021</Year><Month>8</Month>", "2021 Aug"),
        ("<Year>2021</Year><Month>August</Month>", "2021 Aug"),
        ("<Year>2021</Year><Month>May-Jun</Month>", "2021 May-Jun"),
        ("<Year>2021</Year><Month>13</Month><Day>05</Day>", "2021"),
        ("<Year>2021</Year><Day>05</Day>", "2021"),
        ("<Year>2021</Year>", "2021"),
        ("<Year>2000</Year><Season>Spring</Season>", "2000 Spring"),
        ("<MedlineDate>2018 May - Jun</MedlineDate>", "2018 May-Jun"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998 Dec-1999 Jan"),
        ("<MedlineDate>1947-1948</MedlineDate>", "1947-1948"),
        ("<Month>Aug</Month>", ""),
        ("", ""),
    ],
)
def test_date_is_as_pubmed_prints_it(date: str, printed: str) -> None:
    assert published(date) == printed


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("<Year>2021</Year><Month>Aug</Month>", 2021),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", 1998),
        ("<MedlineDate>Winter</MedlineDate>", None),
        ("", None),
    ],
)
def test_year_is_that_of_the_date(date: str, year: int | None) -> None:
    assert only(article(journal=f"<JournalIssue><PubDate>{date}</PubDate></JournalIssue>")).year == year


@pytest.mark.parametrize(
    ("model", "printed"),
    [
        ("Print-Electronic", "2019 Feb"),
        ("Electronic", "2019 Feb"),
        ("Electronic-Print", "2018 Dec 3"),
        ("Electronic-eCollection", "2018 Dec 3"),
    ],
)
def test_date_is_the_one_the_article_is_cited_by(model: str, printed: str) -> None:
    found = only(
        article(
            "<ArticleDate DateType='Electronic'><Year>2018</Year><Month>12</Month><Day>3</Day></ArticleDate>",
            journal="<JournalIssue><PubDate><Year>2019</Year><Month>Feb</Month></PubDate></JournalIssue>",
            model=model,
        )
    )
    assert found.published == printed


def test_date_is_not_that_of_the_record() -> None:
    assert only(article(citation="<DateRevised><Year>2024</Year></DateRevised>")).published == ""


# Identifiers


def test_doi_is_that_of_the_article() -> None:
    assert only(article(data=identified("<ArticleId IdType='doi'>10.1000/a</ArticleId>"))).doi == "10.1000/a"


@pytest.mark.parametrize(("kind", "field"), [("doi", "doi"), ("pmc", "pmcid")])
def test_identifier_is_not_that_of_a_cited_paper(kind: str, field: str) -> None:
    cited = identified(f"<ArticleId IdType='{kind}'>x</ArticleId>")
    data = f"<ReferenceList><Reference>{cited}</Reference></ReferenceList>"
    assert getattr(only(article(data=data)), field) == ""


@pytest.mark.parametrize(("valid", "doi"), [("Y", "10.1000/b"), ("N", "")])
def test_doi_is_the_electronic_location_where_there_is_no_other(valid: str, doi: str) -> None:
    location = f"<ELocationID EIdType='doi' ValidYN='{valid}'>10.1000/b</ELocationID>"
    assert only(article(location)).doi == doi


def test_doi_of_the_article_goes_before_the_electronic_location() -> None:
    ids = identified("<ArticleId IdType='doi'>10.1000/a</ArticleId>")
    assert only(article("<ELocationID EIdType='doi'>10.1000/b</ELocationID>", data=ids)).doi == "10.1000/a"


def test_pmcid_is_that_of_the_article() -> None:
    assert only(article(data=identified("<ArticleId IdType='pmc'>PMC12</ArticleId>"))).pmcid == "PMC12"


# Kinds, languages, notices


def test_publication_types_have_their_identifiers() -> None:
    kinds = "<PublicationType UI='D016441'>Retracted Publication</PublicationType><PublicationType/>"
    assert only(article(f"<PublicationTypeList>{kinds}</PublicationTypeList>")).publication_types == (
        PublicationType("D016441", "Retracted Publication"),
    )


def test_all_languages_are_named() -> None:
    assert only(article("<Language>eng</Language><Language>dan</Language>")).languages == ("eng", "dan")


@pytest.mark.parametrize(
    ("ref_type", "kind"),
    [
        ("RetractionIn", "retraction"),
        ("RetractedandRepublishedIn", "retraction"),
        ("PartialRetractionIn", "partial_retraction"),
        ("ExpressionOfConcernIn", "concern"),
        ("ErratumIn", "correction"),
        ("CorrectedandRepublishedIn", "republication"),
        ("UpdateIn", "update"),
    ],
)
def test_notice_about_the_paper_is_known(ref_type: str, kind: records.NoticeKind) -> None:
    found = noticed(ref_type)
    assert (found.notices, found.notice_of) == ((Notice(kind, "J. 2021;1:2", 9),), ())


@pytest.mark.parametrize(
    ("ref_type", "kind"),
    [
        ("RetractionOf", "retraction"),
        ("PartialRetractionOf", "partial_retraction"),
        ("ExpressionOfConcernFor", "concern"),
        ("ErratumFor", "correction"),
        ("CorrectedandRepublishedFrom", "republication"),
        ("RetractedandRepublishedFrom", "republication"),
        ("UpdateOf", "update"),
    ],
)
def test_paper_that_is_itself_a_notice_is_known(ref_type: str, kind: records.NoticeKind) -> None:
    found = noticed(ref_type)
    assert (found.notices, found.notice_of) == ((), (Notice(kind, "J. 2021;1:2", 9),))


@pytest.mark.parametrize(
    "ref_type", ["CommentIn", "CommentOn", "ReprintIn", "SummaryForPatientsIn", "Cites", "New", ""]
)
def test_comments_and_reprints_are_no_notices(ref_type: str) -> None:
    assert noticed(ref_type) == Record(pmid=7)


def test_notice_may_have_no_pmid() -> None:
    assert noticed("ErratumIn", "<RefSource>J. 1997;1:2</RefSource>").notices == (
        Notice("correction", "J. 1997;1:2"),
    )


def test_notice_without_volume_and_pages_ends_with_its_date() -> None:
    (notice,) = noticed("ExpressionOfConcernIn", "<RefSource>J. 2021 Jun 7;:</RefSource>").notices
    assert notice.source == "J. 2021 Jun 7"


def test_notice_that_says_nothing_is_still_a_notice() -> None:
    assert noticed("RetractionIn", "").notices == (Notice("retraction", ""),)


# Books

PUBLISHER = (
    "<Publisher><PublisherName>Example Press</PublisherName>"
    "<PublisherLocation>Copenhagen</PublisherLocation></Publisher>"
)
EDITORS = (
    "<AuthorList Type='editors'>"
    "<Author><LastName>Roe</LastName><Initials>R</Initials></Author>"
    "<Author><LastName>Poe</LastName><Initials>P</Initials></Author></AuthorList>"
)
WRITERS = (
    "<AuthorList Type='authors'><Author><LastName>Doe</LastName><Initials>D</Initials></Author></AuthorList>"
)
HANDBOOK = (
    f"{PUBLISHER}<BookTitle book='handbook'>The Handbook</BookTitle>"
    "<PubDate><Year>2024</Year><Month>01</Month></PubDate>"
)


def cited(element: str) -> str:
    with translation.override("en"):
        return citation_text(only(element))


def test_chapter_is_cited_in_its_book() -> None:
    document = f"<ArticleTitle part='x'>On gallstones</ArticleTitle>{WRITERS}"
    assert cited(book(HANDBOOK, document)) == (
        "Doe D. On gallstones. In: The Handbook. Copenhagen: Example Press; 2024 Jan."
    )


def test_chapter_names_the_editors_of_its_book() -> None:
    document = f"<ArticleTitle>On gallstones</ArticleTitle>{WRITERS}"
    assert cited(book(HANDBOOK + EDITORS, document)).startswith(
        "Doe D. On gallstones. In: Roe R, Poe P, editors. The Handbook. "
    )


def test_chapter_without_authors_is_by_those_of_its_book() -> None:
    found = only(book(HANDBOOK + WRITERS, "<ArticleTitle>On gallstones</ArticleTitle>"))
    assert found.authors == ("Doe D",)


def test_chapter_has_its_own_date() -> None:
    document = (
        "<ArticleTitle>On gallstones</ArticleTitle><ContributionDate><Year>2023</Year><Month>4</Month>"
        "<Day>24</Day></ContributionDate>"
    )
    assert only(book(HANDBOOK, document)).published == "2023 Apr 24"


def test_chapter_may_have_pages() -> None:
    document = (
        "<ArticleTitle>A</ArticleTitle><Pagination><StartPage>5</StartPage><EndPage>9</EndPage></Pagination>"
    )
    assert only(book(HANDBOOK, document)).pages == "5-9"


def test_book_as_a_whole_is_cited_by_its_title() -> None:
    assert cited(book(HANDBOOK + WRITERS + "<Edition>2nd ed.</Edition>")) == (
        "Doe D. The Handbook. 2nd ed. Copenhagen: Example Press; 2024 Jan."
    )


def test_book_that_repeats_its_title_is_no_chapter() -> None:
    assert only(book(HANDBOOK, "<ArticleTitle>The Handbook</ArticleTitle>")).book == ""


def test_book_without_authors_is_by_its_editors() -> None:
    assert cited(book(HANDBOOK + EDITORS)).startswith("Roe R, Poe P, editors. The Handbook. ")


def test_editors_are_not_authors() -> None:
    found = only(book(HANDBOOK + EDITORS))
    assert (found.authors, found.editors) == ((), ("Roe R", "Poe P"))


def test_book_on_the_internet_says_so() -> None:
    assert only(book(HANDBOOK + "<Medium>Internet</Medium>")).title == "The Handbook [Internet]"


def test_book_without_a_date_is_dated_by_its_beginning() -> None:
    of_book = "<BookTitle>A</BookTitle><BeginningDate><Year>1993</Year></BeginningDate>"
    assert only(book(of_book)).published == "1993"


@pytest.mark.parametrize("place", ["document", "data"])
def test_book_may_have_a_doi(place: str) -> None:
    ids = identified("<ArticleId IdType='doi'>10.1000/c</ArticleId>")
    assert only(book(**{place: ids})).doi == "10.1000/c"


def test_book_has_languages_and_publication_types() -> None:
    found = only(
        book(document="<Language>eng</Language><PublicationType UI='D016454'>Review</PublicationType>")
    )
    assert (found.languages, found.publication_types) == (("eng",), (PublicationType("D016454", "Review"),))


def test_book_may_be_retracted() -> None:
    notice = (
        "<CommentsCorrectionsList><CommentsCorrections RefType='RetractionIn'>"
        "<RefSource>J. 2021;1:2</RefSource></CommentsCorrections></CommentsCorrectionsList>"
    )
    assert only(book(document=notice)).notices == (Notice("retraction", "J. 2021;1:2"),)


# Whatever comes

WHOLE = answer(
    article(
        "<ArticleTitle>On <i>x<sub>2</sub></i>.</ArticleTitle>"
        "<Pagination><StartPage>1</StartPage><EndPage>2</EndPage></Pagination>"
        "<ELocationID EIdType='doi' ValidYN='Y'>10.1000/a</ELocationID>"
        "<AuthorList CompleteYN='N'><Author ValidYN='Y'><LastName>Doe</LastName><Initials>D</Initials>"
        "</Author><Author><CollectiveName>Group</CollectiveName></Author></AuthorList>"
        "<Language>eng</Language><PublicationTypeList><PublicationType UI='D016428'>Journal Article"
        "</PublicationType></PublicationTypeList><VernacularTitle>Om x.</VernacularTitle>"
        "<ArticleDate DateType='Electronic'><Year>2018</Year><Month>12</Month><Day>03</Day></ArticleDate>",
        journal="<JournalIssue><Volume>1</Volume><Issue>2</Issue><PubDate><Year>2019</Year>"
        "<Month>Feb</Month><Day>05</Day></PubDate></JournalIssue><Title>Journal</Title>",
        citation="<MedlineJournalInfo><MedlineTA>J</MedlineTA></MedlineJournalInfo><CommentsCorrectionsList>"
        "<CommentsCorrections RefType='RetractionIn'><RefSource>J. 2021</RefSource><PMID>9</PMID>"
        "</CommentsCorrections></CommentsCorrectionsList>",
        data=identified(
            "<ArticleId IdType='doi'>10.1000/a</ArticleId><ArticleId IdType='pmc'>PMC1</ArticleId>"
        ),
        model="Electronic-Print",
    ),
    book(HANDBOOK + EDITORS, f"<ArticleTitle>A</ArticleTitle>{WRITERS}"),
    "<DeleteCitation><PMID>12</PMID></DeleteCitation>",
)
WRITTEN = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The answer above with elements deleted, moved, emptied, renamed, or holding other text."""
    root = records.read(WHOLE)
    for _ in range(draw(st.integers(1, 8))):
        parents = [element for element in root.iter() if len(element)]
        if not parents:
            break
        parent = draw(st.sampled_from(parents))
        child = draw(st.sampled_from(list(parent)))
        match draw(st.sampled_from(["delete", "move", "empty", "rename", "write", "unname", "copy"])):
            case "delete":
                parent.remove(child)
            case "move":
                parent.remove(child)
                root.append(child)
            case "empty":
                child.clear()
            case "rename":
                child.tag = draw(st.sampled_from([element.tag for element in root.iter()]))
            case "write":
                child.text = draw(WRITTEN | st.integers().map(str))
            case "unname":
                child.attrib = {key: draw(WRITTEN) for key in child.attrib}
            case "copy":
                parent.append(child)
    return tostring(root)


@given(damaged())
def test_damaged_records_are_read_as_far_as_they_go(xml: bytes) -> None:
    found = parse(xml)
    assert all(
        isinstance(citation_text(record), str) and record.pmid == pmid for pmid, record in found.items()
    )


@given(st.binary() | st.integers(0, len(WHOLE)).map(lambda end: WHOLE[:end]))
def test_whatever_comes_is_read_or_unreadable(body: bytes) -> None:
    try:
        parse(body)
    except UnreadableAnswer:
        assert body != WHOLE
    else:
        assert body == WHOLE


# Real records, courtesy of the U.S. National Library of Medicine

CITATIONS = {
    400712: "Soman VR, Koivisto VA, Grantham P, Felig P. Increased insulin binding to monocytes after acute "
    "exercise in normal man. J Clin Endocrinol Metab. 1978 Jul;47(1):216-9. doi: 10.1210/jcem-47-1-216.",
    419582: "Fink BJ, Jepsen OB, Knudsen JB. [Cephaloridine or penicillin-streptomycin in the treatment of "
    "severe acute appendicitis. A sequential analysis]. Ugeskr Laeger. 1979 Feb 5;141(6):366-8.",
    1669026: "[150th Anniversary Celebration of the Royal Academy of Medicine of Belgium. Part 1. Bruxelles, "
    "26-28 September 1991]. Bull Mem Acad R Med Belg. 1991;Anniv No Pt 1:1-191.",
    8655018: "Jendryczko A, Poreba R. [Effect of fetal and neonatal growth on the occurrence of some "
    "diseases in adults]. Ginekol Pol. 1996 Jan;67(1):34-6.",
    8863847: "Yu SM, Chen SF, Lau YT, Yang CM, Chen JC. Mechanism of extracellular ATP-induced proliferation "
    "of vascular smooth muscle cells. Mol Pharmacol. 1996 Oct;50(4):1000-9.",
    9482442: "Järveläinen H, Vainionpää H, Kuopio T, Lehtonen A. A woman with nodules in her lungs. Lancet. "
    "1998 Feb 14;351(9101):494.",
    # Six authors: the seventh in the record is the misspelt name that an erratum corrected.
    9634358: "Dunkel EC, Scheer DI, Zhu Q, Whitley RJ, Schaffer PA, Pavan-Langston D. Retraction: A rabbit "
    "model for human cytomeglovirus--induced chorioretinal disease (J Infect Dis 1993;168:336-44). J Infect "
    "Dis. 1998 Jun;177(6):1778.",
    10188493: "Hyne J. Women's health osteopathy: an alternative view. Nurs Manag (Harrow). 1998 Dec-1999 "
    "Jan;5(8):6-9.",
    11034741: "Barlow J, Coren E. Parent-training programmes for improving maternal psychosocial health. "
    "Cochrane Database Syst Rev. 2000;(4):CD002020. doi: 10.1002/14651858.CD002020.",
    11406024: "Barlow J, Coren E. Parent-training programmes for improving maternal psychosocial health. "
    "Cochrane Database Syst Rev. 2001;(2):CD002020. doi: 10.1002/14651858.CD002020.",
    11525160: "32nd Annual meeting of the Swiss Society of Nephrology. Lausanne, 14-15 December 2000. "
    "Abstracts. Schweiz Med Wochenschr Suppl. 2000;124:1S-20S.",
    11543891: "Arnaiz-Villena A, Elaiwa N, Silvera C, et al. The origin of Palestinians and their genetic "
    "relatedness with other Mediterranean populations. Hum Immunol. 2001 Sep;62(9):889-900.",
    11600210: "Suciu-Foca N, Lewis R. Editorial. Anthropology and genetic markers. Hum Immunol. 2001 "
    "Oct;62(10):1063.",
    12230355: "U.S. Preventive Services Task Force. Screening for osteoporosis in postmenopausal women: "
    "recommendations and rationale. Ann Intern Med. 2002 Sep 17;137(6):526-8.",
    18122624: "RIVES JD, STRUG LH, ESSRIG IM. Mesenteric vascular occlusion. Trans South Surg Assoc. "
    "1947-1948;59 (1 vol.):136-55.",
    28647898: "Monaco M, Sacchi AR, Scotti M, et al. Respiratory diphtheria due to Corynebacterium ulcerans "
    "transmitted by a companion dog, Italy 2014. Infection. 2017 Dec;45(6):903-905. "
    "doi: 10.1007/s15010-017-1040-1.",
    29635139: "Degnan AJ, Kietz DA, Grudziak JS, Shah A. Bilateral absence of the cruciate ligaments with "
    "meniscal dysplasia: Unexpected diagnosis in a child with juvenile idiopathic arthritis. Clin Imaging. "
    "2018 May-Jun;49:193-197. doi: 10.1016/j.clinimag.2018.03.015.",
    31031480: "Tulgar S, Kapakli MS, Kose HC, et al. Evaluation of Ultrasound-Guided Erector Spinae Plane "
    "Block and Oblique Subcostal Transversus Abdominis Plane Block in Laparoscopic Cholecystectomy: "
    "Randomized, Controlled, Prospective Study. Anesth Essays Res. 2019 Jan-Mar;13(1):50-56. "
    "doi: 10.4103/aer.AER_194_18.",
    32090497: "Xu JH, Lu SJ, Wu P, Kong LC, Ning C, Li HY. Molecular mechanism whereby paraoxonase-2 "
    "regulates coagulation activation through endothelial tissue factor in rat haemorrhagic shock model. "
    "Int Wound J. 2020 Jun;17(3):735-741. doi: 10.1111/iwj.13329.",
    34082697: "Wislet-Gendebien S, Visanji NP, Whitehead SN, et al. Retraction Note to: Differential "
    "regulation of wild-type and mutant alpha-synuclein binding to synaptic membranes by cytosolic factors. "
    "BMC Neurosci. 2021 Jun 3;22(1):40. doi: 10.1186/s12868-021-00644-1.",
    34092875: "Retraction: Evaluation of Ultrasound-guided Erector Spinae Plane Block and Oblique Subcostal "
    "Transversus Abdominis Plane Block in Laparoscopic Cholecystectomy: Randomized, Controlled, Prospective "
    "Study. Anesth Essays Res. 2020 Jul-Sep;14(3):544. doi: 10.4103/0259-1162.308938.",
    34096680: "Expression of Concern: Molecular mechanism whereby paraoxonase-2 regulates coagulation "
    "activation through endothelial tissue factor in rat haemorrhagic shock model. Int Wound J. 2021 Jun 7. "
    "doi: 10.1111/iwj.13614.",
    34843274: "Guideline Development Panel for the Treatment of Depressive Disorders. Summary of the "
    "clinical practice guideline for the treatment of depression across three age cohorts. Am Psychol. 2022 "
    "Sep;77(6):770-780. doi: 10.1037/amp0000904.",
    35354777: "Shaheen NJ, Falk GW, Iyer PG, et al. Diagnosis and Management of Barrett's Esophagus: An "
    "Updated ACG Guideline. Am J Gastroenterol. 2022 Apr 1;117(4):559-587. "
    "doi: 10.14309/ajg.0000000000001680.",
    36156117: "Hogan JI, Duerr R, Dimartino D, et al. Remdesivir Resistance in Transplant Recipients With "
    "Persistent Coronavirus Disease 2019. Clin Infect Dis. 2023 Jan 13;76(2):342-345. "
    "doi: 10.1093/cid/ciac769.",
    # Electronic-Print: cited by the day it appeared on, 27 March, not by its issue, 28 March.
    36987902: "Bruserud Ø, Arnes K, Kjørsvik CR, et al. Patients over 75 years admitted to the National Burn "
    "Centre, Haukeland University Hospital, 2000-19. Tidsskr Nor Laegeforen. 2023 Mar 27;143(5). "
    "doi: 10.4045/tidsskr.22.0358.",
    38147649: "Ritz NL, Brocka M, Butler MI, et al. Social anxiety disorder-associated gut microbiota "
    "increases social fear. Proc Natl Acad Sci U S A. 2024 Jan 2;121(1):e2308706120. "
    "doi: 10.1073/pnas.2308706120.",
    38833988: "Pascucci FA, Ladelfa MF, Toledo MF, Escalada M, Suberbordes M, Monte M. Corrigendum to "
    '"MageC2 protein is upregulated by oncogenic activation of MAPK pathway and causes impairment of the p53 '
    'transactivation function" [Biochim. Biophys. Acta, Mol. Cell Res. vol. 1868 (Issue 3) (March 2021) '
    "118918]. Biochim Biophys Acta Mol Cell Res. 2024 Aug;1871(6):119767. "
    "doi: 10.1016/j.bbamcr.2024.119767.",
    38962805: "Correction. AIDS Care. 2024 Jul;36(sup1):228-229. doi: 10.1080/09540121.2024.2374185.",
    38988993: "Probst A, Ringler E, Szabo B. Prey size preference in the tokay gecko (Gekko gecko). "
    "Behaviour. 2023 Nov 13;161(1):71-87. doi: 10.1163/1568539X-bja10251.",
}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real records are not beside the repository")
def test_real_records_are_cited_as_nlm_does() -> None:
    found = {pmid: citation_text(record) for pmid, record in real_records().items()}
    assert found == CITATIONS


def real_records() -> dict[int, Record]:
    return {pmid: record for path in REAL.glob("*.xml") for pmid, record in parse(path.read_bytes()).items()}
