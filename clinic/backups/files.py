"""The names of backups, and which of them are kept."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NAME = re.compile(r"backup-(\d{8}T\d{6})Z\.tar(?:\.age)?")
STAMP = "%Y%m%dT%H%M%S"


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
    return datetime.strptime(found[1], STAMP).replace(tzinfo=UTC) if found else None


def backups(folder: Path) -> dict[Path, datetime]:
    """Every whole backup in a folder, the newest first."""
    found = {path: at for path in folder.iterdir() if (at := made_at(path))}
    return dict(sorted(found.items(), key=lambda item: item[1], reverse=True))


def kept(times: Iterable[datetime], keep: Keep) -> set[datetime]:
    """Which of the backups stay: always the newest, and the newest of each of the periods."""
    newest_first = sorted(times, reverse=True)
    periods: list[tuple[int, Callable[[datetime], Any]]] = [
        (keep.daily, lambda at: at.date()),
        (keep.weekly, lambda at: at.isocalendar()[:2]),
        (keep.monthly, lambda at: (at.year, at.month)),
    ]
    stay = set(newest_first[:1])
    for count, period in periods:
        newest: dict[Any, datetime] = {}
        for at in newest_first:
            newest.setdefault(period(at), at)
        stay.update(list(newest.values())[:count])
    return stay


def thin(folder: Path, keep: Keep) -> Collection[Path]:
    """Delete the backups that are too many. Which."""
    there = backups(folder)
    stay = kept(there.values(), keep)
    gone = [path for path, at in there.items() if at not in stay]
    for path in gone:
        path.unlink()
    return gone
