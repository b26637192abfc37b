import socket
from datetime import timedelta
from io import StringIO
from ipaddress import ip_address

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from articles import links, outside
from articles.models import LinkCheck
from tests.eutils import StandingClock
from tests.factories import make_article, make_bilingual_article, make_edition
from tests.websites import Websites

NOBODY = "http://127.0.0.1:9/"  # nothing listens there


@pytest.fixture
def clock(monkeypatch):
    return StandingClock.replacing(monkeypatch)


@pytest.fixture
def web(settings, clock):
    settings.LINK_CHECK_ALLOWED_HOSTS = ["127.0.0.1"]
    with Websites() as server:
        server.pages["/"] = 200
        yield server


# One address


@pytest.mark.parametrize("status", [200, 204, 401, 403, 429, 503])
def test_page_that_is_there_or_cannot_be_judged_is_no_trouble(web, status):
    web.pages["/"] = status
    assert outside.ask(web.url("/")) == outside.Answer(status)


@pytest.mark.parametrize(
    ("status", "trouble"), [(404, "gone"), (410, "gone"), (400, "refused"), (500, "server_error")]
)
def test_page_that_is_not_there_is_trouble(web, status, trouble):
    web.pages["/"] = status
    assert outside.ask(web.url("/")) == outside.Answer(status, trouble)


def test_page_is_asked_for_without_its_text_first(web):
    outside.ask(web.url("/"))
    assert web.asked == [("HEAD", "/")]


def test_page_that_does_not_know_head_is_asked_for_as_readers_do(web):
    assert outside.ask(web.url("/no-head/")).trouble == ""
    assert web.asked == [("HEAD", "/no-head/"), ("GET", "/no-head/")]


def test_busy_site_is_not_asked_twice(web):
    web.pages["/"] = 429
    outside.ask(web.url("/"))
    assert len(web.asked) == 1


def test_nothing_of_a_page_is_read(web):
    assert outside.ask(web.url("/endless/")) == outside.Answer(404, "gone")


@pytest.mark.parametrize("nowhere", ["http://[x", "http://\u2100.example/", "//:99999/"])
def test_redirect_to_what_is_no_address_is_trouble(web, nowhere):
    web.pages["/"] = nowhere
    assert outside.ask(web.url("/")).trouble


def test_redirects_are_followed(web):
    web.pages |= {"/a": "/b", "/b": web.url("/")}
    assert outside.ask(web.url("/a")) == outside.Answer(200)


def test_fourth_redirect_is_one_too_many(web):
    web.pages |= {f"/{n}": f"/{n + 1}" for n in range(9)}
    assert outside.ask(web.url("/0")).trouble == "redirects"
    assert len(web.asked) == 4


def test_site_that_nobody_serves_is_unreachable(web):
    assert outside.ask(NOBODY) == outside.Answer(None, "unreachable")


def test_site_without_tls_at_a_secure_address_is_insecure(web):
    assert outside.ask(web.url("/").replace("http:", "https:")).trouble == "insecure"


def test_slow_site_is_given_up(web, monkeypatch):
    monkeypatch.setattr(outside, "LONGEST", 0.2)
    assert outside.ask(web.url("/slow/")) == outside.Answer(None, "timeout")


def test_name_of_the_site_is_what_it_is_asked_by(web, settings):
    settings.LINK_CHECK_ALLOWED_HOSTS = ["localhost"]
    assert outside.ask(web.url("/", host="localhost")).status == 200
    assert web.hosts == [f"localhost:{web.server.server_port}"]


# Where it may not lead


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "0.0.0.0", "127.1", "2130706433", "0x7f.1", "0x7f000001"),  # noqa: S104
        *("0177.0.0.1", "017700000001", "127.0.0.1.", "localhost.", "LOCALHOST", "１２７.0.0.1", "①②⑦.0.0.1"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
        *("somebody@127.0.0.1", "example.org:80@127.0.0.1", "example.org%40127.0.0.1"),
    ],
)
def test_our_own_machine_is_not_asked(web, settings, host):
    settings.LINK_CHECK_ALLOWED_HOSTS = []
    answer = outside.ask(web.url("/", host=host))
    assert (answer.status, answer.trouble in {"not_public", "no_such_host", "unreachable"}) == (None, True)
    assert web.asked == []


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255"),
        *("100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "240.0.0.1", "168.63.129.16"),
        *("fe80::1", "fe80::1%1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1"),
        # IPv4 in IPv6: mapped, translated, compatible, NAT64 with each prefix, 6to4, Teredo.
        *("::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1"),
        *("2002:a00:1::1", "2002:7f00:1::", "2001:0:a00:1::1", "::ffff:168.63.129.16"),
    ],
)
def test_address_of_our_own_network_is_not_public(address):
    assert not outside.is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "2606:4700::1111",
        "::ffff:93.184.216.34",
        "64:ff9b::93.184.216.34",
        "2002:5db8:d822::1",
    ],
)
def test_address_on_the_internet_is_public(address):
    assert outside.is_public(ip_address(address))


@pytest.fixture
def names(monkeypatch):
    """What names lead to, one answer after the other; and which were looked up."""
    answers, looked_up, real = {}, [], socket.getaddrinfo

    def look_up(host, port, *args, **kwargs):
        if host not in answers:
            return real(host, port, *args, **kwargs)
        looked_up.append(host)
        found = answers[host].pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers, looked_up


def test_name_that_leads_elsewhere_the_second_time_is_looked_up_once(web, names, settings):
    answers, looked_up = names
    settings.LINK_CHECK_ALLOWED_HOSTS = ["rebinding.example"]
    answers["rebinding.example"] = [["127.0.0.1"], ["192.168.1.1"]]
    assert outside.ask(web.url("/", host="rebinding.example")).status == 200
    assert looked_up == ["rebinding.example"]


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["10.0.0.1"]])
def test_name_that_leads_into_our_own_network_is_not_asked(web, names, found):
    names[0]["inside.example"] = [found]
    assert outside.ask("http://inside.example/") == outside.Answer(None, "not_public")
    assert web.asked == []


def test_each_redirect_is_looked_up_and_checked_anew(web, names):
    answers, looked_up = names
    answers["inside.example"] = [["10.0.0.1"]]
    web.pages |= {"/a": "/b", "/b": "http://inside.example/"}
    assert outside.ask(web.url("/a")).trouble == "not_public"
    assert looked_up == ["inside.example"]


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 8000, 9090])
def test_only_ports_of_websites_are_asked(names, port):
    names[0]["public.example"] = [["93.184.216.34"]]
    assert outside.ask(f"http://public.example:{port}/") == outside.Answer(None, "not_public")


def test_name_and_password_in_an_address_are_not_sent(web):
    assert outside.ask(web.url("/", host="somebody:secret@127.0.0.1")).status == 200
    assert web.headers[0].get("Authorization") is None
    assert "secret" not in str(web.headers[0])


def test_site_that_answers_a_letter_at_a_time_is_given_up(web, monkeypatch):
    monkeypatch.setattr(outside, "LONGEST", 0.5)
    assert outside.ask(web.url("/dripping/")) == outside.Answer(None, "timeout")


@pytest.mark.parametrize(
    "inside",
    [
        *("http://127.0.0.2/", "http://192.168.1.1/", "//127.0.0.2/", "https://169.254.169.254/latest/"),
        *("ftp://127.0.0.1/", "file:///etc", "gopher://127.0.0.1/", "dict://127.0.0.1:11211/", "data:,x"),
    ],
)
def test_redirect_into_our_own_network_is_not_followed(web, inside):
    web.pages["/a"] = inside
    assert outside.ask(web.url("/a")).trouble == "not_public"


@pytest.mark.parametrize(
    "url", ["http://", "http:///x", "http://[", "http://a b/", "http://æ.\ud800/", "http://:80/"]
)
def test_impossible_address_is_trouble_not_an_exception(url):
    assert outside.ask(url).trouble


# All of them


def run(*args, code=0):
    out = StringIO()
    if code:
        with pytest.raises(SystemExit) as stopped:
            call_command("check_links", *args, stdout=out)
        assert stopped.value.code == code
    else:
        call_command("check_links", *args, stdout=out)
    return out.getvalue()


def linking(*urls):
    return " ".join(f"[ord]({url})" for url in urls)


@pytest.mark.django_db
def test_links_of_editions_and_of_drafts_are_looked_at(web):
    article = make_edition(body_da=linking("https://a.example/")).article
    article.body_da = linking("https://b.example/")
    article.save()
    make_bilingual_article(body_en=linking("https://c.example/#part", "/da/blog/x/", "mailto:a@b.example"))
    links.collect()
    assert set(LinkCheck.objects.values_list("url", flat=True)) == {
        "https://a.example/",
        "https://b.example/",
        "https://c.example/",
    }


@pytest.mark.django_db
def test_articles_that_link_to_a_page_are_known_with_it(web):
    first = make_edition(body_da=linking("https://a.example/")).article
    links.collect()
    second = make_bilingual_article(body_en=linking("https://a.example/"))
    links.collect()
    assert LinkCheck.objects.get().articles == [first.pk, second.pk]


@pytest.mark.django_db
def test_link_that_is_no_longer_in_a_text_is_forgotten(web):
    LinkCheck.objects.create(url="https://a.example/")
    links.collect()
    assert not LinkCheck.objects.exists()


@pytest.mark.django_db
def test_missing_page_is_failing_since_it_was_first_missed(web):
    make_article(body_da=linking(web.url("/missing")))
    assert "1 failing" in run()
    since = LinkCheck.objects.get().failing_since
    assert "No longer there" not in run("--all")
    assert LinkCheck.objects.get().failing_since == since


@pytest.mark.django_db
def test_page_that_is_back_is_not_failing(web):
    make_article(body_da=linking(web.url("/missing")))
    run()
    web.pages["/missing"] = 200
    run("--all")
    check = LinkCheck.objects.get()
    assert (check.failing_since, check.trouble, check.status) == (None, "", 200)


@pytest.mark.django_db
def test_checked_links_are_due_again_after_a_week_and_failing_ones_after_a_day(web):
    make_article(body_da=linking(web.url("/"), web.url("/missing")))
    run()
    assert "Asked for 0" in run()
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert "Asked for 1: 0 answered, 1 failing" in run()
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        assert "Asked for 2" in run()


@pytest.mark.django_db
def test_longest_ago_comes_first(web):
    make_article(body_da=linking(*[web.url(f"/{n}") for n in range(3)]))
    run()
    LinkCheck.objects.filter(url=web.url("/2")).update(checked_at=timezone.now() - timedelta(days=1))
    web.asked.clear()
    run("--all")
    assert web.asked[0] == ("HEAD", "/2")


@pytest.mark.django_db
def test_one_host_is_not_asked_twice_in_a_second(web, clock):
    make_article(body_da=linking(*[web.url(f"/{n}") for n in range(3)]))
    run()
    assert clock.slept == [links.PAUSE, links.PAUSE]


@pytest.mark.django_db
def test_when_nobody_answers_no_link_is_called_broken(web):
    make_article(body_da=linking(NOBODY, NOBODY + "2"))
    assert "2 could not be checked" in run(code=2)
    assert not LinkCheck.objects.failing().exists()
    assert LinkCheck.objects.due().count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("order", [0, 1])
def test_silent_site_is_failing_when_another_answers(web, order):
    urls = [NOBODY, web.url("/")]
    for url in urls if order else reversed(urls):
        LinkCheck.objects.create(url=url)
    make_article(body_da=linking(*urls))
    assert "1 answered, 1 failing" in run()
    assert LinkCheck.objects.failing().get().url == NOBODY


@pytest.mark.django_db
def test_silent_site_alone_is_failing_when_one_that_is_not_due_answers(web):
    make_article(body_da=linking(NOBODY, web.url("/")))
    LinkCheck.objects.create(url=web.url("/"), status=200, checked_at=timezone.now())
    assert "Asked for 1: 0 answered, 1 failing" in run()


@pytest.mark.django_db
def test_what_was_looked_at_before_a_stop_is_kept(web):
    make_article(body_da=linking(web.url("/"), web.url("/missing")))
    links.collect()
    next(links.check(LinkCheck.objects.oldest_first()))
    assert "Asked for 1:" in run()


@pytest.mark.django_db
def test_collecting_costs_the_same_with_any_number_of_links(web, django_assert_max_num_queries):
    make_article(body_da=linking(*[f"https://{n}.example/" for n in range(50)]))
    with django_assert_max_num_queries(7):
        links.collect()
