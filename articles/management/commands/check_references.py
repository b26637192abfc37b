"""Look references up again, and mail the editors of articles whose evidence has changed."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import translation
from tqdm import tqdm

from articles import alerts
from references import watching
from references.models import Check, Reference, ReferenceQuerySet


class Command(BaseCommand):
    help = "Compare references with PubMed and Crossref: those that are due, all, or some."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--due", action="store_true", help="those that are due (the default)")
        which.add_argument("--all", action="store_true", help="every reference")
        which.add_argument("--pmid", type=int, nargs="+", metavar="N", help="these PubMed IDs")

    def handle(self, *, all: bool, pmid: list[int] | None, **options: Any) -> None:  # noqa: A002 - the option
        references = Reference.objects.all() if all else Reference.objects.due_for_check()
        if pmid:
            references = Reference.objects.filter(pmid__in=pmid)
            if missing := set(pmid) - set(references.values_list("pmid", flat=True)):
                raise CommandError(f"Not among the references: {', '.join(map(str, sorted(missing)))}.")
        with translation.override("en"):
            outcomes, changed, mails = self.look_up(references)
        self.stdout.write(
            f"Checked {outcomes.total()}: {outcomes[Check.Outcome.FOUND]} found,"
            f" {outcomes[Check.Outcome.NOT_FOUND]} not found,"
            f" {outcomes[Check.Outcome.COULD_NOT_ASK]} could not be asked."
            f" {changed} changed their standing; {mails} mails sent."
        )
        if outcomes[Check.Outcome.COULD_NOT_ASK]:
            # For whatever started it, a timer for one: it will be tried again, but did not work now.
            sys.exit(2)

    def look_up(self, references: ReferenceQuerySet) -> tuple[Counter[str], int, int]:
        """Outcomes, changes of standing and mails. Each change is mailed at once, so a stop loses none."""
        outcomes: Counter[str] = Counter()
        changed = mails = 0
        # The real stderr, which knows whether it is a terminal; in a log there is no progress bar.
        with tqdm(total=references.count(), file=sys.stderr, disable=None, unit="ref") as progress:
            for checked in watching.check(references.iterator()):
                outcomes[checked.check.outcome] += 1
                progress.update()
                if checked.has_changed:
                    changed += 1
                    self.stdout.write(
                        f"{checked.standing_before} → {checked.reference.standing}: {checked.reference}"
                    )
                    mails += alerts.alert([(checked.reference, checked.standing_before)])
        return outcomes, changed, mails
