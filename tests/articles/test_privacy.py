"""What readers are told of their privacy."""

import pytest

from clinic.identity import Clinic


@pytest.mark.parametrize(
    ("language", "words"), [("da", "Vi sætter ingen cookies"), ("en", "We set no cookies")]
)
def test_page_is_there_in_each_language_and_asks_no_database(client, language, words):
    response = client.get(f"/{language}/blog/privacy/")
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not response.cookies


def test_page_names_who_is_responsible_and_the_clinics_own_page(client, settings):
    settings.CLINIC = Clinic(
        "Prøveklinikken",
        address=("Prøvevej 1", "9999 Prøveby"),
        email="post@klinik.example",
        privacy={"da": "https://klinik.example/privatliv"},
    )
    page = client.get("/da/blog/privacy/").content.decode()
    assert "Prøveklinikken er ansvarlig" in page
    assert "Prøvevej 1, 9999 Prøveby" in page
    assert 'href="mailto:post@klinik.example"' in page
    assert 'href="https://klinik.example/privatliv"' in page


@pytest.mark.django_db
def test_every_page_links_to_it(client):
    assert '<a href="/en/blog/privacy/">Privacy</a>' in client.get("/en/blog/").content.decode()


@pytest.mark.django_db
def test_search_engines_find_it(client):
    assert "/da/blog/privacy/</loc>" in client.get("/sitemap.xml").getvalue().decode()
