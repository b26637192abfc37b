"""How long public pages are kept on their way to readers, and who has the newest one already.

A page is answered anew, or with 304, from what it is made of: rows that have been read, and this release
of the program. Nothing is rendered to find that out.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache, wraps
from hashlib import blake2b
from math import ceil
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.functional import Promise

P = ParamSpec("P")
Response = TypeVar("Response", bound=HttpResponseBase)

# Seconds. What editors and PubMed change is seen by everybody after ten at most: two in a cache for all,
# three more there while it asks for the new page, one that nginx rounds up by, and three in the browser,
# which may show what it has while it asks, too.
FRESH, WHILE_REVALIDATING = 2, 3
# How long a page outlives the program and its database: a long week-end, and then some.
IF_BROKEN = 7 * 24 * 60 * 60
FOR_GOOD = 365 * 24 * 60 * 60
# Bytes left on the disk. With less nginx may have no room for a page, and would then send none: it closes the
# connection. So it is told not to keep any.
ROOM = 100 * 1024 * 1024

# What pages are made of beside rows: these files of the project, and these settings.
CODE = {"articles": "*.py", "references": "*.py", "clinic": "*.py", "templates": "*.html", "locale": "*.mo"}
SETTINGS = ("SITE_URL", "STATIC_URL", "MEDIA_URL", "CITATION_MOST_AUTHORS", "CITATION_AUTHORS_OF_MORE")


def answer(
    request: HttpRequest,
    made_of: object,
    render: Callable[[], Response],
    *,
    until: datetime | None = None,
) -> Response | HttpResponseBase:
    """What `render` makes, or that the reader has it already.

    `made_of` is all that the page depends on: rows, models and values. It is in force until the moment.
    """
    if settings.DEBUG:  # templates change without a new process
        return render()
    tag = entity_tag(made_of)
    response = get_conditional_response(request, etag=tag) or render()
    response["ETag"] = tag
    return shared(response, until=until)


def shared(response: Response, *, until: datetime | None = None) -> Response:
    """Let it be kept for a moment by browsers and by caches for many readers."""
    fresh, revalidating = FRESH, WHILE_REVALIDATING
    if until is not None:
        left = max(1, ceil((until - timezone.now()).total_seconds()))  # zero would mean: not to be kept
        fresh = min(fresh, left)
        revalidating = min(revalidating, left - fresh)
    response["Cache-Control"] = (
        f"public, max-age=0, s-maxage={fresh}, stale-while-revalidate={revalidating},"
        f" stale-if-error={IF_BROKEN}"
    )
    if shutil.disk_usage(settings.BASE_DIR).free < ROOM:
        response["X-Accel-Expires"] = "0"  # nginx's own, which it takes out
    return response


def for_good(response: Response) -> Response:
    """Its address says what it shows: browsers keep it, caches for many ask whether it is there still."""
    kept = shared(response)["Cache-Control"].replace("max-age=0", f"max-age={FOR_GOOD}")
    response["Cache-Control"] = f"{kept}, immutable"
    return response


def unshared(response: Response) -> Response:
    """What people search for is on nobody's disk but their own."""
    response["Cache-Control"] = "private, no-cache"
    return response


def in_no_language(
    view: Callable[Concatenate[HttpRequest, P], Response],
) -> Callable[Concatenate[HttpRequest, P], Response]:
    """Its answer does not depend on the languages of whoever asks; see clinic/languages.py."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        response = view(request, *args, **kwargs)
        response.is_in_no_language = True  # type: ignore[attr-defined]
        return response

    return wrapped


def entity_tag(made_of: object) -> str:
    """Weak: it says that two pages tell the same, not that a proxy has not compressed one of them."""
    always = [release(), settings.CLINIC, *(getattr(settings, name) for name in SETTINGS)]
    facts = json.dumps([always, made_of], default=plain, ensure_ascii=False)
    return f'W/"{blake2b(facts.encode(), digest_size=12).hexdigest()}"'


def plain(value: object) -> Any:
    """For json. Raises TypeError for what has no content of its own, such as a query not yet asked."""
    if isinstance(value, Model):
        loaded = {name: field for name, field in vars(value).items() if name != "_state"}
        return [value._meta.label, loaded, value._state.fields_cache]  # noqa: SLF001 - what was loaded with it
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, date):  # a moment is one, too
        return value.isoformat()
    if isinstance(value, DateTimeTZRange):
        return [value.isempty, value.lower, value.upper]
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not say what it is made of.")


@cache
def release() -> str:
    """Of the program, its words, its templates, its static files and what it builds on.

    From what the files hold, so that all processes on all hosts agree.
    """
    files = [settings.BASE_DIR / "requirements.txt"]
    for folder, pattern in CODE.items():
        files += sorted((settings.BASE_DIR / folder).rglob(pattern))
    digest = blake2b(getattr(staticfiles_storage, "manifest_hash", "").encode(), digest_size=12)
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()
