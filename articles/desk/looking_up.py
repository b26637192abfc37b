"""Looking up, in a request, what an editor has cited for the first time."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from references import pacing, watching
from references.citations import Key
from references.models import Check, Reference


def look_up(request: HttpRequest, keys: Iterable[Key]) -> None:
    """Look up what was cited for the first time, and say what is wrong with it."""
    new = Reference.objects.cited_by(keys).filter(checked_at__isnull=True)
    for checked in watching.check(new, patience=pacing.patience()):
        reference = checked.reference
        if checked.check.outcome == Check.Outcome.COULD_NOT_ASK:
            text = _("%(work)s could not be checked now and stays unchecked. It will be tried again.")
        elif reference.standing == Reference.Standing.NOT_FOUND:
            text = _("%(work)s was not found. Compare the number with PubMed.")
        elif reference.agreement == Reference.Agreement.ANOTHER_PAPER:
            text = _("%(work)s is another paper than the one described: %(title)s")
        elif reference.standing in {Reference.Standing.RETRACTED, Reference.Standing.CONCERN}:
            text = _("%(work)s: %(standing)s. %(title)s")
        else:
            continue
        named = {
            "work": reference.keys[0].label,
            "title": reference.title,
            "standing": reference.get_standing_display(),
        }
        messages.warning(request, text % named)
