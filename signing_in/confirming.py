"""Who gives rights to others shows once more who he is; and an account is changed by one at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from signing_in.models import Session

View = TypeVar("View", bound=Callable[..., Any])


def answer(request: HttpRequest) -> HttpResponseBase | None:
    """Where to confirm it, unless that was done a moment ago.

    allauth would keep what was sent, new passwords among it, in the session until then.
    """
    if not is_reauthentication_required(request, app="signing_in"):
        return None
    if request.method == "POST":
        messages.warning(request, _("Nothing has been changed yet: it took too long. Please do it again."))
    method = get_adapter().get_reauthentication_methods(request.user)[0]
    return redirect(f"{method['url']}?{urlencode({'next': request.get_full_path()})}")


def confirmed(view: View) -> View:
    """For an admin's method that is a view."""

    @wraps(view)
    def wrapped(admin: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return answer(request) or view(admin, request, *args, **kwargs)

    return cast("View", wrapped)


@contextmanager
def alone(account_id: int) -> Iterator[None]:
    """Nobody else is here for the same account. Not a lock that ends with a transaction: allauth changes
    sessions after it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('signing_in'), %s)", [account_id])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('signing_in'), %s)", [account_id])


def one_at_a_time(view: View) -> View:
    """For a view that adds or removes a second factor: of two sent at once, the later is not done.

    The earlier has ended its session, or given it another key.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST" or not isinstance(request.user, User):
            return view(request, *args, **kwargs)
        with alone(request.user.pk):
            if not Session.objects.filter(pk=request.session.session_key).exists():
                return redirect("mfa_index")
            return view(request, *args, **kwargs)

    return cast("View", wrapped)
