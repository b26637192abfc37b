"""Every address the program answers, asked in every way by somebody who has not signed in."""

from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse

from signing_in.models import Remembered, Session
from tests.every_address import SECRET, every_address
from tests.factories import make_editor

pytestmark = pytest.mark.django_db

METHODS = ["get", "head", "options", "post", "put", "patch", "delete"]
# For those who have its link.
SHOWN_TO_ONE_READER = {"preview"}
# Pages with a form before one is signed in; what went wrong with a passkey is said on the next page.
WITH_A_FORM = {"admin:login", "account_login", "account_reset_password", "mfa_login_webauthn"}
OF_THE_DESK = ("admin:", "account_", "mfa_")
OPEN_TO_ALL = {"admin:login", "admin:logout"}


@pytest.fixture
def addresses():
    return every_address()


def rows():
    """But for what signing in keeps of whoever tries to: counts, and a sentence for the next page."""
    models = [model for model in apps.get_models() if model not in (Remembered, Session)]
    return {model.__name__: model._default_manager.count() for model in models}


@pytest.mark.parametrize("method", METHODS)
def test_nobody_is_shown_anything_that_is_not_public_and_nothing_breaks_or_changes(addresses, method):
    before = rows()
    failed, shown, admitted, cookies = [], [], [], []
    client = Client(raise_request_exception=False)
    for name, path in addresses.items():
        response = getattr(client, method)(path)
        if response.status_code >= 500:
            failed.append(name)
        if name not in SHOWN_TO_ONE_READER and SECRET in b"".join(response).decode(errors="replace"):
            shown.append(name)
        if name.startswith("admin:") and name not in OPEN_TO_ALL and not is_refused(response):
            admitted.append((name, response.status_code))
        if name not in WITH_A_FORM and response.cookies:
            cookies.append(name)
    assert (failed, shown, admitted, cookies) == ([], [], [], [])
    assert rows() == before
    assert len(addresses) > 100


def is_refused(response) -> bool:
    """Sent to sign in, or the method is not one of the address."""
    to_sign_in = f"{reverse('admin:login')}?next="
    is_sent_there = response.status_code == 302 and response["Location"].startswith(to_sign_in)
    return (is_sent_there or response.status_code == 405) and not response.content


def test_links_of_an_unknown_token_open_nothing(addresses, client):
    for path in ("/preview/unknown/", "/preview/1.unknown/", "/approval/unknown/"):
        for method in METHODS:
            response = getattr(client, method)(path)
            assert response.status_code in (404, 405)
            assert SECRET not in response.content.decode()


def test_addresses_with_anything_in_the_place_of_a_number_or_word_do_not_break(addresses):
    client = Client(raise_request_exception=False)
    for name, path in addresses.items():
        for odd in ("%00", "%F0%9F%92%A9", "a" * 300, "..%2F..%2Fetc%2Fpasswd", "99999999999999999999"):
            head, _slash, tail = path.rstrip("/").rpartition("/")
            response = client.get(f"{head}/{odd}/" if path.endswith("/") else f"{head}/{odd}{tail[-4:]}")
            assert response.status_code < 500, (name, odd)


def test_uploaded_files_are_served_by_the_web_server_and_not_listed(client):
    assert client.get(settings.MEDIA_URL).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example", "X-Host": "evil.example", "Forwarded": "host=evil.example"},
        {"X-Original-URL": "/admin/", "X-Rewrite-URL": "/admin/"},
        {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "PUT", "X-HTTP-Method": "POST"},
        {"X-Forwarded-Prefix": "/evil", "X-Forwarded-Port": "8080", "X-Forwarded-Server": "evil.example"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_header_that_a_cache_does_not_know_of_changes_no_page(client, addresses, headers):
    for name, path in addresses.items():
        if not name.startswith(OF_THE_DESK):
            plain, asked = client.get(path), client.get(path, headers=headers)
            assert b"".join(asked) == b"".join(plain), name
            assert asked.headers.get("Location") == plain.headers.get("Location"), name


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:x", "a@testserver", ""]
)
def test_host_that_is_none_of_ours_gets_nothing(host):
    response = Client(raise_request_exception=False).get("/da/blog/", headers={"Host": host})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
    ],
)
def test_signing_in_leads_to_no_other_site(client, elsewhere):
    editor = make_editor(password="en lang sætning 7")
    sent = {"username": editor.username, "password": "en lang sætning 7", "next": elsewhere}
    response = client.post(f"/admin/login/?{urlencode({'next': elsewhere})}", sent)
    assert "evil" not in response.get("Location", "")
    assert "javascript" not in response.get("Location", "")
