"""The files in the storage, and the rows that name them.

A file is written before the row that names it is saved, and deleted after the row is gone. What dies in
between leaves a file that nothing names, never a row without its files.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from articles.models import Author, Picture

# Held alone by a backup that copies what rows named when it began, and shared by who deletes files.
FILES_STAY = 6_878_579
# A file this old was not written by something that is still under way.
LEFT_BEHIND_AFTER = timedelta(days=1)
# Of the content of all its files, which the name of a picture begins with.
DIGEST_LENGTH = 32


def digest(contents: Iterable[bytes]) -> str:
    """What the files of a picture are named by: their contents, one after the other."""
    whole = sha256()
    for content in contents:
        whole.update(content)
    return whole.hexdigest()[:DIGEST_LENGTH]


def rows() -> Iterator[Picture | Author]:
    """All that have files. Reads no more of them than the names need."""
    yield from Picture.objects.only("stem", "widths").order_by("pk").iterator()
    yield from Author.objects.exclude(portrait="").only("portrait").order_by("pk").iterator()


def named() -> dict[str, str]:
    """The files there have to be, each with the row it belongs to."""
    return {name: f"{row._meta.model_name} {row.pk}" for row in rows() for name in row.file_names}


def stored(folder: str = "") -> Iterator[str]:
    """Every file in the storage."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever uploaded
        return
    yield from sorted(f"{folder}{name}" for name in files)
    for name in sorted(folders):
        yield from stored(f"{folder}{name}/")


def orphans() -> dict[str, datetime]:
    """Files that no row names, with when they were written. A new one's row may be about to come."""
    # In this order: of a picture that is uploaded meanwhile, the row is seen where its file was.
    files = list(stored())
    known = named()
    found: dict[str, datetime] = {}
    for name in files:
        if name not in known:
            try:
                found[name] = default_storage.get_modified_time(name)
            except FileNotFoundError:  # somebody has deleted it
                continue
    return found


def left_behind(files: dict[str, datetime]) -> list[str]:
    """Of the orphans, those whose row will not come any more."""
    return [name for name, at in files.items() if at < timezone.now() - LEFT_BEHIND_AFTER]


def missing() -> dict[str, str]:
    """Files that a row names and that are not there, each with the row."""
    known = named()
    absent = known.keys() - set(stored())
    if not absent:
        return {}
    # Of a picture that was deleted meanwhile, the row is gone too.
    still_named = named()
    return {name: row for name, row in known.items() if name in absent and name in still_named}


def damaged() -> Iterator[str]:
    """Rows whose files are not what they were when they were named. Reads every file."""
    absent = missing()
    for row in rows():
        names = row.file_names
        stem = row.stem if isinstance(row, Picture) else row.portrait
        if absent.keys().isdisjoint(names) and digest(map(content, names)) != stem[:DIGEST_LENGTH]:
            yield f"{row._meta.model_name} {row.pk}"


def content(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())


def delete(names: Iterable[str]) -> bool:
    """Delete files. Whether it was done: while a backup copies them they are left for check_media."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [FILES_STAY])
        (may_delete,) = cursor.fetchone()
        if may_delete:
            discard(names)
    return bool(may_delete)


def discard(names: Iterable[str]) -> None:
    """Delete files that no row has named yet."""
    for name in names:
        default_storage.delete(name)


@contextmanager
def staying() -> Iterator[None]:
    """No file that a row names is deleted until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [FILES_STAY])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [FILES_STAY])
