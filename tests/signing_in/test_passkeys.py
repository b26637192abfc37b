"""What somebody who makes his own answers for a passkey gets with them: nothing.

The key is a real one, and so is its signature; what it signs is wrong in one place.
"""

import hashlib
import json
from dataclasses import dataclass, field

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from django.urls import reverse
from fido2 import cbor
from fido2.utils import websafe_encode

from tests.signing_in.people import give_password, make_person

pytestmark = pytest.mark.django_db

HERE = "https://blog.example"
PRESENT, KNOWN, NEW = 1, 4, 64  # flags of what an authenticator says


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.DEBUG = False
    settings.SECOND_FACTOR_REQUIRED = True
    settings.SITE_URL = HERE


@dataclass
class Key:
    id: bytes
    secret: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def answer(self, **said):
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": said,
            }
        )

    def made(self, challenge):
        """For adding it."""
        public = self.secret.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        data = (
            seen(HERE, PRESENT | KNOWN | NEW)
            + bytes(16)
            + len(self.id).to_bytes(2, "big")
            + self.id
            + cbor.encode(cose)
        )
        return self.answer(
            clientDataJSON=websafe_encode(client_data("create", challenge, HERE)),
            attestationObject=websafe_encode(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})),
        )

    def used(self, challenge, user, *, origin=HERE, flags=PRESENT | KNOWN, host=HERE):
        """For signing in as that user."""
        client, data = client_data("get", challenge, origin), seen(host, flags)
        signature = self.secret.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self.answer(
            clientDataJSON=websafe_encode(client),
            authenticatorData=websafe_encode(data),
            signature=websafe_encode(signature),
            userHandle=websafe_encode(user_pk_to_url_str(user).encode()),
        )


def client_data(deed, challenge, origin):
    return json.dumps({"type": f"webauthn.{deed}", "challenge": challenge, "origin": origin}).encode()


def seen(host, flags):
    return hashlib.sha256(host.removeprefix("https://").encode()).digest() + bytes([flags]) + bytes(4)


def person_with_key(name):
    person, client, key = make_person(name), Client(), Key(name.encode())
    give_password(client, name)
    page = client.get(reverse("mfa_add_webauthn"))
    challenge = page.context["js_data"]["creation_options"]["publicKey"]["challenge"]
    client.post(reverse("mfa_add_webauthn"), {"credential": key.made(challenge), "passwordless": "on"})
    assert Authenticator.objects.filter(user=person, type="webauthn").exists()
    return person, key


@pytest.fixture
def anna():
    return person_with_key("anna")


@pytest.fixture
def bo():
    return person_with_key("bo")


def challenge_of(client):
    options = client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()
    return options["request_options"]["publicKey"]["challenge"]


def is_in(client):
    return client.get(reverse("admin:index")).status_code == 200


def sign_in(client, credential):
    client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    return is_in(client)


def test_own_passkey_opens_the_own_account(client, bo):
    person, key = bo
    assert sign_in(client, key.used(challenge_of(client), person))


def test_own_passkey_opens_nobody_elses_account(client, anna, bo):
    person, _key = anna
    _bo, key = bo
    assert not sign_in(client, key.used(challenge_of(client), person))


def test_own_passkey_is_no_second_factor_of_somebody_elses_password(client, anna, bo):
    person, key = bo
    give_password(client, "anna")
    page = client.get(reverse("mfa_authenticate"))
    challenge = page.context["js_data"]["request_options"]["publicKey"]["challenge"]
    client.post(reverse("mfa_authenticate"), {"credential": key.used(challenge, person)})
    assert not is_in(client)


@pytest.mark.parametrize(
    "wrong",
    [
        {"flags": PRESENT},  # the authenticator has not seen who is there
        {"flags": KNOWN},
        {"origin": "https://evil.example"},
        {"origin": "https://blog.example.evil.example"},
        {"host": "https://evil.example"},
    ],
)
def test_passkey_for_another_site_or_of_nobody_is_refused(client, bo, wrong):
    person, key = bo
    assert not sign_in(client, key.used(challenge_of(client), person, **wrong))


def test_answer_is_taken_once_and_in_one_browser(client, bo):
    person, key = bo
    answer = key.used(challenge_of(client), person)
    other = Client()
    challenge_of(other)
    assert not sign_in(other, answer)
    assert sign_in(client, answer)
    client.post(reverse("account_logout"))
    assert not sign_in(client, answer)


def test_passkey_that_was_removed_opens_nothing(client, bo):
    person, key = bo
    Authenticator.objects.filter(user=person).delete()
    assert not sign_in(client, key.used(challenge_of(client), person))


@pytest.mark.parametrize("closed", ["is_active", "is_staff"])
def test_passkey_opens_no_closed_account(client, bo, closed):
    person, key = bo
    setattr(person, closed, False)
    person.save()
    assert not sign_in(client, key.used(challenge_of(client), person))
