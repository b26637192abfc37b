"""The site behind the nginx that Debian has, with the files that are shipped. `make outage` takes longer."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import quote, urlencode

import pytest

from bench import nginx, outage, site
from bench.nginx import HOST, Answer, ask
from bench.outage import Site, wait_for
from clinic import errors
from tests.eutils import EUtils

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")

PAGES = ("/da/blog/", "/da/blog/galdesten/", "/da/blog/feed/", "/sitemap.xml", "/a/1/")
RETRACTED = 999_001
MAKE = """
import json
from articles import publishing
from articles.models import Article, Author
from references.models import Reference
author = Author.objects.first()
slugs = []
for n in range(4):
    slug = f"sample-{n}-{Article.objects.count()}"
    text = "## Fund\\n\\nEt fund [@pmid:%d].\\n" % 999001 if n == 3 else "## Tekst\\n\\nEn tekst.\\n"
    if n == 3:
        Reference.objects.get_or_create(pmid=999001)
    article = Article.objects.create(
        author=author, title_da=slug, title_en=slug, slug_da=slug, slug_en=slug, abstract_da="Kort.",
        abstract_en="Brief.", body_da=text, body_en=text,
    )
    for language in ("da", "en"):
        publishing.publish(article, language, accepted="Sample.")
    slugs.append(slug)
print(json.dumps(slugs))
"""
CHANGE = """
import io, time
from django.core.management import call_command
from articles import publishing
from articles.models import Article
corrected, withdrawn, danish_only, citing = Article.objects.order_by("-pk")[:4][::-1]
call_command("check_references", "--pmid", "999001", stdout=io.StringIO(), stderr=io.StringIO())
corrected.title_da = "Rettet"
corrected.save()
publishing.publish(corrected, "da", accepted="Sample.")
for language in ("da", "en"):
    publishing.withdraw(withdrawn, language)
publishing.withdraw(danish_only, "en")
print(time.time())
"""


@pytest.fixture(scope="module")
def pubmed() -> Iterator[EUtils]:
    with EUtils() as pubmed:
        yield pubmed


@pytest.fixture(scope="module")
def served(pubmed: EUtils) -> Iterator[Site]:
    if nginx.find_or_install() is None:
        pytest.skip(nginx.NONE_TO_BE_HAD)
    settings = {"BENCH_STATIC": "as they are", "WEB_CONCURRENCY": "1"}
    urls = {"PUBMED_BASE_URL": pubmed.url, "CROSSREF_BASE_URL": "http://127.0.0.1:9"}
    with outage.serving(**settings, **urls) as served:
        for name, html in errors.of_web_server():  # as collectstatic would
            path = served.folder / "static" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(html)
        yield served


def test_errors_are_those_of_the_site(served: Site) -> None:
    with outage.stopped(served.server):
        answer = served.nginx.get("/en/blog/read-by-nobody/")
    served.wait_until_fresh()
    assert (answer.status, answer.headers["Content-Language"]) == (503, "en")
    assert "We will be back shortly" in answer.body.decode()


def test_shipped_configuration_is_accepted(served: Site) -> None:
    done = subprocess.run(
        [*nginx.command(served.nginx.program, served.nginx.folder), "-t"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", ["program killed", "PostgreSQL stopped"])
def test_readers_get_every_page_that_was_read_before(served: Site, what: str) -> None:
    outcome = outage.during(served, what, outage.OUTAGES[what], pages=PAGES)
    assert outcome.failures == 0
    assert outcome.seconds_of_stale > outage.IN_CACHE


def test_restart_under_load_drops_nothing(served: Site) -> None:
    assert outage.during(served, "restart", outage.restarted, pages=PAGES).failures == 0


def test_change_is_seen_by_every_reader_within_ten_seconds(served: Site, pubmed: EUtils) -> None:
    pubmed.add(RETRACTED)
    [corrected, withdrawn, danish_only, citing] = made = json.loads(served.shell(MAKE))
    paths = [f"/{language}/blog/{slug}/" for slug in made for language in ("da", "en")]
    for path in paths:  # as somebody may have read them just before
        assert served.nginx.get(path).status == 200
    pubmed.add(RETRACTED, notices=[("RetractionIn", "Cell. 2026;1:1", 9)])
    changed_at = float(served.shell(CHANGE))
    expected = {
        f"/da/blog/{corrected}/": (200, "Rettet"),
        f"/da/blog/{withdrawn}/": (410, ""),
        f"/en/blog/{danish_only}/": (404, ""),
        f"/da/blog/{citing}/": (200, 'class="retracted"'),
        f"/da/blog/{citing}.md": (200, "Dette studie er trukket tilbage."),
        **dict.fromkeys(("/da/blog/", "/da/blog/feed/", "/da/blog/feed.json", "/llms.txt"), (200, "Rettet")),
        f"/oembed?url=https://{HOST}/da/blog/{corrected}/": (200, "Rettet"),
        f"/oembed?url=https://{HOST}/da/blog/{withdrawn}/": (404, ""),
    }

    def is_seen() -> bool:
        # All are asked for each time: a page that readers ask for all the while is the one kept longest.
        answers = {path: served.nginx.get(path) for path in expected}
        return all(
            answer.status == expected[path][0] and expected[path][1] in answer.body.decode()
            for path, answer in answers.items()
        )

    wait_for(is_seen, "the changes", seconds=changed_at + 10 - time.time())


def test_page_is_not_sent_again_to_who_has_it(served: Site) -> None:
    tag = served.nginx.get(PAGES[1]).headers["ETag"]
    answer = served.nginx.get(PAGES[1], {"If-None-Match": tag})
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/da/blog/", "/da/blog/treatment/", PAGES[1], PAGES[4]])
def test_page_is_the_same_with_any_query(served: Site, path: str) -> None:
    served.nginx.get(path)
    assert served.nginx.get(f"{path}?utm_source=a%20letter&fbclid=1").cache != "MISS"


@pytest.mark.parametrize("query", ["after=2000-01-01.1", "x=1&before=2000-01-01.1", "%61fter=2000-01-01.1"])
def test_part_of_a_list_is_a_page_of_its_own(served: Site, query: str) -> None:
    served.nginx.get("/da/blog/")
    assert served.nginx.get(f"/da/blog/?{query}").cache == "MISS"


def test_answer_to_a_search_is_not_kept(served: Site) -> None:
    path = "/da/blog/search/?q=brok"
    assert [served.nginx.get(path).cache for _ in range(2)] == ["MISS", "MISS"]


def test_too_many_searches_are_refused(served: Site) -> None:
    answers = {answer.status: answer for answer in (served.nginx.get("/en/blog/search/") for _ in range(60))}
    assert answers.keys() == {200, 429}
    assert "Der er kommet mange forespørgsler" in answers[429].body.decode()
    assert (answers[429].headers["Retry-After"], differing(answers[429])) == ("60", {})


SHOWS_OURS = "default-src 'none'; img-src 'self'; style-src 'self'"
# Of what nginx says by itself, each as often as it comes.
OF_NGINX = {
    "Cache-Control": ["no-store"],
    "Content-Security-Policy": [f"{SHOWS_OURS}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"],
    "Content-Type": ["text/html; charset=utf-8"],
    "Cross-Origin-Opener-Policy": ["same-origin"],
    "Cross-Origin-Resource-Policy": ["same-origin"],
    "ETag": [],
    "Referrer-Policy": ["same-origin"],
    "Strict-Transport-Security": ["max-age=31536000; includeSubDomains; preload"],
    "Server": ["nginx"],
    "Set-Cookie": [],
    "X-Content-Type-Options": ["nosniff"],
    "X-Frame-Options": ["DENY"],
    "X-Robots-Tag": ["noindex"],
}


def differing(answer: Answer) -> dict[str, list[str]]:
    found = {name: answer.headers.get_all(name) or [] for name in OF_NGINX}
    return {name: values for name, values in found.items() if values != OF_NGINX[name]}


@pytest.mark.parametrize(
    ("path", "headers", "status", "title"),
    [
        ("/static/css/none.css", {}, 404, "Siden blev ikke fundet"),
        ("/media/none.jpg", {}, 404, "The page was not found"),
        ("/static/", {}, 403, "Siden blev ikke fundet"),
        ("/errors/503.html", {}, 404, "Siden blev ikke fundet"),
        ("/da/blog/%zz", {}, 400, "The question could not be understood"),
        (f"/da/blog/?{'a' * 9000}", {}, 414, "The question could not be understood"),
        ("/da/blog/", {"X-Long": "a" * 9000}, 431, "The question could not be understood"),
        ("/da/blog/", {"Content-Length": "300000"}, 413, "That was too much at once"),
    ],
)
def test_what_nginx_refuses_by_itself_has_a_page_and_headers(
    served: Site, path: str, headers: dict[str, str], status: int, title: str
) -> None:
    answer = served.nginx.get(path, headers)
    assert (answer.status, differing(answer)) == (status, {})
    assert f"<h1>{title}</h1>" in answer.body.decode()


def test_page_nobody_has_read_before_says_whom_to_ring_while_the_program_is_away(served: Site) -> None:
    served.program.kill()
    served.program.close()
    try:
        answer = served.nginx.get("/en/blog/read-by-nobody/")
    finally:
        served.program.start()
        served.wait_until_fresh()
    assert (answer.status, answer.headers["Retry-After"], differing(answer)) == (503, "120", {})
    html = answer.body.decode()
    assert all(
        words in html for words in ("Vi er snart tilbage", "We will be back shortly", 'href="tel:112"')
    )


def test_address_as_long_as_nginx_lets_through_is_answered_by_the_program(served: Site) -> None:
    answer = served.nginx.get(f"/da/blog/treatment/?{'a' * 8000}")
    assert (answer.status, answer.headers["Content-Language"]) == (200, "da")


def test_readiness_is_told_in_seconds_while_postgresql_hangs(served: Site) -> None:
    assert served.nginx.get("/readyz").status == 200  # over a connection that stays open
    with outage.hung(served.server):
        answer = served.nginx.get("/readyz")
    served.wait_until_fresh()
    assert answer.status == 503
    assert json.loads(answer.body)["checks"]["database"]["status"] == "failed"


def test_log_of_the_program_is_lines_of_json(served: Site) -> None:
    served.nginx.get("/da/nothing/")
    lines = [json.loads(line) for line in served.program.log.read_text().splitlines()]
    assert {"gunicorn.error", "django.request"} <= {line["logger"] for line in lines}


def sign_in(served: Site, name: str, password: str) -> Answer:
    """Says that it comes from elsewhere."""
    connection = served.nginx.connect()
    page = ask(connection, "/admin/login/")
    token = page.body.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    sent = urlencode({"csrfmiddlewaretoken": token, "login": name, "password": password})
    headers = {
        "Host": HOST,
        "Cookie": page.headers["Set-Cookie"].partition(";")[0],
        "Origin": f"https://{HOST}",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": "203.0.113.9",
    }
    try:
        connection.request("POST", "/admin/login/", sent, headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def test_person_signs_in_through_nginx_and_the_socket(served: Site) -> None:
    served.shell(
        "from django.contrib.auth.models import User;"
        "User.objects.create_superuser('anna', 'anna@example.dk', 'fire ord om ost og vejr')"
    )
    assert sign_in(served, "anna", "another").status == 200
    answer = sign_in(served, "anna", "fire ord om ost og vejr")
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/")
    cookies = answer.headers.get_all("Set-Cookie", [])
    session = next(cookie for cookie in cookies if cookie.startswith("__Host-sessionid="))
    desk = served.nginx.get("/admin/", {"Cookie": session.partition(";")[0]})
    assert (desk.status, desk.headers["Location"]) == (302, "/admin/second-factor/")
    # What was counted is the address that nginx knows, not the one that was said.
    found = served.shell(
        "from django.utils.crypto import salted_hmac; from signing_in.models import Remembered;"
        "print([any(salted_hmac('signing_in.address', ip).hexdigest() in row.cache_key"
        " for row in Remembered.objects.all()) for ip in ('127.0.0.1', '203.0.113.9')])"
    )
    assert found.strip() == "[True, False]"


def test_log_tells_neither_who_nor_what_they_looked_for(served: Site) -> None:
    served.nginx.get(f"/preview/{'s3cret' * 5}/?x=1")
    served.nginx.get(f"/approval/{'s3cret' * 5}/")
    served.nginx.get(f"/da/blog/search/?q={quote('blødning')}", {"User-Agent": "Somebody's browser"})
    log = served.nginx.access_log.read_text()
    logged = [json.loads(line) for line in log.splitlines()]
    assert {"/preview/-/", "/approval/-/", "/da/blog/search/"} <= {line["path"] for line in logged}
    for secret in ("s3cret", "127.0.0.1", "?", "browser"):
        assert secret not in log
    assert "127.0.0.1" not in served.nginx.error_log.read_text()


@pytest.mark.parametrize(
    ("path", "status"), [("/da/blog/search/?q=brok", 301), ("/.well-known/acme-challenge/none", 404)]
)
def test_who_comes_without_tls_is_written_nowhere(served: Site, path: str, status: int) -> None:
    connection = HTTPConnection("127.0.0.1", served.nginx.plain_port)
    answer = ask(connection, path)
    connection.close()
    assert (answer.status, answer.headers["Server"]) == (status, "nginx")
    logs = [served.nginx.folder / "error.log", served.nginx.error_log, served.nginx.access_log]
    assert not [log for log in logs if "127.0.0.1" in log.read_text() or path in log.read_text()]


def test_static_file_is_sent_compressed_and_kept_for_good(served: Site) -> None:
    file = served.folder / "static" / "css" / "site.0123456789ab.css"
    file.parent.mkdir()
    file.write_text("as it is")
    file.with_name(f"{file.name}.gz").write_bytes(b"compressed")
    address = f"/static/css/{file.name}"
    answer = served.nginx.get(address, {"Accept-Encoding": "gzip"})
    assert (answer.body, answer.headers["Content-Encoding"]) == (b"compressed", "gzip")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert served.nginx.get(address).body == b"as it is"


def test_uploaded_file_is_kept_for_good_and_can_do_nothing(served: Site) -> None:
    uploads = served.folder / "var" / "media"
    (uploads / "1.avif").write_bytes(b"picture")
    (uploads / "1.html").write_text("<script>")
    answers = [served.nginx.get(f"/media/1.{ending}") for ending in ("avif", "html")]
    kinds = [answer.headers["Content-Type"] for answer in answers]
    assert kinds == ["image/avif", "application/octet-stream"]
    for answer in answers:
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in answer.headers["Cache-Control"]


def test_closed_site_shows_what_the_cache_has_unless_that_is_closed_too(served: Site) -> None:
    served.nginx.get(PAGES[1])
    files = [served.folder / "var" / name for name in ("maintenance", "closed")]
    try:
        files[0].touch()
        wait_for(lambda: served.nginx.get(PAGES[1]).cache == "STALE", "a page of the cache")
        assert served.nginx.get(PAGES[1]).status == 200
        files[1].touch()
        assert served.nginx.get(PAGES[1]).status == 503
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def test_request_may_not_hold_the_database(served: Site) -> None:
    code = (
        "import clinic.wsgi; from django.db import connection\n"
        "with connection.cursor() as c: c.execute('SHOW statement_timeout'); print(*c.fetchone())"
    )
    assert site.run(["-c", code], served.environment).strip() == "10s"


def test_gunicorn_reads_the_shipped_file(served: Site) -> None:
    command = [sys.executable, *outage.GUNICORN, "--check-config"]
    done = subprocess.run(command, cwd=site.PROJECT, env=served.environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
