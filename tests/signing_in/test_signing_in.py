"""In at the door with a password and a second factor, and not otherwise."""

import json
from datetime import timedelta

import pytest
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from signing_in import factors
from signing_in.models import Remembered, Session, SignInEntry
from tests.signing_in.people import (
    PASSWORD,
    SECRET,
    give_app,
    give_code,
    give_codes,
    give_password,
    make_person,
)
from tests.signing_in.totp import code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DESK = "/admin/"
FACTORS = "/admin/second-factor/"


@pytest.fixture
def anna():
    return make_person()


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def is_in(client):
    return client.get(DESK).status_code == 200


def where(response):
    assert response.status_code == 302
    return response["Location"]


def deeds():
    return list(SignInEntry.objects.order_by("pk").values_list("deed", flat=True))


# Password and second factor


def test_password_opens_the_desk_while_developing(client, anna):
    assert where(give_password(client)) == DESK
    assert is_in(client)


def test_password_alone_does_not_open_the_account_of_somebody_with_an_app(client, anna):
    give_app(anna)
    assert where(give_password(client)) == "/admin/second-factor/authenticate/"
    assert not is_in(client)
    assert where(give_code(client)) == DESK
    assert is_in(client)


def test_one_is_led_back_to_where_one_wanted_to_go(client, anna):
    give_app(anna)
    wanted = reverse("admin:articles_article_changelist")
    page = client.get(where(client.get(wanted)))
    assert page.context["form"]
    client.post("/admin/login/", {"login": "anna", "password": PASSWORD, "next": wanted})
    assert where(give_code(client)) == wanted


ELSEWHERE = [
    *("https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "\x08//evil.example", "  //evil.example", "https:evil.example"),
    *("http:///evil.example", "https://testserver@evil.example/", "https://evil.example\\@testserver/"),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x"),
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_nobody_is_led_to_another_site(client, anna, elsewhere):
    sent = {"login": "anna", "password": PASSWORD, "next": elsewhere}
    assert where(client.post("/admin/login/", sent)) == DESK
    assert where(client.post("/admin/logout/", {"next": elsewhere})) == "/admin/login/"


def test_code_is_taken_once(client, anna):
    give_app(anna)
    give_password(client)
    shown = code(SECRET)
    give_code(client, shown)
    other = Client()
    give_password(other)
    assert "has been used already" in give_code(other, shown).content.decode()
    assert not is_in(other)


def test_recovery_code_is_taken_once_and_stands_in_for_the_app(client, anna, required):
    give_app(anna)
    first, *_rest = give_codes(anna)
    give_password(client)
    give_code(client, first)
    assert is_in(client)
    other = Client()
    give_password(other)
    give_code(other, first)
    assert not is_in(other)


def test_secrets_are_not_readable_in_the_database(anna):
    give_app(anna)
    give_codes(anna)
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in stored


def test_former_key_still_decrypts(client, anna, settings):
    give_app(anna)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one, of fifty characters and then some more"
    give_password(client)
    assert where(give_code(client)) == DESK


def test_lost_key_lets_nobody_in(client, anna, settings):
    give_app(anna)
    settings.SECRET_KEY = "another one, of fifty characters and then some more"
    give_password(client)
    response = give_code(client)
    assert response.status_code == 200
    assert "Ask an administrator to reset it" in response.content.decode()


# Who has no second factor yet


def test_without_a_second_factor_there_is_nothing_but_getting_one(client, anna, required):
    give_password(client)
    assert where(client.get(DESK)) == FACTORS
    page = client.get(FACTORS).content.decode()
    assert "your account needs a second factor" in page
    assert reverse("mfa_activate_totp") in page


def test_no_address_of_the_desk_is_open_without_a_second_factor(client, anna, required):
    """Whatever its arguments: the door comes first."""
    give_password(client)
    addresses = [
        reverse("admin:index"),
        reverse("admin:articles_article_changelist"),
        reverse("admin:articles_article_preview", args=[1, "da"]),
        reverse("admin:auth_user_changelist"),
        reverse("admin:worklist_mail"),
        reverse("account_change_password"),
        reverse("mfa_list_webauthn"),
        reverse("mfa_view_recovery_codes"),
        reverse("mfa_generate_recovery_codes"),
        reverse("mfa_deactivate_totp"),
        "/admin/nothing/like/this/",
    ]
    for method in (client.get, client.post):
        assert {where(method(address)) for address in addresses} == {FACTORS}


SPELLINGS = [
    *("/admin", "/admin//", "/admin/./", "/admin/x/../", "/%61dmin/", "/ADMIN/", "/da/admin/", "/admin/;/"),
    *("/admin/auth/user", "/admin/auth%2Fuser/", "/admin/auth/user/%2e%2e/", "/static/../admin/"),
    *("/admin/jsi18n/", "/admin/autocomplete/", "/admin/r/1/1/", "/admin/articles/article/render/"),
]
METHODS = ("get", "head", "options", "post", "put", "patch", "delete", "trace")


@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_or_method_gets_past_the_second_factor(client, anna, required, path):
    give_app(make_person("bo"))
    halfway = Client()
    give_password(halfway, "bo")
    give_password(client)
    statuses = {getattr(each, method)(path).status_code for each in (client, halfway) for method in METHODS}
    assert statuses <= {301, 302, 404}


def test_no_prefix_gets_past_the_second_factor(client, anna, required):
    """As of a server behind one, which a proxy may let a client name."""
    give_password(client)
    assert where(client.get(DESK, SCRIPT_NAME="/elsewhere")) == FACTORS


def test_session_from_before_the_second_factor_is_ended(client, anna, required):
    """Whoever came in with the password alone may be somebody else."""
    give_password(client)
    give_app(anna)
    assert where(client.get(FACTORS)) == "/admin/login/"
    assert "_auth_user_id" not in client.session


def test_second_factor_shown_for_one_account_does_not_count_for_another(client, anna, required):
    give_app(anna)
    give_password(client)
    give_code(client)
    session = client.session
    session["second_factor_of"] = anna.pk + 1
    session.save()
    assert not is_in(client)


@pytest.mark.django_db(transaction=True)
def test_setting_up_an_app_opens_the_desk_and_closes_it_to_others(client, anna, required):
    give_password(client)
    intruder = Client()
    give_password(intruder)
    key = client.session.session_key
    page = client.get(reverse("mfa_activate_totp"))
    sent = {"code": code(page.context["form"].secret)}
    assert where(client.post(reverse("mfa_activate_totp"), sent)) == reverse("mfa_view_recovery_codes")
    assert is_in(client)
    assert client.session.session_key != key
    assert where(intruder.get(DESK)).startswith("/admin/login/")
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(codes) == 10
    assert codes == client.get(reverse("mfa_download_recovery_codes")).content.decode().split()
    assert mail.outbox[0].to == ["anna@example.dk"]
    assert "factor_added" in deeds()


def test_last_second_factor_that_is_removed_closes_the_desk(client, anna, required):
    give_app(anna)
    give_password(client)
    give_code(client)
    other = Client()
    give_password(other)
    give_code(other, code(SECRET, steps=1))  # not taken, so not signed in
    client.post(reverse("mfa_deactivate_totp"))
    assert where(client.get(DESK)) == FACTORS


def test_picture_for_the_app_is_in_the_page_without_style_or_address(client, anna):
    give_password(client)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    picture = page.partition('class="qr"')[2].partition("</div>")[0]
    assert "<svg" in picture
    assert not any(word in picture for word in ("style", "data:", "<?xml"))


# Who does not come in


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": False}])
def test_closed_account_is_told_so_only_to_whoever_knows_the_password(client, fields):
    make_person(**fields)
    assert where(give_password(client)) == "/admin/login/"
    assert "This account is closed" in client.get("/admin/login/").content.decode()
    assert not is_in(client)
    other = Client()
    assert "do not fit" in give_password(other, password="wrong").content.decode()


def test_account_and_no_account_look_the_same(client, anna):
    pages = [give_password(Client(), name, "wrong").content.decode() for name in ("anna", "nobody")]
    told = {page[page.index("errornote") : page.index("</p>", page.index("errornote"))] for page in pages}
    assert len(told) == 1


def test_account_and_no_account_cost_as_many_queries(client, anna):
    counts = []
    for name in ("anna", "nobody"):
        with CaptureQueriesContext(connection) as queries:
            give_password(Client(), name, "wrong")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_there_is_no_sign_up(client):
    assert client.get("/admin/signup/").status_code == 302  # the admin's, for anonymous: to sign in
    assert not get_adapter().is_open_for_signup(None)


def test_password_is_hashed_with_argon2_and_older_hashes_are_replaced(client, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]  # as they are outside of these tests
    anna = make_person()
    assert identify_hasher(anna.password).algorithm == "argon2"
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    give_password(client)
    anna.refresh_from_db()
    assert identify_hasher(anna.password).algorithm == "argon2"


ANSWER = {"id": "x", "rawId": "eA", "type": "public-key"}
SIGNED = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}
NONSENSE = [
    *("", "{}", "[]", "1", '"x"', "null", "{" * 500, '{"a": "\\u0000"}'),
    *('{"response": []}', '{"response": {"userHandle": 1}}', '{"response": {"userHandle": "////"}}'),
    json.dumps(ANSWER | {"response": {"userHandle": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}}),
    json.dumps(ANSWER | {"response": SIGNED | {"userHandle": "MQ"}}),
]


@pytest.mark.parametrize("credential", NONSENSE)
def test_nonsense_for_a_passkey_is_refused(client, anna, credential):
    client.get("/admin/second-factor/webauthn/login/", headers={"Accept": "application/json"})
    response = client.post("/admin/second-factor/webauthn/login/", {"credential": credential})
    assert where(response) == "/admin/login/"
    assert not is_in(client)
    give_password(client)
    response = client.post(reverse("mfa_add_webauthn"), {"credential": credential, "passwordless": "on"})
    assert response.status_code == 200
    assert not Authenticator.objects.exists()


# Recovery by an administrator


def test_lost_phone_is_replaced_by_a_command(client, anna, required, capsys):
    give_app(anna)
    give_codes(anna)
    give_password(client)
    give_code(client)
    call_command("reset_second_factor", "anna")
    assert "sets up a new one" in capsys.readouterr().out
    assert not is_in(client)
    assert not Authenticator.objects.exists()
    assert where(give_password(Client())) == DESK
    assert "factors_reset" in deeds()


def test_command_for_an_account_that_is_not_there_says_so():
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_second_factor", "nobody")


# What is written down


def test_what_happens_is_logged_and_listed_with_the_account_and_no_address(client, anna, caplog):
    caplog.set_level("INFO", "signing_in")
    give_app(anna)
    give_password(client, password="wrong-secret", REMOTE_ADDR="198.51.100.7")
    give_password(client, REMOTE_ADDR="198.51.100.7")
    give_code(client, "000000")
    give_code(client)
    client.post("/admin/logout/")
    assert deeds() == ["failed", "factor_failed", "factor_used", "signed_in", "signed_out"]
    assert set(SignInEntry.objects.values_list("user_id", "name")) == {(anna.pk, "anna")}
    lines = [record.getMessage() for record in caplog.records if record.name == "signing_in"]
    assert lines[0] == f"failed: account {anna.pk}"
    assert len(lines) == 5
    assert not any(word in "\n".join(lines) for word in ("198.51", "secret", "anna"))


def test_log_names_by_number_who_does_something_to_an_account(anna, caplog):
    caplog.set_level("INFO", "signing_in")
    chef = make_person("chef")
    factors.reset(anna, by=chef)
    assert caplog.messages == [f"factors_reset: account {anna.pk}, by account {chef.pk}"]
    assert SignInEntry.objects.get().detail == "chef"


def test_name_of_no_account_is_not_kept(client):
    """It may be a password that was typed into the wrong field."""
    give_password(client, "my own password", "x")
    assert list(SignInEntry.objects.values_list("deed", "user", "name")) == [("failed", None, "")]


def test_no_address_is_kept_in_what_is_counted(client):
    give_password(client, REMOTE_ADDR="198.51.100.7")
    kept = " ".join(Remembered.objects.values_list("cache_key", flat=True))
    assert "login_failed" in kept
    assert "198.51" not in kept


@pytest.mark.parametrize("change", ["UPDATE {} SET name = 'x'", "DELETE FROM {}"])
def test_list_is_only_added_to(client, anna, change):
    give_password(client)
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        connection.cursor().execute(change.format("signing_in_signinentry"))


def test_what_is_over_is_tidied_away(anna):
    for days in (364, 366):
        SignInEntry.objects.create(deed="failed", at=timezone.now() - timedelta(days=days))
    for key, hours in (("a", -1), ("b", 1)):
        then = timezone.now() + timedelta(hours=hours)
        Session.objects.create(pk=key, expire_date=then)
        Remembered.objects.create(pk=key, expires=then)
    call_command("tidy_sign_ins")
    assert [model.objects.count() for model in (SignInEntry, Remembered, Session)] == [1, 1, 1]


@pytest.mark.parametrize(("role", "status"), [("Editor", 403), ("Administrator", 200)])
def test_administrators_see_the_list(client, role, status):
    make_person(role=role)
    give_password(client)
    response = client.get(reverse("admin:signing_in_signinentry_changelist"))
    assert response.status_code == status


def test_secrets_of_others_are_not_in_the_admin():
    assert not admin.site.is_registered(Authenticator)
