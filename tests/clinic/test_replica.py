"""A site whose public pages are read from a streaming replica, while one and the other goes away.

`make replica` lets each part last longer, and says how many pages were read.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from types import SimpleNamespace

import psycopg
import pytest
from django.conf import settings as project
from django.db import connections

from clinic import replica
from clinic.private_postgres import PrivatePostgres
from clinic.private_postgres.base import DatabaseWrapper
from clinic.private_postgres.binaries import binaries
from clinic.private_postgres.home import ensure_home

SECONDS = float(os.environ.get("REPLICA_SECONDS", "0.5"))  # of each part
PATIENCE = 20.0

SIGNED_IN = f"sessionid=x; {project.SESSION_COOKIE_NAME}=x; __Host-sessionid=x"

# Publishes an article under each title that it is given.
PUBLISHER = """
import sys
import django
django.setup()
from django.db import connection
from tests.factories import make_article, make_edition
article = None
for line in sys.stdin:
    title = line.strip()
    article = article or make_article(slug_da="brok")
    article.title_da, article.body_da = title, f"## {title}"
    article.save()
    make_edition(article)
    connection.close()
    print(title, flush=True)
"""


def copied(source, name, *, follows):
    """A server with all that another one has, not started; one that follows it is its replica."""
    server = PrivatePostgres(source.directory.with_name(name), durable=False)
    server.stop()
    shutil.rmtree(server.directory.resolve(), ignore_errors=True)
    server.directory.unlink(missing_ok=True)
    home, account = ensure_home(server.directory)
    command = [binaries(account)["pg_basebackup"], f"--pgdata={home / 'data'}", "--no-sync"]
    command += [f"--host={source.socket_directory.resolve()}", "--username=clinic", "--checkpoint=fast"]
    done = account.run(command + ["--write-recovery-conf"] * follows)
    assert done.returncode == 0, done.stdout
    return server


def address(server, name):
    return f"postgres://clinic@/{server.socket_directory}/{name}"


@pytest.fixture
def servers(db):
    """A primary and its replica, from a copy of the tests' own database."""
    own = connections["default"]
    if not isinstance(own, DatabaseWrapper):
        pytest.skip("The tests use another server than their own, which is not to be copied.")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    name = own.settings_dict["NAME"]
    with ExitStack() as stack:
        primary = copied(own.server, f"postgres-primary-{worker}", follows=False)
        stack.callback(remove, primary)
        primary.start()
        follower = copied(primary, f"postgres-replica-{worker}", follows=True)
        stack.callback(remove, follower)
        follower.start()
        yield SimpleNamespace(primary=primary, replica=follower, name=name)


def remove(server):
    server.stop()
    shutil.rmtree(server.directory.resolve(), ignore_errors=True)
    server.directory.unlink(missing_ok=True)


@pytest.fixture
def environment(servers, tmp_path):
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.clinic.with_replica",
        "DEBUG": "off",
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": address(servers.primary, servers.name),
        "DATABASE_REPLICA_URL": address(servers.replica, servers.name),
        "MAINTENANCE_FILE": str(tmp_path / "maintenance"),
    }


@pytest.fixture
def publish(environment):
    command = [sys.executable, "-c", PUBLISHER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=project.BASE_DIR, env=environment, **pipes) as publisher:

        def published(title):
            publisher.stdin.write(f"{title}\n")
            publisher.stdin.flush()
            assert publisher.stdout.readline() == f"{title}\n"

        yield published


@pytest.fixture
def site(environment, tmp_path):
    """The port of the site, as gunicorn serves it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    command = [sys.executable, "-m", "gunicorn", "clinic.wsgi", f"--bind=127.0.0.1:{port}", "--threads=4"]
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=project.BASE_DIR, env=environment, stderr=output) as server,
    ):
        try:
            until(lambda: is_answered(port))
            yield SimpleNamespace(port=port, log=log)
        finally:
            server.terminate()


def is_answered(port):
    try:
        return get(port, "/healthz")[0] == 200
    except OSError:
        return False


def until(holds):
    """Wait, not long, for what others bring about."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def get(port, path, **headers):
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path, headers={"X-Forwarded-Proto": "https", **headers})
    response = connection.getresponse()
    body = response.read().decode(errors="replace")
    connection.close()
    return response.status, body


PAGES = (
    *(
        "/da/blog/",
        "/da/blog/brok/",
        "/da/blog/search/?q=brok",
        "/da/blog/feed/",
        "/sitemap.xml",
        "/llms.txt",
    ),
    *("/da/blog/brok.md", "/da/blog/brok/references.ris", "/da/blog/treatment/"),
)


@contextmanager
def readers(port):
    """Somebody reads one page after the other; what they were answered, counted."""
    answers, is_over = Counter(), threading.Event()

    def read():
        while not is_over.is_set():
            for path in PAGES:
                try:
                    answers[path, get(port, path)[0]] += 1
                except (OSError, HTTPException) as error:
                    answers[path, type(error).__name__] += 1

    threads = [threading.Thread(target=read) for _reader in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
        time.sleep(SECONDS)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def is_on_replica(site):
    get(site.port, "/da/blog/")
    said = re.findall(r"Public pages are read from the (\w+)", site.log.read_text())
    return said[-1:] == ["replica"]


def ask(server, sql):
    with psycopg.connect(host=str(server.socket_directory), user="clinic", dbname="postgres") as connection:
        return connection.execute(sql).fetchone()[0]


def has_all(servers):
    written = ask(servers.primary, "SELECT pg_current_wal_lsn()")
    return ask(servers.replica, f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn")


def title_shown(site):
    return get(site.port, "/da/blog/brok/")[1].partition("<h1>")[2].partition("</h1>")[0]


@pytest.fixture
def looks(monkeypatch):
    """Look for a minute at servers of which some are away; how often each was asked."""

    def look(*away):
        asked, now, watch = Counter(), [1000.0], replica.Watch()

        def answer(alias, *_question):
            asked[alias] += 1
            return None if alias in away else "0/1"

        monkeypatch.setattr(replica, "asked", answer)
        monkeypatch.setattr(replica, "time", SimpleNamespace(monotonic=lambda: now[0]))
        for _look in range(20):
            watch.fit()
            now[0] += replica.LOOK_EVERY
        return asked

    return look


def test_replica_that_does_not_answer_is_left_alone(looks):
    """To ask a machine that hangs costs whoever asks three seconds."""
    assert looks("replica") == {"default": 20, "replica": 3}


def test_replica_is_asked_all_the_time_while_the_primary_is_away(looks):
    assert looks("default") == {"default": 3, "replica": 20}


def test_readers_have_pages_while_either_server_is_away(servers, publish, site):
    read = {}
    publish("Det første")
    until(lambda: title_shown(site) == "Det første")
    until(lambda: has_all(servers))
    until(lambda: is_on_replica(site))
    with readers(site.port) as read["with both"]:
        publish("Det andet")
        until(lambda: title_shown(site) == "Det andet")

    # The replica stops following, so pages come from the primary, which then goes away under them.
    ask(servers.replica, "SELECT pg_wal_replay_pause()")
    publish("Det tredje")
    until(lambda: title_shown(site) == "Det tredje")
    with readers(site.port) as read["without the primary"]:
        servers.primary.stop()
        until(lambda: title_shown(site) == "Det andet")
        assert get(site.port, "/readyz")[0] == 200
        assert get(site.port, PAGES[1], Cookie=SIGNED_IN)[0] == 503
    ask(servers.replica, "SELECT pg_wal_replay_resume()")
    servers.primary.start()
    until(lambda: get(site.port, PAGES[1], Cookie=SIGNED_IN)[0] == 200)
    publish("Det fjerde")
    until(lambda: title_shown(site) == "Det fjerde")
    until(lambda: is_on_replica(site))

    with readers(site.port) as read["without the replica"]:
        servers.replica.stop()
        assert get(site.port, "/readyz")[0] == 200
        assert title_shown(site) == "Det fjerde"
    for part, answers in read.items():
        print(f"{part}: {answers.total()} pages read")  # noqa: T201 - `make replica` shows it
        assert {path for path, _status in answers} == set(PAGES)
        assert {status for _path, status in answers} == {200}, answers
