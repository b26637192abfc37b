"""Every finding: what brings it about, and what does not."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from articles import drafts, preflight, publishing
from articles.models import Article, Edition, LinkCheck, Override
from articles.preflight import wording
from articles.preflight.case import case_of
from articles.preflight.claims import needs_source
from articles.publishing import NotPublishable, Remarks, Review
from references.models import Reference
from tests.factories import (
    make_approval,
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_editor,
    make_picture,
    make_reference,
    make_treatment,
)

pytestmark = pytest.mark.django_db

NEXT_YEAR = datetime(2199, 3, 14, 9, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))
Standing = Reference.Standing


def found(article, name, language="da", at=None):
    """The findings of that name."""
    with translation.override("en"):
        findings = preflight.findings(drafts.compile(article, language), at)
    return [finding for finding in findings if finding.name == name]


def of(body, name, language="da", **fields):
    """The findings of that name about a text."""
    article = make_bilingual_article(**{f"body_{language}": body} | fields)
    return found(article, name, language)


def quotes(findings):
    return [quote for finding in findings for quote in finding.quotes]


def complete_article(**fields):
    """Without a finding."""
    reference = make_reference(standing=Standing.GOOD, checked_at=timezone.now())
    body = f"## Hvad er det?\n\nDet er 12 % [@pmid:{reference.pmid}]."
    people = {"author": make_author(), "reviewer": make_author()}
    article = make_article(body_da=body, category=make_category(), **people | fields)
    article.treatments.add(make_treatment())
    return article


def test_complete_article_has_no_findings():
    assert preflight.findings(drafts.compile(complete_article(), "da")) == []


def test_errors_come_before_warnings():
    levels = [f.level for f in preflight.findings(drafts.compile(make_article(abstract_da=""), "da"))]
    assert levels == sorted(levels)
    assert set(levels) == {"error", "warning"}


def test_every_finding_is_said_in_danish_too():
    article = make_article(title_da="", abstract_da="", body_da="")
    draft = drafts.compile(article, "da")
    with translation.override("en"):
        english = {finding.text for finding in preflight.findings(draft)}
    with translation.override("da"):
        danish = {finding.text for finding in preflight.findings(draft)}
    assert "Resumeet mangler." in danish
    assert not english & danish


# Texts and address


@pytest.mark.parametrize("field", ["title", "slug", "abstract", "body"])
def test_empty_text_is_an_error(field):
    article = make_article(**{f"{field}_da": " " if field != "slug" else None})
    [finding] = found(article, f"{field}_empty")
    assert finding.is_error
    assert finding.url.endswith(f"/change/#id_{field}_da")


@pytest.mark.parametrize("field", ["title", "slug", "abstract", "body"])
def test_text_that_is_there_is_not_empty(field):
    assert not found(make_article(), f"{field}_empty")


def other_with_slug(slug, **times):
    """Another article that has the slug online, and another one in its draft."""
    edition = make_edition(slug_da=slug, title_da="Galdesten", **times)
    Article.objects.filter(pk=edition.article_id).update(slug_da=f"{slug}-2")
    return edition


def test_slug_in_force_elsewhere_is_an_error_that_names_the_other():
    other_with_slug("sten")
    [finding] = found(make_article(slug_da="sten"), "slug_taken")
    assert "“Galdesten”" in finding.text
    assert not finding.can_be_accepted


def test_slug_scheduled_elsewhere_is_an_error():
    other_with_slug("sten", at=NEXT_YEAR)
    assert found(make_article(slug_da="sten"), "slug_taken")


def test_slug_of_a_withdrawn_article_is_free():
    publishing.withdraw(other_with_slug("sten").article, "da")
    assert not found(make_article(slug_da="sten"), "slug_taken")


def test_own_slug_is_not_taken():
    assert not found(make_edition(slug_da="sten").article, "slug_taken")


def test_slug_of_the_other_language_is_not_taken():
    make_edition(make_bilingual_article(slug_en="sten"), "en")
    assert not found(make_article(slug_da="sten"), "slug_taken")


@pytest.mark.parametrize("slug", ["to ord", "Æble", "search"])
def test_impossible_slug_is_an_error(slug):
    [finding] = found(make_article(slug_da=slug), "slug_impossible")
    assert not finding.can_be_accepted


def test_slug_of_words_is_possible():
    assert not found(make_article(slug_da="et-ord-2"), "slug_impossible")


# Evidence


def test_citation_that_cannot_be_read_is_an_error_with_its_line():
    [finding] = of("Et.\n\nTo [@pmid:PMC123].", "citation_unreadable")
    assert (finding.is_error, finding.line, finding.quotes) == (True, 3, ("[@pmid:PMC123]",))


@pytest.mark.parametrize("body", ["Et [@pmid:12].", "Skriv \\[@ her.", "Et [@klinik](https://example.dk/)."])
def test_what_is_no_broken_citation_is_no_error(body):
    assert not of(body, "citation_unreadable")


def citing(name, **fields):
    reference = make_reference(**{"checked_at": timezone.now()} | fields)
    return reference, of(f"Et [@pmid:{reference.pmid}].", name)


@pytest.mark.parametrize(
    ("name", "standing", "level"),
    [
        ("reference_not_found", Standing.NOT_FOUND, "error"),
        ("reference_retracted", Standing.RETRACTED, "error"),
        ("reference_with_concern", Standing.CONCERN, "warning"),
    ],
)
def test_reference_in_bad_standing_is_found_until_it_is_intended(name, standing, level):
    reference, [finding] = citing(name, standing=standing)
    assert finding.level == level
    assert f"PubMed {reference.pmid}" in finding.text
    assert finding.url.endswith(f"/references/reference/{reference.pk}/change/")
    assert not citing(name, standing=standing, intended_standing=standing)[1]


def test_reference_that_was_intended_before_its_retraction_is_an_error():
    assert citing("reference_retracted", standing=Standing.RETRACTED, intended_standing=Standing.CONCERN)[1]


@pytest.mark.parametrize("name", ["reference_not_found", "reference_retracted", "reference_with_concern"])
@pytest.mark.parametrize(
    "standing", [Standing.GOOD, Standing.CORRECTED, Standing.UPDATED, Standing.UNCHECKED]
)
def test_reference_in_order_is_not_found(name, standing):
    assert not citing(name, standing=standing)[1]


def test_another_paper_is_an_error_until_it_is_intended():
    wrong = {"standing": Standing.GOOD, "agreement": Reference.Agreement.ANOTHER_PAPER}
    assert citing("reference_another_paper", **wrong)[1][0].is_error
    assert not citing("reference_another_paper", **wrong, intended_standing=Standing.GOOD)[1]


@pytest.mark.parametrize("agreement", ["agrees", "doubtful", "nothing_claimed"])
def test_paper_that_agrees_is_not_another(agreement):
    assert not citing("reference_another_paper", standing=Standing.GOOD, agreement=agreement)[1]


def test_unchecked_references_are_one_warning():
    [finding] = of("Et [@pmid:12], to [@pmid:13].", "reference_unchecked")
    assert not finding.is_error
    assert "PubMed 12, PubMed 13" in finding.text


@pytest.mark.parametrize(("days", "is_stale"), [(8, False), (10, True)])
def test_reference_is_stale_after_nine_days(days, is_stale):
    looked = timezone.now() - timedelta(days=days)
    assert bool(citing("reference_stale", standing=Standing.GOOD, checked_at=looked)[1]) == is_stale


def test_checked_reference_is_not_unchecked():
    assert not citing("reference_unchecked", standing=Standing.GOOD)[1]


def test_languages_that_cite_differently_are_compared_by_work():
    make_reference(pmid=12, doi="10.1000/x")
    article = make_bilingual_article(body_da="Et [@pmid:12; @pmid:13].", body_en="One [@doi:10.1000/x; @14].")
    [finding] = found(article, "languages_cite_differently")
    assert "only in Danish: PubMed 13; only in English: PubMed 14" in finding.text


@pytest.mark.parametrize("english", ["One [@pmid:13; @12].", ""])
def test_languages_that_cite_the_same_or_are_not_written_yet_are_no_finding(english):
    assert not of("Et [@pmid:12], to [@pmid:13].", "languages_cite_differently", body_en=english)


# Pictures, links, HTML


@pytest.mark.parametrize(
    "body", ["![](/media/a.png)", '<img src="/media/a.png">', '<img src="/a.png" alt=" ">']
)
def test_picture_without_alternative_text_is_an_error(body):
    [finding] = of(f"Et.\n\n{body}", "picture_without_alt")
    assert (finding.is_error, finding.line) == (True, 3)


def test_picture_without_a_description_in_the_language_is_an_error_that_leads_to_the_picture():
    picture = make_picture(alt_da="", alt_en="A lump")
    [finding] = of(f"![](picture:{picture.pk})", "picture_without_alt")
    assert finding.is_error
    assert finding.url == reverse("admin:articles_picture_change", args=[picture.pk])
    assert not of(f"![](picture:{picture.pk})", "picture_without_alt", language="en")


def test_picture_that_is_not_there_is_an_error():
    [finding] = of("Et.\n\n![](picture:999)", "picture_missing")
    assert (finding.is_error, finding.line) == (True, 3)
    assert not of(f"![](picture:{make_picture().pk})", "picture_missing")


def test_picture_without_a_number_is_an_error():
    [finding] = of("![](picture:bule)", "picture_malformed")
    assert finding.is_error
    assert not of(f"![](picture:{make_picture().pk})", "picture_malformed")


def test_picture_within_a_line_is_a_warning():
    picture = make_picture()
    [finding] = of(f"En bule ![](picture:{picture.pk}) her.", "picture_in_a_line")
    assert not finding.is_error
    assert not of(f"En bule.\n\n![](picture:{picture.pk})", "picture_in_a_line")


def test_picture_with_alternative_text_is_none():
    assert not of("![En bule i lysken](/media/a.png)", "picture_without_alt")


NOTHING = [
    "/da/blog/findes-ikke/",
    "/da/blog/category/findes-ikke/",
    "/da/blog/treatment/findes-ikke/",
    "/da/blog/author/findes-ikke/",
    "/da/findes-ikke/",
    "/findes/ikke/",
    "/a/999999/",
    "findes-ikke",
    "../findes-ikke/",
    "#findes-ikke",
    "#",
    "",
    "http://",
    "http://[",
    "http://127.0.0.1:8000/da/blog/findes-ikke/",
]


@pytest.mark.parametrize("href", NOTHING)
def test_link_to_nothing_is_an_error(settings, href):
    settings.SITE_URL = "http://127.0.0.1:8000"
    [finding] = of(f"Et.\n\nSe [galdesten](<{href}>).", "link_to_nothing")
    assert finding.is_error


@pytest.fixture
def site():
    """Pages that links may lead to."""
    category, treatment = make_category(slug_da="mave"), make_treatment(slug_da="koloskopi")
    author = make_author(slug="anna")
    article = make_edition(slug_da="gammel", author=author, category=category).article
    article.treatments.add(treatment)
    article.slug_da = "lyskebrok"
    article.save()
    publishing.publish(article, "da")
    make_edition(make_bilingual_article(slug_en="hernia"), "en")
    return article


@pytest.mark.parametrize(
    "href",
    [
        *(
            "/da/blog/lyskebrok/",
            "/da/blog/lyskebrok",
            "/da/blog/lyskebrok/#hvad-er-et-brok",
            "../lyskebrok/",
        ),
        *("/da/blog/gammel/", "/blog/lyskebrok/", "/en/blog/hernia/", "/da/blog/", "/da/", "/"),
        *("/da/blog/category/mave/", "/da/blog/treatment/koloskopi/", "/da/blog/author/anna/"),
        *("/da/blog/lyskebrok/references.ris", "/media/folder.pdf", "#tarmen", "#references", "#ref-1"),
        *("https://example.dk/", "//example.dk/x", "mailto:a@example.dk", "tel:+4512345678"),
        *("http://127.0.0.1:8000/da/blog/lyskebrok/", "https://example.dk/[", "/da/blog/l%79skebrok/"),
    ],
)
def test_link_to_a_page_is_no_error(site, settings, href):
    settings.SITE_URL = "http://127.0.0.1:8000"
    assert not of(f"## Tarmen\n\nSe [galdesten](<{href}>) [@pmid:12].", "link_to_nothing")


def test_permalink_of_an_article_that_is_online_is_no_error(site):
    assert not of(f"[den anden](/a/{site.pk}/)", "link_to_nothing")


def test_link_to_the_article_itself_is_no_error():
    assert not of("[her](/da/blog/selv/)", "link_to_nothing", slug_da="selv")


def test_link_to_a_withdrawn_article_is_an_error(site):
    publishing.withdraw(site, "da")
    assert of("[den](/da/blog/lyskebrok/)", "link_to_nothing")
    assert of(f"[den](/a/{site.pk}/)", "link_to_nothing")


def test_link_to_an_article_in_another_language_only_is_an_error(site):
    assert of("[den](/da/blog/hernia/)", "link_to_nothing")


def test_link_to_an_author_without_an_article_is_an_error():
    make_author(slug="bo")
    assert of("[Bo](/da/blog/author/bo/)", "link_to_nothing")


@pytest.mark.parametrize("by", ["slug", "number"])
def test_link_to_an_article_that_was_never_online_is_a_warning(by):
    other = make_article(slug_da="senere")
    href = "/da/blog/senere/" if by == "slug" else f"/a/{other.pk}/"
    [finding] = of(f"[den]({href})", "link_to_draft")
    assert not finding.is_error
    assert not of(f"[den]({href})", "link_to_nothing")


def test_link_to_a_scheduled_article_is_a_warning_until_then():
    make_edition(slug_da="senere", at=NEXT_YEAR)
    article = make_article(body_da="[den](/da/blog/senere/)")
    assert found(article, "link_to_draft")
    assert not found(article, "link_to_draft", at=NEXT_YEAR + timedelta(days=1))


def test_link_to_an_article_online_is_not_one_to_a_draft(site):
    assert not of("[den](/da/blog/lyskebrok/)", "link_to_draft")


@pytest.mark.parametrize(
    ("body", "quote"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ('<p style="color:red">Et.</p>', "<p style>"),
        ("[x](javascript:alert)", "<a href>"),
        ("![Et](https://example.dk/a.png)", "<img src>"),
        ("Skriv <navn> her.", "<navn>"),
        ('<div class="a">Et.</div>', "<div>"),
    ],
)
def test_html_that_is_dropped_is_an_error(body, quote):
    [finding] = of(f"Et.\n\n{body}", "html_dropped")
    assert (finding.is_error, finding.quotes) == (True, (quote,))


@pytest.mark.parametrize(
    "body",
    [
        "p < 0,05 og 7 > 3, a<b, <3 & co. <-- pil",
        "`<div>` og\n\n    <script>kode",
        "| a | b |\n|:--|--:|\n| 1 | 2 |\n\nTerm\n:   Forklaring\n\n1. et\n3. to",
        "<https://example.dk> <a@example.dk> H<sub>2</sub>O<br>to<br/>tre <em>et <b>to</em></b>",
        "![Bule](/media/a.png) <!-- huskeseddel --> [x]: y\n\n[x]: https://example.dk 'titel'",
        "Et <[@pmid:12]> og [x](/a[@pmid:3]/).",
        "<figure><img src='/a.png' alt='Bule'><figcaption>En bule</figcaption></figure>",
    ],
)
def test_ordinary_text_loses_no_html(body):
    assert not of(body, "html_dropped")


@pytest.mark.parametrize("body", ["### Et", "## Et\n\n#### To", "# Et\n\n### To"])
def test_skipped_heading_level_is_a_warning(body):
    [finding] = of(body, "heading_level_skipped")
    assert not finding.is_error


@pytest.mark.parametrize("body", ["## Et\n\n### To\n\n#### Tre\n\n## Fire", "# Et\n\n## To", "Ingen"])
def test_heading_levels_in_order_are_no_finding(body):
    assert not of(body, "heading_level_skipped")


@pytest.mark.parametrize("words", ["her", "Læs mere", "klik her.", "here", "Click here", "read  more »"])
def test_link_whose_words_say_nothing_is_a_warning(words):
    assert of(f"[{words}](https://example.dk/)", "link_text_says_nothing")


@pytest.mark.parametrize("words", ["Læs mere om galdesten", "hernia", "herpes"])
def test_link_whose_words_say_where_it_leads_is_none(words):
    assert not of(f"[{words}](https://example.dk/)", "link_text_says_nothing")


@pytest.mark.parametrize(("failing", "count"), [(timedelta(days=3), 1), (None, 0)])
def test_page_outside_that_did_not_answer_is_a_warning(failing, count):
    since = timezone.now() - failing if failing else None
    LinkCheck.objects.create(url="https://example.dk/x", trouble="gone", failing_since=since)
    assert len(of("[x](https://example.dk/x#y)", "outside_link_failing")) == count


# What an article should have


def test_article_without_author_category_and_treatment_is_warned_of():
    for name in ("author_missing", "category_missing", "treatment_missing"):
        assert [finding.level for finding in found(make_article(), name)] == ["warning"]
        assert not found(complete_article(), name)


@pytest.mark.parametrize(("length", "count"), [(600, 0), (601, 1)])
def test_abstract_is_long_over_600_characters(length, count):
    assert len(found(make_article(abstract_da="x" * length), "abstract_long")) == count


# Wording

CLAIMS = [
    "Det hjælper 12 % af alle.",
    "Risikoen er 3 procent.",
    "Det rammer 3 ud af 10.",
    "Det sker for hver tiende.",
    "Undersøgelser viser, at det hjælper.",
    "Nyere forskning har vist det.",
    "Det er bevist, at te hjælper.",
    "Der var 36 raske voksne.",
    "Mellem 400.000 og 500.000 danskere har det.",
    "Galdesten over 1,5 cm giver gener.",
    "Studies show that it helps.",
    "Research has clearly shown it.",
    "One in five gets it.",
    "It helps 30 per cent.",
    "There were 120 patients.",
]
NO_CLAIMS = [
    "Ring 112 eller 1813.",
    "Ring til Livslinien på 70 201 201.",
    "Klinikken har telefon 12 34 56 78 og +45 12345678.",
    "Det varer 10-15 minutter, og du er hjemme i 14 dage.",
    "Operationen varer 45 min., og såret heler på 3 uger.",
    "Er du over 50 år, 60-årig eller mellem 18 og 25 år?",
    "Mød kl. 10.30, eller ring mellem kl. 8 og 15.",
    "Mød den 14. marts 2026 eller 14.3.2026.",
    "Siden 2019 og i årene 2020-2024.",
    "Få målt HbA1c, B12 og type 2-diabetes på trin 10.",
    "Prisen er 1.250 kr. i alt.",
    "Har du feber over 38,5 grader?",
    "Vi bor på Prøvevej 2, 2100 København.",
    "Lægen fortæller, hvad undersøgelsen har vist.",
    "Undersøgelser af blodet viser, om du har betændelse.",
    "Hver anden dag skal du hvile.",
    "Der er to slags, og 3 af dem ses.",
    "Come at 10 am, on 14 March 2026, or call 12 34 56 78.",
    "You are aged 60 to 75, or a 50-year-old.",
    "It takes 10 to 15 minutes, 12 hours, or 14 days.",
    "The tests show how you are.",
]


@pytest.mark.parametrize("text", CLAIMS)
def test_claim_needs_a_source(text):
    assert needs_source(text)


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_number_that_is_no_claim_needs_no_source(text):
    assert not needs_source(text)


def test_claim_without_citation_is_a_warning_that_quotes_its_beginning():
    [finding] = of(f"Et.\n\n{CLAIMS[0]} {'Og så videre. ' * 20}", "claim_without_citation")
    assert (finding.level, finding.line) == ("warning", 3)
    assert finding.quotes[0].startswith("Det hjælper 12 % af alle.")
    assert len(finding.quotes[0]) <= 102


@pytest.mark.parametrize(
    "body",
    [
        "Det hjælper 12 % [@pmid:12].",
        "- 12 % [@pmid:12]\n- Ro",
        "## De 12 %",
        "| Kost | Andel |\n|---|---|\n| Havre | 12 % [@pmid:12] |\n| Byg | 14 % |",
    ],
)
def test_claim_with_citation_is_no_finding(body):
    assert not of(body, "claim_without_citation")


def test_hard_danish_is_a_warning_with_its_three_hardest_sentences():
    hard = [
        "Gastroenterologiske undersøgelser forudsætter omhyggelig udrensning.",
        "Laparoskopiske operationer nødvendiggør fuldstændig bedøvelse.",
        "Komplikationerne omfatter blødninger, infektioner, perforationer.",
        "Patienterne informeres grundigt forinden undersøgelserne.",
    ]
    [finding] = of(" ".join(["Du er rask.", *hard]), "hard_to_read")
    assert finding.level == "warning"
    assert len(finding.quotes) == 3
    assert set(finding.quotes) < set(hard)


def test_easy_danish_is_no_finding():
    assert not of("Du må gå hjem. Du skal hvile. " * 10, "hard_to_read")


def test_hard_english_is_a_warning():
    text = "Gastrointestinal investigations necessitate comprehensive preparation. " * 5
    assert "Flesch" in of(text, "hard_to_read", "en")[0].text


def test_easy_english_is_no_finding():
    assert not of("You can go home. You should rest a bit. " * 5, "hard_to_read", "en")


def test_few_words_are_not_judged():
    assert not of("Gastroenterologiske undersøgelser.", "hard_to_read")


@pytest.mark.parametrize("word", ["garanteret", "Helbreder", "risikofri", "smertefri"])
def test_word_of_promise_is_a_warning_in_every_text(word):
    for field in ("title_da", "abstract_da", "body_da"):
        [finding] = found(make_article(**{field: f"Det er {word} nu."}), "promise")
        assert (finding.level, finding.quotes) == ("warning", (f"Det er {word} nu.",))


@pytest.mark.parametrize("word", ["guaranteed", "Cures", "risk-free"])
def test_english_word_of_promise_is_a_warning(word):
    assert of(f"It is {word} now.", "promise", "en")


def test_words_that_only_contain_one_promise_nothing():
    assert not of("En smertefrihedsplan helbrederne kender.", "promise")


def test_language_without_a_formula_or_words_of_promise_is_not_judged():
    draft = drafts.compile(make_article(body_da="Gastroenterologiske undersøgelser. " * 20), "da")
    draft.edition.language = "de"
    case = case_of(draft, timezone.now())
    assert not [*wording.hard_to_read(case), *wording.promise(case)]


def test_words_of_promise_are_a_setting(settings):
    settings.PROMISE_WORDS = {"da": ["uovertruffen"]}
    assert of("Den er uovertruffen.", "promise")
    assert not of("Det er garanteret.", "promise")


# Together


def test_sample_articles_have_no_errors():
    call_command("load_sample")
    assert not Override.objects.exists()
    for edition in Edition.objects.current():
        findings = preflight.findings(drafts.compile(edition.article, edition.language))
        assert [finding.sentence for finding in findings if finding.is_error] == []


def test_looking_costs_the_same_for_a_long_text():
    def queries_for(number):
        body = "\n\n".join(
            f"Et [@pmid:{n}], [to](/da/blog/nr-{n}/), [tre](/a/{n}/), [fire](https://{n}.example/),"
            f" [fem](/da/blog/category/c-{n}/), [seks](/da/blog/author/a-{n}/)."
            for n in range(1, number + 1)
        )
        draft = drafts.compile(make_bilingual_article(body_da=body, body_en=body), "da")
        with CaptureQueriesContext(connection) as captured:
            preflight.findings(draft)
        return len(captured)

    assert queries_for(60) == queries_for(1)


def test_looking_writes_nothing():
    draft = drafts.compile(make_article(body_da="Et [@pmid:34256014], [to](https://example.dk/)."), "da")
    preflight.findings(draft)
    assert not Reference.objects.exists()
    assert not LinkCheck.objects.exists()


# Reviews and translations


def test_missing_approval_is_an_error_where_the_clinic_requires_one(settings):
    settings.APPROVAL_REQUIRED = True
    article = make_article()
    [finding] = found(article, "approval_missing")
    assert (finding.is_error, finding.can_be_accepted) == (True, False)
    assert finding.url == reverse("admin:articles_article_share", args=[article.pk])


def test_approved_text_lacks_no_approval(settings):
    settings.APPROVAL_REQUIRED = True
    article = make_article()
    make_approval(article, decision="approved", decided_at=timezone.now())
    assert not found(article, "approval_missing")


def test_approval_is_not_missed_where_none_is_required(settings):
    settings.APPROVAL_REQUIRED = False
    assert not found(make_article(), "approval_missing")


def reviewed(next_review_on):
    """Online, with a review by a doctor."""
    article = make_article(reviewer=make_author())
    with time_machine.travel(next_review_on - timedelta(days=365)):
        remarks = Remarks(review=Review(by=article.reviewer, on=timezone.localdate()))
        return publishing.publish(article, "da", remarks=remarks).article


def test_text_that_no_doctor_reviews_is_a_warning():
    [finding] = found(make_article(), "review_missing")
    assert not finding.is_error
    assert finding.url.endswith("#id_reviewer")


def test_text_with_a_reviewer_has_one():
    assert not found(make_article(reviewer=make_author()), "review_missing")


def test_review_that_is_overdue_is_a_warning():
    [finding] = found(reviewed(timezone.now() - timedelta(days=3)), "review_overdue")
    assert not finding.is_error


def test_review_that_is_not_due_yet_is_none():
    assert not found(reviewed(timezone.now() + timedelta(days=30)), "review_overdue")


def translated():
    """Online in both languages, the English made from the Danish."""
    article = make_bilingual_article()
    for language in ("da", "en"):
        publishing.publish(article, language, remarks=Remarks(follows_original=True))
    return article


def test_translation_behind_its_original_is_a_warning_that_leads_to_both():
    article = translated()
    article.body_da = "Noget helt andet."
    article.save()
    publishing.publish(article, "da")
    [finding] = found(article, "translation_behind", "en")
    assert not finding.is_error
    assert finding.url == reverse("admin:articles_article_translation", args=[article.pk])
    assert not found(article, "translation_behind", "da")


def test_translation_that_follows_its_original_is_not_behind():
    assert not found(translated(), "translation_behind", "en")


# Publishing in spite of them


def test_errors_block_publishing_with_their_sentences():
    with pytest.raises(NotPublishable) as refusal, translation.override("en"):
        publishing.publish(make_article(abstract_da="", body_da="![](/a.png)"), "da")
    assert refusal.value.reasons == [
        "The abstract is empty.",
        "A picture has no alternative text. Say in a few words what it shows. “/a.png”",
    ]


def test_warnings_do_not_block_publishing():
    assert publishing.publish(make_article(body_da="Garanteret 12 %."), "da").number == 1


def test_override_is_kept_with_who_why_and_what():
    editor = make_editor()
    with translation.override("en"):
        edition = publishing.publish(make_article(abstract_da=""), "da", by=editor, accepted=" Kort. ")
    override = edition.override
    assert (override.by, override.reason) == (editor, "Kort.")
    assert override.findings == [{"name": "abstract_empty", "sentence": "The abstract is empty."}]


def test_blank_reason_accepts_nothing():
    with pytest.raises(NotPublishable):
        publishing.publish(make_article(abstract_da=""), "da", accepted=" ")


def test_reason_without_errors_keeps_nothing():
    publishing.publish(make_article(), "da", accepted="Unødvendigt.")
    assert not Override.objects.exists()


@pytest.mark.parametrize("field", ["title_da", "slug_da", "body_da"])
def test_page_nobody_could_read_is_not_accepted(field):
    article = make_article(**{field: "" if field != "slug_da" else None})
    with pytest.raises(NotPublishable):
        publishing.publish(article, "da", accepted="Alligevel.")


def test_of_very_many_faults_of_one_kind_the_first_are_named():
    article = make_article(body_da="".join(f"[a](#b{n}) " for n in range(150)))
    *named, last = found(article, "link_to_nothing")
    assert [finding.quotes for finding in named] == [(f"#b{n}",) for n in range(100)]
    assert (last.is_error, last.quotes) == (True, ())


ODD_LINKS = [
    "http://[::1",
    "//",
    "///x",
    "\\\\x",
    "/%ff/",
    "/da",
    "//[",
    "?a=b",
    "a:b",
    "/a/1e9/",
    "http://a\u0130",
]


@pytest.mark.parametrize("href", ODD_LINKS)
def test_odd_link_is_no_exception(href):
    article = make_article(body_da=f'<a href="{href}">et</a> ![to]({href})')
    preflight.findings(drafts.compile(article, "da"))


@pytest.mark.parametrize("stretch", ["1", "1,", "1-", "a", "A. ", "på 1 ", ".", '."', "a-", "<", "#", "&"])
def test_long_odd_text_is_read(stretch):
    """Rules that take time square in the text would take minutes here."""
    preflight.findings(drafts.compile(make_article(body_da=stretch * 20_000 + "x"), "da"))
