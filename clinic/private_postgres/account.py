"""Whom the server runs as: PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """A system account by its numbers; `switches` says whether we are root and must become it."""

    uid: int
    gid: int
    switches: bool

    @classmethod
    def ourselves(cls) -> "Account":
        return cls(os.geteuid(), os.getegid(), switches=False)

    @classmethod
    def for_home(cls, home: Path) -> "Account":
        """The account for the server whose files are in `home`, which need not exist yet.

        As a user: that user. As root: the owner of what is there, otherwise `postgres`, otherwise
        `nobody`.
        """
        if os.geteuid() != 0:
            return cls.ourselves()
        if home.exists() and (owner := home.stat()).st_uid != 0:
            return cls(owner.st_uid, owner.st_gid, switches=True)
        entry = _first_known(["postgres", "nobody"])
        return cls(entry.pw_uid, entry.pw_gid, switches=True)

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def run(
        self, command: list[str], *, cwd: Path = Path("/"), stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end as this account, errors merged into the output; the caller looks at both."""
        # PGPORT, PGDATA and their like are meant for another server than ours.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return subprocess.run(  # noqa: S603 - PostgreSQL's programs, and no text of a visitor's
            command,
            cwd=cwd,
            input=stdin,
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            user=self.uid if self.switches else None,
            group=self.gid if self.switches else None,
            extra_groups=[] if self.switches else None,
        )

    def can_enter(self, directory: Path) -> bool:
        """Whether every folder down to this one lets the account through, tried by going there."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)]).returncode == 0

    def own(self, path: Path) -> None:
        """Give the account a file or folder of ours, with everything in it."""
        if not self.switches:
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        for folder, folders, files in os.walk(path):
            for name in [*folders, *files]:
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)


def _first_known(names: Iterable[str]) -> pwd.struct_passwd:
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise KeyError("no unprivileged account")
