"""An article as Markdown."""

from datetime import date

import pytest

from articles import publishing
from articles.publishing import Remarks, Review
from references.models import Reference
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_edition,
    make_picture,
    make_reference,
)

pytestmark = pytest.mark.django_db

SITE = "https://blog.example"


@pytest.fixture(autouse=True)
def at_an_address(settings):
    settings.SITE_URL = SITE


def text(client, edition):
    response = client.get(f"{edition.get_absolute_url().removesuffix('/')}.md")
    assert (response.status_code, response["Content-Type"]) == (200, "text/markdown; charset=utf-8")
    assert not response.cookies
    return response.content.decode()


def test_it_has_what_the_page_has(client):
    review = Review(by=make_author("Bo Prøve", title_da="overlæge"), on=date(2198, 6, 1))
    edition = make_edition(
        title_da="Lyskebrok",
        abstract_da="Kort sagt.",
        body_da="## Hvad\n\nEn **bule**.",
        author=make_author("Anna Prøve", title_da="kirurg"),
        published_on=date(2026, 6, 1),
        remarks=Remarks(review=review),
    )
    written = text(client, edition)
    assert written.startswith("# Lyskebrok\n\nAnna Prøve, kirurg · juni 2026  \n")
    assert "Lægefagligt gennemgået af Bo Prøve, overlæge, den 1. juni 2198" in written
    assert "\n\nKort sagt.\n\n## Hvad\n\nEn **bule**.\n\n---\n\nUdgave 1, " in written
    assert written.endswith(f"<{SITE}/a/{edition.article_id}/>\n")


def test_when_to_seek_help_comes_before_the_text_with_the_numbers_to_ring(client):
    written = text(
        client, make_edition(seek_help_da="Ring, hvis **det** gør ondt.", body_da="## Hvad\n\nEt.")
    )
    assert "\n\nRing, hvis **det** gør ondt.\n\n- 112: ved livsfare\n" in written
    assert written.index("- 112:") < written.index("## Hvad")


def test_citations_are_numbered_as_on_the_page(client):
    make_reference(11, doi="10.1000/One", title="On galls", journal="Gut", published="2021")
    make_reference(22, claimed="Hansen 1999")
    edition = make_edition(
        body_da="Et [@pmid:22], to [@doi:10.1000/one; @pmid:22] og \\[@ikke].", accepted="Plain."
    )
    written = text(client, edition)
    assert "Et [1], to [1, 2] og \\[@ikke]." in written
    assert "1. Hansen 1999 " in written
    assert "2. On galls. Gut. 2021. doi: 10.1000/One." in written
    assert "<https://pubmed.ncbi.nlm.nih.gov/11/> <https://doi.org/10.1000/One>" in written


def test_retraction_is_said_where_the_work_is_cited_and_in_the_list(client):
    edition = make_edition(body_da="Et [@pmid:11].")
    Reference.objects.update(standing="retracted", title="On galls")
    written = text(client, edition)
    assert "Et [1 (**dette studie er trukket tilbage**)]." in written
    assert "1. On galls. Dette studie er trukket tilbage. <" in written


def test_links_to_our_pages_and_pictures_are_whole(client):
    picture = make_picture(alt_da="En tegning")
    body = f"Se [her](/da/blog/) og [der](https://example.dk/).\n\n![Fig. 1]({'picture:' + str(picture.pk)})"
    written = text(client, make_edition(body_da=body))
    assert f"[her]({SITE}/da/blog/) og [der](https://example.dk/)" in written
    assert f"![En tegning]({SITE}/media/pictures/{picture.stem}-" in written
    assert "\n\nFig. 1\n" in written


def test_translation_that_is_behind_says_so(client):
    article = make_bilingual_article()
    publishing.publish(article, "da")
    english = publishing.publish(article, "en")
    article.body_da += " Mere."
    article.save()
    danish = publishing.publish(article, "da")
    page = client.get(english.get_absolute_url()).content.decode()
    assert "This translation has not been yet." in page
    assert f"This translation has not been yet. <{SITE}{danish.get_absolute_url()}>" in text(client, english)


def test_draft_is_not_in_it(client):
    edition = make_edition()
    edition.article.body_da = "Hemmeligt"
    edition.article.save()
    assert "Hemmeligt" not in text(client, edition)


@pytest.mark.parametrize("references", [0, 30])
def test_it_costs_two_queries_with_any_number_of_references(client, django_assert_num_queries, references):
    edition = make_edition(references=references)
    with django_assert_num_queries(2):
        text(client, edition)


def test_search_engines_are_led_to_the_page(client):
    edition = make_edition(slug_da="brok")
    assert client.get("/da/blog/brok.md")["Link"] == f'<{SITE}{edition.get_absolute_url()}>; rel="canonical"'


def test_former_slug_leads_to_the_text(client):
    article = make_article(slug_da="gammel")
    publishing.publish(article, "da")
    article.slug_da = "ny"
    article.save()
    publishing.publish(article, "da")
    response = client.get("/da/blog/gammel.md")
    assert (response.status_code, response["Location"]) == (301, "/da/blog/ny.md")


def test_withdrawn_and_unknown_articles_are_missing(client):
    edition = make_edition(slug_da="brok")
    publishing.withdraw(edition.article, "da")
    assert {client.get(f"/da/blog/{slug}.md").status_code for slug in ("brok", "none")} <= {404, 410}


def test_head_can_be_asked_for(client):
    make_edition(slug_da="brok")
    response = client.head("/da/blog/brok.md")
    assert (response.status_code, response.content) == (200, b"")
