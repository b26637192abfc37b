"""Which request is being answered: its number, which the web server, our logs and the answer all say."""

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
# As nginx's $request_id and as a UUID; anything else is somebody's text.
ID = re.compile(r"[0-9A-Za-z-]{8,64}")

current: ContextVar[HttpRequest | None] = ContextVar("current request", default=None)


def with_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the outermost: take over the number that the web server gave, or give one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        number = given if ID.fullmatch(given) else uuid.uuid4().hex
        request.META["request_id"] = number
        token = current.set(request)
        try:
            response = get_response(request)
        finally:
            current.reset(token)
        response[HEADER] = number
        return response

    return middleware


def number_of(request: HttpRequest) -> str:
    return str(request.META.get("request_id", ""))
