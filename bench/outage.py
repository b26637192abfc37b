"""What readers see while something is broken: `python -m bench.outage [--seconds N]`, with real nginx.

The site as it is shipped (deploy/nginx.conf, deploy/gunicorn.conf.py) on a PostgreSQL of its own. Some
readers go on asking for pages that have been read before, while the program is killed, its database is
stopped, either of them hangs, and while it is restarted.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

from articles.caching import FRESH, WHILE_REVALIDATING
from bench import nginx
from bench.errors import BenchError
from bench.nginx import HOST, Nginx
from bench.site import PROJECT, fill, postgres, production, run, undisturbed
from clinic.private_postgres import PrivatePostgres

READERS = 4
WORKERS = 2
GUNICORN = ["-m", "gunicorn", "clinic.wsgi", "--config", "deploy/gunicorn.conf.py"]
# As systemd does it: the socket is number 3, and is there whether or not the program is.
LIKE_SYSTEMD = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_PID=str(os.getpid()),"
    " LISTEN_FDS='1'); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
)
PAGES = (
    *("/da/blog/", "/en/blog/", "/da/blog/galdesten/", "/da/blog/galdesten.md", "/da/blog/feed/"),
    *("/da/blog/feed.json", "/da/blog/treatment/", "/sitemap.xml", "/llms.txt", "/en/blog/feed/", "/a/1/"),
)
PATIENCE = 30  # seconds
# How old a page may be in nginx, whose seconds are whole ones.
IN_CACHE = FRESH + WHILE_REVALIDATING + 1


class Program:
    """gunicorn at a socket."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.path = folder / "app.sock"
        self.environment = environment
        self.log = folder / "gunicorn.log"
        self.listener: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.listener is None:
            self.path.unlink(missing_ok=True)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(self.path))
            self.listener.listen(512)
        number = self.listener.fileno()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LIKE_SYSTEMD, str(number), *GUNICORN],
                cwd=PROJECT,
                env=self.environment,
                pass_fds=[number],
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    @property
    def pid(self) -> int:
        """Raises BenchError when it does not run."""
        if self.process is None:
            raise BenchError("gunicorn does not run.")
        return self.process.pid

    @property
    def workers(self) -> list[int]:
        return children(self.pid)

    def tell_all(self, number: signal.Signals) -> None:
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """All its processes, at once."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """As systemd closes the socket of a program that does not come up."""
        if self.listener:
            self.listener.close()
            self.listener = None

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
            self.process = None


def children(pid: int) -> list[int]:
    """The processes that a process has started and that are there."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass(frozen=True)
class Site:
    nginx: Nginx
    program: Program
    server: PrivatePostgres
    environment: dict[str, str]
    folder: Path

    def shell(self, code: str) -> str:
        """What Python prints that knows the site."""
        return run(["manage.py", "shell", "--verbosity=0", "--command", code], self.environment)

    def is_fresh(self) -> bool:
        """Whether program and database answer, past the cache."""
        return self.nginx.get(f"/da/blog/?after=2000-01-01.{time.monotonic_ns()}").status == 200

    def wait_until_fresh(self) -> None:
        try:
            wait_for(self.is_fresh, "an answer of the program")
        except BenchError as error:
            log = self.program.log.read_text(errors="replace").splitlines()[-12:]
            raise BenchError("\n".join([str(error), *log])) from error


@contextmanager
def serving(**settings: str) -> Iterator[Site]:
    with (
        tempfile.TemporaryDirectory(prefix="clinic-outage-") as path,
        postgres("outage") as server,
    ):
        folder = Path(path)
        for name in ("var", "var/media", "static"):
            (folder / name).mkdir()
        environment = production(folder, server) | {
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "ALLOWED_HOSTS": HOST,
            "SITE_URL": f"https://{HOST}",
            "MAINTENANCE_FILE": str(folder / "var" / "maintenance"),
            "WEB_CONCURRENCY": str(WORKERS),
            **settings,
        }
        fill(environment)
        program = Program(folder, environment)
        program.start()
        media, static = folder / "var" / "media", folder / "static"
        try:
            with nginx.running(folder, folder, program.path, static=static, media=media) as proxy:
                site = Site(proxy, program, server, environment, folder)
                site.wait_until_fresh()
                yield site
        finally:
            with undisturbed():
                program.kill()
                program.close()


def wait_for(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
    """How long it took. Raises BenchError."""
    started = time.monotonic()
    while not is_so():
        if time.monotonic() - started > seconds:
            raise BenchError(f"Waited {seconds} s for {what}.")
        time.sleep(0.02)
    return time.monotonic() - started


@dataclass(frozen=True)
class Asked:
    at: float
    seconds: float
    path: str
    status: int
    age: float
    """Seconds since the page was last known to be right."""


@dataclass
class Readers:
    """Ask for pages in turns, over connections that are kept, until the block ends."""

    proxy: Nginx
    pages: dict[str, int]
    """Each with the status it has when all is well."""
    asked: list[Asked] = field(default_factory=list)
    right_at: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> "Readers":
        self.right_at = dict.fromkeys(self.pages, time.monotonic())
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.read, args=[n]) for n in range(READERS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def read(self, first: int) -> None:
        connection = None
        for path in islice(cycle(self.pages), first, None):
            if self.ended.is_set():
                break
            started = time.monotonic()
            status, cache = 0, ""
            try:
                connection = connection or self.proxy.connect(PATIENCE)
                answer = nginx.ask(connection, path)
                status, cache = answer.status, answer.cache
            except (OSError, HTTPException):
                pass
            # nginx closes a connection after a thousand requests, and says so.
            if connection and (status == 0 or connection.sock is None):
                connection.close()
                connection = None
            now = time.monotonic()
            if status and cache not in {"STALE", "UPDATING"}:
                self.right_at[path] = now
            self.asked.append(Asked(started, now - started, path, status, now - self.right_at[path]))
        if connection:
            connection.close()

    @property
    def failed(self) -> list[Asked]:
        return [one for one in self.asked if one.status != self.pages[one.path]]

    @property
    def stale(self) -> list[Asked]:
        """Those that were older than they may be while all is well."""
        return [one for one in self.asked if one.status and one.age > IN_CACHE]

    def live_on_the_cache(self) -> bool:
        """Whether no page is as new as it would be while all is well."""
        return min(time.monotonic() - at for at in self.right_at.values()) > IN_CACHE


@dataclass(frozen=True)
class Outcome:
    what: str
    requests: int
    failures: int
    stale: int
    seconds_of_stale: float
    """How long ago the oldest page that a reader got was last known to be right."""
    slowest: float

    def __str__(self) -> str:
        return (
            f"{self.what:42} {self.requests:8} {self.failures:9} {self.stale:8}"
            f" {self.seconds_of_stale:9.1f} {self.slowest:8.2f}"
        )


HEADER = f"{'':42} {'requests':>8} {'failures':>9} {'stale':>8} {'s stale':>9} {'slowest':>8}"


Outage = Callable[[Site, Readers, float], None]


def warm(proxy: Nginx, pages: Sequence[str] = PAGES) -> dict[str, int]:
    """Read each page once, so that it is in the cache; its status."""
    return {path: proxy.get(path).status for path in pages}


def killed(site: Site, readers: Readers, seconds: float) -> None:
    """The program is killed and does not come back; then it does."""
    site.program.kill()
    site.program.close()
    wait_for(readers.live_on_the_cache, "stale pages")
    time.sleep(seconds)
    site.program.start()
    site.wait_until_fresh()


def killed_and_restarted(site: Site, readers: Readers, seconds: float) -> None:
    """The program is killed, and systemd, which has the socket, starts it again."""
    site.program.kill()
    site.program.start()
    site.wait_until_fresh()
    time.sleep(seconds)


def database_stopped(site: Site, readers: Readers, seconds: float) -> None:
    with stopped(site.server):
        wait_for(readers.live_on_the_cache, "stale pages")
        time.sleep(seconds)
    site.wait_until_fresh()


@contextmanager
def stopped(server: PrivatePostgres) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


def hanging(site: Site, _readers: Readers, seconds: float) -> None:
    """All processes of the program stand still."""
    site.program.tell_all(signal.SIGSTOP)
    time.sleep(IN_CACHE + seconds)
    site.program.tell_all(signal.SIGCONT)
    site.wait_until_fresh()


def database_hanging(site: Site, _readers: Readers, seconds: float) -> None:
    """All processes of PostgreSQL stand still."""
    with hung(site.server):
        time.sleep(IN_CACHE + seconds)
    site.wait_until_fresh()


@contextmanager
def hung(server: PrivatePostgres) -> Iterator[None]:
    main = int((server.directory / "data" / "postmaster.pid").read_text().split()[0])
    processes = [main, *children(main)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)


def one_hanging(site: Site, _readers: Readers, _seconds: float) -> None:
    """One process stands still, until gunicorn kills it and starts another."""
    worker = site.program.workers[0]
    os.kill(worker, signal.SIGSTOP)
    wait_for(lambda: worker not in site.program.workers, "gunicorn to kill the process", seconds=90)
    wait_for(lambda: len(site.program.workers) == WORKERS, "another one")


def restarted(site: Site, readers: Readers, seconds: float) -> None:
    """All of it is stopped and started again, with the socket left open: so new code is taken up."""
    before = len(readers.asked)
    site.program.stop()
    site.program.start()
    site.wait_until_fresh()
    time.sleep(seconds)
    wait_for(lambda: len(readers.asked) > before + 4 * READERS, "readers")


def nothing(_site: Site, _readers: Readers, seconds: float) -> None:
    time.sleep(seconds)


OUTAGES: dict[str, Outage] = {
    "nothing": nothing,
    "program killed": killed,
    "program killed, started again at once": killed_and_restarted,
    "PostgreSQL stopped": database_stopped,
    "restart under load": restarted,
}


LONG_ONES: dict[str, Outage] = {
    "program hangs": hanging,
    "PostgreSQL hangs": database_hanging,
    "one of its processes hangs, and is killed": one_hanging,
}


def during(
    site: Site, what: str, outage: Outage, seconds: float = 0, pages: Sequence[str] = PAGES
) -> Outcome:
    with Readers(site.nginx, warm(site.nginx, pages)) as readers:
        outage(site, readers, seconds)
    return Outcome(
        what,
        len(readers.asked),
        len(readers.failed),
        len(readers.stale),
        max(one.age for one in readers.asked if one.status),
        max(one.seconds for one in readers.asked),
    )


def quiet_page(site: Site, seconds: float = 12) -> str:
    """What the first reader of a page gets that nobody has asked for in a while."""
    site.nginx.get(PAGES[0])
    time.sleep(seconds)
    return site.nginx.get(PAGES[0]).cache


def speed(site: Site, seconds: float) -> str:
    """Of one article, in requests a second and milliseconds."""
    with Readers(site.nginx, warm(site.nginx, PAGES[2:3])) as readers:
        time.sleep(seconds)
    percentiles = quantiles((one.seconds * 1000 for one in readers.asked), n=100)
    return f"{len(readers.asked) / seconds:8.0f} {percentiles[49]:9.1f} {percentiles[98]:8.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.outage", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of each outage; default: %(default)s")
    seconds: float = parser.parse_args().seconds
    failures = 0
    with serving() as site:
        print(f"{READERS} readers, {len(PAGES)} pages that have been read before, {WORKERS} processes")
        print(HEADER)
        for what, outage in {**OUTAGES, **LONG_ONES}.items():
            outcome = during(site, what, outage, seconds)
            failures += outcome.failures
            print(outcome, flush=True)
        print(f"\nFirst reader after 12 quiet seconds: {quiet_page(site)}")
        print(f"\n{'one article':42} {'a second':>8} {'p50 ms':>9} {'p99 ms':>8}")
        print(f"{'with the cache':42} {speed(site, seconds)}", flush=True)
        (site.folder / "var" / "closed").touch()
        print(f"{'without it':42} {speed(site, seconds)}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
