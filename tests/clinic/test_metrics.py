"""What Prometheus is told."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.core.mail import send_mail
from django.db import OperationalError
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from references.models import Check
from tests.factories import make_edition, make_reference

TOKEN = "a-token-for-tests"


@pytest.fixture
def scrape(client, settings):
    settings.METRICS_TOKEN = TOKEN

    def ask():
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        families = text_string_to_metric_families(response.content.decode())
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in families
            for sample in family.samples
        }

    return ask


@pytest.mark.django_db
@pytest.mark.parametrize("shown", ["", TOKEN, "Bearer wrong", "Bearer ", "Bearer æ"])
def test_nothing_is_there_without_the_token(client, settings, shown):
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404


@pytest.mark.django_db
def test_nothing_is_there_unless_a_token_is_set(client):
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
def test_requests_are_counted_by_the_name_of_the_page(client, scrape):
    key = ("clinic_requests_total", "200", "GET", "articles:list")
    before = scrape().get(key, 0)
    client.get("/da/blog/?q=<script>")
    found = scrape()
    assert found[key] == before + 1
    assert found["clinic_request_seconds_count", "articles:list"] >= 1


@pytest.mark.django_db
def test_no_label_is_what_a_visitor_wrote(client, scrape):
    client.get("/da/blog/ondskab-7/")
    client.get("/ondskab-8/")
    client.generic("ONDSKAB9", "/da/blog/")
    assert "ondskab" not in str(scrape()).casefold()


@pytest.mark.django_db
def test_content_is_counted(scrape):
    make_edition()
    Check.objects.create(
        reference=make_reference(standing="retracted"),
        outcome=Check.Outcome.FOUND,
        standing="retracted",
        standing_before="good",
        at=timezone.now() - timedelta(hours=1),
    )
    found = scrape()
    assert found["clinic_database_up",] == 1
    assert found["clinic_editions_published_total", "da"] == 1
    assert found["clinic_references", "retracted"] == 1
    assert found["clinic_references", "good"] == 0
    assert found["clinic_changes_untold",] == 1
    assert found["clinic_translations_outdated",] == 0
    assert 3600 <= found["clinic_last_reference_check_age_seconds",] < 3700


@pytest.mark.django_db
def test_requests_are_told_while_the_database_is_away(scrape, monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr("clinic.metrics.content", away)
    found = scrape()
    assert found["clinic_database_up",] == 0


@pytest.mark.django_db
def test_mail_that_was_not_taken_is_counted(scrape, settings):
    settings.EMAIL_BACKEND, settings.MAIL_BACKEND = (
        "clinic.mail.EmailBackend",
        "django.core.mail.backends.smtp.EmailBackend",
    )
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    before = scrape()["clinic_mails_failed_total",]
    with pytest.raises(OSError, match="refused"):
        send_mail("Emne", "Tekst", None, ["anna@klinik.example"])
    assert scrape()["clinic_mails_failed_total",] == before + 1


def test_processes_are_added_up(tmp_path):
    """As gunicorn's workers: each writes into the folder, and whichever is asked adds up."""
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "client = Client()\n"
        "client.get('/da/nothing-there', headers={'Host': 'bad host'})\n"
        "print(client.get('/metrics', headers={'Authorization': 'Bearer t'}).content.decode())\n"
    )
    environment = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "METRICS_TOKEN": "t",
        "DJANGO_SETTINGS_MODULE": "tests.clinic.without_database",
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nowhere",
    }
    for expected in ("1.0", "2.0"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=project.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert f'clinic_requests_total{{method="GET",status="400",view="none"}} {expected}' in done.stdout
        assert "clinic_database_up 0.0" in done.stdout
