"""Bring a backup back, after every checksum in it has been compared."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, call_command
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from clinic.backups import restoring, sealing
from clinic.backups.archive import Manifest
from clinic.backups.errors import BackupError


class Command(BaseCommand):
    help = "Bring back a backup, or the newest in a folder, into an empty database."
    requires_system_checks = []  # some ask the database, which may be empty

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path, help="the file, or the folder")
        parser.add_argument("--identity", type=Path, action="append", default=[], metavar="FILE",
                            help="the file with the secret key, as age-keygen writes it")  # fmt: skip
        parser.add_argument("--check", action="store_true", help="only compare the checksums")
        parser.add_argument("--replace", action="store_true", help="replace what is in the database")
        parser.add_argument("--yes", action="store_true", help="with --replace: do not ask")

    def handle(
        self, *, backup: Path, identity: list[Path], check: bool, replace: bool, yes: bool, **_options: Any
    ) -> None:
        try:
            path = restoring.find(backup)
            keys = sealing.identities(identity)
            manifest = restoring.check(path, keys)
            self.stdout.write(f"{path}: whole, of {manifest.made_at}, {len(manifest.media)} files.")
            if check:
                return
            restoring.refuse_newer(manifest)
            restoring.refuse_unfit_server(manifest)
            self.refuse_full_database(replace=replace, yes=yes)
            restoring.restore(path, keys, manifest, replace=replace)
        except (BackupError, OSError, Error) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Restored.")
        self.look(manifest)

    def refuse_full_database(self, *, replace: bool, yes: bool) -> None:
        if restoring.database_is_empty():
            return
        name = connection.settings_dict["NAME"]
        if not replace:
            raise BackupError(f"The database {name} is not empty. --replace replaces everything in it.")
        if yes:
            return
        if not sys.stdin.isatty():
            raise BackupError("Nobody is there to confirm it: --yes replaces everything without asking.")
        self.stdout.write(f"Everything in the database {name} will be replaced. Type its name to go on:")
        if sys.stdin.readline().strip() != name:  # nothing at the end of what is typed
            raise BackupError("That is not its name. Nothing was changed.")

    def look(self, manifest: Manifest) -> None:
        """What is there now."""
        for name in manifest.missing:
            self.stderr.write(f"Was not in the storage when the backup was made: {name}")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write(
                "It is of an older version of the program: now run migrate, and then check_data."
            )
            return
        call_command("check_data", stdout=self.stdout)
