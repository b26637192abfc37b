"""The bench's parts with a real server; how fast it is, is nobody's business here."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import load, site
from bench.article_page import ARTICLE, BARE, prepare
from bench.errors import BenchError
from bench.report import Goal, Report, as_text

WRK = """\
Running 1s test @ http://127.0.0.1:8000/
  Latency Distribution
     50%  850.00us
     75%    2.10ms
     90%    3.20ms
     99%    1.20s
  1200 requests in 1.00s, 1.00MB read
Requests/sec:   1200.50
"""


@pytest.fixture(scope="module")
def served() -> Iterator[site.Site]:
    with site.serving() as served:
        prepare(served)
        yield served
    left = [served.folder, *Path(site.PROJECT, "var").glob(f"postgres-bench-{os.getpid()}*")]
    assert [path for path in left if path.exists()] == []


def test_the_article_is_a_page(served: site.Site) -> None:
    assert b"<h1>" in served.get(ARTICLE)


def test_the_bare_view_sends_the_same_bytes(served: site.Site) -> None:
    assert served.get(BARE) == served.get(ARTICLE)


def test_what_is_no_page_is_an_error(served: site.Site) -> None:
    with pytest.raises(BenchError, match="status 404"):
        served.get("/da/blog/nothing/")


def test_requests_are_counted(served: site.Site) -> None:
    assert load.load(served.url(BARE), 1).requests_per_second > 0


def test_requests_are_counted_without_wrk(served: site.Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "generator", lambda: "Python")
    assert load.load(served.url(BARE), 1).requests_per_second > 0


def test_without_wrk_what_is_no_page_is_an_error(served: site.Site) -> None:
    with pytest.raises(BenchError, match="status 404"):
        load.ask_repeatedly(served.url("/da/blog/nothing/"), 1)


def test_wrk_is_read_in_milliseconds() -> None:
    assert load.read_wrk(WRK) == load.Load(1200.5, 0.85, 1200)


@pytest.mark.parametrize(
    "line", ["  Non-2xx or 3xx responses: 3", "  Socket errors: connect 0, read 1, write 0, timeout 0"]
)
def test_a_failed_request_is_an_error(line: str) -> None:
    with pytest.raises(BenchError, match=line.strip()):
        load.read_wrk(f"{WRK}{line}\n")


def test_a_goal_is_reached_by_the_median() -> None:
    assert [
        Goal("ratio", 0.4, rounds).is_reached for rounds in ([0.1, 0.4, 0.9], [0.3, 0.39, 0.9], [0.3, 0.5])
    ] == [True, False, False]


def test_a_report_is_a_plain_table() -> None:
    report = Report("Name", ["how"], ["", "requests/s"], [["page", "9.5"]], [Goal("ratio", 0.4, [0.5])])
    lines = as_text(report).splitlines()
    assert lines[-4:] == [
        "       requests/s",
        "page          9.5",
        "",
        "ratio: 0.50 (rounds 0.50 to 0.50). Goal 0.40: reached.",
    ]


@pytest.mark.parametrize("argument", ["unknown", "--rounds=0"])
def test_a_mistaken_argument_measures_nothing(argument: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", argument], cwd=site.PROJECT, capture_output=True, check=False
    )
    assert done.returncode == 2
