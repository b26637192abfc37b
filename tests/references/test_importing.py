"""The page that takes a file of references."""

from http import HTTPStatus

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile

from references import importing, imports, watching
from references.imports import Entry
from references.models import Check, Reference
from tests.eutils import EUtils, StandingClock, article_xml
from tests.factories import make_editor, make_reference

pytestmark = pytest.mark.django_db

IMPORT = "/admin/references/reference/import/"
DIET = "Gut-microbiota-targeted diets modulate human immune status"
NBIB = f"""\
PMID- 34256014
TI  - {DIET}.
AU  - Wastyk HC
TA  - Cell
DP  - 2021
AID - 10.1016/j.cell.2021.06.019 [doi]

PMID- 34306126
TI  - Mesh in hernia repair
TA  - Surg
DP  - 2020

PMID- PMC12
TI  - Nothing
"""
RIS = """\
TY  - JOUR
TI  - Walking
DO  - 10.5555/walk
ER  -
TY  - JOUR
TI  - Nothing at all
ER  -
"""


@pytest.fixture(autouse=True)
def eutils(settings, monkeypatch):
    clock = StandingClock.replacing(monkeypatch)
    with EUtils(clock=clock.now) as server:
        server.add(34256014, title=f"{DIET}.")
        server.add(34306126, title="Zinc oxide in the roots of barley.", journal="Soil Sci")
        settings.PUBMED_BASE_URL, settings.PUBMED_TIMEOUT = server.url, 10
        yield server


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def upload(desk, content, name="file.nbib"):
    data = content.encode() if isinstance(content, str) else content
    return desk.post(IMPORT, {"file": SimpleUploadedFile(name, data)})


def rows(response):
    return [
        (row.reference.pmid or row.reference.doi, row.is_new, row.reference.standing, row.reference.agreement)
        for row in response.context["rows"]
    ]


def test_file_is_stored_looked_up_and_listed(desk):
    response = upload(desk, NBIB)
    assert rows(response) == [
        (34256014, True, "good", "agrees"),
        (34306126, True, "good", "another_paper"),
    ]
    assert (response.context["new"], response.context["known"]) == (2, 0)


def test_claim_is_what_the_file_says(desk):
    upload(desk, NBIB)
    assert Reference.objects.get(pmid=34256014).claimed == f"Wastyk HC. {DIET}. Cell. 2021."


def test_problem_is_said_with_its_line(desk):
    html = upload(desk, NBIB).content.decode()
    assert "Line 13: “PMC12” is not a PubMed ID." in html


def test_entry_without_a_number_is_a_problem_and_the_rest_is_imported(desk):
    response = upload(desk, RIS, "file.ris")
    assert Reference.objects.get().doi == "10.5555/walk"
    assert "Line 5: “Nothing at all.” has neither a PubMed ID nor a DOI." in response.content.decode()


def test_pubmed_xml_is_imported(desk):
    upload(desk, f"<PubmedArticleSet>{article_xml(34256014)}</PubmedArticleSet>", "file.xml")
    assert Reference.objects.get().pmid == 34256014


def test_who_imported_is_in_the_history(desk):
    upload(desk, NBIB)
    entries = LogEntry.objects.filter(user=User.objects.get())
    assert {int(entry.object_id) for entry in entries} == set(Reference.objects.values_list("pk", flat=True))


def test_importing_again_changes_nothing(desk, eutils):
    upload(desk, NBIB)
    asked, checks = len(eutils.requests), Check.objects.count()
    response = upload(desk, NBIB)
    assert (response.context["new"], response.context["known"]) == (0, 2)
    assert (len(eutils.requests), Check.objects.count()) == (asked, checks)


def test_what_was_said_of_a_reference_before_stays(desk):
    make_reference(34256014, claimed="Cell. Noget andet.")
    upload(desk, NBIB)
    assert Reference.objects.get(pmid=34256014).claimed == "Cell. Noget andet."


def test_known_reference_that_takes_a_claim_is_compared(desk):
    (checked,) = watching.check([make_reference(34306126)])
    assert checked.reference.agreement == "nothing_claimed"
    upload(desk, NBIB)
    assert Reference.objects.get(pmid=34306126).agreement == "another_paper"


def test_number_and_doi_of_two_references_is_the_one_with_the_number(desk):
    by_number = make_reference(34256014)
    by_doi = make_reference(777, doi="10.1016/j.cell.2021.06.019")
    upload(desk, NBIB)
    by_number.refresh_from_db()
    by_doi.refresh_from_db()
    assert by_number.claimed
    assert not by_doi.claimed


def test_doi_of_another_number_makes_a_reference_of_its_own(desk):
    make_reference(777, doi="10.1016/j.cell.2021.06.019")
    upload(desk, NBIB)
    assert Reference.objects.get(pmid=34256014).doi is None


def test_reference_known_by_its_doi_is_not_made_a_second_time(desk):
    Reference.objects.create(doi="10.1016/J.CELL.2021.06.019")
    upload(desk, NBIB)
    assert not Reference.objects.filter(pmid=34256014).exists()


def test_work_that_is_in_the_file_twice_is_listed_once(desk):
    response = upload(desk, NBIB.replace("34306126", "34256014"))
    assert [pmid for pmid, *_rest in rows(response)] == [34256014]
    assert Reference.objects.get().claimed.startswith("Wastyk")


# What cannot be read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The submitted file is empty."),
        (b"x" * (imports.LARGEST_FILE + 1), "The file is larger than 2 MB."),
        ("PMID- 1\nTI  - Kød på Ærø\n".encode("latin-1"), "The file is not text in UTF-8."),
        (b"Dear colleague", "The file is neither .nbib nor .ris nor PubMed XML."),
        (b"<PubmedArticleSet><Pubmed", "The file is not PubMed XML, or a part of it is missing."),
        (b"\n\n", "There are no references in the file."),
    ],
)
def test_what_cannot_be_read_is_an_error_at_the_field(desk, eutils, content, message):
    response = upload(desk, content)
    assert message in response.context["form"].errors["file"][0]
    assert not Reference.objects.exists()
    assert not eutils.requests


def test_no_file_is_an_error_at_the_field(desk):
    assert desk.post(IMPORT).context["form"].errors["file"]


# PubMed away, and large files


def test_pubmed_away_leaves_all_unchecked_and_due(desk, eutils):
    eutils.mode = "error"
    response = upload(desk, NBIB)
    assert [standing for _pmid, _new, standing, _agreement in rows(response)] == ["unchecked"] * 2
    assert response.context["unchecked"] == Reference.objects.due_for_check().count() == 2
    assert "2 are not checked yet." in response.content.decode()


def test_no_more_is_looked_up_than_patience_allows(desk, eutils, settings, monkeypatch):
    monkeypatch.setattr(watching, "MOST_PMIDS", 1)
    eutils.mode, settings.PUBMED_TIMEOUT = "slow", 0.1
    upload(desk, NBIB)
    assert len(eutils.requests) == 1
    assert [reference.tried_at is None for reference in Reference.objects.order_by("pk")] == [False, True]


def test_thousands_of_entries_are_stored_at_once(django_assert_max_num_queries):
    entries = [Entry(pmid, None, f"Sample {pmid}.") for pmid in range(1, 5001)]
    with django_assert_max_num_queries(30):
        stored = importing.store(entries)
    assert len(stored.new) == Reference.objects.exclude(claimed="").count() == 5000


def test_long_list_is_cut_and_said_to_be(desk, monkeypatch):
    monkeypatch.setattr(importing, "MOST_LISTED", 1)
    response = upload(desk, NBIB)
    assert len(rows(response)) == 1
    assert "1 more is not listed here." in response.content.decode()


def test_list_of_what_was_imported_costs_the_same_at_any_length(django_assert_num_queries):
    stored = importing.store([Entry(pmid, None, f"Sample {pmid}.") for pmid in range(1, 31)])
    with django_assert_num_queries(2):
        assert len([row.text for row in importing.outcome(stored)["rows"]]) == 30


# Who may


def test_button_is_on_the_list_of_references(desk):
    assert f'href="{IMPORT}"' in desk.get("/admin/references/reference/").content.decode()


def test_importing_needs_the_rights_to_add_and_to_change(client):
    assert client.get(IMPORT).status_code == HTTPStatus.FOUND
    editor = User.objects.create_user("adder", is_staff=True)
    editor.user_permissions.add(*Permission.objects.filter(codename__in=["add_reference", "view_reference"]))
    client.force_login(editor)
    assert client.get(IMPORT).status_code == HTTPStatus.FORBIDDEN
    assert IMPORT not in client.get("/admin/references/reference/").content.decode()
