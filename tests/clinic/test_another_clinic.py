"""Another clinic needs a folder of its own, and no line of code."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from articles import approving, drafts
from articles.models import Approval
from clinic import identity
from tests.browser.site import make_site
from tests.factories import make_article, make_editor, make_preview_link

pytestmark = pytest.mark.django_db

FILE = """
name = "Prøveklinikken"
address = ["Prøvevej 1", "9998 Prøvelev"]
phone = "+45 12 34 56 78"
email = "post@proeve.example"

[booking]
da = "https://proeve.example/tid"
en = "https://proeve.example/en/time"

[privacy]
da = "https://proeve.example/privatliv"
en = "https://proeve.example/en/privacy"

[colours.light]
accent = "#5a1e5c"

[colours.dark]
accent = "#e3b5e6"

[[emergency]]
number = "114"
da = "hos politiet"
en = "at the police"
"""
MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>'


@pytest.fixture
def first(settings):
    """What was there before: names, addresses, numbers and colours of the clinic we come with."""
    clinic = settings.CLINIC
    colours = [colour for scheme in identity.COLOURS.values() for colour in scheme.values()]
    return [clinic.name, *clinic.address, clinic.phone, clinic.email, clinic.phone_href, *colours]


@pytest.fixture(autouse=True)
def another(first, settings, tmp_path):
    (tmp_path / "clinic.toml").write_text(FILE, encoding="utf-8")
    image = tmp_path / "static" / "img" / "mark.svg"
    image.parent.mkdir(parents=True)
    image.write_text(MARK, encoding="utf-8")
    settings.CLINIC_DIR = tmp_path
    settings.CLINIC = identity.load(tmp_path)
    settings.STATICFILES_DIRS = [tmp_path / "static", settings.BASE_DIR / "static"]
    finders.get_finder.cache_clear()
    yield
    finders.get_finder.cache_clear()


def left_of(first, text):
    return [name for name in first if name in text]


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_public_page_has_anything_of_the_first_clinic(client, first, language):
    for kind, path in make_site(language).items():
        html = client.get(path).content.decode()
        assert left_of(first, html) == [], kind
        assert "Prøveklinikken" in html, kind
        assert "--light-accent:#5a1e5c;--dark-accent:#e3b5e6;" in html, kind


def test_every_page_says_how_to_reach_the_clinic(client):
    html = client.get("/da/blog/").content.decode()
    for said in ("Prøvevej 1", "9998 Prøvelev", "tel:+4512345678", "post@proeve.example"):
        assert said in html
    assert 'href="https://proeve.example/tid"' in html
    assert 'href="https://proeve.example/privatliv"' in client.get("/da/blog/privacy/").content.decode()


def test_error_pages_have_nothing_of_the_first_clinic(client, first, settings, tmp_path):
    settings.MAINTENANCE_FILE = tmp_path / "maintenance"
    settings.MAINTENANCE_FILE.touch()
    html = client.get("/da/blog/").content.decode()
    assert left_of(first, html) == []
    assert "tel:+4512345678" in html
    assert 'href="tel:114"' in html
    assert "--light-accent:#5a1e5c;" in html


def test_the_desk_has_nothing_of_the_first_clinic(client, first):
    client.force_login(make_editor())
    change = reverse("admin:articles_article_change", args=[make_article().pk])
    for path in ("/admin/", change, "/admin/articles/article/"):
        html = client.get(path).content.decode()
        assert left_of(first, html) == []
        assert "Prøveklinikken" in html
        assert "--light-accent:#5a1e5c;" in html
    client.logout()
    assert "Prøveklinikken" in client.get("/admin/login/").content.decode()


def test_link_for_a_guest_has_nothing_of_the_first_clinic(client, first):
    html = client.get(make_preview_link().get_absolute_url()).content.decode()
    assert left_of(first, html) == []
    assert "Prøveklinikken" in html


def test_mail_names_the_clinic_and_how_to_reach_it(first):
    approval = Approval(name="Bo Prøve", email="bo@example.dk")
    editor = make_editor(email="anna@example.dk")
    draft = drafts.compile(make_article(), "da")
    approving.ask(approval, draft, by=editor, expires_at=timezone.now())
    [sent] = mail.outbox
    assert left_of(first, sent.body) == []
    assert re.search(r"Prøveklinikken\n.*\+45 12 34 56 78", sent.body, re.DOTALL)


def test_mark_is_that_of_the_clinics_folder():
    assert Path(str(finders.find("img/mark.svg"))).read_text(encoding="utf-8") == MARK
