"""Ask whether everything is true that always has to be."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from articles import invariants


class Command(BaseCommand):
    help = "Check what is always true of the database and the files: after a crash or a restore, or any day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rendered",
            action="store_true",
            help="render the texts of all editions again and compare: right after publishing, "
            "when the program that published them is this version",
        )

    def handle(self, *, rendered: bool, **_options: Any) -> None:
        asked = list(invariants.INVARIANTS)
        if rendered:
            asked.append(invariants.texts_render_as_they_did)
        found = 0
        for invariant, sentence in invariants.broken(asked):
            found += 1
            self.stdout.write(f"{invariant}: {sentence}")
        self.stdout.write(f"{len(asked)} invariants checked, {found or 'nothing'} found.")
        if found:
            sys.exit(1)
