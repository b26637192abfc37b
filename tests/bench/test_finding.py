"""Generated articles on a real site; how fast it is, is nobody's business here."""

from collections.abc import Iterator

import pytest

from bench import finding, site
from bench.report import Goal


@pytest.fixture(scope="module")
def served() -> Iterator[site.Site]:
    with site.serving("few") as served:
        served.run("bench.articles", "30")
        yield served


@pytest.mark.parametrize("query", ["operation", "galdeblaere"])
def test_generated_articles_are_found(served: site.Site, query: str) -> None:
    assert b"sample-" in served.get(f"/da/blog/search/?q={query}")


@pytest.mark.parametrize("path", finding.LISTS.values())
def test_lists_are_pages(served: site.Site, path: str) -> None:
    assert b"<h1>" in served.get(path)


def test_both_sites_are_asked(served: site.Site) -> None:
    assert all(time > 0 for time in finding.ask(served, served, "/da/blog/", seconds=0))


def test_plans_are_shown(served: site.Site) -> None:
    plans = served.run("bench.plans")
    assert "Bitmap Index Scan on edition_search" in plans
    assert "Limit" in plans.partition("Plan of a page of the list:")[2]


def test_ratio_is_of_the_means() -> None:
    rounds = [{"a": (1.0, 2.0), "b": (3.0, 4.0)}, {"a": (2.0, 2.0), "b": (2.0, 2.0)}]
    assert finding.ratios(rounds, ["a", "b"]) == [1.0, 1.5]


def test_a_goal_may_be_the_most_there_should_be() -> None:
    assert [
        Goal("ratio", 3, rounds, is_most=True).is_reached for rounds in ([1, 2.9, 9], [2, 3.1, 3.2], [2, 4])
    ] == [True, False, False]
