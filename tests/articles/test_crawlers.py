"""robots.txt and llms.txt."""

from urllib.robotparser import RobotFileParser

import pytest

from articles import publishing
from tests.factories import make_article, make_bilingual_article, make_edition, make_preview_link

pytestmark = pytest.mark.django_db

SITE = "https://blog.example"


@pytest.fixture(autouse=True)
def at_an_address(settings):
    settings.SITE_URL = SITE


@pytest.fixture
def robots(client):
    response = client.get("/robots.txt")
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    parser = RobotFileParser()
    parser.parse(response.content.decode().splitlines())
    return parser


def test_robots_may_read_what_patients_read(robots):
    edition = make_edition()
    for path in (
        edition.get_absolute_url(),
        "/da/blog/",
        "/en/blog/search/",
        "/en/blog/feed/",
        "/llms.txt",
        "/media/pictures/x",
    ):
        assert robots.can_fetch("Anybot", SITE + path)


def test_robots_may_not_read_the_desk_drafts_and_searches(robots):
    draft = make_preview_link().get_absolute_url()
    for path in ("/admin/", draft, "/approval/x/", "/da/blog/search/?q=brok"):
        assert not robots.can_fetch("Anybot", SITE + path)


def test_robots_are_told_of_the_sitemap(robots):
    assert robots.site_maps() == [f"{SITE}/sitemap.xml"]


def llms(client):
    response = client.get("/llms.txt")
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    return response.content.decode()


def test_overview_names_the_clinic_and_each_language(client):
    lines = llms(client).splitlines()
    assert lines[0] == "# Kirurgen.dk"
    assert lines[2].startswith("> ")
    assert [line for line in lines if line.startswith("## ")] == ["## Dansk", "## English"]


def test_overview_leads_to_every_article_as_markdown(client, django_assert_num_queries):
    article = make_bilingual_article(
        title_da="Lyskebrok", slug_da="lyskebrok", abstract_da="Kort\nsagt.", slug_en="hernia"
    )
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    make_article(title_da="Kladde")
    with django_assert_num_queries(3):
        text = llms(client)
    danish, english = text.split("## English")
    assert f"- [Lyskebrok]({SITE}/da/blog/lyskebrok.md): Kort sagt.\n" in danish
    assert f"({SITE}/en/blog/hernia.md)" in english
    assert "Kladde" not in text
    assert client.get("/da/blog/lyskebrok.md").status_code == 200


def test_title_cannot_break_out_of_its_link(client):
    make_edition(title_da="Brok](https://evil.example) [x", slug_da="brok")
    assert f"- [Brok\\](https://evil.example) \\[x]({SITE}/da/blog/brok.md)" in llms(client)
