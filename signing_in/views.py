"""allauth's pages where it has none, or not like that."""

import logging
from collections.abc import Callable
from functools import partial

from allauth.account import views as account
from allauth.core import context
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from signing_in import confirming
from signing_in import sessions as kept
from signing_in.records import Deed, record

logger = logging.getLogger(__name__)


class UserRequest(HttpRequest):
    user: User


def password_reset(request: HttpRequest) -> HttpResponseBase:
    """The answer waits for no mail: how long it takes, or that it fails, would tell of an account."""
    response: HttpResponseBase = account.password_reset(request)
    if send := getattr(request, "send_mail", None):
        # Django has no other place for what is done when the server has sent the answer.
        closers = response._resource_closers  # type: ignore[attr-defined]  # noqa: SLF001
        closers.append(partial(afterwards, request, send))
    return response


def afterwards(request: HttpRequest, send: Callable[[], object]) -> None:
    try:
        with context.request_context(request):
            send()
    except OSError:
        pass  # clinic.mail has logged and counted it
    except Exception:
        logger.exception("The mail for a new password could not be made.")


@login_required
def password_set(request: HttpRequest) -> HttpResponseBase:
    """For somebody who has none, and so has not to write it."""
    return confirming.answer(request) or account.password_set(request)


@login_required
def sessions(request: UserRequest) -> HttpResponseBase:
    """Where one is signed in, and out everywhere else: of a computer that was left without signing out."""
    return confirming.answer(request) or own_sessions(request)


def own_sessions(request: UserRequest) -> HttpResponse:
    if request.method != "POST":
        shown = kept.opened(request.session, request.user)
        return render(request, "account/sessions.html", {"sessions": shown})
    kept.end_all(request.user.pk, but=request.session)
    record(Deed.SESSIONS_ENDED, request.user)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("mfa_index")
