"""Whatever is asked of a public address: an answer in UTF-8, no cookie, and never a failure of ours."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from articles.models import Edition
from tests.factories import (
    make_approval,
    make_article,
    make_author,
    make_category,
    make_edition,
    make_editor,
    make_treatment,
)

pytestmark = pytest.mark.django_db

EXAMPLES = given_settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")

ODD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            *(
                "",
                "0",
                "-1",
                "9" * 30,
                "1e9",
                "null",
                "../../etc/passwd",
                "..%2f..%2f",
                "%00",
                "\0",
                "%",
                "%zz",
                "%ff%fe",
            ),
            *(
                "'; DROP TABLE articles_article;--",
                "' OR 1=1--",
                "<script>",
                "{{7*7}}",
                "\u202e",
                "\u0130",
                "ﬀ",
                "\ud7ff",
            ),
            *(
                "2026-01-01.1",
                "2026-02-30.1",
                "2026-01-01.999999999999999999",
                "0000-00-00.0",
                "a" * 3000,
                "[",
                "*",
                "\\",
            ),
            *(
                "a:b&c|d!(e",
                ":*",
                "<->",
                "'",
                '"',
                "æøå",
                "Å",
                "e\u0301",
                "\U0001f3f4",
                "https://127.0.0.1/",
                "//x",
            ),
        ]
    ),
)


def public_paths(resolver: Any = None, before: str = "") -> list[str]:
    """The patterns of every address outside the desk."""
    paths = []
    for pattern in (resolver or get_resolver()).url_patterns:
        here = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            if not here.startswith("admin/"):
                paths += public_paths(pattern, here)
        elif isinstance(pattern, URLPattern) and not here.startswith("^"):
            paths.append(here)
    return paths


PATHS = sorted(set(public_paths()))
QUERIES = [
    "q",
    "page",
    "before",
    "after",
    "category",
    "treatment",
    "url",
    "format",
    "maxwidth",
    "maxheight",
    "next",
]
HEADERS = [
    *("HTTP_ACCEPT_LANGUAGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_MATCH"),
    *("HTTP_COOKIE", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ORIGIN", "HTTP_REFERER", "HTTP_USER_AGENT"),
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_HTTP_METHOD_OVERRIDE", "CONTENT_TYPE"),
]
VALUES = st.one_of(
    st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=40),
    st.sampled_from(
        [
            *(
                "da,en;q=0.9",
                "x" * 9000,
                "en;q=" + "9" * 400,
                ",".join(f"l{n};q=0.{n}" for n in range(900)),
                "-" * 500,
            ),
            *('"', 'W/"', '"a", ' * 900, "*", "bytes=0-", "bytes=9-1,-5", "Mon, 99 Foo 0000 99:99:99 GMT"),
            *(
                "sessionid=a; csrftoken=" + "b" * 4000,
                "sessionid=\xff",
                "django_language=../x",
                "identity;q=0, *;q=0",
            ),
            *("null", "https://evil.example", "multipart/form-data", "application/json; charset=nonsense"),
        ]
    ),
)


@pytest.fixture
def slugs():
    author, category, treatment = make_author(), make_category(), make_treatment()
    edition = make_edition(author=author, category=category)
    edition.article.treatments.add(treatment)
    return [edition.slug, author.slug, category.slug_da, treatment.slug_da]


def sound(response: Any) -> None:
    """What is true of every answer to somebody who has not signed in."""
    assert response.status_code < 500
    assert "Set-Cookie" not in response.headers
    assert not response.cookies
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.get("Content-Type", "").startswith(
        ("text/", "application/json", "application/xml", "application/atom")
    ):
        content.decode()


@EXAMPLES
@given(data=st.data())
def test_any_public_address_is_answered(slugs, data):
    pattern = data.draw(st.sampled_from(PATHS))
    part = st.one_of(st.sampled_from(slugs), ODD)
    path = "/" + PARAMETER.sub(lambda _found: data.draw(part), pattern)
    query = data.draw(st.dictionaries(st.sampled_from(QUERIES), ODD, max_size=3))
    headers = data.draw(st.dictionaries(st.sampled_from(HEADERS), VALUES, max_size=2))
    method = data.draw(
        st.sampled_from(["get", "get", "get", "head", "post", "put", "options", "delete", "trace"])
    )
    client = Client(raise_request_exception=False)
    if method in ("get", "head"):
        response = getattr(client, method)(path, query, **headers)
    else:
        response = client.generic(method.upper(), path, data.draw(st.binary(max_size=60)), **headers)
    sound(response)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize(
    "path",
    [
        b"/da/blog/\xff\xfe/",
        b"/da/blog/\xc3\x28/",
        b"/\xed\xa0\x80/",
        b"/da/blog/%00/",
        b"/da/blog/" + b"a" * 9000 + b"/",
        b"/da/blog/../../../etc/passwd",
        b"/da/blog/..\\..\\x",
        b"//evil.example/%2f..",
        b"/da/blog/search/\x00",
        b"/preview/" + b"a" * 5000 + b"/",
        b"/approval/\xe2\x80\xae/",
        b"/a/" + b"9" * 40 + b"/",
        b"/sitemap-" + b"9" * 30 + b".xml",
    ],
)
def test_impossible_path_is_not_found(client, path, language):
    response = client.generic("GET", "/", PATH_INFO=path.decode("latin-1"), HTTP_ACCEPT_LANGUAGE=language)
    assert response.status_code in (301, 302, 400, 404)
    sound(response)


@pytest.mark.parametrize(
    "query",
    [
        "q=%ff%fe",
        "q=%00",
        "q=" + "a+" * 5000,
        "q=%F0%9F%8F%B4" * 50,
        "q=a&" * 1500,
        "&".join(f"a{n}=1" for n in range(3000)),
        "q=%u0061",
        "q=a%",
        "page=%EF%BC%91",
        "page=-1",
        "before=" + "9" * 400,
        "q[]=a&q[__proto__]=1",
        "q=a;q=b",
        "=" * 999,
    ],
)
@pytest.mark.parametrize("path", ["/da/blog/search/", "/da/blog/", "/oembed"])
def test_impossible_query_is_answered(client, path, query):
    response = client.generic("GET", path, QUERY_STRING=query)
    assert response.status_code in (200, 301, 400, 404, 413)
    sound(response)


# What is sent to the desk and to those who have a link

BODIES = {
    "no boundary": ("multipart/form-data", b"--x\r\n"),
    "endless boundary": (f"multipart/form-data; boundary={'x' * 400}", b"--x\r\n"),
    "cut off": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a',
    ),
    "no name": (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
    ),
    "bad base64": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="text"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n',
    ),
    "many parts": (
        "multipart/form-data; boundary=x",
        b"".join(b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\na\r\n' % n for n in range(1500))
        + b"--x--\r\n",
    ),
    "many files": (
        "multipart/form-data; boundary=x",
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="f%d"; filename="a"\r\n\r\na\r\n' % n
            for n in range(200)
        )
        + b"--x--\r\n",
    ),
    "many fields": ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(3000))),
    "too much": ("application/x-www-form-urlencoded", b"text=" + b"a" * 6_000_000),
    "bytes": ("application/x-www-form-urlencoded", b"text=%ff%fe%00&language=da"),
    "raw bytes": ("application/x-www-form-urlencoded", b"text=\xff\xfe\x00&language=da"),
    "another charset": ("application/x-www-form-urlencoded; charset=utf-7", b"text=+ADw-&language=da"),
    "no charset": ("application/x-www-form-urlencoded; charset=nonsense", b"text=a&language=da"),
    "json": ("application/json", b'{"text": "\\ud800", "language": ["da"]}'),
    "nothing": ("", b""),
}
DOORS = [
    *("articles_article_add", "articles_article_import", "articles_picture_add", "articles_author_add"),
    *("articles_treatment_add", "references_reference_add", "articles_article_changelist"),
]


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("body", BODIES)
def test_desk_answers_an_impossible_form_and_stores_nothing(client, body, language):
    client.force_login(make_editor())
    client.raise_request_exception = False
    content_type, content = BODIES[body]
    doors = ["/admin/articles/article/render/", *(reverse(f"admin:{door}") for door in DOORS)]
    for path in doors:
        response = client.generic(
            "POST", path, content, content_type=content_type, HTTP_ACCEPT_LANGUAGE=language
        )
        assert response.status_code < 500, (path, response.status_code)
        if response.status_code == 400 and response["Content-Type"].startswith("text/html"):
            assert f'lang="{language}"' in response.content.decode() or path.endswith("/render/")
    assert not Edition.objects.exists()


@pytest.mark.parametrize("value", ["true", "½", "1" * 5000, "-1", "9" * 30, "%", "1 OR 1=1", "٣"])
@pytest.mark.parametrize(
    "field", ["author", "reviewer", "related", "category", "treatments", "original_language"]
)
def test_form_with_a_choice_there_is_none_of_comes_back_with_what_was_written(client, field, value):
    client.force_login(make_editor())
    sent = {"original_language": "da", "title_da": "Skrevet", "body_da": "Meget.", field: value}
    response = client.post(reverse("admin:articles_article_add"), sent)
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert "Meget." in response.content.decode()


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.md",
        "..\\..\\x.md",
        "a\0.md",
        "a\r\nX-Hit: 1.md",
        "a" * 300 + ".md",
        ".md",
        "CON.md",
        "<img src=x onerror=window.hit=1>.md",
        "a\u202edm.exe",
        '";x=".md',
        "%2e%2e%2fx.md",
        "æøå 🏴.md",
        "/etc/x.md",
    ],
)
def test_file_name_is_only_words(client, name):
    client.force_login(make_editor())
    file = SimpleUploadedFile("a.md", b"---\ntitle: A\nlanguage: da\n---\nEt brok.\n")
    file._name = name
    response = client.post(reverse("admin:articles_article_import"), {"file": file}, follow=True)
    assert response.status_code == 200
    assert "<img src=x" not in response.content.decode()


def test_mail_has_no_header_of_a_name_or_a_title(client, mailoutbox):
    hostile = "A\r\nBcc: c@d.dk\u2028X: 1"
    author = make_editor(email="e@example.dk", first_name="E\nBcc: c@d.dk")
    article = make_article(title_da=hostile)
    make_approval(article, token="secret", name="Bo\nBcc: c@d.dk", asked_by=author)
    response = client.post("/approval/secret/", {"decision": "approved"})
    assert response.status_code < 500
    (message,) = mailoutbox
    assert message.recipients() == ["e@example.dk"]
    assert not re.search(r"^(?:Bcc|X):", message.message().as_string().partition("\n\n")[0], re.MULTILINE)


def test_nothing_is_kept_in_memory_of_a_larger_form():
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= 5_000_000
    assert settings.DATA_UPLOAD_MAX_NUMBER_FIELDS <= 1000
    assert settings.DATA_UPLOAD_MAX_NUMBER_FILES <= 100
