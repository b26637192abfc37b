import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from django.utils import translation

from clinic import private_postgres
from clinic.private_postgres.base import DatabaseWrapper


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Where the site runs on the private PostgreSQL, tests run on one of their own: fast, not durable."""
    if not isinstance(connection, DatabaseWrapper):
        yield
        return
    # Each of several processes that share the tests has a server of its own.
    name = "-".join(filter(None, ["postgres-test", os.environ.get("PYTEST_XDIST_WORKER")]))
    directory = settings.BASE_DIR / "var" / name
    connection.settings_dict.update(private_postgres.database(directory, durable=False))
    yield
    connections.close_all()
    connection.server.stop()


@pytest.fixture(autouse=True)
def no_other_service(settings):
    """Nobody is asked but a test's own server: at this address there is none."""
    settings.PUBMED_BASE_URL = settings.CROSSREF_BASE_URL = "http://127.0.0.1:9"
    settings.PUBMED_TIMEOUT = 0.4  # seconds: too short to try again


@pytest.fixture(scope="session")
def media(tmp_path_factory):
    return tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def no_file_into_the_sites_own_storage(settings, media):
    settings.MEDIA_ROOT = media


@pytest.fixture(autouse=True)
def no_language_left_active() -> Iterator[None]:
    """The test client leaves the language of its last request active."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """The cache outlives a test."""
    cache.clear()
