"""Which articles cite a work, and changing the key they cite it by."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _

from articles import revising
from articles.models import Article, Citation, Edition
from articles.models.article import NAMING, cited_as
from references import citations
from references.languages import localized
from references.models import Reference


def working_copies(reference: Reference) -> list[tuple[Article, str]]:
    """Each article and language whose draft cites the work."""
    keys = set(reference.keys)
    return [
        (article, language)
        for article in Article.objects.citing(keys).order_by("pk")
        for language in article.languages
        if keys.intersection(citations.keys(article.text("body", language)))
    ]


class Place(NamedTuple):
    """One language of an article that cites a work."""

    article: int
    title: str
    language: str
    is_draft: bool
    since: datetime
    """When it was published; of a draft, when it was saved last."""


def places(references: Collection[Reference]) -> defaultdict[int, list[Place]]:
    """Where each work is cited, by its id: online or scheduled, then in drafts. Reads no article's text."""
    found: defaultdict[int, list[Place]] = defaultdict(list)
    published = Citation.objects.filter(
        reference__in=[reference.pk for reference in references],
        edition__in=Edition.objects.current_or_scheduled(),
    ).order_by("edition__language", "edition_id")
    columns = ("edition__article", "edition__title", "edition__language", "edition__created_at")
    for pk, article, title, language, since in published.values_list("reference", *columns):
        found[pk].append(Place(article, title, language, is_draft=False, since=since))

    codes = [code for code, _name in settings.LANGUAGES]
    cited = {
        cited_as(code, key): (reference.pk, code)
        for reference in references
        for key in reference.keys
        for code in codes
    }
    for article, title, since, key in drafts_naming(cited):
        pk, language = cited[key]
        found[pk].append(Place(article, title, language, is_draft=True, since=since))
    return found


def drafts_naming(cited: Collection[str]) -> list[tuple[int, str, datetime, str]]:
    """Id, title and last saving of each draft that names one of these, as in Article.cites, and which."""
    active = get_language() or settings.LANGUAGE_CODE
    codes = sorted((code for code, _name in settings.LANGUAGES), key=lambda code: code != active)
    titles = ", ".join(f"NULLIF({localized('title', code)}, '')" for code in codes)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, COALESCE({titles}, %s::text), updated_at, named"  # noqa: S608 - names of columns
            f" FROM ({NAMING}) AS naming ORDER BY id, named",
            [gettext("Untitled"), list(cited)],
        )
        found: list[tuple[int, str, datetime, str]] = cursor.fetchall()
    return found


@transaction.atomic
def take(reference: Reference, pmid: int, *, by: User | None = None) -> list[tuple[Article, str]]:
    """Cite another work in the place of this one, in every draft; answers with where.

    What the author wrote goes with it, so that the new record is compared with it. Editions stay as
    they are: the drafts have to be published.
    """
    key = citations.pmid(pmid)
    Reference.objects.ensure([key])
    other = Reference.objects.get(pmid=pmid)
    if not other.claimed:
        other.claimed = reference.claimed
        other.save(update_fields=["claimed"])
    changed = working_copies(reference)
    for article, language in changed:
        locked = revising.lock(article.pk)
        body = localized("body", language)
        setattr(locked, body, citations.rekey(locked.text("body", language), reference.keys, key))
        locked.save(update_fields=[body, "updated_at"])
        revising.record(locked, by=by, comment=_("Cites PubMed %(pmid)d instead.") % {"pmid": pmid})
    return changed


def editors(reference: Reference) -> list[User]:
    """Who published or changed an article that cites the work, online or in its draft."""
    online = Edition.objects.current().filter(citations__reference=reference)
    articles = {edition.article_id for edition in online}
    articles |= {article.pk for article, _language in working_copies(reference)}
    changed = article_changes().filter(object_id__in=map(str, articles))
    people = Q(pk__in=changed.values("user")) | Q(pk__in=online.values("published_by"))
    return list(User.objects.filter(people, is_active=True).exclude(email="").order_by("pk"))


def edited_by(user: User) -> set[int]:
    """Ids of the articles the person has published, as they are online, or changed."""
    changes = article_changes().filter(user=user)
    changed = changes.order_by().values_list("object_id", flat=True).distinct()
    published = Edition.objects.current().filter(published_by=user).values_list("article", flat=True)
    return {*(int(pk) for pk in changed if pk), *published}


def article_changes() -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Article))
