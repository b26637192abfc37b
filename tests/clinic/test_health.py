"""What load balancers are told."""

import json
import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as project
from django.core.files.storage import storages
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from clinic import health
from references.models import Check
from tests.factories import make_reference

NGINX_WAITS = 5  # seconds
EVERYTHING = {"database", "migrations", "disk", "references", "maintenance"}


@pytest.fixture
def roomy(monkeypatch):
    """The disk has so many MiB left."""

    def leave(mib):
        monkeypatch.setattr(
            health.shutil, "disk_usage", lambda _path: SimpleNamespace(free=mib * 1024 * 1024)
        )

    leave(10_000)
    return leave


def checks(client, status):
    response = client.get("/readyz")
    assert response.status_code == status
    answer = response.json()
    assert answer["ready"] == (status == 200)
    assert set(answer["checks"]) == EVERYTHING
    return answer["checks"]


def test_process_is_alive_without_a_database(client):
    response = client.get("/healthz", headers={"Host": "10.0.0.7:8000"})
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"


def test_process_is_alive_while_the_site_is_closed(client, settings, tmp_path):
    settings.MAINTENANCE_FILE = tmp_path / "closed"
    settings.MAINTENANCE_FILE.touch()
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probe_is_only_read(client, path):
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_is_ready_when_all_is_well(client, roomy):
    assert {check["status"] for check in checks(client, 200).values()} == {"ok"}


@pytest.mark.django_db
def test_asks_little_of_the_database(client, roomy, django_assert_max_num_queries):
    client.get("/readyz")
    with django_assert_max_num_queries(7):
        client.get("/readyz")


def ask_without_a_database(**environment):
    """Status, seconds and JSON of a process that cannot reach any."""
    code = (
        "import django, time; django.setup()\n"
        "from django.test import Client\n"
        "begun = time.monotonic()\n"
        "answer = Client().get('/readyz')\n"
        "print(answer.status_code, time.monotonic() - begun, answer.content.decode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.clinic.without_database",
            "SECRET_KEY": "x" * 50,
            "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nowhere",
        }
        | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    status, seconds, answer = done.stdout.split(" ", 2)
    return status, float(seconds), json.loads(answer)


def test_is_not_ready_without_a_database():
    status, _seconds, answer = ask_without_a_database()
    found = answer["checks"]
    assert status == "503"
    assert found["database"] == {"status": "failed", "note": "the database does not answer"}
    assert found["migrations"]["status"] == "failed"
    assert "127.0.0.1" not in str(answer)


@pytest.mark.django_db
def test_is_not_ready_before_the_migrations(client, roomy):
    MigrationRecorder(connections["default"]).record_unapplied("articles", "0014_search")
    assert checks(client, 503)["migrations"]["missing"] == ["articles.0014_search"]


@pytest.mark.django_db
def test_is_not_ready_without_any_table(client, roomy):
    with connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL search_path TO nowhere")
    found = checks(client, 503)
    assert "articles.0001_articles_and_editions" in found["migrations"]["missing"]
    assert found["references"]["note"] == "not known"


@pytest.mark.django_db(transaction=True)
def test_table_that_is_locked_is_not_waited_for_long(client, roomy):
    other = connections["default"].copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE references_check IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        try:
            assert checks(client, 503)["migrations"]["note"] == "not known"
        finally:
            other.close()
    assert time.monotonic() - begun < NGINX_WAITS


def test_server_that_says_nothing_is_not_waited_for_long():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        status, seconds, answer = ask_without_a_database(CLOSED_PORT=str(silent.getsockname()[1]))
    assert (status, answer["checks"]["database"]["status"]) == ("503", "failed")
    assert seconds < NGINX_WAITS


@pytest.mark.django_db
def test_migration_of_newer_code_only_warns(client, roomy):
    MigrationRecorder(connections["default"]).record_applied("articles", "9999_newer")
    assert checks(client, 200)["migrations"] == {
        "status": "warning",
        "note": "the database is of newer code",
        "unknown": ["articles.9999_newer"],
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("mib", "status", "outcome"), [(199, 503, "failed"), (1000, 200, "warning")])
def test_space_for_pictures(client, roomy, mib, status, outcome):
    roomy(mib)
    assert checks(client, status)["disk"]["status"] == outcome


@pytest.mark.django_db
def test_folder_of_pictures_that_cannot_be_reached(client, roomy, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / ("x" * 300)
    assert checks(client, 503)["disk"]["note"] == "the folder of pictures cannot be reached"


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "outcome"), [(9, "warning"), (1, "ok")])
def test_references_that_nobody_looks_at_only_warn(client, roomy, days, outcome):
    Check.objects.create(
        reference=make_reference(),
        outcome=Check.Outcome.FOUND,
        standing="good",
        standing_before="good",
        at=timezone.now() - timedelta(days=days),
    )
    found = checks(client, 200)["references"]
    assert (found["status"], found["last_check_hours"]) == (outcome, days * 24)


@pytest.mark.django_db
def test_closed_site_is_left_in_service_to_say_so(client, roomy, settings, tmp_path):
    settings.MAINTENANCE_FILE = tmp_path / "closed"
    settings.MAINTENANCE_FILE.touch()
    assert checks(client, 200)["maintenance"]["status"] == "warning"


@pytest.mark.django_db
def test_disk_is_not_looked_at_when_pictures_are_elsewhere(client, roomy, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    }
    roomy(0)
    assert storages["default"]
    assert checks(client, 200)["disk"] == {"status": "ok", "media": "not on this machine"}
