"""What a Sentry is told: a real one's part is played by a server that keeps what comes."""

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli
import pytest
from django.conf import settings as project

SCRIPT = """
import django
django.setup()
import sentry_sdk
from django.test import Client
from clinic import errors, urls

def broken(request, token):
    secret = "a local value"
    raise ValueError("wrong for anna@klinik.example")

from django.urls import path
urls.urlpatterns.insert(0, path("preview/<str:token>/", broken))
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "s3ss10n"
number = {"X-Request-ID": "0123456789abcdef"}
machines = {"REMOTE_ADDR": "192.0.2.7", "SERVER_NAME": "127.0.0.1"}
answer = client.get("/preview/t0ken/?q=query", headers=number, **machines)
assert answer.status_code == 500
assert client.get("/da/", headers={"Host": "elsewhere.example"}).status_code == 400  # no news
sentry_sdk.flush(5)
"""


@pytest.fixture
def sentry():
    """Its address, and the events it got."""
    events = []

    class Keeper(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = {"gzip": gzip.decompress, "br": brotli.decompress}[self.headers["Content-Encoding"]]
            events.append(unpack(body).decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Keeper) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", events
        server.shutdown()


def test_error_is_told_with_its_place_and_nothing_of_who_asked_for_what(sentry):
    address, events = sentry
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.clinic.without_database",
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nowhere",
        "SENTRY_DSN": address,
        "HOSTNAME": "our-machine",
    }
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=project.BASE_DIR, env=environment, check=True)
    [told] = events
    event = json.loads(told.splitlines()[2])
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "wrong for …@…")
    assert error["stacktrace"]["frames"][-1]["function"] == "broken"
    assert event["tags"] == {"request": "0123456789abcdef"}
    for secret in ("t0ken", "query", "s3ss10n", "192.0.2.7", "a local value", "klinik.example"):
        assert secret not in told
