"""Accounts at the desk: who is made, helped and kept out, and who is told of it."""

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse

from signing_in import factors
from signing_in.models import SignInEntry
from tests.factories import make_editor
from tests.signing_in.people import give_app, give_codes, give_password, make_person

pytestmark = pytest.mark.django_db

NEW = "helt andre ord om skov og hav"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def anna():
    return make_person(last_login="2026-11-01T12:00Z")


@pytest.fixture
def superuser():
    return make_person("chef", is_superuser=True)


@pytest.fixture
def chef(client, superuser):
    give_password(client, "chef")
    return client


@pytest.fixture
def administrator(client):
    make_person("bo", "Administrator")
    give_password(client, "bo")
    return client


def address(name, account):
    return reverse(f"admin:auth_user_{name}", args=[account.pk])


def sent(account, **changes):
    """What the account's form sends."""
    fields = {"username": account.username, "email": account.email, "is_active": "on", "is_staff": "on"}
    return fields | {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"} | changes


def deeds(account):
    return list(SignInEntry.objects.filter(user=account).order_by("pk").values_list("deed", "detail"))


def is_in(client):
    return client.get(reverse("mfa_index")).status_code == 200


# Names


LOOK_ALIKES = ["Anna", "anna\u1160", "anna\u3164", "\u0430nna", "anna\u200b", "anna\u202e"]


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_no_account_is_made_that_looks_like_another(administrator, anna, name):
    made = {"username": name, "password1": NEW, "password2": NEW, "usable_password": "true"}
    response = administrator.post(reverse("admin:auth_user_add"), made)
    assert "username" in response.context["adminform"].form.errors


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_no_account_is_renamed_to_look_like_another(administrator, anna, name):
    """Two of a name, but for capitals, would both be locked out."""
    gry = make_person("gry")
    response = administrator.post(address("change", gry), sent(gry, username=name))
    assert "username" in response.context["adminform"].form.errors


@pytest.mark.parametrize("name", ["søren.ærø", "björn", "a-b_c+d@e.dk"])
def test_names_have_the_letters_that_people_here_have(administrator, anna, name):
    administrator.post(address("change", anna), sent(anna, username=name))
    anna.refresh_from_db()
    assert anna.username == name


def test_account_with_another_name_from_before_can_be_saved(administrator, anna):
    User.objects.filter(pk=anna.pk).update(username="\u0430nna")
    anna.refresh_from_db()
    assert administrator.post(address("change", anna), sent(anna)).status_code == 302


def test_names_of_people_are_kept_without_hidden_characters(administrator, anna):
    name = {"first_name": "An\u202ena", "last_name": "Prø\u200bve"}
    administrator.post(address("change", anna), sent(anna, **name))
    anna.refresh_from_db()
    assert anna.get_full_name() == "Anna Prøve"


def test_password_is_taken_as_it_is_typed(administrator, anna):
    typed = "\u200bhelt andre ord\u202e om skov "
    choice = {"password1": typed, "password2": typed, "usable_password": "true"}
    administrator.post(address("password_change", anna), choice)
    anna.refresh_from_db()
    assert anna.check_password(typed)


# New accounts and passwords


def test_new_account_without_a_password_is_sent_a_link_to_choose_one(administrator):
    administrator.post(reverse("admin:auth_user_add"), {"username": "gry", "usable_password": "false"})
    gry = User.objects.get(username="gry")
    administrator.post(address("change", gry), sent(gry, email="gry@example.dk"))
    told = administrator.post(address("password_link", gry), follow=True).content.decode()
    assert "A link has been sent to gry@example.dk" in told
    assert mail.outbox[0].to == ["gry@example.dk"]
    assert "Your username is gry." in mail.outbox[0].body
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))
    other = Client()
    page = other.get(link[link.index("/admin") :])
    other.post(page["Location"], {"password1": NEW, "password2": NEW})
    assert give_password(other, "gry", NEW).status_code == 302
    assert deeds(gry)[:3] == [("email_changed", "bo"), ("link_sent", "bo"), ("password_changed", "")]


@pytest.mark.parametrize("lacking", [{"email": ""}, {"is_active": False}, {"is_staff": False}])
def test_no_link_is_sent_to_an_account_that_it_would_not_open(administrator, lacking):
    gry = make_person("gry", **lacking)
    page = administrator.post(address("password_link", gry)).content.decode()
    assert "Not yet:" in page
    assert not mail.outbox


def test_link_that_cannot_be_sent_is_said(administrator, anna, monkeypatch):
    def refuse(*_args):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    page = administrator.post(address("password_link", anna), follow=True).content.decode()
    assert "The mail could not be sent." in page
    assert deeds(anna) == []


def test_short_password_is_refused_and_the_rule_is_said(administrator, anna):
    short = {"password1": "ost og vejr", "password2": "ost og vejr", "usable_password": "true"}
    for page in (reverse("admin:auth_user_add"), address("password_change", anna)):
        assert "at least 12 characters" in administrator.get(page).content.decode()
        refused = administrator.post(page, short | {"username": "gry"}).content.decode()
        assert "This password is too short. It must contain at least 12 characters." in refused


@pytest.mark.parametrize(
    "choice",
    [
        {"password1": NEW, "password2": NEW, "usable_password": "true"},
        {"usable_password": "false", "unset-password": "yes"},
    ],
)
def test_password_that_an_administrator_changes_is_recorded_and_its_owner_told(administrator, anna, choice):
    other = Client()
    give_password(other)
    assert administrator.post(address("password_change", anna), choice).status_code == 302
    assert not is_in(other)
    assert deeds(anna)[-1] == ("password_changed", "bo")
    assert mail.outbox[0].to == ["anna@example.dk"]
    assert is_in(administrator)


def test_former_address_is_told_of_a_new_one(administrator, anna):
    administrator.post(address("change", anna), sent(anna, email="new@example.dk"))
    assert [message.to for message in mail.outbox] == [["anna@example.dk"]]
    assert deeds(anna) == [("email_changed", "bo")]


# A lost phone


def test_superuser_takes_second_factors_away(chef, anna):
    give_app(anna)
    give_codes(anna)
    other = Client()
    chef.get(address("change", anna))
    chef.post(address("second_factors", anna))
    assert not factors.has_one(anna)
    assert not is_in(other)
    assert deeds(anna) == [("factors_reset", "chef")]
    assert mail.outbox[0].to == ["anna@example.dk"]


def test_taking_second_factors_away_is_asked_first(chef, anna):
    give_app(anna)
    assert "Reset it" in chef.get(address("second_factors", anna)).content.decode()
    assert factors.has_one(anna)


def test_nobody_takes_his_own_second_factors_away_there(chef, superuser):
    give_app(superuser)
    assert chef.post(address("second_factors", superuser)).status_code == 403
    assert address("second_factors", superuser) not in chef.get(address("change", superuser)).content.decode()


def test_only_superusers_are_offered_to_take_second_factors_away(administrator, anna):
    assert address("second_factors", anna) not in administrator.get(address("change", anna)).content.decode()
    administrator.logout()
    administrator.force_login(make_editor())
    assert address("second_factors", anna) in administrator.get(address("change", anna)).content.decode()


# Oneself


def test_nobody_deletes_his_own_account(chef, superuser):
    assert chef.post(address("delete", superuser), {"post": "yes"}).status_code == 403


def test_superuser_stays_one_until_another_changes_it(chef, superuser):
    chef.post(address("change", superuser), sent(superuser))
    superuser.refresh_from_db()
    assert superuser.is_superuser


@pytest.mark.parametrize(("language", "name"), [("da", "Konti og roller"), ("en", "Accounts and roles")])
def test_section_of_accounts_has_a_name_that_people_know(chef, language, name):
    chef.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    assert name in chef.get(reverse("admin:index")).content.decode()


def test_page_of_a_section_lists_what_is_in_it(chef):
    page = chef.get(reverse("admin:app_list", args=["auth"])).content.decode().partition("<main")[2]
    assert all(reverse(f"admin:auth_{name}_changelist") in page for name in ("user", "group"))
    assert "<h1>Accounts and roles</h1>" in page
    assert "worklist" not in page
