"""People who sign in by themselves, as people do."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.signing_in import totp

PASSWORD = "fire ord om ost og vejr"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def make_person(name: str = "anna", role: str = "Editor", **fields: Any) -> User:
    given: dict[str, Any] = {"email": f"{name}@example.dk", "is_staff": True} | fields
    person = User.objects.create_user(name, password=PASSWORD, **given)
    person.groups.set(Group.objects.filter(name=role))
    return person


def give_app(person: User) -> Authenticator:
    return TOTP.activate(person, SECRET).instance


def give_codes(person: User) -> list[str]:
    return list(RecoveryCodes.activate(person).get_unused_codes())


def give_password(client: Client, name: str = "anna", password: str = PASSWORD, **extra: Any) -> Any:
    return client.post("/admin/login/", {"login": name, "password": password}, **extra)


def give_code(client: Client, written: str | None = None) -> Any:
    return client.post("/admin/second-factor/authenticate/", {"code": written or totp.code(SECRET)})
