"""Links that show a draft to somebody without an account."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.models import PreviewLink
from tests.factories import (
    make_article,
    make_bilingual_article,
    make_editor,
    make_preview_link,
)

pytestmark = pytest.mark.django_db


def read(client, link, status=200):
    response = client.get(link.get_absolute_url())
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def test_link_shows_the_draft_it_was_made_for(client):
    article = make_article(body_da="Sådan var det.")
    link = make_preview_link(article)
    article.body_da = "Sådan blev det."
    article.save()
    html = read(client, link)
    assert "Sådan var det." in html
    assert "Sådan blev det." not in html


def test_link_shows_its_language_on_the_public_page(client):
    link = make_preview_link(make_bilingual_article(title_en="Hernia"), "en")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "da"
    html = read(client, link)
    assert "<h1>Hernia</h1>" in html
    assert '<html lang="en">' in html
    assert "Draft. Patients cannot read it." in html


def test_link_is_kept_and_listed_nowhere_and_leaks_nowhere(client):
    response = client.get(make_preview_link().get_absolute_url())
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Robots-Tag"].startswith("noindex")
    assert response["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert not response.cookies


def test_link_expires(client):
    link = make_preview_link(make_article(title_da="Hemmeligt"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        read(client, link)
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        html = read(client, link, status=410)
    assert "It has expired." in html
    assert "Hemmeligt" not in html


def test_revoked_link_is_closed(client):
    link = make_preview_link(make_article(title_da="Hemmeligt"), revoked_at=timezone.now())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    html = read(client, link, status=410)
    assert "has closed it" in html
    assert "Hemmeligt" not in html


def test_link_does_not_open_what_gets_its_number_after_a_restore(client):
    link = make_preview_link()
    former, number = link.get_absolute_url(), link.pk
    link.delete()
    make_preview_link(make_article(title_da="Hemmeligt"), pk=number)
    response = client.get(former)
    assert (response.status_code, "Hemmeligt" in response.content.decode()) == (404, False)


@pytest.mark.parametrize("token", ["1", "1.x", ".", "x.y", "1.5.x", "%00", "æøå"])
def test_made_up_link_is_404(client, token):
    make_preview_link()
    assert client.get(f"/preview/{token}/").status_code == 404


def test_signature_is_of_one_link(client):
    first, second = make_preview_link(), make_preview_link()
    signature = first.get_absolute_url().rstrip("/").split(".")[-1]
    response = client.get(f"/preview/{second.pk}.{signature}/")
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store, private"


def test_signature_is_of_this_site(client, settings):
    path = make_preview_link().get_absolute_url()
    settings.SECRET_KEY = "another"
    assert client.get(path).status_code == 404


def test_link_outlives_a_new_key_while_the_old_one_is_known(client, settings):
    path = make_preview_link().get_absolute_url()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert client.get(path).status_code == 200


def test_link_is_read_only(client):
    response = client.post(make_preview_link().get_absolute_url())
    assert response.status_code == 405
    assert response["Cache-Control"] == "no-store, private"
    assert response["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("is_revoked", [True, False])
def test_token_is_not_in_the_logs(client, caplog, is_revoked):
    link = make_preview_link(revoked_at=timezone.now() if is_revoked else None)
    token = link.get_absolute_url().split("/")[2]
    client.get(f"/preview/{token}/") if is_revoked else client.get(f"/preview/{token}x/")
    [record] = caplog.records
    assert record.getMessage().endswith(": /preview/…/")
    assert token not in caplog.text


def test_token_of_a_page_that_fails_is_not_in_the_logs(client, caplog, monkeypatch):
    monkeypatch.setattr("articles.guests.draft_page", None)
    link = make_preview_link()
    client.raise_request_exception = False
    assert client.get(link.get_absolute_url()).status_code == 500
    assert "Internal Server Error: /preview/…/" in caplog.text
    assert link.get_absolute_url() not in caplog.text


def test_token_of_a_forged_form_is_not_in_the_logs(caplog):
    path = make_preview_link().get_absolute_url()
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    assert "Forbidden" in caplog.text
    assert path not in caplog.text


def test_link_that_never_opens_is_refused():
    now = timezone.now()
    with pytest.raises(IntegrityError, match="preview_link_is_open_first"):
        make_preview_link(made_at=now, expires_at=now)


# On the desk


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def address(article):
    return reverse("admin:articles_article_share", args=[article.pk])


def make(desk, article, **fields):
    link = {"language": "da", "reader": "Receptionen", "days": "7"} | fields
    data = {f"link-{name}": value for name, value in link.items()}
    return desk.post(address(article), data | {"_link": "Make"}, follow=True)


def test_desk_makes_a_link_and_shows_its_whole_address(desk, settings):
    settings.SITE_URL = "https://blog.example"
    response = make(desk, make_article())
    link = PreviewLink.objects.get()
    assert link.reader == "Receptionen"
    assert f'value="https://blog.example{link.get_absolute_url()}"' in response.content.decode()


def test_address_can_be_shown_again_later(desk):
    link = make_preview_link()
    assert link.get_absolute_url() in desk.get(address(link.snapshot.article)).content.decode()


def test_closed_link_has_no_address_on_the_desk(desk):
    link = make_preview_link(revoked_at=timezone.now())
    assert link.get_absolute_url() not in desk.get(address(link.snapshot.article)).content.decode()


@pytest.mark.parametrize(("field", "value"), [("days", "0"), ("days", "91"), ("language", "en")])
def test_impossible_link_is_an_error_at_its_field(desk, field, value):
    response = make(desk, make_article(), **{field: value})
    assert field in response.context["link_form"].errors
    assert not PreviewLink.objects.exists()


def test_desk_closes_a_link(desk):
    link = make_preview_link()
    desk.post(address(link.snapshot.article), {"_revoke_link": link.pk})
    read(desk, link, status=410)


def test_link_that_is_closed_already_is_not_closed_again(desk):
    link = make_preview_link(revoked_at=timezone.now())
    response = desk.post(address(link.snapshot.article), {"_revoke_link": link.pk}, follow=True)
    assert [str(message) for message in response.context["messages"]] == ["That link is closed already."]


def test_link_of_another_article_is_not_closed(desk):
    link = make_preview_link()
    assert desk.post(address(make_article()), {"_revoke_link": link.pk}).status_code == 404
    read(desk, link)


def test_making_and_closing_are_in_the_history(desk):
    article = make_article(title_da="Lyskebrok")
    make(desk, article)
    desk.post(address(article), {"_revoke_link": PreviewLink.objects.get().pk})
    history = desk.get(reverse("admin:articles_article_history", args=[article.pk])).content.decode()
    assert "The link to “Lyskebrok” is made." in history
    assert "The link for Receptionen is closed." in history
