"""With the settings of production, every page's policy fits it: Chromium has nothing to say of it."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.site import make_site
from tests.every_address import every_address
from tests.factories import make_editor
from tests.production import security_settings

# The same templates as their neighbours'.
LEFT_OUT = re.compile(
    r"admin:(articles_(author|category|treatment|synonym)|auth_group)_(history|delete)$|logout"
)


@pytest.fixture(autouse=True)
def as_in_production(settings):
    for name, value in security_settings().items():
        setattr(settings, name, value)


def test_no_public_page_breaks_its_policy(page):
    for path in make_site("da").values():
        page.goto(path)


def test_no_page_of_the_desk_or_for_one_reader_breaks_its_policy(page, live_server):
    editor = make_editor(password="en lang sætning 7")
    sign_in(page.context, editor, live_server.url)
    client = Client(headers={"X-Forwarded-Proto": "https", "Host": "localhost"})
    client.force_login(editor)
    seen = 0
    for name, path in {**every_address(), "approval": "/approval/waiting/"}.items():
        if not name.startswith(("admin:", "preview", "approval")) or LEFT_OUT.search(name):
            continue
        answer = client.get(path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            page.goto(path)
            seen += 1
    assert seen > 45


def test_cookies_of_production_carry_a_form_through(page, live_server):
    sign_in(page.context, make_editor(), live_server.url)
    page.goto("/admin/articles/category/add/")
    page.locator("#id_name_da").fill("Maven")
    page.locator("#id_slug_da").fill("maven")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Maven")
    assert {cookie["name"] for cookie in page.context.cookies()} == {"__Host-sessionid", "__Host-csrftoken"}


def test_what_an_attacker_wrote_into_a_page_neither_runs_nor_shows(page, troubles, monkeypatch):
    attack = """<script>document.title = "owned"</script><h1 style="color: red" onclick="owned()">x</h1>"""
    monkeypatch.setattr("articles.views.render", lambda *_args, **_kwargs: HttpResponse(attack))
    page.goto("/da/blog/")
    assert page.title() == ""
    assert page.locator("h1").evaluate("element => getComputedStyle(element).color") == "rgb(0, 0, 0)"
    assert len([line for line in troubles if "Content Security Policy" in line]) == 3
    troubles.clear()
