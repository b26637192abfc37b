"""The folder in which one server keeps everything: data, socket and log."""

import os
import tempfile
from pathlib import Path

from clinic.private_postgres.account import Account
from clinic.private_postgres.binaries import STATE, make_state_folder
from clinic.private_postgres.errors import PrivatePostgresError

# In a home outside the project: the path of the symlink that leads to it.
_LINK = "linked-from"


def ensure_home(directory: Path) -> tuple[Path, Account]:
    """The real folder behind `directory`, made if need be, and the account that owns it.

    As root the server's account may be unable to reach the project (a clone in /root). Then the
    home is made under /var/lib, and `directory` becomes a symlink to it.
    Raises PrivatePostgresError when the home is another's or out of reach.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    account = Account.for_home(directory)
    if directory.is_symlink() and not _leads_home(directory):
        directory.unlink()
        account = Account.for_home(directory)
    if directory.exists():
        home = directory.resolve()
    elif account.can_enter(directory.parent):
        directory.mkdir(mode=0o700)
        home = directory
    else:
        home = _home_outside(directory)
    if account.switches and home.stat().st_uid == 0:
        account.own(home)
    refuse_anothers(home)
    if not account.can_enter(home):
        raise PrivatePostgresError(
            f"The account {account.name}, to whom {home} belongs, can no longer reach it:"
            " move it back to where it was made, or delete it."
        )
    return home, account


def refuse_anothers(home: Path) -> None:
    """Raises PrivatePostgresError when we are neither root nor the owner."""
    owner = Account(home.stat().st_uid, home.stat().st_gid, switches=False)
    if os.geteuid() not in {0, owner.uid}:
        raise PrivatePostgresError(
            f"{home} belongs to {owner.name}: work as that user or as root, or delete it."
        )


def earlier_homes(directory: Path) -> list[Path]:
    """Homes outside the project whose symlink was at this path before and has been deleted."""
    homes = [home for home in STATE.glob("home-*") if _linked_from(home) == directory]
    return [home for home in homes if home != directory.resolve()]


def _home_outside(directory: Path) -> Path:
    make_state_folder()
    home = Path(tempfile.mkdtemp(prefix="home-", dir=STATE))
    (home / _LINK).write_text(f"{directory}\n")
    directory.symlink_to(home)
    return home


def _leads_home(link: Path) -> bool:
    """False when the home is gone or is that of the project which this one was copied from."""
    if not link.exists():
        return False
    home, known = link.resolve(), _linked_from(link)
    if known is None or known == link:
        return True
    if known.is_symlink() and known.resolve() == home:
        return False
    if os.access(home / _LINK, os.W_OK):
        (home / _LINK).write_text(f"{link}\n")
    return True


def _linked_from(home: Path) -> Path | None:
    try:
        return Path((home / _LINK).read_text().rstrip("\n"))
    except OSError:
        return None
