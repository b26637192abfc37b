"""Guessing is slow: by account, by address, and by all processes together."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.auth_backends import AuthenticationBackend
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signing_in.adapters import network
from signing_in.models import SignInEntry
from tests.signing_in import totp
from tests.signing_in.people import (
    PASSWORD,
    SECRET,
    give_app,
    give_code,
    give_codes,
    give_password,
    make_person,
)

pytestmark = pytest.mark.django_db

LOCKED = "There have been too many tries."


@pytest.fixture
def anna():
    return make_person()


def address(number):
    return {"REMOTE_ADDR": f"198.51.100.{number}"}


def fail(name="anna", times=5):
    """From as many addresses."""
    return [give_password(Client(), name, "wrong", **address(n)).content.decode() for n in range(times)]


def test_account_is_locked_after_five_tries_even_for_the_right_password(client, anna):
    assert not any(LOCKED in page for page in fail())
    page = give_password(client, **address(99)).content.decode()
    assert LOCKED in page
    assert "Wait 15 minutes" in page


def test_lock_opens_by_itself(client, anna):
    fail()
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert give_password(client).status_code == 302


def test_account_that_is_not_there_is_locked_as_well(client):
    fail("nobody")
    assert LOCKED in give_password(client, "nobody", **address(99)).content.decode()


@pytest.mark.parametrize("name", ["ANNA", " anna ", "Anna"])
def test_other_spelling_of_the_name_gives_no_more_tries(client, anna, name):
    fail()
    assert LOCKED in give_password(client, name, **address(99)).content.decode()


def test_other_host_gives_no_more_tries(client, anna, settings):
    settings.ALLOWED_HOSTS = [".example"]
    for n in range(5):
        give_password(Client(headers={"Host": f"h{n}.example"}), password="wrong", **address(n))
    page = give_password(client, headers={"Host": "h.example"}, **address(99)).content.decode()
    assert LOCKED in page


def test_address_is_locked_whatever_accounts_it_tries(client, anna):
    for n in range(20):
        give_password(client, f"someone-{n}", "wrong", **address(1))
    assert LOCKED in give_password(client, **address(1)).content.decode()
    assert give_password(client, **address(2)).status_code == 302


def test_right_password_does_not_give_the_address_new_tries(anna):
    for n in range(20):
        give_password(Client(), f"someone-{n}", "wrong", **address(1))
        if n == 10:
            assert give_password(Client(), **address(1)).status_code == 302
    assert LOCKED in give_password(Client(), **address(1)).content.decode()


@time_machine.travel(datetime(2026, 7, 1, tzinfo=UTC))
def test_right_code_does_not_give_the_address_new_tries(anna):
    """It ticks: each try has a moment of its own."""
    give_app(anna)
    for n in range(20):
        give_password(Client(), f"someone-{n}", "wrong", **address(1))
        if n == 10:
            insider = Client()
            give_password(insider, **address(1))
            sent = {"code": totp.code(SECRET)}
            assert insider.post(reverse("mfa_authenticate"), sent, **address(1)).status_code == 302
    assert LOCKED in give_password(Client(), **address(1)).content.decode()


def test_present_password_is_not_guessed_by_whoever_has_the_session(client, anna):
    give_password(client)
    sent = {"password1": "helt andre ord om skov", "password2": "helt andre ord om skov"}
    for n in range(5):
        client.post(reverse("account_change_password"), sent | {"oldpassword": f"wrong {n}"})
    client.post(reverse("account_change_password"), sent | {"oldpassword": PASSWORD})
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)
    assert SignInEntry.objects.filter(deed="failed", user=anna).count() == 5


def test_lock_is_recorded_once(anna):
    fail(times=8)
    counted = Counter(SignInEntry.objects.filter(user=anna).values_list("deed", flat=True))
    assert counted == {"failed": 5, "locked": 1}


def test_new_password_by_mail_opens_the_lock(client, anna):
    fail()
    client.post(reverse("account_reset_password"), {"email": "anna@example.dk"})
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))
    page = client.get(link[link.index("/admin") :])
    new = "helt andre ord om skov og hav"
    client.post(page["Location"], {"password1": new, "password2": new})
    assert give_password(client, password=new, **address(99)).status_code == 302


def test_codes_are_not_guessed(client, anna):
    give_app(anna)
    right, *_rest = give_codes(anna)
    give_password(client)
    for n in range(5):
        assert LOCKED not in give_code(client, f"00000{n}").content.decode()
    assert LOCKED in give_code(client, right).content.decode()


def test_who_has_tried_too_many_codes_is_not_told_to_choose_a_new_password(client, anna):
    give_app(anna)
    give_password(client)
    pages = [give_code(client, f"00000{n}").content.decode() for n in range(6)]
    assert f"{LOCKED} Wait 15 minutes.<" in pages[-1]


def test_questions_for_passkeys_are_counted(client):
    ask = {"headers": {"Accept": "application/json"}}
    answers = [client.get(reverse("mfa_login_webauthn"), **ask).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]


def test_too_many_requests_are_told_so_in_the_readers_language(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "da"
    for _ in range(31):
        response = client.post("/admin/login/", {})
    assert response.status_code == 429
    assert "<h1>For mange forsøg</h1>" in response.content.decode()


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_addresses_are_counted_by_household(address, shared):
    assert network(address) == shared


@pytest.mark.parametrize(("proxies", "is_locked"), [(0, True), (1, False)])
def test_forwarded_address_is_believed_of_a_proxy_only(anna, settings, proxies, is_locked):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for n in range(20):
        headers = {"X-Forwarded-For": f"203.0.113.{n}"}
        give_password(Client(headers=headers), f"someone-{n}", "wrong", **address(1))
    page = give_password(Client(headers={"X-Forwarded-For": "203.0.113.99"}), "x", "x", **address(1))
    assert (LOCKED in page.content.decode()) == is_locked


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_are_no_more_than_tries_one_after_another(monkeypatch):
    """Each thread has a connection of its own, as each process has."""
    make_person()
    checked = []
    check = AuthenticationBackend._check_password
    begin = threading.Barrier(12)

    def counting(self, user, password):
        checked.append(password)
        return check(self, user, password)

    monkeypatch.setattr(AuthenticationBackend, "_check_password", counting)

    def guess(number):
        begin.wait()
        try:
            return give_password(Client(), password=f"wrong {number}", **address(number)).content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        pages = list(threads.map(guess, range(12)))
    assert len(checked) <= 5
    assert sum(LOCKED in page for page in pages) == 12 - len(checked)
    assert LOCKED in give_password(Client(), password=PASSWORD, **address(99)).content.decode()
