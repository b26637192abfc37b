"""How a cited work is shown: from a Reference, or from a row with the same fields."""

from collections.abc import Iterable
from html import escape
from typing import Protocol

from django.utils.safestring import SafeString, mark_safe
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


# Words and address.
Link = tuple[str, str]


def citation_html(work: Work) -> SafeString:
    """The citation in Vancouver style, or what the author wrote while the record is unknown."""
    return vancouver.citation_html(work) if work.title else mark_safe(escape(work.claimed))  # noqa: S308


def links(work: Work) -> list[Link]:
    """Where the work can be read: PubMed, by DOI, its own page, free full text at PubMed Central."""
    found: list[Link] = []
    if work.pmid:
        found.append((f"PubMed {work.pmid}", f"https://pubmed.ncbi.nlm.nih.gov/{work.pmid}/"))
    if work.doi:
        found.append(("DOI", f"https://doi.org/{work.doi}"))
    if work.url:
        found.append((_("Web page"), work.url))
    if work.pmcid:
        found.append((_("Free full text"), f"https://pmc.ncbi.nlm.nih.gov/articles/{work.pmcid}/"))
    return found


def standing_sentence(work: Work) -> str:
    """What patients are told of a work's standing; nothing when all is well."""
    sentence = STANDING_SENTENCES.get(work.standing)
    return str(sentence) if sentence else ""


def list_html(cited: Iterable[tuple[int, int, Work]]) -> SafeString:
    """The entries of a reference list, from works with their number and how often they are cited.

    Made here and not in a template, which takes five times as long: a page may have sixty of them.
    """
    back = escape(_("Back to place %(place)d where reference %(number)d is cited"))
    return mark_safe("".join(item_html(number, places, work, back) for number, places, work in cited))  # noqa: S308


def item_html(number: int, places: int, work: Work, back: str) -> str:
    citation, standing = citation_html(work), standing_sentence(work)
    language = ' lang="en"' if work.title else ""  # PubMed's record is English, the author's words may not be
    tone = "warning" if work.standing == "retracted" else "standing"
    found = "".join(f'<a href="{escape(url)}">{escape(text)}</a> ' for text, url in links(work))
    backlinks = "".join(
        f'<a class="back" href="#cite-{number}-{place}" '
        f'aria-label="{back % {"place": place, "number": number}}">'
        f"↑{place if places > 1 else ''}</a> "
        for place in range(1, places + 1)
    )
    return (
        f'<li id="ref-{number}">'
        + (f"<p{language}>{citation}</p>" if citation else "")
        + (f'<p class="{tone}">{escape(standing)}</p>' if standing else "")
        + f'<p class="links">{found}{backlinks}</p></li>\n'
    )
