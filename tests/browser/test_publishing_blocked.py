"""Each error keeps an article from patients until it is mended where the Publish page leads to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from articles import preflight
from articles.figures import MESSAGES
from articles.models import Article
from references.languages import localized
from tests.factories import make_article, make_edition, make_picture, make_reference

TEXT = "## A lump\n\nSmall."
TEXTS = {"title_en": "Hernia", "slug_en": "hernia", "abstract_en": "Hernias in brief.", "body_en": TEXT}
ANOTHER = {"pmid": 11, "title": "Oats.", "journal": "Cell", "year": 2021, "reasons": []}


@dataclass(frozen=True)
class Case:
    name: str
    """The finding's."""
    sentence: str
    """Words of it, as the page says it."""
    leads_to: str
    """The end of the address it is mended at."""
    mend: Callable[[Page], None]
    spoil: Callable[[], dict[str, str | None]]
    """Makes what the error needs, and gives the texts that have it."""


def field(desk: Page, label: str) -> Locator:
    fieldset = desk.locator("fieldset.language").filter(has=desk.get_by_role("heading", name="English"))
    return fieldset.get_by_label(f"{label}:", exact=True)


def write(label: str, text: str) -> Callable[[Page], None]:
    """Type something else into a field of the article, and go back to the Publish page."""

    def mend(desk: Page) -> None:
        field(desk, label).fill(text)
        desk.get_by_role("button", name="Publish…").click()
        expect(desk).to_have_url(re.compile("/publish/"))

    return mend


def keep(desk: Page) -> None:
    desk.get_by_label("I have read this and cite the work on purpose, because").fill("It is told as a story.")
    desk.get_by_role("button", name="Keep it").click()
    expect(desk.locator(".messagelist .success")).to_be_visible()


def cite_another(desk: Page) -> None:
    desk.get_by_role("button", name="Cite this one instead").click()
    expect(desk.get_by_text("now cites PubMed 11")).to_be_visible()


def describe(desk: Page) -> None:
    desk.locator("#id_alt_en").fill("A lump in the groin")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist .success")).to_be_visible()


def texts(**fields: str | None) -> Callable[[], dict[str, str | None]]:
    return lambda: fields


def text(body: str) -> Callable[[], dict[str, str | None]]:
    return texts(body_en=f"{TEXT}\n\n{body}")


def citing(**fields: object) -> Callable[[], dict[str, str | None]]:
    def spoil() -> dict[str, str | None]:
        make_reference(77, title="Barley.", checked_at=timezone.now(), **fields)
        return {"body_en": f"{TEXT}\n\nOne [@pmid:77]."}

    return spoil


def with_a_picture_that_is_not_described() -> dict[str, str | None]:
    return {"body_en": f"{TEXT}\n\n![](picture:{make_picture(alt_da='En bule').pk})"}


def with_the_address_of_another() -> dict[str, str | None]:
    other = make_edition(make_article(title_en="Gallstones", slug_en="stones", **english()), "en").article
    Article.objects.filter(pk=other.pk).update(**{localized("slug", "en"): "gallstones"})
    return {"slug_en": "stones"}


def english() -> dict[str, str]:
    return {"abstract_en": "In brief.", "body_en": TEXT}


TO_TEXT = "/change/#id_body_en"
TO_WORK = r"/references/reference/\d+/change/"
CASES = [
    Case(
        "title_empty", "The title is empty.", "/change/#id_title_en",
        write("Title", "Hernia"), texts(title_en=""),
    ),
    Case(
        "slug_empty", "The slug is empty.", "/change/#id_slug_en",
        write("Slug", "hernia"), texts(slug_en=None),
    ),
    Case(
        "slug_taken", "The address “stones” belongs to “Gallstones”.", "/change/#id_slug_en",
        write("Slug", "hernia"), with_the_address_of_another,
    ),
    Case(
        "slug_impossible", "small letters", "/change/#id_slug_en",
        write("Slug", "hernia"), texts(slug_en="Two-Words_"),
    ),
    Case(
        "abstract_empty", "The abstract is empty.", "/change/#id_abstract_en",
        write("Abstract", "What a hernia is."), texts(abstract_en=""),
    ),
    Case("body_empty", "The text is empty.", TO_TEXT, write("Text", TEXT), texts(body_en="")),
    Case("citation_unreadable", "is not a PubMed ID", TO_TEXT, write("Text", TEXT), text("[@pmid:PMC1]")),
    Case(
        "citation_in_box", "“When to seek help” has no references.", "/change/#id_seek_help_en",
        write("When to seek help", "Ring."), texts(seek_help_en="Ring [@pmid:11]."),
    ),
    Case(
        "reference_not_found", "PubMed 77 was not found.", TO_WORK,
        keep, citing(standing="not_found"),
    ),
    Case(
        "reference_not_found", "PubMed 77 was not found.", TO_WORK,
        cite_another, citing(standing="not_found", candidates=[ANOTHER]),
    ),
    Case(
        "reference_another_paper", "PubMed 77 is another paper", TO_WORK,
        cite_another,
        citing(standing="good", agreement="another_paper", claimed="Oats. Cell. 2021.", candidates=[ANOTHER]),
    ),
    Case(
        "reference_retracted", "PubMed 77 has been retracted.", TO_WORK,
        keep, citing(standing="retracted"),
    ),
    Case(
        "picture_without_alt", "has no description in this language.", r"/articles/picture/\d+/change/",
        describe, with_a_picture_that_is_not_described,
    ),
    Case(
        "picture_without_alt", "A picture has no alternative text.", TO_TEXT,
        write("Text", f"{TEXT}\n\n![A lump](/static/img/mark.svg)"), text("![](/static/img/mark.svg)"),
    ),
    Case(
        "picture_missing", "There is no picture 999.", TO_TEXT,
        write("Text", TEXT), text("![](picture:999)"),
    ),
    Case(
        "picture_malformed", "is not the number of a picture.", TO_TEXT,
        write("Text", TEXT), text("![](picture:lump)"),
    ),
    Case(
        "text_too_complex", "lists or quotations stand inside one another", TO_TEXT,
        write("Text", TEXT), text("> " * 40 + "Deep."),
    ),
    Case(
        "link_to_nothing", "The link leads to nothing.", TO_TEXT,
        write("Text", f"{TEXT}\n\n[All articles](/en/blog/)"), text("[Gallstones](/en/blog/gone/)"),
    ),
    Case(
        "link_to_nothing", "The link leads to a place that is not on this page.", TO_TEXT,
        write("Text", f"{TEXT}\n\n[The references](#main)"), text("[Gallstones](#gone)"),
    ),
    Case(
        "html_dropped", "The HTML tag <video> is not allowed", TO_TEXT,
        write("Text", TEXT), text('<video src="/a.mp4"></video>'),
    ),
    Case(
        "html_dropped", "A picture from another site is not shown.", TO_TEXT,
        write("Text", TEXT), text("![A lump](https://pictures.example/a.png)"),
    ),
]  # fmt: skip


@pytest.fixture
def reader(new_context):
    """A window of a patient: another browser, no account."""
    return new_context().new_page()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.mend.__name__}")
def test_error_blocks_until_it_is_mended_where_its_hint_leads(desk, reader, transactional_db, case):
    danish = {"title_da": "", "slug_da": None, "abstract_da": "", "body_da": ""}
    article = make_article(original_language="en", **danish | TEXTS | case.spoil())
    page = f"/admin/articles/article/{article.pk}/publish/"
    errors = desk.locator(".findings .error")

    desk.goto(page)
    expect(errors).to_have_count(1)
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text(case.sentence)
    assert reader.goto("/en/blog/hernia/").status == 404

    errors.get_by_role("link", name=case.sentence).click()
    expect(desk).to_have_url(re.compile(f"{case.leads_to}$"))
    case.mend(desk)

    desk.goto(page)
    expect(errors).to_have_count(0)
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_text("English: edition 1 is online.")).to_be_visible()
    assert reader.goto("/en/blog/hernia/").status == 200
    expect(reader.get_by_role("heading", name="Hernia", level=1)).to_be_visible()


def test_every_error_there_is_has_a_case():
    sources = "".join(path.read_text() for path in Path(preflight.__file__).parent.glob("*.py"))
    named = set(re.findall(r'\berror\(\s*"(\w+)"', sources))
    empty = {f"{field}_empty" for field in preflight.page.EMPTY}
    pictures = set(MESSAGES) - {"picture_in_a_line"}  # a warning
    elsewhere = {"approval_missing"}  # in test_sharing.py, where the doctor is asked
    assert {case.name for case in CASES} | elsewhere == named | empty | pictures
