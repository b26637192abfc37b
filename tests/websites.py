"""A server that plays other people's websites."""

import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Websites:
    """The server, in a thread of its own, for as long as the `with` block lasts.

    `pages` has a path's status, or where it redirects to. `/no-head/…` knows GET only; `/slow/…` answers
    when the block ends; `/dripping/…` has not come to its headers' end by then; `/endless/…` sends as much as
    anybody takes. `asked` has what arrived.
    """

    def __init__(self) -> None:
        self.pages: dict[str, int | str] = {}
        self.asked: list[tuple[str, str]] = []
        self.hosts: list[str] = []
        self.headers: list[Message] = []
        self.is_over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.websites = self  # type: ignore[attr-defined]
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), name="websites")

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server.server_port}{path}"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        websites: Websites = self.server.websites  # type: ignore[attr-defined]
        websites.asked.append((self.command, self.path))
        websites.hosts.append(self.headers.get("Host", ""))
        websites.headers.append(self.headers)
        if self.path.startswith("/dripping/"):
            self.drip(websites.is_over)
            return
        if self.path.startswith("/slow/"):
            websites.is_over.wait()
        page = websites.pages.get(self.path, 404)
        if self.path.startswith("/no-head/"):
            page = 405 if self.command == "HEAD" else 200
        self.send_response(page if isinstance(page, int) else 302)
        if isinstance(page, str):
            self.send_header("Location", page)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.path.startswith("/endless/") and self.command == "GET":
            while not websites.is_over.is_set():
                try:
                    self.wfile.write(b"x" * 65536)
                except OSError:
                    return

    def drip(self, is_over: threading.Event) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not is_over.wait(0.05):
            self.wfile.write(b"x")

    do_GET = do_HEAD = answer  # noqa: N815 - the library's names

    def log_message(self, *args: Any) -> None:
        """Nothing on the terminal."""
