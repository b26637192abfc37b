"""Two windows, two clicks, or two people with one secret, at the same moment: one of them is taken.

Each thread has a connection of its own, as each process has.
"""

import hashlib
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.urls import reverse
from fido2 import cbor
from fido2.utils import websafe_encode

from signing_in import confirming
from signing_in.models import Session, SignInEntry
from tests.signing_in import totp
from tests.signing_in.people import SECRET, give_app, give_code, give_codes, give_password, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

AT_ONCE = 4


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.SECOND_FACTOR_REQUIRED = True
    settings.SITE_URL = "https://blog.example"


@pytest.fixture
def anna():
    return make_person()


def answers(deeds):
    """Status and where it leads, of each; what is raised is raised here."""
    begin = threading.Barrier(len(deeds))

    def do(deed):
        begin.wait()
        try:
            response = deed()
            return response.status_code, response.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return Counter(threads.map(do, deeds))


def assert_led_elsewhere(found):
    """By the page, or by the door, which may have seen already that the session is over."""
    assert {status for status, _address in found} == {302}


def with_password():
    client = Client()
    give_password(client)
    return client


def same_browser(client):
    """Another request of it, under way at the same time."""
    other = Client()
    other.cookies = client.cookies.copy()
    return other


def is_in(client):
    return client.get("/admin/").status_code == 200


def test_code_of_the_app_lets_one_in(anna):
    give_app(anna)
    clients = [with_password() for _ in range(AT_ONCE)]
    shown = totp.code(SECRET)
    found = answers([lambda client=client: give_code(client, shown) for client in clients])
    assert found == {(302, "/admin/"): 1, (200, ""): AT_ONCE - 1}
    assert sum(map(is_in, clients)) == 1


def test_recovery_code_lets_one_in(anna):
    give_app(anna)
    one, *_rest = give_codes(anna)
    clients = [with_password() for _ in range(AT_ONCE)]
    found = answers([lambda client=client: give_code(client, one) for client in clients])
    assert found == {(302, "/admin/"): 1, (200, ""): AT_ONCE - 1}
    assert sum(map(is_in, clients)) == 1


def test_recovery_code_sent_twice_by_one_browser_is_used_once(anna):
    give_app(anna)
    one, *_rest = give_codes(anna)
    client = with_password()
    found = answers([lambda: give_code(same_browser(client), one)] * 2)
    assert found[302, "/admin/"] == 1
    assert SignInEntry.objects.filter(deed="factor_used").count() == 1


def test_code_together_with_the_password_is_too_soon(anna):
    give_app(anna)
    client = Client()
    client.get("/admin/second-factor/webauthn/login/", headers={"Accept": "application/json"})
    first, second = same_browser(client), same_browser(client)
    found = answers([lambda: give_password(first), lambda: give_code(second)])
    assert found == {(302, reverse("mfa_authenticate")): 1, (302, reverse("account_login")): 1}
    assert not is_in(second)


def test_app_set_up_in_two_windows_is_set_up_once(anna):
    clients = [with_password() for _ in range(AT_ONCE)]
    address = reverse("mfa_activate_totp")
    secrets = [client.get(address).context["form"].secret for client in clients]
    found = answers(
        [
            lambda client=client, secret=secret: client.post(address, {"code": totp.code(secret)})
            for client, secret in zip(clients, secrets, strict=True)
        ]
    )
    assert found[302, reverse("mfa_view_recovery_codes")] == 1
    assert_led_elsewhere(found)
    assert sum(map(is_in, clients)) == 1
    assert Session.objects.filter(account_id=anna.pk).count() == 1


def registration(client, name):
    """What the browser sends of a new passkey; the page is asked for what it has to answer."""
    options = client.get(reverse("mfa_add_webauthn")).context["js_data"]["creation_options"]["publicKey"]
    said = {"type": "webauthn.create", "challenge": options["challenge"], "origin": "https://blog.example"}
    key = cbor.encode({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    seen_and_known = b"\x45"
    data = hashlib.sha256(b"blog.example").digest() + seen_and_known + bytes(4 + 16)
    data += len(name).to_bytes(2, "big") + name + key
    made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
    return json.dumps(
        {
            "id": websafe_encode(name),
            "rawId": websafe_encode(name),
            "type": "public-key",
            "response": {
                "clientDataJSON": websafe_encode(json.dumps(said).encode()),
                "attestationObject": websafe_encode(made),
            },
        }
    )


def test_passkeys_added_in_several_windows_are_added_one_at_a_time(anna):
    clients = [with_password() for _ in range(AT_ONCE)]
    address = reverse("mfa_add_webauthn")
    keys = [registration(client, b"key %d" % number) for number, client in enumerate(clients)]
    found = answers(
        [
            lambda client=client, key=key: client.post(address, {"credential": key})
            for client, key in zip(clients, keys, strict=True)
        ]
    )
    assert found[302, reverse("mfa_view_recovery_codes")] == 1
    assert_led_elsewhere(found)
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    assert sum(map(is_in, clients)) == 1


def test_passkey_sent_twice_is_added_once(anna):
    client = with_password()
    key = registration(client, b"the key")
    address = reverse("mfa_add_webauthn")
    found = answers([lambda: same_browser(client).post(address, {"credential": key})] * 2)
    assert found[302, reverse("mfa_view_recovery_codes")] == 1
    assert_led_elsewhere(found)
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_app_removed_twice_is_removed_once(anna):
    give_app(anna)
    client = with_password()
    give_code(client)
    address = reverse("mfa_deactivate_totp")
    found = answers([lambda: same_browser(client).post(address)] * 2)
    assert_led_elsewhere(found)
    assert SignInEntry.objects.filter(deed="factor_removed").count() == 1


def test_nothing_is_left_to_a_connection_which_a_pool_may_give_to_another(anna):
    def view(_request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            held.append((cursor.fetchone()[0], connection.in_atomic_block))

    held = []
    client = with_password()
    session = SimpleNamespace(session_key=client.session.session_key)
    confirming.one_at_a_time(view)(SimpleNamespace(method="POST", user=anna, session=session))
    assert held == [(0, False)]
