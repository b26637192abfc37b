"""Public pages from a replica of the database, DATABASE_REPLICA_URL: they go on while the primary is down.

Who reads what: a reader without a session gets public pages from the replica; the desk, links for one
reader, everything that changes something, and whoever is signed in, from the primary. A replica that is
away or behind is left alone until it is well again.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from clinic.headers import FOR_ONE_READER

logger = logging.getLogger(__name__)

ALIAS = "replica"
# How often a process asks how far the replica is, and so how old, at most, what it shows may be.
LOOK_EVERY = 3.0  # seconds
# A server that does not answer is not asked again by every look: each would wait.
LEFT_ALONE_FOR = 20.0  # seconds
DATABASE_FAILED = 503  # clinic.errors.server_error

reading: ContextVar[bool] = ContextVar("reading from the replica", default=False)


class Router:
    """Reads go where the middleware says, all else to the primary."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str | None:
        return ALIAS if reading.get() else None

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        # What was written is read back from where it is.
        reading.set(False)
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db != ALIAS


@dataclass
class Watch:
    """What a process knows of the two, looked up anew every few seconds.

    `mark` is where the primary's log ended at the last look: a replica that has replayed that far is at
    most one interval behind. How long ago the last transaction was would tell nothing on a quiet night.
    """

    is_fit: bool = False
    mark: str = ""
    look_at: float = 0.0
    primary_away_until: float = 0.0
    replica_away_until: float = 0.0

    def fit(self) -> bool:
        now = time.monotonic()
        if now >= self.look_at:
            before, self.is_fit = self.is_fit, self.look(now)
            self.look_at = time.monotonic() + LOOK_EVERY
            if before != self.is_fit:
                logger.warning("Public pages are read from the %s.", ALIAS if self.is_fit else "primary")
        return self.is_fit

    def look(self, now: float) -> bool:
        mark = self.mark
        if now >= self.primary_away_until:
            self.mark = asked(DEFAULT_DB_ALIAS, "SELECT pg_current_wal_lsn()") or ""
            if not self.mark:
                self.primary_away_until = time.monotonic() + LEFT_ALONE_FOR
        is_primary_away = not self.mark
        if now < self.replica_away_until and not is_primary_away:
            return False
        # Of a process that has just begun, the replica has to have everything.
        sql = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn" if not is_primary_away else "SELECT true"
        answer = asked(ALIAS, sql, [] if is_primary_away else [mark or self.mark])
        if answer is None:
            self.replica_away_until = time.monotonic() + LEFT_ALONE_FOR
        return bool(answer)


watch = Watch()


def asked(alias: str, sql: str, parameters: Iterable[str] = ()) -> Any:
    """The one value of the answer; None when there is none."""
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute(sql, list(parameters))
            return cursor.fetchone()[0]
    except (DatabaseError, InterfaceError):
        connections[alias].close()
        return None


def is_set_up() -> bool:
    return ALIAS in connections.settings


def routing(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: a reader's request reads from the one that is fit, and from the other if that fails."""

    def on_replica(request: HttpRequest) -> HttpResponseBase:
        with from_replica():
            return get_response(request)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not (is_set_up() and is_readers(request)):
            return get_response(request)
        first, other = (on_replica, get_response) if watch.fit() else (get_response, on_replica)
        response = first(request)
        if response.status_code != DATABASE_FAILED:
            return response
        # It went away since the last look, or the replica had to give up a query for the sake of following.
        watch.look_at = 0.0
        return other(request)

    return middleware


def is_readers(request: HttpRequest) -> bool:
    """Somebody reads a public page, and is not signed in."""
    apart = (reverse("admin:index"), *FOR_ONE_READER)
    return (
        request.method in ("GET", "HEAD")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and not request.path_info.startswith(apart)
    )


@contextmanager
def from_replica() -> Iterator[None]:
    token = reading.set(True)
    try:
        yield
    finally:
        reading.reset(token)
