"""A treatment's articles on a booking page of another site, in a real browser."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import expect

from articles import publishing
from tests.factories import make_article, make_treatment


@contextmanager
def booking_site(html):
    """A server with one page; its origin. Another port is another origin."""

    class Booking(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_args):
            pass

    server = HTTPServer(("localhost", 0), Booking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def embed(live_server, transactional_db):
    article = make_article(title_da="Før koloskopien", slug_da="foer")
    article.treatments.add(make_treatment(slug_da="koloskopi"))
    publishing.publish(article, "da")
    return f"{live_server.url}/da/blog/treatment/koloskopi/embed/"


@pytest.fixture
def booking(embed, troubles):
    """The origin of a booking page that frames the articles."""
    html = f'<!doctype html><html lang="da"><title>Tid</title><iframe title="x" src="{embed}"></iframe>'
    with booking_site(html) as origin:
        yield origin
    # That another host was asked is what this is about, and refusals are said in the console.
    troubles[:] = [line for line in troubles if origin not in line and "frame-ancestors" not in line]


def test_listed_site_shows_the_articles_and_their_links_leave_the_frame(page, booking, settings):
    settings.EMBED_ORIGINS = [booking]
    page.goto(booking)
    page.frame_locator("iframe").get_by_role("link", name="Før koloskopien").click()
    expect(page).to_have_url(re.compile("/da/blog/foer/$"))


def test_site_that_is_not_listed_shows_nothing(page, booking, settings):
    settings.EMBED_ORIGINS = ["http://other.example"]
    page.goto(booking)
    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]


@pytest.mark.parametrize("is_listed", [True, False])
def test_script_reads_the_fragment_on_a_listed_site_only(page, booking, embed, settings, is_listed):
    settings.EMBED_ORIGINS = [booking] if is_listed else []
    page.goto(booking)
    read = "address => fetch(address).then(answer => answer.text()).catch(() => '')"
    assert ("Før koloskopien" in page.evaluate(read, f"{embed}?fragment")) == is_listed
