"""What tests rely on without saying it."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, connection, connections

from articles.models import Edition
from clinic.private_postgres.base import DatabaseWrapper
from tests.factories import make_edition


@pytest.mark.django_db
def test_the_tests_own_server_does_not_wait_for_the_disk():
    if not isinstance(connections[DEFAULT_DB_ALIAS], DatabaseWrapper):
        pytest.skip("the tests run on a server that is not the project's own")
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("off",)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["one", "the other"])
def test_a_test_sees_nothing_that_another_committed(turn):
    assert not Edition.objects.exists()
    make_edition()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["one", "the other"])
def test_what_migrations_made_is_there_though_another_deleted_it(turn):
    writers = Group.objects.get(name="Writer")
    assert writers.permissions.filter(codename="add_article").exists()
    writers.delete()
    Permission.objects.all().delete()
