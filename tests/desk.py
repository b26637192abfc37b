"""What an editor's browser does with the desk's pages, for tests without a browser."""

from typing import Any

from django.test import Client
from django.urls import reverse

from articles.models import Article


def shown(client: Client, article: Article) -> dict[str, str]:
    """What the Publish page, opened now, sends back of what it showed."""
    states = client.get(reverse("admin:articles_article_publish", args=[article.pk])).context["states"]
    return {f"{state.code}-shown": state.shown for state, _remarks in states}


def shown_online(client: Client, article: Article) -> dict[str, str]:
    """What the page Withdraw, opened now, sends back of what it showed."""
    states = client.get(reverse("admin:articles_article_withdraw", args=[article.pk])).context["states"]
    return {f"{state.code}-shown": state.shown_editions for state in states}


def publish(
    client: Client, article: Article, languages: list[str], *, follow: bool = False, **said: str
) -> Any:
    """Open the Publish page, say something there, and publish."""
    sent = {**shown(client, article), "languages": languages, **said}
    return client.post(reverse("admin:articles_article_publish", args=[article.pk]), sent, follow=follow)
