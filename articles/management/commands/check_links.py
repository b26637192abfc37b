"""Look at the pages of other sites that our texts link to."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management import BaseCommand
from django.utils import translation
from tqdm import tqdm

from articles import links
from articles.models import LinkCheck


class Command(BaseCommand):
    help = "Ask for the pages of other sites that articles and drafts link to: those that are due, or all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--due", action="store_true", help="those that are due (the default)")
        which.add_argument("--all", action="store_true", help="every link")

    def handle(self, *, all: bool, **options: Any) -> None:  # noqa: A002 - the option
        links.collect()
        checks = LinkCheck.objects.all() if all else LinkCheck.objects.due()
        outcomes: Counter[str] = Counter()
        with (
            translation.override("en"),
            # The real stderr, which knows whether it is a terminal; in a log there is no progress bar.
            tqdm(total=checks.count(), file=sys.stderr, disable=None, unit="link") as progress,
        ):
            for looked in links.check(checks.oldest_first().iterator()):
                progress.update()
                if not looked.could_ask:
                    outcomes["could not ask"] += 1
                    continue
                outcomes["failing" if looked.answer.trouble else "answered"] += 1
                if looked.has_begun_to_fail:
                    self.stdout.write(f"No longer there: {looked.check.url} ({looked.check.reason})")
        self.stdout.write(
            f"Asked for {outcomes.total()}: {outcomes['answered']} answered, {outcomes['failing']} failing,"
            f" {outcomes['could not ask']} could not be checked."
        )
        if outcomes["could not ask"]:
            # For whatever started it, a timer for one: nobody at all could be reached.
            sys.exit(2)
