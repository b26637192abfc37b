"""What happens at the door is logged, listed, and mailed to whom it concerns."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.utils.translation import gettext as _

from signing_in.models import SignInEntry

Deed = SignInEntry.Deed
TROUBLE = {Deed.FAILED, Deed.LOCKED, Deed.REFUSED, Deed.FACTOR_FAILED, Deed.FACTORS_RESET}

logger = logging.getLogger("signing_in")


def record(deed: Deed, user: User | None, detail: str = "", *, by: User | None = None) -> None:
    """`by` is who has done it to somebody else: a name for the list, a number for the log."""
    level = logging.WARNING if deed in TROUBLE else logging.INFO
    said = f"{deed.value} {detail}".strip()
    account = str(user.pk) if user else "unknown"
    logger.log(level, "%s: account %s", said, f"{account}, by account {by.pk}" if by else account)
    SignInEntry.objects.record(deed, user, by.get_username() if by else detail)


def tell(user: User, what: str) -> None:
    """Mail the owner of an account that somebody has changed how one signs in."""
    if not user.email:
        return
    subject = _("Your way of signing in has changed")
    body = [
        _("%(what)s The account is %(name)s at %(clinic)s.")
        % {"what": what, "name": user.get_username(), "clinic": settings.CLINIC.name},
        _("If you know nothing of it, tell an administrator at once."),
    ]
    try:
        send_mail(subject, "\n\n".join(body), None, [user.email])
    except (SMTPException, OSError):
        logger.exception("Account %s could not be told of a change.", user.pk)
