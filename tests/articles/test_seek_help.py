"""When to seek help: from the editor's form to the box that patients read."""

import re

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import translation

from articles import (
    drafts,
    following,
    importing,
    links,
    manuscripts,
    markdown,
    preflight,
    publishing,
    revising,
    snapshots,
)
from articles.desk.changes import Content, changes
from articles.models import Article, Edition, LinkCheck
from articles.publishing import Remarks
from clinic.identity import Clinic, EmergencyNumber
from tests.desk import publish
from tests.factories import make_article, make_bilingual_article, make_edition, make_editor

pytestmark = pytest.mark.django_db

TEXT = "**Ring straks**, hvis bulen bliver hård."


def page(client, edition):
    return client.get(edition.get_absolute_url()).content.decode()


def found(name, **fields):
    with translation.override("en"):
        findings = preflight.findings(drafts.compile(make_article(**fields), "da"))
    return [finding for finding in findings if finding.name == name]


# On the page


def test_box_stands_before_and_after_the_text(client):
    html = page(client, make_edition(seek_help_da=TEXT, body_da="Selve teksten."))
    boxes = [match.start() for match in re.finditer("<strong>Ring straks</strong>, hvis bulen", html)]
    assert len(boxes) == 2
    assert boxes[0] < html.index("Selve teksten.") < boxes[1]


def test_box_has_a_heading_in_the_readers_language(client):
    html = page(client, make_edition(seek_help_da=TEXT))
    assert re.findall(r"<h2[^>]*>(Hvornår skal du søge hjælp\?)</h2>", html)


def test_no_id_comes_twice(client):
    html = page(client, make_edition(seek_help_da=f"## Nu\n\n{TEXT}", body_da="## Nu\n\nEt [@pmid:11]."))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_emergency_numbers_of_the_clinic_are_in_the_box(client, settings):
    number = EmergencyNumber(number="1-1-2", words={"da": "ved livsfare", "en": "in danger"})
    settings.CLINIC = Clinic(name="Klinik", emergency=(number,))
    html = page(client, make_edition(seek_help_da=TEXT))
    assert html.count('<a href="tel:112">1-1-2</a> ved livsfare') == 2


def test_outline_leads_to_the_box(client):
    assert 'href="#seek_help"' in page(client, make_edition(seek_help_da=TEXT))


def test_article_without_it_has_no_box(client):
    html = page(client, make_edition())
    assert "seek-help" not in html
    assert "tel:112" not in html


def test_page_of_an_edition_keeps_its_box(client):
    edition = make_edition(seek_help_da=TEXT)
    Article.objects.update(seek_help_da="Noget andet.")
    html = page(client, edition)
    assert "Noget andet." not in html
    assert "Ring straks" in html


def test_box_of_a_draft_is_in_its_preview(client):
    client.force_login(make_editor())
    article = make_article(seek_help_da=TEXT)
    response = client.get(reverse("admin:articles_article_preview", args=[article.pk, "da"]))
    assert response.content.decode().count("<strong>Ring straks</strong>") == 2


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>Ring.", "<p>Ring.</p>"),
        ("# Nu", "<h3>Nu</h3>"),
        ("![](picture:1)Ring.", "<p>Ring.</p>"),
        ("[læge](javascript:alert)", "<p><a>læge</a></p>"),
        ("Et [@pmid:11].", "<p>Et [@pmid:11].</p>"),
    ],
)
def test_short_text_has_nothing_that_cannot_stand_twice(text, html):
    assert markdown.render_short(text).strip() == html


# Part of what is published


def test_hash_is_what_it_was_where_there_is_none():
    draft = drafts.compile(make_article(), "da")
    assert "seek_help" not in drafts.content(draft)


def test_another_text_is_another_content():
    article = make_article(seek_help_da=TEXT)
    before = drafts.compile(article, "da").edition.content_hash
    article.seek_help_da = "Noget andet."
    assert drafts.compile(article, "da").edition.content_hash != before


def test_new_text_makes_a_new_edition():
    edition = make_edition()
    Article.objects.update(seek_help_da=TEXT)
    assert publishing.publish(edition.article, "da").number == 2


def test_snapshot_has_it():
    draft = drafts.compile(make_article(seek_help_da=TEXT), "da")
    compiled = snapshots.compiled(snapshots.take(draft))
    assert compiled.edition.seek_help == TEXT
    assert compiled.edition.content_hash == draft.edition.content_hash


def test_restoring_an_edition_brings_it_back():
    edition = make_edition(seek_help_da=TEXT)
    Article.objects.update(seek_help_da="")
    assert publishing.restore(edition).seek_help_da == TEXT


def test_changed_draft_is_told_from_its_edition():
    edition = make_edition()
    edition.article.seek_help_da = TEXT
    edition.article.save()
    assert list(Edition.objects.unlike_their_draft()) == [edition]


def test_publish_page_shows_what_changes(client):
    edition = make_edition(seek_help_da=TEXT)
    Article.objects.update(seek_help_da="Noget andet.")
    draft = Content.of_draft(drafts.compile(Article.objects.get(), "da"))
    with translation.override("en"):
        assert [change.label for change in changes(Content.of(edition), draft)] == ["When to seek help"]


def test_publish_page_publishes_it(client):
    client.force_login(make_editor())
    article = make_article(seek_help_da=TEXT)
    publish(client, article, ["da"])
    assert Edition.objects.get().seek_help == TEXT


def test_translation_is_behind_when_the_originals_changes():
    article = make_bilingual_article(seek_help_da=TEXT, seek_help_en="Call at once.")
    before = publishing.publish(article, "da")
    english = publishing.publish(article, "en", remarks=Remarks(follows_original=True))
    Article.objects.update(seek_help_da=TEXT.replace("hård", "hård og øm"))
    now = publishing.publish(article, "da")
    assert list(Edition.objects.outdated()) == [english]
    [change] = following.changes(before, now, english)
    assert change.translation == "Call at once."


# Writing


def test_every_version_of_it_is_kept():
    assert {"seek_help_da", "seek_help_en"} <= revising.FIELDS.keys()


def test_form_saves_it(client):
    client.force_login(make_editor())
    article = make_article()
    sent = {
        "original_language": "da",
        "title_da": "Brok",
        "seek_help_da": TEXT,
        "loaded_version": article.version,
        "_continue": "Save",
    }
    client.post(reverse("admin:articles_article_change", args=[article.pk]), sent)
    assert Article.objects.get().seek_help_da == TEXT


def test_two_who_write_it_at_once_settle_it_in_the_text(client):
    client.force_login(make_editor())
    article = make_article(seek_help_da="Ring.")
    revising.record(article)
    loaded = revising.lock(article.pk).version
    Article.objects.update(seek_help_da="Ring nu.")
    revising.record(Article.objects.get())
    sent = {"original_language": "da", "title_da": article.title_da, "seek_help_da": "Ring straks."}
    response = client.post(
        reverse("admin:articles_article_change", args=[article.pk]),
        sent | {"loaded_version": loaded, "_continue": "Save"},
    )
    text = response.context["adminform"].form["seek_help_da"].value()
    assert "Ring straks." in text
    assert "Ring nu." in text


def test_import_reads_it_from_the_front_matter():
    text = "---\ntitle: Brok\nlanguage: da\nseek_help: |\n  Ring, hvis\n\n  - det gør ondt.\n---\nTekst."
    imported = importing.store(manuscripts.parse(text))
    assert imported.article.seek_help_da == "Ring, hvis\n\n- det gør ondt."
    assert imported.notes == []


def test_import_that_does_not_say_it_leaves_it_as_it_is():
    make_article(slug_da="brok", seek_help_da=TEXT)
    importing.store(manuscripts.parse("---\ntitle: Brok\nlanguage: da\nslug: brok\n---\nTekst."))
    assert Article.objects.get().seek_help_da == TEXT


def test_sample_shows_it_in_both_languages():
    call_command("load_sample")
    shown = Edition.objects.exclude(seek_help="").values_list("language", flat=True)
    assert {language: list(shown).count(language) for language in ("da", "en")} == {"da": 3, "en": 3}


# What is found in it


def test_citation_in_it_is_an_error():
    [finding] = found("citation_in_box", seek_help_da="Ring [@pmid:11].")
    assert finding.is_error
    assert finding.quotes == ("[@pmid:11]",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("link_to_nothing", "Se [siden](/da/blog/findes-ikke/)."),
        ("link_to_nothing", "Se [stedet](#findes-ikke)."),
        ("link_text_says_nothing", "Se [her](https://example.dk/)."),
        ("promise", "Hjælpen er garanteret."),
        ("html_dropped", "![](picture:1)"),
        ("html_dropped", "| A | B |\n|---|---|\n| 1 | 2 |"),
    ],
)
def test_finding_in_it_leads_to_its_field(name, text):
    findings = found(name, seek_help_da=text, body_da="Tekst.")
    assert findings
    assert {finding.url.partition("#")[2] for finding in findings} == {"id_seek_help_da"}


def test_it_may_say_how_long_without_a_source():
    assert not found("claim_without_citation", seek_help_da="Ring, hvis det varer mere end 37,5 dage.")


def test_hard_sentence_in_it_is_hard_to_read():
    hard = "Gastroenterologiske komplikationer nødvendiggør øjeblikkelig hospitalsindlæggelse. " * 6
    assert found("hard_to_read", seek_help_da=hard, body_da="Kort.")


def test_text_may_link_to_the_box():
    assert not found("link_to_nothing", seek_help_da=TEXT, body_da="Se [hjælp](#seek_help).")


def test_links_in_it_are_watched():
    make_article(seek_help_da="[Kladde](https://draft.example/)")
    make_edition(seek_help_da="[Online](https://online.example/)")
    links.collect()
    assert set(LinkCheck.objects.values_list("url", flat=True)) == {
        "https://draft.example/",
        "https://online.example/",
    }
