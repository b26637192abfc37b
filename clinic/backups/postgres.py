"""PostgreSQL's own programs for the database of the settings: pg_dump, pg_restore, psql."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from clinic.backups.errors import BackupError
from clinic.backups.sealing import Worker
from clinic.private_postgres import PrivatePostgresError
from clinic.private_postgres.account import Account
from clinic.private_postgres.binaries import binaries
from signing_in.models import Remembered, Session

DEBIAN = Path("/usr/lib/postgresql")
# Who is signed in, or tries to, is nobody's business later, and a restore signs everybody out.
# Django's own table has those from before the site had its own.
WITHOUT_ROWS = ("django_session", *(model._meta.db_table for model in (Session, Remembered)))
# Everything of ours, extensions too, which the dump makes anew. Somebody may have left a transaction open.
EMPTYING = b"""
SET client_min_messages = warning;
SET LOCAL lock_timeout = '60s';
DO $$
DECLARE
    ours text;
BEGIN
    FOR ours IN
        SELECT nspname FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND pg_has_role(nspowner, 'USAGE')
    LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', ours);
    END LOOP;
END
$$;
CREATE SCHEMA public;
"""


def server_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10000


def folder(version: int) -> Path:
    """Where the programs for a server of the version are. Raises BackupError, and says what to install."""
    found = {path: major for path in places() if (major := version_of(path))}
    suiting = {path: major for path, major in found.items() if major >= version}
    if not suiting:
        there = ", ".join(f"{major} in {path}" for path, major in found.items()) or "none"
        raise BackupError(
            f"pg_dump, pg_restore and psql of PostgreSQL {version} or newer are needed; found: {there}."
            f" On Debian: apt-get install postgresql-client-{version} (from apt.postgresql.org), or name"
            " their folder in PG_BINDIR."
        )
    # Those of the server's own version write and read what it understands.
    return min(suiting, key=lambda path: suiting[path])


def places() -> Iterator[Path]:
    if named := os.environ.get("PG_BINDIR"):
        yield Path(named)
    yield from sorted(DEBIAN.glob("*/bin"))
    if found := shutil.which("pg_dump"):
        yield Path(found).parent
    try:
        yield binaries(Account.ourselves()).folder  # of `make run`
    except PrivatePostgresError:
        return


def version_of(path: Path) -> int | None:
    """The major version of a folder that has all three programs."""
    if not all((path / program).is_file() for program in ("pg_dump", "pg_restore", "psql")):
        return None
    done = subprocess.run(  # noqa: S603 - PostgreSQL's
        [str(path / "pg_dump"), "--version"], capture_output=True, text=True, check=False
    )
    version = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(version[1]) if version else None


def whereabouts() -> tuple[list[str], dict[str, str]]:
    """The options that name the database, and the environment, which has the password."""
    arguments, secrets = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return arguments[1:], os.environ | (secrets or {})


@contextmanager
def dumping(snapshot: str) -> Iterator[IO[bytes]]:
    """The dump of the database as an exported snapshot has it. Raises BackupError at the end if it failed."""
    options, environment = whereabouts()
    command = [
        str(folder(server_version()) / "pg_dump"),
        *(
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            "--lock-wait-timeout=60s",
        ),
        *(f"--exclude-table-data={table}" for table in WITHOUT_ROWS),
        *options,
    ]
    with subprocess.Popen(  # noqa: S603 - PostgreSQL's
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        said = Collected(process.stderr)
        try:
            if process.stdout is not None:
                yield process.stdout
        except BaseException:
            process.kill()
            raise
        finally:
            said.join()
        if process.wait() != 0:
            raise BackupError(f"pg_dump failed: {said.text}")


class Collected(Worker):
    """What a program says, to its end."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self.lines: list[bytes] = []
        assert pipe is not None  # noqa: S101 - asked for
        super().__init__(lambda: self.lines.extend(pipe), pipe)

    @property
    def text(self) -> str:
        return b"".join(self.lines[-10:]).decode(errors="replace").strip()


@contextmanager
def restoring(*, replace: bool) -> Iterator[IO[bytes]]:
    """Takes a dump, and has it in the database when the block ends; all of it, or nothing at all.

    psql would commit what it has got when pg_restore breaks off: so we say COMMIT ourselves.
    """
    options, environment = whereabouts()
    programs = folder(server_version())
    unpack = [str(programs / "pg_restore"), "--no-owner", "--no-privileges", "--no-comments", "--file=-"]
    psql = [str(programs / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", *options]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(unpack, stdin=pipe, stdout=pipe, stderr=pipe) as unpacking,  # noqa: S603
        subprocess.Popen(  # noqa: S603
            psql, env=environment, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe
        ) as storing,
    ):
        assert unpacking.stdin and unpacking.stdout and storing.stdin  # noqa: PT018, S101 - asked for
        sql, script = unpacking.stdout, storing.stdin
        complaints = [Collected(unpacking.stderr), Collected(storing.stderr)]
        is_whole = False
        try:
            script.write(b"BEGIN;\n")
            if replace:
                script.write(EMPTYING)
            passing_on = Worker(lambda: shutil.copyfileobj(sql, script), sql)
            try:
                yield unpacking.stdin
                unpacking.stdin.close()
                passing_on.join()
                is_whole = unpacking.wait() == 0 and passing_on.error is None
                if is_whole:
                    script.write(b"\nCOMMIT;\n")
            finally:
                if not is_whole:
                    unpacking.kill()
                    storing.kill()
                passing_on.join()
                close(script)
                close(unpacking.stdin)
        except BrokenPipeError:
            is_whole = False
        for complaint in complaints:
            complaint.join()
        if storing.wait() != 0 or not is_whole:
            said = " ".join(filter(None, (complaint.text for complaint in complaints)))
            raise BackupError(f"The database was not changed: it did not take the backup. {said}")


def close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return
