import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from articles import publishing
from articles.inbound import links_in
from tests.factories import make_bilingual_article, make_edition, make_treatment

BLOG = "https://blog.example"


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = BLOG
    settings.ALLOWED_HOSTS = ["blog.example"]


@pytest.fixture
def bilingual(db):
    article = make_bilingual_article(slug_da="brok", slug_en="hernia")
    publishing.publish(article, "da")
    publishing.publish(article, "en")
    return article


@pytest.fixture
def run(tmp_path):
    def check(content, *args, code=0):
        file = tmp_path / "booking.html"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = StringIO()
        if code:
            with pytest.raises(SystemExit) as stopped:
                call_command("check_inbound", str(file), *args, stdout=out)
            assert stopped.value.code == code
        else:
            call_command("check_inbound", str(file), *args, stdout=out)
        return out.getvalue().replace(f"{file}:", "")

    return check


def page(*links, lang="da"):
    return f'<!doctype html><html lang="{lang}"><title>Bestil tid</title>{"".join(links)}</html>'


def to(path, attributes=""):
    return f'<p><a href="{BLOG}{path}" {attributes}>Læs mere</a></p>'


# What is right


def test_links_that_lead_where_they_should_are_fine(run, bilingual):
    make_treatment(slug_da="koloskopi")
    links = [
        to("/da/blog/brok/"),
        to("/da/blog/brok/?from=booking#references"),
        to("/da/blog/"),
        to(f"/a/{bilingual.pk}/"),
        '<iframe src="https://blog.example/da/blog/treatment/koloskopi/embed/"></iframe>',
    ]
    assert run(page(*links)) == (
        "Links to the blog: 5. 5 fine, 1 of them permalinks; 0 dead, 0 redirected, 0 wrong language.\n"
    )


@pytest.mark.parametrize("path", ["/", "/blog/", "/blog/brok/"])
@pytest.mark.parametrize("lang", ["da", "en"])
def test_address_without_a_language_leads_to_the_readers(run, bilingual, path, lang):
    bilingual.slug_en = "brok"
    bilingual.save()
    publishing.publish(bilingual, "en")
    assert "1 fine" in run(page(to(path), lang=lang))


def test_permalink_is_fine_on_a_page_of_another_language_than_the_article(run, db):
    edition = make_edition()
    assert "1 fine, 1 of them permalinks" in run(page(to(f"/a/{edition.article.pk}/"), lang="en"))


def test_links_to_others_are_passed_over(run, db):
    links = [
        '<a href="https://other.example/da/blog/x/">x</a>',
        '<a href="https://blog.example.evil.example/da/blog/x/">x</a>',
        '<a href="/bestil/">x</a><a href="#top">x</a><a href="">x</a><a>x</a>',
        '<a href="mailto:a@blog.example">x</a><a href="javascript:x">x</a><a href="https://[/">x</a>',
        '<link rel="stylesheet" href="https://blog.example/static/css/embed.css">',
        '<img src="https://blog.example/media/x.jpg" alt="">',
    ]
    assert run(page(*links)).startswith("Links to the blog: 0.")


# What is not


@pytest.mark.parametrize(
    "path", ["/da/blog/findes-ikke/", "/a/0/", "/nothing", "/da/blog/treatment/x/embed/"]
)
def test_link_to_nothing_is_dead(run, db, path):
    out = run(page("\n", to(path)), code=1)
    assert f"2: {BLOG}{path}: dead, 404" in out
    assert "0 fine" in out


@pytest.mark.parametrize("path", ["/da/blog/brok/", "/a/{}/"])
def test_link_to_a_withdrawn_article_is_dead(run, bilingual, path):
    publishing.withdraw(bilingual, "da")
    publishing.withdraw(bilingual, "en")
    assert ": dead, 4" in run(page(to(path.format(bilingual.pk))), code=1)


def test_link_to_a_language_that_is_not_there_is_dead(run, db):
    make_edition(slug_da="brok")
    assert "/en/blog/brok/: dead, 4" in run(page(to("/en/blog/brok/"), lang="en"), code=1)


def test_former_address_is_redirected_and_named(run, bilingual):
    bilingual.slug_da = "lyskebrok"
    bilingual.save()
    publishing.publish(bilingual, "da")
    out = run(page(to("/da/blog/brok/"), to("/blog/brok/")), code=1)
    assert f"{BLOG}/da/blog/brok/: redirected, /da/blog/lyskebrok/" in out
    assert f"{BLOG}/blog/brok/: redirected, /da/blog/lyskebrok/" in out


def test_address_without_its_last_slash_is_redirected(run, bilingual):
    assert "redirected, /da/blog/brok/" in run(page(to("/da/blog/brok")), code=1)


@pytest.mark.parametrize(
    ("lang", "path", "is_wrong"),
    [
        ("da", "/en/blog/hernia/", True),
        ("en", "/da/blog/brok/", True),
        ("en-GB", "/da/blog/brok/", True),
        ("DA", "/da/blog/brok/", False),
        ("en-GB", "/en/blog/hernia/", False),
        ("de", "/en/blog/hernia/", False),
        ("", "/en/blog/hernia/", False),
    ],
)
def test_language_of_the_page_is_that_of_its_links(run, bilingual, lang, path, is_wrong):
    out = run(page(to(path), lang=lang), code=int(is_wrong))
    assert ("wrong language, leads to" in out) == is_wrong


def test_hreflang_says_what_a_link_leads_to(run, bilingual):
    right = to("/en/blog/hernia/", 'hreflang="en"')
    wrong = to("/da/blog/brok/", 'hreflang="en"')
    assert "1 fine" in run(page(right))
    assert "leads to da, expected is en" in run(page(wrong), code=1)


def test_words_of_another_language_lead_to_it(run, bilingual):
    english = f'<section lang="en"><p>One<p>Two <div>{to("/en/blog/hernia/")}</div></section>'
    assert "2 fine" in run(page(english, to("/da/blog/brok/")))
    assert "1 wrong language" in run(page(english, to("/en/blog/hernia/")), code=1)


def test_translations_in_the_head_are_looked_at(run, bilingual):
    head = '<link rel="alternate" hreflang="en" href="https://blog.example/da/blog/brok/">'
    assert "1 wrong language" in run(page(head), code=1)


# How it is written


@pytest.mark.parametrize("host", ["www.kirurgen.example", "WWW.Kirurgen.example"])
def test_another_name_of_the_site_can_be_said(run, bilingual, host):
    link = '<a href="http://www.kirurgen.example:80/da/blog/brok/">x</a>'
    assert "Links to the blog: 0." in run(page(link))
    assert "Links to the blog: 1. 1 fine" in run(page(link), "--host", host)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/da/blog/brok/">',
        '<a href="../../da/blog/brok/">',
        "<a href=/da/blog/brok/>",
        "<A HREF='//blog.example/da/blog/brok/'>",
        '<a href=" https://BLOG.example/da/blog/brok/ ">',
        '<a href="https://blog.example/da/blog/brok/?a=1&amp;b=2">',
        '<base href="https://blog.example/da/"><a href="blog/brok/">',
        '<!--# include virtual="/da/blog/brok/?fragment" -->',
        '<!-- <a href="/da/blog/x/"> --><a href="/da/blog/brok/">',
        '<a class="x" <b> href="/da/blog/x/"><a href="/da/blog/brok/">',
        '<p lang="da"<a href="/da/blog/brok/">',
        '<![foo[ x ]]><![if IE]></p></div><a href="/da/blog/brok/">',
        '<a href="/da/blog/brok/"><!-- never ends',
    ],
)
def test_link_is_found_however_it_is_written(run, bilingual, link):
    out = run(f"<!doctype html><html lang=da>{link}")
    assert out.startswith("Links to the blog: 1. 1 fine"), out


@pytest.mark.parametrize(
    "content",
    [
        f"{BLOG}/da/blog/brok/\n/en/blog/hernia/\n\n# {BLOG}/da/blog/x/\nhttps://other.example/\n",
        f'page;link\r\nKoloskopi;{BLOG}/da/blog/brok/;x\r\nBrok, "{BLOG}/en/blog/hernia/"\r\n',
        f"- [Brok]({BLOG}/da/blog/brok/) og <{BLOG}/en/blog/hernia/>",
        f"Læs {BLOG}/da/blog/brok/, og så {BLOG}/en/blog/hernia/.",
    ],
)
def test_list_of_addresses_has_no_language(run, bilingual, content):
    assert run(content).startswith("Links to the blog: 2. 2 fine")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "iso-8859-1"])
def test_file_may_have_any_encoding(run, bilingual, encoding):
    html = page(f'<meta charset="{encoding}">æøå', to("/da/blog/brok/"))
    assert "Links to the blog: 1. 1 fine" in run(html.encode(encoding))


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"\xff\xfe\x00", b"\x81\x8d\x8f<p>", b"PK\x03\x04\x00"])
def test_file_without_links_is_no_trouble(run, db, content):
    assert run(content).startswith("Links to the blog: 0.")


def test_strange_encoding_is_no_trouble():
    [link] = links_in(b'<meta charset="hex"><a href="/a/1/">\x81')
    assert link.url == "/a/1/"


def test_what_would_steer_a_terminal_is_not_printed(run, db):
    assert "\x1b" not in run(page(to("/da/blog/\x1b[31m/")), code=1)


@pytest.mark.parametrize(
    "broken",
    [
        "<p><li><a href='/da/blog/brok/'></b></i>",
        "<!--",
        "<",
        "<a href=",
        '<a x="',
        "</",
        "<?",
        "&",
        "<script>",
    ],
)
def test_much_that_never_ends_is_read_in_time(broken):
    before = time.process_time()
    links = [*links_in(f"<p><a href='/a/1/'>{broken * 50_000}".encode())]
    assert links[0].url == "/a/1/"
    assert time.process_time() - before < 20  # seconds, of 2 MB on a slow machine


def test_pages_that_repeat_a_link_cost_one_look(run, bilingual, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        assert "Links to the blog: 50." in run(page(to("/da/blog/brok/") * 50))


def test_several_files_are_counted_together(bilingual, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"{BLOG}/da/blog/brok/")
    out = StringIO()
    call_command("check_inbound", tmp_path / "a.txt", tmp_path / "b.txt", stdout=out)
    assert "Links to the blog: 2." in out.getvalue()


def test_missing_file_is_said():
    with pytest.raises(CommandError, match=r"x\.html cannot be read: No such file"):
        call_command("check_inbound", "/nowhere/x.html")


def test_site_that_django_does_not_serve_is_said(settings):
    settings.ALLOWED_HOSTS = ["other.example"]
    with pytest.raises(CommandError, match="ALLOWED_HOSTS lacks blog"):
        call_command("check_inbound", "x.html")
