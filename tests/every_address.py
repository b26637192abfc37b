"""Every address the program answers, by its name, about things that are there."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RoutePattern
from django.utils import translation

from articles import metadata, publishing
from articles.models import AuditEntry, Edition, Synonym
from tests.factories import (
    make_approval,
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_colleague,
    make_picture,
    make_preview_link,
    make_reference,
    make_treatment,
)

SECRET = "Endnu hemmeligt"  # in everything that is not published


def patterns(
    where: URLResolver | None = None, namespace: str = "", outer: frozenset[str] = frozenset()
) -> Iterator[tuple[str, frozenset[str]]]:
    """The name of each address, and what it is about; a redirect has no name."""
    for pattern in (where or get_resolver()).url_patterns:
        parameters = outer | taken(pattern)
        if isinstance(pattern, URLResolver):
            inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from patterns(pattern, inside, parameters)
        else:
            yield f"{namespace}{pattern.name}" if pattern.name else "", parameters


def every_address() -> dict[str, str]:
    """A path for each name, in Danish. Makes what they are about."""
    drafted = make_article(title_da=SECRET, body_da=f"## {SECRET}", abstract_da=SECRET)
    make_approval(drafted, token="waiting")
    author, category = make_author(slug="anna"), make_category(slug_da="maven")
    treatment = make_treatment(slug_da="koloskopi")
    article = make_bilingual_article(slug_da="brok", author=author, category=category)
    article.treatments.set([treatment])
    edition = publishing.publish(article, "da")
    slugs = {"category": "maven", "author": "anna", "treatment": "koloskopi"}
    numbers = {
        "articles_article": drafted.pk,
        "articles_picture": make_picture(alt_da=SECRET).pk,
        "articles_author": make_author(SECRET).pk,
        "articles_category": category.pk,
        "articles_treatment": treatment.pk,
        "articles_synonym": Synonym.objects.create(language="da", words=[SECRET, "brok"]).pk,
        "articles_auditentry": AuditEntry.objects.latest("pk").pk,
        "articles_reference": make_reference(claimed=SECRET).pk,
        "references_reference": make_reference(title=SECRET).pk,
        "auth_user": make_colleague().pk,
        "auth_group": Group.objects.create(name=SECRET).pk,
    }
    arguments: dict[str, Any] = {
        "language": "da",
        "number": 1,
        "extension": "ris",
        "digest": card_digest(edition),
        "app_label": "articles",
        "content_type_id": ContentType.objects.get_for_model(Edition).pk,
        "url": "nothing",
        "token": "unknown",
        "uidb36": "1",
        "key": "unknown",
    }
    exceptional = {
        "permalink": f"/a/{article.pk}/",
        "preview": make_preview_link(drafted).get_absolute_url(),
        "oembed": f"/oembed?url={settings.SITE_URL}{edition.get_absolute_url()}",
    }
    with translation.override("da"):
        return {
            name: reverse(name, kwargs={key: known[key] for key in parameters})
            for name, parameters in patterns()
            if name and (known := {**arguments, **about(name, slugs, numbers, drafted.pk)})
        } | exceptional


def about(name: str, slugs: dict[str, str], numbers: dict[str, int], other: int) -> dict[str, Any]:
    """What an address of this name is about: the number of a thing of its kind, the slug of one."""
    kind = re.match(r"articles:(category|author|treatment)", name)
    model = re.match(r"admin:([a-z]+_[a-z]+)", name)
    number = numbers.get(model[1], other) if model else other
    return {"pk": number, "object_id": number, "id": number, "slug": slugs[kind[1]] if kind else "brok"}


def taken(pattern: URLPattern | URLResolver) -> frozenset[str]:
    route = pattern.pattern
    return frozenset(route.converters if isinstance(route, RoutePattern) else route.regex.groupindex)


def card_digest(edition: Edition) -> str:
    return metadata.card_of(edition.title, edition.author.name if edition.author else "").digest
