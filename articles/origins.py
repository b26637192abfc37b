"""The sites that may show what is ours, such as the clinic's booking pages: `EMBED_ORIGINS`."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.clickjacking import xframe_options_exempt

from articles.csp import CSP, csp_override

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
A_DAY = 24 * 60 * 60  # seconds


def readable_by_origins(view: View[P]) -> View[P]:
    """Scripts on those sites may read the answer (https://fetch.spec.whatwg.org/#http-cors-protocol).

    Without credentials: it is the same for everybody. Goes over the decorator that names the methods,
    which would refuse the question before the request.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        is_question = request.method == "OPTIONS"
        response = HttpResponse(status=204) if is_question else view(request, *args, **kwargs)
        patch_vary_headers(response, ["Origin"])
        shown_elsewhere(response)
        if is_question:
            response["Allow"] = "GET, HEAD, OPTIONS"
        origin = request.headers.get("Origin", "")
        if origin in settings.EMBED_ORIGINS:
            response["Access-Control-Allow-Origin"] = origin
            if is_question:
                response["Access-Control-Allow-Methods"] = "GET, HEAD"
                response["Access-Control-Allow-Headers"] = "*"
                response["Access-Control-Max-Age"] = str(A_DAY)
        return response

    return wrapped


def shown_elsewhere(response: HttpResponseBase) -> None:
    """Any site may show it, also one that asks of all it shows to allow that."""
    response["Cross-Origin-Resource-Policy"] = "cross-origin"


def framed_by_origins(view: View[P]) -> View[P]:
    """Pages of those sites, and our own, may show the page in a frame."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        framing: dict[str, list[str] | bool] = {"frame-ancestors": [CSP.SELF, *settings.EMBED_ORIGINS]}
        return csp_override(settings.SECURE_CSP | framing)(view)(request, *args, **kwargs)

    return xframe_options_exempt(wrapped)  # which could name no site
