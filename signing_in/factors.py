"""Second factors: who has one, which session has shown one, and what follows from a change.

allauth tells of these by signals and has no other place for it.
"""

from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from signing_in import sessions
from signing_in.records import Deed, record, tell

# In a session: the account whose second factor has been shown in it.
SHOWN = "second_factor_of"


def has_one(user: User) -> bool:
    """Recovery codes alone are none: they only stand in for one."""
    factors = Authenticator.objects.filter(user=user)
    return bool(factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


def was_shown(session: SessionBase, user: User) -> bool:
    return bool(session.get(SHOWN) == user.pk)


def is_wanting(session: SessionBase, user: User) -> bool:
    return settings.SECOND_FACTOR_REQUIRED and not was_shown(session, user)


def reset(user: User, *, by: User | None = None) -> int:
    """Take all of them away, for somebody who has lost them; the number. `by` is who does it at the desk."""
    with transaction.atomic():
        count, _rows = Authenticator.objects.filter(user=user).delete()
        sessions.end_all(user.pk)
        record(Deed.FACTORS_RESET, user, by=by)
    tell(user, _("The second factor has been reset."))
    return int(count)


def listen() -> None:
    # A receiver that nothing else refers to would be forgotten.
    for signal, receiver in {
        signals.authenticator_used: used,
        signals.authentication_failed: failed,
        signals.authenticator_added: added,
        signals.authenticator_removed: removed,
        signals.authenticator_reset: codes_made,
    }.items():
        signal.connect(receiver, weak=False, dispatch_uid=f"signing_in.{receiver.__name__}")


def used(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    request.session[SHOWN] = user.pk
    if request.user.is_authenticated:
        request.session.cycle_key()
    record(Deed.FACTOR_USED, user, authenticator.type)


def failed(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    record(Deed.FACTOR_FAILED, user, authenticator.type)


def added(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    record(Deed.FACTOR_ADDED, user, authenticator.type)
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    # Sessions from before know nothing of it, and one of them may be somebody else's.
    sessions.end_all(user.pk, but=request.session)
    request.session[SHOWN] = user.pk
    request.session.cycle_key()
    tell(user, _("A second factor has been added."))


def removed(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    record(Deed.FACTOR_REMOVED, user, authenticator.type)
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    sessions.end_all(user.pk, but=request.session)
    if not has_one(user):
        request.session.pop(SHOWN, None)
    request.session.cycle_key()
    tell(user, _("A second factor has been removed."))


def codes_made(user: User, **_kwargs: Any) -> None:
    record(Deed.CODES_MADE, user)
    tell(user, _("New recovery codes have been made; the former ones are void."))
