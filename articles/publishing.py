"""From the working copy to a published edition, and back off the site."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max
from django.utils import timezone

from articles import drafts, preflight
from articles.models import (
    Article,
    Citation,
    Edition,
    EditionQuerySet,
    EditionRelated,
    EditionTreatment,
    Override,
)
from references import citations
from references.models import Reference

NEVER = DateTimeTZRange(empty=True)


class NotPublishable(Exception):  # noqa: N818 - said of a draft
    """The draft cannot be published. `reasons` are sentences for the editor."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


@transaction.atomic
def publish(
    article: Article,
    language: str,
    *,
    by: User | None = None,
    at: datetime | None = None,
    accepted: str = "",
) -> Edition:
    """Put one language of the working copy online, now or at a later moment.

    From that moment on readers see this edition and nothing else: the one in force until then ends
    there, and what was scheduled for later is cancelled. When readers would see the same content
    anyway, that edition is returned and nothing is written.

    Raises NotPublishable when there are errors. `accepted` is the reason for publishing in spite of
    those that can be accepted, and is kept with what they were.
    """
    article = Article.objects.select_for_update().get(pk=article.pk)
    start = max(at or timezone.now(), timezone.now())
    if article.published_on is None:
        article.published_on = timezone.localdate(start)
        article.save(update_fields=["published_on", "updated_at"])
    Reference.objects.ensure(citations.keys(article.text("body", language)))
    draft = drafts.compile(article, language)

    editions = article.editions.in_language(language)
    in_force = editions.current(at=start).first()
    is_unchanged = in_force is not None and in_force.content_hash == draft.edition.content_hash
    if in_force is not None and is_unchanged and not editions.scheduled(at=start).exists():
        return in_force
    errors = [finding for finding in preflight.findings(draft, start) if finding.is_error]
    if refused := [finding for finding in errors if not (accepted.strip() and finding.can_be_accepted)]:
        raise NotPublishable([finding.sentence for finding in refused])
    edition = draft.edition
    end_validity(editions, start)
    edition.number = (editions.aggregate(last=Max("number"))["last"] or 0) + 1
    edition.validity = DateTimeTZRange(start, None)
    edition.published_by = by
    insert(edition)
    for citation in draft.citations:
        citation.edition = edition
    Citation.objects.bulk_create(draft.citations)
    EditionTreatment.objects.bulk_create(
        EditionTreatment(edition=edition, treatment=treatment, position=position)
        for position, treatment in enumerate(draft.treatments)
    )
    EditionRelated.objects.bulk_create(
        EditionRelated(edition=edition, article=other, position=position)
        for position, other in enumerate(draft.related)
    )
    if errors:
        found = [{"name": finding.name, "sentence": finding.sentence} for finding in errors]
        Override.objects.create(edition=edition, by=by, reason=accepted.strip(), findings=found)
    return edition


@transaction.atomic
def withdraw(article: Article, language: str) -> bool:
    """Take the article offline in one language, now, and cancel what is scheduled.

    Returns whether there was anything to withdraw.
    """
    article = Article.objects.select_for_update().get(pk=article.pk)
    return end_validity(article.editions.in_language(language), timezone.now())


def insert(edition: Edition) -> None:
    """Insert the edition; NotPublishable when somebody else took its address this moment."""
    try:
        with transaction.atomic():
            edition.save(force_insert=True)
    except IntegrityError as error:
        refuse_taken_slug(edition)
        raise error


def end_validity(editions: EditionQuerySet, end: datetime) -> bool:
    """Let the edition in force end at the moment, and those scheduled after it never begin."""
    in_force = editions.current(at=end).first()
    if in_force is not None:
        # Begun at this very moment: it has been in force for no time at all.
        begun_now = in_force.validity.lower == end
        in_force.validity = NEVER if begun_now else DateTimeTZRange(in_force.validity.lower, end)
        in_force.save(update_fields=["validity"])
    cancelled = editions.scheduled(at=end).update(validity=NEVER)
    return in_force is not None or cancelled > 0


def refuse_taken_slug(edition: Edition) -> None:
    """Raise NotPublishable when another article has the address in the edition's time."""
    if holder := Edition.objects.elsewhere_at(edition, edition.validity).first():
        raise NotPublishable([preflight.slug_is_taken(edition.slug, holder.title)])
