import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from articles import drafts, publishing
from articles.pages import draft_page
from references.models import Reference
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_treatment,
)
from tests.heads import without_data

pytestmark = pytest.mark.django_db

NEXT_YEAR = datetime(2199, 3, 14, 9, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))


def page(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize("references", [0, 1, 30])
def test_article_page_costs_one_query_with_any_number_of_references(
    client, django_assert_num_queries, references
):
    article = make_bilingual_article(author=make_author(), category=make_category())
    article.treatments.set([make_treatment(), make_treatment()])
    article.related.set([make_edition().article, make_edition().article])
    publishing.publish(article, "en")
    edition = make_edition(article, references=references)
    with django_assert_num_queries(1):
        client.get(edition.get_absolute_url())


def test_editors_of_a_book_are_on_the_page(client):
    edition = make_edition(body_da="Et [@pmid:5].")
    Reference.objects.filter(pmid=5).update(title="On galls", book="The Handbook", editors=["Roe R", "Poe P"])
    assert "Roe R, Poe P, redaktører. The Handbook." in page(client, edition.get_absolute_url())


def test_article_page_shows_title_abstract_and_text(client):
    edition = make_edition(title_da="Lyskebrok", abstract_da="Om brok.", body_da="Et **stort** brok.")
    html = page(client, edition.get_absolute_url())
    assert "<h1>Lyskebrok</h1>" in html
    assert "Om brok." in html
    assert "Et <strong>stort</strong> brok." in html


def test_byline_names_author_title_and_month(client):
    edition = make_edition(author=make_author("Bo Prøve", title_da="overlæge"), published_on=date(2026, 6, 1))
    html = page(client, edition.get_absolute_url())
    assert "Bo Prøve</a>, overlæge" in html
    assert "juni 2026" in html


def test_month_is_english_on_the_english_page(client):
    article = make_bilingual_article(published_on=date(2026, 6, 1))
    assert "June 2026" in page(client, publishing.publish(article, "en").get_absolute_url())


def test_outline_links_to_headings_of_the_text(client):
    html = page(client, make_edition(body_da="## Før\n\nEt.\n\n### Efter\n\nTo.").get_absolute_url())
    ids = re.findall(r'<h[23] id="([^"]+)"', html)
    assert ids == ["foer", "efter"]
    assert all(f'href="#{anchor}"' in html for anchor in ids)


def test_every_citation_leads_to_its_entry_and_back(client):
    edition = make_edition(body_da="Et [@pmid:11; @pmid:22], to [@pmid:22].")
    html = page(client, edition.get_absolute_url())
    ids = re.findall(r'id="((?:ref|cite)-[^"]+)"', html)
    targets = re.findall(r'href="#((?:ref|cite)-[^"]+)"', html)
    assert sorted(ids) == ["cite-1-1", "cite-2-1", "cite-2-2", "ref-1", "ref-2"]
    assert set(targets) == set(ids)


def test_reference_list_links_to_pubmed(client):
    html = page(client, make_edition(body_da="Et [@pmid:34256014].").get_absolute_url())
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/34256014/"' in html


def test_reference_list_is_in_vancouver_style(client):
    Reference.objects.create(
        pmid=34256014,
        title="Gut-microbiota-targeted diets modulate human immune status",
        authors=["Wastyk HC", "Fragiadakis GK", "Perelman D"],
        has_more_authors=True,
        journal="Cell",
        published="2021 Aug 5",
        volume="184",
        issue="16",
        pages="4137-4153.e14",
        doi="10.1016/j.cell.2021.06.019",
    )
    html = page(client, make_edition(body_da="Et [@pmid:34256014].").get_absolute_url())
    assert (
        "Wastyk HC, Fragiadakis GK, Perelman D, et al. Gut-microbiota-targeted diets modulate human immune"
        " status. Cell. 2021 Aug 5;184(16):4137-4153.e14. doi: 10.1016/j.cell.2021.06.019."
    ) in html


def test_standing_changes_on_the_page_without_a_new_edition(client):
    edition = make_edition(references=1)
    Reference.objects.update(standing="retracted", notice_url="https://pubmed.ncbi.nlm.nih.gov/2/")
    html = page(client, edition.get_absolute_url())
    assert re.search(r'class="warning">[^<]*<a href="https://pubmed.ncbi.nlm.nih.gov/2/">', html)


def test_retraction_is_said_at_every_place_that_cites_the_study(client):
    edition = make_edition(body_da="Et [@pmid:11; @pmid:22], to [@pmid:22].")
    Reference.objects.filter(pmid=22).update(standing="retracted")
    assert page(client, edition.get_absolute_url()).count('class="retracted"') == 2


def test_kind_of_study_and_plain_summary_stand_in_the_list(client):
    edition = make_edition(references=1)
    types = [["D016428", "Journal Article"], ["D016449", "Randomized Controlled Trial"]]
    Reference.objects.update(
        publication_types=types, plain_summary_da="Kort sagt.", plain_summary_en="In short."
    )
    html = page(client, edition.get_absolute_url())
    assert '<p class="kind">' in html
    assert "Kort sagt." in html
    assert "In short." not in html


def test_reference_in_good_standing_says_when_it_was_checked(client):
    edition = make_edition(references=1)
    checked_at = datetime(2026, 3, 14, 23, 30, tzinfo=ZoneInfo("UTC"))
    Reference.objects.update(standing="good", checked_at=checked_at)
    assert "15. marts 2026" in page(client, edition.get_absolute_url())


def test_treatments_have_a_page_and_a_booking_link(client):
    article = make_article()
    treatment = make_treatment(
        name_da="Koloskopi", slug_da="koloskopi", booking_url_da="https://example.dk/k"
    )
    article.treatments.add(treatment)
    html = page(client, publishing.publish(article, "da").get_absolute_url())
    assert 'href="/da/blog/treatment/koloskopi/"' in html
    assert 'href="https://example.dk/k"' in html


def test_treatment_without_a_name_in_the_language_is_left_out(client):
    article = make_bilingual_article()
    article.treatments.add(make_treatment(name_en="", booking_url_en="https://example.dk/only-danish"))
    html = page(client, publishing.publish(article, "en").get_absolute_url())
    assert "only-danish" not in html


def test_treatment_added_to_the_draft_is_not_on_the_page(client):
    edition = make_edition()
    edition.article.treatments.add(make_treatment(booking_url_da="https://example.dk/later"))
    assert "https://example.dk/later" not in page(client, edition.get_absolute_url())


def test_related_articles_are_shown_while_they_are_online(client):
    online, offline = make_edition(title_da="Galdesten"), make_edition(title_da="Trukket tilbage")
    publishing.withdraw(offline.article, "da")
    article = make_article()
    article.related.set([online.article, offline.article])
    html = page(client, publishing.publish(article, "da").get_absolute_url())
    assert f'href="{online.get_absolute_url()}"' in html
    assert "Trukket tilbage" not in html


def links_of(client, edition):
    """Titles of the related articles, in their order."""
    html = page(client, edition.get_absolute_url())
    _before, _found, section = html.partition('id="related"')
    return re.findall(r"<a [^>]*>([^<]*)</a>", section.partition("</section>")[0])


def test_related_are_the_chosen_ones_then_by_reference_then_by_category(client):
    category = make_category()
    chosen = make_edition(title_da="Valgt")
    make_edition(title_da="Samme kategori", category=category)
    make_edition(title_da="Samme kilde", body_da="Et [@pmid:11].")
    make_edition(title_da="Hverken eller", body_da="Et [@pmid:22].")
    article = make_article(category=category, body_da="To [@pmid:11; @pmid:33].")
    article.related.add(chosen.article)
    assert links_of(client, publishing.publish(article, "da")) == ["Valgt", "Samme kilde", "Samme kategori"]


def test_no_more_than_five_related_articles_each_once_and_never_itself(client):
    category = make_category()
    others = [
        make_edition(title_da=f"Nr. {n}", category=category, body_da="Et [@pmid:11].") for n in range(7)
    ]
    article = make_article(title_da="Selv", category=category, body_da="Et [@pmid:11].")
    article.related.add(others[0].article)
    titles = links_of(client, publishing.publish(article, "da"))
    assert titles[0] == "Nr. 0"
    assert len(titles) == len(set(titles)) == 5
    assert "Selv" not in titles


def test_related_by_category_are_online_in_the_language(client):
    category = make_category()
    english = publishing.publish(make_bilingual_article(category=category), "en")
    withdrawn = make_edition(category=category)
    publishing.withdraw(withdrawn.article, "da")
    make_edition(category=category, at=NEXT_YEAR)
    assert links_of(client, make_edition(category=category)) == []
    assert english.title


def test_article_without_category_or_references_is_akin_to_none(client):
    make_edition()
    edition = make_edition()
    assert links_of(client, edition) == []
    assert draft_page(drafts.compile(edition.article, "da")).related == []


def test_preview_shows_the_related_articles_that_the_page_will(client):
    category = make_category()
    make_edition(title_da="Samme kategori", category=category)
    article = make_article(category=category)
    assert [link["name"] for link in draft_page(drafts.compile(article, "da")).related] == ["Samme kategori"]


@pytest.mark.parametrize(
    ("words", "danish", "english"),
    [(20, "Læsetid: 1 minut<", "1 min read"), (790, "Læsetid: 4 minutter<", "4 min read")],
)
def test_byline_says_how_long_it_takes_to_read(client, words, danish, english):
    article = make_bilingual_article(body_da="ord " * words, body_en="word " * words)
    assert danish in page(client, publishing.publish(article, "da").get_absolute_url())
    assert english in page(client, publishing.publish(article, "en").get_absolute_url())


def test_every_number_opens_a_note(client):
    html = page(client, make_edition(body_da="Et [@pmid:11; @pmid:22], to [@pmid:22].").get_absolute_url())
    assert re.findall(r'popovertarget="([^"]+)"', html) == ["note_1", "note_2", "note_2"]
    assert re.findall(r'<div popover [^>]*id="([^"]+)"', html) == ["note_1", "note_2"]


def test_page_without_references_has_no_notes(client):
    assert "note" not in page(client, make_edition().get_absolute_url())


def test_language_switcher_leads_to_the_same_article(client):
    article = make_bilingual_article()
    danish, english = publishing.publish(article, "da"), publishing.publish(article, "en")
    assert f'<a href="{english.get_absolute_url()}" lang="en"' in page(client, danish.get_absolute_url())


def test_language_switcher_is_absent_without_another_language(client):
    html = page(client, make_edition(make_bilingual_article()).get_absolute_url())
    assert 'hreflang="en"' not in html


def test_page_sets_no_cookie(client):
    assert not client.get(make_edition().get_absolute_url()).cookies


def test_page_has_no_script(client):
    edition = make_edition(body_da="<script>alert(1)</script>Tekst.", accepted="Nobody runs it.")
    assert "<script" not in without_data(page(client, edition.get_absolute_url()))


def test_draft_is_not_shown(client):
    article = make_article(slug_da="kladde")
    page(client, "/da/blog/kladde/", status=404)
    publishing.publish(article, "da")
    article.body_da = "Hemmeligt udkast"
    article.save()
    assert "Hemmeligt udkast" not in page(client, "/da/blog/kladde/")


def test_scheduled_article_is_there_when_its_time_has_come(client):
    edition = make_edition(at=NEXT_YEAR)
    page(client, edition.get_absolute_url(), status=404)
    with time_machine.travel(NEXT_YEAR):
        page(client, edition.get_absolute_url())


def test_scheduled_article_is_not_named_before_its_time(client):
    edition = make_edition(make_bilingual_article(title_da="Hemmelig nyhed"), at=NEXT_YEAR)
    assert "Hemmelig nyhed" not in page(client, f"/en/blog/{edition.slug}/", status=404)


# Addresses


def test_former_slug_redirects_for_good(client):
    article = make_article(slug_da="gammel")
    publishing.publish(article, "da")
    article.slug_da = "ny"
    article.save()
    publishing.publish(article, "da")
    response = client.get("/da/blog/gammel/")
    assert (response.status_code, response["Location"]) == (301, "/da/blog/ny/")


def test_every_former_slug_leads_to_the_newest_at_once(client):
    article = make_article(slug_da="en")
    for slug in ("en", "to", "tre"):
        article.slug_da = slug
        article.save()
        publishing.publish(article, "da")
    assert {client.get(f"/da/blog/{slug}/")["Location"] for slug in ("en", "to")} == {"/da/blog/tre/"}


def test_former_slug_taken_by_another_article_shows_that_one(client):
    article = make_article(slug_da="brok")
    publishing.publish(article, "da")
    article.slug_da = "lyskebrok"
    article.save()
    publishing.publish(article, "da")
    make_edition(slug_da="brok", title_da="Alt om brok")
    assert "<h1>Alt om brok</h1>" in page(client, "/da/blog/brok/")


def test_slug_of_the_other_language_leads_to_this_one_for_now(client):
    article = make_bilingual_article(slug_da="galdesten", slug_en="gallstones")
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    response = client.get("/en/blog/galdesten/")
    assert (response.status_code, response["Location"]) == (302, "/en/blog/gallstones/")


def test_missing_language_names_the_one_there_is(client):
    edition = make_edition(title_da="Hæmorider", slug_da="haemorider")
    html = page(client, "/en/blog/haemorider/", status=404)
    assert 'href="/da/blog/haemorider/"' in html
    assert "Dansk" in html
    assert edition.title in html


def test_withdrawn_article_is_gone_and_says_since_when(client):
    edition = make_edition(title_da="Om brok")
    with time_machine.travel(NEXT_YEAR):
        publishing.withdraw(edition.article, "da")
        html = page(client, edition.get_absolute_url(), status=410)
    assert "“Om brok” blev trukket tilbage den 14. marts 2199." in html


def test_withdrawn_article_names_what_is_there_instead(client):
    category, treatment = make_category(slug_da="brok"), make_treatment(slug_da="brokoperation")
    article = make_article(category=category)
    article.treatments.add(treatment)
    edition = publishing.publish(article, "da")
    publishing.withdraw(article, "da")
    similar = make_edition(category=category)
    another = make_edition(category=make_category())
    html = page(client, edition.get_absolute_url(), status=410)
    for path in ("/da/blog/category/brok/", "/da/blog/treatment/brokoperation/", similar.get_absolute_url()):
        assert f'href="{path}"' in html
    assert another.get_absolute_url() not in html


def test_withdrawn_translation_names_the_language_that_is_left(client):
    article = make_bilingual_article()
    danish, english = publishing.publish(article, "da"), publishing.publish(article, "en")
    publishing.withdraw(article, "en")
    html = page(client, english.get_absolute_url(), status=404)
    assert f'href="{danish.get_absolute_url()}"' in html
    assert "has been withdrawn" not in html


def test_withdrawn_article_that_will_be_back_is_not_gone(client):
    edition = make_edition()
    publishing.withdraw(edition.article, "da")
    publishing.publish(edition.article, "da", at=NEXT_YEAR)
    page(client, edition.get_absolute_url(), status=404)


def test_permalink_of_a_withdrawn_article_is_gone(client):
    article = make_edition().article
    publishing.withdraw(article, "da")
    page(client, f"/a/{article.pk}/", status=410)


def test_page_of_a_withdrawn_article_costs_the_same_whatever_there_is_instead(
    client, django_assert_max_num_queries
):
    category = make_category()
    article = make_article(category=category)
    article.treatments.set([make_treatment() for _ in range(5)])
    edition = publishing.publish(article, "da")
    publishing.withdraw(article, "da")
    for _ in range(10):
        make_edition(category=category)
    with django_assert_max_num_queries(7):
        client.get(edition.get_absolute_url())


def test_unknown_article_has_the_sites_own_404_page(client):
    assert 'href="/da/blog/"' in page(client, "/da/blog/findes-ikke/", status=404)


@pytest.mark.parametrize(
    ("accepted", "expected"), [("en-GB,en;q=0.9", "en"), ("da", "da"), ("fr", "da"), ("", "da")]
)
@pytest.mark.parametrize("path", ["/", "/blog/", "/blog/tarm-hjerne-aksen/"])
def test_address_without_a_language_leads_to_the_readers(client, path, accepted, expected):
    response = client.get(path, headers={"Accept-Language": accepted})
    assert response.status_code == 302
    assert response["Location"].startswith(f"/{expected}/")
    assert "Accept-Language" in response["Vary"]


def test_root_leads_to_the_blog_at_once(client):
    assert client.get("/", headers={"Accept-Language": "en"})["Location"] == "/en/blog/"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_public_pages_are_read_only(client, method):
    assert getattr(client, method)(make_edition().get_absolute_url()).status_code == 405


# The reference list as a file


@pytest.mark.parametrize(
    ("extension", "kind", "first"),
    [
        ("ris", "application/x-research-info-systems", "TY  - "),
        ("nbib", "application/nbib", "PMID- 2000001"),
        ("bib", "application/x-bibtex", "@"),
    ],
)
def test_reference_list_can_be_taken_along(client, extension, kind, first):
    edition = make_edition(references=2)
    response = client.get(f"{edition.get_absolute_url()}references.{extension}")
    assert response["Content-Type"].startswith(kind)
    assert response.content.decode().lstrip().startswith(first)
    assert f'references.{extension}"' in page(client, edition.get_absolute_url())


def test_former_slug_leads_to_the_reference_list(client):
    article = make_article(slug_da="gammel")
    publishing.publish(article, "da")
    article.slug_da = "ny"
    article.save()
    publishing.publish(article, "da")
    response = client.get("/da/blog/gammel/references.ris")
    assert (response.status_code, response["Location"]) == (301, "/da/blog/ny/references.ris")


@pytest.mark.parametrize("path", ["brok/references.exe", "findes-ikke/references.ris"])
def test_unknown_file_is_404(client, path):
    make_edition(slug_da="brok")
    page(client, f"/da/blog/{path}", status=404)
