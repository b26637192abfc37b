"""Which of the machine's processes are a server's, read from /proc: a pid alone may be reused."""

import os
import signal
import time
from pathlib import Path


def is_postgres(pid: int) -> bool:
    """False too for what is dead but not yet reaped, and for what we may not look at."""
    try:
        return Path(f"/proc/{pid}/exe").readlink().name.startswith("postgres")
    except OSError:
        return False


def works_in(pid: int, folder: Path) -> bool:
    """Whether the process is a PostgreSQL whose data directory, its working directory, is this one."""
    try:
        return is_postgres(pid) and Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False


def working_in(folder: Path) -> list[int]:
    """Every PostgreSQL process of this data directory."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if works_in(pid, folder)]


def end(pids: list[int], first: signal.Signals, patience: float = 10) -> None:
    """Ask with the first signal, insist with SIGKILL after `patience` seconds; return when they are gone."""
    deadline = time.monotonic() + patience
    _send(pids, first)
    while pids := [pid for pid in pids if is_postgres(pid)]:
        if time.monotonic() > deadline:
            _send(pids, signal.SIGKILL)
        time.sleep(0.02)


def _send(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            continue
