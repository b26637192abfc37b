"""A real browser before the live server. Whatever goes wrong in it fails the test."""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    WebError,
    expect,
)

from tests.browser import chromium
from tests.factories import make_editor

# Milliseconds, for a busy machine. What is there sooner is not waited for.
PATIENCE = 10_000
expect.set_options(timeout=PATIENCE)

type_of_context = Callable[..., BrowserContext]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing but the live server can be reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in the browser come last: Playwright's event loop, once begun, runs to the session's end."""
    items.sort(key=lambda item: "browser_name" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    browser = chromium.find()
    if browser is None and os.environ.get("CI") == "true":
        pytest.fail(chromium.NONE_TO_BE_HAD, pytrace=False)
    if browser is None:
        pytest.skip(chromium.NONE_TO_BE_HAD)
    return {"headless": True, **browser_type_launch_args, "executable_path": browser, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def base_url() -> None:
    """In the place of pytest-base-url's, which pytest 9 warns of; new_context knows the address."""


@pytest.fixture(scope="session")
def playwright(playwright: Playwright) -> Iterator[Playwright]:
    """Playwright, with Django told that its event loop in this thread is none of Django's concern."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield playwright


class Traffic:
    """Counts the requests that are being answered, while it is connected."""

    def __init__(self) -> None:
        self.under_way = 0
        self.changed = threading.Condition()

    def started(self, **_sent: Any) -> None:
        self.count(1)

    def finished(self, **_sent: Any) -> None:
        self.count(-1)

    def count(self, by: int) -> None:
        with self.changed:
            self.under_way += by
            self.changed.notify_all()

    def wait_for_the_last(self, seconds: float) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.under_way <= 0, timeout=seconds)


@pytest.fixture(autouse=True)
def no_request_is_left(_live_server_helper: None) -> Iterator[None]:
    """Between closing the browser and emptying the database, which a request's locks would be in the way of.

    Pages ask by themselves: for the preview, or who else is there.
    """
    traffic = Traffic()
    request_started.connect(traffic.started)
    request_finished.connect(traffic.finished)
    yield
    traffic.wait_for_the_last(seconds=10)
    request_started.disconnect(traffic.started)
    request_finished.disconnect(traffic.finished)


@pytest.fixture
def troubles() -> Iterator[list[str]]:
    """What went wrong in any window. A test that provokes something checks it and clears the list."""
    found: list[str] = []
    yield found
    assert not found, "\n".join(found)


@pytest.fixture
def new_context(new_context: type_of_context, live_server: Any, troubles: list[str]) -> type_of_context:
    """A browser of somebody who reads English, whose troubles are written down."""

    def note_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != own_host:
            troubles.append(f"request to another host: {request.url}")

    def note_response(response: Response) -> None:
        # What a page itself answered is for the test to say.
        if response.status >= 400 and not response.request.is_navigation_request():
            troubles.append(f"{response.status} for {response.request.method} {path_of(response.url)}")

    def note_console(message: ConsoleMessage) -> None:
        # A failed load has been noted as the response that it was.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            troubles.append(f"console {message.type}: {message.text} at {message.location['url']}")

    def note_error(error: WebError) -> None:
        troubles.append(f"page error: {error.error}")

    def create(**options: Any) -> BrowserContext:
        options = {"base_url": live_server.url, "locale": "en-GB", "reduced_motion": "reduce"} | options
        context = new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.on("request", note_request)
        context.on("response", note_response)
        context.on("console", note_console)
        context.on("weberror", note_error)
        return context

    own_host = urlsplit(live_server.url).netloc
    return create


def path_of(url: str) -> str:
    return urlsplit(url).path


@pytest.fixture
def desk(page: Page, live_server: Any) -> Page:
    """A window of an editor who has signed in."""
    sign_in(page.context, make_editor(), live_server.url)
    return page


@pytest.fixture
def second_desk(desk: Page, new_context: type_of_context, live_server: Any) -> Page:
    """A window of another editor, in a browser of her own."""
    context = new_context()
    sign_in(context, make_editor(first_name="Bente", last_name="Prøve"), live_server.url)
    return context.new_page()


def sign_in(context: BrowserContext, user: User, url: str) -> None:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    # Chromium sends cookies that are for https to localhost over http, too.
    where = url.replace("http:", "https:") if settings.SESSION_COOKIE_SECURE else url
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": where}])
