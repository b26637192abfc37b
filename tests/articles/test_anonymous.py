"""Every address the program answers, asked in every way by somebody who has not signed in."""

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client

from tests.every_address import SECRET, every_address

pytestmark = pytest.mark.django_db

METHODS = ["get", "head", "options", "post", "put", "patch", "delete"]
# For those who have its link.
SHOWN_TO_ONE_READER = {"preview"}
WITH_A_FORM = {"admin:login"}


@pytest.fixture
def addresses():
    return every_address()


def rows():
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


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
        if name.startswith("admin:") and name not in WITH_A_FORM and not is_refused(response):
            admitted.append((name, response.status_code))
        if name not in WITH_A_FORM and response.cookies:
            cookies.append(name)
    assert (failed, shown, admitted, cookies) == ([], [], [], [])
    assert rows() == before
    assert len(addresses) > 100


def is_refused(response) -> bool:
    """Sent to sign in, or the method is not one of the address."""
    to_sign_in = response.status_code == 302 and response["Location"].startswith(
        ("/admin/login/?next=/admin/", "/admin/")
    )
    return (to_sign_in or response.status_code == 405) and not response.content


@pytest.mark.parametrize("method", METHODS)
def test_links_of_an_unknown_token_open_nothing(addresses, method):
    for path in ("/preview/unknown/", "/preview/1.unknown/", "/approval/unknown/"):
        response = getattr(Client(), method)(path)
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
