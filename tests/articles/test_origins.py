import pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from articles.origins import readable_by_origins
from clinic import checks

BOOKING = "https://booking.example"


@readable_by_origins
@require_safe
def feed(request, slug):
    response = HttpResponse(slug, content_type="application/feed+json")
    response["Vary"] = "Accept-Encoding"
    return response


urlpatterns = [path("<slug:slug>/feed.json", feed)]


@pytest.fixture(autouse=True)
def booking_may_read(settings):
    settings.ROOT_URLCONF = __name__
    settings.EMBED_ORIGINS = [BOOKING, "http://localhost:3000"]


@pytest.mark.parametrize("origin", [BOOKING, "http://localhost:3000"])
def test_script_of_a_listed_site_may_read(client, origin):
    response = client.get("/koloskopi/feed.json", headers={"Origin": origin})
    assert response.content == b"koloskopi"
    assert response["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://other.example",
        "http://booking.example",
        "https://booking.example:8443",
        "https://booking.example.evil.example",
        "https://evil-booking.example",
        "null",
        "*",
    ],
)
def test_script_of_another_site_may_not(client, origin):
    for method in ("get", "options"):
        response = getattr(client, method)("/koloskopi/feed.json", headers={"Origin": origin})
        assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("origin", [None, BOOKING, "https://other.example"])
def test_caches_keep_an_answer_for_each_site(client, origin):
    headers = {"Origin": origin} if origin else {}
    assert (
        client.get("/koloskopi/feed.json", headers=headers)["Vary"]
        == "Accept-Encoding, Origin, Accept-Language"
    )


def test_no_credentials_are_asked_for(client):
    response = client.get("/koloskopi/feed.json", headers={"Origin": BOOKING})
    assert "Access-Control-Allow-Credentials" not in response


def test_question_before_the_request_is_answered(client):
    response = client.options("/koloskopi/feed.json", headers={"Origin": BOOKING})
    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == BOOKING
    assert response["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_nothing_else_is_allowed(client):
    assert client.post("/koloskopi/feed.json", headers={"Origin": BOOKING}).status_code == 405


@pytest.mark.parametrize(
    "origin",
    [
        "booking.example",
        "https://booking.example/da",
        "*",
        "https://*.example",
        "https://a.example; script-src *",
    ],
)
def test_what_is_no_origin_is_an_error_of_the_settings(settings, origin):
    settings.EMBED_ORIGINS = [BOOKING, origin]
    [error] = checks.origins_are_addresses_of_sites()
    assert (error.id, repr(origin) in error.msg) == ("clinic.E002", True)


def test_origins_are_fine():
    assert checks.origins_are_addresses_of_sites() == []
    assert settings.EMBED_ORIGINS
