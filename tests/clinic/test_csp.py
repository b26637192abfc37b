"""What we use of Django 6's Content-Security-Policy works as it does there."""

import pytest
from django.http import HttpResponse
from django.urls import path

from articles.csp import CSP, build_policy, csp_override

OWN: dict[str, list[str] | bool] = {"default-src": [CSP.NONE], "img-src": [CSP.SELF, "https://a.example"]}


def plain(request):
    return HttpResponse()


@csp_override(OWN)
def with_own(request):
    return HttpResponse()


@csp_override({})
def without(request):
    return HttpResponse()


def with_header(request):
    return HttpResponse(headers={"Content-Security-Policy": "sandbox"})


def failing(request):
    return HttpResponse(status=500)


urlpatterns = [
    path("plain", plain),
    path("own", with_own),
    path("without", without),
    path("header", with_header),
    path("failing", failing),
]


@pytest.fixture(autouse=True)
def policies(settings):
    settings.ROOT_URLCONF = __name__
    settings.SECURE_CSP = {"default-src": [CSP.SELF]}


def test_policy_is_written_in_the_order_of_its_settings():
    assert build_policy(OWN) == "default-src 'none'; img-src 'self' https://a.example"


@pytest.mark.parametrize(("is_set", "policy"), [(True, "upgrade-insecure-requests"), (False, "")])
def test_directive_without_sources_is_there_or_not(is_set, policy):
    assert build_policy({"upgrade-insecure-requests": is_set, "img-src": []}) == policy


@pytest.mark.parametrize(
    ("address", "policy"),
    [
        ("/plain", "default-src 'self'"),
        ("/own", "default-src 'none'; img-src 'self' https://a.example"),
        ("/without", None),
        ("/header", "sandbox"),
        ("/failing", "default-src 'self'"),
    ],
)
def test_view_has_the_policy_of_the_site_its_own_or_none(client, address, policy):
    assert client.get(address).get("Content-Security-Policy") == policy


def test_policy_that_only_reports_is_sent_beside_the_other(client, settings):
    settings.SECURE_CSP_REPORT_ONLY = OWN
    response = client.get("/plain")
    assert response["Content-Security-Policy-Report-Only"] == build_policy(OWN)
    assert response["Content-Security-Policy"] == "default-src 'self'"


def test_djangos_own_pages_of_errors_keep_their_looks_while_developing(client, settings):
    settings.DEBUG = True
    assert "Content-Security-Policy" not in client.get("/failing")
    assert "Content-Security-Policy" in client.get("/plain")
