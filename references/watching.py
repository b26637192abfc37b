"""Looking references up and writing down what was found. Nothing the author wrote is changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy as duplicate
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from references import checking, crossref, pacing, pubmed
from references.checking import Candidate
from references.citations import LONGEST_DOI
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
WRITTEN_DOWN = (*COPIED, "authors", "editors", "doi", "pmcid")
GRAVITY = [Standing.GOOD, Standing.UPDATED, Standing.CORRECTED, Standing.CONCERN, Standing.RETRACTED]
WITHOUT_RECORD = {Standing.UNCHECKED, Standing.NOT_FOUND}
MOST_CANDIDATES = 5
# A service that was silent so often running is away. Each time may have taken PUBMED_TIMEOUT.
MOST_SILENCES = 3


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


Search = Literal["citations", "titles"]


class Round:
    """Questions asked in one go: for how many seconds, and who has stopped answering meanwhile."""

    def __init__(self, patience: float | None = None) -> None:
        self.ends_at = pacing.clock.now() + patience if patience is not None else None
        self.away: set[Search] = set()
        self.silences: list[crossref.CouldNotAsk] = []

    def left(self, at_most: float | None = None) -> float:
        """Seconds the next question may take."""
        longest = float(settings.PUBMED_TIMEOUT) if at_most is None else at_most
        of_all = self.left_of_all()
        return longest if of_all is None else min(longest, of_all)

    def left_of_all(self) -> float | None:
        """Seconds until the end, if there is one."""
        return None if self.ends_at is None else max(0.0, self.ends_at - pacing.clock.now())

    def search(
        self, what: Search, ask: Callable[[float], tuple[int, ...] | pubmed.CouldNotAsk]
    ) -> tuple[int, ...] | pubmed.CouldNotAsk:
        """What PubMed finds, which is asked no more once it was silent.

        Half of the time that is left, so that there is some for another search and the records.
        """
        patience = self.left() / 2
        if what in self.away or not patience:
            return pubmed.CouldNotAsk("timeout")
        answer = ask(patience)
        if isinstance(answer, pubmed.CouldNotAsk):
            self.away.add(what)
        return answer

    def look_up(self, doi: str) -> CrossrefWork | crossref.NotFound | crossref.CouldNotAsk:
        """What Crossref says, which is asked no more once it was silent several times running."""
        if len(self.silences) >= MOST_SILENCES:
            return self.silences[-1]
        if self.left() == 0:
            return crossref.CouldNotAsk("timeout")
        answer = crossref.look_up(doi, patience=self.left())
        self.silences = [*self.silences, answer] if isinstance(answer, crossref.CouldNotAsk) else []
        return answer


def batches(references: Iterable[Reference]) -> Iterator[list[Reference]]:
    """As many at a time as PubMed takes."""
    rest = iter(references)
    while batch := list(islice(rest, MOST_PMIDS)):
        yield batch


def check(
    references: Iterable[Reference], *, patience: float | None = None, batch_patience: float | None = None
) -> Iterator[Checked]:
    """Look the references up, in batches as large as PubMed takes, and write down what was found.

    `patience` is the longest all of it may take, in seconds, as in a request. The records of a batch may
    take `batch_patience`, and any other question PUBMED_TIMEOUT, which is the default of both. What cannot
    be asked stays as it was, with the reason and the time of the try.
    """
    whole = Round(patience)
    for batch in batches(references):
        asking = Round(whole.left_of_all())
        fetched = pubmed.fetch(
            (r.pmid for r in batch if r.pmid),
            known={r.pmid for r in batch if r.pmid and r.standing not in WITHOUT_RECORD},
            patience=asking.left(batch_patience),
        )
        for reference in batch:
            checked = write_down(reference, look_up(reference, fetched, asking), asking)
            if checked is not None:
                yield checked


def look_up(reference: Reference, fetched: pubmed.Fetched, asking: Round) -> Found:
    """What PubMed answered of the reference, and what Crossref says of its DOI."""
    record: Record | None = None
    if reference.pmid:
        if reference.pmid in fetched.could_not_ask:
            return Found(trouble=fetched.could_not_ask[reference.pmid])
        record = fetched.found.get(reference.pmid)
        if record is None:
            return Found()
    doi = reference.doi or (record.doi if record else "")
    return with_crossref(record, doi, asking) if doi else Found(record, trouble="" if record else "no_number")


def with_crossref(record: Record | None, doi: str, asking: Round) -> Found:
    """PubMed's record and what Crossref says; for a work that is not in PubMed, Crossref's alone."""
    second = asking.look_up(doi)
    if isinstance(second, CrossrefWork):
        return Found(record or second, second)
    return Found(record, trouble=second.reason if isinstance(second, crossref.CouldNotAsk) else "")


def write_down(reference: Reference, found: Found, asking: Round) -> Checked | None:
    """Store what was found, and what to propose. None if somebody else has done so, or deleted it, since.

    In one transaction: of a process that dies while it searches nothing is left, and the look is still due.
    """
    candidates = proposals(reference, found, asking)
    with transaction.atomic():
        return store(reference, found, candidates)


def store(reference: Reference, found: Found, candidates: list[dict[str, Any]] | None) -> Checked | None:
    locked = Reference.objects.select_for_update().filter(pk=reference.pk).first()
    if locked is None or locked.tried_at != reference.tried_at:
        return None
    before = {name: getattr(locked, name) for name in (*WRITTEN_DOWN, "standing")}
    now = timezone.now()
    locked.tried_at = now
    locked.trouble = found.trouble
    if found.outcome != Check.Outcome.COULD_NOT_ASK:
        locked.checked_at = now
        judge(locked, found)
    if candidates is not None:
        locked.candidates = candidates
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
    return said, f"https://doi.org/{update.doi}" if is_doi(update.doi) else ""


def notice_of(notice: Notice | None) -> tuple[str, str]:
    if notice is None:
        return "", ""
    return notice.source, f"https://pubmed.ncbi.nlm.nih.gov/{notice.pmid}/" if notice.pmid else ""


def copy(work: Record | CrossrefWork, reference: Reference) -> None:
    """Take over what the sources say; an identifier another reference has stays with that one."""
    for name in COPIED:
        set_field(reference, name, getattr(work, name))
    reference.authors, reference.editors = list(work.authors), list(work.editors)
    if isinstance(work, Record):
        set_field(reference, "pmcid", work.pmcid)
        reference.publication_types = [[kind.ui, kind.name] for kind in work.publication_types]
        reference.languages = list(work.languages)
        others = Reference.objects.exclude(pk=reference.pk)
        if is_doi(work.doi) and not others.filter(doi__iexact=work.doi).exists():
            reference.doi = work.doi


def is_doi(written: str) -> bool:
    """Whether a source gives one; cut to what its column holds it would be another."""
    return 0 < len(written) <= LONGEST_DOI


def set_field(reference: Reference, name: str, value: Any) -> None:
    """Set the field, cut to what its column holds."""
    longest = getattr(Reference._meta.get_field(name), "max_length", None)
    setattr(reference, name, value[:longest] if longest and isinstance(value, str) else value)


def proposals(reference: Reference, found: Found, asking: Round) -> list[dict[str, Any]] | None:
    """The works the author may have meant, where the record is of another or there is none.

    None where it cannot be asked.
    """
    if found.outcome == Check.Outcome.COULD_NOT_ASK:
        return None
    judged = duplicate(reference)
    judge(judged, found)
    return found_candidates(judged, asking) if is_wrong(judged) else []


def is_wrong(reference: Reference) -> bool:
    """Whether its number is nobody's, or that of another work than the author described."""
    is_another = reference.agreement == Reference.Agreement.ANOTHER_PAPER
    return is_another or reference.standing == Standing.NOT_FOUND


def found_candidates(reference: Reference, asking: Round) -> list[dict[str, Any]] | None:
    """What PubMed finds, best first; None where it cannot be asked.

    What was proposed before stays in the running where one of the searches could not be made.
    """
    before = [candidate["pmid"] for candidate in reference.candidates]
    best = likely(reference.claimed, asking, other_than=reference.pmid, before=before)
    return None if best is None else [described(candidate) for candidate in best]


def likely(
    claimed: str, asking: Round, *, other_than: int | None = None, before: Iterable[int] = ()
) -> list[Candidate] | None:
    """The works in PubMed that a citation may mean, best first; None where it cannot be asked.

    `before` are tried too where one of the searches could not be made.
    """
    answers = list(hits(claimed, asking))
    pmids = [pmid for hit in answers if not isinstance(hit, pubmed.CouldNotAsk) for pmid in hit]
    if any(isinstance(hit, pubmed.CouldNotAsk) for hit in answers):
        if not pmids:
            return None
        pmids += before
    fetched = pubmed.fetch((pmid for pmid in pmids if pmid != other_than), patience=asking.left())
    if fetched.could_not_ask:
        asking.away |= {"citations", "titles"}  # found without their records they are of no use
        return None
    return checking.candidates(claimed, fetched.found.values())[:MOST_CANDIDATES]


def hits(claimed: str, asking: Round) -> Iterator[tuple[int, ...] | pubmed.CouldNotAsk]:
    """What PubMed finds by citation and by title, as far as the author gave them."""
    citation, title = checking.claimed_citation(claimed), checking.claimed_title(claimed)

    def match(patience: float) -> tuple[int, ...] | pubmed.CouldNotAsk:
        matched = pubmed.match(*citation, patience=patience)
        return matched if isinstance(matched, pubmed.CouldNotAsk) else (matched,) if matched else ()

    if citation.is_telling:
        yield asking.search("citations", match)
    if title:
        yield asking.search("titles", lambda patience: pubmed.search_title(title, patience=patience))


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
