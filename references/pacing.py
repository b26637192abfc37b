"""Turns to ask a service that counts requests a second.

The latest turn is kept in PostgreSQL, in one row for each service: it is what all threads, processes
and hosts share, and it has one clock, where a file would serve one host, or one container. A turn is
reserved at once and then waited for, so nobody holds a lock or a connection while waiting, and whoever
would have to wait too long hears so at once. The row is changed over a connection of its own, because
a caller's transaction, the admin's for one, would lock it until the end of a request.
"""

import time
from contextlib import closing

from django.conf import settings
from django.db import connection

PATIENCE_OF_A_REQUEST = 4.0  # seconds

# No queue is as long as that: then the clock was set back, and what it said before is forgotten.
RESERVE = """
    WITH asked AS MATERIALIZED (
        SELECT coalesce(to_timestamp(%(at)s::float8), clock_timestamp()) AS at,
               make_interval(secs => %(spacing)s::float8) AS spacing,
               make_interval(secs => %(patience)s::float8) AS patience,
               interval '5 minutes' AS too_far
    )
    INSERT INTO references_turn AS latest (service, at)
    SELECT %(service)s, at FROM asked
    ON CONFLICT (service) DO UPDATE
    SET at = CASE
            WHEN latest.at > excluded.at + (SELECT too_far FROM asked) THEN excluded.at
            ELSE greatest(excluded.at, latest.at + (SELECT spacing FROM asked))
        END
    WHERE latest.at + (SELECT spacing - patience FROM asked) <= excluded.at
        OR latest.at > excluded.at + (SELECT too_far FROM asked)
    RETURNING extract(epoch FROM at - (SELECT at FROM asked))::float8
"""


class Clock:
    """The time and how to wait. Tests put another in place of `clock`, so that they need not."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def moment(self) -> float | None:
        """The moment turns are counted from, in seconds since 1970; None for the database's clock."""
        return None


clock = Clock()


def wait_for_turn(service: str, *, spacing: float, patience: float) -> bool:
    """Wait for a turn, `spacing` seconds after the one before it.

    False, without waiting and without a turn, when it would take longer than `patience`, in seconds.
    """
    wait = reserve(service, spacing, patience, clock.moment())
    if wait is None:
        return False
    if wait > 0:
        clock.sleep(wait)
    return True


def reserve(service: str, spacing: float, patience: float, at: float | None = None) -> float | None:
    """Reserve the next turn: the seconds until then, or None if that is further away than `patience`."""
    asked: dict[str, str | float | None] = {
        "service": service,
        "spacing": spacing,
        "patience": patience,
        "at": at,
    }
    with closing(connection.copy()) as own, own.cursor() as cursor:
        cursor.execute(RESERVE, asked)
        row = cursor.fetchone()
    return max(0.0, row[0]) if row else None


def patience() -> float:
    """How long a request of an editor waits for the sources, all questions together, in seconds."""
    return min(float(settings.PUBMED_TIMEOUT), PATIENCE_OF_A_REQUEST)
