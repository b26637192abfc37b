"""From the working copy to a published edition, and back off the site."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from articles import drafts, preflight, revising
from articles.models import (
    REVIEW_MONTHS,
    SHOWN_TEXTS,
    Article,
    AuditEntry,
    Author,
    Citation,
    Edition,
    EditionPicture,
    EditionQuerySet,
    EditionRelated,
    EditionTreatment,
    Override,
    TranslationConfirmation,
)
from references import citations
from references.languages import localized
from references.models import Reference

NEVER = DateTimeTZRange(empty=True)


class NotPublishable(Exception):  # noqa: N818 - said of a draft
    """The draft cannot be published. `reasons` are sentences for the editor."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True)
class Review:
    """That a doctor read the text on a day and found it right."""

    by: Author
    on: date


@dataclass(frozen=True)
class Remarks:
    """What whoever publishes says of the text."""

    change_note: str = ""
    """What changed, for readers, in the language of the edition."""
    review: Review | None = None
    follows_original: bool = False
    """That a translation has the text of the original that is in force then."""


NO_REMARKS = Remarks()


@transaction.atomic
def publish(  # noqa: PLR0913 - each is a thing of its own to say
    article: Article,
    language: str,
    *,
    by: User | None = None,
    at: datetime | None = None,
    accepted: str = "",
    remarks: Remarks = NO_REMARKS,
) -> Edition:
    """Put one language of the working copy online, now or at a later moment.

    From that moment on readers see this edition and nothing else: the one in force until then ends
    there, and what was scheduled for later is cancelled. When readers would see the same content
    anyway, that edition is returned and nothing is written, unless there is a change note for them or
    a new medical review: a review of an unchanged text is a new edition of it.

    Without a new review that of the edition before holds on. That a translation follows the original is
    taken for granted of the first edition in a language only.

    Raises NotPublishable when there are errors. `accepted` is the reason for publishing in spite of
    those that can be accepted, and is kept with what they were.
    """
    article = revising.lock(article.pk)
    start = max(at or timezone.now(), timezone.now())
    if article.published_on is None:
        article.published_on = timezone.localdate(start)
        article.save(update_fields=["published_on", "updated_at"])
        revising.record(article, by=by, comment=_("Published for the first time."))
    Reference.objects.ensure(citations.keys(article.text("body", language)))
    draft = drafts.compile(article, language)

    editions = article.editions.in_language(language)
    in_force = editions.current(at=start).first()
    before = in_force or editions.exclude(validity__isempty=True).order_by("-number").first()
    edition = draft.edition
    edition.translated_from = followed(edition, before, start, is_said=remarks.follows_original)
    edition.change_note = remarks.change_note
    set_review(edition, remarks.review, before)
    if in_force and is_known(draft, in_force) and not editions.scheduled(at=start).exists():
        if edition.translated_from and edition.translated_from != in_force.followed:
            confirm(in_force, edition.translated_from, by)
        return in_force
    reason = accepted.strip()
    errors = [finding for finding in preflight.findings(draft, start) if finding.is_error]
    if refused := [finding for finding in errors if not (reason and finding.can_be_accepted)]:
        raise NotPublishable([finding.sentence for finding in refused])

    end_validity(editions, start)
    edition.number = (editions.aggregate(last=Max("number"))["last"] or 0) + 1
    edition.validity = DateTimeTZRange(start, None)
    edition.published_by = by
    store(draft)
    deed = AuditEntry.Deed.SCHEDULED if edition.is_scheduled else AuditEntry.Deed.PUBLISHED
    record(deed, article, language, by, number=edition.number)
    if errors:
        found = [{"name": finding.name, "sentence": finding.sentence} for finding in errors]
        Override.objects.create(edition=edition, by=by, reason=reason, findings=found)
        record(AuditEntry.Deed.OVERRODE, article, language, by, number=edition.number, detail=reason)
    return edition


def store(draft: drafts.Draft) -> None:
    """Save the edition with what it cites, offers, points to and shows."""
    edition = draft.edition
    save_where_free(edition, force_insert=True)
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
    EditionPicture.objects.bulk_create(
        EditionPicture(edition=edition, picture=picture) for picture in draft.pictures
    )


def is_known(draft: drafts.Draft, in_force: Edition) -> bool:
    """Whether publishing the draft tells readers nothing that they are not told by the edition in force."""
    edition = draft.edition
    is_reviewed_anew = (edition.reviewed_by, edition.reviewed_on) != (
        in_force.reviewed_by,
        in_force.reviewed_on,
    )
    return draft.is_same_as(in_force) and not edition.change_note and not is_reviewed_anew


def set_review(edition: Edition, review: Review | None, before: Edition | None) -> None:
    """Write the new review on the edition, or what the edition before says of one."""
    if review:
        months = edition.category.review_months if edition.category else REVIEW_MONTHS
        edition.reviewed_by, edition.reviewed_on = review.by, review.on
        edition.next_review_on = months_later(review.on, months)
    elif before:
        edition.reviewed_by, edition.reviewed_on = before.reviewed_by, before.reviewed_on
        edition.next_review_on = before.next_review_on


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def followed(edition: Edition, before: Edition | None, at: datetime, *, is_said: bool) -> Edition | None:
    """Which edition of the original a new edition follows; none for the original itself."""
    article = edition.article
    if edition.language == article.original_language:
        return None
    until_now = before.followed if before else None
    if before and not is_said:
        return until_now
    return article.editions.current(at=at).in_language(article.original_language).first() or until_now


def confirm(translation: Edition, original: Edition, by: User | None) -> TranslationConfirmation:
    """Record that a translation is right for an edition of the original, as it is."""
    return TranslationConfirmation.objects.create(translation=translation, original=original, confirmed_by=by)


@transaction.atomic
def withdraw(article: Article, language: str, *, by: User | None = None) -> bool:
    """Take the article offline in one language, now, and cancel what is scheduled.

    Returns whether there was anything to withdraw.
    """
    article = Article.objects.select_for_update().get(pk=article.pk)
    is_withdrawn = end_validity(article.editions.in_language(language), timezone.now())
    if is_withdrawn:
        record(AuditEntry.Deed.WITHDREW, article, language, by)
    return is_withdrawn


@transaction.atomic
def unschedule(edition: Edition, *, by: User | None = None) -> bool:
    """Take back a scheduled edition: what it was to follow stays online in its place.

    Returns whether it was scheduled still. Raises NotPublishable when another article has been given
    the address of what would stay online.
    """
    article = Article.objects.select_for_update().get(pk=edition.article_id)
    editions = article.editions.in_language(edition.language)
    scheduled = editions.scheduled().filter(pk=edition.pk).first()
    if scheduled is None:
        return False
    start, end = scheduled.validity.lower, scheduled.validity.upper
    scheduled.validity = NEVER
    scheduled.save(update_fields=["validity"])
    before = editions.filter(validity__endswith=start).first()
    if before is not None:
        before.validity = DateTimeTZRange(before.validity.lower, end)
        save_where_free(before, update_fields=["validity"])
    record(AuditEntry.Deed.UNSCHEDULED, article, edition.language, by, number=edition.number)
    return True


@transaction.atomic
def restore(edition: Edition, *, by: User | None = None) -> Article:
    """Copy an edition's text back into the working copy, for whoever wants to publish it again."""
    article = revising.lock(edition.article_id)
    for field in SHOWN_TEXTS:
        setattr(article, localized(field, edition.language), getattr(edition, field))
    article.save()
    text = _("Text of edition %(number)d restored.") % {"number": edition.number}
    revising.record(article, by=by, comment=text)
    record(AuditEntry.Deed.RESTORED, article, edition.language, by, number=edition.number)
    return article


def record(deed: AuditEntry.Deed, article: Article, language: str, by: User | None, **fields: Any) -> None:
    """Write into the audit list. Only commands have nobody signed in."""
    place = AuditEntry.Place.ADMIN if by else AuditEntry.Place.COMMAND
    AuditEntry.objects.record(deed, article, language=language, by=by, place=place, **fields)


def save_where_free(edition: Edition, **how: Any) -> None:
    """Save the edition; NotPublishable when another article has its address."""
    try:
        with transaction.atomic():
            edition.save(**how)
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
