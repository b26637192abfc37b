"""How long a session lasts, and what ends it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.core.handlers.wsgi import WSGIHandler
from django.core.mail.backends.locmem import EmailBackend
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signing_in import factors
from signing_in.adapters import AccountAdapter
from signing_in.models import Session, SignInEntry
from tests.factories import make_article
from tests.signing_in.people import PASSWORD, give_app, give_code, give_password, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NEW = "helt andre ord om skov og hav"


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.SESSION_IDLE_AGE = 30 * 60
    settings.SESSION_COOKIE_AGE = 12 * 60 * 60


@pytest.fixture
def anna():
    return make_person()


def is_in(client):
    """Asked of a page that costs little."""
    return client.get(reverse("mfa_index")).status_code == 200


def choose_by_mail(client, password=NEW):
    """What whoever has forgotten it does; where the link in the mail led."""
    client.post(reverse("account_reset_password"), {"email": "anna@example.dk"})
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))
    page = client.get(link[link.index("/admin") :])
    client.post(page["Location"], {"password1": password, "password2": password})
    return link


def after(**time):
    return time_machine.travel(timezone.now() + timedelta(**time), tick=False)


def test_session_has_a_new_key_after_the_password_and_after_the_code(client, anna):
    give_app(anna)
    client.get("/admin/second-factor/webauthn/login/", headers={"Accept": "application/json"})
    keys = [client.session.session_key]
    give_password(client)
    give_code(client)
    keys.append(client.session.session_key)
    assert None not in keys
    assert len(set(keys)) == 2
    assert not Session.objects.filter(pk=keys[0]).exists()


def test_cookie_ends_with_the_browser_and_is_not_for_scripts(client, anna):
    give_password(client)
    cookie = client.cookies["sessionid"]
    assert (cookie["max-age"], cookie["expires"], cookie["httponly"]) == ("", "", True)


def test_session_ends_without_work(client, anna):
    give_password(client)
    with after(minutes=29):
        assert is_in(client)
    with after(minutes=58):
        assert is_in(client)
    with after(minutes=89):
        assert not is_in(client)


def test_session_ends_after_half_a_day_of_work(client, anna):
    give_password(client)
    for minutes in range(20, 12 * 60, 20):
        with after(minutes=minutes):
            assert is_in(client)
    with after(hours=12, seconds=1):
        assert not is_in(client)


def test_page_that_is_left_open_keeps_nobody_signed_in(client, anna):
    give_password(client)
    address = reverse("admin:articles_article_presence", args=[make_article().pk])
    with after(minutes=29):
        assert client.post(address).status_code == 200
    with after(minutes=31):
        assert not is_in(client)


def test_work_within_a_minute_writes_nothing(client, anna, django_assert_num_queries):
    give_password(client)
    address = reverse("admin:articles_article_signed_in")
    client.get(address)
    with django_assert_num_queries(4):  # session, account, permissions of the account and of its groups
        client.get(address)


def test_readers_have_no_session(client):
    response = client.get("/da/blog/")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert not Session.objects.exists()


def test_password_change_signs_out_everywhere_else(client, anna):
    other = Client()
    give_password(client)
    give_password(other)
    sent = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(reverse("account_change_password"), sent).status_code == 302
    assert is_in(client)
    assert not is_in(other)
    assert Session.objects.filter(account_id=anna.pk).count() == 1
    assert "The password has been changed." in mail.outbox[0].body


def test_forgotten_password_is_replaced_by_a_link_to_the_sites_own_address(client, anna, settings):
    settings.SITE_URL = "https://blog.example"
    other = Client()
    give_password(other)
    link = choose_by_mail(client)
    assert link.startswith("https://blog.example/admin/password/reset/key/")
    assert not is_in(other)
    assert not is_in(client)
    give_password(client, password=NEW)
    assert is_in(client)
    # The link has been used.
    again = Client().get(link.removeprefix("https://blog.example"))
    assert "more than a day old" in again.content.decode()


def test_stranger_is_not_told_whose_address_it_is_and_gets_no_mail(client, anna):
    answers = [
        client.post(reverse("account_reset_password"), {"email": email}, follow=True).content
        for email in ("anna@example.dk", "nobody@example.dk")
    ]
    assert len(mail.outbox) == 1
    assert len({answer.partition(b"<main")[2] for answer in answers}) == 1


def ask_for_a_link(email):
    """The status of the answer, and to whom mails went."""
    mail.outbox.clear()
    response = Client().post(reverse("account_reset_password"), {"email": email})
    return response.status_code, [address for message in mail.outbox for address in message.to]


def test_link_does_not_go_to_an_address_that_the_account_had_before(anna):
    ask_for_a_link("anna@example.dk")
    User.objects.filter(pk=anna.pk).update(email="anna@new.example")
    assert ask_for_a_link("anna@example.dk") == (302, [])


def test_link_is_asked_for_in_whatever_letters_and_goes_to_the_accounts_own_address(anna):
    User.objects.filter(pk=anna.pk).update(email="Anna.Hansen@klinik.dk")
    assert ask_for_a_link("anna.hansen@KLINIK.dk") == (302, ["Anna.Hansen@klinik.dk"])


def test_mail_that_cannot_be_sent_does_not_tell_that_there_is_an_account(anna, monkeypatch):
    def refuse(*_args):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert ask_for_a_link("anna@example.dk") == ask_for_a_link("nobody@example.dk")


def test_answer_waits_for_no_mail(anna, rf, monkeypatch):
    """The server closes it when it has been sent."""
    sent = []
    monkeypatch.setattr(AccountAdapter, "send_password_reset_mail", lambda *args: sent.append(args))
    request = rf.post(reverse("account_reset_password"), {"email": "anna@example.dk"})
    request._dont_enforce_csrf_checks = True
    response = WSGIHandler().get_response(request)
    assert (response.status_code, len(sent)) == (302, 0)
    response.close()
    assert len(sent) == 1


def test_mails_for_a_new_password_are_limited(anna):
    statuses = [ask_for_a_link("anna@example.dk")[0] for _ in range(5)]
    with after(minutes=14):
        statuses.append(ask_for_a_link("anna@example.dk")[0])
    assert statuses == [302] * 5 + [429]


def test_second_factor_is_asked_for_after_a_forgotten_password(client, anna):
    give_app(anna)
    choose_by_mail(client)
    assert give_password(client, password=NEW)["Location"] == reverse("mfa_authenticate")


def account(user, **changes):
    """What the account's form sends."""
    fields = {"username": user.username, "date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    return {**fields, "is_active": "on", "is_staff": "on"} | changes


@pytest.mark.parametrize("closed", [{"is_active": ""}, {"is_staff": ""}])
def test_closing_an_account_signs_it_out_for_good(client, anna, closed):
    other = Client()
    give_password(other)
    make_person("bo", "Administrator")
    give_password(client, "bo")
    address = reverse("admin:auth_user_change", args=[anna.pk])
    assert client.post(address, account(anna, **closed)).status_code == 302
    User.objects.filter(pk=anna.pk).update(is_active=True, is_staff=True)
    assert not is_in(other)
    assert SignInEntry.objects.filter(deed="sessions_ended", user=anna).exists()


def test_nobody_closes_his_own_account(client):
    bo = make_person("bo", "Administrator")
    give_password(client, "bo")
    sent = account(bo, is_active="", is_staff="")
    assert client.post(reverse("admin:auth_user_change", args=[bo.pk]), sent).status_code == 302
    assert is_in(client)


@pytest.mark.parametrize("closed", ["is_active", "is_staff"])
def test_account_closed_past_the_admin_is_signed_out_for_good(client, anna, closed):
    bo = make_person("bo")
    give_password(client)
    give_password(Client(), "bo")
    User.objects.filter(pk=anna.pk).update(**{closed: False})
    assert list(Session.objects.exclude(account_id=None).values_list("account_id", flat=True)) == [bo.pk]


def test_one_sees_where_one_is_signed_in_and_signs_out_elsewhere(client, anna):
    other = Client()
    with after(minutes=-10):
        give_password(other)
    give_password(client)
    page = client.get(reverse("account_sessions"))
    assert [session.is_this for session in page.context["sessions"]] == [True, False]
    assert page.content.decode().count("in this browser") == 1
    client.post(reverse("account_sessions"))
    assert is_in(client)
    assert not is_in(other)
    assert SignInEntry.objects.filter(deed="sessions_ended", user=anna, detail="").exists()


def test_nobody_is_signed_out_elsewhere_by_whoever_only_has_the_session(client, anna):
    other = Client()
    give_password(client)
    give_password(other)
    with after(minutes=16):
        client.get(reverse("mfa_index"))
        asked = client.post(reverse("account_sessions"))
        assert asked["Location"].startswith(reverse("account_reauthenticate"))
        assert is_in(other)


# Halfway in: the password has been given, and the second factor has not


@pytest.fixture
def halfway(client, anna, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    give_app(anna)
    give_password(client)
    return client


@pytest.mark.parametrize("closed", ["is_active", "is_staff"])
def test_code_opens_no_account_that_was_closed_after_the_password(halfway, anna, closed):
    User.objects.filter(pk=anna.pk).update(**{closed: False})
    assert give_code(halfway)["Location"] == reverse("account_login")
    User.objects.filter(pk=anna.pk).update(**{closed: True})
    assert not is_in(halfway)


def test_account_that_is_deleted_after_the_password_leads_to_signing_in(halfway, anna):
    anna.delete()
    page = halfway.get(reverse("mfa_authenticate"), follow=True)
    assert page.redirect_chain == [(reverse("account_login"), 302)]


def test_code_is_too_late_when_the_password_has_been_changed(halfway, anna):
    choose_by_mail(Client())
    assert give_code(halfway)["Location"] == reverse("account_login")


def test_second_factor_that_is_reset_while_it_is_asked_for_leads_to_signing_in(halfway, anna):
    factors.reset(anna)
    page = halfway.get(reverse("mfa_authenticate"), follow=True)
    assert page.redirect_chain == [(reverse("account_login"), 302)]


# Confirming


@pytest.fixture
def administrator(client):
    make_person("bo", "Administrator")
    give_password(client, "bo")
    return client


ADDRESSES = [
    ("admin:auth_user_add", []),
    ("admin:auth_user_change", ["anna"]),
    ("admin:auth_user_delete", ["anna"]),
    ("admin:auth_user_password_change", ["anna"]),
    ("admin:auth_group_add", []),
    ("admin:auth_group_change", [1]),
    ("admin:auth_group_delete", [1]),
]


@pytest.mark.parametrize(("name", "args"), ADDRESSES)
def test_rights_are_changed_by_somebody_who_has_just_shown_who_he_is(administrator, anna, name, args):
    address = reverse(name, args=[anna.pk if arg == "anna" else arg for arg in args])
    assert administrator.get(address).status_code == 200
    with after(minutes=16):
        for method in (administrator.get, administrator.post):
            asked = method(address)
            assert asked.status_code == 302
            assert asked["Location"].startswith(reverse("account_reauthenticate"))
        shown = administrator.post(asked["Location"], {"password": PASSWORD, "next": address})
        assert shown["Location"] == address
        assert administrator.get(address).status_code == 200


def test_deleting_from_the_list_is_confirmed_too(administrator, anna):
    sent = {"action": "delete_selected", "_selected_action": anna.pk, "post": "yes"}
    with after(minutes=16):
        address = reverse("admin:auth_user_changelist")
        assert administrator.get(address).status_code == 200
        asked = administrator.post(address, sent)
        assert asked["Location"].startswith(reverse("account_reauthenticate"))
        assert "Nothing has been changed yet" in administrator.get(asked["Location"]).content.decode()
    assert User.objects.filter(pk=anna.pk).exists()


def test_new_password_of_another_is_not_kept_in_the_session(administrator, anna):
    address = reverse("admin:auth_user_password_change", args=[anna.pk])
    with after(minutes=16):
        administrator.post(address, {"password1": NEW, "password2": NEW})
        assert NEW not in str(dict(administrator.session))


def test_second_factor_is_changed_by_somebody_who_has_just_shown_who_he_is(client, anna):
    give_password(client)
    with after(minutes=16):
        for name in ("mfa_activate_totp", "mfa_add_webauthn"):
            asked = client.get(reverse(name))
            assert asked["Location"].startswith(reverse("account_reauthenticate"))


def test_wrong_password_confirms_nothing(administrator):
    address = reverse("admin:auth_user_add")
    with after(minutes=16):
        page = administrator.post(reverse("account_reauthenticate"), {"password": "wrong", "next": address})
        assert "That is not your password." in page.content.decode()
        assert administrator.get(address).status_code == 302


def test_database_that_goes_away_while_a_session_is_saved_is_no_session_that_ended(client, monkeypatch):
    def go_away(*_args, **_kwargs):
        raise OperationalError("the connection is lost")

    client.raise_request_exception = False
    client.session.save()
    monkeypatch.setattr(Session, "save_base", go_away)
    response = client.post("/admin/second-factor/webauthn/login/")
    assert response.status_code == 503
