"""Who gives rights to others shows once more who he is; and an account is changed by one at a time."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.internal.ratelimit import cache_lock
from django.contrib import messages
from django.contrib.auth.models import User
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


def one_at_a_time(view: View) -> View:
    """For a view that adds or removes a second factor: of two sent at once, the later is not done.

    The earlier has ended its session, has given it another key, or is still at it.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST" or not isinstance(request.user, User):
            return view(request, *args, **kwargs)
        with cache_lock(f"signing_in.one_at_a_time:{request.user.pk}") as is_alone:
            if not is_alone or not Session.objects.filter(pk=request.session.session_key).exists():
                return redirect("mfa_index")
            return view(request, *args, **kwargs)

    return cast("View", wrapped)
