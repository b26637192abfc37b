"""Two editors pressing Save at the same moment, on connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import transaction
from django.test import Client

from articles import revising
from articles.models import Article
from tests.articles.test_admin import address, form
from tests.articles.test_publishing_at_once import on_own_connection, wait_until_somebody_waits_for_a_lock
from tests.factories import make_article, make_editor

pytestmark = pytest.mark.django_db(transaction=True)


def test_second_to_save_waits_and_then_sees_both_texts():
    article = make_article(title_da="Brok", body_da="Et.\n\nTo.")
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_editor())
    fields = form(title_da="Brok", slug_da=article.slug_da, body_da="Et.\n\n2.", loaded_version="1")

    locked, released = Event(), Event()

    def save_first():
        with transaction.atomic():
            first = revising.lock(article.pk)
            locked.set()
            released.wait(timeout=60)
            first.body_da = "1.\n\nTo."
            first.save()
            revising.record(first)

    with ThreadPoolExecutor(2) as pool:
        saving = pool.submit(on_own_connection, save_first)
        locked.wait(timeout=60)
        second = pool.submit(on_own_connection, lambda: client.post(address("change", article), fields))
        wait_until_somebody_waits_for_a_lock()
        released.set()
        saving.result()
        response = second.result()

    assert response.context["adminform"].form["body_da"].value() == "1.\n\n2."
    assert Article.objects.get().text("body", "da") == "1.\n\nTo."
