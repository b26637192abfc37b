from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import publishing
from articles.models import Article, AuditEntry, Author, Edition, Override
from references.models import Reference
from tests.desk import publish, shown_online
from tests.eutils import EUtils, StandingClock
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_edition,
    make_editor,
    make_picture,
    make_treatment,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def address(page, article, *args):
    return reverse(f"admin:articles_article_{page}", args=[article.pk, *args])


def form(**fields):
    """What the form sends of a new article, or of one in its first version."""
    texts = {
        f"{field}_{code}": "" for field in ("title", "slug", "abstract", "body") for code in ("da", "en")
    }
    sent = {"loaded_version": "1", "original_language": "da", "title_da": "Lyskebrok", "_continue": "Save"}
    return texts | sent | fields


def add(desk, **fields):
    response = desk.post(reverse("admin:articles_article_add"), form(**fields), follow=True)
    assert response.status_code == 200
    return response


def texts(response):
    return [str(message) for message in response.context["messages"]]


# Writing


def test_saved_article_has_its_texts_in_both_languages(desk):
    add(desk, title_en="Hernia", body_da="Et.", body_en="One.")
    article = Article.objects.get()
    assert [article.text("body", code) for code in ("da", "en")] == ["Et.", "One."]


def test_slug_is_made_from_the_title(desk):
    add(desk, title_da="Blødning på Ærø", title_en="Bleeding")
    article = Article.objects.get()
    assert [article.text("slug", code) for code in ("da", "en")] == ["bloedning-paa-aeroe", "bleeding"]


@pytest.mark.parametrize("active", ["da", "en"])
def test_language_of_the_admin_does_not_decide_where_texts_go(desk, active):
    desk.defaults["HTTP_ACCEPT_LANGUAGE"] = active
    add(desk, title_en="Hernia")
    assert Article.objects.get().text("title", "en") == "Hernia"


def test_taken_slug_is_an_error_at_its_field_and_keeps_what_was_typed(desk):
    make_article(slug_da="brok")
    response = add(desk, slug_da="brok", body_da="Lang tekst.")
    assert "slug_da" in response.context["adminform"].form.errors
    assert "Lang tekst." in response.content.decode()


@pytest.mark.parametrize("slug", ["search", "Æble", "to ord"])
def test_impossible_slug_is_an_error_at_its_field(desk, slug):
    assert "slug_da" in add(desk, slug_da=slug).context["adminform"].form.errors


def test_article_needs_a_title_in_its_original_language(desk):
    response = add(desk, title_da="", title_en="Hernia")
    assert "title_da" in response.context["adminform"].form.errors


def test_article_may_be_english_only(desk):
    add(desk, original_language="en", title_da="", title_en="Hernia")
    assert str(Article.objects.get()) == "Hernia"


def test_saving_creates_the_references_the_text_names(desk):
    add(desk, body_da="Et [@pmid:34256014].", body_en="One [@doi:10.1000/x].")
    assert {str(key) for r in Reference.objects.all() for key in r.keys} == {"pmid:34256014", "doi:10.1000/x"}


def test_saving_reports_a_citation_that_cannot_be_read_with_its_line(desk):
    response = add(desk, body_da="Et.\n\nTo [@pmid:PMC123].")
    assert any("Danish, line 3" in text and "PMC123" in text for text in texts(response))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Et.\n\n![](picture:99)", "Danish, line 3: There is no picture 99."),
        ("Et.\n\n![](picture:bule)", "Danish, line 3: “bule” is not the number of a picture."),
        ("![](/static/img/mark.svg)", "Danish, line 1, “/static/img/mark.svg”: A picture has no alternative"),
        ("Et.\n\n[To](/da/blog/gone/)", "Danish, line 3, “/da/blog/gone/”: The link leads to nothing."),
        ("[To]()", "Danish, “To”: The link leads to nothing."),
        ("Et <video>.", "Danish, line 1, “<video>”: The HTML tag <video> is not allowed"),
    ],
)
def test_saving_reports_what_in_the_text_cannot_be_published(desk, body, said):
    assert [text for text in texts(add(desk, body_da=body)) if text.startswith(said)]


def test_saving_reports_a_picture_without_a_description_in_the_language(desk):
    picture = make_picture(alt_da="En bule")
    said = texts(add(desk, body_da=picture.markup, body_en=picture.markup))
    [text] = [text for text in said if "no description" in text]
    assert text.startswith("English, line 1: ")


def test_saving_reports_no_more_than_can_be_read(desk):
    said = texts(add(desk, body_da="\n\n".join(f"![](picture:{n})" for n in range(90, 100))))
    assert len([text for text in said if "There is no picture" in text]) == 5
    assert any("Danish: there are 5 more errors." in text for text in said)


def test_saving_a_text_in_order_reports_nothing(desk):
    assert len(texts(add(desk, body_da="Et.\n\n[Alle](/da/blog/)"))) == 1


def test_saving_costs_the_same_with_any_number_of_pictures_and_links(desk):
    def queries_of(number):
        article = make_article()
        lines = [f"![](picture:{n})\n\n[To](/da/blog/nr-{n}/) [@pmid:PMC{n}]" for n in range(1, number + 1)]
        fields = form(title_da=f"Brok {number}", body_da="\n\n".join(lines))
        with CaptureQueriesContext(connection) as captured:
            assert desk.post(address("change", article), fields).status_code == 302
        return len(captured)

    assert queries_of(1) == queries_of(60)


def test_form_has_a_fieldset_per_language(desk):
    html = desk.get(reverse("admin:articles_article_add")).content.decode()
    assert (
        html.index("Danish")
        < html.index('name="body_da"')
        < html.index("English")
        < html.index('name="body_en"')
    )
    assert 'lang="en"' in html


def test_form_asks_no_other_server(desk):
    html = desk.get(address("change", make_article())).content.decode()
    assert "//ajax" not in html
    assert "markdownx.js" not in html


# Preview


def render(client, **fields):
    return client.post(reverse("admin:articles_article_render"), fields)


def test_live_preview_numbers_citations(desk):
    html = render(desk, text="Et [@pmid:5; @pmid:7].", language="da").content.decode()
    assert '[<a href="#ref-1"' in html
    assert 'id="ref-2"' in html
    assert '<html lang="da">' in html


def test_live_preview_is_sanitised(desk):
    assert "<script" not in render(desk, text="<script>x</script>", language="da").content.decode()


def test_live_preview_writes_nothing(desk):
    render(desk, text="Et [@pmid:5].", language="da")
    assert not Reference.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"text": "x"}, {"text": "x", "language": "xx"}, {"language": "da"}])
def test_live_preview_of_nothing_is_a_bad_request(desk, fields):
    assert render(desk, **fields).status_code == 400


def test_live_preview_is_not_read_by_get(desk):
    assert desk.get(reverse("admin:articles_article_render")).status_code == 405


def test_preview_shows_the_draft_on_the_public_page(desk):
    article = make_article(title_da="Kladde", author=make_author(), category=make_category(name_da="Brok"))
    article.treatments.add(make_treatment(name_da="Koloskopi"))
    html = desk.get(address("preview", article, "da")).content.decode()
    assert "<h1>Kladde</h1>" in html
    assert "Koloskopi" in html
    assert "Brok" in html
    assert address("change", article) in html


def test_preview_is_in_the_texts_language(desk):
    article = make_article(body_da="Et [@pmid:5].")
    assert '<html lang="da">' in desk.get(address("preview", article, "da")).content.decode()


def test_preview_of_a_language_without_text_leads_back(desk):
    article = make_article()
    response = desk.get(address("preview", article, "en"), follow=True)
    assert texts(response) == ["Nothing is written in English yet."]


def test_preview_of_no_language_is_404(desk):
    assert desk.get(address("preview", make_article(), "xx")).status_code == 404


@pytest.mark.parametrize(("button", "target"), [("_publish", "publish"), ("_withdraw", "withdraw")])
def test_button_saves_and_leads_on(desk, button, target):
    article = make_article()
    response = desk.post(address("change", article), form(title_da="Nyt navn", **{button: ""}))
    assert response["Location"] == address(target, article)
    article.refresh_from_db()
    assert article.text("title", "da") == "Nyt navn"


def test_preview_button_saves_and_leads_to_the_language(desk):
    article = make_article()
    response = desk.post(address("change", article), form(_preview="da"))
    assert response["Location"] == address("preview", article, "da")


# Publishing


def test_publishing_chosen_languages_at_once(desk):
    article = make_bilingual_article()
    publish(desk, article, ["da", "en"])
    assert set(Edition.objects.current().values_list("language", flat=True)) == {"da", "en"}


def test_publishing_records_who_did_it(desk):
    article = make_article()
    publish(desk, article, ["da"])
    assert article.editions.get().published_by == User.objects.get()


def test_publishing_is_in_the_history(desk):
    article = make_article()
    publish(desk, article, ["da"])
    assert "edition 1 is online" in desk.get(address("history", article)).content.decode()


def test_scheduling_in_danish_time(desk):
    article = make_article()
    publish(desk, article, ["da"], at="2199-07-01T09:30")
    assert article.editions.get().validity.lower.isoformat() == "2199-07-01T07:30:00+00:00"


def test_time_that_has_passed_is_an_error(desk):
    article = make_article()
    yesterday = timezone.now() - timedelta(days=1)
    response = publish(desk, article, ["da"], at=f"{yesterday:%Y-%m-%dT%H:%M}")
    assert "at" in response.context["form"].errors
    assert not article.editions.exists()


def test_time_that_does_not_exist_is_an_error(desk):
    response = publish(desk, make_article(), ["da"], at="2198-03-25T02:30")
    assert "at" in response.context["form"].errors


def test_no_language_is_an_error(desk):
    response = desk.post(address("publish", make_article()), {})
    assert response.context["form"].errors["languages"] == ["Choose at least one language."]


def test_one_language_that_cannot_be_published_stops_all(desk):
    article = make_bilingual_article(body_en="")
    response = publish(desk, article, ["da", "en"])
    assert response.context["form"].errors["languages"] == ["English: The text is empty."]
    assert not article.editions.exists()


def test_publishing_unchanged_text_says_so(desk):
    edition = make_edition()
    response = publish(desk, edition.article, ["da"], follow=True)
    assert texts(response) == ["Danish: readers see exactly this text already. Nothing was published."]


def test_publish_page_says_findings_with_their_passage_and_where_to_mend_them(desk):
    article = make_article(body_da="Et.\n\nTo [@pmid:0].")
    html = desk.get(address("publish", article)).content.decode()
    assert "1 error has to be mended" in html
    assert f'<a href="{address("change", article)}#id_body_da">' in html
    assert "Line 3" in html
    assert '<q lang="da">[@pmid:0]</q>' in html


def test_publish_page_says_errors_before_warnings(desk):
    html = desk.get(address("publish", make_article(abstract_da=""))).content.decode()
    assert html.index("The abstract is empty.") < html.index("No author is named.")


def test_error_blocks_publishing(desk):
    article = make_article(body_da="Et [@pmid:0].")
    publish(desk, article, ["da"], reason="Not with this button.")
    assert not article.editions.exists()


def test_error_is_overridden_with_a_reason_that_is_kept(desk):
    article = make_article(body_da="Et [@pmid:0].")
    publish(desk, article, ["da"], reason="Tested.", _override="")
    override = Override.objects.get()
    assert (override.edition, override.by, override.reason) == (
        article.editions.get(),
        User.objects.get(),
        "Tested.",
    )
    assert [finding["name"] for finding in override.findings] == ["citation_unreadable"]
    for page in ("editions", "history"):
        assert "Tested." in desk.get(address(page, article)).content.decode()


def test_overriding_needs_a_reason(desk):
    article = make_article(body_da="Et [@pmid:0].")
    response = publish(desk, article, ["da"], reason=" ", _override="")
    assert response.context["form"].errors["reason"] == ["Say why it is published all the same."]
    assert not article.editions.exists()


def test_what_cannot_be_read_is_not_overridden(desk):
    article = make_article(body_da="")
    assert "_override" not in desk.get(address("publish", article)).content.decode()
    publish(desk, article, ["da"], reason="Tested.", _override="")
    assert not article.editions.exists()


def test_overriding_is_for_those_who_may(client):
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.set(Permission.objects.filter(codename="publish_article"))
    client.force_login(editor)
    article = make_article(body_da="Et [@pmid:0].")
    assert "_override" not in client.get(address("publish", article)).content.decode()
    fields = {"languages": ["da"], "reason": "Tested.", "_override": ""}
    assert client.post(address("publish", article), fields).status_code == 403
    assert not article.editions.exists()


def test_publish_page_costs_the_same_with_any_number_of_references_and_links(desk):
    def queries_of(number):
        article = make_article(
            body_da=" ".join(
                f"Et [@pmid:{n}], [to](/da/blog/nr-{n}/), [tre](https://{n}.example/)."
                for n in range(1, number + 1)
            )
        )
        with CaptureQueriesContext(connection) as captured:
            desk.get(address("publish", article))
        return len(captured)

    assert queries_of(1) == queries_of(60)


def withdraw(desk, article, seen, *languages):
    """Withdraw from a page that was opened before."""
    return desk.post(address("withdraw", article), {**seen, "languages": languages})


def online(article):
    return sorted(article.editions.current().values_list("language", flat=True))


@pytest.fixture
def bilingual():
    """Online in both languages."""
    article = make_bilingual_article()
    for language in ("da", "en"):
        publishing.publish(article, language)
    return article


def test_withdrawing_chosen_languages(desk, bilingual):
    withdraw(desk, bilingual, shown_online(desk, bilingual), "en")
    assert online(bilingual) == ["da"]


def test_edition_that_is_online_since_is_shown_and_nothing_is_withdrawn(desk, bilingual):
    seen = shown_online(desk, bilingual)
    Article.objects.filter(pk=bilingual.pk).update(title_da="Rettet")
    publishing.publish(bilingual, "da")
    page = withdraw(desk, bilingual, seen, "da", "en").content.decode()
    assert "Danish: something else is online or scheduled than when this page was opened." in page
    assert "Edition 2" in page
    assert online(bilingual) == ["da", "en"]
    withdraw(desk, bilingual, shown_online(desk, bilingual), "da", "en")
    assert online(bilingual) == []


def test_edition_that_was_scheduled_since_is_not_cancelled_unseen(desk, bilingual):
    seen = shown_online(desk, bilingual)
    Article.objects.filter(pk=bilingual.pk).update(title_da="Rettet")
    publishing.publish(bilingual, "da", at=timezone.now() + timedelta(days=1))
    withdraw(desk, bilingual, seen, "da")
    assert bilingual.editions.scheduled().exists()
    assert online(bilingual) == ["da", "en"]


def test_change_of_the_other_language_does_not_hinder_withdrawing(desk, bilingual):
    seen = shown_online(desk, bilingual)
    Article.objects.filter(pk=bilingual.pk).update(title_en="Corrected")
    publishing.publish(bilingual, "en")
    withdraw(desk, bilingual, seen, "da")
    assert online(bilingual) == ["en"]


def test_what_somebody_else_has_withdrawn_is_said(desk):
    article = make_edition().article
    seen = shown_online(desk, article)
    publishing.withdraw(article, "da")
    page = withdraw(desk, article, seen, "da").content.decode()
    assert "nothing has been withdrawn" in page
    assert "This article is not online and not scheduled." in page


def test_page_that_does_not_say_what_it_showed_withdraws_nothing(desk, bilingual):
    withdraw(desk, bilingual, {}, "da")
    assert online(bilingual) == ["da", "en"]


def test_editions_page_lists_what_was_published(desk):
    article = make_edition(title_da="Gammelt navn").article
    article.title_da = "Nyt navn"
    article.save()
    publishing.publish(article, "da", by=User.objects.get())
    html = desk.get(address("editions", article)).content.decode()
    assert html.index("Nyt navn") < html.index("Gammelt navn")
    assert User.objects.get().username in html


def test_former_edition_can_be_read_as_it_was(desk):
    article = make_edition(title_da="Gammelt navn").article
    article.title_da = "Nyt navn"
    article.save()
    publishing.publish(article, "da")
    assert "<h1>Gammelt navn</h1>" in desk.get(address("edition", article, "da", 1)).content.decode()


def test_published_article_is_not_deleted(desk):
    article = make_edition().article
    desk.post(address("delete", article), {"post": "yes"})
    assert Article.objects.filter(pk=article.pk).exists()


# Who may


@pytest.mark.parametrize("kind", ["publish", "withdraw", "editions", "change"])
def test_strangers_are_asked_to_sign_in(client, kind):
    assert client.get(address(kind, make_article())).status_code == 302


@pytest.mark.parametrize("kind", ["preview", "edition"])
def test_strangers_see_no_draft(client, kind):
    edition = make_edition()
    args = ["da"] if kind == "preview" else ["da", 1]
    assert client.get(address(kind, edition.article, *args)).status_code == 302


def test_strangers_render_nothing(client):
    assert render(client, text="x", language="da").status_code == 302


@pytest.fixture
def writer(client):
    """May change articles, not publish them."""
    writer = User.objects.create_user("writer", is_staff=True)
    writer.user_permissions.set(Permission.objects.filter(codename__in=["change_article", "view_article"]))
    client.force_login(writer)
    return client


@pytest.mark.parametrize("kind", ["publish", "withdraw"])
def test_writer_may_not_publish(writer, kind):
    article = make_edition().article
    assert writer.get(address(kind, article)).status_code == 403
    assert writer.post(address(kind, article), {"languages": ["da"]}).status_code == 403


def test_writer_is_offered_no_publishing(writer):
    assert "/publish/" not in writer.get(address("change", make_article())).content.decode()


def test_staff_without_rights_render_nothing(client):
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert render(client, text="x", language="da").status_code == 403


# The rest of the desk


@pytest.mark.parametrize("model", ["author", "category", "treatment", "article"])
@pytest.mark.parametrize("kind", ["changelist", "add"])
def test_every_page_of_the_desk_opens(desk, model, kind):
    assert desk.get(reverse(f"admin:articles_{model}_{kind}")).status_code == 200


@pytest.mark.parametrize("name", ["\u0623\u062d\u0645\u062f", "\u738b\u5c0f\u660e", "[]"])
def test_author_whose_name_gives_no_slug_is_asked_for_one(desk, name):
    response = desk.post(reverse("admin:articles_author_add"), {"name": name})
    assert list(response.context["adminform"].form.errors) == ["slug"]
    desk.post(reverse("admin:articles_author_add"), {"name": name, "slug": "ahmad"})
    assert Author.objects.get().slug == "ahmad"


@pytest.mark.parametrize(
    "query", ["id__regex=*", "name__regex=%5B", "name__contains=%00", "id__exact=99999999999999999999999"]
)
def test_list_chosen_by_what_cannot_be_is_no_error_of_ours(desk, query):
    desk.raise_request_exception = False
    assert desk.get(f"{reverse('admin:articles_author_changelist')}?{query}").status_code in (200, 302, 400)


def test_authors_slug_is_made_from_the_name(desk):
    desk.post(reverse("admin:articles_author_add"), {"name": "Bo Prøvesen", "slug": ""})
    assert Author.objects.get().slug == "bo-proevesen"


def test_category_in_one_language_is_possible_twice(desk):
    for name in ("Brok", "Mave"):
        fields = {"name_da": name, "slug_da": "", "name_en": "", "slug_en": ""}
        fields |= {"position": "0", "review_months": "12"}
        response = desk.post(reverse("admin:articles_category_add"), fields)
        assert response.status_code == 302


# PubMed, asked while saving


@pytest.fixture
def eutils(settings, monkeypatch):
    clock = StandingClock.replacing(monkeypatch)
    with EUtils(clock=clock.now) as server:
        server.add(34256014, title="Diets and immune status.")
        settings.PUBMED_BASE_URL, settings.PUBMED_TIMEOUT = server.url, 10
        yield server


def test_saving_looks_new_references_up(desk, eutils):
    add(desk, body_da="Et [@pmid:34256014].")
    assert Reference.objects.get().title == "Diets and immune status."


def test_saving_says_which_reference_was_not_found(desk, eutils):
    response = add(desk, body_da="Et [@pmid:77777].")
    assert "PubMed 77777 was not found. Compare the number with PubMed." in texts(response)


def test_saving_asks_only_about_what_is_new(desk, eutils):
    add(desk, body_da="Et [@pmid:34256014].")
    desk.post(address("change", Article.objects.get()), form(body_da="Igen [@pmid:34256014]."))
    assert len(eutils.asked("efetch")) == 1


def test_saving_goes_on_while_pubmed_is_away(desk, eutils):
    eutils.mode = "error"
    response = add(desk, body_da="Et [@pmid:34256014].")
    assert Article.objects.get().text("body", "da") == "Et [@pmid:34256014]."
    assert any("stays unchecked" in text for text in texts(response))
    assert Reference.objects.get().trouble == "server_error"


# The audit list


def test_audit_list_shows_who_did_what_from_where(desk):
    editor = User.objects.get()
    article = make_article(title_da="Lyskebrok")
    publishing.publish(article, "da", by=editor)
    html = desk.get(reverse("admin:articles_auditentry_changelist")).content.decode()
    for shown in ("published", "Lyskebrok", editor.username, "the admin"):
        assert shown in html


def test_audit_list_can_be_changed_by_nobody(desk):
    make_edition()
    entry = AuditEntry.objects.get()
    for page in ("add", "change", "delete"):
        args = [] if page == "add" else [entry.pk]
        assert desk.post(reverse(f"admin:articles_auditentry_{page}", args=args), {}).status_code == 403


def test_audit_list_costs_the_same_with_any_number_of_entries(desk, django_assert_num_queries):
    address = reverse("admin:articles_auditentry_changelist")
    make_edition()
    with CaptureQueriesContext(connection) as few:
        desk.get(address)
    for _n in range(5):
        publishing.publish(make_article(), "da", by=make_editor())
    with django_assert_num_queries(len(few)):
        desk.get(address)
