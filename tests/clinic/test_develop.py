import os
import socket
import subprocess
import sys

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from clinic.management.commands.develop import _make_editor


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=rf"^Port {port} cannot be used .*PORT=9000 make run\.$"):
            call_command("develop", port=str(port))


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "²"])
def test_what_is_no_port_is_one_sentence(port: str) -> None:
    with pytest.raises(CommandError, match="not a number from 1 to 65535"):
        call_command("develop", port=port)


@pytest.mark.django_db
def test_the_editor_has_the_role_of_one_and_no_other() -> None:
    password = _make_editor()
    editor = User.objects.get(username="editor")
    roles = [group.name for group in editor.groups.all()]
    assert (roles, editor.is_superuser, editor.check_password(password)) == (["Editor"], False, True)


def test_permanent_links_lead_to_the_port_the_site_is_served_on() -> None:
    settings = {"DEBUG": "on", "SECRET_KEY": "x", "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere"}
    said = subprocess.run(
        [sys.executable, "-c", "from clinic import settings; print(settings.SITE_URL)"],
        env={**os.environ, **settings, "PORT": "8123"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout == "http://127.0.0.1:8123\n"
