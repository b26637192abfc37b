"""Findings about citations and the works they name."""

from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.preflight.case import Case
from articles.preflight.finding import Finding, error, warning
from references import citations
from references.citations import Problem
from references.models import Reference

Standing = Reference.Standing


def citation_unreadable(case: Case) -> Iterator[Finding]:
    for problem in case.draft.problems:
        if isinstance(problem, Problem):
            yield error(
                "citation_unreadable",
                problem.message,
                problem.source,
                line=problem.line,
                url=case.field_url("body"),
            )


def citation_in_box(case: Case) -> Iterator[Finding]:
    parsed = citations.parse(case.draft.edition.seek_help)
    written = [group.source for group in parsed.groups] + [problem.source for problem in parsed.problems]
    for source in written:
        text = _("“When to seek help” has no references. Cite the work in the text.")
        yield error("citation_in_box", text, source, url=case.field_url("seek_help"))


def reference_not_found(case: Case) -> Iterator[Finding]:
    for reference in not_intended(case, Standing.NOT_FOUND):
        text = _("%(work)s was not found. Correct the number, or say why the work is cited all the same.")
        yield error("reference_not_found", text % {"work": named(reference)}, url=address(reference))


def reference_retracted(case: Case) -> Iterator[Finding]:
    for reference in not_intended(case, Standing.RETRACTED):
        text = _("%(work)s has been retracted. Cite another work, or say why it is cited all the same.")
        yield error(
            "reference_retracted", text % {"work": named(reference)}, reference.title, url=address(reference)
        )


def reference_another_paper(case: Case) -> Iterator[Finding]:
    for reference in references(case):
        if reference.agreement == Reference.Agreement.ANOTHER_PAPER and not reference.is_intended:
            text = _("%(work)s is another paper than the one described. Choose the right one.")
            yield error(
                "reference_another_paper",
                text % {"work": named(reference)},
                reference.title,
                url=address(reference),
            )


def reference_with_concern(case: Case) -> Iterator[Finding]:
    for reference in not_intended(case, Standing.CONCERN):
        text = _("Concern has been expressed about %(work)s. Read why, and decide whether to cite it.")
        yield warning(
            "reference_with_concern",
            text % {"work": named(reference)},
            reference.title,
            url=address(reference),
        )


def reference_unchecked(case: Case) -> Iterator[Finding]:
    unchecked = [r for r in references(case) if r.standing == Standing.UNCHECKED]
    if unchecked:
        text = ngettext(
            "%(count)d reference has not been compared with PubMed yet: %(works)s.",
            "%(count)d references have not been compared with PubMed yet: %(works)s.",
            len(unchecked),
        )
        url = address(unchecked[0]) or case.field_url("body")
        yield warning("reference_unchecked", listed(text, unchecked), url=url)


def reference_stale(case: Case) -> Iterator[Finding]:
    stale = [r for r in references(case) if r.standing != Standing.UNCHECKED and r.is_stale]
    if stale:
        text = ngettext(
            "%(count)d reference has not been looked up for more than nine days: %(works)s.",
            "%(count)d references have not been looked up for more than nine days: %(works)s.",
            len(stale),
        )
        yield warning("reference_stale", listed(text, stale), url=address(stale[0]))


def languages_cite_differently(case: Case) -> Iterator[Finding]:
    here = {reference.keys[0] for reference in references(case)}
    for language, there in case.cited_elsewhere.items():
        if here == there:
            continue
        names = dict(settings.LANGUAGES)
        differences = [
            _("only in %(language)s: %(works)s")
            % {"language": names[code], "works": ", ".join(sorted(key.label for key in keys))}
            for code, keys in ((case.draft.edition.language, here - there), (language, there - here))
            if keys
        ]
        yield warning(
            "languages_cite_differently",
            _("The languages cite different works (%(differences)s).")
            % {"differences": "; ".join(differences)},
            url=case.field_url("body"),
        )


def references(case: Case) -> list[Reference]:
    return [citation.reference for citation in case.draft.citations]


def not_intended(case: Case, standing: Standing) -> list[Reference]:
    return [r for r in references(case) if r.standing == standing and not r.is_intended]


def named(reference: Reference) -> str:
    return reference.keys[0].label


def listed(text: str, works: list[Reference]) -> str:
    return text % {"count": len(works), "works": ", ".join(map(named, works))}


def address(reference: Reference) -> str:
    """Its page in the admin; a work that is cited for the first time has none yet."""
    return reverse("admin:references_reference_change", args=[reference.pk]) if reference.pk else ""
