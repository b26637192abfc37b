from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends import locmem

from articles import alerts, citing, publishing
from references.models import Check, Reference
from tests.factories import make_article, make_bilingual_article, make_editor, make_reference

pytestmark = pytest.mark.django_db


@pytest.fixture
def reference():
    return make_reference(pmid=34306126, doi="10.1000/Wrong", claimed="Cell. Diets and immune status.")


def test_drafts_that_cite_a_work_are_found_by_any_of_its_keys(reference):
    by_pmid = make_article(body_da="Et [@34306126].")
    by_doi = make_bilingual_article(body_en="One [@doi:10.1000/WRONG].")
    make_article(body_da="Et [@pmid:343061261] og 34306126.")
    assert citing.working_copies(reference) == [(by_pmid, "da"), (by_doi, "en")]


def test_taking_another_work_rewrites_every_draft(reference):
    article = make_bilingual_article(body_da="Et [@pmid:34306126].", body_en="One [@pmid:34306126; @pmid:5].")
    citing.take(reference, 34256014)
    article.refresh_from_db()
    assert article.text("body", "da") == "Et [@pmid:34256014]."
    assert article.text("body", "en") == "One [@pmid:34256014; @pmid:5]."


def test_taking_another_work_says_where(reference):
    article = make_article(body_da="Et [@pmid:34306126].")
    assert citing.take(reference, 34256014) == [(article, "da")]


def test_what_the_author_wrote_goes_with_the_new_work(reference):
    citing.take(reference, 34256014)
    assert Reference.objects.get(pmid=34256014).claimed == reference.claimed


def test_what_was_written_of_the_new_work_is_kept(reference):
    make_reference(pmid=34256014, claimed="Kendt i forvejen.")
    citing.take(reference, 34256014)
    assert Reference.objects.get(pmid=34256014).claimed == "Kendt i forvejen."


def test_editions_keep_the_work_they_were_published_with(reference):
    article = make_article(body_da="Et [@pmid:34306126].")
    edition = publishing.publish(article, "da")
    citing.take(reference, 34256014)
    assert [citation.reference for citation in edition.citations.all()] == [reference]


def test_editors_are_those_who_published_or_changed_the_article(reference):
    publisher, writer, stranger = (make_editor(email=f"{name}@example.dk") for name in "abc")
    article = make_article(body_da="Et [@pmid:34306126].")
    publishing.publish(article, "da", by=publisher)
    LogEntry.objects.log_actions(writer.pk, [article], CHANGE, single_object=True)
    LogEntry.objects.log_actions(stranger.pk, [make_article()], CHANGE, single_object=True)
    assert citing.editors(reference) == [publisher, writer]


def test_editors_without_an_address_or_account_are_left_out(reference):
    article = make_article(body_da="Et [@pmid:34306126].")
    publishing.publish(article, "da", by=make_editor())
    User.objects.update(email="gone@example.dk", is_active=False)
    assert citing.editors(reference) == []


def checked(reference, before, standing):
    """A look that found the standing."""
    reference.notice, reference.notice_url = "Cell. 2026;1:1", "https://pubmed.ncbi.nlm.nih.gov/9/"
    reference.standing = standing
    reference.save()
    return Check.objects.create(
        reference=reference, outcome="found", standing_before=before, standing=standing
    )


def cite_online(*addresses):
    for address in addresses:
        article = make_article(title_da="Tarmen", body_da="Et [@pmid:34306126].")
        publishing.publish(article, "da", by=make_editor(email=address))


def test_editors_are_mailed_when_a_work_is_retracted(reference):
    cite_online("a@example.dk")
    checked(reference, "good", "retracted")
    assert alerts.tell() == alerts.Sent(mails=1)
    message = mail.outbox[0]
    assert message.to == ["a@example.dk"]
    assert "34306126" in message.subject
    assert "Tarmen" in message.body
    assert "https://pubmed.ncbi.nlm.nih.gov/9/" in message.body


def test_a_change_is_told_once(reference):
    cite_online("a@example.dk")
    checked(reference, "good", "retracted")
    assert [alerts.tell().mails, alerts.tell().mails] == [1, 0]


def test_nobody_is_mailed_when_nothing_changed(reference):
    cite_online("a@example.dk")
    checked(reference, "retracted", "retracted")
    assert alerts.tell() == alerts.Sent()


def test_nobody_is_mailed_when_a_new_work_is_in_order(reference):
    cite_online("a@example.dk")
    checked(reference, "unchecked", "good")
    assert alerts.tell() == alerts.Sent()


def test_a_change_is_told_later_when_no_mail_could_be_sent(reference, settings):
    cite_online("a@example.dk")
    checked(reference, "good", "retracted")
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 9
    assert alerts.tell() == alerts.Sent(failed=1)
    settings.EMAIL_BACKEND = working
    assert alerts.tell() == alerts.Sent(mails=1)


class PickyBackend(locmem.EmailBackend):
    """A mail server that does not know one of the addresses."""

    def send_messages(self, messages):
        if any(message.to == ["gone@example.dk"] for message in messages):
            raise SMTPRecipientsRefused({})
        return super().send_messages(messages)


def test_an_address_that_is_refused_does_not_keep_others_from_being_told(reference, settings):
    settings.EMAIL_BACKEND = f"{__name__}.PickyBackend"
    cite_online("a@example.dk", "gone@example.dk", "c@example.dk")
    checked(reference, "good", "retracted")
    alerts.tell()
    assert [message.to for message in mail.outbox] == [["a@example.dk"], ["c@example.dk"]]
