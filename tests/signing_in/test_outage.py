"""The database goes away in the middle of signing in: that is said, and nobody is half in."""

import pytest
from allauth.mfa.webauthn.internal import auth
from django.db import OperationalError, connection, transaction
from django.urls import reverse

from signing_in import sessions
from tests.signing_in import totp
from tests.signing_in.people import PASSWORD, SECRET, give_app, give_codes, give_password, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NEW = "helt andre ord om skov og hav"


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.SECOND_FACTOR_REQUIRED = True


class Away:
    """The database answers so many queries, and then no more. What was begun it takes back by itself."""

    def __init__(self, answers: int) -> None:
        self.left = answers
        self.has_gone = False

    def __call__(self, execute, sql, *args):
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.left -= 1
        if self.left < 0:
            self.has_gone = True
            raise OperationalError("the connection is lost")
        return execute(sql, *args)


def answers(client, address, sent):
    """Of one request, with a database that goes away a query later each time, until it does not."""
    client.raise_request_exception = False
    cookies = client.cookies.copy()
    for queries in range(200):
        away = Away(queries)
        client.cookies = cookies.copy()
        with transaction.atomic():
            with connection.execute_wrapper(away):
                response = client.post(address, sent)
            yield response.status_code, away.has_gone
            transaction.set_rollback(True)
        if not away.has_gone:
            return


def is_in(client):
    return client.get(reverse("admin:index")).status_code == 200


def assert_nobody_is_half_in(client, address, sent):
    found = [(*answer, is_in(client)) for answer in answers(client, address, sent)]
    *away, through = found
    assert set(away) == {(503, True, False)}
    assert through == (302, False, "second-factor" in address)


def test_password_with_which_the_database_goes_away_lets_nobody_in(client):
    make_person()
    assert_nobody_is_half_in(client, reverse("account_login"), {"login": "anna", "password": PASSWORD})


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_code_with_which_the_database_goes_away_lets_nobody_in(client, kind):
    person = make_person()
    give_app(person)
    code = give_codes(person)[0] if kind == "recovery" else totp.code(SECRET)
    give_password(client)
    assert_nobody_is_half_in(client, reverse("mfa_authenticate"), {"code": code})


def go_away(*_args, **_kwargs):
    raise OperationalError("the connection is lost")


def test_database_that_goes_away_is_no_wrong_passkey(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr(auth, "parse_authentication_response", go_away)
    assert client.post(reverse("mfa_login_webauthn"), {"credential": '{"a": 1}'}).status_code == 503


def test_password_is_changed_wholly_or_not_at_all(client, monkeypatch):
    anna = make_person()
    client.raise_request_exception = False
    client.force_login(anna)
    session = client.session
    session["second_factor_of"] = anna.pk
    session.save()
    monkeypatch.setattr(sessions, "end_all", go_away)
    address = reverse("account_change_password")
    sent = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(address, sent).status_code == 503
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)
