"""Which articles cite a work, and changing the key they cite it by."""

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from articles import revising
from articles.models import Article, Edition
from references import citations
from references.citations import Key
from references.languages import localized
from references.models import Reference


def working_copies(reference: Reference) -> list[tuple[Article, str]]:
    """Each article and language whose draft cites the work."""
    keys = set(reference.keys)
    return [
        (article, language)
        for article in mentioning(keys)
        for language in article.languages
        if keys.intersection(citations.keys(article.text("body", language)))
    ]


def mentioning(keys: set[Key]) -> list[Article]:
    """Articles whose drafts hold a key's value somewhere: a superset of those that cite it."""
    languages = Article().languages
    condition = Q(pk=None)
    for key in keys:
        for language in languages:
            condition |= Q(**{f"{localized('body', language)}__icontains": key.value})
    return list(Article.objects.filter(condition).order_by("pk"))


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
    changed = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Article), object_id__in=map(str, articles)
    )
    people = Q(pk__in=changed.values("user")) | Q(pk__in=online.values("published_by"))
    return list(User.objects.filter(people, is_active=True).exclude(email="").order_by("pk"))
