"""What editors decide about a reference: look it up now, cite another work instead, keep it on purpose."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from articles import citing, desk
from articles.desk import EditorRequest, looking_up
from references import pacing, vancouver, watching, works
from references.characters import without_hidden
from references.models import Check, Reference

# Nothing is wrong with the work itself.
QUIET = (Reference.Standing.UNCHECKED, Reference.Standing.GOOD)


def panel(reference: Reference) -> dict[str, Any]:
    """Context of the panel over a reference's form."""
    is_another = reference.agreement == Reference.Agreement.ANOTHER_PAPER
    return {
        "record_title": works.title_html(vancouver.title_of(reference)),
        "citation": works.citation_html(reference) if reference.title else "",
        "links": works.links(reference),
        "trouble": trouble(reference),
        "candidates": [
            candidate
            | {"title": works.title_html(candidate["title"]), "reasons": works.reasons(candidate["reasons"])}
            for candidate in reference.candidates
        ],
        "working_copies": citing.working_copies(reference),
        "is_published": reference.editions.exists(),
        "changes_of_standing": watching.standing_history(reference),
        "seen": seen(reference),
        "asks_for_intention": not reference.is_intended and (is_another or reference.standing not in QUIET),
    }


def seen(reference: Reference) -> str:
    """What an editor who keeps the work has read of it."""
    return f"{reference.standing} {reference.agreement}"


def trouble(reference: Reference) -> str:
    """What went wrong when it was last looked up, in a sentence."""
    if not reference.trouble or not reference.tried_at:
        return ""
    why = works.trouble(reference.trouble)
    if reference.checked_at == reference.tried_at:
        return _("Crossref, the second source, gave no answer: %(why)s.") % {"why": why}
    when = formats.date_format(timezone.localtime(reference.tried_at), "SHORT_DATETIME_FORMAT")
    return _("The last try, %(when)s, got no answer: %(why)s.") % {"when": when, "why": why}


def look_up(request: EditorRequest, reference: Reference) -> HttpResponse:
    checked = list(watching.check([reference], patience=pacing.patience()))
    if checked and checked[0].check.outcome == Check.Outcome.COULD_NOT_ASK:
        messages.warning(request, _("There was no answer. It will be tried again."))
    else:
        messages.success(request, _("Looked up."))
    return redirect("admin:references_reference_change", reference.pk)


def take(request: EditorRequest, reference: Reference) -> HttpResponse:
    """Cite the work with the PubMed ID of the form in the place of this one."""
    pmid = request.POST.get("instead", "")
    if pmid not in {str(candidate["pmid"]) for candidate in reference.candidates}:
        messages.error(request, _("Choose one of the works that are proposed."))
        return redirect("admin:references_reference_change", reference.pk)
    changed = citing.take(reference, int(pmid), by=request.user)
    other = Reference.objects.get(pmid=int(pmid))
    looking_up.look_up(request, other.keys)
    for article, language in changed:
        text = _("%(article)s (%(language)s) now cites PubMed %(pmid)s. Publish it for readers to see.") % {
            "article": article,
            "language": desk.LANGUAGE_NAMES[language],
            "pmid": pmid,
        }
        desk.report(request, article, text)
    if not changed:
        messages.warning(request, _("No draft cites this work."))
    return redirect("admin:references_reference_change", other.pk)


def intend(request: EditorRequest, reference: Reference) -> HttpResponse:
    """Record that a person has read the standing and cites the work on purpose, and why."""
    reason = without_hidden(request.POST.get("reason", "")).strip()[:500]
    page = redirect("admin:references_reference_change", reference.pk)
    if not reason:
        messages.error(request, _("Say why the work is cited all the same."))
        return page
    if request.POST.get("seen") != seen(reference):
        text = _("What is known of this work has changed since the page was opened. Look at it again.")
        messages.error(request, text)
        return page
    reference.intended_standing = reference.standing
    reference.intended_reason, reference.intended_by = reason, request.user
    reference.intended_at = timezone.now()
    reference.save(update_fields=["intended_standing", "intended_reason", "intended_by", "intended_at"])
    is_wrong = reference.standing not in QUIET
    text = _("Cited on purpose though %(standing)s: %(reason)s") % {
        "standing": reference.get_standing_display() if is_wrong else reference.get_agreement_display(),
        "reason": reason,
    }
    LogEntry.objects.log_actions(request.user.pk, [reference], CHANGE, text, single_object=True)
    messages.success(request, text)
    return page
