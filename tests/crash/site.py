"""The site in its processes, to be killed: gunicorn, PostgreSQL with fsync; and a mail server."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import urlsplit

from clinic.private_postgres import PrivatePostgres, processes
from clinic.private_postgres.account import Account
from clinic.private_postgres.binaries import binaries
from clinic.private_postgres.server import NAME

PROJECT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
WORKERS = 3
PATIENCE = 60  # seconds


class MailServer(ThreadingTCPServer):
    """Takes every mail. `taken` has the Message-ID and the recipient of each, `links` what doctors got."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), MailSession)
        self.taken: list[tuple[str, str]] = []
        self.links: dict[str, str] = {}
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class MailSession(StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        try:
            self.talk()
        except OSError:  # the sender was killed
            return

    def talk(self) -> None:
        recipients: list[str] = []
        self.say("220 mail")
        while line := self.rfile.readline().decode(errors="replace").strip():
            match line.upper().split(":")[0].split()[0]:
                case "RCPT":
                    recipients.append(line.partition(":")[2].split()[0].strip("<>"))
                    self.say("250 OK")
                case "DATA":
                    self.say("354 go on")
                    named, link = self.message()
                    if not named:
                        return
                    # From here on the mail is ours, whether or not the sender hears of it.
                    self.server.taken.extend((named, recipient) for recipient in recipients)
                    self.server.links |= dict.fromkeys(recipients if link else [], link)
                    recipients = []
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 OK")

    def message(self) -> tuple[str, str]:
        """Message-ID and link of the mail that arrives; empty when it breaks off."""
        named = link = ""
        while line := self.rfile.readline():
            if line.lower().startswith(b"message-id:"):
                named = line.decode().partition(":")[2].strip()
            if b"/approval/" in line:
                link = urlsplit(line.decode().strip()).path
            if line == b".\r\n":
                return named, link
        return "", ""

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Site:
    """The processes of one site. Everything it writes is in `folder` and in the database's own."""

    def __init__(self, folder: Path, pubmed: str, link: str, mail: MailServer, *, durable: bool) -> None:
        self.folder, self.link, self.mail = folder, link, mail
        directory = PROJECT / "var" / f"postgres-crash-{os.getpid()}"
        self.database = PrivatePostgres(directory, durable=durable)
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.crash.settings",
            "CRASH_FOLDER": str(folder),
            "DEBUG": "off",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": HOST,
            "SITE_URL": f"https://{HOST}:{self.port}",
            "DATABASE_URL": self.database_url(NAME),
            "PUBMED_BASE_URL": pubmed,
            "PUBMED_API_KEY": "sample",  # ten questions a second
            "CROSSREF_BASE_URL": f"http://{HOST}:9",
            "LINK_CHECK_ALLOWED_HOSTS": HOST,
            "EMAIL_URL": f"smtp://{HOST}:{mail.server_address[1]}",
            "PG_BINDIR": os.environ.get("PG_BINDIR", str(self.programs)),
        }

    def database_url(self, name: str) -> str:
        return f"postgres://{NAME}@/{self.database.socket_directory}/{name}"

    @property
    def programs(self) -> Path:
        return binaries(Account.for_home(self.database.directory)).folder

    # Starting

    def start_database(self) -> None:
        self.database.start()

    def start_app(self) -> None:
        log = (self.folder / "gunicorn.log").open("ab")
        with log:
            self.server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "clinic.wsgi", "--preload", f"--workers={WORKERS}"),
                    *(f"--bind={HOST}:{self.port}", "--no-control-socket", "--timeout=30"),
                ],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def command(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / "commands.log").open("ab")
        with log:
            log.write(f"\n$ {' '.join(arguments)}\n".encode())
            log.flush()
            return subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=PROJECT,
                env=self.environment | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def make_ready(self) -> None:
        """Everything that is needed runs; return when a public page is answered."""
        self.start_database()
        if self.server is None or self.server.poll() is not None:
            self.end_app()
            self.start_app()
        deadline = time.monotonic() + PATIENCE
        while self.status("/da/blog/") != 200:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The site does not come back.\n{self.last_lines()}")
            time.sleep(0.05)

    # Asking

    def status(self, path: str) -> int:
        """0 when nobody answers."""
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"X-Forwarded-Proto": "https"})
            response = connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()
        return response.status

    def last_lines(self) -> str:
        log = (self.folder / "gunicorn.log").read_text(errors="replace")
        return "\n".join(log.splitlines()[-40:])

    # Killing

    @property
    def postmaster(self) -> int:
        pid_file = self.database.directory.resolve() / "data" / "postmaster.pid"
        return int(pid_file.read_text().splitlines()[0])

    def workers(self) -> list[int]:
        return children(self.server.pid) if self.server else []

    def backends(self) -> list[int]:
        """The processes of the database that serve a connection."""
        return [pid for pid in children(self.postmaster) if b"[local]" in title(pid)]

    def kill_app(self) -> None:
        """The master with all its workers, as a machine that runs out of memory might."""
        if self.server:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()

    def kill_master(self) -> None:
        if self.server:
            self.server.kill()
            self.server.wait()

    def kill_postmaster(self) -> None:
        os.kill(self.postmaster, signal.SIGKILL)

    def stop_immediately(self) -> None:
        """As `pg_ctl stop -m immediate`: without a checkpoint, to be recovered at the next start."""
        os.kill(self.postmaster, signal.SIGQUIT)

    def end_app(self) -> None:
        """Nothing of it is left, whatever was killed of it before."""
        if self.server is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def close(self) -> None:
        self.end_app()
        processes.end(processes.working_in(self.database.directory.resolve() / "data"), signal.SIGQUIT)
        shutil.rmtree(self.database.socket_directory, ignore_errors=True)
        shutil.rmtree(self.database.directory.resolve(), ignore_errors=True)
        self.database.directory.unlink(missing_ok=True)
        self.database.directory.with_name(f"{self.database.directory.name}.lock").unlink(missing_ok=True)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def title(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def end(process: subprocess.Popen[Any]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
