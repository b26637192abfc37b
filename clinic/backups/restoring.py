"""Bringing a backup back."""

from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from articles import media
from clinic.backups import archive, files, postgres, sealing
from clinic.backups.archive import DATABASE, MANIFEST, MEDIA, Manifest
from clinic.backups.errors import BackupError

# But for those of extensions, which some providers put there.
RELATIONS = """
    SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND relkind IN ('r', 'v', 'm', 'S', 'p', 'f')
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""


def find(path: Path) -> Path:
    """The backup itself, or the newest in the folder."""
    if not path.is_dir():
        return path
    newest = next(iter(files.backups(path)), None)
    if newest is None:
        raise BackupError(f"There is no backup in {path}.")
    return newest


def check(path: Path, identities: Sequence[Any]) -> Manifest:
    """Read all of it. Raises DamagedError where anything is not as it was written."""
    try:
        with sealing.opened(path, identities) as stream:
            return archive.check(stream)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


def database_is_empty() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS)
        return bool(cursor.fetchone() == (0,))


def refuse_newer(manifest: Manifest) -> None:
    """Raise BackupError for a backup of a newer program: this one would not know its tables."""
    loader = MigrationLoader(None)
    ours = {app for app, _name in loader.disk_migrations}
    known = {".".join(key) for key in loader.disk_migrations}
    newer = [name for name in manifest.migrations if name.partition(".")[0] in ours and name not in known]
    if newer:
        raise BackupError(f"The backup is of a newer version of the program, with {newer[0]}: install that.")


def refuse_unfit_server(manifest: Manifest) -> None:
    """Raise BackupError where the backup would not go in, or would be another one inside."""
    ours = postgres.server_version()
    if ours < manifest.server:
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.server}, and this server is {ours}:"
            f" it goes into {manifest.server} or newer."
        )
    postgres.folder(ours)  # before a file is brought back
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
    if encoding != "UTF8":
        raise BackupError(
            f"The database {connection.settings_dict['NAME']} has the encoding {encoding}. Make another one:"
            " CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )


def restore(path: Path, identities: Sequence[Any], manifest: Manifest, *, replace: bool) -> None:
    """Bring back what was checked: the files, and then the database at one blow."""
    connection.close()  # or we stand in the way of what is replaced
    with ExitStack() as stack:
        dump: IO[bytes] | None = None
        for name, content in archive.members(stack.enter_context(sealing.opened(path, identities))):
            if name != MANIFEST and manifest.members.get(name) != (len(content), sha256(content).hexdigest()):
                raise BackupError(f"The database was not changed: {name} is not as it was checked.")
            if name.startswith(MEDIA):
                bring_back(name.removeprefix(MEDIA), content)
            elif name.startswith(DATABASE):
                if dump is None:
                    dump = stack.enter_context(postgres.restoring(replace=replace))
                dump.write(content)


def bring_back(name: str, content: bytes) -> None:
    """Have the file in the storage. One that is there already is left, unless it is damaged."""
    try:
        if default_storage.exists(name):
            if media.content(name) == content:
                return
            default_storage.delete(name)
        saved = default_storage.save(name, ContentFile(content))
    except OSError as error:
        raise BackupError(
            f"{name} could not be brought back, and the database was not changed: {error}"
        ) from error
    if saved != name:
        raise BackupError(f"The storage calls {name} {saved}.")
