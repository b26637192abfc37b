"""The headers of every kind of answer, with the settings of production, beside what they are to be.

`Cache-Control` of what anybody may read is for the tests of caching.
"""

import base64
import hashlib
import re

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.test import Client

from articles import publishing
from clinic import headers, identity
from tests.every_address import every_address, patterns
from tests.factories import make_edition, make_editor
from tests.production import security_settings

Headers = dict[str, str | None]

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; upgrade-insecure-requests"
)
PUBLIC: Headers = {
    "Content-Security-Policy": POLICY,
    "Content-Security-Policy-Report-Only": None,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": None,
    "Set-Cookie": None,
    "Server": None,
}
FOR_OTHER_SITES = PUBLIC | {"Cross-Origin-Resource-Policy": "cross-origin"}
FRAMED = FOR_OTHER_SITES | {
    "Content-Security-Policy": POLICY.replace(
        "frame-ancestors 'none'", "frame-ancestors 'self' https://booking.example"
    ),
    "X-Frame-Options": None,
    "X-Robots-Tag": "noindex",
}
KEPT_BY_NOBODY = PUBLIC | {
    "Cache-Control": "no-store, private",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
ONE_READER = KEPT_BY_NOBODY | {"Referrer-Policy": "no-referrer"}
DESK = KEPT_BY_NOBODY | {
    "Content-Security-Policy": f"{POLICY}; script-src 'self'",
}

# By the name of the address; a name that is not here fails the test.
EXPECTED = {
    "": PUBLIC,
    "permalink": PUBLIC,
    "robots": PUBLIC,
    "llms": PUBLIC,
    "sitemap": PUBLIC,
    "sitemap_file": PUBLIC,
    "oembed": FOR_OTHER_SITES,
    "preview": ONE_READER,
    "approval": ONE_READER,
    "design": PUBLIC,
    "articles:list": PUBLIC,
    "articles:search": PUBLIC,
    "articles:privacy": PUBLIC,
    "articles:category": PUBLIC,
    "articles:author": PUBLIC,
    "articles:treatments": PUBLIC,
    "articles:treatment": PUBLIC,
    "articles:feed": PUBLIC,
    "articles:category_feed": PUBLIC,
    "articles:author_feed": PUBLIC,
    "articles:treatment_feed": PUBLIC,
    "articles:json_feed": FOR_OTHER_SITES,
    "articles:category_json_feed": FOR_OTHER_SITES,
    "articles:author_json_feed": FOR_OTHER_SITES,
    "articles:treatment_json_feed": FOR_OTHER_SITES,
    "articles:treatment_embed": FRAMED,
    "articles:references": PUBLIC,
    "articles:card": FOR_OTHER_SITES,
    "articles:text": PUBLIC,
    "articles:detail": PUBLIC,
}


# Pages with a form before one is signed in have a cookie for it.
SIGNING_IN = DESK | {"Set-Cookie": "__Host-csrftoken"}
WITH_A_FORM = {"admin:login", "account_login", "account_reset_password"}
OF_THE_DESK = ("admin:", "account_", "mfa_")


def expected(name):
    if name in WITH_A_FORM:
        return SIGNING_IN
    return DESK if name.startswith(OF_THE_DESK) else EXPECTED[name]


@pytest.fixture(autouse=True)
def as_in_production(settings):
    for name, value in security_settings().items():
        setattr(settings, name, value)


@pytest.fixture
def reader():
    """Somebody behind the web server, who came by https."""
    return Client(raise_request_exception=False, headers={"X-Forwarded-Proto": "https"})


def differing(response, headers):
    """The headers that are not as expected: what they are, and what they were to be."""
    cookies = ", ".join(response.cookies) or None
    found = {name: cookies if name == "Set-Cookie" else response.get(name) for name in headers}
    return {name: (found[name], value) for name, value in headers.items() if found[name] != value}


def test_every_address_has_an_expectation():
    names = {name for name, _parameters in patterns() if not name.startswith(OF_THE_DESK)}
    assert names == EXPECTED.keys()


@pytest.mark.django_db
def test_every_address_has_the_headers_that_are_expected(reader):
    addresses = {"": "/", **every_address()}
    wrong = {}
    for name, path in addresses.items():
        for method in ("get", "post"):
            reader.cookies.clear()
            response = getattr(reader, method)(path)
            headers = expected(name)
            if name == "mfa_login_webauthn" and method == "post":  # what went wrong is said on the next page
                headers = headers | {"Set-Cookie": "__Host-sessionid"}
            if name == "articles:treatment_embed" and method == "post":
                headers = headers | {"X-Robots-Tag": None}
            if name == "articles:card" and method == "post":
                headers = PUBLIC
            if found := differing(response, headers):
                wrong[method, name, response.status_code] = found
    assert wrong == {}


@pytest.mark.django_db
def test_every_page_of_the_desk_has_them_for_an_editor(reader):
    reader.force_login(make_editor())
    statuses, wrong = set(), {}
    for name, path in every_address().items():
        if name.startswith("admin:") and name != "admin:logout":
            response = reader.get(path)
            statuses.add(response.status_code)
            if found := differing(response, {k: v for k, v in DESK.items() if k != "Set-Cookie"}):
                wrong[name] = found
    assert wrong == {}
    assert 200 in statuses


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/admin", DESK),
        ("/admin/nothing/", DESK),
        ("/preview/token", ONE_READER),
        ("/approval/token", ONE_READER),
        ("/da/blog", PUBLIC),
        ("/administrator/", PUBLIC),
    ],
)
@pytest.mark.django_db
def test_redirects_to_what_is_meant_have_the_headers_of_it(reader, path, headers):
    assert differing(reader.get(path), headers) == {}


@pytest.mark.parametrize("path", ["/da/blog/", "/admin/", "/preview/token/", "/static/css/site.css"])
def test_http_leads_to_the_same_address_over_https_first(client, path):
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (301, f"https://testserver{path}")
    headers = DESK if path == "/admin/" else ONE_READER if path == "/preview/token/" else PUBLIC
    assert differing(response, headers | {"Strict-Transport-Security": None}) == {}


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (BadRequest("x"), 400),
        (PermissionDenied("x"), 403),
        (RuntimeError("x"), 500),
        (OperationalError("x"), 503),
    ],
)
@pytest.mark.parametrize(
    ("view", "path", "headers"),
    [
        ("articles.views.current_row", "/da/blog/brok/", PUBLIC),
        ("articles.models.preview_link.PreviewLinkQuerySet.by_token", "/preview/token/", ONE_READER),
        ("articles.models.approval.ApprovalQuerySet.by_token", "/approval/token/", ONE_READER),
        ("articles.desk.front.DeskSite.has_permission", "/admin/", DESK),
    ],
)
def test_failures_have_the_headers_of_what_failed(  # noqa: PLR0917
    reader, monkeypatch, failure, status, view, path, headers
):
    def fail(*_args, **_kwargs):
        raise failure

    monkeypatch.setattr(view, fail)
    response = reader.get(path)
    assert response.status_code == status
    assert differing(response, headers) == {}


@pytest.mark.django_db
def test_page_that_is_missing_gone_or_not_meant_for_the_method_has_them(reader):
    responses = [
        (reader.get("/da/blog/ingen/"), 404),
        (reader.post("/da/blog/"), 405),
        (reader.get("/da/", headers={"Host": "elsewhere.example"}), 400),
        (Client(enforce_csrf_checks=True).post("/admin/login/", secure=True), 403),
    ]
    for response, status in responses:
        assert response.status_code == status
    assert [differing(response, PUBLIC) for response, _status in responses[:3]] == [{}] * 3
    assert differing(responses[3][0], DESK | {"Set-Cookie": None}) == {}


@pytest.mark.django_db
def test_page_that_somebody_has_or_that_is_gone_has_them(reader):
    edition = make_edition(slug_da="brok")
    known = reader.get("/da/blog/brok/")["ETag"]
    unchanged = reader.get("/da/blog/brok/", headers={"If-None-Match": known})
    publishing.withdraw(edition.article, "da")
    gone = reader.get("/da/blog/brok/")
    assert [unchanged.status_code, gone.status_code] == [304, 410]
    assert [differing(unchanged, PUBLIC), differing(gone, PUBLIC)] == [{}, {}]


@pytest.mark.django_db
def test_what_is_too_much_or_too_often_has_them(reader, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    too_much = reader.post("/admin/login/", {"login": "x" * 1000})
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "1/h/ip"}
    for _ in range(2):
        too_often = reader.post("/admin/password/reset/", {"email": "anna@klinik.example"})
    assert [too_much.status_code, too_often.status_code] == [413, 429]
    assert [differing(too_much, DESK), differing(too_often, DESK)] == [{}, {}]


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/da/blog/", PUBLIC), ("/admin/", DESK), ("/preview/x/", ONE_READER)],
)
def test_closed_site_has_them(reader, settings, tmp_path, path, headers):
    settings.MAINTENANCE_FILE = tmp_path / "maintenance"
    settings.MAINTENANCE_FILE.touch()
    response = reader.get(path)
    assert response.status_code == 503
    assert differing(response, headers) == {}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("css/site.css", PUBLIC),
        ("js/toolbar.js", PUBLIC),
        ("admin/css/base.css", PUBLIC),
        ("css/embed.css", FOR_OTHER_SITES),
        ("img/mark.svg", FOR_OTHER_SITES),
        ("css/nothing.css", PUBLIC),
    ],
)
@pytest.mark.django_db
def test_static_files_have_them(reader, settings, path, headers):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    response = reader.get(f"/static/{path}")
    response.close()
    assert response.status_code == (404 if "nothing" in path else 200)
    assert differing(response, headers) == {}


def offered(response):
    return dict(pair.split("=") for pair in response["Permissions-Policy"].split(", "))


def test_browsers_offer_nothing_to_pages_for_patients(reader):
    assert offered(reader.get("/robots.txt")) == dict.fromkeys(headers.OFFERED, "()")


def test_browsers_offer_to_the_desk_what_it_uses(reader):
    used = {name for name, sites in offered(reader.get("/admin")).items() if sites != "()"}
    assert used == {"clipboard-write", "publickey-credentials-create", "publickey-credentials-get"}


@pytest.mark.django_db
def test_cookies_of_the_desk_are_for_this_host_over_https_and_no_script_reads_them(reader, settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True  # the cookie of the test's own signing in is another
    reader.force_login(make_editor())
    reader.get("/admin/articles/article/add/")
    cookies = reader.cookies
    assert set(cookies) == {"__Host-sessionid", "__Host-csrftoken"}
    for cookie in cookies.values():
        said = {name: cookie[name] for name in ("path", "domain", "secure", "httponly", "samesite")}
        assert said == {"path": "/", "domain": "", "secure": True, "httponly": True, "samesite": "Lax"}


# What the Mozilla HTTP Observatory asks for A+: nothing taken off in any of its ten tests, and enough added.
# https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring


def directives(response):
    parts = (part.split() for part in response["Content-Security-Policy"].split("; "))
    return {name: sources for name, *sources in parts}


def policy_has_nothing_unsafe_and_allows_nothing_by_default(response):
    policy = directives(response)
    sources = [source for found in policy.values() for source in found]
    unsafe = ("'unsafe", "data:", "blob:", "http:", "https:", "*")
    return policy["default-src"] == ["'none'"] and not any(source.startswith(unsafe) for source in sources)


def policy_refuses_frames_bases_and_forms_elsewhere(response):
    policy = directives(response)
    return [policy[name] for name in ("frame-ancestors", "base-uri", "form-action")] == [
        ["'none'"],
        ["'none'"],
        ["'self'"],
    ]


def cookies_are_secure_kept_from_scripts_and_from_other_sites(response):
    cookies = response.cookies.values()
    return all(cookie["secure"] and cookie["httponly"] and cookie["samesite"] for cookie in cookies)


def no_other_site_reads_by_script(response):
    return "Access-Control-Allow-Origin" not in response


def referrer_is_for_the_same_site_only(response):
    return response["Referrer-Policy"] in ("same-origin", "no-referrer")


def https_is_kept_for_more_than_half_a_year_and_may_be_preloaded(response):
    said = response["Strict-Transport-Security"]
    return int(re.findall(r"max-age=(\d+)", said)[0]) >= 15_768_000 and "preload" in said


def scripts_and_styles_are_our_own(response):
    html = response.content.decode()
    loaded = re.findall(r'<script[^>]* src="([^"]*)"|<link rel="stylesheet" href="([^"]*)"', html)
    return all("".join(pair).startswith("/static/") for pair in loaded)


def content_is_what_it_is_said_to_be(response):
    return response["X-Content-Type-Options"] == "nosniff"


def nobody_frames_it(response):
    return response["X-Frame-Options"] == "DENY"


def other_sites_do_not_load_it(response):
    return response["Cross-Origin-Resource-Policy"] == "same-origin"


# The tenth, redirection, is test_http_leads_to_the_same_address_over_https_first.
OBSERVATORY = [
    policy_has_nothing_unsafe_and_allows_nothing_by_default,
    policy_refuses_frames_bases_and_forms_elsewhere,
    cookies_are_secure_kept_from_scripts_and_from_other_sites,
    no_other_site_reads_by_script,
    referrer_is_for_the_same_site_only,
    https_is_kept_for_more_than_half_a_year_and_may_be_preloaded,
    scripts_and_styles_are_our_own,
    content_is_what_it_is_said_to_be,
    nobody_frames_it,
    other_sites_do_not_load_it,
]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/da/blog/", "/da/blog/brok/", "/admin/login/"])
def test_mozillas_observatory_would_give_an_a_plus(reader, path):
    make_edition(slug_da="brok")
    response = reader.get(path)
    assert response.status_code == 200
    assert [rule.__name__ for rule in OBSERVATORY if not rule(response)] == []


def test_colours_of_a_clinic_are_allowed_by_their_hash():
    purple = identity.Clinic("Prøveklinikken", colours={"light": {"accent": "#5a1e5c"}})
    digest = hashlib.sha256(b":root{--light-accent:#5a1e5c;}").digest()
    assert purple.css_sources == [f"'sha256-{base64.b64encode(digest).decode()}'"]
    assert identity.Clinic("Prøveklinikken").css_sources == []
