"""Sessions in the database that end after a time without work, and after a working day in any case."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from signing_in.models import Session

BEGAN = "began_at"
A_MINUTE = timedelta(minutes=1)

View = TypeVar("View", bound=Callable[..., Any])


class SessionStore(DatabaseStore):
    ends_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        data.setdefault(BEGAN, time.time())
        row = cast("Session", super().create_model_instance(data))
        row.account_id = data.get(SESSION_KEY) or halfway_in(data)
        return row

    def get_expiry_age(self, **_kwargs: Any) -> int:
        """Seconds until it ends, if nothing more is done."""
        now = time.time()
        left = self.get(BEGAN, now) + settings.SESSION_COOKIE_AGE - now
        return max(0, min(settings.SESSION_IDLE_AGE, int(left)))

    def get_expiry_date(self, **_kwargs: Any) -> datetime:
        return timezone.now() + timedelta(seconds=self.get_expiry_age())

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        self.ends_at = row.expire_date if row else None
        return row

    def save(self, must_create: bool = False) -> None:
        """Raises UpdateError when the session has ended meanwhile."""
        try:
            super().save(must_create)
        except UpdateError as error:
            # Django calls it ended, too, when the database has gone away.
            if isinstance(error.__context__, (OperationalError, InterfaceError)):
                raise error.__context__ from None
            raise

    def prolong(self) -> None:
        """Whoever works stays signed in. Only the row's date: what another request writes stays."""
        self.is_empty()  # loads it
        ends_at = self.get_expiry_date()
        if self.ends_at and ends_at - self.ends_at > A_MINUTE:
            Session.objects.filter(pk=self.session_key).update(expire_date=ends_at)


def halfway_in(data: dict[str, Any]) -> int | None:
    """The account whose password was given, and which has still to show its second factor."""
    login = data.get(LOGIN_SESSION_KEY)
    return url_str_to_user_pk(login["user_pk"]) if login else None


def begin(session: SessionBase) -> None:
    session[BEGAN] = time.time()


def began_at(session: SessionBase) -> float:
    began: float = session.get(BEGAN, 0)
    return began


@dataclass(frozen=True)
class Opened:
    began_at: datetime
    is_this: bool


def opened(this: SessionBase, user: User) -> list[Opened]:
    """Those in which the account is signed in, the newest first."""
    rows = Session.objects.filter(account_id=user.pk, expire_date__gt=timezone.now())
    found = [(row.pk == this.session_key, this.decode(row.session_data)) for row in rows]
    signed_in = [
        Opened(datetime.fromtimestamp(data[BEGAN], tz=UTC), is_this)
        for is_this, data in found
        if SESSION_KEY in data
    ]
    return sorted(signed_in, key=lambda session: session.began_at, reverse=True)


def end_all(account_id: int, *, but: SessionBase | None = None) -> int:
    """Sign the account out everywhere; the number of sessions ended."""
    rows = Session.objects.filter(account_id=account_id)
    ended, _ = rows.exclude(pk=but.session_key if but else None).delete()
    return ended


def unattended(view: View) -> View:
    """What a page asks for by itself: it does not keep anybody signed in."""
    view.is_unattended = True  # type: ignore[attr-defined]
    return view
