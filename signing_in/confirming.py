"""Who gives rights to others shows once more who he is."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

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
