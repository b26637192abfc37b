"""Making a backup."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from articles import media
from clinic.backups import files, postgres, sealing
from clinic.backups.archive import MEDIA, Manifest, Writer
from clinic.backups.errors import BackupError
from clinic.storage import sync

MB = 1_000_000


@dataclass(frozen=True)
class Made:
    path: Path
    files: int
    missing: Sequence[str]


def make(folder: Path, recipients: Sequence[Any]) -> Made:
    """Make a backup in the folder. It has its name only when it is whole and on the disk."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as moment:
        snapshot = moment.enter_context(one_moment())
        clear_away_halves(folder)
        refuse_little_room(folder)
        postgres.folder(postgres.server_version())  # before all pictures are copied
        now = datetime.now(UTC)
        path = folder / files.name(now, encrypted=bool(recipients))
        with writing(path) as file:
            with sealing.sealed(file, recipients) as stream:
                manifest = write(stream, snapshot, now)
            moment.close()  # until it has ended well, the file has no name
    return Made(path, len(manifest.media), manifest.missing)


def refuse_little_room(folder: Path) -> None:
    """Raise BackupError where the last backup would not fit again: PostgreSQL may be on that disk, too."""
    last = next(iter(files.backups(folder)), None)
    free = shutil.disk_usage(folder).free
    if last is not None and free < (needed := last.stat().st_size):
        raise BackupError(
            f"{folder} has {free / MB:.0f} MB left, and the last backup has {needed / MB:.0f} MB: copy old"
            " ones elsewhere and delete them here, or name another folder."
        )


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that gets its name at the end of the block, and goes if that fails.

    Until then it is locked, by which others know that somebody is at it.
    """
    partial = files.partial(path)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync(path.parent)


@contextmanager
def one_moment() -> Iterator[str]:
    """The database as it is now, for us and for pg_dump; no file that it names is deleted meanwhile."""
    with media.staying(), transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        yield snapshot


def write(stream: IO[bytes], snapshot: str, now: datetime) -> Manifest:
    applied = sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())
    manifest = Manifest(now.isoformat(), postgres.server_version(), applied, missing=[])
    archive = Writer(stream, manifest)
    for name in media.named():
        try:
            with default_storage.open(name) as file:
                archive.add(f"{MEDIA}{name}", file.read())
        except FileNotFoundError:
            manifest.missing.append(name)
    with postgres.dumping(snapshot) as dump:
        archive.add_dump(dump)
    archive.close()
    return manifest


def clear_away_halves(folder: Path) -> None:
    """Delete what backups that were killed have left."""
    for path in folder.glob(".backup-*.partial"):
        with suppress(FileNotFoundError), path.open("r+b") as half:
            if lock(half):
                path.unlink()


def lock(file: IO[bytes]) -> bool:
    """Lock the file until it is closed, or its process ends; False when another one has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # or where the folder is knows no locks: then halves stay
        return False
    return True
