"""`make run`: everything from an empty clone to a served site."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import Any, NoReturn

from django.contrib.auth.models import Group, User
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from django.urls import reverse

from articles.models import Article, Edition
from clinic.private_postgres import PrivatePostgres
from clinic.private_postgres.base import DatabaseWrapper

HOST = "127.0.0.1"
EDITOR = "editor"


class Command(BaseCommand):
    help = "Prepare the database, with sample articles and an editor if it is new, and serve the site."
    requires_system_checks = []  # runserver makes them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000", help="or PORT; 8000 if unset")

    def handle(self, *args: Any, port: str, **options: Any) -> None:
        number = _free_port(port)
        # A closed terminal and a supervisor's SIGTERM end the site just as Ctrl-C does.
        for stop in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(stop, _interrupt)
        database = _private_database()
        was_running = database is None or database.is_running()
        code = 0
        try:
            self._prepare()
            code = self._serve(number)
        except KeyboardInterrupt:
            self.stdout.write("")
        except OperationalError as error:
            raise CommandError(f"The database cannot be used. {error}") from error
        finally:
            # The person has asked once; asking again must not leave half of it running.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            connection.close()
            if database is not None and not was_running:
                database.stop()
        if code != 0:
            sys.exit(code)

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        with transaction.atomic():
            is_new = not User.objects.exists()
            if not Article.objects.exists():
                call_command("load_sample")
            password = _make_editor() if is_new else ""
        # Outside the transaction: a password that was printed is one that works.
        if password:
            self.stdout.write(f"\nEditor's account, shown this once: {EDITOR} / {password}\n")
        self.stdout.flush()

    def _serve(self, port: int) -> int:
        """Run the server until it ends or KeyboardInterrupt; its exit code."""
        site = f"http://{HOST}:{port}"
        # Ctrl-C reaches every process of the terminal, and one that is starting answers with a
        # traceback. The mask is inherited, so the server never hears of it; _end() tells it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        server = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, sys.argv[0], "runserver", f"{HOST}:{port}"],
            env={**os.environ, "PORT": str(port)},  # for SITE_URL
        )
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            while server.poll() is None and not _answers(port):
                time.sleep(0.05)
            if server.poll() is None:
                self._announce(site)
            return server.wait()
        finally:
            _end(server)

    def _announce(self, site: str) -> None:
        edition = Edition.objects.current().first()
        article = edition.get_absolute_url() if edition else "/"
        self.stdout.write(f"\nArticle:  {site}{article}\nAdmin:    {site}{reverse('admin:index')}\n")
        self.stdout.write("Ctrl-C stops it.\n")
        self.stdout.flush()
        connection.close()


def _private_database() -> PrivatePostgres | None:
    wrapper = connections[DEFAULT_DB_ALIAS]
    return wrapper.server if isinstance(wrapper, DatabaseWrapper) else None


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _free_port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CommandError(f"PORT is {text!r}, not a number from 1 to 65535.")
    port = int(text)
    with socket.socket() as probe:
        # As runserver does, so that a connection closing from the last run is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}): choose another, as in PORT=9000 make run."
            ) from error
    return port


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


def _end(server: subprocess.Popen[bytes]) -> None:
    """Stop the server and its reloader, in five seconds or by force."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _make_editor() -> str:
    """A person in the role of an editor, who publishes; the password."""
    password = secrets.token_urlsafe(12)
    editor, _ = User.objects.get_or_create(username=EDITOR)
    editor.is_staff = True
    editor.set_password(password)
    editor.save()
    editor.groups.add(Group.objects.get(name="Editor"))
    return password
