import time

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import translation

from references import finding
from references.citations import doi, pmid
from references.models import Reference
from tests.eutils import EUtils
from tests.factories import make_editor, make_reference

WASTYK = {
    "title": "Gut-microbiota-targeted diets modulate human immune status.",
    "authors": ["Wastyk HC", "Fragiadakis GK"],
    "journal": "Cell",
    "published": "2021 Aug 5",
}


@pytest.fixture(autouse=True)
def eutils(settings, monkeypatch):
    monkeypatch.setattr("references.pubmed.SECOND", 0)  # the server here bears any number of requests
    with EUtils() as server:
        settings.PUBMED_BASE_URL = server.url
        settings.PUBMED_TIMEOUT = 5
        yield server


def keys(found):
    return [work.key for work in found]


def ours(query):
    return keys(finding.among_ours(query))


def in_pubmed(query):
    found, trouble = finding.in_pubmed(query)
    assert not trouble
    return keys(found)


# What a query names


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("34256014", pmid(34256014)),
        (" PMID: 34256014. ", pmid(34256014)),
        ("[@pmid:34256014]", pmid(34256014)),
        ("https://pubmed.ncbi.nlm.nih.gov/34256014/", pmid(34256014)),
        ("pubmed.ncbi.nlm.nih.gov/34256014?dopt=Abstract", pmid(34256014)),
        ("https://www.ncbi.nlm.nih.gov/pubmed/34256014", pmid(34256014)),
        ("https://www.pubmed.ncbi.nlm.nih.gov/34256014", pmid(34256014)),
        ("10.1016/J.cell.2021.06.019", doi("10.1016/j.cell.2021.06.019")),
        ("doi: 10.1016/j.cell.2021.06.019.", doi("10.1016/j.cell.2021.06.019")),
        ("https://doi.org/10.1016/j.cell.2021.06.019", doi("10.1016/j.cell.2021.06.019")),
        ("gut microbiota", None),
        ("https://evil.example/34256014/", None),
        ("123456789", None),
        ("PMC8839125", None),
    ],
)
def test_identifier(query, key):
    assert finding.identifier(query) == key


# Among our own


@pytest.mark.parametrize(
    "query",
    [
        "34256014",
        "10.1016/J.CELL.2021.06.019",
        "https://pubmed.ncbi.nlm.nih.gov/34256014/",
        "diets immune STATUS",
        "wastyk",
        "Fragiadakis GK",
        "wastyk 2021 cell",
        "Wastyk: “immune”, (gut)",
    ],
)
def test_our_reference_is_found(db, query):
    make_reference(34256014, doi="10.1016/j.cell.2021.06.019", **WASTYK)
    make_reference(title="Another matter altogether")
    assert ours(query) == ["@pmid:34256014"]


@pytest.mark.parametrize("query", ["diets appendix", "%%%", "_____", "qq\0zz", "[{}]"])
def test_our_reference_is_not_found(db, query):
    make_reference(34256014, **WASTYK)
    assert ours(query) == []


def test_our_reference_without_a_record_is_found_by_what_the_author_wrote(db):
    make_reference(5, claimed="Sørensen Å. Tarmen på Ærø. 2019")
    assert [(work.key, work.citation) for work in finding.among_ours("tarmen ærø")] == [
        ("@pmid:5", "Sørensen Å. Tarmen på Ærø. 2019")
    ]


def test_author_with_danish_letters_is_found(db):
    make_reference(6, title="Something", authors=["Østergård Æ"])
    assert ours("østergård") == ["@pmid:6"]


def test_our_reference_is_shown_as_a_citation_with_its_standing(db):
    make_reference(34256014, standing="retracted", **WASTYK)
    assert finding.among_ours("wastyk") == [
        finding.Found(
            key="@pmid:34256014",
            citation="Wastyk HC, Fragiadakis GK. Gut-microbiota-targeted diets modulate human immune status."
            " Cell. 2021 Aug 5.",
            standing="retracted",
            standing_label="trukket tilbage",
        )
    ]


def test_our_reference_of_which_nothing_is_known_is_shown_by_its_number(db):
    make_reference(34256014)
    assert [work.citation for work in finding.among_ours("34256014")] == ["PMID 34256014"]


def test_reference_with_a_doi_only_is_cited_by_it(db):
    Reference.objects.create(doi="10.1000/ABC", title="Hernia mesh")
    assert ours("hernia mesh") == ["@doi:10.1000/abc"]


def test_web_page_has_no_key_and_is_not_found(db):
    Reference.objects.create(url="https://sst.dk/", title="National guideline")
    assert ours("guideline") == []


def test_best_of_ours_comes_first(db):
    make_reference(1, title="Diet", claimed="gut diet")
    make_reference(2, title="The gut diet of mice")
    make_reference(3, title="Diet of the gut")
    make_reference(4, title="Diet without", journal="Gut")
    assert ours("gut diet") == ["@pmid:2", "@pmid:3", "@pmid:4", "@pmid:1"]


def test_at_most_eight_of_ours(db):
    for _ in range(9):
        make_reference(title="Gut")
    assert len(ours("gut")) == 8


def test_searching_ours_takes_one_query(db, django_assert_num_queries):
    for _ in range(9):
        make_reference(title="Gut")
    with django_assert_num_queries(1):
        ours("gut")


# In PubMed


def test_pubmed_finds_a_work_by_number(db, eutils):
    eutils.add(34256014)
    found, trouble = finding.in_pubmed("https://pubmed.ncbi.nlm.nih.gov/34256014/")
    assert not trouble
    assert [(work.key, work.standing) for work in found] == [("@pmid:34256014", "good")]
    assert found[0].citation.startswith("Wastyk HC, Fragiadakis GK. Gut-microbiota-targeted diets")
    assert not eutils.asked("esearch")


def test_pubmed_finds_works_by_words_of_title_and_author(db, eutils):
    eutils.add(1, title="Mesh in hernia repair.", authors=["Berg C"])
    eutils.add(2, title="Hernia.", authors=["Dahl E"])
    assert in_pubmed("Hernia, mesh!") == ["@pmid:1"]


def test_pubmed_is_asked_for_a_doi_as_it_is(db, eutils):
    in_pubmed("https://doi.org/10.1016/S0140-6736(99)00001-1")
    [request] = eutils.asked("esearch")
    assert request.parameters["term"] == '"10.1016/s0140-6736(99)00001-1"[aid]'


def test_unknown_number_is_no_trouble(db, eutils):
    assert in_pubmed("34256014") == []
    assert len(eutils.requests) == 1


def test_retracted_work_is_shown_as_such(db, eutils):
    eutils.add(7, publication_types={"D016441": "Retracted Publication"})
    found, _trouble = finding.in_pubmed("pmid:7")
    assert (found[0].standing, found[0].standing_label) == ("retracted", "trukket tilbage")


def test_pubmed_is_not_asked_for_a_work_we_have(db, eutils):
    make_reference(34256014)
    assert in_pubmed("34256014") == []
    assert not eutils.requests


def test_what_ours_show_is_not_shown_again(db, eutils):
    make_reference(1, title="Hernia mesh")
    Reference.objects.create(doi="10.1000/ABC", title="Mesh and hernia")
    eutils.add(1, title="Hernia mesh.")
    eutils.add(2, title="Hernia mesh.", doi="10.1000/abc")
    eutils.add(3, title="Hernia mesh.")
    assert in_pubmed("hernia mesh") == ["@pmid:3"]


def test_work_we_have_that_our_words_do_not_find_is_shown_under_our_key(db, eutils):
    make_reference(1)
    Reference.objects.create(doi="10.1000/ABC", standing="concern")
    eutils.add(1, title="Hernia mesh.")
    eutils.add(2, title="Hernia mesh.", doi="10.1000/abc")
    found, _trouble = finding.in_pubmed("hernia mesh")
    assert [(work.key, work.standing) for work in found] == [
        ("@pmid:1", "good"),
        ("@doi:10.1000/abc", "concern"),
    ]


def test_at_most_six_of_pubmed(db, eutils):
    for number in range(1, 10):
        eutils.add(number, title="Hernia.")
    assert in_pubmed("hernia") == [f"@pmid:{number}" for number in range(1, 7)]


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("hernia NOT mesh", "hernia mesh"),
        ("hernia OR (mesh AND infection)", "hernia mesh infection"),
        ('"hernia"[ti] | mesh*', "hernia ti mesh"),
        ("2010:2020[dp] #1", "2010 2020 dp 1"),
        ("Crohn’s gut-brain", "crohn's gut-brain"),
        ("all[sb] / & ~ ? \\", "all sb"),
        ("AND OR NOT", ""),
    ],
)
def test_nothing_typed_is_an_operator_of_pubmed(query, term):
    assert finding.search_term(query) == term


def test_query_of_operators_only_asks_nobody(db, eutils):
    assert in_pubmed("AND OR NOT") == []
    assert not eutils.requests


def test_a_doi_cannot_leave_its_quotes(db, eutils):
    in_pubmed('10.1000/abc"[aid] OR cancer')
    [request] = eutils.asked("esearch")
    assert request.parameters["term"] == "10 1000 abc aid cancer"


@pytest.mark.parametrize("mode", ["slow", "throttled", "error", "html", "entity_bomb", "cut_off"])
@pytest.mark.parametrize("query", ["hernia", "34256014"])
def test_pubmed_away_is_a_sentence(db, eutils, settings, mode, query):
    settings.PUBMED_TIMEOUT = 0.3
    eutils.mode = mode
    begun = time.monotonic()
    with translation.override("en"):
        answer = finding.in_pubmed(query)
    assert answer == (
        [],
        "PubMed is not answering right now. Our own references have been searched.",
    )
    assert time.monotonic() - begun < 20  # the server would wait for ever


def test_search_and_records_together_take_no_longer_than_one_time_limit(db, eutils, settings):
    settings.PUBMED_TIMEOUT = 0.5
    eutils.add(1, title="Hernia.")
    eutils.play("answer", "slow")
    begun = time.monotonic()
    found, trouble = finding.in_pubmed("hernia")
    assert not found
    assert trouble
    assert time.monotonic() - begun < 20


# The endpoint


URL = "admin:references_reference_find"


@pytest.fixture
def editor(client, db):
    client.force_login(make_editor())
    return client


def ask(client, **parameters):
    return client.get(reverse(URL), parameters, headers={"Accept-Language": "en"})


def test_address():
    assert reverse(URL) == "/admin/references/reference/find/"


def test_ours_and_pubmeds_in_one_answer(editor, eutils):
    make_reference(1, title="Hernia mesh")
    eutils.add(2, title="Hernia mesh.", notices=[("RetractionIn", "Cell. 2022", 3)])
    answer = ask(editor, q="hernia mesh").json()
    assert answer == {
        "ours": [
            {
                "key": "@pmid:1",
                "citation": "Hernia mesh.",
                "standing": "unchecked",
                "standing_label": "not checked yet",
            }
        ],
        "pubmed": [
            {
                "key": "@pmid:2",
                "citation": "Wastyk HC, Fragiadakis GK. Hernia mesh. Cell. 2021;184(16):4137-4153.",
                "standing": "retracted",
                "standing_label": "retracted",
            }
        ],
        "pubmed_trouble": "",
    }


def test_ours_alone_do_not_wait_for_pubmed(editor, eutils):
    make_reference(1, title="Hernia")
    answer = ask(editor, q="hernia", **{"in": "ours"}).json()
    assert [work["key"] for work in answer["ours"]] == ["@pmid:1"]
    assert not eutils.requests


def test_pubmed_alone(editor, eutils):
    make_reference(1, title="Hernia")
    eutils.add(2, title="Hernia.")
    answer = ask(editor, q="hernia", **{"in": "pubmed"}).json()
    assert (answer["ours"], [work["key"] for work in answer["pubmed"]]) == ([], ["@pmid:2"])


def test_ours_are_found_while_pubmed_is_away(editor, eutils, settings):
    settings.PUBMED_TIMEOUT = 0.5
    eutils.mode = "error"
    make_reference(1, title="Hernia")
    answer = ask(editor, q="hernia").json()
    assert [work["key"] for work in answer["ours"]] == ["@pmid:1"]
    assert answer["pubmed_trouble"]


@pytest.mark.parametrize("query", ["", "he", "  he  "])
def test_short_query_finds_nothing(editor, eutils, query):
    make_reference(1, title="he")
    assert ask(editor, q=query).json() == {"ours": [], "pubmed": [], "pubmed_trouble": ""}
    assert not eutils.requests


def test_long_query_is_cut(editor, eutils):
    make_reference(1, title="hernia " * 50)
    answer = ask(editor, q="hernia " * 42 + "hernia something else").json()
    assert [work["key"] for work in answer["ours"]] == ["@pmid:1"]
    assert len(eutils.asked("esearch")[0].parameters["term"]) <= 300


def test_only_read(editor):
    assert editor.post(reverse(URL), {"q": "hernia"}).status_code == 405


def test_writer_may_find(client, db):
    writer = User.objects.create_user("writer", is_staff=True)
    writer.user_permissions.set(Permission.objects.filter(codename="change_article"))
    client.force_login(writer)
    assert ask(client, q="hernia").status_code == 200


def test_staff_without_rights_find_nothing(client, db):
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert ask(client, q="hernia").status_code == 403


def test_strangers_are_asked_to_sign_in(client, db):
    assert ask(client, q="hernia").status_code == 302
