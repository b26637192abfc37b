import re
from io import StringIO
from pathlib import Path

import html5lib
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import translation

from articles import importing
from articles.manuscripts import Manuscript, SentPicture
from articles.models import Article, Author, Category, Edition, Override, Picture, Treatment
from references.models import Reference
from tests.factories import make_article, make_author, make_edition, make_editor, make_treatment
from tests.pictures import photograph
from tests.word_files import letter

pytestmark = pytest.mark.django_db

SEED = Path(__file__).resolve().parents[3] / "shared" / "seed" / "tarm-hjerne-aksen.en.txt"

MANUSCRIPT = """\
---
title: Lyskebrok
language: da
slug: lyskebrok
author: Bo Prøvesen
author_title: overlæge
date: juni 2026
category: Brok
abstract: Om brok.
treatments: [Samtale, Operation]
references:
  - pmid: 34256014
    text: "Cell. Sådan skrev forfatteren."
---
## Hvad er et brok?

En bule [@pmid:34256014].
"""


@pytest.fixture
def run(tmp_path):
    """Import a text as a file would be; answers with what the command printed."""

    def run(text, *args, **options):
        file = tmp_path / "article.md"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = StringIO()
        call_command("import_article", str(file), *args, stdout=out, **options)
        return out.getvalue()

    return run


def test_imported_article_is_a_draft(run):
    run(MANUSCRIPT)
    article = Article.objects.get()
    assert article.text("title", "da") == "Lyskebrok"
    assert not article.editions.exists()


def test_imported_article_can_be_published_at_once(run):
    assert "/da/blog/lyskebrok/" in run(MANUSCRIPT, publish=True)
    assert Edition.objects.current().get().slug == "lyskebrok"


def test_errors_keep_the_file_from_being_published_and_imported(run):
    with pytest.raises(CommandError, match="The abstract is empty"):
        run(MANUSCRIPT.replace("abstract: Om brok.\n", ""), publish=True)
    assert not Article.objects.exists()


def test_accepted_errors_are_published_said_and_kept(run):
    text = MANUSCRIPT.replace("abstract: Om brok.\n", "")
    out = run(text, "--publish", "--accept-findings", "It is short.")
    assert "Accepted: The abstract is empty." in out
    override = Override.objects.get()
    assert (override.edition, override.by, override.reason) == (Edition.objects.get(), None, "It is short.")


def test_accepting_without_publishing_is_an_error(run):
    with pytest.raises(CommandError, match="add --publish"):
        run(MANUSCRIPT, "--accept-findings", "Because.")


def test_everything_the_front_matter_says_is_stored(run):
    run(MANUSCRIPT)
    article = Article.objects.get()
    assert article.author.name == "Bo Prøvesen"
    assert article.published_on.isoformat() == "2026-06-01"
    assert article.text("abstract", "da") == "Om brok."
    assert [treatment.name_da for treatment in article.treatments.all()] == ["Samtale", "Operation"]


def test_reference_keeps_what_the_author_wrote(run):
    run(MANUSCRIPT)
    assert Reference.objects.get(pmid=34256014).claimed == "Cell. Sådan skrev forfatteren."


def test_unknown_author_category_and_treatment_are_created_and_said(run):
    out = run(MANUSCRIPT)
    for new in ("New author: Bo Prøvesen", "New category: Brok", "New treatment: Samtale"):
        assert new in out


def test_known_author_category_and_treatment_are_used(run):
    make_author("bo prøvesen")
    make_treatment(name_da="samtale")
    out = run(MANUSCRIPT)
    assert Author.objects.count() == 1
    assert "New author" not in out
    assert "New treatment: Samtale" not in out


def test_title_alone_is_enough(run):
    run("---\ntitle: Brok på Ærø\n---\n", language="da")
    assert Article.objects.get().text("slug", "da") == "brok-paa-aeroe"


def test_second_import_updates_and_makes_no_duplicates(run):
    run(MANUSCRIPT)
    out = run(MANUSCRIPT.replace("En bule", "En anden bule"))
    assert "Updated" in out
    assert "En anden bule" in Article.objects.get().text("body", "da")
    assert [model.objects.count() for model in (Author, Category, Treatment, Reference)] == [1, 1, 2, 1]


def test_second_import_of_the_same_makes_no_second_edition(run):
    run(MANUSCRIPT, publish=True)
    run(MANUSCRIPT, publish=True)
    assert Edition.objects.count() == 1


def test_slug_of_the_command_goes_before_the_files(run):
    run(MANUSCRIPT, slug="brok")
    assert Article.objects.get().text("slug", "da") == "brok"


def test_translation_becomes_the_other_language_of_its_article(run):
    run(MANUSCRIPT)
    run("---\ntitle: Hernia\nlanguage: en\nslug: hernia\ntranslation_of: lyskebrok\n---\nA lump.")
    article = Article.objects.get()
    assert [article.text("slug", code) for code in ("da", "en")] == ["lyskebrok", "hernia"]
    assert article.original_language == "da"


def test_problems_are_said_with_their_line(run):
    out = run(MANUSCRIPT.replace("34256014\n", "PMC12\n"))
    assert re.search(r"Line 12: .*PMC12", out)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"---\ntitle: \xff\xfe\n---\n", "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "neither Word nor text"),
        (b"---\nslug: x\n---\n", "no title"),
        (b"---\ntitle: x\n", "not closed"),
        (b"---\ntitle: [x\n---\n", "YAML"),
        (b"x" * 3_000_000, "larger than"),
    ],
)
def test_file_that_cannot_be_read_is_one_sentence_and_writes_nothing(run, content, reason):
    with pytest.raises(CommandError, match=reason) as error:
        run(content, language="da")
    assert error.value.returncode == 1
    assert "\n" not in str(error.value)
    assert not Article.objects.exists()


def test_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_article", str(tmp_path / "none.md"))


def test_folder_is_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_article", str(tmp_path))


def test_unknown_language_of_the_file_is_refused(run):
    with pytest.raises(CommandError, match="which language"):
        run("---\ntitle: x\nlanguage: xx\n---\n")


@pytest.mark.parametrize("slug", ["search", "Æ", "x" * 200])
def test_impossible_slug_is_refused(run, slug):
    with pytest.raises(CommandError):
        run(MANUSCRIPT, slug=slug)
    assert not Article.objects.exists()


def test_translation_of_nothing_is_refused(run):
    with pytest.raises(CommandError, match="translation of"):
        run("---\ntitle: Hernia\nlanguage: en\ntranslation_of: none\n---\n")


def test_nothing_is_written_when_it_cannot_be_published(run):
    make_edition(slug_da="lyskebrok", title_da="Et andet brok")
    publishing_article = Article.objects.get()
    publishing_article.slug_da = "andet"
    publishing_article.save()
    with pytest.raises(CommandError, match="Et andet brok"):
        run(MANUSCRIPT, publish=True)
    assert Article.objects.count() == 1
    assert not Author.objects.exists()


def test_address_of_another_draft_is_that_article(run):
    article = make_article(slug_da="lyskebrok")
    run(MANUSCRIPT)
    assert Article.objects.get() == article


# The clinic's own article


@pytest.fixture
def seed_page(client):
    if not SEED.exists():
        pytest.skip(f"the clinic's article is not at {SEED}")
    out = StringIO()
    call_command("import_article", str(SEED), language="en", slug="gut-brain", publish=True, stdout=out)
    response = client.get("/en/blog/gut-brain/")
    assert response.status_code == 200
    return response.content.decode()


def words_of(html):
    """What a reader reads, with single blanks; markers as they are printed."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return " ".join("".join(tree.find("body").itertext()).split())


def test_clinics_article_loses_no_sentence(seed_page):
    read = words_of(seed_page).replace("–", "-")  # the title, which the file writes in both ways
    # Said by the page itself: the address it came from, its date, and what labels its parts.
    labels = re.compile(
        r"^(By |Content from |Author: |Abstract$|- PubMed ID: \d+: |More on this|Category: |Reference list)"
    )
    kept = 0
    for line in SEED.read_text().splitlines():
        for sentence in re.split(r"(?<=[.?!]) ", labels.sub("", " ".join(line.split()))):
            if labels.match(line) and not line.startswith("- PubMed"):
                continue
            assert sentence.replace("–", "-") in read
            kept += 1
    assert kept > 60


def test_clinics_article_has_its_headings_at_their_levels(seed_page):
    headings = re.findall(r'<h([23]) id="[^"]*">(.*?)</h\1>', seed_page)
    assert [level for level, _title in headings] == list("22333233322")
    assert headings[0] == ("2", "Introduction")
    assert headings[2] == ("3", "1. The vagus nerve (the direct phone line)")


def test_clinics_article_has_its_references_in_order(seed_page):
    pmids = ["29958137", "31741923", "32561570", "34123512", "41310510", "34306126"]
    listed = seed_page[seed_page.index('id="references"') : seed_page.index('class="notes"')]
    assert re.findall(r'href="https://pubmed.ncbi.nlm.nih.gov/(\d+)/"', listed) == pmids


def test_clinics_article_has_every_citation_at_its_entry(seed_page):
    printed = [re.findall(r"\d+", group) for group in re.findall(r"\[(\d+(?:, \d+)*)\]", SEED.read_text())]
    shown = [
        re.findall(r'href="#ref-(\d+)"', marker)
        for marker in re.findall(r'<span class="citation">\[.*?\]</span>', seed_page)
    ]
    assert shown == printed
    assert sum(map(len, shown)) == 20
    assert ["3", "4"] in shown


def test_clinics_article_has_author_date_and_category(seed_page):
    read = words_of(seed_page)
    assert "Dr. Bahir Hadi, Consultant Surgeon, PhD" in read
    assert "June 2026" in read
    assert "Gastrointestinal" in read


# Word


def test_word_file_is_imported(tmp_path):
    file = tmp_path / "letter.docx"
    file.write_bytes(letter())
    out = StringIO()
    call_command("import_article", str(file), stdout=out)
    article = Article.objects.get()
    assert article.text("title", "da") == "Lyskebrok på Ærø"
    picture = Picture.objects.get()
    assert f"![](picture:{picture.pk})" in article.text("body", "da")
    assert picture.description("da") == "En tegning af lysken"
    assert set(Reference.objects.values_list("pmid", "doi")) == {(11, None), (None, "10.1000/proeve.1")}


@pytest.mark.parametrize(
    ("alt", "line"),
    [("En [hånd] | fod", r"\[Billede 1: En \[hånd] \| fod]"), ("", r"\[Billede 1]")],
)
def test_picture_that_is_not_kept_leaves_its_line(alt, line):
    picture = SentPicture("{picture-1}", b"data", "image/png", alt)
    manuscript = Manuscript("Brok", "da", body="Før\n\n{picture-1}", pictures=(picture,))
    imported = importing.store(manuscript)
    assert imported.article.text("body", "da") == f"Før\n\n{line}"


def test_picture_without_a_description_is_said():
    picture = SentPicture("{picture-1}", photograph(60, 40), "image/png", "")
    with translation.override("en"):
        imported = importing.store(Manuscript("Brok", "da", body="{picture-1}", pictures=(picture,)))
    assert any("1 picture has no description" in note for note in imported.notes)


def test_pictures_that_would_take_longer_than_a_request_has_are_said(monkeypatch):
    monkeypatch.setattr(importing, "LONGEST_PREPARING", 0)
    sent = [SentPicture(f"{{picture-{n}}}", photograph(60, 40), "image/png", f"Hånd {n}") for n in (1, 2)]
    manuscript = Manuscript("Brok", "da", body="{picture-1}\n\n{picture-2}", pictures=tuple(sent))
    with translation.override("en"):
        imported = importing.store(manuscript, by=make_editor())
    assert (
        imported.article.text("body", "da")
        == f"![](picture:{Picture.objects.get().pk})\n\n\\[Billede 2: Hånd 2]"
    )
    assert any("Picture 2 of the file was not taken over" in note for note in imported.notes)


def test_command_has_time_for_every_picture(monkeypatch):
    monkeypatch.setattr(importing, "LONGEST_PREPARING", 0)
    sent = [SentPicture(f"{{picture-{n}}}", photograph(60, 40), "image/png", f"Hånd {n}") for n in (1, 2)]
    importing.store(Manuscript("Brok", "da", body="{picture-1}{picture-2}", pictures=tuple(sent)))
    assert Picture.objects.count() == 2


def test_pictures_of_a_file_that_is_not_stored_leave_no_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    picture = SentPicture("{picture-1}", photograph(60, 40), "image/png", "En hånd")
    manuscript = Manuscript("Brok" * 100, "da", body="{picture-1}", pictures=(picture,))
    with pytest.raises(ValidationError):
        importing.store(manuscript)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
