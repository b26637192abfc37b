"""`python -m bench.plans`: how PostgreSQL answers a search for a common word, and a page of the list."""

from typing import Any

import django
from django.db import connection

WIDTH = 150


class Explaining:
    """Asks for the plan of each statement before it is executed."""

    def __init__(self, *beginnings: str) -> None:
        self.beginnings = beginnings
        self.lines: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(self.beginnings):
            execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {sql}", params, many, context)
            self.lines += [line[:WIDTH] for (line,) in context["cursor"].fetchall()]
        return execute(sql, params, many, context)


def main() -> None:
    from django.http import QueryDict  # noqa: PLC0415 - after django.setup()

    from articles import paging, searching  # noqa: PLC0415
    from articles.models import Edition  # noqa: PLC0415

    with connection.execute_wrapper(search := Explaining("WITH matching")):
        searching.search("operation", "da")
    with connection.execute_wrapper(listing := Explaining("SELECT")):
        paging.page_of(Edition.objects.current().in_language("da"), QueryDict("after=2026-01-01.1"))
    print("Plan of a search for “operation”:", *search.lines, sep="\n")
    print("", "Plan of a page of the list:", *listing.lines, sep="\n")


if __name__ == "__main__":
    django.setup()
    main()
