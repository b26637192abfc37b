"""Adding references: by a pasted citation and the keyboard alone, and from a file."""

import pytest
from playwright.sync_api import Page, expect

from references.models import Reference
from tests.browser import axe
from tests.browser.test_accessibility import scrolls_sideways
from tests.eutils import EUtils
from tests.factories import make_article, make_reference

ADD = "/admin/references/reference/add/"
DESCRIBE = "/admin/references/reference/add/describe/"
IMPORT = "/admin/references/reference/import/"
MESH = "Mesh in hernia repair: a randomised trial of two thousand sample patients"
CITATION = f"Prøve A, Sample B. {MESH}. Sample J Surg. 2021;184(16):4137-53."
RETRACTED = {"D016441": "Retracted Publication", "D016449": "Randomized Controlled Trial"}
NOTICE = ("RetractionIn", "Sample J Surg. 2022;1:1", 13)
NBIB = f"PMID- 11\nTI  - {MESH}\n\nPMID- 12\nTI  - Oats\n\nPMID- PMC1\nTI  - Nothing\n"


@pytest.fixture(autouse=True)
def eutils(settings, monkeypatch):
    monkeypatch.setattr("references.pubmed.SECOND", 0)
    with EUtils() as server:
        server.add(11, title=f"{MESH}.", journal="Sample J Surg", authors=["Prøve A", "Sample B"])
        server.add(12, title="Zinc in the roots of barley.", journal="Sample J Soil")
        server.add(13, title=f"{MESH} again.", publication_types=RETRACTED, notices=[NOTICE])
        settings.PUBMED_BASE_URL = server.url
        yield server


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button with this name has the focus."""
    button = page.get_by_role("button", name=name)
    for _press in range(20):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{name} cannot be reached by keyboard")


def test_pasted_citation_becomes_a_reference_by_keyboard_alone(desk):
    desk.goto(ADD)
    desk.keyboard.insert_text(CITATION)
    tab_to(desk, "Look it up")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Did you mean one of these?")).to_be_focused()
    expect(desk.locator(".candidates li").first).to_contain_text(MESH)
    assert not Reference.objects.exists()
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="PubMed 11", exact=True)).to_be_focused()
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("button", name="Add this one").first).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("was added successfully")).to_be_visible()
    reference = Reference.objects.get()
    assert (reference.pmid, reference.claimed, reference.agreement) == (11, CITATION, "agrees")


def test_file_is_imported(desk):
    desk.goto("/admin/references/reference/")
    desk.get_by_role("link", name="Import…").click()
    upload(desk)
    expect(desk.locator("#content-main").get_by_role("row")).to_have_count(3)
    expect(desk.get_by_text("Line 7: “PMC1” is not a PubMed ID.")).to_be_visible()


def upload(page: Page) -> None:
    page.get_by_label("File").set_input_files(
        {"name": "sample.nbib", "mimeType": "text/plain", "buffer": NBIB.encode()}
    )
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="new reference")).to_be_focused()


def look_up(page: Page, written: str) -> None:
    page.goto(ADD)
    page.get_by_label("PubMed ID, DOI").fill(written)
    page.get_by_role("button", name="Look it up").click()
    expect(page.locator("#answer-heading")).to_be_focused()


@pytest.mark.parametrize("written", ["", "13", f"{CITATION} PMID: 12", CITATION, "99999999"])
def test_adding_breaks_no_rule(desk, written):
    if written:
        look_up(desk, written)
    else:
        desk.goto(ADD)
    assert_sound(desk)


def test_no_answer_breaks_no_rule(desk, eutils):
    eutils.mode = "html"
    look_up(desk, "11")
    assert_sound(desk)


def test_importing_breaks_no_rule(desk):
    make_reference(12, claimed="Et langt ord: speciallægepraksisplanlægningsstabiliseringsperiode")
    desk.goto(IMPORT)
    upload(desk)
    assert_sound(desk)


def test_describing_breaks_no_rule(desk):
    desk.goto(DESCRIBE)
    assert_sound(desk)


def assert_sound(page: Page) -> None:
    broken = axe.violations(page, widths=[360, 1280])
    assert not broken, "\n".join(broken)
    page.set_viewport_size({"width": 360, "height": 800})
    assert not scrolls_sideways(page)


def test_enter_in_a_field_saves_the_reference_and_takes_no_proposal(desk):
    article = make_article(body_da="Et [@pmid:34306126].")
    proposal = {"pmid": 11, "title": MESH, "journal": "Cell", "year": 2021, "reasons": ["same_title"]}
    reference = make_reference(34306126, title="Zinc.", agreement="another_paper", candidates=[proposal])
    desk.goto(f"/admin/references/reference/{reference.pk}/change/")
    desk.locator("#reference_form input[type=text]:not([form])").first.press("Enter")
    expect(desk.locator(".messagelist .success")).to_contain_text("was changed")
    article.refresh_from_db()
    assert article.text("body", "da") == "Et [@pmid:34306126]."
