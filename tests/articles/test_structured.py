"""JSON-LD, checked against schema.org's own vocabulary."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from articles import publishing
from articles.publishing import Remarks, Review
from references.models import Reference
from tests.browser.site import make_site
from tests.factories import (
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_preview_link,
    make_reference,
    make_treatment,
)
from tests.heads import data, get, without_data
from tests.schema_org import problems

pytestmark = pytest.mark.django_db

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@pytest.fixture(autouse=True)
def at_an_address(settings):
    settings.SITE_URL = "https://blog.example"


def said(client, edition):
    return data(get(client, edition.get_absolute_url()).content.decode())


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_page_uses_words_of_the_vocabulary_only(client, language):
    pages = make_site(language)
    for kind in ("front page", "older articles", "article", "category", "author", "treatment"):
        node = data(get(client, pages[kind]).content.decode())
        assert node.pop("@context") == "https://schema.org"
        assert list(problems(node)) == [], kind


def identified(node):
    """Kind and @id of everything in it that has one."""
    for part in node if isinstance(node, list) else node.values():
        if isinstance(part, dict | list):
            yield from identified(part)
    if "@id" in node:
        yield node["@type"], node["@id"]


def test_no_two_things_are_said_to_be_one(client):
    pages = make_site("da")
    for kind in ("article", "category", "author", "treatment"):
        things = set(identified(data(get(client, pages[kind]).content.decode())))
        assert len({address for _kind, address in things}) == len(things), kind


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        ({"@type": "MedicalWebPage", "jobTitle": "x"}, "/MedicalWebPage.jobTitle is no property"),
        ({"@type": "Blog", "author": {"@type": "Blog", "name": "x"}}, "/Blog.author is no Blog"),
        ({"@type": "Blog", "url": "/da/blog/"}, "/Blog.url is no whole address: /da/blog/"),
    ],
)
def test_the_check_finds_what_is_wrong(node, problem):
    assert list(problems(node)) == [problem]


def test_article_is_a_medical_page_for_patients(client):
    edition = make_edition(title_da="Lyskebrok", abstract_da="Kort sagt.")
    node = said(client, edition)
    assert (node["@type"], node["audience"]) == ("MedicalWebPage", {"@type": "Patient"})
    assert (node["headline"], node["description"], node["inLanguage"]) == ("Lyskebrok", "Kort sagt.", "da")
    assert node["url"] == f"https://blog.example{edition.get_absolute_url()}"
    assert node["publisher"]["name"] == "Kirurgen.dk"


def test_dates_are_of_the_languages_first_and_of_the_current_edition(client):
    article = make_bilingual_article()
    for language, month in (("en", 1), ("da", 3), ("da", 6)):
        article.body_da += " Mere."
        article.save()
        at = datetime(2198, month, 1, 9, 0, tzinfo=COPENHAGEN)
        edition = publishing.publish(article, language, at=at)
    with time_machine.travel(at):
        node = said(client, edition)
    assert node["datePublished"] == "2198-03-01T09:00:00+01:00"
    assert node["dateModified"] == "2198-06-01T09:00:00+02:00"


def test_review_is_named_when_there_was_one(client):
    review = Review(by=make_author("Bo Prøve", title_da="overlæge"), on=date(2026, 6, 1))
    edition = make_edition(remarks=Remarks(review=review))
    node = said(client, edition)
    assert node["lastReviewed"] == "2026-06-01"
    assert node["reviewedBy"] == {"@type": "Person", "name": "Bo Prøve", "jobTitle": "overlæge"}


def test_nothing_is_said_of_a_review_that_was_not(client):
    node = said(client, make_edition())
    assert "lastReviewed" not in node
    assert "reviewedBy" not in node


def test_author_is_a_person_with_a_page(client):
    edition = make_edition(author=make_author("Anna Prøve", slug="anna", title_da="overlæge"))
    assert said(client, edition)["author"] == {
        "@type": "Person",
        "@id": "https://blog.example/da/blog/author/anna/#person",
        "name": "Anna Prøve",
        "jobTitle": "overlæge",
        "url": "https://blog.example/da/blog/author/anna/",
    }


def test_author_is_known_by_orcid(client):
    author = make_author(orcid="0000-0002-1825-0097")
    said_of = said(client, make_edition(author=author))["author"]
    assert said_of["identifier"]["value"] == "0000-0002-1825-0097"
    assert said_of["sameAs"] == "https://orcid.org/0000-0002-1825-0097"


def test_it_is_about_its_category_and_treatments(client):
    article = make_bilingual_article(category=make_category(name_da="Brok"))
    article.treatments.add(make_treatment(name_da="Operation", slug_da="operation"))
    about = said(client, publishing.publish(article, "da"))["about"]
    assert [(node["@type"], node["name"]) for node in about] == [
        ("Thing", "Brok"),
        ("MedicalProcedure", "Operation"),
    ]
    assert about[1]["url"] == "https://blog.example/da/blog/treatment/operation/"


def test_cited_work_has_its_numbers(client):
    make_reference(
        11, doi="10.1016/j.cell.2021.06.019", title="Effects of <i>Bacteroides</i>", journal="Cell"
    )
    [work] = said(client, make_edition(body_da="Et [@pmid:11]."))["citation"]
    assert work == {
        "@type": "ScholarlyArticle",
        "name": "Effects of Bacteroides",
        "identifier": {"@type": "PropertyValue", "propertyID": "PMID", "value": "11"},
        "sameAs": ["https://pubmed.ncbi.nlm.nih.gov/11/", "https://doi.org/10.1016/j.cell.2021.06.019"],
    }


@pytest.mark.parametrize("standing", ["retracted", "not_found"])
def test_work_in_bad_standing_is_not_cited_to_machines(client, standing):
    edition = make_edition(references=2)
    Reference.objects.filter(pmid=2_000_001).update(standing=standing)
    assert [work["identifier"]["value"] for work in said(client, edition)["citation"]] == ["2000002"]


def test_work_of_concern_is_marked(client):
    edition = make_edition(references=1)
    Reference.objects.update(standing="concern")
    assert said(client, edition)["citation"][0]["creativeWorkStatus"] == "Expression of concern"


def test_original_and_translation_name_each_other(client):
    article = make_bilingual_article()
    danish, english = publishing.publish(article, "da"), publishing.publish(article, "en")
    addresses = {e.language: f"https://blog.example{e.get_absolute_url()}" for e in (danish, english)}
    assert [work["@id"] for work in said(client, danish)["workTranslation"]] == [addresses["en"]]
    assert said(client, english)["translationOfWork"]["@id"] == addresses["da"]


def test_translation_whose_original_is_offline_names_none(client):
    article = make_bilingual_article()
    publishing.publish(article, "da")
    english = publishing.publish(article, "en")
    publishing.withdraw(article, "da")
    assert "translationOfWork" not in said(client, english)


def test_breadcrumb_leads_from_the_blog_over_the_category(client):
    edition = make_edition(title_da="Lyskebrok", category=make_category(name_da="Brok", slug_da="brok"))
    crumbs = said(client, edition)["breadcrumb"]["itemListElement"]
    assert [(crumb["position"], crumb["name"]) for crumb in crumbs] == [
        (1, "Blog"),
        (2, "Brok"),
        (3, "Lyskebrok"),
    ]


def test_treatment_page_is_about_a_procedure_that_can_be_booked(client):
    make_treatment(name_da="Koloskopi", slug_da="koloskopi", booking_url_da="https://example.dk/tid")
    node = data(get(client, "/da/blog/treatment/koloskopi/").content.decode())
    assert node["mainEntity"]["@type"] == "MedicalProcedure"
    assert node["mainEntity"]["potentialAction"] == {
        "@type": "ReserveAction",
        "target": "https://example.dk/tid",
    }


def test_list_names_the_articles_on_its_page(client):
    edition = make_edition(title_da="Lyskebrok")
    node = data(get(client, "/da/blog/").content.decode())
    [post] = node["blogPost"]
    assert post["url"] == f"https://blog.example{edition.get_absolute_url()}"
    assert post["headline"] == "Lyskebrok"


def test_no_text_ends_the_element(client):
    title = "</script><script>alert(1)</script><!-- & <b>"
    html = get(client, make_edition(title_da=title).get_absolute_url()).content.decode()
    assert data(html)["headline"] == title
    assert "<script" not in without_data(html)


def test_draft_says_nothing_to_machines(client):
    html = client.get(make_preview_link().get_absolute_url()).content.decode()
    assert "ld+json" not in html
    assert "canonical" not in html
