"""List files without a row that names them, and rows without their files."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from articles import media


class Command(BaseCommand):
    help = "List files in the storage that nothing names, and files that are named and not there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--delete",
            action="store_true",
            help="delete what nothing names and is older than a day; not while a backup is made",
        )

    def handle(self, *, delete: bool, **_options: Any) -> None:
        orphans = media.orphans()
        old = media.left_behind(orphans)
        for name, at in orphans.items():
            self.stdout.write(f"Nothing names {name}, written {at:%Y-%m-%d %H:%M}.")
        missing = media.missing()
        for name, row in missing.items():
            self.stdout.write(f"Not there: {name}, of {row}.")
        summary = f"{len(orphans)} files without a row, {len(missing)} missing."
        if delete:
            deleted = len(old) if media.delete(old) else 0
            summary += f" {deleted} older than a day deleted."
        self.stdout.write(summary)
        if missing:
            sys.exit(1)
