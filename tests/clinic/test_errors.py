"""What readers get when something is wrong."""

import os
import re
import socket
import subprocess
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from django.conf import settings as project
from django.core.exceptions import BadRequest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError
from django.test import Client

from clinic import errors
from tests.factories import make_article, make_colleague

ARTICLE = "/en/blog/hernia/"


def read(response, status):
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def reader(client):
    client.raise_request_exception = False
    return client


@pytest.fixture
def broken(monkeypatch):
    """Every article's page fails with this exception."""

    def fail(error):
        def current_row(language, slug):
            raise error

        monkeypatch.setattr("articles.views.current_row", current_row)

    return fail


@pytest.mark.parametrize(
    ("path", "accepted", "title"),
    [
        ("/da/nothing/", "en", "Siden blev ikke fundet"),
        ("/en/nothing/", "da", "The page was not found"),
        ("/nothing/", "en", "The page was not found"),
        ("/nothing/", "fr", "Siden blev ikke fundet"),
    ],
)
def test_page_that_is_not_there_is_in_the_language_of_its_address_or_else_the_readers(
    reader, path, accepted, title
):
    response = reader.get(path, headers={"Accept-Language": accepted})
    assert f"<h1>{title}</h1>" in read(response, 404)
    assert not response.cookies


def test_page_that_is_not_there_leads_on(reader):
    html = read(reader.get("/en/nothing/"), 404)
    assert all(f'href="/en/blog/{path}"' in html for path in ("", "treatment/"))


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (BadRequest("x"), 400, "The question could not be understood"),
        (RuntimeError("x"), 500, "Something went wrong"),
        (OperationalError("x"), 503, "We will be back shortly"),
        (InterfaceError("x"), 503, "We will be back shortly"),
    ],
)
def test_failure_has_a_page_that_asks_no_database(reader, broken, error, status, title):
    broken(error)
    html = read(reader.get(ARTICLE), status)
    assert f"<h1>{title}</h1>" in html
    assert '<html lang="en">' in html
    assert "css/site.css" in html


def test_failure_is_said_in_danish_on_a_danish_page(reader, broken):
    broken(RuntimeError("x"))
    html = read(reader.get("/da/blog/brok/", headers={"Accept-Language": "en"}), 500)
    assert "<h1>Noget gik galt</h1>" in html


def test_database_that_is_away_is_tried_again_and_kept_by_nobody(reader, broken):
    broken(OperationalError("x"))
    response = reader.get(ARTICLE)
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"


def test_worried_reader_of_a_broken_site_finds_whom_to_ring(reader, broken):
    broken(RuntimeError("x"))
    assert 'href="tel:112"' in read(reader.get(ARTICLE), 500)


def test_failure_is_said_even_when_no_template_can_be_rendered(reader, broken, settings, tmp_path, caplog):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    broken(RuntimeError("x"))
    html = read(reader.get(ARTICLE), 500)
    assert "<h1>Something went wrong</h1>" in html
    assert "css/site.css" not in html
    assert "The page for error 500 could not be made." in caplog.messages


def test_web_server_has_pages_of_its_own_in_all_languages():
    pages = dict(errors.of_web_server())
    assert set(pages) == {f"errors/{status}.html" for status in (400, 404, 413, 429, 503)}
    for html in pages.values():
        assert [html.count(f'<section lang="{language}">') for language in ("da", "en")] == [1, 1]
    assert "<h1>Vi er snart tilbage</h1>" in pages["errors/503.html"]
    assert "<h1>We will be back shortly</h1>" in pages["errors/503.html"]


def test_worried_reader_of_a_site_that_is_away_finds_whom_to_ring():
    html = dict(errors.of_web_server())["errors/503.html"]
    assert html.count('href="tel:112"') == 2  # in each language
    assert "ved livsfare" in html


def test_pages_of_the_web_server_are_collected_with_the_static_files_they_name(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "clinic.static_files.StaticStorage"}}
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    call_command("collectstatic", interactive=False, verbosity=0)
    html = (tmp_path / "errors" / "503.html").read_text()
    [stylesheet] = re.findall(r'rel="stylesheet" href="/static/([^"]*)"', html)
    assert (tmp_path / stylesheet).is_file()
    assert re.fullmatch(r"css/site\.[0-9a-f]{12}\.css", stylesheet)


def test_host_that_is_none_of_ours_has_a_page(reader):
    assert "<h1>" in read(reader.get("/da/nothing", headers={"Host": "elsewhere.example"}), 400)


def test_site_is_closed_while_the_file_is_there(reader, settings, tmp_path):
    settings.MAINTENANCE_FILE = tmp_path / "maintenance"
    settings.MAINTENANCE_FILE.touch()
    closed = reader.get("/en/nothing/")
    settings.MAINTENANCE_FILE.unlink()
    assert "We will be back shortly" in read(closed, 503)
    assert "Retry-After" in closed
    read(reader.get("/en/nothing/"), 404)


@pytest.mark.django_db
def test_desk_says_what_an_account_may_not_and_leads_back(reader):
    colleague = make_colleague()
    colleague.is_staff = True
    colleague.save()
    reader.force_login(colleague)
    path = f"/admin/articles/article/{make_article().pk}/change/"
    html = read(reader.get(path, headers={"Accept-Language": "da"}), 403)
    assert "<h1>Du har ikke adgang til denne side</h1>" in html
    assert 'href="/admin/"' in html


@pytest.mark.django_db
def test_page_that_the_desk_does_not_have_leads_back_to_it(reader):
    reader.force_login(make_colleague())
    assert 'href="/admin/"' not in read(reader.get("/da/nothing/"), 404)


def test_form_without_its_token_explains_and_gives_back_what_was_written():
    client = Client(enforce_csrf_checks=True)
    written = {"body_da": "Et langt </textarea> udkast", "password": "my own secret", "number": "12"}
    response = client.post("/admin/login/", written, headers={"Accept-Language": "da"})
    html = read(response, 403)
    assert "<h1>Formularen blev ikke sendt</h1>" in html
    assert "Et langt &lt;/textarea&gt; udkast</textarea>" in html
    assert "my own secret" not in html
    assert html.count("<textarea") == 1


@pytest.fixture(scope="module")
def site_without_database():
    """Host and port of a real server, with the settings of production and no database."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # Whoever connects before the server is ready waits in the socket's queue.
        bind = f"fd://{listening.fileno()}"
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "clinic.wsgi", "--bind", bind, "--log-level", "critical"],
            cwd=project.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.clinic.without_database"},
            pass_fds=[listening.fileno()],
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def ask(address, path, **headers):
    connection = HTTPConnection(address, timeout=20)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    return response, response.read().decode()


@pytest.mark.parametrize(
    ("path", "headers", "title"),
    [
        ("/da/blog/", {}, "Vi er snart tilbage"),
        ("/en/blog/hernia/", {}, "We will be back shortly"),
        ("/a/1/", {"Accept-Language": "en"}, "We will be back shortly"),
        ("/approval/token/", {}, "Vi er snart tilbage"),
        ("/llms.txt", {}, "Vi er snart tilbage"),
        ("/sitemap.xml", {}, "Vi er snart tilbage"),
        ("/admin/", {"Cookie": f"sessionid={'x' * 32}"}, "Vi er snart tilbage"),
    ],
)
def test_every_page_says_so_when_the_database_is_down(site_without_database, path, headers, title):
    response, html = ask(site_without_database, path, **headers)
    assert response.status == 503
    assert f"<h1>{title}</h1>" in html
    assert response.getheader("Retry-After")


def test_page_is_styled_although_the_database_is_down(site_without_database):
    _response, html = ask(site_without_database, "/da/blog/")
    stylesheet = urlsplit(html.split('rel="stylesheet" href="')[1].split('"')[0]).path
    response, css = ask(site_without_database, stylesheet)
    assert response.status == 200
    assert "--paper" in css
