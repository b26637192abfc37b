"""`python -m bench [name …] [--rounds N] [--seconds S]`: run the benchmarks and print what they measured."""

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from bench import article_page, finding
from bench.errors import BenchError
from bench.report import Effort, Report, as_text
from clinic.private_postgres import PrivatePostgresError

BENCHMARKS: dict[str, Callable[[Effort], Report]] = {
    "article_page": article_page.measure,
    "finding": finding.measure,
}


def main() -> int:
    """0 whatever was measured, 1 when measuring failed, 130 when it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=5, help="of each page in each round; %(default)s")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    if options.rounds < 1 or options.seconds < 1:
        parser.error("at least one round of one second")
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, _interrupt)
    try:
        for name in options.names or BENCHMARKS:
            print(as_text(BENCHMARKS[name](Effort(options.rounds, options.seconds))), flush=True)
    except (BenchError, PrivatePostgresError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
