"""Searching and listing among 100 and among 10,000 articles in each language, side by side."""

import time
from collections.abc import Sequence
from statistics import fmean, median
from urllib.parse import urlencode

from bench.report import Effort, Goal, Report
from bench.site import Site, serving

FEW, MANY = 100, 10_000
SEARCHES = {
    "a common word": {"q": "operation"},
    "two common words": {"q": "smerter maven"},
    "a rare word": {"q": "vagusnerven"},
    "a misspelt word": {"q": "koloskpi"},
    "letters missing": {"q": "galdeblaere"},
    "a question": {"q": "hvor længe er jeg sygemeldt efter galdesten"},
    "an author": {"q": "Anna Eksempel"},
    "author and word": {"q": "Anna Eksempel operation"},
    "some of the words": {"q": "operation smerter maven xyzzy"},
    "a PubMed ID": {"q": "34256014"},
    "a category": {"q": "operation", "category": "mave-og-tarm"},
    "page 3": {"q": "operation", "page": "3"},
    "nothing found": {"q": "xyzzy"},
}
LISTS = {
    "front page": "/da/blog/",
    "older articles": "/da/blog/?after=2026-01-01.1",
    "a category": "/da/blog/category/mave-og-tarm/",
    "an author": "/da/blog/author/anna-eksempel/",
}
MOST_OF_SEARCH, MOST_OF_LIST = 3.0, 1.2
# Of the seconds of a round, for each page.
PART = 0.2

Times = dict[str, tuple[float, float]]


def measure(effort: Effort) -> Report:
    searches = {f"search: {name}": f"/da/blog/search/?{urlencode(query)}" for name, query in SEARCHES.items()}
    lists = {f"list: {name}": path for name, path in LISTS.items()}
    with serving("few") as few, serving("many") as many:
        few.run("bench.articles", str(FEW))
        many.run("bench.articles", str(MANY))
        for path in (*searches.values(), *lists.values()):
            ask(few, many, path, seconds=0.1)
        rounds = [
            {name: ask(few, many, path, effort.seconds * PART) for name, path in (searches | lists).items()}
            for _ in range(effort.rounds)
        ]
        plans = many.run("bench.plans")
    return Report(
        name="Search and lists",
        conditions=[
            f"{FEW} and {MANY} articles in each language, two sites on this machine, asked in turns",
            "one gunicorn worker each, one connection, nothing cached; milliseconds from question to answer",
            f"median of {effort.rounds} rounds, {effort.seconds * PART:.1f} s of each page in each",
        ],
        header=["", f"{FEW}: ms", f"{MANY}: ms", "ratio"],
        rows=[row(name, [measured[name] for measured in rounds]) for name in rounds[0]],
        goals=[
            Goal("search, many to few", MOST_OF_SEARCH, ratios(rounds, list(searches)), is_most=True),
            Goal("list, many to few", MOST_OF_LIST, ratios(rounds, list(lists)), is_most=True),
        ],
        appendix=plans,
    )


def ask(few: Site, many: Site, path: str, seconds: float) -> tuple[float, float]:
    """Medians of both sites, in milliseconds. In turns: what else the machine does falls on both."""
    times: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + seconds
    while not times[0] or time.perf_counter() < end:
        for site, taken in zip((few, many), times, strict=True):
            before = time.perf_counter()
            site.get(path)
            taken.append((time.perf_counter() - before) * 1000)
    return median(times[0]), median(times[1])


def row(name: str, measured: Sequence[tuple[float, float]]) -> list[str]:
    few, many = (median(times) for times in zip(*measured, strict=True))
    return [name, f"{few:.1f}", f"{many:.1f}", f"{many / few:.2f}"]


def ratios(rounds: Sequence[Times], names: Sequence[str]) -> list[float]:
    """Of each round the mean of many by the mean of few, sorted."""
    means = [[fmean(measured[name][site] for name in names) for site in (0, 1)] for measured in rounds]
    return sorted(many / few for few, many in means)
