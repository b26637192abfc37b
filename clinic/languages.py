"""In which language an answer is."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware import locale

from articles import caching


class SharedRedirect(HttpResponseRedirect):
    """Of an address without a language to the one in the reader's."""

    def __init__(self, redirect_to: str) -> None:
        super().__init__(redirect_to)
        caching.shared(self)


class LocaleMiddleware(locale.LocaleMiddleware):
    """Django's says of each address without a language that its answer follows the reader's languages.

    Some have none, such as the sitemap: caches would keep one for each reader. A cookie says nothing: whoever
    made one up would choose for all readers that a cache takes for the same.
    """

    response_redirect_class = SharedRedirect

    def process_request(self, request: HttpRequest) -> None:
        request.COOKIES.pop(settings.LANGUAGE_COOKIE_NAME, None)
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if getattr(response, "is_in_no_language", False):
            return response
        return super().process_response(request, response)
