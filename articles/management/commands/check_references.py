"""Look references up again, and mail the editors of articles whose evidence has changed."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import translation
from tqdm import tqdm

from articles import alerts
from references import watching
from references.models import Check, Reference
from references.watching import Checked

# Seconds for the records of a batch, tries again included. Nobody waits for a timer, so a disturbance at
# PubMed of a minute is sat out; a single request has PUBMED_TIMEOUT as ever.
BATCH_PATIENCE = 60.0
# After so many batches without any answer PubMed is away for longer, and so much time was enough to spend.
MOST_LOST_BATCHES = 3


@dataclass
class Summary:
    """What became of the references."""

    checked: list[str] = field(default_factory=list)
    """The outcome of each."""
    without_crossref: int = 0
    changed: int = 0
    sent: alerts.Sent = field(default_factory=alerts.Sent)
    has_given_up: bool = False

    def __str__(self) -> str:
        count = self.checked.count
        outcomes = (
            f"Checked {len(self.checked)}: {count(Check.Outcome.FOUND)} found,"
            f" {count(Check.Outcome.NOT_FOUND)} not found,"
            f" {count(Check.Outcome.COULD_NOT_ASK)} could not be asked."
            f" {self.changed} changed their standing; {self.sent.mails} mails sent."
        )
        lines = [outcomes]
        if self.sent.failed:
            lines.append(f"{self.sent.failed} mails could not be sent.")
        if self.without_crossref:
            lines.append(f"For {self.without_crossref} found in PubMed, Crossref could not be asked.")
        if self.has_given_up:
            lines.append("Stopped early: PubMed does not answer. The rest is still due.")
        return "\n".join(lines)

    @property
    def is_whole(self) -> bool:
        is_silent = self.without_crossref or Check.Outcome.COULD_NOT_ASK in self.checked
        return not (self.has_given_up or is_silent or self.sent.failed)


class Command(BaseCommand):
    help = "Compare references with PubMed and Crossref: those that are due, all, or some."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--due", action="store_true", help="those that are due (the default)")
        which.add_argument("--all", action="store_true", help="every reference")
        which.add_argument("--pmid", type=int, nargs="+", metavar="N", help="these PubMed IDs")

    def handle(self, *, all: bool, pmid: list[int] | None, **options: Any) -> None:  # noqa: A002 - the option
        references = Reference.objects.checkable() if all else Reference.objects.due_for_check()
        if pmid:
            references = Reference.objects.filter(pmid__in=pmid)
            if missing := set(pmid) - set(references.values_list("pmid", flat=True)):
                raise CommandError(f"Not among the references: {', '.join(map(str, sorted(missing)))}.")
        with translation.override("en"):
            summary = self.look_up(references.iterator(), references.count())
            # Also what a run that was stopped has found, or an editor's look-up.
            summary.sent = alerts.tell()
        self.stdout.write(str(summary))
        if not summary.is_whole:
            # For whatever started it, a timer for one: it will be tried again, but did not work now.
            sys.exit(2)

    def look_up(self, references: Iterable[Reference], total: int) -> Summary:
        summary = Summary()
        lost_batches = 0
        # The real stderr, which knows whether it is a terminal; in a log there is no progress bar.
        with tqdm(total=total, file=sys.stderr, disable=None, unit="ref") as progress:
            for batch in watching.batches(references):
                looks: list[Checked] = []
                for checked in watching.check(batch, batch_patience=BATCH_PATIENCE):
                    looks.append(checked)
                    self.take_down(checked, summary)
                    progress.update()
                lost_batches = lost_batches + 1 if is_lost(looks) else 0
                if lost_batches == MOST_LOST_BATCHES:
                    summary.has_given_up = len(summary.checked) < total
                    break
        return summary

    def take_down(self, checked: Checked, summary: Summary) -> None:
        outcome = checked.check.outcome
        summary.checked.append(outcome)
        summary.without_crossref += outcome == Check.Outcome.FOUND and bool(checked.check.trouble)
        if checked.has_changed:
            summary.changed += 1
            self.stdout.write(
                f"{checked.standing_before} → {checked.reference.standing}: {checked.reference}"
            )


def is_lost(looks: Iterable[Checked]) -> bool:
    """Whether PubMed answered nothing, or Crossref, where it alone was asked."""
    looks = list(looks)
    asked = [look for look in looks if look.reference.pmid] or looks
    return bool(asked) and all(look.check.outcome == Check.Outcome.COULD_NOT_ASK for look in asked)
