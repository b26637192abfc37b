"""How a cited work is shown: from a Reference, or from a row with the same fields."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from html import escape
from typing import Protocol

from django.utils import formats, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

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
    def publication_types(self) -> Sequence[Sequence[str]]:
        """Pairs of NLM's identifier and name."""

    @property
    def plain_summary(self) -> str | None:
        """In the language of the page."""

    @property
    def languages(self) -> Sequence[str]:
        """NLM's codes of the languages it is written in: "eng"."""

    @property
    def standing(self) -> str: ...
    @property
    def notice_url(self) -> str: ...
    @property
    def checked_at(self) -> datetime | str | None:
        """A moment, or what JSON makes of one."""


FIELDS = (
    *("pmid", "doi", "pmcid", "url", "title", "vernacular_title", "authors", "has_more_authors"),
    *("journal", "published", "volume", "issue", "pages", "book", "edition", "place", "publisher"),
    *("editors", "publication_types", "languages", "claimed", "standing", "notice_url", "checked_at"),
)

STANDING_SENTENCES = {
    "unchecked": gettext_lazy("Not checked against PubMed yet."),
    "corrected": gettext_lazy("A correction to this study has been published."),
    "updated": gettext_lazy("There is a newer version of this study."),
    "concern": gettext_lazy("The journal has expressed concern about this study."),
    "retracted": gettext_lazy("This study has been retracted."),
    "not_found": gettext_lazy("Not found in PubMed."),
}

# Standings that a reader should know of beside the text.
WORTH_A_WARNING = {"corrected", "updated", "concern", "retracted", "not_found"}

# What kind of study it is, the strongest first. Identifiers of NLM's publication types:
# https://www.nlm.nih.gov/mesh/pubtypes.html
KINDS = {
    "D017418": gettext_lazy("Meta-analysis: the results of several studies taken together"),
    "D000078182": gettext_lazy("Systematic review: all studies of a question, gone through together"),
    "D017065": gettext_lazy("Practice guideline"),
    "D016431": gettext_lazy("Guideline"),
    "D016449": gettext_lazy("Randomised trial: treatment decided by lot"),
    "D018848": gettext_lazy("Controlled trial: treatments compared"),
    "D016430": gettext_lazy("Clinical trial: a treatment tried in people"),
    "D064888": gettext_lazy("Observational study: people followed without changing their treatment"),
    "D016454": gettext_lazy("Review: an overview of a field"),
    "D002363": gettext_lazy("Case report: about single patients"),
    "D016421": gettext_lazy("Editorial: the opinion of a journal"),
    "D016422": gettext_lazy("Letter to a journal"),
    "D016420": gettext_lazy("Comment on another article"),
    "D000076942": gettext_lazy("Preprint: not yet reviewed by other researchers"),
}

# NLM's codes of languages (https://www.nlm.nih.gov/bsd/language_table.html) as HTML has them, where a
# shorter one stands for it, which has to be used then (RFC 5646, 2.2.1).
CODES = (
    "ara:ar chi:zh cze:cs dan:da dut:nl eng:en est:et fin:fi fre:fr ger:de gre:el heb:he hrv:hr hun:hu"
    " ice:is ita:it jpn:ja kor:ko lit:lt nor:no per:fa pol:pl por:pt rum:ro rus:ru slo:sk slv:sl spa:es"
    " srp:sr swe:sv tur:tr ukr:uk"
)
SHORTER = dict(pair.split(":") for pair in CODES.split())

# Why a work is proposed, by checking.Reason; for editors.
REASONS = {
    "same_doi": gettext_lazy("same DOI"),
    "same_title": gettext_lazy("same title"),
    "similar_title": gettext_lazy("similar title"),
    "same_journal": gettext_lazy("same journal"),
    "same_year": gettext_lazy("same year"),
    "same_volume_and_page": gettext_lazy("same volume and page"),
}

# Why there was no answer, by pubmed.Reason and crossref.Trouble; for editors.
TROUBLES = {
    "timeout": gettext_lazy("no answer in time"),
    "unreachable": gettext_lazy("not reachable"),
    "throttled": gettext_lazy("too many questions at once"),
    "rate_limited": gettext_lazy("too many questions at once"),
    "server_error": gettext_lazy("out of order"),
    "unreadable": gettext_lazy("the answer could not be read"),
    "garbage": gettext_lazy("the answer could not be read"),
    "refused": gettext_lazy("the question was refused"),
    "redirected": gettext_lazy("the answer came from elsewhere"),
    "no_number": gettext_lazy("it has neither PubMed ID nor DOI"),
}

# A work with its number and how often it is cited.
CitedWork = tuple[int, int, Work]

# Words and address.
Link = tuple[str, str]


def citation_html(work: Work) -> SafeString:
    """The citation in Vancouver style, or what the author wrote while the record is unknown."""
    return vancouver.citation_html(work) if work.title else mark_safe(escape(work.claimed))  # noqa: S308


def language_of(work: Work) -> str:
    """The language of the citation, as HTML has it: PubMed translates titles into English, if it can."""
    if not vancouver.is_vernacular(work):
        return "en"
    code = next(iter(work.languages), "")
    return SHORTER.get(code, code)


def lang(work: Work) -> str:
    """As an attribute, where the citation is in another language than the page."""
    if not work.title:
        return ""  # what the author wrote may be in any
    language = language_of(work)
    return f' lang="{escape(language)}"' if language and language != get_language() else ""


def title_html(title: str) -> SafeString:
    """The title alone, with its italics."""
    return mark_safe(vancouver.rendered_title(title)[1])  # noqa: S308 - escaped there


def reasons(codes: Iterable[str]) -> str:
    """ "same title, same year": why a work is proposed."""
    return ", ".join(str(REASONS[code]) for code in codes if code in REASONS)


def trouble(code: str) -> str:
    """Why there was no answer, in words."""
    return str(TROUBLES.get(code, code))


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


def kind_of_study(work: Work) -> str:
    """The kind of study in plain words; empty when PubMed does not say."""
    types = {ui for ui, _name in work.publication_types}
    return next((str(words) for ui, words in KINDS.items() if ui in types), "") if types else ""


def checked_sentence(work: Work) -> str:
    """When the work was last compared with PubMed's record."""
    if not work.checked_at or not work.pmid:
        return ""
    moment = work.checked_at
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return checked_on(timezone.localdate(moment), get_language() or "")


@lru_cache(maxsize=1000)
def checked_on(day: date, _language: str) -> str:
    return _("Checked against PubMed on %(day)s.") % {"day": formats.date_format(day)}


def standing_sentence(work: Work) -> str:
    """What patients are told of a work's standing; nothing when all is well."""
    sentence = STANDING_SENTENCES.get(work.standing)
    return str(sentence) if sentence else ""


def list_html(cited: Iterable[CitedWork]) -> SafeString:
    """The entries of a reference list.

    Made here and not in a template, which takes five times as long: a page may have sixty of them.
    """
    back = escape(_("Back to place %(place)d where reference %(number)d is cited"))
    return mark_safe("".join(item_html(number, places, work, back) for number, places, work in cited))  # noqa: S308


def item_html(number: int, places: int, work: Work, back: str) -> str:
    found = "".join(f'<a href="{escape(url)}">{escape(text)}</a> ' for text, url in links(work))
    backlinks = "".join(
        f'<a class="back" href="#cite-{number}-{place}" '
        f'aria-label="{back % {"place": place, "number": number}}">'
        f"↑{place if places > 1 else ''}</a> "
        for place in range(1, places + 1)
    )
    lines = [
        paragraph(citation_html(work), lang(work)),
        paragraph(escape(kind_of_study(work)), ' class="kind"'),
        paragraph(escape(work.plain_summary or ""), ' class="summary"'),
        standing_html(work),
        f'<p class="links">{found}{backlinks}</p>',
    ]
    return f'<li id="ref-{number}">{"".join(lines)}</li>\n'


def notes_html(cited: Iterable[CitedWork]) -> SafeString:
    """What a number in the text opens: each work in short, with links to its entry and to PubMed."""
    label, entry = escape(_("Reference %(number)d")), escape(_("In the reference list"))
    return mark_safe("".join(note_html(number, work, label, entry) for number, _places, work in cited))  # noqa: S308


def note_html(number: int, work: Work, label: str, entry: str) -> str:
    citation = vancouver.short_html(work) if work.title else escape(work.claimed)
    standing = escape(standing_sentence(work)) if work.standing in WORTH_A_WARNING else ""
    text, url = next(iter(links(work)), ("", ""))
    outside = f' <a href="{escape(url)}">{escape(text)}</a>' if url else ""
    lines = [
        paragraph(citation, lang(work)),
        paragraph(escape(kind_of_study(work)), ' class="kind"'),
        paragraph(escape(work.plain_summary or ""), ""),
        paragraph(standing, ' class="warning"'),
        f'<p class="links"><a href="#ref-{number}">{entry}</a>{outside}</p>',
    ]
    name = label % {"number": number}
    # Reading modes leave out what is a dialog.
    opening = f'<div popover class="note" id="note_{number}" role="dialog" aria-label="{name}">'
    return f"{opening}{''.join(lines)}</div>\n"


def paragraph(html: str, attributes: str) -> str:
    return f"<p{attributes}>{html}</p>" if html else ""


def standing_html(work: Work) -> str:
    """A plain warning for a retracted work; anything else is said quietly, with the last check."""
    sentence = escape(standing_sentence(work))
    if sentence and work.notice_url:
        sentence = f'{sentence} <a href="{escape(work.notice_url)}">{escape(_("Read the notice"))}</a>'
    if work.standing == "retracted":
        return paragraph(sentence, ' class="warning"')
    checked = escape(checked_sentence(work))
    return paragraph(f"{sentence} {checked}".strip(), ' class="standing"')
