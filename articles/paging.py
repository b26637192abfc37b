"""Pages of editions, newest first, by keyset: as fast at any depth, and stable while articles come in."""

import re
from dataclasses import dataclass
from datetime import date

from django.http import Http404, QueryDict

from articles.models import Edition, EditionQuerySet

PAGE_SIZE = 12
CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True)
class Page:
    """One page; `newer` and `older` are query strings of its neighbours, empty where there is none.

    `own` is the one that it has for good, however it was asked for; the first page has none.
    """

    editions: list[Edition]
    newer: str
    older: str
    own: str


def page_of(editions: EditionQuerySet, query: QueryDict) -> Page:
    """The page that `?after=<cursor>` or `?before=<cursor>` asks for; without either, the first.

    A cursor is `<published_on>.<id>` of an edition. Raises Http404 for one that is none.
    """
    editions = editions.for_list()
    if "before" in query:  # the page just before, counted back from the cursor
        newer_first = editions.newer_than(*parse_cursor(query.get("before", ""))).newest_first().reverse()
        rows = list(newer_first[: PAGE_SIZE + 1])
        more_newer, more_older = len(rows) > PAGE_SIZE, True
        own = f"?after={cursor(rows[-1])}" if more_newer else ""
        rows = rows[:PAGE_SIZE][::-1]
    else:
        is_first = "after" not in query
        own = ""
        if not is_first:
            published_on, pk = parse_cursor(query.get("after", ""))
            own = f"?after={published_on.isoformat()}.{pk}"
            editions = editions.older_than(published_on, pk)
        rows = list(editions.newest_first()[: PAGE_SIZE + 1])
        more_newer, more_older = not is_first, len(rows) > PAGE_SIZE
        rows = rows[:PAGE_SIZE]
    return Page(
        editions=rows,
        newer=f"?before={cursor(rows[0])}" if rows and more_newer else "",
        older=f"?after={cursor(rows[-1])}" if rows and more_older else "",
        own=own,
    )


def cursor(edition: Edition) -> str:
    return f"{edition.published_on.isoformat()}.{edition.pk}"


def parse_cursor(text: str) -> tuple[date, int]:
    match = CURSOR.fullmatch(text)
    if match is None:
        raise Http404
    try:
        return date.fromisoformat(match[1]), int(match[2])
    except ValueError as error:
        raise Http404 from error
