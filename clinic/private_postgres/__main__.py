"""`python -m clinic.private_postgres start|stop|status [directory …]`."""

import argparse
import sys
from pathlib import Path

from clinic.private_postgres import PrivatePostgres, PrivatePostgresError

VAR = Path(__file__).resolve().parents[2] / "var"


def main() -> int:
    """0, or 1 on an error, or 3 from `status` when one is not running."""
    parser = argparse.ArgumentParser(prog="python -m clinic.private_postgres", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status"])
    parser.add_argument("directories", nargs="*", type=Path, help="default: the project's own")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    running = True
    for directory in options.directories or _own(options.action):
        server = PrivatePostgres(directory)
        try:
            outcome = _perform(options.action, server)
        except PrivatePostgresError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        running &= server.is_running()
        if not options.quiet:
            sys.stdout.write(f"PostgreSQL in {server.directory}: {outcome}\n")
    return 0 if running or options.action != "status" else 3


def _own(action: str) -> list[Path]:
    """The development database's directory; to stop, also those of the tests."""
    others = [data.parent for data in VAR.glob("postgres-*/data")] if action == "stop" else []
    return [VAR / "postgres", *sorted(others)]


def _perform(action: str, server: PrivatePostgres) -> str:
    if action == "start":
        return "started" if server.start() else "was running"
    if action == "stop":
        return "stopped" if server.stop() else "was not running"
    return f"running, socket in {server.socket_directory}" if server.is_running() else "not running"


if __name__ == "__main__":
    sys.exit(main())
