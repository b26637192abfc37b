"""Asking a doctor by mail to approve exactly one text."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone

from articles import drafts, publishing, snapshots
from articles.models import Approval, Article, AuditEntry, Picture, Snapshot
from articles.publishing import NotPublishable
from articles.worklist import worklist
from tests.desk import publish
from tests.factories import (
    make_approval,
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_editor,
    make_picture,
    make_preview_link,
    make_treatment,
)

pytestmark = pytest.mark.django_db

LINK = "/approval/secret/"
APPROVED = {"decision": "approved"}
CHANGES = {"decision": "changes", "comment": "Skriv hvor mange dage."}


def write(article, **texts):
    for field, text in texts.items():
        setattr(article, field, text)
    article.save()


def read(client, path=LINK, status=200):
    response = client.get(path)
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def after(interval):
    return time_machine.travel(timezone.now() + interval)


# Snapshots


def test_snapshot_compiles_to_the_same_content():
    article = make_article(author=make_author(), category=make_category(), body_da="Et [@pmid:11].")
    article.treatments.set([make_treatment(), make_treatment()])
    article.related.add(make_article())
    draft = drafts.compile(article, "da")
    again = snapshots.compiled(snapshots.take(draft))
    assert again.edition.content_hash == draft.edition.content_hash
    assert again.edition.html == draft.edition.html
    assert again.treatments == draft.treatments


def test_snapshot_shows_pictures_as_they_were_described():
    picture = make_picture(alt_da="Et brok", credit="Foto: Anna Prøve")
    draft = drafts.compile(make_article(body_da=picture.markup), "da")
    snapshot = snapshots.take(draft)
    Picture.objects.update(alt_da="Noget andet", credit="")
    again = snapshots.compiled(snapshot)
    assert again.edition.html == draft.edition.html
    assert again.edition.content_hash == snapshot.content_hash


def test_same_content_is_kept_once():
    draft = drafts.compile(make_article(), "da")
    assert snapshots.take(draft) == snapshots.take(draft)


def test_snapshot_survives_what_it_names():
    treatment, author = make_treatment(), make_author()
    article = make_article(author=author)
    article.treatments.add(treatment)
    snapshot = snapshots.take(drafts.compile(article, "da"))
    write(article, author=None)
    article.treatments.clear()
    treatment.delete()
    author.delete()
    assert snapshots.compiled(snapshot).treatments == []


def test_draft_that_was_only_shown_can_be_deleted():
    link = make_preview_link()
    link.snapshot.article.delete()
    assert not Snapshot.objects.exists()


def test_draft_that_a_doctor_was_asked_about_stays():
    approval = make_approval()
    with pytest.raises(ProtectedError):
        approval.snapshot.article.delete()


# What the database holds


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("UPDATE articles_snapshot SET content = '{}'", "only added"),
        ("UPDATE articles_approval SET email = 'x@example.dk'", "never changes"),
        ("UPDATE articles_approval SET expires_at = expires_at + interval '1 day'", "never changes"),
        ("UPDATE articles_approval SET token_hash = 'x'", "never changes"),
        ("DELETE FROM articles_approval", "never deleted"),
        ("UPDATE articles_approval SET decision = 'approved'", "decision_has_a_time"),
        ("UPDATE articles_approval SET decided_at = now()", "decision_has_a_time"),
        ("UPDATE articles_approval SET decision = 'yes', decided_at = now()", "decision_is_one_there_is"),
        (
            "UPDATE articles_approval SET decision = 'approved', decided_at = expires_at + interval '1 s'",
            "decided_while_open",
        ),
        (
            "UPDATE articles_approval SET decision = 'approved', decided_at = now(), revoked_at = now()",
            "decided_while_open",
        ),
    ],
)
def test_database_refuses(sql, refusal):
    make_approval()
    with pytest.raises(IntegrityError, match=refusal), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("settled", [APPROVED, {"revoked_at": None}], ids=["answered", "revoked"])
@pytest.mark.parametrize("change", ["decision = 'changes'", "comment = 'x'", "revoked_at = now()"])
def test_what_is_settled_stays(settled, change):
    now = timezone.now()
    make_approval(**{"decided_at": now} | settled if "decision" in settled else {"revoked_at": now})
    with pytest.raises(IntegrityError, match="settled"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE articles_approval SET {change}")


def test_token_is_not_in_the_database():
    make_approval(token="secret")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(articles_approval)::text FROM articles_approval")
        assert "secret" not in cursor.fetchone()[0]


# The link


def test_link_shows_exactly_what_was_asked_about(client):
    article = make_article(title_da="Lyskebrok", body_da="Gå hjem efter en dag [@pmid:11].")
    make_approval(article, token="secret", message="Se på dagene.")
    write(article, body_da="Noget helt andet.")
    html = read(client)
    assert "Gå hjem efter en dag" in html
    assert 'id="ref-1"' in html
    assert "Se på dagene." in html
    assert "Noget helt andet." not in html


def test_link_is_in_the_language_of_the_text(client):
    make_approval(make_bilingual_article(), "en", token="secret")
    response = client.get(LINK, headers={"Accept-Language": "da"})
    assert '<html lang="en">' in response.content.decode()
    assert response["Content-Language"] == "en"


def test_link_is_kept_and_listed_nowhere_and_leaks_nowhere(client):
    make_approval(token="secret")
    response = client.get(LINK)
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Robots-Tag"].startswith("noindex")
    assert response["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert not response.cookies


def test_approval_page_has_no_script(client):
    make_approval(token="secret")
    assert "<script" not in read(client)


@pytest.mark.parametrize("references", [1, 30])
def test_link_costs_the_same_with_any_number_of_references(client, django_assert_num_queries, references):
    body = " ".join(f"[@pmid:{n}]" for n in range(1, references + 1))
    article = make_article(body_da=body, author=make_author(), category=make_category())
    make_approval(article, token="secret")
    with django_assert_num_queries(6):
        client.get(LINK)


def test_approving_is_written_down(client):
    make_approval(token="secret")
    response = client.post(LINK, APPROVED)
    assert (response.status_code, response["Location"]) == (302, LINK)
    approval = Approval.objects.get()
    assert approval.is_approved
    assert approval.decided_at is not None


def test_approving_needs_no_cookie(client):
    client.handler.enforce_csrf_checks = True
    make_approval(token="secret")
    client.post(LINK, APPROVED)
    assert Approval.objects.get().is_approved


def test_asking_for_changes_is_written_down_with_the_comment(client):
    make_approval(token="secret")
    client.post(LINK, CHANGES)
    approval = Approval.objects.get()
    assert (approval.decision, approval.comment) == ("changes", CHANGES["comment"])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"decision": "changes", "comment": " "}, "Write what should be changed."),
        ({"comment": "Fint."}, "Choose one of the two answers."),
        ({"decision": "yes", "comment": "Fint."}, "Select a valid choice"),
    ],
)
def test_half_an_answer_is_an_error_and_what_was_typed_stays(client, fields, sentence):
    make_approval(make_bilingual_article(), "en", token="secret")
    html = client.post(LINK, fields).content.decode()
    assert sentence in html
    assert fields["comment"].strip() in html
    assert Approval.objects.get().decided_at is None


@pytest.mark.parametrize(("answer", "deed"), [(APPROVED, "approved"), (CHANGES, "asked_for_changes")])
def test_answer_is_in_the_audit_list(client, answer, deed):
    make_approval(make_article(title_da="Lyskebrok"), token="secret")
    client.post(LINK, answer)
    entry = AuditEntry.objects.get()
    assert (entry.deed, entry.place, entry.name, entry.subject, entry.language, entry.detail) == (
        deed,
        "link",
        "Bo Prøve",
        "Lyskebrok",
        "da",
        answer.get("comment", ""),
    )


def test_second_answer_is_not_in_the_audit_list(client):
    make_approval(token="secret")
    for answer in (APPROVED, CHANGES):
        client.post(LINK, answer)
    assert AuditEntry.objects.count() == 1


def test_reading_the_link_decides_nothing(client):
    make_approval(token="secret")
    read(client)
    assert Approval.objects.get().decided_at is None


def test_answered_link_says_so_and_shows_no_draft(client):
    make_approval(make_article(title_da="Lyskebrok", body_da="Hemmeligt."), token="secret")
    client.post(LINK, APPROVED)
    html = read(client)
    assert "Lyskebrok" in html
    assert "Hemmeligt." not in html


def test_second_answer_is_refused_with_a_sentence(client):
    make_approval(make_bilingual_article(), "en", token="secret")
    client.post(LINK, APPROVED)
    response = client.post(LINK, CHANGES)
    assert response.status_code == 409
    assert "You have answered already" in response.content.decode()
    assert Approval.objects.get().is_approved


def closed(client, status):
    """What a closed link answers to reading and to answering, in English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert client.post(LINK, APPROVED).status_code == status
    html = read(client, status=status)
    assert not Approval.objects.filter(decided_at__isnull=False).exists()
    return html


def test_link_is_closed_when_what_it_showed_has_been_deleted(client):
    author = make_author()
    article = make_article(title_da="Hemmeligt", author=author)
    make_approval(article, token="secret")
    write(article, author=None)
    author.delete()
    html = closed(client, status=410)
    assert "has been deleted since" in html
    assert "Hemmeligt" not in html


def test_link_expires(client):
    make_approval(make_article(title_da="Hemmeligt"), token="secret")
    with after(timedelta(days=13)):
        read(client)
    with after(timedelta(days=14, minutes=1)):
        html = closed(client, status=410)
    assert "It has expired." in html
    assert "Hemmeligt" not in html


def test_revoked_link_is_closed(client):
    make_approval(make_article(title_da="Hemmeligt"), token="secret", revoked_at=timezone.now())
    html = closed(client, status=410)
    assert "has closed it" in html
    assert "Hemmeligt" not in html


def test_unknown_link_is_closed_in_the_readers_language(client):
    make_approval()
    assert "This link does not exist" in closed(client, status=404)
    response = client.get(LINK, headers={"Accept-Language": "da"})
    assert '<html lang="da">' in response.content.decode()
    assert response["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_link_is_read_and_answered_only(client, method):
    make_approval(token="secret")
    assert getattr(client, method)(LINK).status_code == 405


# Mails


@pytest.fixture
def desk(client):
    client.force_login(make_editor(email="editor@example.dk", first_name="Eva", last_name="Prøvesen"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def address(article, page="share"):
    return reverse(f"admin:articles_article_{page}", args=[article.pk])


def ask(desk, article, **fields):
    asked = {"language": "da", "name": "Bo Prøve", "email": "bo@example.dk", "days": "14"} | fields
    data = {f"ask-{name}": value for name, value in asked.items()}
    return desk.post(address(article), data | {"_ask": "Send"}, follow=True)


def link_in(message):
    return re.search(r"http\S+(/approval/\S+/)", message.body)[1]


def test_doctor_is_mailed_a_link_to_the_draft(desk, client):
    article = make_article(title_da="Lyskebrok", body_da="Hjem efter en dag.")
    response = ask(desk, article, message="Se på dagene.")
    assert "was asked to approve" in response.content.decode()
    [message] = mail.outbox
    assert message.to == ["bo@example.dk"]
    assert message.reply_to == ["editor@example.dk"]
    assert all(text in message.body for text in ("Bo Prøve", "Eva Prøvesen", "Lyskebrok", "Se på dagene."))
    client.logout()
    assert "Hjem efter en dag." in read(client, link_in(message))


def test_link_of_the_mail_is_not_on_the_desk(desk):
    article = make_article()
    ask(desk, article)
    assert link_in(mail.outbox[0]) not in desk.get(address(article)).content.decode()


def test_every_link_is_another(desk):
    article = make_article()
    ask(desk, article)
    ask(desk, article)
    assert len({link_in(message) for message in mail.outbox}) == 2


def test_asking_again_closes_the_link_before(desk):
    article = make_article()
    ask(desk, article)
    ask(desk, article, email="BO@example.dk")
    first, second = Approval.objects.order_by("pk")
    assert (first.is_waiting, second.is_waiting) == (False, True)


def test_asking_somebody_else_leaves_the_first_link_open(desk):
    article = make_article()
    ask(desk, article)
    ask(desk, article, email="anna@example.dk")
    assert Approval.objects.waiting().count() == 2


def test_asking_about_the_other_language_leaves_the_first_link_open(desk):
    article = make_bilingual_article()
    ask(desk, article)
    ask(desk, article, language="en")
    assert Approval.objects.waiting().count() == 2


def test_mail_and_page_are_in_the_language_of_the_text(desk):
    ask(desk, make_bilingual_article(title_en="Hernia"), language="en")
    assert mail.outbox[0].subject == "Please read “Hernia”"


def test_one_of_the_authors_is_asked_by_name(desk):
    doctor = make_author("Bo Prøve")
    ask(desk, make_article(), name="", doctor=doctor.pk)
    approval = Approval.objects.get()
    assert (approval.doctor, approval.name) == (doctor, "Bo Prøve")


def test_link_works_for_as_many_days_as_were_chosen(desk):
    noon = datetime(2190, 6, 3, 12, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))
    with time_machine.travel(noon):
        desk.force_login(make_editor())
        ask(desk, make_article(), days="3")
    assert "6. juni 2190" in mail.outbox[0].body
    with time_machine.travel(noon.replace(day=6, hour=23, minute=59)):
        assert Approval.objects.waiting().exists()
    with time_machine.travel(noon.replace(day=7, hour=0, minute=1)):
        assert not Approval.objects.waiting().exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "bo"),
        ("name", ""),
        ("days", "0"),
        ("days", "91"),
        ("days", "x"),
        ("language", "xx"),
        ("language", "en"),
    ],
)
def test_impossible_question_is_an_error_at_its_field(desk, field, value):
    response = ask(desk, make_article(), **{field: value})
    assert field in response.context["ask_form"].errors
    assert not mail.outbox
    assert not Approval.objects.exists()


def test_nobody_is_asked_about_half_a_text(desk):
    response = ask(desk, make_article(body_da=""))
    assert response.context["ask_form"].errors["language"] == ["The text is empty."]
    assert not mail.outbox


class BrokenBackend(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError


def test_without_mail_nobody_was_asked(desk, settings):
    article = make_article()
    ask(desk, article)
    settings.EMAIL_BACKEND = f"{__name__}.{BrokenBackend.__name__}"
    response = ask(desk, article, message="Se på dagene.")
    html = response.content.decode()
    assert "nobody was asked" in html
    assert "Se på dagene." in html
    assert "The mail could not be sent" in desk.get(address(article)).content.decode()
    [waiting] = Approval.objects.waiting()
    assert waiting.message == ""  # the question before, whose mail went


class DyingBackend(EmailBackend):
    """Whose process is killed when the mail server has the mail."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_link_of_a_mail_leads_somewhere_whatever_dies_afterwards(desk, client, settings):
    settings.EMAIL_BACKEND = f"{__name__}.{DyingBackend.__name__}"
    article = make_article(body_da="Hjem efter en dag.")
    with pytest.raises(KeyboardInterrupt):
        ask(desk, article)
    assert "Not known whether the mail was sent" in desk.get(address(article)).content.decode()
    client.logout()
    assert "Hjem efter en dag." in read(client, link_in(mail.outbox[0]))


def test_editor_is_mailed_the_answer(client):
    make_approval(make_article(title_da="Lyskebrok"), token="secret")
    client.post(LINK, CHANGES)
    [message] = mail.outbox
    assert message.to == ["colleague@example.dk"]
    assert "Lyskebrok" in message.subject
    assert CHANGES["comment"] in message.body
    assert address(Article.objects.get(), "publish") in message.body


def test_answer_is_kept_when_no_mail_can_be_sent(client, settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.{BrokenBackend.__name__}"
    make_approval(token="secret")
    assert client.post(LINK, APPROVED).status_code == 302
    assert Approval.objects.get().is_approved
    assert "could not be sent" in caplog.text


def test_title_over_two_lines_is_one_line_in_the_subject(desk):
    ask(desk, make_article(title_da="Lyske\nbrok"))
    assert "Lyske brok" in mail.outbox[0].subject


# On the desk


def test_share_page_lists_who_was_asked_and_what_they_said(desk):
    article = make_article()
    make_approval(article, name="Anna Prøve", decided_at=timezone.now(), **CHANGES)
    make_approval(article)
    make_approval(article, revoked_at=timezone.now())
    html = desk.get(address(article)).content.decode()
    assert all(t in html for t in ("Asks for changes", CHANGES["comment"], "Waiting for", "Link closed"))


def test_expired_question_is_listed_as_such(desk):
    article = make_article()
    make_approval(article)
    with after(timedelta(days=15)):
        desk.force_login(make_editor())
        assert "No answer, link expired" in desk.get(address(article)).content.decode()


def test_reviewer_is_proposed_with_the_address_of_last_time(desk):
    doctor = make_author()
    make_approval(doctor=doctor, email="doctor@example.dk")
    initial = desk.get(address(make_article(reviewer=doctor))).context["ask_form"].initial
    assert (initial["doctor"], initial["email"]) == (doctor, "doctor@example.dk")


def test_link_can_be_closed(desk):
    approval = make_approval(token="secret")
    article = approval.snapshot.article
    response = desk.post(address(article), {"_revoke_approval": approval.pk}, follow=True)
    assert "The link for Bo Prøve is closed." in response.content.decode()
    read(desk, status=410)


@pytest.mark.parametrize("pk", ["0", "x", "", "99999999999999999999", "٣"])
def test_link_that_is_not_there_is_404(desk, pk):
    approval = make_approval()
    assert desk.post(address(approval.snapshot.article), {"_revoke_approval": pk}).status_code == 404


def test_link_of_another_article_is_404(desk):
    approval = make_approval()
    assert desk.post(address(make_article()), {"_revoke_approval": approval.pk}).status_code == 404
    approval.refresh_from_db()
    assert approval.is_waiting


def test_answered_link_is_not_closed_any_more(desk):
    approval = make_approval(decided_at=timezone.now(), **APPROVED)
    response = desk.post(address(approval.snapshot.article), {"_revoke_approval": approval.pk}, follow=True)
    assert "closed already" in response.content.decode()


def test_article_without_text_has_nothing_to_share(desk):
    article = make_article(title_da="", body_da="")
    assert desk.get(address(article)).status_code == 200


def test_publish_page_says_whether_exactly_this_text_was_approved(desk):
    article = make_article()
    make_approval(article, decided_at=timezone.now(), **APPROVED)
    assert "exactly this text" in desk.get(address(article, "publish")).content.decode()
    write(article, body_da="Andet.")
    html = desk.get(address(article, "publish")).content.decode()
    assert "exactly this text" not in html
    assert "an earlier text, not this one" in html


def test_share_page_costs_the_same_with_any_number_of_links(desk, django_assert_num_queries):
    article = make_article()
    for rounds in (1, 10):
        for _ in range(rounds):
            make_approval(article)
            make_preview_link(article)
        with django_assert_num_queries(6):
            desk.get(address(article))


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_share_nothing(client, method):
    assert getattr(client, method)(address(make_article())).status_code == 302


def test_question_without_an_answer_is_on_the_worklist():
    article = make_article(title_da="Lyskebrok")
    make_approval(article)
    make_approval(article, decided_at=timezone.now(), **APPROVED)
    [section] = [each for each in worklist(make_editor()) if each.name == "approvals_waiting"]
    assert [(row.text, row.url) for row in section.rows] == [("Lyskebrok", address(article))]


# When approval is required


@pytest.fixture
def required(settings):
    settings.APPROVAL_REQUIRED = True


def test_text_without_approval_is_not_published(required):
    with pytest.raises(NotPublishable, match="netop denne tekst"):
        publishing.publish(make_article(), "da")


def test_approved_text_is_published(required):
    article = make_article()
    make_approval(article, decided_at=timezone.now(), **APPROVED)
    with after(timedelta(days=3)):
        assert publishing.publish(article, "da").number == 1


@pytest.mark.parametrize("field", ["title_da", "slug_da", "abstract_da", "body_da", "category"])
def test_other_content_is_not_published(required, field):
    article = make_article()
    make_approval(article, decided_at=timezone.now(), **APPROVED)
    write(article, **{field: make_category() if field == "category" else "andet"})
    with pytest.raises(NotPublishable):
        publishing.publish(article, "da")


def test_approval_of_one_language_is_not_of_the_other(required):
    article = make_bilingual_article()
    make_approval(article, "da", decided_at=timezone.now(), **APPROVED)
    with pytest.raises(NotPublishable):
        publishing.publish(article, "en")


def test_saving_a_related_article_leaves_the_approval_as_it_was(required):
    article, first, second = make_article(), make_article(), make_article()
    article.related.set([first, second])
    make_approval(article, decided_at=timezone.now(), **APPROVED)
    for other in (second, first):
        other.save()
        assert publishing.publish(article, "da").number == 1


def test_the_last_word_about_a_text_counts(required):
    article = make_article()
    now = timezone.now()
    make_approval(article, decided_at=now - timedelta(hours=1), **APPROVED)
    make_approval(article, decided_at=now, **CHANGES)
    with pytest.raises(NotPublishable):
        publishing.publish(article, "da")


def test_question_without_an_answer_is_no_approval(required):
    article = make_article()
    make_approval(article)
    with pytest.raises(NotPublishable):
        publishing.publish(article, "da")


def test_publish_page_says_what_is_missing_and_leads_to_asking(required, desk):
    article = make_article()
    html = desk.get(address(article, "publish")).content.decode()
    assert f'<a href="{address(article)}">A doctor has not approved exactly this text yet.</a>' in html


def test_missing_approval_cannot_be_overridden(required, desk):
    article = make_article(abstract_da="")
    assert "_override" not in desk.get(address(article, "publish")).content.decode()
    publish(desk, article, ["da"], reason="Det haster.", _override="")
    assert not article.editions.exists()


def test_missing_approval_keeps_nobody_from_asking_for_it(required, desk):
    article = make_article()
    ask(desk, article)
    assert Approval.objects.get().snapshot.article == article
