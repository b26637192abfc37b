"""Starting and stopping the private PostgreSQL."""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.private_postgres import processes
from clinic.private_postgres.account import Account
from clinic.private_postgres.binaries import Binaries, binaries
from clinic.private_postgres.errors import PrivatePostgresError
from clinic.private_postgres.home import earlier_homes, ensure_home, refuse_anothers

NAME = "clinic"  # of the database, and of the role that owns everything
PORT = 5432  # only a part of the socket's file name
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 107  # bytes: sun_path of unix(7), less its closing NUL
PATIENCE = 120  # seconds; a recovery after a crash replays what the log holds

SETTINGS = {"listen_addresses": "", "max_connections": "50", "shared_buffers": "128MB"}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def database(directory: Path, *, durable: bool = True) -> dict[str, Any]:
    """An entry for settings.DATABASES: a server in this directory, started at the first connection."""
    return {
        "ENGINE": "clinic.private_postgres",
        "NAME": NAME,
        "USER": NAME,
        "HOST": str(PrivatePostgres(directory).socket_directory),
        "PORT": str(PORT),
        "DIRECTORY": str(directory),
        "DURABLE": durable,
    }


@dataclass(frozen=True)
class PrivatePostgres:
    """One server with all it keeps in `directory`: data/, socket/ and server.log.

    `directory` may turn out to be a symlink, see home.py. Without `durable` a power cut may cost
    the data, for which tests are faster.
    """

    directory: Path
    durable: bool = True

    def __post_init__(self) -> None:
        # The last part is left alone: it may be the symlink.
        parent = self.directory.absolute().parent.resolve()
        object.__setattr__(self, "directory", parent / self.directory.name)

    @property
    def socket_directory(self) -> Path:
        """Where clients find the socket; the same before the first start and after."""
        inside = self.directory / "socket"
        # libpq takes a comma for the end of one host and the beginning of the next.
        if len(os.fsencode(inside / SOCKET)) <= SOCKET_PATH_LIMIT and "," not in str(inside):
            return inside
        # Not tempfile.gettempdir(): every process must come to the same path, whatever its TMPDIR.
        digest = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:16]
        return Path("/tmp", f"clinic-blog-{digest}")  # noqa: S108 - its owner is checked before use

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    def is_running(self) -> bool:
        """Whether something answers on the socket. Costs microseconds."""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket_directory / SOCKET))
            except OSError:
                return False
        return True

    def start(self) -> bool:
        """Return when the server takes connections; True if it was this call that started it.

        Safe in several processes at once, and after a crash of the server or of the machine.
        Raises PrivatePostgresError.
        """
        try:
            with self._lock():
                home, account = ensure_home(self.directory)
                programs = binaries(account)
                if self._answers_soon(home, programs):
                    return False
                self._clear_away_what_died(home)
                if not (home / "data").exists():
                    self._initialise(home, account, programs)
                self._refuse_another_version(home, programs)
                self._launch(home, account, programs)
                return True
        except OSError as error:
            raise PrivatePostgresError(
                f"The private PostgreSQL in {self.directory} cannot start: {error}"
            ) from error

    def stop(self) -> bool:
        """Stop the server in an orderly way; True if it was running. Raises PrivatePostgresError."""
        if not self.directory.exists():
            return False
        with self._lock():
            home = self.directory.resolve()
            refuse_anothers(home)
            postmaster = _postmaster(home)
            if postmaster is None:
                return False
            # A fast shutdown: sessions are ended, everything committed is written.
            processes.end([postmaster], signal.SIGINT, PATIENCE)
            return True

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time, between accounts too, beside the directory so that it outlives it."""
        path = self.directory.with_name(f"{self.directory.name}.lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Read-only is enough for flock, so a user can take the lock that root made.
            lock = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise PrivatePostgresError(
                f"The private PostgreSQL cannot use {path}: {error.strerror}."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _answers_soon(self, home: Path, programs: Binaries) -> bool:
        """Whether a server is there, waiting for one that is just starting, recovering or stopping."""
        ask = [programs["pg_isready"], f"--host={self.socket_directory}", f"--port={PORT}"]
        ask += [f"--username={NAME}", f"--dbname={NAME}"]
        deadline = time.monotonic() + PATIENCE
        while (postmaster := _postmaster(home)) is not None:
            # Asked as ourselves: we reach the socket by the project's path, the server's account may not.
            if Account.ourselves().run(ask).returncode == 0:
                return True
            if time.monotonic() > deadline:
                raise self._failure(home, f"The private PostgreSQL did not get ready in {PATIENCE} s.")
            if _status(home) == "ready" and not self.is_running():
                # Its socket was deleted under it, by who clears temporary files for instance.
                processes.end([postmaster], signal.SIGINT, PATIENCE)
                return False
            time.sleep(0.02)
        return False

    def _clear_away_what_died(self, home: Path) -> None:
        """Make room after a crash.

        PostgreSQL trusts its lock file when any process has the pid named there, which after a
        crash may be anybody's. We know better: no process has this data directory as its own.
        """
        data = home / "data"
        processes.end(processes.working_in(data), signal.SIGQUIT)
        (data / "postmaster.pid").unlink(missing_ok=True)
        for unfinished in home.glob("data.*"):
            shutil.rmtree(unfinished)
        # Servers whose project was deleted while they ran and came back as another at this path.
        for earlier in earlier_homes(self.directory):
            processes.end(processes.working_in(earlier / "data"), signal.SIGQUIT)

    def _initialise(self, home: Path, account: Account, programs: Binaries) -> None:
        """Make the data directory beside its place: half of one never gets the name."""
        work = Path(tempfile.mkdtemp(prefix="data.", dir=home))
        account.own(work)
        # The built-in provider has right upper and lower case for æøå everywhere, ICU or not.
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if programs.major_version >= 17
            else ["--locale=C.UTF-8"]
        )
        initdb = [programs["initdb"], f"--pgdata={work}", f"--username={NAME}", "--auth=trust"]
        initdb += ["--encoding=UTF8", "--no-instructions", *locale]
        single = [programs["postgres"], "--single", "-D", str(work)]
        if not self.durable:
            initdb += ["--no-sync"]
            single += ["-F"]
        single += ["postgres"]
        for command, stdin in [(initdb, ""), (single, f"CREATE DATABASE {NAME};\n")]:
            done = account.run(command, stdin=stdin)
            if done.returncode != 0 or "ERROR:" in done.stdout:
                shutil.rmtree(work, ignore_errors=True)
                raise PrivatePostgresError(
                    f"{Path(command[0]).name} could not make a database in {self.directory}.\n"
                    + _last_lines(done.stdout)
                )
        work.rename(home / "data")

    def _refuse_another_version(self, home: Path, programs: Binaries) -> None:
        made_by = int((home / "data" / "PG_VERSION").read_text())
        if made_by != programs.major_version:
            raise PrivatePostgresError(
                f"{self.directory} was made by PostgreSQL {made_by}, and {programs.folder} is"
                f" {programs.major_version}: set PG_BINDIR to PostgreSQL {made_by}, or delete the directory."
            )

    def _launch(self, home: Path, account: Account, programs: Binaries) -> None:
        sockets = self._prepare_socket_directory(home, account)
        settings = SETTINGS | (DURABLE if self.durable else FAST)
        settings |= {"port": str(PORT), "unix_socket_directories": sockets, "unix_socket_permissions": "0700"}
        options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
        # pg_ctl takes the server out of our process group, so Ctrl-C in the terminal is not for it.
        # It hands paths to a shell, so they are relative.
        command = [programs["pg_ctl"], "start", "--wait", f"--timeout={PATIENCE}", "--silent"]
        command += ["--pgdata=data", "--log=server.log", f"--options={options}"]
        done = account.run(command, cwd=home)
        if done.returncode != 0:
            raise self._failure(home, f"The private PostgreSQL in {self.directory} did not start.")

    def _prepare_socket_directory(self, home: Path, account: Account) -> str:
        """An empty folder that only the account may enter; its path as the server should be told it."""
        path = self.socket_directory
        if path.parent == self.directory:
            path = home / "socket"
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(mode=0o700)
            account.own(path)
            return "../socket"  # from data/: never too long, without letters that need quoting
        try:
            path.mkdir(mode=0o700)
            account.own(path)
        except FileExistsError:
            found = path.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
                raise PrivatePostgresError(f"{path} is needed for the socket: delete it.") from None
            path.chmod(0o700)
        lock = path / f"{SOCKET}.lock"
        if lock.exists():
            # The project here before was deleted while its server ran.
            left_over = int(lock.read_text().split()[0])
            processes.end([left_over] if processes.is_postgres(left_over) else [], signal.SIGQUIT)
            lock.unlink(missing_ok=True)
        return str(path)

    def _failure(self, home: Path, sentence: str) -> PrivatePostgresError:
        try:
            log = (home / "server.log").read_text(errors="replace")
        except OSError:
            log = ""
        return PrivatePostgresError(f"{sentence}\n{_last_lines(log)}".strip())


def _postmaster(home: Path) -> int | None:
    """The server's process, or None when what postmaster.pid names is not this server's."""
    lines = _pid_file(home)
    if lines and re.fullmatch(r"\d+", lines[0]) and processes.works_in(int(lines[0]), home / "data"):
        return int(lines[0])
    return None


def _status(home: Path) -> str:
    """`starting`, `ready` or `stopping`, as the server itself wrote down; empty before it did."""
    lines = _pid_file(home)
    return lines[7].strip() if len(lines) > 7 else ""


def _pid_file(home: Path) -> list[str]:
    try:
        return (home / "data" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-12:])
