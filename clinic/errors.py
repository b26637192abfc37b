"""Pages for what goes wrong, in the reader's language: that of the address, else of the browser.

Those for a site that does not work need nothing that may be broken, too: no query, session or user.
"""

import logging
import sys
from collections.abc import Callable

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

logger = logging.getLogger(__name__)

RETRY_AFTER = 120  # seconds

Words = tuple[str, str]


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    is_too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return without_anything(request, 413 if is_too_much else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, "404.html", 404)


def too_many(request: HttpRequest) -> HttpResponse:
    return page(request, "429.html", 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """The site is broken, or only its database cannot be reached: that passes.

    What the database has no value for was asked by an address of the desk, such as a list chosen by a
    pattern that is none.
    """
    error = sys.exception()
    if isinstance(error, DataError) and request.method in ("GET", "HEAD"):
        return bad_request(request)
    is_database = isinstance(error, OperationalError | InterfaceError)
    return unavailable(request) if is_database else without_anything(request, 500)


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


def words(status: int) -> Words:
    """Title and sentence, in the active language."""
    return {
        400: (
            _("The question could not be understood"),
            _("Check the address, or go back and try once more."),
        ),
        413: (
            _("That was too much at once"),
            _(
                "More was sent than the site takes, and nothing of it was stored. Go back: what you wrote"
                " stands there. Take out what was pasted in by mistake, or divide it."
            ),
        ),
        500: (
            _("Something went wrong"),
            _("The fault is ours, not yours. Please try again in a few minutes."),
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
