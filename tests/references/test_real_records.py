"""Real records of PubMed, judged: which are retracted, of concern, corrected, updated, or notices."""

from pathlib import Path

import pytest

from references import checking, records
from references.vancouver import citation_text

REAL = Path(__file__).resolve().parents[3] / "shared" / "pubmed" / "efetch"

RETRACTED = {400712, 8655018, 8863847, 11543891, 31031480}
CONCERN = {32090497}
CORRECTED = {9482442, 9634358, 28647898, 38147649}
UPDATED = {11034741, 11406024}
NOTICES = {9634358, 11600210, 34082697, 34092875, 34096680, 38833988, 38962805}


@pytest.fixture(scope="module")
def real():
    if not REAL.is_dir():
        pytest.skip(f"there are no real records at {REAL}")
    found = {}
    for file in REAL.glob("*.xml"):
        found |= records.parse(file.read_bytes())
    assert len(found) == 30
    return found


@pytest.fixture(scope="module")
def judged(real):
    return {pmid: checking.standing(record) for pmid, record in real.items()}


def test_every_record_is_parsed_judged_and_formatted(real, judged):
    """Lists them: pytest -s shows it."""
    lines = [
        (pmid, f"{judged[pmid].standing}{' notice' * judged[pmid].is_notice}", citation_text(record))
        for pmid, record in sorted(real.items())
    ]
    for line in lines:
        print("{:<9} {:<17} {}".format(*line))  # noqa: T201 - to be read
    for pmid, _standing, citation in lines:
        record = real[pmid]
        # Journal or publisher, and the year, in a citation that ends as one.
        assert (record.journal or record.publisher) in citation
        assert str(record.year) in citation
        assert citation.endswith(".")
        assert "<" not in citation


@pytest.mark.parametrize(
    ("standing", "expected"),
    [("retracted", RETRACTED), ("concern", CONCERN), ("corrected", CORRECTED), ("updated", UPDATED)],
)
def test_standing_of_every_record(judged, standing, expected):
    assert {pmid for pmid, verdict in judged.items() if verdict.standing == standing} == expected


def test_notices_are_known_as_such(judged):
    assert {pmid for pmid, verdict in judged.items() if verdict.is_notice} == NOTICES


def test_no_notice_is_taken_for_a_retracted_paper(judged):
    assert not {pmid for pmid in NOTICES if judged[pmid].standing == "retracted"}
