"""Looking references up and writing down what was found. Nothing the author wrote is changed."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from references import checking, crossref, pubmed
from references.checking import Candidate
from references.crossref import CrossrefWork
from references.models import Check, Reference, Verdict
from references.pubmed import MOST_PMIDS
from references.records import Notice, Record

Standing = Reference.Standing
Source = Reference.Source

# What a record says that is stored as it is; other fields need a word of their own.
COPIED = (
    *("title", "vernacular_title", "has_more_authors", "journal", "published", "volume", "issue", "pages"),
    *("book", "edition", "place", "publisher"),
)
GRAVITY = [Standing.GOOD, Standing.UPDATED, Standing.CORRECTED, Standing.CONCERN, Standing.RETRACTED]
MOST_CANDIDATES = 5


@dataclass(frozen=True)
class Checked:
    """A look at a reference, already written down."""

    reference: Reference
    check: Check

    @property
    def standing_before(self) -> str:
        return self.check.standing_before

    @property
    def has_changed(self) -> bool:
        return self.check.standing_before != self.check.standing


@dataclass(frozen=True)
class Found:
    """What the sources say of one reference; nothing where they could not be asked."""

    work: Record | CrossrefWork | None = None
    second: CrossrefWork | None = None
    """What Crossref says, also of a work that is in PubMed."""
    trouble: str = ""

    @property
    def outcome(self) -> Check.Outcome:
        if self.work is not None:
            return Check.Outcome.FOUND
        return Check.Outcome.COULD_NOT_ASK if self.trouble else Check.Outcome.NOT_FOUND


def check(references: Iterable[Reference], *, patience: float | None = None) -> Iterator[Checked]:
    """Look the references up, in batches as large as PubMed takes, and write down what was found.

    `patience` is the longest it may take, in seconds, as in a request; without it each question has
    PUBMED_TIMEOUT. What cannot be asked stays as it was, with the reason and the time of the try.
    """
    ends_at = time.monotonic() + patience if patience is not None else None
    rest = iter(references)
    while batch := list(islice(rest, MOST_PMIDS)):
        fetched = pubmed.fetch((r.pmid for r in batch if r.pmid), patience=left(ends_at))
        for reference in batch:
            found = look_up(reference, fetched, ends_at)
            checked = write_down(reference, found)
            if checked is not None:
                propose(checked.reference, ends_at)
                yield checked


def left(ends_at: float | None) -> float | None:
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())


def is_over(ends_at: float | None) -> bool:
    return left(ends_at) == 0.0


def look_up(reference: Reference, fetched: pubmed.Fetched, ends_at: float | None) -> Found:
    """What PubMed answered of the reference, and what Crossref says of its DOI."""
    record: Record | None = None
    if reference.pmid:
        if reference.pmid in fetched.could_not_ask:
            return Found(trouble=fetched.could_not_ask[reference.pmid])
        record = fetched.found.get(reference.pmid)
        if record is None:
            return Found()
    doi = reference.doi or (record.doi if record else "")
    return (
        with_crossref(record, doi, ends_at) if doi else Found(record, trouble="" if record else "no_number")
    )


def with_crossref(record: Record | None, doi: str, ends_at: float | None) -> Found:
    """PubMed's record and what Crossref says; for a work that is not in PubMed, Crossref's alone."""
    if is_over(ends_at):
        return Found(record, trouble="timeout")
    second = crossref.look_up(doi)
    if isinstance(second, CrossrefWork):
        return Found(record or second, second)
    return Found(record, trouble=second.reason if isinstance(second, crossref.CouldNotAsk) else "")


@transaction.atomic
def write_down(reference: Reference, found: Found) -> Checked | None:
    """Store what was found, and that it was. None if somebody else has done so since it was asked."""
    locked = Reference.objects.select_for_update().get(pk=reference.pk)
    if locked.tried_at != reference.tried_at:
        return None
    before = {name: getattr(locked, name) for name in (*COPIED, "authors", "doi", "pmcid", "standing")}
    now = timezone.now()
    locked.tried_at = now
    locked.trouble = found.trouble
    if found.outcome != Check.Outcome.COULD_NOT_ASK:
        locked.checked_at = now
        judge(locked, found)
    locked.save()
    row = Check.objects.create(
        reference=locked,
        at=now,
        outcome=found.outcome,
        trouble=found.trouble,
        standing_before=before.pop("standing"),
        standing=locked.standing,
        changes={
            name: [old, getattr(locked, name)]
            for name, old in before.items()
            if old and old != getattr(locked, name)
        },
    )
    return Checked(locked, row)


def judge(reference: Reference, found: Found) -> None:
    """Set what the record says, its standing, and whether it is the work the author meant."""
    known = reference.verdict
    if found.work is None:
        reference.verdict = Verdict(Standing.NOT_FOUND, Source.PUBMED if reference.pmid else Source.CROSSREF)
        reference.agreement = Reference.Agreement.NOTHING_CLAIMED
        return
    copy(found.work, reference)
    reference.agreement = checking.agreement(reference.claimed, found.work).answer
    verdicts = [Verdict(Standing.GOOD, Source.CROSSREF)]
    if isinstance(found.work, Record):
        judged = checking.standing(found.work)
        reference.is_notice = judged.is_notice
        verdicts = [Verdict(judged.standing, Source.PUBMED, *notice_of(judged.notice))]
    if found.second is not None:
        said = crossref.standing(found.second)
        verdicts.append(Verdict(said.standing, Source.CROSSREF, *update_of(said.update)))
    elif found.trouble and known.source == Source.CROSSREF and known.standing in GRAVITY:
        verdicts.append(known)  # Crossref cannot be asked now: what it said last still holds
    reference.verdict = max(verdicts, key=lambda verdict: GRAVITY.index(Standing(verdict.standing)))


def update_of(update: crossref.Update | None) -> tuple[str, str]:
    if update is None:
        return "", ""
    said = " ".join(filter(None, [update.source, update.on.isoformat() if update.on else ""]))
    return said, f"https://doi.org/{update.doi}" if update.doi else ""


def notice_of(notice: Notice | None) -> tuple[str, str]:
    if notice is None:
        return "", ""
    return notice.source, f"https://pubmed.ncbi.nlm.nih.gov/{notice.pmid}/" if notice.pmid else ""


def copy(work: Record | CrossrefWork, reference: Reference) -> None:
    """Take over what the sources say; an identifier another reference has stays with that one."""
    for name in COPIED:
        set_field(reference, name, getattr(work, name))
    reference.authors = list(work.authors)
    if isinstance(work, Record):
        set_field(reference, "pmcid", work.pmcid)
        reference.publication_types = [[kind.ui, kind.name] for kind in work.publication_types]
        reference.languages = list(work.languages)
        others = Reference.objects.exclude(pk=reference.pk)
        if work.doi and not others.filter(doi__iexact=work.doi).exists():
            set_field(reference, "doi", work.doi)


def set_field(reference: Reference, name: str, value: Any) -> None:
    """Set the field, cut to what its column holds."""
    longest = getattr(Reference._meta.get_field(name), "max_length", None)
    setattr(reference, name, value[:longest] if longest and isinstance(value, str) else value)


def propose(reference: Reference, ends_at: float | None) -> None:
    """Look for the work the author may have meant, where the record is of another or there is none."""
    is_wrong = reference.standing == Standing.NOT_FOUND or (
        reference.agreement == Reference.Agreement.ANOTHER_PAPER
    )
    title = checking.claimed_title(reference.claimed) if is_wrong else ""
    if not title or is_over(ends_at):
        if not is_wrong and reference.candidates:
            reference.candidates = []
            reference.save(update_fields=["candidates"])
        return
    pmids = pubmed.search_title(title, patience=left(ends_at))
    if isinstance(pmids, pubmed.CouldNotAsk):
        return
    records = pubmed.fetch(pmids, patience=left(ends_at)).found
    best = checking.candidates(reference.claimed, records.values())[:MOST_CANDIDATES]
    reference.candidates = [described(candidate) for candidate in best]
    reference.save(update_fields=["candidates"])


def described(candidate: Candidate) -> dict[str, Any]:
    record = candidate.record
    return {
        "pmid": record.pmid,
        "title": record.title,
        "journal": record.journal,
        "year": record.year,
        "reasons": list(candidate.reasons),
    }


def standing_history(reference: Reference) -> Sequence[Check]:
    """The looks that changed its standing, newest first."""
    return [row for row in reference.checks.all() if row.standing_before != row.standing]
