"""What is wrong with a draft, before patients read it. Errors block publishing; warnings inform.

A rule is a function of a Case that yields findings. To add one, write it and put it into RULES; its
findings need a name of their own and a sentence in the catalogue of translations.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from articles.drafts import Draft
from articles.preflight import evidence, page, wording
from articles.preflight.case import Case, case_of
from articles.preflight.finding import Finding
from articles.preflight.page import slug_is_taken

__all__ = ["OF_TEXT", "RULES", "Finding", "findings", "slug_is_taken"]

Rule = Callable[[Case], Iterable[Finding]]

# Findings of one rule. A text from elsewhere may have thousands, which take long and which nobody reads.
MOST_OF_A_RULE = 100

RULES: tuple[Rule, ...] = (
    page.text_empty,
    page.slug_taken,
    page.slug_impossible,
    page.text_too_complex,
    evidence.citation_unreadable,
    evidence.citation_in_box,
    evidence.reference_not_found,
    evidence.reference_another_paper,
    evidence.reference_retracted,
    page.picture_unusable,
    page.picture_without_alt,
    page.link_to_nothing,
    page.html_dropped,
    page.approval_missing,
    evidence.reference_with_concern,
    evidence.reference_unchecked,
    evidence.reference_stale,
    evidence.languages_cite_differently,
    page.link_to_draft,
    page.outside_link_failing,
    page.link_text_says_nothing,
    page.heading_level_skipped,
    page.abstract_long,
    page.review_missing,
    page.review_overdue,
    page.translation_behind,
    page.author_missing,
    page.category_missing,
    page.treatment_missing,
    wording.claim_without_citation,
    wording.promise,
    wording.hard_to_read,
)

# About what stands in the text, which whoever saves it has at hand.
OF_TEXT: tuple[Rule, ...] = (
    page.text_too_complex,
    evidence.citation_unreadable,
    page.picture_unusable,
    page.picture_without_alt,
    page.link_to_nothing,
    page.html_dropped,
)


def findings(draft: Draft, at: datetime | None = None, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """What is to be said of the draft, errors first. `at`: when it is to come online, now by default."""
    case = case_of(draft, at or timezone.now())
    found = [finding for rule in rules for finding in first(rule(case))]
    return sorted(found, key=lambda finding: not finding.is_error)


def first(found: Iterable[Finding]) -> Iterator[Finding]:
    """The first of what a rule finds; of the others, that there are some."""
    for number, finding in enumerate(found):
        if number == MOST_OF_A_RULE:
            text = _("There are more of this kind. Mend those above first, then look again.")
            yield replace(finding, text=text, quotes=(), line=None)
            return
        yield finding
