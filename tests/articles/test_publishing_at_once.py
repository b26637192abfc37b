"""Several people publishing at the same moment, on connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from articles import publishing
from articles.models import Article, Edition
from articles.publishing import NotPublishable
from tests.factories import make_article

pytestmark = pytest.mark.django_db(transaction=True)


def on_own_connection(work):
    try:
        return work()
    finally:
        connection.close()


def wait_until_somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        for _ in range(100_000):  # bounded; each round asks the server
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waited for a lock")


def test_same_article_published_by_many_at_once_has_one_edition():
    article = make_article()
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(on_own_connection, lambda: publishing.publish(article, "da")) for _ in range(8)]
    assert len({future.result() for future in work}) == 1
    assert Edition.objects.count() == 1


def test_second_to_take_an_address_is_told_who_has_it():
    first, second = make_article(title_da="Den første", slug_da="brok"), make_article()
    second.slug_da = "brok"
    published, released = Event(), Event()

    def publish_first_and_wait():
        with transaction.atomic():
            publishing.publish(first, "da")
            published.set()
            released.wait(timeout=60)

    def publish_second():
        # The working copies' own unique slugs would refuse this earlier: two drafts, one address.
        with transaction.atomic():
            Article.objects.filter(pk=first.pk).update(slug_da="andet")
            second.save()
            publishing.publish(second, "da")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(on_own_connection, publish_first_and_wait)
        assert published.wait(timeout=60)
        two = pool.submit(on_own_connection, publish_second)
        wait_until_somebody_waits_for_a_lock()
        released.set()
    one.result()
    with pytest.raises(NotPublishable, match="Den første"):
        two.result()
    assert Edition.objects.count() == 1
