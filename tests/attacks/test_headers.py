"""What garbage in a request's headers does: the same as no such header, and never more than was asked for."""

from urllib.parse import quote

import pytest

from tests.factories import make_edition

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    return make_edition()


# {known} is the page's own tag, which is weak: W/"…".
KNOWN = ["{known}", '"a", {known}', '"a",{known},', " {known} ", "*", "*, {known}"]
UNKNOWN = [
    *("", '"', 'W/"', "W/", '"a"', "\xff", "a{known}", "{known}\x01", "{known}{known}", "W/{known}"),
    *('"{known}"', '"a", ' * 900, '"' + "a" * 9000 + '"', "{known}\x00", "(){{ :; }};"),
]


@pytest.mark.parametrize(("sent", "status"), [*((s, 304) for s in KNOWN), *((s, 200) for s in UNKNOWN)])
def test_only_who_names_the_page_has_it_already(client, edition, sent, status):
    path = edition.get_absolute_url()
    known = client.get(path)["ETag"]
    response = client.get(path, headers={"If-None-Match": sent.format(known=known)})
    assert response.status_code == status
    assert bool(response.content) == (status == 200)
    assert response["ETag"] == known


@pytest.mark.parametrize(
    ("sent", "status"),
    [("*", 200), ('"', 200), ("a", 200), ("", 200), ('"a"', 412), ('"a", ' * 900, 412)],
)
def test_page_under_a_condition_it_does_not_meet_is_not_sent(client, edition, sent, status):
    response = client.get(edition.get_absolute_url(), headers={"If-Match": sent})
    assert response.status_code == status
    assert bool(response.content) == (status == 200)


@pytest.mark.parametrize(
    "sent", ["", "never", "Mon, 99 Foo 0000 99:99:99 GMT", "Thu, 01 Jan 99999 00:00:00 GMT", "0", "\xff"]
)
@pytest.mark.parametrize("header", ["If-Modified-Since", "If-Unmodified-Since"])
def test_day_there_is_none_of_is_no_condition(client, edition, header, sent):
    assert client.get(edition.get_absolute_url(), headers={header: sent}).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        "bytes=0-",
        "bytes=0-0",
        "bytes=9-1,-5",
        "bytes=-",
        "bytes=" + "0-0," * 999,
        "items=0-1",
        "bytes=0-" + "9" * 40,
    ],
)
def test_a_part_of_a_page_is_the_whole_page(client, edition, sent):
    path = edition.get_absolute_url()
    whole = client.get(path)
    for address in (path, f"{path.rstrip('/')}.md", "/da/blog/feed/"):
        response = client.get(address, headers={"Range": sent})
        assert response.status_code == 200
        assert not {"Content-Range", "Accept-Ranges"} & response.headers.keys()
    assert client.get(path, headers={"Range": sent}).content == whole.content


ENGLISH = ["en", "EN-gb;q=0.9", "da;q=0, en", "de,en;q=0.1", "en,en,en", "da;q=0.1,en;q=0.2"]
DANISH = [
    *(
        "",
        "*",
        "da",
        "i-klingon",
        "x" * 400,
        "x" * 9000,
        ";;;,,,;q=",
        "../en",
        "en_US",
        "/en/",
        "en\x01",
        "\xff",
    ),
    *("en;q=999", "en;q=-1", "en;q=abc", "en;q=1.001", "en;q=0.5;q=0.9", "en-" + "x" * 300, "en\r", "%65n"),
    # More than anybody speaks is not read to its end.
    ",".join(f"l{n};q=0.{n}" for n in range(900)) + ",en",
    "\u0130n".encode().decode("latin-1"),
]


@pytest.mark.parametrize(("sent", "language"), [*((s, "en") for s in ENGLISH), *((s, "da") for s in DANISH)])
def test_who_names_no_language_of_ours_reads_danish(client, sent, language):
    response = client.get("/", headers={"Accept-Language": sent})
    assert response.status_code == 302
    assert response["Location"] == f"/{language}/blog/"
    assert response["Content-Language"] == language


@pytest.mark.parametrize("extension", ["ris", "nbib", "bib"])
def test_name_of_a_file_is_the_articles(client, edition, extension):
    response = client.get(f"{edition.get_absolute_url()}references.{extension}")
    assert response["Content-Disposition"] == f'attachment; filename="{edition.slug}.{extension}"'


@pytest.mark.parametrize(
    "ending",
    [
        'references.ris"; filename="x.exe',
        "references.ris%22%3B%20x=%22",
        "references.ris%0D%0AX-Hit:%201",
        "references.r\u0131s",
        "references.exe",
        "references.",
        "references.ris%00.exe",
    ],
)
def test_nothing_of_an_address_gets_into_the_name_of_a_file(client, edition, ending):
    response = client.get(f"{edition.get_absolute_url()}{ending}")
    assert response.status_code == 404
    assert "Content-Disposition" not in response
    assert "X-Hit" not in response


@pytest.mark.parametrize("slug", ['a"b', "a\r\nX-Hit: 1", "a%22b", "\u00e6\u00f8\u00e5", "a\u202eb", "a;b"])
def test_file_of_an_impossible_article_is_not_found(client, slug):
    response = client.get(f"/da/blog/{quote(slug)}/references.ris")
    assert response.status_code == 404
    assert "Content-Disposition" not in response
