"""What allauth does otherwise here."""

import base64
import hashlib
import ipaddress
import time
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.account.internal.userkit import get_user_by_username
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from qrcode.image.svg import SvgPathImage

from signing_in import sessions
from signing_in.records import Deed, record, tell

LOCKED_FOR = 15 * 60  # seconds; as in ACCOUNT_RATE_LIMITS

# What is said when something is done; allauth's other messages are not shown.
DONE = {
    "account/messages/password_changed.txt": gettext_lazy(
        "Your password has been changed. Other browsers are signed out."
    ),
    "mfa/messages/totp_activated.txt": gettext_lazy("The app is set up."),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("The app is no longer a second factor."),
    "mfa/messages/webauthn_added.txt": gettext_lazy("The passkey has been added."),
    "mfa/messages/webauthn_removed.txt": gettext_lazy("The passkey has been removed."),
}

CONFIRMED_BY = {
    "reauthenticate": gettext_lazy("Use the password"),
    "mfa_reauthenticate": gettext_lazy("Use a code of the app, or a recovery code"),
    "mfa_reauthenticate:webauthn": gettext_lazy("Use the passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy(
            "Username and password do not fit. Passwords are case-sensitive."
        ),
        "too_many_login_attempts": gettext_lazy(
            "There have been too many tries. Wait 15 minutes, or choose “Forgotten your password?” and set "
            "a new one. A passkey works at once."
        ),
        "rate_limited": gettext_lazy("There have been too many tries. Wait 15 minutes."),
        "incorrect_password": gettext_lazy("That is not your password."),
        "enter_current_password": gettext_lazy("That is not your present password."),
        "incorrect_code": gettext_lazy("The code is not right, or has been used already. Try the next one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        message: str | None = None,
        **kwargs: Any,
    ) -> None:
        if text := message or DONE.get(message_template or ""):
            messages.add_message(request, level, text)

    # Coming and going

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        if user.is_active and user.is_staff:
            return None
        record(Deed.REFUSED, user)
        return self.respond_user_inactive(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Only who knows the password, or has the passkey, is told."""
        messages.error(request, _("This account is closed. Ask an administrator to open it."))
        return redirect("account_login")

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        sessions.begin(request.session)
        record(Deed.SIGNED_IN, user)

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            record(Deed.SIGNED_OUT, user)

    # Lockout

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By account alone. allauth's has the Host header in it, which whoever asks may vary."""
        return f"account:{credentials.get('username', '').lower()}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts a try, which is taken back when it succeeds.

        By address apart: of what somebody succeeds in, a code for instance, allauth forgets all tries, and
        whoever has an account could guess at others' without end.
        """
        by_address = ratelimit.consume(request, app="allauth.account", action="login_failed_by_address")
        try:
            if by_address is None:
                raise self.validation_error("too_many_login_attempts")
            super().pre_authenticate(request, **credentials)
            self._login_failed_rl_usage.usage += by_address.usage
        except ValidationError:
            key = salted_hmac("signing_in.locked", self._get_login_attempts_cache_key(request, **credentials))
            if cache.add(f"locked:{key.hexdigest()}", True, LOCKED_FOR):  # told once
                record(Deed.LOCKED, get_user_by_username(credentials.get("username", "")))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        record(Deed.FAILED, get_user_by_username(credentials.get("username", "")))

    def get_client_ip(self, request: HttpRequest) -> str:
        """What stands for an address in the table of tries: nobody can read from it whose it was."""
        return salted_hmac("signing_in.address", network(super().get_client_ip(request))).hexdigest()

    # Passwords

    def set_password(self, user: User, password: str | None) -> None:
        """With None there is none: a passkey alone opens the account, or a link to choose one."""
        asking = self.request.user
        is_own = asking == user
        by = asking if isinstance(asking, User) and not is_own else None  # with a link from a mail, nobody
        with transaction.atomic():
            super().set_password(user, password)
            sessions.end_all(user.pk, but=self.request.session if is_own else None)
            record(Deed.PASSWORD_CHANGED, user, by=by)
        # Who has proved that the mailbox is his need not wait.
        key = self._get_login_attempts_cache_key(self.request, username=user.get_username())
        ratelimit.clear(self.request, app="allauth.account", action="login_failed", key=key)
        tell(user, _("The password has been changed."))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under the site's own address, never under what the request says its host is."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.SITE_URL}{path.replace('UID-KEY', key)}"

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """To the address of the account, not to what was typed, which may only look like it."""
        who = {"name": user.get_username(), "clinic": settings.CLINIC.name}
        if user.last_login is None:
            body = [
                _("You have an account at %(clinic)s. Your username is %(name)s.") % who,
                _("Choose a password here within a day:"),
                context["password_reset_url"],
                _("Is it too late, “Forgotten your password?” where you sign in sends you a new link."),
            ]
        else:
            body = [
                _("A new password has been asked for, for the account %(name)s at %(clinic)s.") % who,
                _("Choose it here within a day:"),
                context["password_reset_url"],
                _("If you do not want one, do nothing: the password stays as it is."),
            ]
        send_mail(_("Choose a password"), "\n\n".join(body), None, [user.email])

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """signing_in.records tells, in fewer words and without the address."""

    # Confirming who one is

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """In our words."""
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": CONFIRMED_BY[method["id"]]} for method in methods]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who has signed in a moment ago."""
        return (
            time.time() - sessions.began_at(self.request.session) > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        )


def send_link(request: HttpRequest, user: User, by: User) -> None:
    """Mail somebody a link to choose a password. Raises OSError when the mail is not taken."""
    request_password_reset(request, user.email, [user], None)
    record(Deed.LINK_SENT, user, by=by)


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
    }

    def get_totp_label(self, user: User) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return str(settings.CLINIC.name)

    def build_totp_svg(self, url: str) -> str:
        """For the page itself: nothing in it that a Content-Security-Policy would have to allow."""
        image = qrcode.make(url, image_factory=SvgPathImage)
        stream = BytesIO()
        image.save(stream)
        return stream.getvalue().decode().partition("?>")[2].strip()

    # Whoever reads a backup of the database has nobody's second factor.

    def encrypt(self, text: str) -> str:
        return keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return keys().decrypt(encrypted_text).decode()
        except InvalidToken as error:
            raise ValidationError(
                _("Your second factor cannot be checked any more. Ask an administrator to reset it.")
            ) from error

    # Passkeys belong to a host. It is the site's, not what the request says; on one's own machine it
    # is what the browser shows.

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        host = entity["id"] if settings.DEBUG else urlsplit(settings.SITE_URL).hostname or ""
        return {"id": host, "name": settings.CLINIC.name}

    def _get_site_name(self) -> str:
        return str(settings.CLINIC.name)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}


def network(address: str) -> str:
    """Of IPv6 the part that a household or a clinic has; of IPv4 the whole address."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def keys() -> MultiFernet:
    """The present secret encrypts, former ones still decrypt."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(f"signing_in.factors:{secret}".encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
