"""Asking for one page as fast as it is answered, from another process.

wrk does it where it is installed, because it leaves the processors to the server; otherwise
`python -m bench.load URL SECONDS`, that is this module. A few connections at once, so that the
worker never waits for us.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from statistics import quantiles
from urllib.parse import urlsplit

from bench.errors import BenchError
from bench.site import HEADERS, PATIENCE

CONNECTIONS = 4
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Load:
    requests_per_second: float
    p50: float
    """Milliseconds from the request to the last byte, waiting for the worker included."""
    p99: float


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "Python"


def load(url: str, seconds: int) -> Load:
    """Raises BenchError when an answer was not a page."""
    return _with_wrk(url, seconds) if generator() == "wrk" else _with_python(url, seconds)


def _with_wrk(url: str, seconds: int) -> Load:
    options = ["--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s", "--latency"]
    headers = [f"--header={name}: {value}" for name, value in HEADERS.items()]
    return read_wrk(_output(["wrk", *options, *headers, url]))


def _with_python(url: str, seconds: int) -> Load:
    return Load(**json.loads(_output([sys.executable, "-m", "bench.load", url, str(seconds)])))


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{command[0]} failed: {done.stderr or done.stdout}")
    return done.stdout


def read_wrk(output: str) -> Load:
    """Raises BenchError when wrk counted anything but answers with status 2xx and 3xx."""
    if failed := re.search(r"Non-2xx or 3xx responses.*|Socket errors.*", output):
        raise BenchError(f"Not every request was answered with a page. wrk says: {failed[0].strip()}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p50, p99 = (re.search(rf"^\s+{part}%\s+([\d.]+)(us|ms|s|m)$", output, re.MULTILINE) for part in (50, 99))
    if rate is None or p50 is None or p99 is None or float(rate[1]) == 0:
        raise BenchError(f"wrk measured nothing:\n{output}")
    return Load(float(rate[1]), *(float(found[1]) * MILLISECONDS[found[2]] for found in (p50, p99)))


def ask_repeatedly(url: str, seconds: int) -> Load:
    """The same in this process, with a thread for each connection."""
    deadline = time.perf_counter() + seconds
    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        times = [
            ms
            for done in threads.map(_ask_until, [url] * CONNECTIONS, [deadline] * CONNECTIONS)
            for ms in done
        ]
    percentiles = quantiles(times, n=100)
    return Load(len(times) / (time.perf_counter() - started), percentiles[49], percentiles[98])


def _ask_until(url: str, deadline: float) -> list[float]:
    """Milliseconds of each request. The connection is kept for as long as the server keeps it."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    times = []
    while (before := time.perf_counter()) < deadline:
        connection.request("GET", parts.path, headers=HEADERS)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise BenchError(f"{url} was answered with status {response.status}.")
        times.append((time.perf_counter() - before) * 1000)
    connection.close()
    return times


if __name__ == "__main__":
    print(json.dumps(asdict(ask_repeatedly(sys.argv[1], int(sys.argv[2])))))
