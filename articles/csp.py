"""A Content-Security-Policy on every answer, as Django 6 has it: its names and settings, what we use of it.

To be dropped at Django 6.2: import from django.utils.csp and django.views.decorators.csp instead, and name
django.middleware.csp.ContentSecurityPolicyMiddleware in MIDDLEWARE.
https://docs.djangoproject.com/en/6.0/ref/csp/
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
Policy = Mapping[str, Sequence[str] | bool]


class CSP(StrEnum):
    HEADER_ENFORCE = "Content-Security-Policy"
    HEADER_REPORT_ONLY = "Content-Security-Policy-Report-Only"

    NONE = "'none'"
    SELF = "'self'"


def build_policy(config: Policy) -> str:
    """A directive without sources is True or False: it is there or not."""
    return "; ".join(
        directive if sources is True else f"{directive} {' '.join(sources)}"
        for directive, sources in config.items()
        if sources
    )


def csp_override(config: Policy) -> Callable[[View[P]], View[P]]:
    """The view's own policy in place of SECURE_CSP."""

    def decorator(view: View[P]) -> View[P]:
        @wraps(view)
        def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            response._csp_config = config  # type: ignore[attr-defined]  # noqa: SLF001 - where Django 6 has it
            return response

        return wrapped

    return decorator


class ContentSecurityPolicyMiddleware:
    """SECURE_CSP and SECURE_CSP_REPORT_ONLY, unless the answer has such a header of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Django's own pages for these, with DEBUG, have their styles and scripts in them.
        if settings.DEBUG and response.status_code in (
            HTTPStatus.NOT_FOUND,
            HTTPStatus.INTERNAL_SERVER_ERROR,
        ):
            return response
        enforced = getattr(response, "_csp_config", settings.SECURE_CSP)
        for header, config in (
            (CSP.HEADER_ENFORCE, enforced),
            (CSP.HEADER_REPORT_ONLY, settings.SECURE_CSP_REPORT_ONLY),
        ):
            if config and header not in response:
                response[header.value] = build_policy(config)
        return response
