"""An article's page beside a bare view: one worker, nothing cached.

The bare view goes through the same server and middleware, makes one query and sends the same
bytes, so the ratio says what the page itself costs, on any machine.
"""

from collections.abc import Sequence
from statistics import median

from bench.errors import BenchError
from bench.load import CONNECTIONS, Load, generator, load
from bench.report import Effort, Goal, Report
from bench.site import Site, serving

ARTICLE = "/da/blog/tarm-hjerne-aksen/"
BARE = "/bench/bare/"
LEAST_RATIO = 0.4
WARM_UP = 1  # seconds


def measure(effort: Effort) -> Report:
    with serving() as site:
        size = prepare(site)
        for path in (ARTICLE, BARE):
            load(site.url(path), WARM_UP)
        # In turns, so that whatever else the machine does meanwhile falls on both.
        rounds = [
            (load(site.url(ARTICLE), effort.seconds), load(site.url(BARE), effort.seconds))
            for _ in range(effort.rounds)
        ]
    pages, bares = zip(*rounds, strict=True)
    ratios = sorted(page.requests_per_second / bare.requests_per_second for page, bare in rounds)
    return Report(
        name="Article page",
        conditions=[
            f"{ARTICLE}, {size} bytes, against a view with one query and the same bytes",
            f"one gunicorn worker, {CONNECTIONS} connections by {generator()}, nothing cached",
            f"median of {effort.rounds} rounds, {effort.seconds} s each",
        ],
        header=["", "requests/s", "p50 ms", "p99 ms"],
        rows=[row("article page", pages), row("bare view", bares)],
        goals=[Goal("requests/s, article page to bare view", LEAST_RATIO, ratios)],
    )


def prepare(site: Site) -> int:
    """Give the bare view the article's page to send; its size in bytes. Raises BenchError."""
    page = site.get(ARTICLE)
    site.bare_page.write_bytes(page)
    if site.get(BARE) != page:
        raise BenchError("The bare view sends other bytes than the article's page.")
    return len(page)


def row(name: str, loads: Sequence[Load]) -> list[str]:
    return [
        name,
        f"{median(load.requests_per_second for load in loads):.1f}",
        f"{median(load.p50 for load in loads):.1f}",
        f"{median(load.p99 for load in loads):.1f}",
    ]
