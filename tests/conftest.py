import gc
import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.test import TransactionTestCase
from django.utils import translation
from pytest_django import DjangoDbBlocker

from clinic import private_postgres
from clinic.private_postgres.base import DatabaseWrapper


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end: no need to look through it time and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Where the site runs on the private PostgreSQL, tests run on one of their own: fast, not durable."""
    # Not django.db.connection: that is a proxy, and no instance of what it stands for.
    own = connections[DEFAULT_DB_ALIAS]
    if not isinstance(own, DatabaseWrapper):
        yield
        return
    # Each of several processes that share the tests has a server of its own.
    name = "-".join(filter(None, ["postgres-test", os.environ.get("PYTEST_XDIST_WORKER")]))
    directory = settings.BASE_DIR / "var" / name
    own.settings_dict.update(private_postgres.database(directory, durable=False))
    yield
    connections.close_all()
    own.server.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What a test committed is replaced by what the migrations left, which a flush would not bring back."""
    with django_db_blocker.unblock():
        restore = keep_what_migrations_left()

    def leave_as_migrated(_test_case: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute(restore)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", leave_as_migrated)
        yield


def keep_what_migrations_left() -> str:
    """Copy every row into a schema of its own; the SQL that makes these rows the only ones again."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    restore = emptying(tables)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS as_migrated CASCADE")
        cursor.execute("CREATE SCHEMA as_migrated")
        for table in tables:
            cursor.execute(f"CREATE TABLE as_migrated.{table} AS TABLE {table}")
            if cursor.rowcount:
                restore.append(f"INSERT INTO {table} TABLE as_migrated.{table}")
    return "; ".join(["BEGIN", *restore, "COMMIT"])


def emptying(tables: list[str]) -> list[str]:
    if not isinstance(connections[DEFAULT_DB_ALIAS], DatabaseWrapper):
        return [f"TRUNCATE {', '.join(tables)}"]
    # Far faster with few rows, and for a superuser, whose triggers can be kept still.
    return [
        f"LOCK TABLE {', '.join(tables)}",  # waits for whoever is still writing, like TRUNCATE
        "SET LOCAL session_replication_role = replica",
        *(f"DELETE FROM {table}" for table in tables),
    ]


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
def no_second_factor(settings):
    """Whoever signs in is at the desk, whatever this machine's settings are."""
    settings.SECOND_FACTOR_REQUIRED = False
