"""The names of backups, and which of them are kept."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NAME = re.compile(r"backup-(\d{8}T\d{6})Z\.tar(?:\.age)?")
STAMP = "%Y%m%dT%H%M%S"
# Before the newest, all stay: the one made before an update is wanted on the day on which it went wrong.
RECENT = timedelta(days=2)


@dataclass(frozen=True)
class Keep:
    """The newest of so many days, weeks and months that have one."""

    daily: int = 7
    weekly: int = 5
    monthly: int = 12


def name(at: datetime, *, encrypted: bool) -> str:
    return f"backup-{at.astimezone(UTC):{STAMP}}Z.tar{'.age' if encrypted else ''}"


def partial(path: Path) -> Path:
    """What a backup is called until it is whole: nothing that looks for backups finds it."""
    return path.with_name(f".{path.name}.partial")


def made_at(path: Path) -> datetime | None:
    found = NAME.fullmatch(path.name)
    try:
        return datetime.strptime(found[1], STAMP).replace(tzinfo=UTC) if found else None
    except ValueError:  # of no calendar: somebody else's file
        return None


def backups(folder: Path) -> dict[Path, datetime]:
    """Every whole backup in a folder, the newest first."""
    found = {path: at for path in folder.iterdir() if (at := made_at(path)) and path.is_file()}
    return dict(sorted(found.items(), key=lambda item: item[1], reverse=True))


def kept(times: Iterable[datetime], keep: Keep) -> set[datetime]:
    """Which of the backups stay: the newest, those shortly before, and the newest of each of the periods."""
    newest_first = sorted(times, reverse=True)
    periods: list[tuple[int, Callable[[datetime], Any]]] = [
        (keep.daily, lambda at: at.date()),
        (keep.weekly, lambda at: at.isocalendar()[:2]),
        (keep.monthly, lambda at: (at.year, at.month)),
    ]
    stay = {at for at in newest_first if at > newest_first[0] - RECENT}
    for count, period in periods:
        newest: dict[Any, datetime] = {}
        for at in newest_first:
            newest.setdefault(period(at), at)
        stay.update(list(newest.values())[:count])
    return stay


def thin(folder: Path, keep: Keep, *, made: Path) -> Collection[Path]:
    """Delete the backups that are too many, but not the one just made, whatever the clock says. Which."""
    there = backups(folder)
    stay = kept(there.values(), keep)
    gone = [path for path, at in there.items() if at not in stay and path != made]
    for path in gone:
        path.unlink(missing_ok=True)  # another backup thins as well
    return gone
