"""A limit for everything that asking another server takes."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Answer = TypeVar("Answer")


def within(seconds: float, deed: Callable[[], Answer]) -> Answer:
    """What the deed returns or raises; TimeoutError when time is up.

    A thread does it, and is left alone then: httpx's limits begin anew with each read, and none holds for
    the look-up of the host's name.
    """
    outcome: Future[Answer] = Future()

    def run() -> None:
        try:
            outcome.set_result(deed())
        except BaseException as error:  # noqa: BLE001 - is raised where the outcome is waited for
            outcome.set_exception(error)

    Thread(target=run, name="asking", daemon=True).start()
    return outcome.result(timeout=seconds)
