from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse

from articles import publishing
from articles.management.commands.check_references import BATCH_PATIENCE
from references import pacing, watching
from references.models import Check, Reference
from tests.eutils import EUtils, StandingClock
from tests.factories import make_bilingual_article, make_editor, make_reference

pytestmark = pytest.mark.django_db

SEED = Path(__file__).resolve().parents[3] / "shared" / "seed" / "tarm-hjerne-aksen.en.txt"
RETRACTION = (
    '<CommentsCorrections RefType="RetractionIn"><RefSource>Cell. 2026;1:1</RefSource>'
    "<PMID>9</PMID></CommentsCorrections>"
)


@pytest.fixture
def eutils(settings, monkeypatch):
    clock = StandingClock.replacing(monkeypatch)
    with EUtils(clock=clock.now) as server:
        server.add(34256014)
        settings.PUBMED_BASE_URL, settings.PUBMED_TIMEOUT = server.url, 10
        yield server


def run(*args, code=0):
    out = StringIO()
    if code:
        with pytest.raises(SystemExit) as stopped:
            call_command("check_references", *args, stdout=out)
        assert stopped.value.code == code
    else:
        call_command("check_references", *args, stdout=out)
    return out.getvalue()


def retract(eutils, pmid):
    xml = eutils.records[pmid]
    eutils.records[pmid] = xml.replace(
        "</MedlineCitation>",
        f"<CommentsCorrectionsList>{RETRACTION}</CommentsCorrectionsList></MedlineCitation>",
    )


def test_new_references_are_due_at_once(eutils):
    make_reference(34256014)
    assert "Checked 1: 1 found" in run()


def test_checked_references_are_not_due_again(eutils):
    make_reference(34256014)
    run()
    assert "Checked 0" in run()


def test_all_means_all(eutils):
    make_reference(34256014)
    run()
    assert "Checked 1" in run("--all")


def test_some_can_be_named(eutils):
    make_reference(34256014)
    make_reference(5)
    assert "Checked 1" in run("--pmid", "34256014")


def test_number_that_is_no_reference_is_an_error(eutils):
    with pytest.raises(CommandError, match="77"):
        run("--pmid", "77")


def test_pubmed_away_is_said_by_the_exit_code(eutils):
    make_reference(34256014)
    eutils.mode = "error"
    assert "1 could not be asked" in run(code=2)


def test_those_that_could_not_be_asked_are_still_due(eutils):
    make_reference(34256014)
    eutils.mode = "error"
    run(code=2)
    eutils.mode = "answer"
    assert "1 found" in run()


def test_disturbance_longer_than_a_request_waits_is_sat_out(eutils):
    make_reference(34256014)
    eutils.play(*["error"] * 5)  # 15 seconds at least, by the pauses between
    assert "1 found" in run()


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(watching, "MOST_PMIDS", 10)


def test_pubmed_away_for_long_stops_the_command_early(eutils, small_batches):
    clock = pacing.clock
    Reference.objects.bulk_create(Reference(pmid=1000 + n) for n in range(45))
    eutils.mode = "error"
    said = run(code=2)
    assert "30 could not be asked" in said
    assert "Stopped early" in said
    assert clock.time - clock.started_at <= 3 * BATCH_PATIENCE
    assert Reference.objects.filter(tried_at=None).count() == 15


def test_what_was_left_when_the_command_stopped_is_checked_the_next_time(eutils, small_batches):
    Reference.objects.bulk_create(Reference(pmid=1000 + n) for n in range(45))
    eutils.mode = "error"
    run(code=2)
    eutils.mode = "answer"
    assert "Checked 45: 0 found, 45 not found" in run()


def test_batches_lost_between_others_do_not_stop_the_command(eutils, small_batches):
    Reference.objects.bulk_create(Reference(pmid=1000 + n) for n in range(50))
    eutils.play("html", "html", "answer", "html", "html")
    said = run(code=2)
    assert "Checked 50" in said
    assert "Stopped early" not in said


def test_crossref_away_is_said_by_the_exit_code(eutils):
    eutils.add(34256014, doi="10.1000/x")
    make_reference(34256014)
    assert "For 1 found in PubMed, Crossref could not be asked." in run(code=2)


def test_address_alone_is_no_failure(eutils):
    Reference.objects.create(url="https://example.dk/guideline")
    assert "Checked 0" in run("--all")


@pytest.fixture
def published():
    article = make_bilingual_article(body_da="Et [@pmid:34256014].", body_en="One [@pmid:34256014].")
    editor = make_editor(email="editor@example.dk")
    return [publishing.publish(article, language, by=editor) for language in ("da", "en")]


def test_retraction_is_mailed_once(eutils, published):
    run("--all")
    retract(eutils, 34256014)
    assert "1 changed" in run("--all")
    run("--all")
    assert [message.to for message in mail.outbox] == [["editor@example.dk"]]


def test_mail_that_is_sent_again_is_the_same_mail(eutils, published):
    run("--all")
    retract(eutils, 34256014)
    run("--all")
    Check.objects.update(told_at=None)  # as if it had been killed before it could write that down
    run()
    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second
    assert first.endswith("@127.0.0.1>")


def test_retraction_is_on_the_page_in_both_languages(eutils, published, client):
    run("--all")
    retract(eutils, 34256014)
    run("--all")
    for edition, sentence in zip(
        published, ("Dette studie er trukket tilbage.", "This study has been retracted."), strict=True
    ):
        html = client.get(edition.get_absolute_url()).content.decode()
        assert sentence in html
        assert 'class="retracted"' in html
        assert "https://pubmed.ncbi.nlm.nih.gov/9/" in html


def test_retraction_is_on_the_worklist_of_the_editors(eutils, published, client):
    run("--all")
    client.force_login(published[0].published_by)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    title = Reference.objects.get().title
    assert title not in client.get(reverse("admin:index")).content.decode()
    retract(eutils, 34256014)
    run("--all")
    sections = client.get(reverse("admin:index")).context["sections"]
    [row] = next(section["shown"] for section in sections if section["name"] == "references_in_trouble")
    assert title in row.text
    assert row.detail.startswith("Retracted. In good standing until ")
    assert row.is_mine


def test_history_of_the_standing_is_kept(eutils, published):
    run("--all")
    retract(eutils, 34256014)
    run("--all")
    changes = Check.objects.order_by("pk").values_list("standing_before", "standing")
    assert list(changes) == [("unchecked", "good"), ("good", "retracted")]


def test_clinics_article_is_judged(eutils):
    if not SEED.exists():
        pytest.skip(f"the clinic's article is not at {SEED}")
    title = "Gut-microbiota-targeted diets modulate human immune status."
    eutils.add(34256014, title=title, journal="Cell", year=2021)
    eutils.add(34306126, title="Zinc oxide in the roots of barley.", journal="Soil Sci", year=2021)
    call_command("import_article", str(SEED), language="en", slug="gut-brain", stdout=StringIO())
    assert "Checked 6: 1 found, 5 not found" in run()
    wrong = Reference.objects.get(pmid=34306126)
    assert wrong.agreement == "another_paper"
    assert wrong.title == "Zinc oxide in the roots of barley."
    assert "Gut-microbiota-targeted diets" in wrong.claimed
    assert wrong.candidates[0]["pmid"] == 34256014
