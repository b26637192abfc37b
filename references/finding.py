"""Finding a work to cite, while an editor writes: among our references first, then in PubMed."""

import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from time import monotonic

from django.conf import settings
from django.db.models import Case, Q, TextField, Value, When
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from references import checking, citations, pubmed, vancouver
from references.citations import Key
from references.models import Reference
from references.records import Record

SHORTEST_QUERY = 3
LONGEST_QUERY = 300
MOST_OF_OURS = 8
MOST_OF_PUBMED = 6

PMID_BEFORE = re.compile(r"pmid:?\s*", re.IGNORECASE)
# PubMed's operators. It knows them in capitals only; in small letters they are words that find nothing.
OPERATORS = {"and", "or", "not"}


@dataclass(frozen=True)
class Found:
    """A work as the dialog shows it. `key` is what the text gets: "@pmid:34256014"."""

    key: str
    citation: str
    standing: str
    standing_label: str


def find(request: HttpRequest) -> JsonResponse:
    """Answers a GET of `q`, what the editor typed; with `in=ours` or `in=pubmed`, from there alone."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    places = request.GET.getlist("in") or ["ours", "pubmed"]
    ours: list[Found] = []
    theirs: list[Found] = []
    trouble = ""
    if len(query) >= SHORTEST_QUERY:
        if "ours" in places:
            ours = among_ours(query)
        if "pubmed" in places:
            theirs, trouble = in_pubmed(query)
    return JsonResponse(
        {
            "ours": [asdict(found) for found in ours],
            "pubmed": [asdict(found) for found in theirs],
            "pubmed_trouble": trouble,
        }
    )


def identifier(query: str) -> Key | None:
    """The work that the query names: by PubMed ID, DOI, or the address of either."""
    written = query.strip().strip("[@].").strip()
    if address := citations.PUBMED_ADDRESS.fullmatch(written):
        written = address[1]
    written = PMID_BEFORE.sub("", written, count=1)
    for read in (citations.pmid, citations.doi):
        with suppress(citations.MalformedKeyError):
            return read(written)
    return None


def words(query: str) -> list[str]:
    """The query's words in small letters, without punctuation, each once."""
    return list(dict.fromkeys(pubmed.WORD.findall(query.lower().replace("’", "'"))))


def among_ours(query: str) -> list[Found]:
    """The reference that the query names, or else those with all its words, best first."""
    citable = Reference.objects.filter(Q(pmid__isnull=False) | Q(doi__isnull=False))
    key = identifier(query)
    named = [own(reference) for reference in citable.cited_by([key] if key else [])]
    wanted = words(query)
    if named or not wanted:
        return named
    text = Concat(
        "title", Value(" "), "claimed", Value(" "), Cast("authors", TextField()), Value(" "),
        "journal", Value(" "), "published", output_field=TextField(),
    )  # fmt: skip
    in_title = Q()
    found = citable.alias(text=text)
    for word in wanted:
        found = found.filter(text__icontains=word)
        in_title &= Q(title__icontains=word)
    phrase = " ".join(wanted)
    best_first = Case(When(title__icontains=phrase, then=0), When(in_title, then=1), default=2)
    return [own(reference) for reference in found.order_by(best_first, "-pk")[:MOST_OF_OURS]]


def own(reference: Reference) -> Found:
    citation = vancouver.citation_text(reference) if reference.title else reference.claimed
    return Found(
        key=reference.keys[0].markup,
        citation=citation or str(reference),
        standing=reference.standing,
        standing_label=reference.get_standing_display(),
    )


def in_pubmed(query: str) -> tuple[list[Found], str]:
    """What PubMed has and `among_ours` does not show, best first; and a sentence if it could not be asked."""
    key = identifier(query)
    if key and Reference.objects.cited_by([key]).exists():
        return [], ""
    trouble = _("PubMed is not answering right now. Our own references have been searched.")
    ends_at = monotonic() + settings.PUBMED_TIMEOUT
    shown = {found.key for found in among_ours(query)}
    pmids = search(query, key)
    if isinstance(pmids, pubmed.CouldNotAsk):
        return [], trouble
    new = [pmid for pmid in pmids if Key("pmid", str(pmid)).markup not in shown][:MOST_OF_PUBMED]
    fetched = pubmed.fetch(new, patience=ends_at - monotonic())
    found = with_our_keys([fetched.found[pmid] for pmid in new if pmid in fetched.found])
    return [work for work in found if work.key not in shown], trouble if fetched.could_not_ask else ""


def search(query: str, key: Key | None) -> tuple[int, ...] | pubmed.CouldNotAsk:
    """The PMIDs of the work with this key, or of those PubMed finds for the query's words."""
    if key and key.kind == "pmid":
        return (int(key.value),)
    # As many more as among_ours() may show.
    return pubmed.search(search_term(query, key), limit=MOST_OF_PUBMED + MOST_OF_OURS)


def search_term(query: str, key: Key | None = None) -> str:
    """What to ask PubMed for. Nothing an editor types is an operator, a field, a range or a wild card."""
    if key:
        return f'"{key.value}"[aid]'
    return " ".join(word for word in words(query) if word not in OPERATORS)


def with_our_keys(records: list[Record]) -> list[Found]:
    """The records, under the keys and with the standings of those that we have: one work, one number."""
    keys = [Key("pmid", str(record.pmid)) for record in records]
    dois = [Key("doi", record.doi.lower()) for record in records if record.doi]
    known = Reference.objects.known_by_key(keys + dois)
    return [
        theirs(record, known.get(key) or known.get(Key("doi", record.doi.lower())))
        for record, key in zip(records, keys, strict=True)
    ]


def theirs(record: Record, ours: Reference | None) -> Found:
    standing = Reference.Standing(checking.standing(record).standing)
    if ours and ours.standing != Reference.Standing.UNCHECKED:
        standing = Reference.Standing(ours.standing)
    return Found(
        key=ours.keys[0].markup if ours else Key("pmid", str(record.pmid)).markup,
        citation=vancouver.citation_text(record),
        standing=standing.value,
        standing_label=str(standing.label),
    )
