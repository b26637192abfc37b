"""Pages for what goes wrong, in the reader's language: that of the address, else of the browser.

Those for a site that does not work need nothing that may be broken, too: no query, session or user. And
nginx has some in files, for when it gets no answer from the program.
"""

import logging
import sys
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles import caching
from articles.listings import NothingThereError
from articles.pictures import NotStoredError

logger = logging.getLogger(__name__)

RETRY_AFTER = 120  # seconds
NOT_STORED = 507
# What nginx says by itself: error_page in deploy/nginx.conf.
OF_WEB_SERVER = (400, 404, 413, 429, 503)

Words = tuple[str, str]


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    is_too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return without_anything(request, 413 if is_too_much else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    response = page(request, "404.html", 404)
    # There was a list: caches are to forget it, or would show it again while the site is away.
    return caching.shared(response) if isinstance(exception, NothingThereError) else response


def too_many(request: HttpRequest) -> HttpResponse:
    return page(request, "429.html", 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """The site is broken, or only its database or its storage cannot be reached: that passes.

    What the database has no value for was asked by an address of the desk, such as a list chosen by a
    pattern that is none.
    """
    error = sys.exception()
    if isinstance(error, DataError) and request.method in ("GET", "HEAD"):
        return bad_request(request)
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request)
    return without_anything(request, NOT_STORED if isinstance(error, NotStoredError) else 500)


def unavailable(request: HttpRequest) -> HttpResponse:
    response = without_anything(request, 503)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its token. What was written in it is shown, so that it can be copied."""
    return page(request, "403_csrf.html", 403, {"written": prose(request.POST)})


def prose(fields: QueryDict) -> list[str]:
    """What somebody wrote in words, less passwords."""
    return [
        value
        for name, values in fields.lists()
        if "password" not in name
        for value in map(str, values)
        if len(value.split()) > 1
    ]


def maintenance(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the site is closed while the file settings.MAINTENANCE_FILE is there."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return unavailable(request) if settings.MAINTENANCE_FILE.exists() else get_response(request)

    return middleware


def page(
    request: HttpRequest, template: str, status: int, context: dict[str, object] | None = None
) -> HttpResponse:
    with translation.override(language_of(request)):
        is_desk = request.path.startswith(reverse("admin:index"))
        return render(request, template, {**(context or {}), "is_desk": is_desk}, status=status)


def without_anything(request: HttpRequest, status: int) -> HttpResponse:
    language = language_of(request)
    with translation.override(language):
        title, sentence = words(status)
        context = {
            "title": title,
            "sentence": sentence,
            "clinic": settings.CLINIC,
            "is_ours": status >= 500,
            "LANGUAGE_CODE": language,
        }
        try:
            html = render_to_string("error.html", context)
        except Exception:
            # Static files that were not collected, for instance. The reader gets the words all the same.
            logger.exception("The page for error %d could not be made.", status)
            html = plain_html(language, title, sentence)
    response = HttpResponse(html, status=status)
    response["Content-Language"] = language
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def of_web_server() -> Iterator[tuple[str, str]]:
    """Name and HTML of nginx's pages. Each in all languages: it does not know the reader's."""
    for status in OF_WEB_SERVER:
        pages = []
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                title, sentence = words(status)
            pages.append({"language": language, "title": title, "sentence": sentence})
        context = {"pages": pages, "clinic": settings.CLINIC, "is_ours": status >= 500}
        yield f"errors/{status}.html", render_to_string("error_of_web_server.html", context)


def words(status: int) -> Words:
    """Title and sentence, in the active language."""
    return {
        400: (
            _("The question could not be understood"),
            _("Check the address, or go back and try once more."),
        ),
        404: (
            _("The page was not found"),
            _("The address may be mistyped, or the page may have been moved or taken down."),
        ),
        413: (
            _("That was too much at once"),
            _(
                "More was sent than the site takes, and nothing of it was stored. Go back: what you wrote"
                " stands there. Take out what was pasted in by mistake, or divide it."
            ),
        ),
        429: (
            _("Too many tries"),
            _(
                "There have been many requests from your connection in a short time. Wait a minute, go back,"
                " and try again."
            ),
        ),
        500: (
            _("Something went wrong"),
            _("The fault is ours, not yours. Please try again in a few minutes."),
        ),
        NOT_STORED: (
            _("The picture could not be stored"),
            _(
                "The place where pictures are kept takes none just now, and nothing was saved. Go back: what"
                " you wrote stands there. Try again in a few minutes."
            ),
        ),
        503: (
            _("We will be back shortly"),
            _("The site is closed for a moment. Please try again in a few minutes."),
        ),
    }[status]


def plain_html(language: str, title: str, sentence: str) -> SafeString:
    return format_html(
        '<!doctype html><html lang="{}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>{}</title>'
        "<h1>{}</h1><p>{}</p><p>{} {}</p></html>",
        language,
        title,
        title,
        sentence,
        settings.CLINIC.name,
        settings.CLINIC.phone,
    )


def language_of(request: HttpRequest) -> str:
    return translation.get_language_from_request(request, check_path=True)
