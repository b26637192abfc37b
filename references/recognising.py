"""What a text names, an identifier or a citation: our own reference, a record, or what may be meant.

Nothing is stored.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from django.core.cache import cache
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from references import checking, citations, finding, pacing, pubmed, watching, works
from references.checking import Agreement, Reason
from references.citations import Key
from references.crossref import CrossrefWork
from references.models import Reference
from references.records import Record
from references.watching import Found, Round

PMID_IN_CITATION = re.compile(r"\b(?:PMID|PubMed ID):?\s*[0-9]{1,8}\b", re.IGNORECASE)

YEAR = re.compile(r"[0-9]{4}")

# Seconds for which an answer is remembered, so that adding what was shown asks nobody a second time.
# Where it is not, as in another process, it is asked for again.
REMEMBERED_FOR = 15 * 60


@dataclass(frozen=True)
class Work:
    """A work to choose: one of our references, or one that is not stored yet."""

    reference: Reference
    agreement: Agreement
    """With the citation that was pasted."""
    reasons: Sequence[Reason] = ()

    @property
    def is_ours(self) -> bool:
        return self.reference.pk is not None

    @property
    def key(self) -> Key:
        return self.reference.keys[0]

    @property
    def citation(self) -> SafeString:
        return works.citation_html(self.reference)

    @property
    def links(self) -> list[works.Link]:
        return works.links(self.reference)

    @property
    def kind(self) -> str:
        return works.kind_of_study(self.reference)

    @property
    def standing_sentence(self) -> str:
        return works.standing_sentence(self.reference)

    @property
    def is_alarming(self) -> bool:
        return self.reference.standing in {Reference.Standing.RETRACTED, Reference.Standing.CONCERN}

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """What is not the same as in the citation: its name, as it was written, as the record says."""
        compared = {
            _("Title"): self.agreement.title,
            _("Journal"): self.agreement.journal,
            _("Year"): self.agreement.year,
            _("DOI"): self.agreement.doi,
        }
        return [
            (name, field.claimed, field.recorded)
            for name, field in compared.items()
            if field.outcome in ("similar", "differs")
        ]

    @property
    def why(self) -> str:
        return works.reasons(self.reasons)


@dataclass(frozen=True)
class Answer:
    """What is known of what an editor typed."""

    key: Key | None
    """The work it names."""
    work: Work | None = None
    candidates: Sequence[Work] = ()
    """Works that may be meant, best first."""
    is_complete: bool = True
    """Whether PubMed and Crossref answered."""


def named(written: str) -> Key | None:
    """The work that an identifier, or a citation with one in it, names: by PubMed ID rather than DOI."""
    if key := finding.identifier(written):
        return key
    for pattern in (PMID_IN_CITATION, citations.PUBMED_ADDRESS, checking.DOI):
        if (found := pattern.search(written)) and (key := finding.identifier(found[0])):
            return key
    return None


def claim(written: str) -> str:
    """The citation that was pasted; nothing if it was an identifier alone."""
    return "" if finding.identifier(written) else " ".join(written.split())


def look_up(written: str) -> Answer:
    """What is known of what was typed."""
    asking = Round(pacing.patience())
    key, claimed = named(written), claim(written)
    known = Reference.objects.cited_by([key] if key else []).first()
    work, is_complete = None, True
    if known:
        work = Work(known, checking.agreement(claimed if known.title else "", recorded(known)))
    elif key:
        work, is_complete = identified(key, claimed, asking)
    is_settled = work is not None and work.agreement.answer != "another_paper"
    if is_settled or not (work or is_complete):
        return Answer(key, work, is_complete=is_complete)
    candidates, has_answered = propose(claimed, asking)
    return Answer(key, work, candidates, is_complete and (has_answered or key is not None))


def identified(key: Key, claimed: str, asking: Round) -> tuple[Work | None, bool]:
    """The work with this key, compared with the citation; and whether PubMed and Crossref answered."""
    reference, found = ask(key, asking)
    if found.work is None:
        return None, not found.trouble
    agreement = checking.agreement(claimed, found.work)
    both = Reference(pmid=reference.pmid, doi=found.work.doi or reference.doi)
    if known := ours(both, Reference.objects.known_by_key(both.keys)):
        return Work(known, agreement), True
    watching.judge(reference, found)
    return Work(reference, agreement), not found.trouble


def ask(key: Key, asking: Round) -> tuple[Reference, Found]:
    """A reference that is not stored, and what the sources say of it; by PubMed ID, if the work has one."""
    reference = Reference.from_key(key)
    pmids: tuple[int, ...] | pubmed.CouldNotAsk = (reference.pmid,) if reference.pmid else ()
    if reference.doi:
        pmids = pubmed.search(finding.search_term("", key), limit=3, patience=asking.left())
    if isinstance(pmids, pubmed.CouldNotAsk):
        fetched = pubmed.Fetched({}, frozenset(), {0: pmids.reason})
    else:
        fetched = pubmed.fetch(pmids, patience=asking.left())
    same = (record.pmid for record in fetched.found.values() if record.doi.lower() == key.value)
    if reference.doi and (pmid := next(same, None)):
        reference = Reference(pmid=pmid)
    found = watching.look_up(reference, fetched, asking)
    if fetched.could_not_ask:
        found = replace(found, trouble=next(iter(fetched.could_not_ask.values())))
    if not found.trouble:
        cache.set(cache_key(reference.keys[0]), found, REMEMBERED_FOR)
    return reference, found


def remembered(key: Key) -> Found | None:
    """What was found when the work was looked up a moment ago."""
    found: Found | None = cache.get(cache_key(key))
    return found


def cache_key(key: Key) -> str:
    return f"reference-{sha256(str(key).encode()).hexdigest()}"


def ours(named: Reference, known: Mapping[Key, Reference]) -> Reference | None:
    """Our reference to the work that is named. One that has its DOI and another PubMed ID is not it."""
    for key in named.keys:
        reference = known.get(key)
        if reference and (not named.pmid or not reference.pmid or reference.pmid == named.pmid):
            return reference
    return None


def propose(claimed: str, asking: Round) -> tuple[list[Work], bool]:
    """Works that a citation may mean, best first; and whether PubMed answered."""
    best = watching.likely(claimed, asking)
    return ([], False) if best is None else (list(proposed(claimed, best)), True)


def proposed(claimed: str, candidates: Sequence[checking.Candidate]) -> Iterator[Work]:
    both = [named_by(candidate.record) for candidate in candidates]
    known = Reference.objects.known_by_key(key for reference in both for key in reference.keys)
    for candidate, reference in zip(candidates, both, strict=True):
        agreement = checking.agreement(claimed, candidate.record)
        if found := ours(reference, known):
            yield Work(found, agreement, candidate.reasons)
        else:
            watching.judge(reference, Found(candidate.record))
            yield Work(reference, agreement, candidate.reasons)


def recorded(reference: Reference) -> CrossrefWork:
    """What our reference says of the work, to compare with a citation."""
    year = YEAR.match(reference.published)
    return CrossrefWork(
        title=reference.title,
        vernacular_title=reference.vernacular_title,
        journal=reference.journal,
        year=int(year[0]) if year else None,
        volume=reference.volume,
        pages=reference.pages,
        book=reference.book,
        doi=reference.doi or "",
    )


def named_by(record: Record) -> Reference:
    return Reference(pmid=record.pmid, doi=record.doi or None)
