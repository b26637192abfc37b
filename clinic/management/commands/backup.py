"""Make a backup, and delete those that are too many."""

import logging
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import Error

from clinic.backups import files, making, sealing
from clinic.backups.errors import BackupError
from clinic.backups.files import Keep

# Errors in the log are mailed to ADMINS: nobody watches a timer at night.
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Keep the database and the uploaded files, as they are at one moment, in one file in a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        for period, count in (("daily", Keep.daily), ("weekly", Keep.weekly), ("monthly", Keep.monthly)):
            help_text = f"keep the newest of so many {period} periods; {count} unless said"
            parser.add_argument(f"--{period}", type=int, default=count, metavar="N", help=help_text)

    def handle(self, *, folder: Path, daily: int, weekly: int, monthly: int, **_options: Any) -> None:
        if min(daily, weekly, monthly) < 0:
            raise CommandError("Less than none cannot be kept.")
        try:
            made = making.make(folder, sealing.recipients(settings.BACKUP_PUBLIC_KEYS))
        except (BackupError, OSError, Error) as error:
            logger.error("No backup was made. %s", error)
            raise CommandError(f"No backup was made. {error}") from error
        sealed = "encrypted" if settings.BACKUP_PUBLIC_KEYS else "NOT encrypted (BACKUP_PUBLIC_KEYS is unset)"
        size = made.path.stat().st_size / making.MB
        self.stdout.write(f"{made.path}: {made.files} files and the database, {size:.1f} MB, {sealed}.")
        for name in made.missing:
            self.stderr.write(f"Not in the storage, and so not in the backup: {name}")
        if made.missing:
            logger.error("The backup lacks %d files that are not in the storage.", len(made.missing))
            self.stderr.write("No old backup was deleted: they may have what is missing.")
            sys.exit(2)
        try:
            gone = files.thin(folder, Keep(daily, weekly, monthly), made=made.path)
        except OSError as error:
            self.stderr.write(f"Old backups could not be deleted: {error}")
            sys.exit(2)
        self.stdout.write(f"{len(gone)} old backups deleted.")
