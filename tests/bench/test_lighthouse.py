"""Reading Lighthouse's report; running it is `make lighthouse`."""

import pytest

from bench import lighthouse
from bench.errors import BenchError
from bench.lighthouse import CATEGORIES, Scores


def report(**scores):
    """A report in which each category has one audit that counts and one that does not."""
    audits = {
        f"{name}-{kind}": {"title": f"{name} {kind}", "score": scores.get(name, 1), "displayValue": "2 s"}
        for name in CATEGORIES
        for kind in ("counts", "informs")
    }
    categories = {
        name: {
            "score": scores.get(name, 1),
            "auditRefs": [{"id": f"{name}-counts", "weight": 3}, {"id": f"{name}-informs", "weight": 0}],
        }
        for name in CATEGORIES
    }
    return {"categories": categories, "audits": audits}


def test_full_scores_name_nothing():
    assert lighthouse.read(report()) == Scores(dict.fromkeys(CATEGORIES, 100), [])
    assert lighthouse.read(report()).is_full


def test_what_lowers_a_score_is_named():
    scores = lighthouse.read(report(seo=0.92))
    assert (scores.of["seo"], scores.of["performance"]) == (92, 100)
    assert scores.failing == ["seo: seo counts 2 s"]
    assert not scores.is_full


def test_report_without_scores_is_an_error():
    with pytest.raises(BenchError, match="gave no score"):
        lighthouse.read(report(performance=None))
    with pytest.raises(BenchError, match="no page"):
        lighthouse.read(report(performance=None) | {"runtimeError": {"message": "no page"}})
