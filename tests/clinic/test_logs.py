"""What gets into the logs of production, and into mails about errors."""

import json
import logging
import os
import re
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings as project
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory

from clinic import request_ids
from clinic.logs import JsonLines, MailToAdmins, scrubbed

NUMBER = "0123456789abcdef"


def line(message, *args, request=None, **fields):
    made = logging.makeLogRecord(
        {"name": "clinic.test", "levelname": "ERROR", "msg": message, "args": args} | fields
    )
    if request is not None:
        made.request = request
    text = JsonLines().format(made)
    assert "\n" not in text
    return json.loads(text)


def asked(path="/da/blog/?q=kr%C3%A6ft", user=None):
    request = RequestFactory().get(path, headers={"X-Request-ID": NUMBER}, REMOTE_ADDR="192.0.2.7")
    request.META["request_id"] = NUMBER
    if user is not None:
        request._cached_user = user
    return request


def failure(message, cause=None):
    secret = "a local value"  # noqa: F841 - must not be told
    try:
        raise ValueError(message) from cause
    except ValueError as error:
        return (ValueError, error, error.__traceback__)


def test_record_is_one_line_of_json():
    found = line("It is %s", "æøå\nthat")
    assert {key: found[key] for key in ("level", "logger", "message")} == {
        "level": "ERROR",
        "logger": "clinic.test",
        "message": "It is æøå\nthat",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", found["time"])


def test_record_of_a_request_has_its_number_and_its_path_without_the_query():
    found = line("Not Found", request=asked())
    assert (found["request"], found["path"], found["user"]) == (NUMBER, "/da/blog/", None)
    assert "192.0.2.7" not in json.dumps(found)


def test_of_who_is_signed_in_the_number_alone_is_said():
    found = line("x", request=asked(user=User(pk=7, username="anna", email="anna@klinik.example")))
    assert found["user"] == 7
    assert "anna" not in json.dumps(found)


def test_visitor_has_no_number():
    assert line("x", request=asked(user=AnonymousUser()))["user"] is None


def test_record_knows_the_request_that_is_being_answered():
    token = request_ids.current.set(asked())
    try:
        assert line("x")["request"] == NUMBER
    finally:
        request_ids.current.reset(token)


def test_exception_has_its_stack_without_values():
    found = line("x", exc_info=failure("wrong", KeyError("before")))["exception"]
    assert found.index("KeyError") < found.index("in failure") < found.index("ValueError: wrong")
    assert 'secret = "a local value"' not in found


def test_rows_that_postgresql_quotes_are_left_out():
    found = line("x", exc_info=failure("duplicate key\nDETAIL:  Key (email)=(anna) already exists."))
    assert found["exception"].endswith("ValueError: duplicate key")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Not Found: /preview/abc:def/", "Not Found: /preview/…/"),
        ("GET /approval/secret?x=1 HTTP/1.1", "GET /approval/…?… HTTP/1.1"),
        ("Not Found: /da/blog/search/?q=brok", "Not Found: /da/blog/search/?…"),
        ("refused for anna.proeve@klinik.example", "refused for …@…"),
        ("from 192.0.2.7 and 127.0.0.1", "from … and 127.0.0.1"),
        ("from [2001:db8::7]:443", "from […]:443"),
        ("from 2001:db8:0:1:2:3:4:5", "from …"),
        ("at 12:30:05 and 1:2, PMID 34256014", "at 12:30:05 and 1:2, PMID 34256014"),
        ("Python 3.11.2, 5.2.19 and a::b", "Python 3.11.2, 5.2.19 and …"),
    ],
)
def test_message_is_scrubbed(text, expected):
    assert scrubbed(text) == expected


@pytest.mark.parametrize("piece", ["a", "/", "a.", "1.", "a@", "/x?", ":", "1:", "/preview/"])
def test_long_message_takes_no_time_by_the_square(piece):
    start = time.process_time()
    scrubbed(piece * 100_000)
    assert time.process_time() - start < 2


# Mail


@pytest.fixture
def admins(settings):
    settings.ADMINS = [("", "drift@klinik.example")]


def record(number=1, error="wrong"):
    fields = {"name": "x", "levelno": logging.ERROR, "levelname": "ERROR", "lineno": number}
    made = logging.makeLogRecord(fields | {"msg": "Internal Server Error: /preview/secret/"})
    made.request = asked("/preview/secret/?q=1", User(pk=7, username="anna"))
    made.request.COOKIES["sessionid"] = "s3ss10n"
    made.exc_info = failure(error)
    return made


@pytest.mark.usefixtures("admins")
def test_mail_about_an_error_says_where_and_nothing_of_who(mailoutbox):
    MailToAdmins().handle(record())
    [mail] = mailoutbox
    text = mail.subject + mail.body
    assert mail.subject.endswith("ERROR: Internal Server Error: /preview/…/")
    assert "ValueError: wrong" in text
    assert f"request: {NUMBER}" in text
    for secret in ("secret/", "anna", "s3ss10n", "192.0.2.7"):
        assert secret not in text


@pytest.mark.usefixtures("admins")
def test_one_place_is_mailed_about_once_in_ten_minutes(mailoutbox):
    handler = MailToAdmins()
    for _time in range(3):
        handler.handle(record())
    assert len(mailoutbox) == 1
    handler.quiet_for = 0
    handler.handle(record())
    assert len(mailoutbox) == 2


def test_without_admins_nobody_is_mailed(mailoutbox):
    MailToAdmins().handle(record())
    assert not mailoutbox


@pytest.mark.usefixtures("admins")
def test_mail_server_that_is_away_makes_no_other_error(settings):
    settings.EMAIL_BACKEND, settings.MAIL_BACKEND = (
        "clinic.mail.EmailBackend",
        "django.core.mail.backends.smtp.EmailBackend",
    )
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    MailToAdmins().emit(record())


# The number of a request


@pytest.mark.django_db
def test_number_that_the_web_server_gave_is_taken_over(client):
    assert client.get("/healthz", headers={"X-Request-ID": NUMBER})["X-Request-ID"] == NUMBER


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "12345678\x00", "<script>alert(1)</script>", "åååååååå"]
)
def test_number_that_is_none_is_replaced(client, given):
    response = client.get("/healthz", headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{32}", response["X-Request-ID"])


def run(code, **environment):
    """What a process of production writes."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.clinic.without_database",
        "SECRET_KEY": "x" * 50,
        "DEBUG": "off",
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.BASE_DIR,
        env=os.environ | settings | {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/nowhere"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


def test_host_that_somebody_made_up_is_written_nowhere():
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "assert Client().get('/da/', headers={'Host': 'made-up.example'}).status_code == 400\n"
    )
    assert "made-up" not in run(code)


def test_form_that_is_none_of_ours_is_logged_and_mailed_to_nobody():
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "client = Client(enforce_csrf_checks=True, headers={'Host': '127.0.0.1'})\n"
        "client.cookies['__Host-csrftoken'] = 'a' * 32\n"
        "fields = {f'field-{n}': n for n in range(1200)}\n"
        "assert client.post('/admin/login/', fields).status_code == 413\n"
    )
    written = run(code, ADMINS="drift@klinik.example", EMAIL_URL="consolemail://")
    assert "django.security.TooManyFieldsSent" in written
    assert "Subject:" not in written


def test_backup_that_was_not_made_is_mailed(tmp_path):
    code = (
        "import django; django.setup()\n"
        "from django.core.management import CommandError, call_command\n"
        f"try: call_command('backup', {str(tmp_path)!r})\n"
        "except CommandError: pass\n"
    )
    written = run(code, ADMINS="drift@klinik.example", EMAIL_URL="consolemail://")
    assert "ERROR: No backup was made." in written


GET = b"GET /da/blog/search/?q=kr%C3%A6ft HTTP/1.0\r\nHost: blog.example\r\n\r\n"


def test_gunicorn_writes_lines_of_json_and_not_what_was_asked_for(tmp_path):
    """Its own log has the address of a request during which it killed a process."""
    (tmp_path / "failing.py").write_text("def application(environ, start_response): raise SystemExit(1)")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        bind = ["--bind", f"fd://{listening.fileno()}", "--workers", "1"]
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "failing", "--config", "deploy/gunicorn.conf.py", *bind],
            cwd=project.BASE_DIR,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            pass_fds=[listening.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        )
        with socket.create_connection(listening.getsockname()) as client:
            client.sendall(GET)
            client.recv(1000)
        server.terminate()
        written = server.communicate(timeout=20)[1]
    found = [json.loads(line) for line in written.splitlines()]
    assert "Error handling request GET /da/blog/search/?…" in {line["message"] for line in found}
    assert "kr%C3%A6ft" not in written
    assert all(line.keys() >= {"time", "level", "logger", "message"} for line in found)
