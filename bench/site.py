"""The site as in production, alone on a PostgreSQL of its own, with the sample articles."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.errors import BenchError
from clinic.private_postgres import PrivatePostgres
from clinic.private_postgres.server import NAME

PROJECT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
# What the proxy in front says; without it production redirects to HTTPS.
HEADERS = {"X-Forwarded-Proto": "https"}
ONE_WORKER = ("--workers=1", "--worker-class=sync", "--threads=1")
BARE_PAGE = "page.html"
PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Site:
    port: int
    folder: Path
    """Everything written, logs and static files, is in here."""
    environment: dict[str, str]

    @property
    def bare_page(self) -> Path:
        """Where the bare view finds what it sends."""
        return self.folder / BARE_PAGE

    def url(self, path: str) -> str:
        return f"http://{HOST}:{self.port}{path}"

    def get(self, path: str) -> bytes:
        """The page's body. Raises BenchError unless it is an HTML page with status 200."""
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=HEADERS)
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as error:
            raise BenchError(f"The server gave no answer to {path}: {error!r}\n{self._log()}") from error
        finally:
            connection.close()
        kind = response.headers.get_content_type()
        if response.status != 200 or kind != "text/html" or not body:
            raise BenchError(
                f"{path} is answered with status {response.status} and {len(body)} bytes of {kind},"
                f" not with a page.\n{self._log()}".strip()
            )
        return body

    def run(self, module: str, *arguments: str) -> str:
        """What a module of ours prints, in the site's environment. Raises BenchError when it fails."""
        return run(["-m", module, *arguments], self.environment)

    def _log(self) -> str:
        log = self.folder / "gunicorn.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-12:]) if log.exists() else ""


@contextmanager
def serving(
    name: str = "site",
    settings: Mapping[str, str] | None = None,
    workers: Sequence[str] = ONE_WORKER,
) -> Iterator[Site]:
    """Serve the site until the block ends; then nothing of it is left.

    Of several at once each has a name of its own.
    """
    with tempfile.TemporaryDirectory(prefix="clinic-bench-") as path, postgres(name) as server:
        folder = Path(path)
        environment = production(folder, server) | dict(settings or {})
        fill(environment)
        with _gunicorn(folder, environment, workers) as port:
            yield Site(port, folder, environment)


def fill(environment: dict[str, str]) -> None:
    """Make the sample site, and its static files."""
    commands = [["migrate"], ["load_sample"]]
    if "BENCH_STATIC" not in environment:
        commands.append(["collectstatic", "--no-input"])
    for command in commands:
        run(["manage.py", *command], environment)


@contextmanager
def postgres(name: str) -> Iterator[PrivatePostgres]:
    """A new PostgreSQL; `make stop` finds it if this process is killed."""
    server = PrivatePostgres(PROJECT / "var" / f"postgres-bench-{os.getpid()}-{name}")
    try:
        with undisturbed():
            server.start()
        yield server
    finally:
        with undisturbed():
            server.stop()
            shutil.rmtree(server.socket_directory, ignore_errors=True)
            shutil.rmtree(server.directory.resolve(), ignore_errors=True)
            # What is left when it had to make its home elsewhere.
            server.directory.unlink(missing_ok=True)
            server.directory.with_name(f"{server.directory.name}.lock").unlink(missing_ok=True)


@contextmanager
def _gunicorn(folder: Path, environment: dict[str, str], workers: Sequence[str]) -> Iterator[int]:
    """On a free port, which is listened on before this returns."""
    with socket.create_server((HOST, 0)) as listener, (folder / "gunicorn.log").open("wb") as log:
        port: int = listener.getsockname()[1]
        options = [*workers, "--no-control-socket"]
        # A process group of its own: Ctrl-C in the terminal is for us, and we end it.
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "clinic.wsgi", f"--bind=fd://{listener.fileno()}", *options],
            cwd=PROJECT,
            env=environment | {"SITE_URL": f"http://{HOST}:{port}"},
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        yield port
    finally:
        with undisturbed():
            _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    """gunicorn at once, and its worker with it."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


def production(folder: Path, server: PrivatePostgres) -> dict[str, str]:
    """Production's, whatever this machine's own settings are."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "BENCH_FOLDER": str(folder),
        "BENCH_PAGE": str(folder / BARE_PAGE),
        "DEBUG": "off",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": f"postgres://{NAME}@/{server.socket_directory}/{NAME}",
        "SECURE_SSL_REDIRECT": "on",
    }


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C waits until this is done: what is half started or half stopped cannot be cleared away."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
