"""Importing a file of references: each entry becomes a reference, and is compared with PubMed's record."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.files.base import File
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from references import imports, pacing, watching, works
from references.imports import Entry, Imported
from references.models import Check, Reference
from references.recognising import ours
from references.watching import Round

ROWS_AT_ONCE = 500
MOST_LISTED = 500

QUIET = frozenset({Reference.Standing.UNCHECKED, Reference.Standing.GOOD})


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(".nbib or XML from PubMed, or .ris from a reference manager. At most 2 MB."),
        widget=forms.FileInput(attrs={"accept": ".nbib,.ris,.xml,.txt"}),
    )

    def clean_file(self) -> Imported:
        file: File[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > imports.LARGEST_FILE:
            raise forms.ValidationError(imports.TOO_LARGE)
        try:
            return imports.read(file.read())
        except imports.UnreadableFileError as error:
            raise forms.ValidationError(str(error)) from error


@dataclass(frozen=True)
class Stored:
    """What became of the entries of a file, each reference once, in the order of the file."""

    references: Sequence[int]
    new: frozenset[int]
    claimed: frozenset[int]
    """Those that took what the file says of them."""


@dataclass(frozen=True)
class Row:
    reference: Reference
    is_new: bool

    @property
    def text(self) -> str:
        return works.citation_html(self.reference) or str(self.reference)

    @property
    def language(self) -> str:
        """PubMed's record is English; what a file has may not be."""
        return "en" if self.reference.title else ""

    @property
    def is_alarming(self) -> bool:
        return self.reference.standing not in QUIET

    @property
    def is_in_doubt(self) -> bool:
        return self.reference.agreement in {
            Reference.Agreement.DOUBTFUL,
            Reference.Agreement.ANOTHER_PAPER,
        }


def import_file(request: HttpRequest, desk: ModelAdmin[Reference]) -> HttpResponse:
    """The page: a form for the file, then what became of its entries. Doing it again changes nothing."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    context = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": _("Import references"),
        "form": form,
    }
    if form.is_valid():
        imported: Imported = form.cleaned_data["file"]
        stored = store(imported.entries)
        new = Reference.objects.filter(pk__in=stored.new)
        # Whoever is here has signed in, which the type does not say.
        LogEntry.objects.log_actions(request.user.pk, new, ADDITION, [{"added": {}}])  # type: ignore[arg-type]
        look_up(stored)
        context |= {"problems": imported.problems, **outcome(stored)}
    return TemplateResponse(request, "admin/references/reference/import.html", context)


def outcome(stored: Stored) -> dict[str, object]:
    """Context of the list of what was imported."""
    unchecked = Reference.objects.filter(pk__in=stored.references, checked_at__isnull=True)
    listed = stored.references[:MOST_LISTED]
    found = Reference.objects.in_bulk(listed)
    return {
        "rows": [Row(found[pk], pk in stored.new) for pk in listed if pk in found],
        "new": len(stored.new),
        "known": len(stored.references) - len(stored.new),
        "unlisted": len(stored.references) - len(listed),
        "unchecked": unchecked.count(),
        "is_done": True,
    }


@transaction.atomic
def store(entries: Sequence[Entry]) -> Stored:
    """A reference for each entry; what the file says of it is kept where nothing was said before."""
    named = [(Reference(pmid=entry.pmid, doi=entry.doi), entry.claimed) for entry in entries]
    every = [key for reference, _claimed in named for key in reference.keys]
    known = Reference.objects.known_by_key(every)
    before = {reference.pk for reference in known.values()}
    Reference.objects.ensure(reference.keys[0] for reference, _claimed in named if not ours(reference, known))
    known = Reference.objects.select_for_update().known_by_key(every)
    stored: dict[int, Reference] = {}
    claimed: dict[int, Reference] = {}
    for each, claim in named:
        reference = ours(each, known)
        if reference is None:
            continue  # somebody has deleted it since
        stored[reference.pk] = reference
        if claim and not reference.claimed:
            reference.claimed = claim
            claimed[reference.pk] = reference
    Reference.objects.bulk_update(claimed.values(), ["claimed"], batch_size=ROWS_AT_ONCE)
    return Stored(tuple(stored), frozenset(stored.keys() - before), frozenset(claimed))


def look_up(stored: Stored) -> None:
    """Compare what is new with PubMed, as far as patience goes. The rest stays due."""
    wanted = stored.new | stored.claimed
    references = Reference.objects.filter(pk__in=wanted).order_by("checked_at", "pk")
    asking = Round(pacing.patience())
    for batch in watching.batches(references):
        looks = list(watching.check(batch, patience=asking.left_of_all()))
        if not asking.left() or all(look.check.outcome == Check.Outcome.COULD_NOT_ASK for look in looks):
            break
