from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from articles import publishing, worklist
from articles.models import Article, EditorSettings, LinkCheck
from references.models import Check, Reference
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_edition,
    make_editor,
    make_reference,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def section(name, user=None):
    """The rows of a section, as the person sees them."""
    sections = worklist.worklist(user or make_editor())
    return next((section.rows for section in sections if section.name == name), [])


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def saved(article, at):
    Article.objects.filter(pk=article.pk).update(updated_at=at)


def checked(pmid=1, **fields):
    """A reference in good standing, checked today, but for what is said."""
    return make_reference(pmid, **{"standing": "good", "checked_at": timezone.now()} | fields)


# References


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"standing": "retracted"}, "Retracted"),
        ({"standing": "concern"}, "Expression of concern"),
        ({"standing": "not_found"}, "Not found"),
        ({"agreement": "another_paper"}, "Another paper than the one described"),
    ],
)
def test_reference_with_trouble_in_a_draft_is_listed(fields, said):
    reference = checked(**fields)
    make_article(title_da="Brok", body_da="Et [@pmid:1].")
    [row] = section("references_in_trouble")
    assert row.detail == f"{said}. In drafts: “Brok” (Danish)"
    assert row.url == reverse("admin:references_reference_change", args=[reference.pk])


@pytest.mark.parametrize(
    "fields",
    [
        {"standing": "good"},
        {"standing": "corrected"},
        {"standing": "retracted", "intended_standing": "retracted"},
    ],
)
def test_reference_in_order_or_intended_is_not_listed(fields):
    checked(**fields)
    make_article(body_da="Et [@pmid:1].")
    assert section("references_in_trouble") == []


def test_reference_that_was_intended_under_another_standing_is_listed():
    checked(standing="retracted", intended_standing="concern")
    make_article(body_da="Et [@pmid:1].")
    assert len(section("references_in_trouble")) == 1


def test_reference_nobody_cites_is_not_listed():
    checked(standing="retracted")
    assert section("references_in_trouble") == []


def test_reference_of_a_withdrawn_edition_is_not_listed():
    checked(standing="retracted")
    article = make_article(body_da="Et [@pmid:1].")
    publishing.publish(article, "da", accepted="Read.")
    publishing.withdraw(article, "da")
    Article.objects.update(body_da="")
    assert section("references_in_trouble") == []


def test_reference_online_is_listed_once_with_its_languages():
    checked(standing="retracted")
    article = make_bilingual_article(title_da="Brok", body_da="Et [@pmid:1].", body_en="One [@pmid:1].")
    for language in ("da", "en"):
        publishing.publish(article, language, accepted="Read.")
    [row] = section("references_in_trouble")
    assert row.detail == "Retracted. Online: “Brok” (Danish, English)"


def test_reference_the_draft_cites_no_more_leads_to_publishing():
    checked(standing="retracted")
    article = make_article(body_da="Et [@pmid:1].")
    publishing.publish(article, "da", accepted="Read.")
    Article.objects.update(body_da="Et.")
    [row] = section("references_in_trouble")
    assert row.url == reverse("admin:articles_article_publish", args=[article.pk])


def test_many_citing_articles_are_counted():
    checked(standing="retracted")
    for n in range(5):
        make_article(title_da=f"Brok nr. {n}", body_da="Et [@pmid:1].")
    [row] = section("references_in_trouble")
    assert row.detail.endswith("“Brok nr. 2” (Danish) and 2 more")


def test_worst_references_come_first():
    checked(1, standing="not_found")
    checked(2, standing="retracted")
    make_article(body_da="Et [@pmid:1; @pmid:2].")
    assert [row.text for row in section("references_in_trouble")] == ["PMID 2", "PMID 1"]


def test_changed_standing_is_news_for_a_month():
    reference = checked(standing="corrected")
    make_article(title_da="Brok", body_da="Et [@pmid:1].")
    check = Check.objects.create(
        reference=reference, outcome="found", standing_before="good", standing="corrected", at=days_ago(29)
    )
    [row] = section("changed_references")
    assert row.detail.startswith("Corrected. In good standing until ")
    check.at = days_ago(31)
    check.save()
    assert section("changed_references") == []


@pytest.mark.parametrize(
    ("before", "fields"),
    [
        ("unchecked", {"standing": "good"}),
        ("good", {"standing": "corrected", "intended_standing": "corrected"}),
        ("good", {"standing": "retracted"}),
    ],
)
def test_what_is_no_news_or_has_a_place_elsewhere_is_not_listed_as_changed(before, fields):
    reference = checked(**fields)
    make_article(body_da="Et [@pmid:1].")
    Check.objects.create(
        reference=reference, outcome="found", standing_before=before, standing=fields["standing"]
    )
    assert section("changed_references") == []


def test_trouble_says_what_the_standing_was():
    reference = checked(standing="retracted")
    make_article(body_da="Et [@pmid:1].")
    Check.objects.create(reference=reference, outcome="found", standing_before="good", standing="retracted")
    [row] = section("references_in_trouble")
    assert row.detail.startswith("Retracted. In good standing until ")


def test_reference_is_listed_as_unchecked_after_a_day():
    make_reference(1)
    article = make_article(body_da="Et [@pmid:1].")
    assert section("unchecked_references") == []
    saved(article, days_ago(2))
    [row] = section("unchecked_references")
    assert row.detail.startswith("Never checked. ")


def test_reference_that_could_not_be_checked_for_a_day_is_listed_however_fresh_the_draft():
    reference = make_reference(1)
    make_article(body_da="Et [@pmid:1].")
    Check.objects.create(
        reference=reference,
        outcome="could_not_ask",
        standing_before="unchecked",
        standing="unchecked",
        at=days_ago(2),
    )
    assert len(section("unchecked_references")) == 1


@pytest.mark.parametrize(("days", "said"), [(8, []), (10, ["Last checked 10 days ago"])])
def test_reference_is_stale_after_nine_days(days, said):
    checked(checked_at=days_ago(days))
    make_article(body_da="Et [@pmid:1].")
    assert [row.detail.split(". ")[0] for row in section("unchecked_references")] == said


def test_many_stale_references_are_one_thing_to_do():
    Reference.objects.bulk_create(Reference(pmid=n, checked_at=days_ago(12)) for n in range(1, 52))
    make_article(body_da="Et [@pmid:1].")
    [row] = section("unchecked_references")
    assert row.text == "51 references have not been checked for more than 9 days"


# Articles


def test_scheduled_edition_is_listed():
    edition = make_edition(title_da="Brok", at=timezone.now() + timedelta(days=1))
    make_edition()
    [row] = section("scheduled_editions")
    assert (row.text, row.url) == (
        "Brok",
        reverse("admin:articles_article_editions", args=[edition.article_id]),
    )
    assert row.detail.startswith("Danish: Comes online")


def test_draft_is_listed_when_left_for_a_month():
    article = make_article(title_da="Brok")
    saved(article, days_ago(29))
    assert section("old_drafts") == []
    saved(article, days_ago(31))
    assert [row.text for row in section("old_drafts")] == ["Brok"]


def test_withdrawn_article_is_no_draft_that_was_left():
    edition = make_edition()
    publishing.withdraw(edition.article, "da")
    saved(edition.article, days_ago(31))
    assert section("old_drafts") == []


@pytest.fixture
def two_months_later():
    """An edition, its article saved again a day later as it was, and the clock two months on."""
    edition = make_edition()
    saved(edition.article, timezone.now() + timedelta(days=1))
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        yield edition


@pytest.mark.parametrize("field", ["title_da", "abstract_da", "body_da", "slug_da"])
def test_changes_are_listed_when_left_for_a_month(field, two_months_later):
    Article.objects.update(**{field: "noget-andet"})
    [row] = section("unpublished_changes")
    assert row.text == two_months_later.title
    assert row.detail.startswith("Danish: changed 1")


def test_new_author_is_a_change(two_months_later):
    Article.objects.update(author=make_author())
    assert len(section("unpublished_changes")) == 1


def test_saving_without_a_change_is_not_listed(two_months_later):
    assert section("unpublished_changes") == []


def test_changes_in_a_language_that_is_not_online_are_not_listed(two_months_later):
    Article.objects.update(title_en="Something else")
    assert section("unpublished_changes") == []


def test_changes_that_are_scheduled_are_not_listed(two_months_later):
    article = two_months_later.article
    Article.objects.update(body_da="Noget andet.")
    publishing.publish(article, "da", at=timezone.now() + timedelta(days=1))
    saved(article, timezone.now() - timedelta(days=40))
    assert section("unpublished_changes") == []


def test_translation_without_its_original_is_listed():
    article = make_bilingual_article(title_da="Brok")
    publishing.publish(article, "en")
    [row] = section("originals_not_online")
    assert row.detail == "Online, but not in Danish, its original language"
    publishing.publish(article, "da")
    assert section("originals_not_online") == []


def test_link_that_does_not_answer_is_listed_with_each_article_that_has_it():
    article = make_article(title_da="Brok")
    link = LinkCheck(
        url="https://example.dk/x", articles=[article.pk, article.pk + 1], trouble="gone", status=404
    )
    link.failing_since = link.checked_at = days_ago(2)
    link.save()
    LinkCheck.objects.create(url="https://example.dk/y", articles=[article.pk])
    [row] = section("broken_links")
    assert row.text == "https://example.dk/x"
    assert "HTTP 404" in row.detail
    assert "Brok" in row.detail
    assert row.url == reverse("admin:articles_article_change", args=[article.pk])


# Whose it is


def test_own_articles_come_first():
    for n in range(3):
        saved(make_article(title_da=f"Brok nr. {n}"), days_ago(40 - n))
    mine = Article.objects.get(title_da="Brok nr. 1")
    editor = make_editor()
    LogEntry.objects.log_actions(editor.pk, [mine], CHANGE, change_message="", single_object=True)
    rows = section("old_drafts", editor)
    assert [(row.text, row.is_mine) for row in rows] == [
        ("Brok nr. 1", True),
        ("Brok nr. 0", False),
        ("Brok nr. 2", False),
    ]


def test_works_cited_in_an_article_somebody_published_are_theirs():
    checked(standing="retracted")
    editor, other = make_editor(), make_editor()
    publishing.publish(make_article(body_da="Et [@pmid:1]."), "da", by=editor, accepted="Read.")
    assert [section("references_in_trouble", user)[0].is_mine for user in (editor, other)] == [True, False]


def test_sections_whose_remedies_are_not_theirs_are_not_shown():
    checked(standing="retracted")
    saved(make_article(body_da="Et [@pmid:1]."), days_ago(40))
    writer = User.objects.create_user("writer", is_staff=True)
    assert worklist.worklist(writer) == []
    writer.user_permissions.add(Permission.objects.get(codename="change_article"))
    sections = worklist.worklist(User.objects.get(pk=writer.pk))
    assert [section.name for section in sections] == ["old_drafts"]


# The first page


@pytest.fixture
def desk(client):
    client.force_login(make_editor(email="anna@example.dk"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def first_page(client):
    return client.get(reverse("admin:index")).content.decode()


def test_first_page_counts_what_waits_and_links_to_it(desk):
    reference = checked(standing="retracted")
    saved(make_article(body_da="Et [@pmid:1]."), days_ago(40))
    html = first_page(desk)
    assert "2 things wait." in html
    assert "References with trouble (1)" in html
    assert reverse("admin:references_reference_change", args=[reference.pk]) in html


def test_first_page_says_when_nothing_waits(desk):
    assert "Nothing waits for you." in first_page(desk)


def test_first_page_still_lists_what_can_be_changed(desk):
    assert reverse("admin:articles_category_changelist") in first_page(desk)


def test_long_sections_are_folded(desk):
    Article.objects.bulk_create(Article(title_da=f"Kladde {n}.") for n in range(120))
    Article.objects.update(updated_at=days_ago(40))
    html = first_page(desk)
    assert html.count("Never published") == 100
    assert "Show 90 more" in html
    assert "20 more are not shown here." in html


def make_much(first, last):
    """For each number something in every section of the list."""
    for n in range(first, last):
        pmid = 100 + n
        reference = checked(pmid, standing="retracted")
        Check.objects.create(
            reference=reference, outcome="found", standing_before="good", standing="retracted"
        )
        corrected = checked(1000 + n, standing="corrected")
        Check.objects.create(
            reference=corrected, outcome="found", standing_before="good", standing="corrected"
        )
        make_reference(2000 + n)
        cites = f"[@pmid:{pmid}; @pmid:{1000 + n}; @pmid:{2000 + n}]"
        article = make_bilingual_article(body_da=cites, body_en=cites)
        publishing.publish(article, "en", accepted="Read.")
        make_edition(at=timezone.now() + timedelta(days=1))
        saved(make_article(body_da=cites), days_ago(40))


def test_first_page_costs_the_same_with_any_number_of_articles(desk, django_assert_num_queries):
    make_much(0, 1)
    first_page(desk)
    with CaptureQueriesContext(connection) as few:
        first_page(desk)
    make_much(1, 12)
    with django_assert_num_queries(len(few)):
        first_page(desk)


# The weekly mail


def test_mail_is_asked_for_and_stopped_on_the_first_page(desk):
    html = desk.post(reverse("admin:worklist_mail"), {"wants": "yes"}, follow=True).content.decode()
    assert "What waits is mailed to anna@example.dk every week." in html
    assert EditorSettings.objects.get().language == "en"
    desk.post(reverse("admin:worklist_mail"), {"wants": "no"})
    assert not EditorSettings.objects.get().wants_worklist


def test_somebody_without_an_address_is_told_so(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    html = client.post(reverse("admin:worklist_mail"), {"wants": "yes"}, follow=True).content.decode()
    assert "Your account has no e-mail address." in html


def test_mail_is_chosen_by_a_post_of_somebody_signed_in(client):
    assert client.post(reverse("admin:worklist_mail"), {"wants": "yes"}).status_code == 302
    assert not EditorSettings.objects.exists()
    client.force_login(make_editor())
    assert client.get(reverse("admin:worklist_mail")).status_code == 405


def subscribe(**fields):
    fields = {"email": "anna@example.dk"} | fields
    return EditorSettings.objects.create(user=make_editor(**fields), wants_worklist=True)


def send():
    out = StringIO()
    call_command("send_worklist", stdout=out)
    return out.getvalue()


@pytest.fixture
def left_draft():
    article = make_article(title_da="Brok")
    saved(article, days_ago(40))
    return article


def test_mail_goes_to_those_who_want_it(left_draft):
    subscribe()
    make_editor(email="bo@example.dk")
    subscribe(email="")
    subscribe(is_active=False)
    assert send() == "1 mails sent.\n"
    assert [message.to for message in mail.outbox] == [["anna@example.dk"]]


def test_mail_is_in_the_editors_language_with_links(left_draft, settings):
    settings.SITE_URL = "https://blog.example"
    subscribe()
    EditorSettings.objects.update(language="en")
    send()
    [message] = mail.outbox
    assert message.subject == "1 thing waits"
    assert "Drafts left for more than a month (1)" in message.body
    address = reverse("admin:articles_article_change", args=[left_draft.pk])
    assert f"https://blog.example{address}" in message.body


def test_nothing_is_mailed_when_nothing_waits():
    subscribe()
    send()
    assert mail.outbox == []


def test_mail_is_sent_once_a_week_and_again_the_next(left_draft):
    subscribe()
    monday = datetime(2030, 1, 7, 6, tzinfo=UTC)
    for days, mails in [(0, 1), (0, 1), (6, 1), (7, 2)]:
        with time_machine.travel(monday + timedelta(days=days)):
            send()
        assert len(mail.outbox) == mails


def test_mail_that_failed_is_tried_again(left_draft, settings):
    subscribe()
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 9
    with pytest.raises(SystemExit) as stopped:
        send()
    assert stopped.value.code == 2
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send()
    assert len(mail.outbox) == 1
