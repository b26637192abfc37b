"""How a cited work is shown: from a Reference, or from a row with the same fields."""

from typing import Protocol, TypedDict

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from references import vancouver


class Work(vancouver.Source, Protocol):
    """What a page needs to know of a work."""

    @property
    def pmid(self) -> int | None: ...
    @property
    def pmcid(self) -> str: ...
    @property
    def claimed(self) -> str: ...
    @property
    def standing(self) -> str: ...


FIELDS = (
    *("pmid", "doi", "pmcid", "url", "title", "vernacular_title", "authors", "has_more_authors"),
    *("journal", "published", "volume", "issue", "pages", "claimed", "standing"),
)

STANDING_SENTENCES = {
    "unchecked": gettext_lazy("Not checked against PubMed yet."),
    "corrected": gettext_lazy("A correction to this study has been published."),
    "updated": gettext_lazy("There is a newer version of this study."),
    "concern": gettext_lazy("The journal has expressed concern about this study."),
    "retracted": gettext_lazy("This study has been retracted."),
    "not_found": gettext_lazy("Not found in PubMed."),
}


class Link(TypedDict):
    text: str
    url: str


def citation_html(work: Work) -> SafeString:
    """The citation in Vancouver style, or what the author wrote while the record is unknown."""
    return vancouver.citation_html(work) if work.title else escape(work.claimed)


def links(work: Work) -> list[Link]:
    """Where the work can be read: PubMed, by DOI, its own page, free full text at PubMed Central."""
    found: list[Link] = []
    if work.pmid:
        found.append({"text": f"PubMed {work.pmid}", "url": f"https://pubmed.ncbi.nlm.nih.gov/{work.pmid}/"})
    if work.doi:
        found.append({"text": "DOI", "url": f"https://doi.org/{work.doi}"})
    if work.url:
        found.append({"text": _("Web page"), "url": work.url})
    if work.pmcid:
        url = f"https://pmc.ncbi.nlm.nih.gov/articles/{work.pmcid}/"
        found.append({"text": _("Free full text"), "url": url})
    return found


def standing_sentence(work: Work) -> str:
    """What patients are told of a work's standing; nothing when all is well."""
    sentence = STANDING_SENTENCES.get(work.standing)
    return str(sentence) if sentence else ""
