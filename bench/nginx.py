"""Debian's nginx with the file that is shipped, deploy/nginx.conf, in a folder of its own."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

from bench import debian
from bench.errors import BenchError
from bench.site import PROJECT, undisturbed

NONE_TO_BE_HAD = "nginx is missing and could not be installed: as root run `apt-get install nginx-light`."
CONFIGURATION = PROJECT / "deploy" / "nginx.conf"
HOST = "blog.example"
MAIN = """\
{user}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include clinic-blog.conf;
}}
"""


def find_or_install() -> str | None:
    """The path of nginx; None when it cannot be had."""
    # /usr/sbin is not on everybody's path.
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    if shutil.which("nginx", path=path) is None:
        debian.install("nginx-light")
    return shutil.which("nginx", path=path)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def cache(self) -> str:
        """HIT, MISS, EXPIRED, REVALIDATED, UPDATING, STALE, BYPASS; empty when it was not asked."""
        return self.headers.get("X-Cache", "")


def ask(connection: HTTPConnection, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    connection.request("GET", path, headers={"Host": HOST, **(headers or {})})
    response = connection.getresponse()
    body = response.read()
    return Answer(response.status, response.headers, body)


@dataclass(frozen=True)
class Nginx:
    port: int
    """Of TLS; without it nginx leads there."""
    plain_port: int
    folder: Path
    program: str

    @property
    def access_log(self) -> Path:
        return self.folder / "clinic-blog.log"

    @property
    def error_log(self) -> Path:
        return self.folder / "clinic-blog.error.log"

    def connect(self, timeout: float = 30) -> HTTPConnection:
        """A connection with TLS that names the host, as browsers do."""
        context = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        connection.sock = context.wrap_socket(plain, server_hostname=HOST)
        connection.auto_open = 0  # which would be without TLS
        return connection

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        connection = self.connect()
        try:
            return ask(connection, path, headers)
        finally:
            connection.close()


def write_configuration(folder: Path, root: Path, app: Path, *, static: Path, media: Path) -> tuple[int, int]:
    """The shipped file with this machine's paths and free ports. Returns that of TLS and the other one."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make += ["-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    make += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    tls, plain = free_ports(2)
    # At 127.0.0.1 only.
    text = re.sub(r"(?m)^ *listen \[::\].*\n", "", CONFIGURATION.read_text())
    for shipped, here in {
        "/etc/letsencrypt/live/blog.example/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/blog.example/privkey.pem": str(key),
        "unix:/run/clinic-blog.sock": f"unix:{app}",
        "/var/cache/nginx-clinic-blog": str(folder / "cache"),
        "/var/log/nginx": str(folder),
        "/srv/clinic-blog/staticfiles": str(static),
        "/srv/clinic-blog/var/media": str(media),
        "/srv/clinic-blog": str(root),
        "listen 443 ": f"listen 127.0.0.1:{tls} ",
        "listen 80": f"listen 127.0.0.1:{plain}",
    }.items():
        if shipped not in text:
            raise BenchError(f"{CONFIGURATION} does not have {shipped}.")
        text = text.replace(shipped, here)
    (folder / "clinic-blog.conf").write_text(text)
    # Root's workers would be www-data, which may not enter a temporary folder.
    (folder / "main.conf").write_text(MAIN.format(user="user root;" if os.geteuid() == 0 else ""))
    return tls, plain


def command(program: str, folder: Path) -> list[str]:
    return [program, "-p", str(folder), "-c", str(folder / "main.conf"), "-e", str(folder / "error.log")]


@contextmanager
def running(folder: Path, root: Path, app: Path, *, static: Path, media: Path) -> Iterator[Nginx]:
    """nginx before the program that listens at the socket `app`."""
    program = find_or_install()
    if program is None:
        raise BenchError(NONE_TO_BE_HAD)
    port, plain_port = write_configuration(folder, root, app, static=static, media=media)
    said = folder / "nginx.log"
    with said.open("wb") as log:
        server = subprocess.Popen(command(program, folder), stderr=log, process_group=0)
    try:
        if not is_listening(port, server):
            raise BenchError(f"nginx did not start: {said.read_text()}")
        yield Nginx(port, plain_port, folder, program)
    finally:
        with undisturbed():
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=10)


def is_listening(port: int, server: "subprocess.Popen[bytes]") -> bool:
    """Waits for it, or for the end of it."""
    while server.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.01)
    return False


def free_ports(count: int) -> list[int]:
    with_ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in with_ports]
    for server in with_ports:
        server.close()
    return ports
