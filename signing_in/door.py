"""Middleware: who may be at the desk, and how long."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from signing_in import factors

DESK = "/admin/"  # as clinic/urls.py has it
OPEN = {"account_login", "account_logout", "mfa_authenticate", "mfa_login_webauthn"}
# A new password, for whoever has the link from the mail.
FORGOTTEN = {
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
# What somebody needs who has to get a second factor first.
ENROLLING = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
}


class Door:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        # Readers have no session, and theirs is not looked for. Not `path`, before which a prefix may be put:
        # gunicorn takes one from whom it trusts to forward, and a proxy may hand on what a client sent.
        if not request.path_info.startswith(DESK):
            return None
        match = request.resolver_match
        address = match.view_name if match else ""
        if isinstance(request.user, User):
            return admit(request, request.user, address, view)
        # allauth would keep what a stranger sends, and from where, until he has signed in.
        if address.startswith(("account_", "mfa_")) and address not in OPEN | FORGOTTEN:
            return redirect_to_login(request.path, "account_login")
        return None


def admit(request: HttpRequest, user: User, address: str, view: Callable[..., Any]) -> HttpResponse | None:
    """The answer to somebody who may not go on."""
    if address in OPEN:
        return None
    if not user.is_staff:
        raise PermissionDenied
    if not getattr(view, "is_unattended", False):
        request.session.prolong()  # type: ignore[attr-defined]
    if not factors.is_wanting(request.session, user):
        return None
    if factors.has_one(user):
        # Signed in before there was one, or by a way that did not ask for it.
        logout(request)
        return redirect("account_login")
    if address in ENROLLING:
        return None
    messages.warning(request, _("Before you can work here, your account needs a second factor."))
    return redirect("mfa_index")
